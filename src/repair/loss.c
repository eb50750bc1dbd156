/*-------------------------------------------------------------------------
 *
 * loss.c
 *	  How much a destructive step loses.
 *
 * The rows are counted as the caller, by queries: what row security hides is
 * not in the count, and what may not be read raises no error, but is said.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* The first row of a query, which counts; NULL without one. */
static const char *
first_row(const char *query)
{
	MemoryContext context = CurrentMemoryContext;
	const char *text = NULL;

	SPI_connect();
	if (SPI_execute(query, true, 1) == SPI_OK_SELECT && SPI_processed == 1)
	{
		char	   *value = SPI_getvalue(SPI_tuptable->vals[0],
										 SPI_tuptable->tupdesc, 1);

		text = value == NULL ? NULL : MemoryContextStrdup(context, value);
	}
	SPI_finish();
	return text;
}

/* The same, with why it cannot be had in its place. */
static const char *
count(const char *query)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile text = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		text = first_row(query);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			ERRCODE_OPERATOR_INTERVENTION ||
			error->sqlerrcode == ERRCODE_OUT_OF_MEMORY)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		text = psprintf("data that cannot be counted (%s)", error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return text;
}

static const char *
of_table(const SdrObject *table)
{
	return count(psprintf("SELECT pg_catalog.count(*) || CASE pg_catalog.count(*) WHEN 1 THEN ' row' ELSE ' rows' END FROM %s",
						  sdr_object_identity(table)));
}

static const char *
of_column(const SdrObject *column)
{
	if (column->parent->kind->id != SDR_KIND_TABLE)
		return NULL;
	return count(psprintf("SELECT pg_catalog.count(%s) || CASE pg_catalog.count(%s) WHEN 1 THEN ' value that is not null' ELSE ' values that are not null' END || ', of ' || pg_catalog.count(*) FROM %s",
						  quote_identifier(column->name),
						  quote_identifier(column->name),
						  sdr_object_identity(column->parent)));
}

static const char *
of_sequence(const SdrObject *sequence)
{
	return count(psprintf("SELECT CASE WHEN is_called THEN 'the last value ' ELSE 'the start value ' END || last_value FROM %s",
						  sdr_object_identity(sequence)));
}

/* All rows in the tables of a schema; the partitions are counted with it. */
static const char *
of_schema(const SdrObject *schema)
{
	const char *name = sdr_literal(schema->name);
	const char *query = first_row(psprintf("SELECT 'SELECT ' || pg_catalog.quote_literal(pg_catalog.count(*) || ' tables with ') || ' || (0' || coalesce(pg_catalog.string_agg(pg_catalog.format(' + (SELECT pg_catalog.count(*) FROM ONLY %%I.%%I)', %s, relname), ''), '') || ') || ' || pg_catalog.quote_literal(' rows') FROM pg_catalog.pg_class WHERE relkind IN ('r', 'f', 'm') AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %s)",
										   name, name));

	return query == NULL ? NULL : count(query);
}

static const struct
{
	SdrKindId	kind;
	const char *(*count) (const SdrObject *object);
}			counters[] = {
	{SDR_KIND_TABLE, of_table},
	{SDR_KIND_COLUMN, of_column},
	{SDR_KIND_SEQUENCE, of_sequence},
	{SDR_KIND_SCHEMA, of_schema},
};

static const char *
loss_of(const SdrObject *object)
{
	for (int i = 0; i < lengthof(counters); i++)
	{
		if (counters[i].kind == object->kind->id)
			return counters[i].count(object);
	}
	return NULL;
}

/* Note on each destructive step how much it loses. */
void
sdr_count_losses(SdrPlan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);
		const char *loss;

		CHECK_FOR_INTERRUPTS();
		if (step->sql == NULL || step->risk != SDR_RISK_DESTRUCTIVE)
			continue;
		loss = plan->options.adopt ?
			"data that only the other database has" : loss_of(step->object);
		if (loss != NULL)
			step->note = loss;
	}
}
