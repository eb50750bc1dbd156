/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  Every setting of the extension.
 *
 * What weakens a protection is for superusers (PGC_SUSET); an ordinary role
 * gets it only by GRANT SET ON PARAMETER.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "settings.h"
#include "utils/guc.h"

bool		sdr_ledger_override = false;
int			sdr_lock_timeout = 10000;
bool		sdr_strict_scripts = false;

static void
define_ledger(void)
{
	DefineCustomBoolVariable("schemadrift.ledger_override",
							 "Lets the extension's tables be changed by hand, on record.",
							 "Each statement leaves a row in schemadrift.override_log.",
							 &sdr_ledger_override, false,
							 PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomIntVariable("schemadrift.lock_timeout",
							"How long a migration waits for the lock that all migrations share.",
							"0 waits without end.",
							&sdr_lock_timeout, 10000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemadrift.strict_scripts",
							 "Refuses statements that are not in the script given to schemadrift_begin().",
							 "When off, they are reported in the run's row.",
							 &sdr_strict_scripts, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
}

/* Called once, when the library is loaded. */
void
sdr_settings_define(void)
{
	define_ledger();
	MarkGUCPrefixReserved("schemadrift");
}
