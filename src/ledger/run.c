/*-------------------------------------------------------------------------
 *
 * run.c
 *	  The run of this backend, and what becomes of its row.
 *
 * The row is written before the first statement is run, in a transaction of
 * its own.  A run of schemadrift_apply() is a subtransaction: the row becomes
 * applied in it, so that it is so if and only if the changes are.  When that
 * is undone later, by an outer transaction, a worker is told.  A run between
 * schemadrift_begin() and schemadrift_end() lives as long as the session does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "record/record.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

/* A run whose transaction has not ended. */
typedef struct Pending
{
	dlist_node	node;
	pg_uuid_t	id;
	SubTransactionId subid;		/* whose end decides */
} Pending;

static SdrRun *current = NULL;
static dlist_head pending = DLIST_STATIC_INIT(pending);
static bool callbacks_registered = false;

const SdrRun *
sdr_run_current(void)
{
	return current;
}

/* Raise an error if a migration is running in this session. */
void
sdr_run_forbid(void)
{
	if (current == NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("migration \"%s\" is running in this session",
					current->name),
			 strcmp(current->method, SDR_METHOD_BEGIN) == 0 ?
			 errhint("schemadrift_end() ends it.") : 0));
}

static void
forget(Pending *entry)
{
	dlist_delete(&entry->node);
	pfree(entry);
}

/* The run is undone: say so, if there is a worker to be had. */
static void
undo(Pending *entry)
{
	(void) sdr_record_later(proc_exit_inprogress ? SDR_RECORD_RUN_INTERRUPTED :
							SDR_RECORD_RUN_ROLLED_BACK, &entry->id, NULL);
	forget(entry);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	dlist_mutable_iter iter;

	if (event == XACT_EVENT_PRE_PREPARE && !dlist_is_empty(&pending))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot PREPARE a transaction that has run a migration")));
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT)
		return;
	dlist_foreach_modify(iter, &pending)
	{
		Pending    *entry = dlist_container(Pending, node, iter.cur);

		if (event == XACT_EVENT_COMMIT)
			forget(entry);
		else
			undo(entry);
	}
	if (current != NULL && strcmp(current->method, SDR_METHOD_BEGIN) != 0)
		sdr_run_free(sdr_run_detach());
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId subid,
			   SubTransactionId parent, void *arg)
{
	dlist_mutable_iter iter;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	dlist_foreach_modify(iter, &pending)
	{
		Pending    *entry = dlist_container(Pending, node, iter.cur);

		if (entry->subid != subid)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			entry->subid = parent;
		else
			undo(entry);
	}
}

/* Remember that what becomes of this subtransaction becomes of the run. */
static void
await_end(const pg_uuid_t *id)
{
	Pending    *entry = MemoryContextAlloc(TopMemoryContext, sizeof(Pending));

	if (!callbacks_registered)
	{
		RegisterXactCallback(at_xact_end, NULL);
		RegisterSubXactCallback(at_subxact_end, NULL);
		callbacks_registered = true;
	}
	entry->id = *id;
	entry->subid = GetCurrentSubTransactionId();
	dlist_push_tail(&pending, &entry->node);
}

static char *
top_strdup(const char *text)
{
	return text == NULL ? NULL : MemoryContextStrdup(TopMemoryContext, text);
}

void
sdr_new_uuid(pg_uuid_t *id)
{
	*id = *DatumGetUUIDP(DirectFunctionCall1(gen_random_uuid, (Datum) 0));
}

char *
sdr_uuid_text(const pg_uuid_t *id)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id)));
}

static SdrRun *
make_run(const SdrGiven *migration, const char *method,
		 bool allow_destructive)
{
	SdrRun	   *run = MemoryContextAllocZero(TopMemoryContext, sizeof(SdrRun));

	sdr_new_uuid(&run->id);
	run->method = method;
	run->allow_destructive = allow_destructive;
	run->approved = sdr_approval(migration, &run->allow_destructive);
	run->name = top_strdup(migration->name);
	if (migration->script != NULL)
		run->checksum = top_strdup(migration->checksums.hex[0]);
	return run;
}

/* Free what sdr_run_detach() has returned; NULL does nothing. */
void
sdr_run_free(SdrRun *run)
{
	if (run == NULL)
		return;
	pfree(run->name);
	if (run->checksum != NULL)
		pfree(run->checksum);
	pfree(run);
}

/* The columns of a new row that do not depend on what is done. */
void
sdr_run_payload(StringInfo buf, const SdrGiven *migration,
				const char *method, const char *state)
{
	const char *number;
	const char *suffix;

	sdr_migration_number(migration->name, &number, &suffix);
	sdr_payload_text(buf, "name", migration->name);
	sdr_payload_text(buf, "number", number);
	sdr_payload_text(buf, "suffix", suffix[0] == '\0' ? NULL : suffix);
	if (migration->script != NULL)
		sdr_payload_text(buf, "checksum", migration->checksums.hex[0]);
	sdr_payload_text(buf, "script", migration->script);
	sdr_payload_text(buf, "method", method);
	sdr_payload_text(buf, "state", state);
	sdr_payload_text(buf, "applied_by",
					 GetUserNameFromId(GetSessionUserId(), false));
	sdr_payload_text(buf, "applied_as", GetUserNameFromId(GetUserId(), false));
	sdr_payload_int(buf, "backend_pid", MyProcPid);
	sdr_payload_int(buf, "system_identifier", (int64) GetSystemIdentifier());
	sdr_payload_int(buf, "database_oid", MyDatabaseId);
}

/* The fingerprint of the whole schema, as the caller sees it now. */
char *
sdr_fingerprint_now(void)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	char	   *fingerprint;

	SPI_connect();
	if (SPI_execute("SELECT pg_catalog.schemadrift_fingerprint()", false, 1) !=
		SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not compute the fingerprint of the schema");
	old = MemoryContextSwitchTo(context);
	fingerprint = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return fingerprint;
}

/*
 * Write the row of a new run, to stay, and make the run the current one.  With
 * the method apply, the subtransaction at hand is the run.
 */
void
sdr_run_start(const SdrGiven *migration, const char *method,
			  bool allow_destructive, const char *note)
{
	SdrRun	   *run = make_run(migration, method, allow_destructive);
	StringInfoData buf;

	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &run->id);
	sdr_run_payload(&buf, migration, method, "running");
	if (strcmp(method, SDR_METHOD_APPLY) == 0)
		sdr_payload_text(&buf, "xid",
						 psprintf(UINT64_FORMAT, U64FromFullTransactionId(GetCurrentFullTransactionId())));
	sdr_payload_bool(&buf, "allow_destructive", run->allow_destructive);
	sdr_payload_text(&buf, "note", note);
	sdr_payload_text(&buf, "fingerprint_before", sdr_fingerprint_now());
	sdr_record(SDR_RECORD_RUN_STARTED, sdr_payload_end(&buf));
	pfree(buf.data);

	if (strcmp(method, SDR_METHOD_APPLY) == 0)
		await_end(&run->id);
	current = run;
}

/*
 * Make a trial the current run, so that the guard takes it for what it is: a
 * migration, of which nothing will remain.  There is no row.
 */
void
sdr_run_pretend(const SdrGiven *migration)
{
	SdrRun	   *run = MemoryContextAllocZero(TopMemoryContext, sizeof(SdrRun));

	run->method = SDR_METHOD_TRIAL;
	run->approved = true;
	run->allow_destructive = true;
	run->name = top_strdup(migration->name);
	run->checksum = top_strdup(migration->checksums.hex[0]);
	current = run;
}

/* The current run is over; whoever called frees it. */
SdrRun *
sdr_run_detach(void)
{
	SdrRun	   *run = current;

	current = NULL;
	return run;
}

/*
 * The subtransaction at hand has done all that the migration does: the row
 * becomes applied in it.
 */
void
sdr_run_applied(int statements)
{
	SdrRun	   *run = current;
	StringInfoData buf;

	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &run->id);
	sdr_payload_text(&buf, "state", "applied");
	sdr_payload_text(&buf, "proof", "run");
	sdr_payload_int(&buf, "statements", statements);
	sdr_payload_text(&buf, "fingerprint_after", sdr_fingerprint_now());
	sdr_record_here(SDR_RECORD_RUN_ENDED, sdr_payload_end(&buf));
	pfree(buf.data);
}

/*
 * The subtransaction of a run is about to be rolled back, and its failure to
 * be recorded by sdr_run_failed().
 */
void
sdr_run_give_up(const SdrRun *run)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &pending)
	{
		Pending    *entry = dlist_container(Pending, node, iter.cur);

		if (memcmp(&entry->id, &run->id, sizeof(pg_uuid_t)) == 0)
			forget(entry);
	}
}

/*
 * Record that the run has failed, to stay.  Where that is not possible the
 * error of the run is still the one to be reported.
 */
void
sdr_run_failed(const SdrRun *run, const ErrorData *error, int statements)
{
	StringInfoData buf;
	char	   *problem;

	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &run->id);
	sdr_payload_text(&buf, "state", "failed");
	sdr_payload_int(&buf, "statements", statements);
	sdr_payload_text(&buf, "error", sdr_error_text(error));
	sdr_payload_text(&buf, "sqlstate", unpack_sql_state(error->sqlerrcode));
	problem = sdr_record_try(SDR_RECORD_RUN_ENDED, sdr_payload_end(&buf));
	if (problem != NULL)
		ereport(WARNING,
				(errmsg("could not record the failure of migration \"%s\"",
						run->name),
				 errdetail_internal("%s", problem),
				 errhint("Its row in schemadrift.ledger does not tell why it has ended.")));
	pfree(buf.data);
}

/* An error with its details, as psql shows it. */
char *
sdr_error_text(const ErrorData *error)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, error->message);
	if (error->detail != NULL)
		appendStringInfo(&buf, "\nDETAIL:  %s", error->detail);
	if (error->hint != NULL)
		appendStringInfo(&buf, "\nHINT:  %s", error->hint);
	if (error->context != NULL)
		appendStringInfo(&buf, "\nCONTEXT:  %s", error->context);
	return buf.data;
}
