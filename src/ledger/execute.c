/*-------------------------------------------------------------------------
 *
 * execute.c
 *	  Runs the statements of a script inside the transaction at hand.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/backend_status.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

/* Where a script is. */
typedef struct Place
{
	const SdrGiven *migration;
	const SdrStatement *statement;
	int			number;
} Place;

static void
execute_error(void *arg)
{
	Place	   *place = arg;

	errcontext("statement %d of migration \"%s\", line %d", place->number,
			   place->migration->name, place->statement->line);
}

/* Each statement has a text of its own, as if a client had sent it alone. */
static void
execute_statement(Place *place)
{
	SPIExecuteOptions options = {0};
	int			rc;

	pgstat_report_activity(STATE_RUNNING, place->statement->text);
	options.dest = CreateDestReceiver(DestNone);
	rc = SPI_execute_extended(place->statement->text, &options);
	if (rc < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("statement cannot run inside a function: %s",
						SPI_result_code_string(rc))));
	SPI_freetuptable(SPI_tuptable);
}

/* A migration cannot take away what records it. */
static void
check_ledger_is_there(const SdrGiven *migration)
{
	Oid			schema = get_namespace_oid("schemadrift", true);

	if (OidIsValid(schema) && OidIsValid(get_relname_relid("run", schema)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("migration \"%s\" drops the table that records it",
					migration->name),
			 errdetail("The extension schemadrift records what its functions run."),
			 errhint("Drop the extension outside of migrations.")));
}

/*
 * Run all statements of a parsed script, as the caller and with its settings;
 * settings that the script changes are put back when it has run.  Counts the
 * statements that were run to their end.
 */
void
sdr_given_execute(const SdrGiven *migration, int *statements)
{
	int			guc_level = NewGUCNestLevel();
	Place		place = {.migration = migration};
	ErrorContextCallback callback = {
		.callback = execute_error,
		.arg = &place,
		.previous = error_context_stack
	};
	ListCell   *lc;

	*statements = 0;
	SPI_connect();
	error_context_stack = &callback;
	foreach(lc, migration->statements)
	{
		CHECK_FOR_INTERRUPTS();
		place.statement = lfirst(lc);
		place.number = foreach_current_index(lc) + 1;
		execute_statement(&place);
		(*statements)++;
	}
	error_context_stack = callback.previous;
	SPI_finish();
	check_ledger_is_there(migration);

	/* as if the session of a client had ended here */
	AtEOXact_GUC(false, guc_level);
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
}
