/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  Starts a worker for each database that is to be observed.
 *
 * The launcher is connected to no database, so that it is in nobody's way.
 * Whether the extension is installed only the worker sees, which ends if it is
 * not, and is started again later.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "compat.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "observe/observer.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "record/record.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

PG_FUNCTION_INFO_V1(schemadrift_observer);

extern PGDLLEXPORT void sdr_launcher_main(Datum arg);

/* How often the launcher looks which databases there are, in milliseconds. */
#define LOOK		10000

/* How long until a worker is started again, in milliseconds. */
#define AFTER_ABSENT	60000
#define AFTER_DEATH		5000
#define AFTER_DEATHS	600000

SdrObservers *sdr_observers = NULL;

/* Of the launcher: the workers that it has started, by slot. */
static BackgroundWorkerHandle **handles;

/* A database that may be connected to. */
typedef struct Database
{
	Oid			oid;
	bool		is_template;
	char	   *name;
} Database;

/* ---------- shared memory ---------- */

static Size
memory_size(void)
{
	return add_size(offsetof(SdrObservers, slots),
					mul_size(Max(max_worker_processes, 1),
							 sizeof(SdrObserverSlot)));
}

static void
attach_memory(void *memory, LWLock *lock)
{
	sdr_observers = memory;
	if (lock == NULL)
		return;
	memset(sdr_observers, 0, memory_size());
	sdr_observers->lock = lock;
	sdr_observers->nslots = Max(max_worker_processes, 1);
}

static const SdrShare observers_share = {
	.name = "schemadrift observers",
	.size = memory_size,
	.attach = attach_memory,
};

/* The slot of a database; NULL if it has none.  With the lock held. */
SdrObserverSlot *
sdr_observer_slot(Oid database)
{
	for (int i = 0; i < sdr_observers->nslots; i++)
	{
		if (sdr_observers->slots[i].status.database == database)
			return &sdr_observers->slots[i];
	}
	return NULL;
}

void
sdr_launcher_wake(void)
{
	Latch	   *latch;

	LWLockAcquire(sdr_observers->lock, LW_SHARED);
	latch = sdr_observers->launcher;
	LWLockRelease(sdr_observers->lock);
	if (latch != NULL)
		SetLatch(latch);
}

bool
sdr_observer_preloaded(void)
{
	return sdr_observers != NULL;
}

bool
sdr_observer_status(Oid database, SdrObserverStatus *status)
{
	SdrObserverSlot *slot;

	if (sdr_observers == NULL)
		return false;
	LWLockAcquire(sdr_observers->lock, LW_SHARED);
	slot = sdr_observer_slot(database);
	if (slot != NULL && !slot->absent)
		*status = slot->status;
	LWLockRelease(sdr_observers->lock);
	return slot != NULL && !slot->absent;
}

/* ---------- settings ---------- */

/* Is it in schemadrift.observe_databases? */
bool
sdr_observer_wanted(const char *database)
{
	char	   *copy = pstrdup(sdr_observe_databases);
	List	   *names;
	ListCell   *lc;

	if (sdr_observe_interval == 0 ||
		!SplitIdentifierString(copy, ',', &names))
		return false;
	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), "*") == 0 || strcmp(lfirst(lc), database) == 0)
			return true;
	}
	return false;
}

bool
sdr_check_databases(char **newval, void **extra, GucSource source)
{
	char	   *copy = pstrdup(*newval);
	List	   *names;
	bool		valid = SplitIdentifierString(copy, ',', &names);

	if (!valid)
		GUC_check_errdetail("List syntax is invalid.");
	list_free(names);
	pfree(copy);
	return valid;
}

/* ---------- the launcher ---------- */

/* Databases that can be connected to, in the caller's memory context. */
static List *
list_databases(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *databases = NIL;
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old;
		Database   *database;

		/* negative if it is half dropped */
		if (!form->datallowconn || form->datconnlimit < -1)
			continue;
		old = MemoryContextSwitchTo(context);
		database = palloc(sizeof(Database));
		database->oid = form->oid;
		database->is_template = form->datistemplate;
		database->name = pstrdup(NameStr(form->datname));
		databases = lappend(databases, database);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return databases;
}

/* Templates are observed only where they are named. */
static bool
is_wanted(const Database *database)
{
	return sdr_observer_wanted(database->name) &&
		(!database->is_template || strchr(sdr_observe_databases, '*') == NULL);
}

static bool
start_worker(int i)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_BACKEND_DATABASE_CONNECTION |
		SDR_COMPAT_BGWORKER_GIVES_WAY,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = Int32GetDatum(i),
		.bgw_notify_pid = MyProcPid,
	};
	MemoryContext old;
	bool		started;

	sdr_worker_describe(&worker, "schemadrift observer", "sdr_observer_main");
	old = MemoryContextSwitchTo(TopMemoryContext);
	started = RegisterDynamicBackgroundWorker(&worker, &handles[i]);
	MemoryContextSwitchTo(old);
	return started;
}

/* When is a worker to be started again after one has ended? */
static TimestampTz
next_start(const SdrObserverSlot *slot)
{
	int			wait = slot->absent ? AFTER_ABSENT :
	Min(AFTER_DEATH << Min(slot->deaths, 10), AFTER_DEATHS);

	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), wait);
}

/* Note which of the workers have ended. */
static void
reap(void)
{
	for (int i = 0; i < sdr_observers->nslots; i++)
	{
		SdrObserverSlot *slot = &sdr_observers->slots[i];
		pid_t		pid;

		if (handles[i] == NULL ||
			GetBackgroundWorkerPid(handles[i], &pid) != BGWH_STOPPED)
			continue;
		pfree(handles[i]);
		handles[i] = NULL;
		LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
		slot->starting = false;
		slot->not_before = Max(slot->not_before, next_start(slot));
		slot->deaths++;
		LWLockRelease(sdr_observers->lock);
	}
}

/* The slot of a database, which gets one if need be; -1 if all are taken. */
static int
assign_slot(Oid database)
{
	SdrObserverSlot *slot;

	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	slot = sdr_observer_slot(database);
	if (slot == NULL)
	{
		slot = sdr_observer_slot(InvalidOid);
		if (slot != NULL)
			slot->status.database = database;
	}
	LWLockRelease(sdr_observers->lock);
	return slot == NULL ? -1 : (int) (slot - sdr_observers->slots);
}

/* Is a worker to be started now?  Then the slot says so. */
static bool
claim(int i)
{
	SdrObserverSlot *slot = &sdr_observers->slots[i];
	bool		claimed;

	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	claimed = slot->status.pid == 0 && !slot->starting &&
		handles[i] == NULL && slot->not_before <= GetCurrentTimestamp();
	if (claimed)
		slot->starting = true;
	LWLockRelease(sdr_observers->lock);
	return claimed;
}

/* False if there is no room for a worker. */
static bool
serve(const Database *database)
{
	int			i = assign_slot(database->oid);

	if (i < 0)
		return false;
	if (!claim(i))
		return true;
	if (start_worker(i))
		return true;
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	sdr_observers->slots[i].starting = false;
	LWLockRelease(sdr_observers->lock);
	return false;
}

/* Give free the slots of databases that are observed no more. */
static void
free_slots(const List *databases)
{
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	for (int i = 0; i < sdr_observers->nslots; i++)
	{
		SdrObserverSlot *slot = &sdr_observers->slots[i];
		bool		wanted = slot->status.pid != 0 || slot->starting ||
		handles[i] != NULL;
		ListCell   *lc;

		foreach(lc, databases)
			wanted |= ((Database *) lfirst(lc))->oid == slot->status.database;
		if (!wanted)
			memset(slot, 0, sizeof(SdrObserverSlot));
	}
	LWLockRelease(sdr_observers->lock);
}

static void
launch(void)
{
	static bool told = false;
	List	   *wanted = NIL;
	bool		full = false;
	ListCell   *lc;

	reap();
	if (sdr_observe_interval > 0)
	{
		foreach(lc, list_databases())
		{
			if (is_wanted(lfirst(lc)))
				wanted = lappend(wanted, lfirst(lc));
		}
	}
	free_slots(wanted);
	foreach(lc, wanted)
		full |= !serve(lfirst(lc));
	if (full && !told)
		ereport(LOG,
				(errmsg("not all databases are observed, as there are not enough background workers"),
				 errhint("Raise max_worker_processes, or name the databases in schemadrift.observe_databases.")));
	told = full;
}

/* After a reload nobody waits any longer. */
static void
reload(void)
{
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	for (int i = 0; i < sdr_observers->nslots; i++)
	{
		sdr_observers->slots[i].not_before = 0;
		sdr_observers->slots[i].deaths = 0;
	}
	LWLockRelease(sdr_observers->lock);
}

static void
begin_launcher(void)
{
	handles = MemoryContextAllocZero(TopMemoryContext,
									 sdr_observers->nslots * sizeof(*handles));
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	sdr_observers->launcher = MyLatch;
	for (int i = 0; i < sdr_observers->nslots; i++)
		sdr_observers->slots[i].starting = false;
	LWLockRelease(sdr_observers->lock);
}

static void
end_launcher(int code, Datum arg)
{
	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	sdr_observers->launcher = NULL;
	LWLockRelease(sdr_observers->lock);
}

/* The launcher, which runs as long as the server. */
void
sdr_launcher_main(Datum arg)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext,
												  "schemadrift launcher",
												  ALLOCSET_DEFAULT_SIZES);

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	before_shmem_exit(end_launcher, (Datum) 0);
	begin_launcher();
	MemoryContextSwitchTo(context);
	while (!ShutdownRequestPending)
	{
		/* before anything is looked at, so that no wake-up is missed */
		ResetLatch(MyLatch);
		if (ConfigReloadPending)
			reload();
		launch();
		MemoryContextReset(context);
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_EXIT_ON_PM_DEATH |
						 (sdr_observe_interval > 0 ? WL_TIMEOUT : 0),
						 sdr_observe_interval > 0 ? LOOK : -1,
						 PG_WAIT_EXTENSION);
		CHECK_FOR_INTERRUPTS();
	}
	proc_exit(0);
}

void
sdr_observer_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	sdr_share(&observers_share);
	sdr_worker_register(BGWORKER_BACKEND_DATABASE_CONNECTION,
						"schemadrift launcher", "sdr_launcher_main");
}

/* ---------- what is known of them ---------- */

static const char *const how_names[] = {
	[SDR_OBSERVED_NOTHING] = "nothing had changed",
	[SDR_OBSERVED_SOME] = "objects that had changed",
	[SDR_OBSERVED_ALL] = "everything",
};

static Datum
time_datum(TimestampTz time, bool *isnull)
{
	*isnull = time == 0;
	return TimestampTzGetDatum(time);
}

static void
put_status(ReturnSetInfo *rsinfo, const SdrObserverStatus *status)
{
	char	   *database = get_database_name(status->database);
	Datum		values[11];
	bool		nulls[11] = {0};

	if (database == NULL)
		return;
	values[0] = DirectFunctionCall1(namein, CStringGetDatum(database));
	values[1] = Int32GetDatum(status->pid);
	nulls[1] = status->pid == 0;
	values[2] = BoolGetDatum(status->has_baseline);
	values[3] = time_datum(status->started_at, &nulls[3]);
	values[4] = time_datum(status->observed_at, &nulls[4]);
	nulls[5] = nulls[6] = status->observed_at == 0;
	values[5] = CStringGetTextDatum(how_names[status->how]);
	values[6] = Float8GetDatum(status->milliseconds);
	values[7] = Int64GetDatum(status->observations);
	values[8] = Int64GetDatum(status->whole);
	values[9] = time_datum(status->failed_at, &nulls[9]);
	values[10] = CStringGetTextDatum(status->error);
	nulls[10] = status->failed_at == 0;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* schemadrift_observer() - a row for each database that a worker observes. */
Datum
schemadrift_observer(PG_FUNCTION_ARGS)
{
	SdrObserverStatus *list;
	int			n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (sdr_observers == NULL)
		return (Datum) 0;
	list = palloc(sdr_observers->nslots * sizeof(SdrObserverStatus));
	LWLockAcquire(sdr_observers->lock, LW_SHARED);
	for (int i = 0; i < sdr_observers->nslots; i++)
	{
		const SdrObserverSlot *slot = &sdr_observers->slots[i];

		if (OidIsValid(slot->status.database) && !slot->absent)
			list[n++] = slot->status;
	}
	LWLockRelease(sdr_observers->lock);
	for (int i = 0; i < n; i++)
		put_status((ReturnSetInfo *) fcinfo->resultinfo, &list[i]);
	return (Datum) 0;
}
