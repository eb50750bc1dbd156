/*-------------------------------------------------------------------------
 *
 * check.c
 *	  schemadrift_check(): a document against the live database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "compat.h"
#include "drift/drift.h"

PG_FUNCTION_INFO_V1(schemadrift_check);

typedef struct Live
{
	SdrReader  *reader;
	Oid			namespace;		/* of the schema that was entered */
} Live;

static List *
live_schemas(void *arg)
{
	List	   *entries = sdr_list_schemas(((Live *) arg)->reader);
	ListCell   *lc;

	foreach(lc, entries)
		lfirst(lc) = unconstify(char *, ((SdrEntry *) lfirst(lc))->item.name);
	return entries;
}

static SdrObject *
live_enter(void *arg, const char *schema)
{
	Live	   *live = arg;

	live->namespace = sdr_find_schema(live->reader, schema);
	return OidIsValid(live->namespace) ?
		sdr_read_schema(live->reader, sdr_schema_entry(schema,
													   live->namespace)) : NULL;
}

static List *
live_list(void *arg)
{
	Live	   *live = arg;

	return sdr_list(live->reader, live->namespace);
}

static const char *
live_canonical_name(void *arg, const SdrItem *item, const char **problem)
{
	Live	   *live = arg;

	return sdr_canonical_name(live->reader, item, live->namespace, problem);
}

static const SdrItem *
live_find(void *arg, const SdrItem *item)
{
	Live	   *live = arg;
	SdrEntry   *entry = sdr_find(live->reader, item->kind->id,
								 live->namespace, item->name);

	return entry == NULL ? NULL : &entry->item;
}

static SdrObject *
live_read(void *arg, const SdrItem *item)
{
	return sdr_read(((Live *) arg)->reader, (const SdrEntry *) item);
}

static void
live_prepare(void *arg, SdrObject *expected)
{
}

static List *
live_unmodelled(void *arg)
{
	return sdr_list_unmodelled(((Live *) arg)->reader);
}

static bool
live_changed(void *arg)
{
	SdrReader  *reader = ((Live *) arg)->reader;

	if (!reader->stale)
		return false;
	sdr_reader_renew(reader);
	return true;
}

static bool
live_same(void *arg, const SdrAttr *attr, const SdrObject *actual,
		  const char *expected, const char *found)
{
	return sdr_same_meaning(((Live *) arg)->reader, attr, actual, expected,
							found);
}

/* Report all drift of the live database from a document. */
void
sdr_check(SdrReader *reader, SdrDocument *document, SdrRows *rows)
{
	Live		live = {reader, InvalidOid};
	SdrSource	source = {
		&live, SDR_SERVER_VERSION, live_schemas, live_enter, live_list,
		live_canonical_name, live_find, live_read, live_prepare,
		live_unmodelled, live_changed, live_same
	};

	reader->kinds |= document->scope.complete;
	rows->options.ignore = list_concat(rows->options.ignore,
									   sdr_ignore_rules(reader->snapshot));
	sdr_walk(document, &source, rows);
}

/*
 * schemadrift_check(expected jsonb, options jsonb) - a row for each
 * difference.
 */
Datum
schemadrift_check(PG_FUNCTION_ARGS)
{
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, 0, "expected");
	Jsonb	   *options = sdr_jsonb_arg(fcinfo, 1, "options");
	SdrDocument *document = sdr_document_open(expected);
	SdrReader  *reader;
	SdrRows		rows;

	sdr_rows_begin(&rows, fcinfo, options);
	reader = sdr_reader_open();
	sdr_check(reader, document, &rows);
	sdr_reader_close(reader);
	sdr_rows_end(&rows);
	return (Datum) 0;
}
