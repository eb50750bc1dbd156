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

#include "guard/guard.h"
#include "miscadmin.h"
#include "observe/observe.h"
#include "settings.h"
#include "utils/guc.h"

bool		sdr_ledger_override = false;
int			sdr_lock_timeout = 10000;
bool		sdr_strict_scripts = false;

int			sdr_guard_setting = SDR_GUARD_OFF;
char	   *sdr_guard_binding = NULL;
bool		sdr_require_approval = false;
char	   *sdr_protect = NULL;
char	   *sdr_exempt = NULL;
char	   *sdr_exempt_roles = NULL;
char	   *sdr_prisma_roles = NULL;
bool		sdr_notify = true;
int			sdr_unlock_limit = 60;
int			sdr_queue_size = 1024;
bool		sdr_log_changes = true;

int			sdr_observe_interval = 0;
char	   *sdr_observe_databases = NULL;

static const struct config_enum_entry guard_modes[] = {
	{"off", SDR_GUARD_OFF, false},
	{"log", SDR_GUARD_LOG, false},
	{"warn", SDR_GUARD_WARN, false},
	{"reject", SDR_GUARD_REJECT, false},
	{NULL, 0, false}
};

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

static void
define_guard(void)
{
	DefineCustomEnumVariable("schemadrift.guard",
							 "What happens to DDL that is not part of a migration.",
							 "In a database or for a role it counts only where schemadrift_arm() has armed the database.",
							 &sdr_guard_setting, SDR_GUARD_OFF, guard_modes,
							 PGC_SUSET, 0, sdr_check_mode, sdr_assign_mode,
							 NULL);
	DefineCustomStringVariable("schemadrift.guard_binding",
							   "The database that schemadrift_arm() has armed.",
							   NULL,
							   &sdr_guard_binding, "",
							   PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemadrift.require_approval",
							 "Takes only approved migrations for tracked.",
							 "schemadrift_approve() approves a migration by the checksum of its script.",
							 &sdr_require_approval, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("schemadrift.protect",
							   "Destructive acts that a migration may do only where its approval or call allows it.",
							   NULL,
							   &sdr_protect, "",
							   PGC_SUSET, GUC_LIST_INPUT, sdr_check_protect,
							   NULL, NULL);
	DefineCustomStringVariable("schemadrift.exempt",
							   "Rules of what the guard lets through without a record.",
							   NULL,
							   &sdr_exempt,
							   "temporary, extension_member, replication, binary_upgrade, internal",
							   PGC_SUSET, GUC_LIST_INPUT, sdr_check_exempt,
							   sdr_assign_exempt, NULL);
	DefineCustomStringVariable("schemadrift.exempt_roles",
							   "Roles that the guard lets through, on record.",
							   "The role that has logged in counts.",
							   &sdr_exempt_roles, "",
							   PGC_SUSET, GUC_LIST_INPUT, sdr_check_roles,
							   NULL, NULL);
	DefineCustomStringVariable("schemadrift.prisma_roles",
							   "Roles whose Prisma migrations count as tracked; empty for all roles.",
							   "The role that has logged in counts.",
							   &sdr_prisma_roles, "",
							   PGC_SUSET, GUC_LIST_INPUT, sdr_check_roles,
							   NULL, NULL);
	DefineCustomBoolVariable("schemadrift.notify",
							 "Sends a notification on channel schemadrift for untracked and rejected DDL.",
							 NULL,
							 &sdr_notify, true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("schemadrift.log_changes",
							 "Records what each statement has changed, before and after.",
							 NULL,
							 &sdr_log_changes, true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("schemadrift.unlock_limit",
							"The longest time that schemadrift_unlock() unlocks a session for.",
							NULL,
							&sdr_unlock_limit, 60, 1, 7 * 24 * 60,
							PGC_SUSET, GUC_UNIT_MIN, NULL, NULL, NULL);

	/* without preloading there is no queue, and the setting has no effect */
	DefineCustomIntVariable("schemadrift.queue_size",
							"How much memory records of rejected statements have until they are written.",
							"What does not fit is dropped, and counted by schemadrift_queue().",
							&sdr_queue_size, 1024, 64, 1024 * 1024,
							process_shared_preload_libraries_in_progress ?
							PGC_POSTMASTER : PGC_SIGHUP,
							GUC_UNIT_KB, NULL, NULL, NULL);
}

static void
define_observe(void)
{
	DefineCustomIntVariable("schemadrift.observe_interval",
							"How often background workers observe the schema.",
							"0 for never.  There are workers where the library is in shared_preload_libraries.",
							&sdr_observe_interval, 0, 0, INT_MAX / 1000,
							PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomStringVariable("schemadrift.observe_databases",
							   "The databases that are observed.",
							   "* for all that have the extension and are no templates.",
							   &sdr_observe_databases, "*",
							   PGC_SIGHUP, GUC_LIST_INPUT, sdr_check_databases,
							   NULL, NULL);
}

/* Called once, when the library is loaded. */
void
sdr_settings_define(void)
{
	define_ledger();
	define_guard();
	define_observe();
	MarkGUCPrefixReserved("schemadrift");
}
