/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  schemadrift_assert(), which fails where there is drift, and
 *	  schemadrift_observe(), which keeps its history.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "baseline/store.h"
#include "catalog/pg_type.h"
#include "drift/drift.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "record/record.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define ERRCODE_SDR_DRIFT	MAKE_SQLSTATE('S','D','0','0','5')

/* Rows of drift that an error shows. */
#define MAX_SHOWN	50

PG_FUNCTION_INFO_V1(schemadrift_assert);
PG_FUNCTION_INFO_V1(schemadrift_observe);

/* A line for each row of drift from $1 with a severity of $2. */
#define ASSERT_SQL \
	"SELECT pg_catalog.concat_ws(' ', drift, kind, identity," \
	"  attribute || ' (' || severity || ')'," \
	"  CASE WHEN attribute IS NULL THEN '(' || severity || ')' END," \
	"  CASE WHEN attribute IS NOT NULL THEN 'is ' || coalesce(actual, 'null')" \
	"   || ', not ' || coalesce(expected, 'null') END)" \
	" FROM pg_catalog.schemadrift_check($1, pg_catalog.schemadrift_renamed())" \
	" WHERE severity OPERATOR(pg_catalog.=) ANY ($2)"

/*
 * What has come, changed and gone since the last time.  What is the last event
 * of a drift tells whether it is there.
 */
#define OBSERVE_SQL \
	"WITH now AS MATERIALIZED (" \
	" SELECT * FROM schemadrift_check($1))," \
	"moment AS MATERIALIZED (SELECT clock_timestamp() AS at)," \
	"open AS MATERIALIZED (" \
	" SELECT * FROM (" \
	"  SELECT DISTINCT ON (drift, kind, identity, attribute) *" \
	"  FROM schemadrift.drift_event" \
	"  ORDER BY drift, kind, identity, attribute, at DESC) e" \
	" WHERE event <> 'resolved')," \
	"news AS (" \
	" SELECT CASE WHEN o.kind IS NULL THEN 'appeared'" \
	"   WHEN n.kind IS NULL THEN 'resolved' ELSE 'changed' END AS event," \
	"  coalesce(n.drift, o.drift), coalesce(n.kind, o.kind)," \
	"  coalesce(n.identity, o.identity), coalesce(n.attribute, o.attribute)," \
	"  coalesce(n.schema_name, o.schema_name)," \
	"  coalesce(n.object_name, o.object_name), coalesce(n.part_name, o.part_name)," \
	"  n.expected, n.actual, coalesce(n.severity, o.severity)" \
	" FROM now n FULL JOIN open o" \
	"  ON n.drift = o.drift AND n.kind = o.kind AND n.identity = o.identity" \
	"  AND coalesce(n.attribute, '') = coalesce(o.attribute, '')" \
	" WHERE o.kind IS NULL OR n.kind IS NULL" \
	"  OR n.expected IS DISTINCT FROM o.expected" \
	"  OR n.actual IS DISTINCT FROM o.actual)" \
	"INSERT INTO schemadrift.drift_event (id, at, event, drift, kind," \
	" identity, attribute, schema_name, object_name, part_name, expected," \
	" actual, severity)" \
	" SELECT gen_random_uuid(), c.at, n.* FROM news n, moment c" \
	" RETURNING event"

#define OBSERVE_LOCK_SQL \
	"LOCK TABLE schemadrift.drift_event IN SHARE ROW EXCLUSIVE MODE"

/* The severities to fail on, each one that there is. */
static Datum
severities_arg(FunctionCallInfo fcinfo, int n)
{
	Datum	   *values;
	bool	   *nulls;
	int			count;

	sdr_require_arg(fcinfo, n, "fail_on");
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), TEXTOID, -1, false,
					  TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		SdrSeverity severity;

		if (nulls[i] ||
			!sdr_severity_by_name(TextDatumGetCString(values[i]), &severity))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown severity \"%s\"", nulls[i] ? "null" :
							TextDatumGetCString(values[i])),
					 errhint("Severities are breaking, integrity, security, behaviour and cosmetic.")));
	}
	return PG_GETARG_DATUM(n);
}

/*
 * schemadrift_assert(expected jsonb, fail_on text[]) - an error if there is
 * drift of these severities.
 */
Datum
schemadrift_assert(PG_FUNCTION_ARGS)
{
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, 0, "expected");
	Oid			types[] = {JSONBOID, TEXTARRAYOID};
	Datum		values[] = {JsonbPGetDatum(expected), severities_arg(fcinfo, 1)};
	StringInfoData lines;
	uint64		count;

	/* here, as the error would else tell of a statement of ours */
	(void) sdr_document_read(expected);
	SPI_connect();
	if (SPI_execute_with_args(ASSERT_SQL, lengthof(values), types, values,
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check the schema");
	count = SPI_processed;
	initStringInfo(&lines);
	for (uint64 i = 0; i < count && i < MAX_SHOWN; i++)
		appendStringInfo(&lines, "%s%s", i == 0 ? "" : "\n",
						 SPI_getvalue(SPI_tuptable->vals[i],
									  SPI_tuptable->tupdesc, 1));
	if (count > MAX_SHOWN)
		appendStringInfo(&lines, "\n... and " UINT64_FORMAT " more",
						 count - MAX_SHOWN);
	if (count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_SDR_DRIFT),
				 errmsg_plural("the schema has drifted: %lu difference",
							   "the schema has drifted: %lu differences",
							   (unsigned long) count, (unsigned long) count),
				 errdetail_internal("%s", lines.data)));
	SPI_finish();
	PG_RETURN_VOID();
}

/* Events counted by schemadrift_observe(), in the order of its columns. */
static const char *const events[] = {"appeared", "changed", "resolved"};

static void
count_event(void *arg, HeapTuple tuple, TupleDesc desc)
{
	int		   *counts = arg;
	const char *event = SPI_getvalue(tuple, desc, 1);

	for (int i = 0; i < lengthof(events); i++)
		counts[i] += strcmp(event, events[i]) == 0;
}

/*
 * schemadrift_observe() - notes in schemadrift.drift_event what drift has
 * appeared, changed or been resolved, and counts it.
 */
Datum
schemadrift_observe(PG_FUNCTION_ARGS)
{
	Oid			types[] = {JSONBOID};
	Datum		document;
	int			counts[lengthof(events)] = {0};
	Datum		values[lengthof(events)];
	bool		nulls[lengthof(events)] = {0};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sdr_prevent_unwritable("schemadrift_observe()");

	document = sdr_baseline_document();
	sdr_write(OBSERVE_LOCK_SQL, 0, NULL, NULL, NULL);
	(void) sdr_query(OBSERVE_SQL, 1, types, &document, NULL, count_event,
					 counts);
	for (int i = 0; i < lengthof(events); i++)
		values[i] = Int32GetDatum(counts[i]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
