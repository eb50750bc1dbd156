/*-------------------------------------------------------------------------
 *
 * report.c
 *	  schemadrift_report(): drift as one text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "drift/drift.h"
#include "executor/spi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(schemadrift_report);

/* The drift from $1, and how much of it there is. */
#define ROWS_SQL \
	"WITH d AS MATERIALIZED (" \
	" SELECT * FROM pg_catalog.schemadrift_check($1, pg_catalog.schemadrift_renamed()) WITH ORDINALITY)," \
	"counts AS (" \
	" SELECT s.severity, s.rank, pg_catalog.count(d.severity) AS n" \
	" FROM pg_catalog.unnest('{breaking,integrity,security,behaviour,cosmetic}'::pg_catalog.text[])" \
	"  WITH ORDINALITY AS s (severity, rank)" \
	" LEFT JOIN d ON d.severity OPERATOR(pg_catalog.=) s.severity" \
	" GROUP BY s.severity, s.rank)," \
	"total AS (" \
	" SELECT pg_catalog.sum(n) AS n, pg_catalog.string_agg(" \
	"  n || ' ' || severity, ', ' ORDER BY rank) FILTER (WHERE n OPERATOR(pg_catalog.>) 0) AS text" \
	" FROM counts)" \

/* A cell of a table in Markdown. */
#define CELL(value) \
	"pg_catalog.replace(pg_catalog.replace(pg_catalog.left(" value ", 200), '|', '\\|'), E'\\n', ' ')"

static const struct
{
	const char *name;
	const char *sql;
}			formats[] = {

	{"markdown",
		ROWS_SQL
		"SELECT CASE WHEN t.n OPERATOR(pg_catalog.=) 0 THEN 'No drift.'"
		" ELSE '**Schema drift:** ' || t.text || E'\\n\\n'"
		"  || E'| severity | drift | kind | object | attribute | expected | actual |\\n'"
		"  || E'|---|---|---|---|---|---|---|\\n'"
		"  || (SELECT pg_catalog.string_agg(pg_catalog.concat('| ', d.severity, ' | ', d.drift, ' | ', d.kind,"
		"   ' | ', " CELL("d.identity") ", ' | ', d.attribute, ' | ', " CELL("d.expected") ","
		"   ' | ', " CELL("d.actual") ", ' |'), E'\\n' ORDER BY c.rank, d.ordinality)"
		"   FROM d JOIN counts c ON c.severity OPERATOR(pg_catalog.=) d.severity)"
	" END FROM total t"},
	{"text",
		ROWS_SQL
		"SELECT CASE WHEN t.n OPERATOR(pg_catalog.=) 0 THEN 'no drift'"
		" ELSE t.text || E'\\n'"
		"  || (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', d.severity || ':', d.drift, d.kind, d.identity,"
		"   d.attribute || ': expected ' || COALESCE(d.expected, 'null')"
		"   || ', is ' || COALESCE(d.actual, 'null')), E'\\n' ORDER BY c.rank, d.ordinality)"
		"   FROM d JOIN counts c ON c.severity OPERATOR(pg_catalog.=) d.severity)"
	" END FROM total t"},
	{"json",
		ROWS_SQL
		"SELECT pg_catalog.jsonb_build_object('differences', t.n,"
		" 'by_severity', (SELECT pg_catalog.jsonb_object_agg(severity, n) FROM counts),"
		" 'drift', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(d) OPERATOR(pg_catalog.-) 'ordinality'::pg_catalog.text"
		"  ORDER BY c.rank, d.ordinality)"
		"  FROM d JOIN counts c ON c.severity OPERATOR(pg_catalog.=) d.severity), '[]'))::pg_catalog.text"
	" FROM total t"}
};

static const char *
format_sql(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
	{
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].sql;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown format \"%s\"", name),
			 errhint("Formats are markdown, text and json.")));
}

/* schemadrift_report(format text, expected jsonb) */
Datum
schemadrift_report(PG_FUNCTION_ARGS)
{
	const char *sql = format_sql(sdr_text_arg(fcinfo, 0, "format"));
	Oid			types[] = {JSONBOID};
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, 1, "expected");
	Datum		values[] = {JsonbPGetDatum(expected)};
	MemoryContext context = CurrentMemoryContext;
	text	   *report;

	/* here, as the error would else tell of a statement of ours */
	(void) sdr_document_read(expected);
	SPI_connect();
	if (SPI_execute_with_args(sql, lengthof(values), types, values, NULL,
							  true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not report drift");
	MemoryContextSwitchTo(context);
	report = cstring_to_text(SPI_getvalue(SPI_tuptable->vals[0],
										  SPI_tuptable->tupdesc, 1));
	SPI_finish();
	PG_RETURN_TEXT_P(report);
}
