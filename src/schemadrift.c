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
#include "record/utility.h"
#include "settings.h"

SDR_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/* The guard comes first, before what has been run is noted. */
static const SdrUtilityLayer utility_layers[] = {
	sdr_guard_utility,
	sdr_watch_utility,
	sdr_give_way_utility,
	NULL
};

void
_PG_init(void)
{
	sdr_settings_define();
	sdr_queue_init();
	sdr_observer_init();
	sdr_utility_init(utility_layers);
}
