/*-------------------------------------------------------------------------
 *
 * session.c
 *	  schemadrift_begin() and schemadrift_end(): a migration whose statements
 *	  the client sends itself.
 *
 * The run is a state of the session, not of a transaction: it survives errors,
 * and ends with schemadrift_end() or with the session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "baseline/baseline.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "record/record.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(schemadrift_begin);
PG_FUNCTION_INFO_V1(schemadrift_end);

/* Arguments of schemadrift_begin(). */
enum
{
	ARG_NAME,
	ARG_SCRIPT,
	ARG_ALLOW_DESTRUCTIVE
};

/* A session that ends in the middle of a migration says so, if it can. */
static void
at_exit(int code, Datum arg)
{
	const SdrRun *run = sdr_run_current();

	if (run != NULL && strcmp(run->method, SDR_METHOD_BEGIN) == 0)
		(void) sdr_record_later(SDR_RECORD_RUN_INTERRUPTED, &run->id,
								sdr_watch_error());
}

/*
 * What is recorded here stays when the transaction rolls back, so it must not
 * have begun anything.
 */
static void
require_no_transaction(const char *function)
{
	if (IsTransactionBlock() ||
		TransactionIdIsValid(GetTopTransactionIdIfAny()))
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block", function),
				 errdetail("What it records stays, whatever becomes of the transaction."),
				 errhint("Call it alone, before BEGIN or after COMMIT, and without --single-transaction; schemadrift_apply() runs a script as one transaction.")));
}

/*
 * DISCARD ALL is how connection poolers end the session of one client before
 * they give it to another.  What that one does is not the migration.
 */
void
sdr_session_discarded(void)
{
	SdrRun	   *run = sdr_run_detach();
	const char *error = sdr_watch_error();
	StringInfoData buf;
	char	   *problem;

	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &run->id);
	sdr_payload_text(&buf, "error", error != NULL ? error :
					 "DISCARD ALL has ended the session");
	problem = sdr_record_try(SDR_RECORD_RUN_INTERRUPTED,
							 sdr_payload_end(&buf));
	ereport(WARNING,
			(errmsg("migration \"%s\" is interrupted by DISCARD ALL",
					run->name),
			 problem == NULL ? 0 :
			 errdetail("This could not be recorded: %s", problem),
			 errhint("Complete it or undo it, and say so with schemadrift_resolve().")));
	sdr_baseline_unwatch();
	sdr_watch_stop();
	sdr_run_free(run);
}

/* With the lock held. */
static void
begin_run(const SdrGiven *migration, bool allow_destructive)
{
	if (sdr_already_applied(migration))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" is already applied", migration->name),
				 errhint("schemadrift.ledger tells when and by whom.")));
	sdr_run_start(migration, SDR_METHOD_BEGIN, allow_destructive, NULL);
}

/*
 * schemadrift_begin(name text, script text, allow_destructive boolean) - what
 * this session does from now on is the migration; returns the id of its row.
 */
Datum
schemadrift_begin(PG_FUNCTION_ARGS)
{
	static bool exit_registered = false;
	SdrGiven	migration;
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));

	sdr_ledger_writable("schemadrift_begin()");
	sdr_given_read(fcinfo, &migration, false);
	if (migration.script != NULL)
		sdr_given_parse(&migration);
	require_no_transaction("schemadrift_begin()");
	sdr_lock_take(true);
	PG_TRY();
	{
		begin_run(&migration, !PG_ARGISNULL(ARG_ALLOW_DESTRUCTIVE) &&
				  PG_GETARG_BOOL(ARG_ALLOW_DESTRUCTIVE));
	}
	PG_CATCH();
	{
		sdr_lock_release();
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (!exit_registered)
		before_shmem_exit(at_exit, (Datum) 0);
	exit_registered = true;
	sdr_watch_start(&migration);
	sdr_baseline_watch(migration.name);
	*id = sdr_run_current()->id;
	PG_RETURN_UUID_P(id);
}

/* Not what was announced, and yet not an error: the caller should know. */
static void
warn_of_deviations(const SdrRun *run, const List *deviations)
{
	if (deviations == NIL)
		return;
	ereport(WARNING,
			(errmsg_plural("%d deviation from migration \"%s\" was recorded",
						   "%d deviations from migration \"%s\" were recorded",
						   list_length(deviations),
						   list_length(deviations), run->name),
			 errdetail("The first: %s", (char *) linitial(deviations)),
			 errhint("All are in the column deviations of schemadrift.ledger.")));
}

/*
 * schemadrift_end(note text) - the migration of this session is over; returns
 * its state, applied or failed.
 */
Datum
schemadrift_end(PG_FUNCTION_ARGS)
{
	const SdrRun *run = sdr_run_current();
	const char *error;
	const char *state;
	List	   *deviations;
	StringInfoData buf;

	if (run == NULL || strcmp(run->method, SDR_METHOD_BEGIN) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no migration has been begun in this session"),
				 errhint("schemadrift_begin() begins one, in the same session; connection poolers may give each transaction another one.")));
	require_no_transaction("schemadrift_end()");

	error = sdr_watch_error();
	state = error == NULL ? "applied" : "failed";
	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &run->id);
	sdr_payload_text(&buf, "state", state);
	sdr_payload_text(&buf, "proof", error == NULL ? "run" : NULL);
	sdr_payload_text(&buf, "error", error);
	sdr_payload_text(&buf, "sqlstate", sdr_watch_sqlstate());
	sdr_payload_int(&buf, "statements", sdr_watch_statements());
	deviations = sdr_watch_deviations();
	sdr_payload_texts(&buf, "deviations", deviations);
	sdr_payload_text(&buf, "fingerprint_after", sdr_fingerprint_now());
	if (!PG_ARGISNULL(0))
		sdr_payload_text(&buf, "note",
						 text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (error == NULL)
		sdr_baseline_watched(&run->id, run->name);
	sdr_record(SDR_RECORD_RUN_ENDED, sdr_payload_end(&buf));

	warn_of_deviations(run, deviations);
	sdr_baseline_unwatch();
	sdr_watch_stop();
	sdr_run_free(sdr_run_detach());
	sdr_lock_release();
	PG_RETURN_TEXT_P(cstring_to_text(state));
}
