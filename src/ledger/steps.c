/*-------------------------------------------------------------------------
 *
 * steps.c
 *	  The steps of schemadrift_repair(), and the script that they make.
 *
 * The room that plans repairs stands beside this one, so its function is
 * called as any caller would call it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "utils/builtins.h"
#include "utils/datum.h"

/* A column that is text, in the context given. */
static const char *
text_column(HeapTuple tuple, int column, MemoryContext context)
{
	char	   *text = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);

	return text == NULL ? NULL : MemoryContextStrdup(context, text);
}

static SdrRepairStep *
read_step(HeapTuple tuple, MemoryContext context)
{
	SdrRepairStep *step = MemoryContextAllocZero(context, sizeof(*step));
	MemoryContext old;
	const char *transactional;
	Datum		mends;
	bool		isnull;

	step->sql = text_column(tuple, 1, context);
	step->kind = text_column(tuple, 2, context);
	step->identity = text_column(tuple, 3, context);
	step->risk = text_column(tuple, 5, context);
	step->lock = text_column(tuple, 6, context);
	transactional = text_column(tuple, 7, context);
	step->transactional = transactional != NULL && transactional[0] == 't';
	step->note = text_column(tuple, 8, context);
	step->verdict = text_column(tuple, 9, context);
	mends = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 4, &isnull);
	old = MemoryContextSwitchTo(context);
	step->mends = isnull ? PointerGetDatum(construct_empty_array(TEXTOID)) :
		datumCopy(mends, false, -1);
	MemoryContextSwitchTo(old);
	return step;
}

/* The rows of a query of a document and options with the columns of steps. */
List *
sdr_repair_rows(const char *query, Jsonb *expected, Jsonb *options)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			types[] = {JSONBOID, JSONBOID};
	Datum		values[] = {JsonbPGetDatum(expected), JsonbPGetDatum(options)};
	List	   *steps = NIL;

	SPI_connect();
	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL,
							  false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the steps of a repair");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		SdrRepairStep *step = read_step(SPI_tuptable->vals[i], context);
		MemoryContext old = MemoryContextSwitchTo(context);

		steps = lappend(steps, step);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return steps;
}

/* The steps of a repair, as SdrRepairStep, in their order. */
List *
sdr_repair_steps(Jsonb *expected, Jsonb *options)
{
	return sdr_repair_rows("SELECT sql, kind, identity, mends, risk, lock, transactional, note, verdict "
						   "FROM pg_catalog.schemadrift_repair($1, $2) ORDER BY step",
						   expected, options);
}

/* What is said in a comment must not end it. */
static void
append_comment(StringInfo buf, const char *text)
{
	appendStringInfoString(buf, "-- ");
	for (; *text != '\0'; text++)
	{
		if (*text == '\n' || *text == '\r')
			appendStringInfoString(buf, *text == '\n' ? "\n-- " : "");
		else
			appendStringInfoChar(buf, *text);
	}
	appendStringInfoChar(buf, '\n');
}

/* What the body of a function needs may come behind it. */
static bool
makes_routines(const List *steps)
{
	const ListCell *lc;

	foreach(lc, steps)
	{
		const SdrRepairStep *step = lfirst(lc);

		if (step->sql != NULL && (strcmp(step->kind, "function") == 0 ||
								  strcmp(step->kind, "procedure") == 0))
			return true;
	}
	return false;
}

/*
 * The steps as a script: those that run in a transaction, and those that do
 * not or cannot be made as comments.  The head, if any, is the first comment.
 */
char *
sdr_repair_script(const List *steps, const char *head)
{
	StringInfoData buf;
	const ListCell *lc;

	initStringInfo(&buf);
	if (head != NULL)
	{
		append_comment(&buf, head);
		appendStringInfoChar(&buf, '\n');
		if (makes_routines(steps))
			appendStringInfoString(&buf, "SET check_function_bodies = off;\n");
	}
	foreach(lc, steps)
	{
		const SdrRepairStep *step = lfirst(lc);

		if (step->sql == NULL)
			append_comment(&buf, psprintf("not done: %s %s: %s", step->kind,
										  step->identity, step->note));
		else if (!step->transactional)
			append_comment(&buf, psprintf("to be run by itself, outside a transaction:\n%s;",
										  step->sql));
		else
		{
			if (step->note != NULL)
				append_comment(&buf, step->note);
			appendStringInfo(&buf, "%s;\n", step->sql);
		}
	}
	return buf.data;
}
