/*-------------------------------------------------------------------------
 *
 * lock.c
 *	  The advisory lock that all migrations share, Prisma's and those by hand.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "settings.h"
#include "storage/lock.h"
#include "utils/backend_status.h"
#include "utils/guc.h"

static LOCKTAG
lock_tag(void)
{
	LOCKTAG		tag;

	/* a key of 64 bits, as pg_advisory_lock(bigint) has it */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, SDR_MIGRATION_LOCK, 1);
	return tag;
}

/* Who holds it, as far as everybody may know; NULL if it has become free. */
static char *
lock_holder(const LOCKTAG *tag)
{
	LockData   *locks = GetLockStatusData();
	int			pid = 0;
	int			n;

	for (int i = 0; i < locks->nelements; i++)
	{
		const LockInstanceData *lock = &locks->locks[i];

		if (memcmp(&lock->locktag, tag, sizeof(LOCKTAG)) == 0 &&
			lock->holdMask != 0 && lock->pid != MyProcPid)
			pid = lock->pid;
	}
	if (pid == 0)
		return NULL;

	pgstat_clear_backend_activity_snapshot();
	n = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= n; i++)
	{
		LocalPgBackendStatus *entry = sdr_compat_local_beentry(i);

		if (entry != NULL && entry->backendStatus.st_procpid == pid &&
			OidIsValid(entry->backendStatus.st_userid))
			return psprintf(_("Process %d of role \"%s\" holds it."), pid,
							GetUserNameFromId(entry->backendStatus.st_userid, false));
	}
	return psprintf(_("Process %d holds it."), pid);
}

/* Wait for the lock, but not for longer than schemadrift.lock_timeout. */
static void
wait_for_lock(const LOCKTAG *tag, bool session, const char *holder)
{
	MemoryContext context = CurrentMemoryContext;
	int			guc_level = NewGUCNestLevel();
	char		timeout[32];

	snprintf(timeout, sizeof(timeout), "%dms", sdr_lock_timeout);
	(void) set_config_option("lock_timeout", timeout, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	PG_TRY();
	{
		(void) LockAcquire(tag, ExclusiveLock, session, false);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("could not get the lock that migrations share within %d ms",
						sdr_lock_timeout),
				 holder == NULL ? 0 : errdetail_internal("%s", holder),
				 errhint("Prisma or another session is running a migration.  schemadrift.lock_timeout says how long to wait for it.")));
	}
	PG_END_TRY();
	AtEOXact_GUC(true, guc_level);
}

/* Take the lock, until the end of the transaction or of the session. */
void
sdr_lock_take(bool session)
{
	LOCKTAG		tag = lock_tag();

	if (LockAcquire(&tag, ExclusiveLock, session, true) ==
		LOCKACQUIRE_NOT_AVAIL)
		wait_for_lock(&tag, session, lock_holder(&tag));
}

/* Does this backend hold it?  DISCARD ALL, for one, gives it up. */
bool
sdr_lock_is_held(void)
{
	LOCKTAG		tag = lock_tag();

	return sdr_compat_lock_held_by_me(&tag, ExclusiveLock);
}

/* Give back the lock that was taken for the session. */
void
sdr_lock_release(void)
{
	LOCKTAG		tag = lock_tag();

	if (sdr_lock_is_held())
		(void) LockRelease(&tag, ExclusiveLock, true);
}
