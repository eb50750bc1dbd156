/*-------------------------------------------------------------------------
 *
 * alike.c
 *	  schemadrift_compare_schemas(): schemas that must be alike.
 *	  schemadrift_compare_schemas_summary(): which of them are.
 *
 * The definition of the template becomes that of every other schema by putting
 * that one's name where its own is, and the database is checked against the
 * result, some schemas at a time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "model/model.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/*
 * How large the document of the schemas that are checked at a time may be, in
 * bytes: each check looks once through the whole database for what there is.
 */
#define BATCH_SIZE	(16 * 1024 * 1024)

PG_FUNCTION_INFO_V1(schemadrift_compare_schemas);
PG_FUNCTION_INFO_V1(schemadrift_compare_schemas_summary);

#define TEMPLATE_SQL \
	"SELECT (pg_catalog.schemadrift_snapshot(ARRAY[$1]) OPERATOR(pg_catalog.#>) ARRAY['schemas', $1])::pg_catalog.text"

/* * stands for any text and ? for a character, as in rules for drift. */
#define SCHEMAS_SQL \
	"SELECT nspname FROM pg_catalog.pg_namespace" \
	" WHERE nspname::pg_catalog.text OPERATOR(pg_catalog.~~) pg_catalog.translate(" \
	"  pg_catalog.regexp_replace($2, '([\\\\%_])', '\\\\\\1', 'g'), '*?', '%_')" \
	" AND nspname OPERATOR(pg_catalog.<>) $1::pg_catalog.name" \
	" AND nspname OPERATOR(pg_catalog.!~) '^(pg_.*|information_schema|schemadrift)$'" \
	" ORDER BY nspname"

/* Both return rows about the schemas $2 from the document $1. */
#define ROWS_SQL \
	"SELECT schema_name, drift, kind, object_name, part_name, attribute," \
	" expected, actual, severity FROM pg_catalog.schemadrift_check($1)"

#define SUMMARY_SQL \
	"SELECT s.name, pg_catalog.count(d.drift)," \
	" pg_catalog.count(*) FILTER (WHERE d.drift OPERATOR(pg_catalog.=) 'missing')," \
	" pg_catalog.count(*) FILTER (WHERE d.drift OPERATOR(pg_catalog.=) 'unexpected')," \
	" pg_catalog.count(*) FILTER (WHERE d.drift OPERATOR(pg_catalog.=) 'changed')," \
	" (r.names)[pg_catalog.min(pg_catalog.array_position(r.names, d.severity))]" \
	" FROM (SELECT '{breaking,integrity,security,behaviour,cosmetic}'::pg_catalog.text[] AS names) AS r," \
	"  pg_catalog.unnest($2) WITH ORDINALITY AS s (name, place)" \
	" LEFT JOIN pg_catalog.schemadrift_check($1) AS d" \
	"  ON d.schema_name OPERATOR(pg_catalog.=) s.name" \
	" GROUP BY s.name, s.place, r.names ORDER BY s.place"

/* Where the template's definition mentions its schema. */
typedef enum Mention
{
	BEFORE_DOT,
	AS_VALUE,
	NOWHERE						/* that is its end */
} Mention;

/* A part of the template's definition, and what it is followed by. */
typedef struct Piece
{
	const char *text;
	int			len;
	Mention		mention;
} Piece;

/* The text of a mention, as it stands in the text of a JSON. */
static char *
mention_text(Mention mention, const char *schema)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (mention == AS_VALUE)
	{
		appendStringInfoString(&buf, "\"schema\": ");
		sdr_json_string(&buf, schema);
		return buf.data;
	}
	for (const char *p = quote_identifier(schema); *p != '\0'; p++)
		appendStringInfo(&buf, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
	appendStringInfoChar(&buf, '.');
	return buf.data;
}

/* Could the character be in a name, or lead to one? */
static bool
is_in_name(unsigned char c)
{
	return IS_HIGHBIT_SET(c) || (c >= '0' && c <= '9') ||
		(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		strchr("_$.\"", c) != NULL;
}

/* Is what begins behind a quote a text that is cast to regclass or the like? */
static bool
is_object_name(const char *p)
{
	const char *end = strchr(p, '\'');

	return end != NULL && strncmp(end, "'::reg", 6) == 0;
}

/*
 * Is there a name of a schema at p, in a text that begins at start?  In JSON a
 * quoted name has a backslash before its quote.
 */
static bool
is_name_here(const char *start, const char *p)
{
	if (p == start)
		return true;
	if (p[-1] == '\'')
		return is_object_name(p);
	return !is_in_name(p[-1]) || (p[-1] == '"' && p - start > 1 && p[-2] != '\\');
}

static Piece *
new_piece(const char *text, const char *end, Mention mention)
{
	Piece	   *piece = palloc(sizeof(Piece));

	piece->text = text;
	piece->len = (int) (end - text);
	piece->mention = mention;
	return piece;
}

/* Cut a definition where it mentions its schema. */
static List *
cut_definition(const char *definition, const char *schema)
{
	char	   *texts[NOWHERE];
	size_t		lens[NOWHERE];
	const char *start = definition;
	const char *p = definition;
	List	   *pieces = NIL;

	for (int i = 0; i < NOWHERE; i++)
	{
		texts[i] = mention_text(i, schema);
		lens[i] = strlen(texts[i]);
	}
	while (*p != '\0')
	{
		int			i = 0;

		while (i < NOWHERE && (strncmp(p, texts[i], lens[i]) != 0 ||
							   (i == BEFORE_DOT && !is_name_here(definition, p))))
			i++;
		if (i == NOWHERE)
		{
			p++;
			continue;
		}
		pieces = lappend(pieces, new_piece(start, p, i));
		p += lens[i];
		start = p;
	}
	return lappend(pieces, new_piece(start, p, NOWHERE));
}

/* The definition with another schema wherever it mentions its own. */
static void
append_renamed(StringInfo buf, const List *pieces, const char *schema)
{
	char	   *texts[NOWHERE];
	ListCell   *lc;

	for (int i = 0; i < NOWHERE; i++)
		texts[i] = mention_text(i, schema);
	foreach(lc, pieces)
	{
		const Piece *piece = lfirst(lc);

		appendBinaryStringInfo(buf, piece->text, piece->len);
		if (piece->mention != NOWHERE)
			appendStringInfoString(buf, texts[piece->mention]);
	}
}

/* What schemas are compared with, and what becomes of that. */
typedef struct Comparison
{
	ReturnSetInfo *rsinfo;
	const char *rows_sql;
	const char *template;
	List	   *pieces;			/* of its definition, as JSON: Piece * */
	int			batch;			/* schemas that are checked at a time */
} Comparison;

/* Put the rows about these schemas. */
static void
put_rows(const Comparison *comparison, Datum document, char **schemas, int n)
{
	Oid			types[] = {JSONBOID, TEXTARRAYOID};
	Datum		values[lengthof(types)];
	Datum	   *names = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
		names[i] = CStringGetTextDatum(schemas[i]);
	values[0] = document;
	values[1] = PointerGetDatum(construct_array(names, n, TEXTOID, -1, false,
												TYPALIGN_INT));
	if (SPI_execute_with_args(comparison->rows_sql, lengthof(types), types,
							  values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not check schemas");
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(comparison->rsinfo->setResult,
							SPI_tuptable->vals[i]);
	SPI_freetuptable(SPI_tuptable);
}

/* Check some schemas against the template. */
static void
check_batch(const Comparison *comparison, char **schemas, int n)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift schemas",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"exact\": true, \"schemas\": {");
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoString(&buf, ", ");
		sdr_json_string(&buf, schemas[i]);
		appendStringInfoString(&buf, ": ");
		append_renamed(&buf, comparison->pieces, schemas[i]);
	}
	appendStringInfoString(&buf, "}}");
	put_rows(comparison,
			 DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)),
			 schemas, n);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* The schemas that match the pattern, without the template. */
static char **
list_schemas(Datum *args, int *n)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	char	  **schemas;

	if (SPI_execute_with_args(SCHEMAS_SQL, 2, types, args, NULL, true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not list schemas");
	*n = (int) SPI_processed;
	schemas = palloc(Max(*n, 1) * sizeof(char *));
	for (int i = 0; i < *n; i++)
		schemas[i] = SPI_getvalue(SPI_tuptable->vals[i],
								  SPI_tuptable->tupdesc, 1);
	return schemas;
}

/*
 * The name of the template, as it is kept.  That there is one is found out
 * here, and not in a query of ours, of which the error would tell.
 */
static char *
template_arg(FunctionCallInfo fcinfo, int n)
{
	char	   *name = sdr_text_arg(fcinfo, n, "template");
	SdrReader  *reader = sdr_reader_open();

	truncate_identifier(name, strlen(name), true);
	if (!OidIsValid(sdr_find_schema(reader, name)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("schema \"%s\" does not exist or is a system schema",
						name)));
	sdr_reader_close(reader);
	return name;
}

/* Put rows about the schemas that match from what the template would be. */
static Datum
compare_schemas(FunctionCallInfo fcinfo, const char *rows_sql)
{
	Comparison	comparison = {.rows_sql = rows_sql};
	Oid			types[] = {TEXTOID};
	Datum		args[2];
	char	   *definition;
	char	  **schemas;
	int			n;

	comparison.template = template_arg(fcinfo, 0);
	sdr_require_arg(fcinfo, 1, "pattern");
	args[0] = CStringGetTextDatum(comparison.template);
	args[1] = PG_GETARG_DATUM(1);
	InitMaterializedSRF(fcinfo, 0);
	comparison.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	SPI_connect();
	if (SPI_execute_with_args(TEMPLATE_SQL, 1, types, args, NULL, true, 1) !=
		SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read schema \"%s\"", comparison.template);
	definition = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	comparison.pieces = cut_definition(definition, comparison.template);
	comparison.batch = Max(BATCH_SIZE / (int) strlen(definition), 1);
	schemas = list_schemas(args, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("no schema other than \"%s\" matches \"%s\"",
						comparison.template,
						text_to_cstring(PG_GETARG_TEXT_PP(1))),
				 errhint("In a pattern, * stands for any text and ? for a character.")));
	for (int i = 0; i < n; i += comparison.batch)
		check_batch(&comparison, schemas + i, Min(comparison.batch, n - i));
	SPI_finish();
	return (Datum) 0;
}

/*
 * schemadrift_compare_schemas(template text, pattern text) - a row for each
 * difference of a schema that matches from what the template would be under
 * its name.
 */
Datum
schemadrift_compare_schemas(PG_FUNCTION_ARGS)
{
	return compare_schemas(fcinfo, ROWS_SQL);
}

/*
 * schemadrift_compare_schemas_summary(template text, pattern text) - a row for
 * each schema that matches, also for those that are like the template.
 */
Datum
schemadrift_compare_schemas_summary(PG_FUNCTION_ARGS)
{
	return compare_schemas(fcinfo, SUMMARY_SQL);
}
