/*-------------------------------------------------------------------------
 *
 * record.h
 *	  Rows that outlive the transaction, and tables that only the extension
 *	  writes.
 *
 * A record is one of a fixed list of statements (statement.c) with one jsonb
 * payload.  A background worker, started on demand, runs it in a transaction
 * of its own as the bootstrap superuser, so that it stays when the caller's
 * transaction rolls back.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_RECORD_H
#define SDR_RECORD_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "datatype/timestamp.h"
#include "postmaster/bgworker.h"
#include "storage/lwlock.h"
#include "utils/uuid.h"

typedef enum SdrRecordKind
{
	SDR_RECORD_RUN_STARTED,		/* payload: the columns of the row */
	SDR_RECORD_RUN_ENDED,		/* payload: id, and the columns that change */
	SDR_RECORD_RUN_ROLLED_BACK, /* payload: id and error */
	SDR_RECORD_RUN_INTERRUPTED, /* payload: id and error */
	SDR_RECORD_OVERRIDE,		/* payload: columns of override_log */
	SDR_RECORD_DDL				/* payload: a row of ddl_log */
} SdrRecordKind;

#define SDR_NRECORDS	(SDR_RECORD_DDL + 1)

/* statement.c: the SQL of a record, whose only parameter is the payload. */
extern const char *sdr_record_sql(SdrRecordKind kind);

/*
 * record.c
 *
 * sdr_record() writes the row and waits until it is committed, for some
 * milliseconds.  It raises an error when no worker can be started or when the
 * statement fails.  It does not answer to interrupts meanwhile, so that the
 * caller knows what has been written.
 *
 * sdr_record_try() does the same, but returns the message of the error, or
 * NULL when all went well.
 *
 * sdr_record_later() starts a worker for a record whose payload is an id and
 * the beginning of an error message, or NULL, and does not wait.  It raises no
 * error, so that it may be called while a transaction aborts or a session
 * ends.  False when there is no worker to be had.
 *
 * sdr_record_here() writes the row in the caller's own transaction.
 */
extern void sdr_record(SdrRecordKind kind, const char *payload);
extern char *sdr_record_try(SdrRecordKind kind, const char *payload);
extern bool sdr_record_later(SdrRecordKind kind, const pg_uuid_t *id,
							 const char *error);
extern void sdr_record_here(SdrRecordKind kind, const char *payload);

/* Parts of a worker that writes records: see record.c. */
extern void sdr_record_pin_settings(void);
extern void sdr_record_commit(SdrRecordKind kind, const char *payload);

/*
 * queue.c: records that nobody waits for.  There is a queue where the library
 * is preloaded; it is bounded, and what does not fit is dropped and counted.
 */
typedef enum SdrQueueResult
{
	SDR_QUEUE_NONE,				/* not preloaded */
	SDR_QUEUE_FULL,
	SDR_QUEUE_DONE
} SdrQueueResult;

typedef struct SdrQueueStatus
{
	Size		size;			/* in bytes */
	Size		used;
	uint64		messages;
	uint64		written;
	uint64		dropped;		/* as the queue was full */
	uint64		failed;			/* as the row could not be written */
	TimestampTz last_dropped;	/* 0 for never */
	bool		dispatched;		/* the dispatcher is there */
} SdrQueueStatus;

extern SdrQueueResult sdr_record_queue(SdrRecordKind kind,
									   const char *payload);
extern bool sdr_queue_status(SdrQueueStatus *status);
extern void sdr_queue_init(void);

/*
 * payload.c: a payload is begun with an empty buffer; members that are NULL
 * are left out.  sdr_payload_end() returns the text.
 */
extern void sdr_payload_text(StringInfo buf, const char *name,
							 const char *value);
extern void sdr_payload_int(StringInfo buf, const char *name, int64 value);
extern void sdr_payload_bool(StringInfo buf, const char *name, bool value);
extern void sdr_payload_texts(StringInfo buf, const char *name,
							  const List *values);
extern void sdr_payload_uuid(StringInfo buf, const char *name,
							 const pg_uuid_t *value);
extern char *sdr_payload_end(StringInfo buf);

/*
 * worker.c
 *
 * sdr_worker_describe() sets what all of our workers have in common, by the
 * name that pg_stat_activity shows and by the function; all else is as the
 * caller has set it.  sdr_worker_register() has the server start one when it
 * starts itself, and again when it has ended.
 *
 * sdr_share() asks for a piece of shared memory with a lock.  Its size is known
 * once all settings are.  attach() is given its address, and the lock as long
 * as nothing is in it yet, NULL later.
 *
 * The last two are for libraries that are being preloaded.
 */
typedef struct SdrShare
{
	const char *name;
	Size		(*size) (void);
	void		(*attach) (void *memory, LWLock *lock);
} SdrShare;

extern void sdr_worker_describe(BackgroundWorker *worker, const char *name,
								const char *function);
extern void sdr_worker_register(int flags, const char *name,
								const char *function);
extern void sdr_share(const SdrShare *share);

/*
 * protect.c
 *
 * sdr_write() runs a fixed statement that writes tables of the extension, in
 * the caller's transaction but as the bootstrap superuser, and returns the
 * number of rows.  The statement qualifies every name.  sdr_query() does the
 * same for a statement that returns rows, and calls back for each.
 * sdr_query_kept() has it planned once in a session, for statements that are run
 * many times: kept is a static variable for each, all zero at first.
 * sdr_prevent_unwritable() raises an error where nothing can be written.
 */
extern void sdr_prevent_unwritable(const char *function);

typedef void (*SdrRowCallback) (void *arg, HeapTuple tuple, TupleDesc desc);

extern uint64 sdr_write(const char *sql, int nargs, Oid *types, Datum *values,
						const char *nulls);
typedef struct SdrKept
{
	struct _SPI_plan *plan;
} SdrKept;

extern uint64 sdr_query_kept(SdrKept *kept, const char *sql, int nargs,
							 Oid *types, Datum *values, const char *nulls,
							 SdrRowCallback callback, void *arg);
extern uint64 sdr_query(const char *sql, int nargs, Oid *types, Datum *values,
						const char *nulls, SdrRowCallback callback, void *arg);

#endif							/* SDR_RECORD_H */
