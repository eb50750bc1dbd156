/*-------------------------------------------------------------------------
 *
 * gate.c
 *	  schemadrift_assert(), which fails where there is drift.
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

/* A line for each row of drift from $1 with a severity of $2. */
#define ASSERT_SQL \
	"SELECT pg_catalog.concat_ws(' ', drift, kind, identity," \
	"  attribute || ' (' || severity || ')'," \
	"  CASE WHEN attribute IS NULL THEN '(' || severity || ')' END," \
	"  CASE WHEN attribute IS NOT NULL THEN 'is ' || coalesce(actual, 'null')" \
	"   || ', not ' || coalesce(expected, 'null') END)" \
	" FROM pg_catalog.schemadrift_check($1, pg_catalog.schemadrift_renamed())" \
	" WHERE severity OPERATOR(pg_catalog.=) ANY ($2)"

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
	/* nothing could ever fail */
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must not be empty", "fail_on"),
				 errhint("Severities are breaking, integrity, security, behaviour and cosmetic.")));
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
