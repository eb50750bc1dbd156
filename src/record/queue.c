/*-------------------------------------------------------------------------
 *
 * queue.c
 *	  Records that nobody waits for, when the library is preloaded.
 *
 * They are put into a ring in shared memory.  One background worker, the
 * dispatcher, looks at the oldest and has a worker of its database write what
 * is there for it, in order; a worker that is connected to one database cannot
 * write to another.  A message leaves the ring after its row is committed.
 *
 * When the ring is full, the message is dropped and counted: whoever records
 * must not wait for the disk.  What is in the ring is lost when the server
 * crashes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "record/record.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/wait_event.h"

PG_FUNCTION_INFO_V1(schemadrift_queue);

extern PGDLLEXPORT void sdr_queue_dispatch_main(Datum arg);
extern PGDLLEXPORT void sdr_queue_write_main(Datum arg);

/* How long a writer stays when there is nothing for it, in milliseconds. */
#define LINGER		1000

/* How often the dispatcher looks whether a writer has ended. */
#define LOOK		100

/* How long the dispatcher waits after a writer could not be started. */
#define RETRY		1000

/* A message in the ring; the payload, with its zero byte, follows. */
typedef struct Message
{
	uint64		number;			/* from 1, of all there ever were */
	Oid			database;
	SdrRecordKind kind;
	Size		len;
} Message;

/* In shared memory.  head and tail count bytes from the start, mod size. */
typedef struct Queue
{
	LWLock	   *lock;			/* over all that follows */
	Size		size;
	Size		head;			/* the oldest message */
	Size		used;
	uint64		messages;		/* put in, ever */
	uint64		written;
	uint64		dropped;		/* as the ring was full */
	uint64		failed;			/* as they could not be written */
	TimestampTz last_dropped;
	Latch	   *dispatcher;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} Queue;

static Queue *queue = NULL;

static Size
ring_size(void)
{
	return (Size) sdr_queue_size * 1024;
}

static Size
queue_size(void)
{
	return add_size(offsetof(Queue, data), ring_size());
}

static void
attach_queue(void *memory, LWLock *lock)
{
	queue = memory;
	if (lock == NULL)
		return;
	memset(queue, 0, offsetof(Queue, data));
	queue->lock = lock;
	queue->size = ring_size();
}

static const SdrShare queue_share = {
	.name = "schemadrift queue",
	.size = queue_size,
	.attach = attach_queue,
};

/* ---------- the ring; with the lock held ---------- */

static void
ring_copy_in(Size position, const void *from, Size len)
{
	Size		start = position % queue->size;
	Size		first = Min(len, queue->size - start);

	memcpy(queue->data + start, from, first);
	memcpy(queue->data, (const char *) from + first, len - first);
}

static void
ring_copy_out(Size position, void *into, Size len)
{
	Size		start = position % queue->size;
	Size		first = Min(len, queue->size - start);

	memcpy(into, queue->data + start, first);
	memcpy((char *) into + first, queue->data, len - first);
}

static bool
peek(Message *message)
{
	if (queue->used == 0)
		return false;
	ring_copy_out(queue->head, message, sizeof(Message));
	return true;
}

/* ---------- putting in ---------- */

/*
 * Hand a record to the queue.  SDR_QUEUE_NONE where there is none, as the
 * library is not preloaded.
 */
SdrQueueResult
sdr_record_queue(SdrRecordKind kind, const char *payload)
{
	Message		message = {.database = MyDatabaseId,.kind = kind};
	Size		total;
	SdrQueueResult result = SDR_QUEUE_DONE;
	Latch	   *dispatcher;

	if (queue == NULL)
		return SDR_QUEUE_NONE;
	message.len = strlen(payload) + 1;
	total = add_size(sizeof(Message), message.len);
	LWLockAcquire(queue->lock, LW_EXCLUSIVE);
	if (total > queue->size - queue->used)
	{
		queue->dropped++;
		queue->last_dropped = GetCurrentTimestamp();
		result = SDR_QUEUE_FULL;
	}
	else
	{
		message.number = ++queue->messages;
		ring_copy_in(queue->head + queue->used, &message, sizeof(Message));
		ring_copy_in(queue->head + queue->used + sizeof(Message), payload,
					 message.len);
		queue->used += total;
	}
	dispatcher = queue->dispatcher;
	LWLockRelease(queue->lock);
	if (dispatcher != NULL)
		SetLatch(dispatcher);
	return result;
}

/* ---------- writing ---------- */

/* A copy of the oldest message if it is of this database; NULL otherwise. */
static char *
next_payload(Message *message)
{
	char	   *payload = NULL;

	LWLockAcquire(queue->lock, LW_SHARED);
	if (peek(message) && message->database == MyDatabaseId)
	{
		payload = MemoryContextAlloc(TopMemoryContext, message->len);
		ring_copy_out(queue->head + sizeof(Message), payload, message->len);
	}
	LWLockRelease(queue->lock);
	return payload;
}

/* Take the message out, unless that has been done. */
static void
remove_message(uint64 number, bool written)
{
	Message		message;

	LWLockAcquire(queue->lock, LW_EXCLUSIVE);
	if (peek(&message) && message.number == number)
	{
		queue->head = (queue->head + sizeof(Message) + message.len) %
			queue->size;
		queue->used -= sizeof(Message) + message.len;
		if (written)
			queue->written++;
		else
			queue->failed++;
	}
	LWLockRelease(queue->lock);
}

/* Write one message; one that cannot be written is given up, in the log. */
static void
write_message(const Message *message, const char *payload)
{
	volatile bool written = false;

	PG_TRY();
	{
		sdr_record_commit(message->kind, payload);
		written = true;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(TopMemoryContext);
		EmitErrorReport();
		FlushErrorState();
		AbortCurrentTransaction();
	}
	PG_END_TRY();
	remove_message(message->number, written);
}

/* Has the database at hand been served?  Then the dispatcher goes on. */
static bool
nothing_left(TimestampTz since)
{
	bool		empty;

	LWLockAcquire(queue->lock, LW_SHARED);
	empty = queue->used == 0;
	LWLockRelease(queue->lock);
	return !empty ||
		TimestampDifferenceExceeds(since, GetCurrentTimestamp(), LINGER);
}

/* The writer: of one database, until there is nothing for it. */
void
sdr_queue_write_main(Datum arg)
{
	TimestampTz idle_since = GetCurrentTimestamp();

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg),
											  InvalidOid,
											  BGWORKER_BYPASS_ALLOWCONN);
	sdr_record_pin_settings();
	for (;;)
	{
		Message		message;
		char	   *payload;

		CHECK_FOR_INTERRUPTS();
		payload = next_payload(&message);
		if (payload != NULL)
		{
			write_message(&message, payload);
			pfree(payload);
			idle_since = GetCurrentTimestamp();
			continue;
		}
		if (nothing_left(idle_since))
			return;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 20, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/* ---------- dispatching ---------- */

static bool
start_writer(Oid database, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = ObjectIdGetDatum(database),
	};

	sdr_worker_describe(&worker, "schemadrift writer", "sdr_queue_write_main");
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * Wait until the writer has ended, or the server shuts down.  A worker that is
 * not connected to a database gets no signal when another ends, so it looks.
 */
static void
await_writer(BackgroundWorkerHandle *handle)
{
	pid_t		pid;

	while (!ShutdownRequestPending &&
		   GetBackgroundWorkerPid(handle, &pid) != BGWH_STOPPED)
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 LOOK, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/*
 * Have the oldest message written.  One that is still there when its writer
 * has ended is one that no writer can write: of a database that is gone.
 */
static bool
dispatch(void)
{
	Message		message;
	Message		after;
	bool		stuck;
	BackgroundWorkerHandle *handle;
	bool		found;

	LWLockAcquire(queue->lock, LW_SHARED);
	found = peek(&message);
	LWLockRelease(queue->lock);
	if (!found)
		return true;
	if (!start_writer(message.database, &handle))
		return false;
	await_writer(handle);
	LWLockAcquire(queue->lock, LW_SHARED);
	stuck = peek(&after) && after.number == message.number;
	LWLockRelease(queue->lock);
	if (stuck && !ShutdownRequestPending)
	{
		ereport(LOG,
				(errmsg("a record for database with OID %u could not be written and is given up",
						message.database)));
		remove_message(message.number, false);
	}
	return true;
}

static void
forget_dispatcher(int code, Datum arg)
{
	LWLockAcquire(queue->lock, LW_EXCLUSIVE);
	queue->dispatcher = NULL;
	LWLockRelease(queue->lock);
}

static bool
is_empty(void)
{
	bool		empty;

	LWLockAcquire(queue->lock, LW_SHARED);
	empty = queue->used == 0;
	LWLockRelease(queue->lock);
	return empty;
}

/* The dispatcher, which runs as long as the server. */
void
sdr_queue_dispatch_main(Datum arg)
{
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	before_shmem_exit(forget_dispatcher, (Datum) 0);
	LWLockAcquire(queue->lock, LW_EXCLUSIVE);
	queue->dispatcher = MyLatch;
	LWLockRelease(queue->lock);

	for (;;)
	{
		bool		served;

		/* before anything is looked at, so that no wake-up is missed */
		ResetLatch(MyLatch);
		served = ShutdownRequestPending || dispatch();
		if (ShutdownRequestPending)
			break;
		if (served && !is_empty())
			continue;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_EXIT_ON_PM_DEATH |
						 (served ? 0 : WL_TIMEOUT),
						 served ? -1 : RETRY, PG_WAIT_EXTENSION);
	}
	proc_exit(0);
}

/* Called when the library is loaded; there is a queue only if preloaded. */
void
sdr_queue_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	sdr_share(&queue_share);
	sdr_worker_register(0, "schemadrift dispatcher", "sdr_queue_dispatch_main");
}

/* What the queue has done; false where there is none. */
bool
sdr_queue_status(SdrQueueStatus *status)
{
	memset(status, 0, sizeof(*status));
	if (queue == NULL)
		return false;
	LWLockAcquire(queue->lock, LW_SHARED);
	status->size = queue->size;
	status->used = queue->used;
	status->messages = queue->messages;
	status->written = queue->written;
	status->dropped = queue->dropped;
	status->failed = queue->failed;
	status->last_dropped = queue->last_dropped;
	status->dispatched = queue->dispatcher != NULL;
	LWLockRelease(queue->lock);
	return true;
}

/* schemadrift_queue(): a row about the queue, none where there is none. */
Datum
schemadrift_queue(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdrQueueStatus status;
	Datum		values[8];
	bool		nulls[8] = {0};

	InitMaterializedSRF(fcinfo, 0);
	if (!sdr_queue_status(&status))
		return (Datum) 0;
	values[0] = Int64GetDatum((int64) status.size);
	values[1] = Int64GetDatum((int64) status.used);
	values[2] = Int64GetDatum((int64) status.messages);
	values[3] = Int64GetDatum((int64) status.written);
	values[4] = Int64GetDatum((int64) status.dropped);
	values[5] = Int64GetDatum((int64) status.failed);
	values[6] = TimestampTzGetDatum(status.last_dropped);
	nulls[6] = status.last_dropped == 0;
	values[7] = BoolGetDatum(status.dispatched);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return (Datum) 0;
}
