/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  SQL functions that show the live schema: schemadrift_snapshot(),
 *	  schemadrift_objects(), schemadrift_fingerprint().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "fmgr.h"
#include "funcapi.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_snapshot);
PG_FUNCTION_INFO_V1(schemadrift_objects);
PG_FUNCTION_INFO_V1(schemadrift_fingerprint);

/* Which schemas a call is about. */
typedef struct Selection
{
	bool		whole;			/* the whole database */
	bool		is_global;		/* and what is beyond its schemas */
	List	   *schemas;		/* of SdrEntry *, sorted by name */
} Selection;

typedef void (*ObjectCallback) (void *arg, SdrObject *object);

static int
compare_schema_names(const ListCell *a, const ListCell *b)
{
	return sdr_item_cmp(lfirst(a), lfirst(b));
}

/* The schemas named by a text[] argument, in order, each once. */
static List *
named_schemas(SdrReader *reader, ArrayType *array)
{
	List	   *schemas = NIL;
	Datum	   *names;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls,
					  &n);
	for (int i = 0; i < n; i++)
	{
		char	   *name;
		Oid			oid;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("schema names must not be null")));
		name = TextDatumGetCString(names[i]);
		truncate_identifier(name, strlen(name), true);
		oid = sdr_find_schema(reader, name);
		if (!OidIsValid(oid))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_SCHEMA_NAME),
					 errmsg("schema \"%s\" does not exist or is a system schema",
							name)));
		schemas = lappend(schemas, sdr_schema_entry(name, oid));
	}

	list_sort(schemas, compare_schema_names);
	for (int i = list_length(schemas) - 1; i > 0; i--)
	{
		if (sdr_item_cmp(list_nth(schemas, i - 1), list_nth(schemas, i)) == 0)
			schemas = list_delete_nth_cell(schemas, i);
	}
	return schemas;
}

static Selection
select_schemas(SdrReader *reader, FunctionCallInfo fcinfo)
{
	Selection	selection = {.whole = PG_ARGISNULL(0)};

	selection.schemas = selection.whole ? sdr_list_schemas(reader) :
		named_schemas(reader, PG_GETARG_ARRAYTYPE_P(0));
	return selection;
}

/*
 * Call for each of the entries' objects, one at a time in a memory context of
 * its own.
 */
static void
for_each_entry(SdrReader *reader, List *entries, ObjectCallback callback,
			   void *arg)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift object",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	ListCell   *lc;

	foreach(lc, entries)
	{
		SdrObject  *object = sdr_read(reader, lfirst(lc));

		if (object != NULL)
			callback(arg, object);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* The same for all that is selected, schemas themselves included. */
static void
for_each_object(SdrReader *reader, const Selection *selection,
				ObjectCallback callback, void *arg)
{
	ListCell   *lc;

	if (selection->whole)
		for_each_entry(reader, sdr_list(reader, InvalidOid), callback, arg);
	foreach(lc, selection->schemas)
	{
		SdrEntry   *schema = lfirst(lc);

		SdrObject  *object = sdr_read_schema(reader, schema);

		if (object != NULL)
			callback(arg, object);
		for_each_entry(reader, sdr_list(reader, schema->oid), callback, arg);
	}
}

/* A document under construction, inside a node that is open. */
typedef struct Writer
{
	StringInfo	buf;
	const SdrKind *kind;		/* kind whose node is open, or NULL */
	bool		empty;			/* the enclosing node has no members yet */
} Writer;

static void
write_object(void *arg, SdrObject *object)
{
	Writer	   *writer = arg;
	StringInfo	buf = writer->buf;

	if (object->kind != writer->kind)
	{
		if (writer->kind != NULL)
			appendStringInfoChar(buf, '}');
		appendStringInfo(buf, "%s\"%s\": {", writer->empty ? "" : ", ",
						 object->kind->node);
		writer->kind = object->kind;
		writer->empty = false;
	}
	else
		appendStringInfoString(buf, ", ");
	sdr_json_string(buf, object->name);
	appendStringInfoString(buf, ": ");
	sdr_json_write(buf, object);
}

/* All of a list of entries as members of a node that has some or not. */
static void
write_entries(SdrReader *reader, List *entries, StringInfo buf, bool empty)
{
	Writer		writer = {buf, NULL, empty};

	for_each_entry(reader, entries, write_object, &writer);
	if (writer.kind != NULL)
		appendStringInfoChar(buf, '}');
}

/* The entries outside schemas that are of these kinds. */
static List *
entries_of(SdrReader *reader, SdrKindSet kinds)
{
	List	   *entries = NIL;
	ListCell   *lc;

	foreach(lc, sdr_list(reader, InvalidOid))
	{
		SdrEntry   *entry = lfirst(lc);

		if ((kinds & SDR_KIND_BIT(entry->item.kind->id)) != 0)
			entries = lappend(entries, entry);
	}
	return entries;
}

/* The names of kinds as a JSON array. */
static void
write_kinds(StringInfo buf, SdrKindSet kinds)
{
	const char *separator = "[";

	for (int i = 0; i < SDR_NKINDS; i++)
	{
		if ((kinds & SDR_KIND_BIT(i)) == 0)
			continue;
		appendStringInfo(buf, "%s\"%s\"", separator, sdr_kind(i)->name);
		separator = ", ";
	}
	appendStringInfoChar(buf, ']');
}

/* What the document says of its whole, and the objects outside schemas. */
static void
write_root(SdrReader *reader, const Selection *selection, StringInfo buf)
{
	SdrKindSet	kinds = selection->is_global ? sdr_global_kinds() : 0;

	appendStringInfo(buf, "{\"format\": \"schemadrift/1\", \"server\": %d, \"exact\": true",
					 SDR_SERVER_VERSION);
	if (selection->is_global)
		appendStringInfoString(buf, ", \"global\": true");
	if (selection->whole)
	{
		appendStringInfoString(buf, ", \"complete\": true");
		kinds = SDR_ALL_KINDS;
	}
	else if (selection->is_global)
	{
		appendStringInfoString(buf, ", \"complete\": ");
		write_kinds(buf, kinds);
	}
	if (kinds != 0)
		write_entries(reader, entries_of(reader, kinds), buf, false);
}

static void
write_document(SdrReader *reader, const Selection *selection, StringInfo buf)
{
	ListCell   *lc;

	write_root(reader, selection, buf);
	appendStringInfo(buf, ", \"%s\": {", sdr_kind(SDR_KIND_SCHEMA)->node);
	foreach(lc, selection->schemas)
	{
		SdrEntry   *schema = lfirst(lc);
		SdrObject  *object;

		if (foreach_current_index(lc) > 0)
			appendStringInfoString(buf, ", ");
		sdr_json_string(buf, schema->item.name);
		appendStringInfoString(buf, ": {\"complete\": true");
		object = sdr_read_schema(reader, schema);
		if (object != NULL)
			sdr_json_write_attrs(buf, object, false);
		write_entries(reader, sdr_list(reader, schema->oid), buf, false);
		appendStringInfoChar(buf, '}');
	}
	appendStringInfoString(buf, "}}");
}

/*
 * schemadrift_snapshot(schemas text[], global boolean) - the live schema as a
 * document.
 */
Datum
schemadrift_snapshot(PG_FUNCTION_ARGS)
{
	SdrReader  *reader;
	Selection	selection;
	StringInfoData buf;
	Datum		result = (Datum) 0;
	MemoryContext context = CurrentMemoryContext;

	sdr_require_arg(fcinfo, 1, "global");
	reader = sdr_reader_open();
	if (PG_GETARG_BOOL(1))
		reader->kinds |= sdr_global_kinds();
	selection = select_schemas(reader, fcinfo);
	selection.is_global = PG_GETARG_BOOL(1);
	PG_TRY();
	{
		initStringInfo(&buf);
		write_document(reader, &selection, &buf);
		result = DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
	}
	PG_CATCH();
	{
		/* both the text (1 GB) and the jsonb (256 MB) have a limit */
		if (geterrcode() != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("schema is too large for one jsonb value"),
				 errhint("Use schemadrift_objects(), which returns a row for each object, or name fewer schemas.")));
	}
	PG_END_TRY();
	sdr_reader_close(reader);
	PG_RETURN_DATUM(result);
}

/* Fingerprints must not depend on who takes them. */
static SdrReader *
open_for_fingerprints(void)
{
	SdrReader  *reader = sdr_reader_open();

	reader->hides_all = true;
	return reader;
}

typedef struct ObjectRows
{
	ReturnSetInfo *rsinfo;
	StringInfoData buf;
} ObjectRows;

static void
put_object(void *arg, SdrObject *object)
{
	ObjectRows *rows = arg;
	Datum		values[6];
	bool		nulls[6] = {0};

	resetStringInfo(&rows->buf);
	sdr_json_write(&rows->buf, object);

	values[0] = CStringGetTextDatum(object->kind->name);
	if (object->kind->id == SDR_KIND_SCHEMA)
		values[1] = CStringGetTextDatum(object->name);
	else if (object->parent != NULL)
		values[1] = CStringGetTextDatum(object->parent->name);
	else
		nulls[1] = true;
	values[2] = CStringGetTextDatum(object->name);
	values[3] = CStringGetTextDatum(sdr_object_identity(object));
	values[4] = DirectFunctionCall1(jsonb_in, CStringGetDatum(rows->buf.data));
	values[5] = CStringGetTextDatum(sdr_fingerprint_object(object,
														   rows->buf.data,
														   rows->buf.len));
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}

/*
 * schemadrift_objects(schemas text[]) - a row for each top-level object, by
 * schema, kind and name.
 */
Datum
schemadrift_objects(PG_FUNCTION_ARGS)
{
	ObjectRows	rows;
	SdrReader  *reader;
	Selection	selection;

	InitMaterializedSRF(fcinfo, 0);
	rows.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	initStringInfo(&rows.buf);

	reader = open_for_fingerprints();
	selection = select_schemas(reader, fcinfo);
	for_each_object(reader, &selection, put_object, &rows);
	sdr_reader_close(reader);
	return (Datum) 0;
}

typedef struct Fingerprints
{
	MemoryContext context;
	List	   *list;
	StringInfoData buf;
} Fingerprints;

static void
add_fingerprint(void *arg, SdrObject *object)
{
	Fingerprints *all = arg;
	char	   *fingerprint;
	MemoryContext old;

	resetStringInfo(&all->buf);
	sdr_json_write(&all->buf, object);
	fingerprint = sdr_fingerprint_object(object, all->buf.data, all->buf.len);

	old = MemoryContextSwitchTo(all->context);
	all->list = lappend(all->list, pstrdup(fingerprint));
	MemoryContextSwitchTo(old);
}

/* schemadrift_fingerprint(schemas text[]) - one text for the whole schema. */
Datum
schemadrift_fingerprint(PG_FUNCTION_ARGS)
{
	Fingerprints all;
	SdrReader  *reader;
	Selection	selection;

	all.context = CurrentMemoryContext;
	all.list = NIL;
	initStringInfo(&all.buf);

	reader = open_for_fingerprints();
	selection = select_schemas(reader, fcinfo);
	for_each_object(reader, &selection, add_fingerprint, &all);
	sdr_reader_close(reader);
	PG_RETURN_TEXT_P(cstring_to_text(sdr_fingerprint_all(all.list)));
}
