/*-------------------------------------------------------------------------
 *
 * schemadrift.c
 *	  Module entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "fmgr.h"
#include "guard/guard.h"
#include "ledger/ledger.h"
#include "observe/observe.h"
#include "record/record.h"
#include "settings.h"

SDR_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	sdr_settings_define();
	sdr_queue_init();
	sdr_observer_init();
	sdr_watch_install();
	/* the guard comes first, before what has been run is noted */
	sdr_guard_init();
}
