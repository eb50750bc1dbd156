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
#include "drift/drift.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "model/model.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/*
 * How large the document of the schemas that are checked at a time may be, in
 * bytes.  As jsonb is made of it, it takes many times that much memory.
 */
#define BATCH_SIZE	(1024 * 1024)

/* What a row about a difference has. */
#define MAX_COLUMNS	9

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
		return sdr_is_object_name(p);
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

/* How many differences a schema has. */
typedef struct Tally
{
	const char *schema;
	int64		drift[SDR_DRIFT_RENAMED + 1];
	int64		all;
	SdrSeverity worst;
} Tally;

/* What schemas are compared with, and what becomes of that. */
typedef struct Comparison
{
	ReturnSetInfo *rsinfo;
	SdrReader  *reader;			/* of all that is compared */
	Jsonb	   *options;
	List	   *pieces;			/* of the template's definition: Piece * */
	int			batch;			/* schemas that are checked at a time */
	bool		summary;		/* a row for each schema, and not for each
								 * difference */
	Tally	   *tallies;		/* of the schemas that are being checked */
	int			at;				/* the one that the last row was about */
	int			ntallies;
	int64		suppressed;		/* rows that rules have ignored */
} Comparison;

static void
put(const Comparison *comparison, const char *const *texts, int n)
{
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];

	Assert(n <= MAX_COLUMNS);
	for (int i = 0; i < n; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(comparison->rsinfo->setResult,
						 comparison->rsinfo->setDesc, values, nulls);
}

static void
put_difference(const Comparison *comparison, const SdrRow *row)
{
	const char *texts[] = {
		row->schema, row->drift, row->kind, row->object, row->part,
		row->attribute, row->expected, row->actual, row->severity
	};

	put(comparison, texts, lengthof(texts));
}

/* Rows come in the order of the schemas. */
static void
count_difference(Comparison *comparison, const SdrRow *row)
{
	Tally	   *tally;

	while (comparison->at < comparison->ntallies &&
		   strcmp(comparison->tallies[comparison->at].schema, row->schema) != 0)
		comparison->at++;
	if (comparison->at == comparison->ntallies)
		elog(ERROR, "schema \"%s\" is not one of those compared", row->schema);
	tally = &comparison->tallies[comparison->at];
	if (tally->all == 0 || row->cause.severity < tally->worst)
		tally->worst = row->cause.severity;
	tally->drift[row->cause.drift]++;
	tally->all++;
}

static void
take_differences(void *arg, const SdrObject *expected, const SdrObject *actual,
				 List *rows)
{
	Comparison *comparison = arg;
	ListCell   *lc;

	foreach(lc, rows)
	{
		if (comparison->summary)
			count_difference(comparison, lfirst(lc));
		else
			put_difference(comparison, lfirst(lc));
	}
}

/* The document that these schemas are to be like. */
static Jsonb *
make_document(const Comparison *comparison, char **schemas, int n)
{
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
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(buf.data)));
}

static void
put_tallies(const Comparison *comparison)
{
	for (int i = 0; i < comparison->ntallies; i++)
	{
		const Tally *tally = &comparison->tallies[i];
		Datum		values[] = {
			CStringGetTextDatum(tally->schema),
			Int64GetDatum(tally->all),
			Int64GetDatum(tally->drift[SDR_DRIFT_MISSING]),
			Int64GetDatum(tally->drift[SDR_DRIFT_UNEXPECTED]),
			Int64GetDatum(tally->drift[SDR_DRIFT_CHANGED]),
			(Datum) 0
		};
		bool		nulls[lengthof(values)] = {0};

		if (tally->all == 0)
			nulls[lengthof(values) - 1] = true;
		else
			values[lengthof(values) - 1] =
				CStringGetTextDatum(sdr_severity_name(tally->worst));
		tuplestore_putvalues(comparison->rsinfo->setResult,
							 comparison->rsinfo->setDesc, values, nulls);
	}
}

/* Check some schemas against the template. */
static void
check_batch(Comparison *comparison, char **schemas, int n)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift schemas",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	SdrRows		rows;

	comparison->tallies = palloc0(n * sizeof(Tally));
	comparison->ntallies = n;
	comparison->at = 0;
	for (int i = 0; i < n; i++)
		comparison->tallies[i].schema = schemas[i];
	sdr_rows_collect(&rows, comparison->options, take_differences, comparison);
	sdr_check(comparison->reader,
			  sdr_document_open(make_document(comparison, schemas, n)), &rows);
	comparison->suppressed += rows.suppressed;
	if (comparison->summary)
		put_tallies(comparison);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* Say what rules have hidden, once for all schemas. */
static void
end_rows(const Comparison *comparison)
{
	SdrRows		rows = {.suppressed = comparison->suppressed};

	sdr_rows_end(&rows);
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
template_arg(FunctionCallInfo fcinfo, int n, SdrReader *reader)
{
	char	   *name = sdr_text_arg(fcinfo, n, "template");

	truncate_identifier(name, strlen(name), true);
	if (!OidIsValid(sdr_find_schema(reader, name)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("schema \"%s\" does not exist or is a system schema",
						name)));
	return name;
}

/* The definition of the template, as JSON. */
static char *
read_template(Datum *args)
{
	Oid			types[] = {TEXTOID};

	if (SPI_execute_with_args(TEMPLATE_SQL, 1, types, args, NULL, true, 1) !=
		SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read schema \"%s\"",
			 TextDatumGetCString(args[0]));
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

/* Put rows about the schemas that match from what the template would be. */
static Datum
compare_schemas(FunctionCallInfo fcinfo, bool summary)
{
	Comparison	comparison = {.summary = summary};
	Datum		args[2];
	char	   *template;
	char	   *definition;
	char	  **schemas;
	int			n;

	sdr_require_arg(fcinfo, 0, "template");
	sdr_require_arg(fcinfo, 1, "pattern");
	InitMaterializedSRF(fcinfo, 0);
	comparison.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	comparison.reader = sdr_reader_open();
	comparison.options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															CStringGetDatum("{}")));
	template = template_arg(fcinfo, 0, comparison.reader);
	args[0] = CStringGetTextDatum(template);
	args[1] = PG_GETARG_DATUM(1);

	SPI_connect();
	definition = read_template(args);
	comparison.pieces = cut_definition(definition, template);
	comparison.batch = Max(BATCH_SIZE / (int) strlen(definition), 1);
	schemas = list_schemas(args, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_SCHEMA_NAME),
				 errmsg("no schema other than \"%s\" matches \"%s\"",
						template, text_to_cstring(PG_GETARG_TEXT_PP(1))),
				 errhint("In a pattern, * stands for any text and ? for a character.")));
	for (int i = 0; i < n; i += comparison.batch)
		check_batch(&comparison, schemas + i, Min(comparison.batch, n - i));
	SPI_finish();
	sdr_reader_close(comparison.reader);
	end_rows(&comparison);
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
	return compare_schemas(fcinfo, false);
}

/*
 * schemadrift_compare_schemas_summary(template text, pattern text) - a row for
 * each schema that matches, also for those that are like the template.
 */
Datum
schemadrift_compare_schemas_summary(PG_FUNCTION_ARGS)
{
	return compare_schemas(fcinfo, true);
}
