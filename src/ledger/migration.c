/*-------------------------------------------------------------------------
 *
 * migration.c
 *	  schemadrift_migration(): the migration that somebody forgot to write.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "ledger/ledger.h"
#include "model/model.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(schemadrift_migration);

/* Arguments of schemadrift_migration(). */
enum
{
	ARG_NAME,
	ARG_EXPECTED,
	ARG_STYLE,
	ARG_OPTIONS
};

/* The options of the caller with those that make a plan a migration. */
static Jsonb *
with_adopt(Jsonb *options)
{
	Datum		ours = DirectFunctionCall1(jsonb_in,
										   CStringGetDatum("{\"adopt\": true, \"idempotent\": true}"));

	/* an error about what is no object is for the plan to raise */
	if (!JB_ROOT_IS_OBJECT(options))
		return options;
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
											  JsonbPGetDatum(options), ours));
}

/* The number that the next migration by hand would have, with two digits. */
static char *
next_number(void)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *number;

	SPI_connect();
	if (SPI_execute("SELECT pg_catalog.lpad((coalesce(pg_catalog.max(number), 0) OPERATOR(pg_catalog.+) 1)::pg_catalog.text, "
					"greatest(2, pg_catalog.length((coalesce(pg_catalog.max(number), 0) OPERATOR(pg_catalog.+) 1)::pg_catalog.text)), '0') "
					"FROM pg_catalog.schemadrift_migrations() WHERE kind OPERATOR(pg_catalog.=) 'manual'",
					true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the migrations");
	number = MemoryContextStrdup(context,
								 SPI_getvalue(SPI_tuptable->vals[0],
											  SPI_tuptable->tupdesc, 1));
	SPI_finish();
	return number;
}

static char *
manual_path(const char *name)
{
	const char *number;
	const char *suffix;

	sdr_migration_number(name, &number, &suffix);
	return number != NULL ? psprintf("%s.sql", name) :
		psprintf("%s_%s.sql", next_number(), name);
}

/* As Prisma names a migration: by the time in UTC. */
static char *
prisma_path(const char *name)
{
	Datum		now = DirectFunctionCall2(timestamptz_zone,
										  CStringGetTextDatum("UTC"),
										  TimestampTzGetDatum(GetCurrentTimestamp()));
	Datum		stamp = DirectFunctionCall2(timestamp_to_char, now,
											CStringGetTextDatum("YYYYMMDDHH24MISS"));

	return psprintf("%s_%s/migration.sql", TextDatumGetCString(stamp), name);
}

static const struct
{
	const char *name;
	char	   *(*path) (const char *name);
}			styles[] = {
	{"manual", manual_path},
	{"prisma", prisma_path},
};

static char *
path_of(const char *style, const char *name)
{
	for (int i = 0; i < lengthof(styles); i++)
	{
		if (strcmp(styles[i].name, style) == 0)
			return styles[i].path(name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown style of migration \"%s\"", style),
			 errhint("Styles are \"manual\" and \"prisma\".")));
}

/*
 * schemadrift_migration(name text, expected jsonb, style text, options jsonb)
 * - path and text of the file that turns expected into the live database;
 * the text is null when there is nothing to do.
 */
Datum
schemadrift_migration(PG_FUNCTION_ARGS)
{
	char	   *name = sdr_migration_name(sdr_text_arg(fcinfo, ARG_NAME,
													   "name"));
	char	   *style = sdr_text_arg(fcinfo, ARG_STYLE, "style");
	char	   *path = path_of(style, name);
	List	   *steps;
	TupleDesc	tupdesc;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	steps = sdr_repair_steps(sdr_jsonb_arg(fcinfo, ARG_EXPECTED,
										   "expected"),
							 with_adopt(sdr_jsonb_arg(fcinfo, ARG_OPTIONS,
													  "options")));
	nulls[1] = steps == NIL;
	values[0] = CStringGetTextDatum(path);
	if (steps != NIL)
		values[1] = CStringGetTextDatum(sdr_repair_script(steps,
														  "What was changed in the database without a migration.\nIt can be run again, and does nothing then."));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(tupdesc, values, nulls)));
}
