/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  The background worker that observes one database.
 *
 * It has no transaction between two observations, so that it locks nothing
 * then.  An observation that fails is tried again, less and less often; the
 * server's log gets a line when the message is another than the time before.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "baseline/store.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "observe/observer.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "record/record.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "storage/sinval.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

extern PGDLLEXPORT void sdr_observer_main(Datum arg);

/* What pg_stat_activity shows. */
#define NAME		"schemadrift observer"
#define ACTIVITY	"observing the schema"

/* The longest pause after failures, in seconds, unless the interval is. */
#define LONGEST_PAUSE	3600

/* What has become of an observation. */
typedef enum Outcome
{
	OBSERVED,
	NO_BASELINE,
	NO_EXTENSION,
	FAILED
} Outcome;

static SdrObserverSlot *my_slot;
static char database_name[NAMEDATALEN];

/*
 * A worker that does nothing ends at once and without a word, one that
 * observes as every backend does.
 */
static void
handle_term(SIGNAL_ARGS)
{
	int			save_errno = errno;

	ShutdownRequestPending = true;
	die(postgres_signal_arg);
	errno = save_errno;
}

static void
detach(int code, Datum arg)
{
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	my_slot->status.pid = 0;
	LWLockRelease(sdr_observers->lock);
}

/* Take the slot; there may be another worker left of an earlier launcher. */
static Oid
attach(int i)
{
	Oid			database = InvalidOid;

	my_slot = &sdr_observers->slots[i];
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	if (my_slot->status.pid == 0)
	{
		database = my_slot->status.database;
		my_slot->status.pid = MyProcPid;
		my_slot->status.started_at = GetCurrentTimestamp();
		my_slot->status.has_baseline = false;
		my_slot->starting = false;
		my_slot->absent = false;
	}
	LWLockRelease(sdr_observers->lock);
	if (!OidIsValid(database))
		proc_exit(0);
	before_shmem_exit(detach, (Datum) 0);
	return database;
}

/* ---------- one observation ---------- */

/* Is there anything to observe?  Asked until there is a baseline. */
static Outcome
prepare(void)
{
	bool		has_baseline = my_slot->status.has_baseline;

	if (!OidIsValid(get_extension_oid("schemadrift", true)))
		return NO_EXTENSION;
	return has_baseline || sdr_baseline_exists() ? OBSERVED : NO_BASELINE;
}

static Outcome
observe(SdrObservation *observation)
{
	Outcome		outcome;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, ACTIVITY);
	outcome = prepare();
	if (outcome == OBSERVED)
		sdr_observe(observation);
	PopActiveSnapshot();
	CommitTransactionCommand();
	return outcome;
}

static void
note_success(Outcome outcome, const SdrObservation *observation,
			 double milliseconds)
{
	SdrObserverStatus *status = &my_slot->status;

	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	status->has_baseline = outcome == OBSERVED;
	status->failed_at = 0;
	my_slot->absent = outcome == NO_EXTENSION;
	my_slot->deaths = 0;
	if (outcome == OBSERVED)
	{
		status->observations++;
		status->whole += observation->how == SDR_OBSERVED_ALL;
		status->how = observation->how;
		status->objects = observation->objects;
		status->observed_at = GetCurrentTimestamp();
		status->milliseconds = milliseconds;
	}
	LWLockRelease(sdr_observers->lock);
}

/* Is it another failure than the last one? */
static bool
note_failure(const char *message)
{
	SdrObserverStatus *status = &my_slot->status;
	char		text[sizeof(status->error)];
	bool		is_new;

	memset(text, 0, sizeof(text));
	memcpy(text, message, pg_mbcliplen(message, strlen(message),
									   sizeof(text) - 1));
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	is_new = status->failed_at == 0 || strcmp(status->error, text) != 0;
	memcpy(status->error, text, sizeof(text));
	status->failed_at = GetCurrentTimestamp();
	/* perhaps it has gone */
	status->has_baseline = false;
	LWLockRelease(sdr_observers->lock);
	return is_new;
}

/* An error; the transaction is rolled back, and the worker goes on. */
static void
recover(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	HOLD_INTERRUPTS();
	AbortCurrentTransaction();
	RESUME_INTERRUPTS();
	MemoryContextSwitchTo(context);
	if (note_failure(error->message))
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("could not observe database \"%s\": %s",
						database_name, error->message),
				 error->detail == NULL ? 0 :
				 errdetail_internal("%s", error->detail),
				 errhint("It is tried again; further failures with this message are not logged.")));
	FreeErrorData(error);
}

static Outcome
observe_once(MemoryContext context)
{
	volatile Outcome outcome = FAILED;
	SdrObservation observation;
	instr_time	start;
	instr_time	duration;

	INSTR_TIME_SET_CURRENT(start);
	PG_TRY();
	{
		outcome = observe(&observation);
	}
	PG_CATCH();
	{
		recover(context);
	}
	PG_END_TRY();
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	if (outcome != FAILED)
		note_success(outcome, &observation,
					 INSTR_TIME_GET_MILLISEC(duration));
	pgstat_report_activity(STATE_IDLE, NULL);
	pgstat_report_stat(true);
	MemoryContextSwitchTo(context);
	MemoryContextReset(context);
	return outcome;
}

/* ---------- the worker ---------- */

static void
leave_if_asked(void)
{
	if (ShutdownRequestPending)
		proc_exit(0);
}

/* Read the settings again; end if this database is to be observed no more. */
static void
reload(void)
{
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	if (!sdr_observer_wanted(database_name))
		proc_exit(0);
}

/* Wait for some seconds; false if something has come up before. */
static void
pause_for(TimestampTz until)
{
	for (;;)
	{
		long		rest;

		ResetLatch(MyLatch);
		leave_if_asked();
		if (ConfigReloadPending)
		{
			reload();
			return;
		}
		if (catchupInterruptPending)
			ProcessCatchupInterrupt();
		rest = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		if (rest <= 0)
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 rest, PG_WAIT_EXTENSION);
		leave_if_asked();
		CHECK_FOR_INTERRUPTS();
	}
}

static void
connect_to(Oid database)
{
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	SetConfigOption("application_name", NAME, PGC_USERSET, PGC_S_SESSION);
	sdr_record_pin_settings();
	StartTransactionCommand();
	strlcpy(database_name, get_database_name(database),
			sizeof(database_name));
	CommitTransactionCommand();
}

/* The worker: of one database, until that is to be observed no more. */
void
sdr_observer_main(Datum arg)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, NAME,
												  ALLOCSET_DEFAULT_SIZES);
	int			failures = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, handle_term);
	BackgroundWorkerUnblockSignals();
	connect_to(attach(DatumGetInt32(arg)));
	MemoryContextSwitchTo(context);
	for (;;)
	{
		Outcome		outcome;
		int64		pause;

		leave_if_asked();
		outcome = observe_once(context);
		if (outcome == NO_EXTENSION)
			proc_exit(0);
		failures = outcome == FAILED ? Min(failures + 1, 12) : 0;
		pause = (int64) sdr_observe_interval << failures;
		pause = Max(Min(pause, LONGEST_PAUSE), sdr_observe_interval);
		pause_for(TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											  pause * 1000));
	}
}
