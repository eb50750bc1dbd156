/*-------------------------------------------------------------------------
 *
 * apply.c
 *	  schemadrift_apply(): runs a migration as one transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "baseline/baseline.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "record/record.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(schemadrift_apply);

/* Arguments of schemadrift_apply(). */
enum
{
	ARG_NAME,
	ARG_SCRIPT,
	ARG_ALLOW_DESTRUCTIVE,
	ARG_NOTE
};

/* Nothing that writes the ledger works where nothing can be written. */
void
sdr_ledger_writable(const char *function)
{
	sdr_prevent_unwritable(function);
	if (InSecurityRestrictedOperation())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot execute %s within security-restricted operation",
						function)));
	sdr_run_forbid();
}

static void
refuse_edited(const SdrGiven *migration, const SdrPastRun *past)
{
	SdrScript	before = {0};
	SdrScript	now;

	sdr_script_read(migration->script, &now);
	if (past->script != NULL)
		sdr_script_read(past->script, &before);
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("script of migration \"%s\" was edited after it was applied",
					migration->name),
			 errdetail("Its checksum is %s, that of the script which was applied is %s.",
					   migration->checksums.hex[0], past->checksum),
			 before.digest != NULL && now.digest != NULL &&
			 strcmp(before.digest, now.digest) == 0 ?
			 errhint("Only comments and white space are different; restore the script as it was.") :
			 errhint("Restore the script as it was, and put what is new into another migration.")));
}

/*
 * Is it the script that was run, by Prisma's rules?  Those are asked both ways
 * round, as only one of the two may have lost the newline at its end.
 */
static bool
is_same_script(const SdrGiven *migration, const SdrPastRun *past)
{
	SdrGiven	before = {0};

	if (past->checksum == NULL || migration->script == NULL ||
		sdr_given_same(migration, past->checksum))
		return true;
	if (past->script == NULL)
		return false;
	sdr_given_script(&before, past->script);
	return sdr_given_same(&before, migration->checksums.hex[0]);
}

/*
 * Is the migration applied?  An error if it cannot be run as things stand.
 * To be called with the lock held.
 */
bool
sdr_already_applied(const SdrGiven *migration)
{
	SdrPastRun	past;

	sdr_past_run(migration->name, &past);
	if (!past.found)
		return false;
	if (strcmp(past.state, "applied") == 0 || strcmp(past.state, "claimed") == 0)
	{
		if (!is_same_script(migration, &past))
			refuse_edited(migration, &past);
		return true;
	}
	if (strcmp(past.state, "running") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("migration \"%s\" is running in another session",
						migration->name)));
	if (strcmp(past.method, SDR_METHOD_BEGIN) == 0 &&
		strcmp(past.state, "rolled_back") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 strcmp(past.state, "failed") == 0 ?
				 errmsg("migration \"%s\" has failed and is not resolved", migration->name) :
				 errmsg("migration \"%s\" was interrupted and is not resolved", migration->name),
				 errdetail("It was run between schemadrift_begin() and schemadrift_end(), so a part of it may be there."),
				 errhint("Complete it or undo it, and say so with schemadrift_resolve().")));
	return false;
}

/*
 * Constraints that wait for the end of the transaction fail now or never.  In
 * a transaction block they go on waiting, as they would without us.
 */
static void
check_deferred_constraints(void)
{
	SPI_connect();
	if (SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0) < 0)
		elog(ERROR, "could not check deferred constraints");
	SPI_finish();
}

/* What the server refuses in a transaction has another way to run. */
static void
add_hint(ErrorData *error)
{
	if (error->hint != NULL)
		return;
	if (error->sqlerrcode == ERRCODE_ACTIVE_SQL_TRANSACTION ||
		error->sqlerrcode == ERRCODE_INVALID_TRANSACTION_TERMINATION)
		error->hint = pstrdup(_("Run the script with psql between schemadrift_begin() and schemadrift_end()."));
}

/*
 * Run the script in a subtransaction, which is the run.  When it fails, that
 * is rolled back, the failure recorded and the error raised again.
 */
static void
run_script(const SdrGiven *migration, bool allow_destructive,
		   const char *note)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	bool		is_alone = !IsTransactionBlock();
	volatile int statements = 0;
	CommandId	since;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		sdr_run_start(migration, SDR_METHOD_APPLY, allow_destructive, note);
		since = sdr_baseline_begin();
		sdr_given_execute(migration, (int *) &statements);
		if (is_alone)
			check_deferred_constraints();
		sdr_baseline_move(since, &sdr_run_current()->id, migration->name);
		sdr_run_applied(statements);
		sdr_run_free(sdr_run_detach());
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		SdrRun	   *run = sdr_run_detach();
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (run != NULL)
			sdr_run_give_up(run);
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		add_hint(error);
		if (run != NULL)
			sdr_run_failed(run, error, statements);
		sdr_run_free(run);
		ReThrowError(error);
	}
	PG_END_TRY();
}

/*
 * Run a parsed migration, unless it is applied; an error is raised, and
 * recorded, when it fails.  False if it was applied before.
 */
bool
sdr_given_apply(const SdrGiven *migration, bool allow_destructive,
				const char *note)
{
	sdr_lock_take(false);
	if (sdr_already_applied(migration))
	{
		ereport(NOTICE,
				(errmsg("migration \"%s\" is already applied",
						migration->name)));
		return false;
	}
	sdr_given_check_apply(migration);
	run_script(migration, allow_destructive, note);
	return true;
}

/*
 * schemadrift_apply(name text, script text, allow_destructive boolean, note
 * text) - whether it was run: "applied" or "already applied".
 */
Datum
schemadrift_apply(PG_FUNCTION_ARGS)
{
	SdrGiven	migration;
	bool		applied;

	sdr_ledger_writable("schemadrift_apply()");
	sdr_given_read(fcinfo, &migration, true);
	sdr_given_parse(&migration);
	applied = sdr_given_apply(&migration,
							  !PG_ARGISNULL(ARG_ALLOW_DESTRUCTIVE) &&
							  PG_GETARG_BOOL(ARG_ALLOW_DESTRUCTIVE),
							  PG_ARGISNULL(ARG_NOTE) ? NULL :
							  text_to_cstring(PG_GETARG_TEXT_PP(ARG_NOTE)));
	PG_RETURN_TEXT_P(cstring_to_text(applied ? "applied" : "already applied"));
}
