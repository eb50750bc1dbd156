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

/* What may show names of the parts of a renamed object. */
typedef struct Showing
{
	const SdrRenamed *renamed;
	List	   *objects;		/* of ObjectAddress * */
} Showing;

typedef struct Live
{
	SdrReader  *reader;
	Oid			namespace;		/* of the schema that was entered */
	const SdrCheckScope *scope;
	MemoryContext context;		/* of what follows */
	List	   *showing;		/* of Showing *, as far as asked for */
} Live;

static List *
live_schemas(void *arg)
{
	Live	   *live = arg;
	List	   *entries;
	ListCell   *lc;

	if (live->scope->limited)
		return NIL;
	entries = sdr_list_schemas(live->reader);
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

static int
compare_items(const ListCell *a, const ListCell *b)
{
	return sdr_item_cmp(lfirst(a), lfirst(b));
}

/* Whatever there is of the name, of all kinds that may be there. */
static List *
find_all(Live *live, List *items, const char *name)
{
	SdrKindSet	parents = OidIsValid(live->namespace) ? SDR_IN(SCHEMA) :
	SDR_IN(DOCUMENT);

	for (int i = 0; i < SDR_NKINDS; i++)
	{
		SdrEntry   *entry;

		if ((sdr_kind(i)->parents & parents) == 0 || i == SDR_KIND_SCHEMA ||
			i == SDR_KIND_CHANGED_PRIVILEGES ||
			(live->reader->kinds & SDR_KIND_BIT(i)) == 0)
			continue;
		entry = sdr_find(live->reader, i, live->namespace, name);
		if (entry != NULL)
			items = lappend(items, &entry->item);
	}
	return items;
}

static List *
live_list(void *arg)
{
	Live	   *live = arg;
	List	   *items = NIL;
	ListCell   *lc;

	if (!live->scope->limited)
		return sdr_list(live->reader, live->namespace);
	foreach(lc, live->scope->places)
	{
		const SdrPlace *place = lfirst(lc);

		if (place->namespace == live->namespace)
			items = find_all(live, items, place->name);
	}
	list_sort(items, compare_items);
	return items;
}

static const char *
live_canonical_name(void *arg, const SdrItem *item, const char **problem)
{
	Live	   *live = arg;
	const char *name = sdr_canonical_name(live->reader, item, live->namespace,
										  problem);

	if (live->scope->noted != NULL && strcmp(name, item->name) != 0)
		live->scope->noted(live->scope->noted_arg, NULL);
	return name;
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
	Live	   *live = arg;

	return live->scope->limited ? NIL : sdr_list_unmodelled(live->reader);
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
	Live	   *live = arg;

	if (live->scope->noted != NULL)
		live->scope->noted(live->scope->noted_arg, actual);
	return sdr_same_meaning(live->reader, attr, actual, expected, found);
}

static void
live_followed(void *arg, const SdrObject *actual)
{
	Live	   *live = arg;

	if (live->scope->noted != NULL)
		live->scope->noted(live->scope->noted_arg, actual);
}

static const Showing *
find_showing(Live *live, const SdrRenamed *renamed)
{
	SdrReader  *reader = live->reader;
	ListCell   *lc;
	MemoryContext old;
	Showing    *showing;
	SdrEntry   *entry;

	foreach(lc, live->showing)
	{
		showing = lfirst(lc);
		if (showing->renamed == renamed)
			return showing;
	}
	old = MemoryContextSwitchTo(live->context);
	showing = palloc0(sizeof(Showing));
	showing->renamed = renamed;
	entry = sdr_find(reader, renamed->kind->id, renamed->new_schema == NULL ?
					 InvalidOid : sdr_find_schema(reader, renamed->new_schema),
					 renamed->new_name);
	if (entry != NULL)
		showing->objects = sdr_showing(reader,
									   sdr_catalog_of(renamed->kind->id),
									   entry->oid);
	live->showing = lappend(live->showing, showing);
	MemoryContextSwitchTo(old);
	return showing;
}

static bool
live_shows(void *arg, const SdrItem *item, const SdrRenamed *renamed)
{
	const SdrEntry *entry = (const SdrEntry *) item;
	Oid			catalog = sdr_catalog_of(item->kind->id);
	ListCell   *lc;

	foreach(lc, find_showing(arg, renamed)->objects)
	{
		const ObjectAddress *address = lfirst(lc);

		if (address->objectId == entry->oid && address->classId == catalog)
			return true;
	}
	return false;
}

void
sdr_check_scope(SdrReader *reader, SdrDocument *document,
				const SdrCheckScope *scope, SdrRows *rows)
{
	Live		live = {
		.reader = reader,.scope = scope,.context = CurrentMemoryContext
	};
	SdrSource	source = {
		&live, SDR_SERVER_VERSION, live_schemas, live_enter, live_list,
		live_canonical_name, live_find, live_read, live_prepare,
		live_unmodelled, live_changed, live_same, live_followed, live_shows
	};

	reader->kinds |= document->scope.complete;
	rows->options.ignore = list_concat(rows->options.ignore,
									   sdr_ignore_rules(reader->snapshot));
	sdr_walk(document, &source, rows);
}

/* Report all drift of the live database from a document. */
void
sdr_check(SdrReader *reader, SdrDocument *document, SdrRows *rows)
{
	SdrCheckScope scope = {.limited = false};

	sdr_check_scope(reader, document, &scope, rows);
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
