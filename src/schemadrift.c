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
#include "ledger/ledger.h"
#include "settings.h"

SDR_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	sdr_settings_define();
	sdr_watch_install();
}
