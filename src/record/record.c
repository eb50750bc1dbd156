/*-------------------------------------------------------------------------
 *
 * record.c
 *	  Rows that outlive the transaction.
 *
 * The caller puts the payload into a dynamic shared memory segment and starts
 * a background worker, which writes the row in a transaction of its own and
 * ends.  Waiting for its end is all the synchronization there is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "record/record.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

extern PGDLLEXPORT void sdr_record_main(Datum arg);

/* What the worker is told besides a payload. */
typedef struct Order
{
	Oid			database;
	SdrRecordKind kind;
	pg_uuid_t	id;				/* the payload, if there is no segment */
	char		error[96];		/* or empty */
} Order;

StaticAssertDecl(sizeof(Order) <= BGW_EXTRALEN, "order of a record is too long");

/* A payload and what became of it; in shared memory. */
typedef struct Message
{
	bool		done;			/* the row is committed */
	char		error[1024];
	Size		len;
	char		payload[FLEXIBLE_ARRAY_MEMBER];
} Message;

/* How long a worker waits for a lock on a table, in milliseconds. */
#define LOCK_WAIT	"5000"

/* How often to try to start a worker, and how long to wait in between, in ms. */
#define START_TRIES	20
#define START_NAP	100L

/* How long a worker is waited for. */
#define WORKER_WAIT	15000

static bool
start_worker(const Order *order, Datum arg, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = arg,
	};

	sdr_worker_describe(&worker, "schemadrift recorder", "sdr_record_main");
	memcpy(worker.bgw_extra, order, sizeof(Order));
	worker.bgw_notify_pid = handle == NULL ? 0 : MyProcPid;
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * The same, but wait a little while all workers are busy; one that somebody
 * has just started by sdr_record_later() needs only some milliseconds.
 */
static bool
start_worker_patiently(const Order *order, Datum arg,
					   BackgroundWorkerHandle **handle)
{
	for (int i = 0; i < START_TRIES && max_worker_processes > 0; i++)
	{
		if (start_worker(order, arg, handle))
			return true;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 START_NAP, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}

/*
 * Wait until the worker has ended.  It is ended early when it takes too long,
 * as it may wait for a lock that we hold, and when somebody wants to end what
 * we do; so it is known in any case whether the row was written.
 */
static void
wait_for_worker(BackgroundWorkerHandle *handle)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   WORKER_WAIT);
	bool		told = false;

	for (;;)
	{
		pid_t		pid;
		BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);

		if (status == BGWH_STOPPED || status == BGWH_POSTMASTER_DIED)
			break;
		if (!told && (QueryCancelPending || ProcDiePending ||
					  GetCurrentTimestamp() > deadline))
		{
			TerminateBackgroundWorker(handle);
			told = true;
		}
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 100L, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * Have a worker write the row and wait for it.  A worker that is not started
 * because the server shuts down counts as ended.
 */
static char *
run_worker(SdrRecordKind kind, const char *payload, bool *started)
{
	Order		order = {.database = MyDatabaseId,.kind = kind};
	Size		len = strlen(payload) + 1;
	dsm_segment *segment;
	Message    *message;
	BackgroundWorkerHandle *handle;
	char	   *error = NULL;

	segment = dsm_create(add_size(offsetof(Message, payload), len), 0);
	message = dsm_segment_address(segment);
	memset(message, 0, offsetof(Message, payload));
	message->len = len;
	memcpy(message->payload, payload, len);

	*started = start_worker_patiently(&order,
									  UInt32GetDatum(dsm_segment_handle(segment)),
									  &handle);
	if (!*started)
		error = pstrdup(_("There is no background worker to be had; max_worker_processes limits them."));
	else
	{
		HOLD_INTERRUPTS();
		wait_for_worker(handle);
		RESUME_INTERRUPTS();
		if (!message->done)
			error = message->error[0] != '\0' ? pstrdup(message->error) :
				pstrdup(_("The background worker ended too early; the server's log tells why."));
	}
	dsm_detach(segment);
	if (error != NULL)
		CHECK_FOR_INTERRUPTS();
	return error;
}

/* Write a row that stays whatever becomes of this transaction. */
void
sdr_record(SdrRecordKind kind, const char *payload)
{
	bool		started;
	char	   *error = run_worker(kind, payload, &started);

	if (error != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("could not write a record outside the transaction"),
				 errdetail_internal("%s", error),
				 started ? errhint("Nothing has been changed.") :
				 errhint("Nothing has been changed.  Each record needs a free background worker for a moment: see max_worker_processes.")));
}

/* The same, but an error is returned, as a message. */
char *
sdr_record_try(SdrRecordKind kind, const char *payload)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *error = NULL;
	bool		started;

	PG_TRY();
	{
		error = run_worker(kind, payload, &started);
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		FlushErrorState();
		error = edata->message;
	}
	PG_END_TRY();
	return error;
}

/* Start a worker that settles a row, without waiting and without errors. */
bool
sdr_record_later(SdrRecordKind kind, const pg_uuid_t *id, const char *error)
{
	Order		order = {.database = MyDatabaseId,.kind = kind,.id = *id};

	if (error != NULL)
		memcpy(order.error, error,
			   pg_mbcliplen(error, strlen(error), sizeof(order.error) - 1));
	return start_worker(&order, UInt32GetDatum(DSM_HANDLE_INVALID), NULL);
}

static void
write_row(SdrRecordKind kind, const char *payload)
{
	Oid			types[] = {JSONBOID};
	Datum		values[1];

	values[0] = DirectFunctionCall1(jsonb_in, CStringGetDatum(payload));
	if (sdr_write(sdr_record_sql(kind), 1, types, values, NULL) == 0 &&
		kind == SDR_RECORD_RUN_ENDED)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("the row of the run is gone from schemadrift.run")));
}

/* Write the row in the caller's own transaction. */
void
sdr_record_here(SdrRecordKind kind, const char *payload)
{
	write_row(kind, payload);
}

/*
 * What the database or the bootstrap superuser has been given must not keep
 * the worker from writing, nor let it wait for long.
 */
void
sdr_record_pin_settings(void)
{
	static const char *const settings[][2] = {
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"lock_timeout", LOCK_WAIT},
		{"row_security", "on"},
		{"search_path", "pg_catalog, pg_temp"},
		{"session_replication_role", "origin"},
		{"statement_timeout", "0"},
		{"synchronous_commit", "local"},
	};

	for (int i = 0; i < lengthof(settings); i++)
		SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET,
						PGC_S_SESSION);
}

void
sdr_record_commit(SdrRecordKind kind, const char *payload)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	pgstat_report_activity(STATE_RUNNING, "writing a record");
	write_row(kind, payload);
	CommitTransactionCommand();
}

/* Write a row for somebody who waits, and tell the error if there is one. */
static void
serve(SdrRecordKind kind, Message *message)
{
	char	   *payload = MemoryContextStrdup(TopMemoryContext,
											  message->payload);

	PG_TRY();
	{
		sdr_record_commit(kind, payload);
		message->done = true;
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		MemoryContextSwitchTo(TopMemoryContext);
		edata = CopyErrorData();
		FlushErrorState();
		strlcpy(message->error, edata->message, sizeof(message->error));
		AbortCurrentTransaction();
	}
	PG_END_TRY();
}

/* Write a row for somebody who has gone. */
static void
settle(const Order *order)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	StringInfoData payload;

	initStringInfo(&payload);
	sdr_payload_uuid(&payload, "id", &order->id);
	if (order->error[0] != '\0')
		sdr_payload_text(&payload, "error", order->error);
	MemoryContextSwitchTo(old);
	sdr_record_commit(order->kind, sdr_payload_end(&payload));
}

/* The worker. */
void
sdr_record_main(Datum arg)
{
	dsm_handle	handle = DatumGetUInt32(arg);
	Order		order;
	dsm_segment *segment;

	memcpy(&order, MyBgworkerEntry->bgw_extra, sizeof(Order));
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(order.database, InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	sdr_record_pin_settings();
	if (handle == DSM_HANDLE_INVALID)
	{
		settle(&order);
		return;
	}

	/* without a resource owner, the mapping lasts as long as the worker */
	segment = dsm_attach(handle);
	if (segment == NULL)
		return;					/* whoever waited has gone */
	serve(order.kind, dsm_segment_address(segment));
	dsm_detach(segment);
}
