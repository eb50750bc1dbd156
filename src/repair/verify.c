/*-------------------------------------------------------------------------
 *
 * verify.c
 *	  The proof of a plan: its steps are run, the result is checked, and all of
 *	  it is rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* Run one step; the message of its error, or NULL. */
static const char *
run_step(const SdrStep *step)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile message = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		SPI_connect();
		SPI_execute(step->sql, false, 0);
		SPI_finish();
		CommandCounterIncrement();
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_OUT_OF_MEMORY)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		message = error->message;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return message;
}

/* A row for each difference that is still there. */
static void
take_rest(void *arg, const SdrObject *expected, const SdrObject *actual,
		  List *rows)
{
	SdrPlan    *plan = arg;
	ListCell   *lc;

	foreach(lc, rows)
	{
		const SdrRow *row = lfirst(lc);
		SdrStep    *step = palloc0(sizeof(SdrStep));

		step->object = row->cause.object;
		step->note = psprintf("%s%s%s", row->drift,
							  row->attribute == NULL ? "" : " ",
							  row->attribute == NULL ? "" : row->attribute);
		step->verdict = "remains";
		plan->steps = lappend(plan->steps, step);
	}
}

/*
 * Run the steps that can be run in a transaction and note what came of each;
 * add a row for each drift that remains.  Nothing of it stays.
 */
void
sdr_verify(SdrPlan *plan, Jsonb *expected, Jsonb *options)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	SdrRows		rows;
	ListCell   *lc;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	/* what a body of text needs may come later */
	(void) set_config_option("check_function_bodies", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);
		const char *message;

		CHECK_FOR_INTERRUPTS();
		if (step->sql == NULL)
			continue;
		if (!step->transactional)
		{
			step->verdict = "not run: cannot run in a transaction";
			continue;
		}
		message = run_step(step);
		step->verdict = message == NULL ? "ran" :
			psprintf("failed: %s", message);
	}
	sdr_rows_collect(&rows, options, take_rest, plan);
	PushActiveSnapshot(GetLatestSnapshot());
	plan->reader = sdr_reader_open();
	sdr_check(plan->reader, sdr_document_open(expected), &rows);
	sdr_reader_close(plan->reader);
	PopActiveSnapshot();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}
