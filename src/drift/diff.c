/*-------------------------------------------------------------------------
 *
 * diff.c
 *	  schemadrift_diff(): two documents.
 *
 * The second one is taken as a state: what it does not list is not there, and
 * attributes that it leaves out have their default.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "drift/drift.h"

PG_FUNCTION_INFO_V1(schemadrift_diff);

typedef struct State
{
	const SdrDocument *document;
	const SdrDocSchema *schema; /* that was entered, NULL outside schemas */
	List	   *items;			/* what is there, of SdrItem * */
	SdrReader  *reader;			/* for the server's type names */
} State;

static List *
state_schemas(void *arg)
{
	State	   *state = arg;
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, state->document->schemas)
	{
		const SdrDocSchema *schema = lfirst(lc);

		if (!schema->object->absent)
			names = lappend(names, unconstify(char *, schema->object->name));
	}
	return names;
}

/* The nodes of a list, without those that say that there is no such object. */
static List *
present_items(const List *nodes)
{
	List	   *items = NIL;
	ListCell   *lc;

	foreach(lc, nodes)
	{
		SdrDocNode *node = lfirst(lc);

		if (node->value.type != jbvNull)
			items = lappend(items, &node->item);
	}
	return items;
}

static SdrObject *
state_enter(void *arg, const char *schema)
{
	State	   *state = arg;

	state->schema = sdr_document_schema(state->document, schema);
	state->items = NIL;
	if (state->schema == NULL || state->schema->object->absent)
		return NULL;
	state->items = present_items(state->schema->nodes);
	return state->schema->object;
}

static List *
state_list(void *arg)
{
	return list_copy(((State *) arg)->items);
}

/* There are no objects to ask, only the server's types. */
static const char *
state_canonical_name(void *arg, const SdrItem *item, const char **problem)
{
	return sdr_canonical_name(((State *) arg)->reader, item, InvalidOid,
							  problem);
}

static const SdrItem *
state_find(void *arg, const SdrItem *item)
{
	List	   *items = ((State *) arg)->items;
	int			low = 0;
	int			high = list_length(items);

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = sdr_item_cmp(list_nth(items, middle), item);

		if (order == 0)
			return list_nth(items, middle);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Parts that are said not to exist do not. */
static void
remove_absent(SdrObject *object)
{
	int			n = 0;

	for (int i = 0; i < object->nchildren; i++)
	{
		if (object->children[i]->absent)
			continue;
		remove_absent(object->children[i]);
		object->children[n++] = object->children[i];
	}
	object->nchildren = n;
}

static SdrObject *
state_read(void *arg, const SdrItem *item)
{
	State	   *state = arg;
	SdrObject  *parent = state->schema == NULL ? NULL :
	sdr_object_new(SDR_KIND_SCHEMA, state->schema->object->name, NULL);
	SdrObject  *object;

	object = sdr_document_object((const SdrDocNode *) item,
								 state->schema == NULL ?
								 state->document->scope : state->schema->scope,
								 parent);
	remove_absent(object);
	sdr_imply(state->reader, object);
	return object;
}

static void
state_prepare(void *arg, SdrObject *expected)
{
	sdr_imply(((State *) arg)->reader, expected);
}

static List *
state_unmodelled(void *arg)
{
	return NIL;
}

static bool
state_changed(void *arg)
{
	return false;
}

static bool
state_same(void *arg, const SdrAttr *attr, const SdrObject *actual,
		   const char *expected, const char *found)
{
	return sdr_same_meaning(((State *) arg)->reader, attr, actual, expected,
							found);
}

/*
 * schemadrift_diff(expected jsonb, actual jsonb, options jsonb) - a row for
 * each difference.
 */
Datum
schemadrift_diff(PG_FUNCTION_ARGS)
{
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, 0, "expected");
	Jsonb	   *actual = sdr_jsonb_arg(fcinfo, 1, "actual");
	Jsonb	   *options = sdr_jsonb_arg(fcinfo, 2, "options");
	SdrDocument *document = sdr_document_open(expected);

	/* what the first document does not name is not read later */
	State		state = {.document = sdr_document_read(actual)};
	SdrSource	source = {
		&state, state.document->server, state_schemas, state_enter,
		state_list, state_canonical_name, state_find, state_read,
		state_prepare, state_unmodelled, state_changed, state_same, NULL, NULL
	};
	SdrRows		rows;
	ListCell   *lc;

	sdr_rows_begin(&rows, fcinfo, options);
	state.reader = sdr_reader_open();
	sdr_canonical_names(&source, state.document->nodes);
	foreach(lc, state.document->schemas)
		sdr_canonical_names(&source, ((SdrDocSchema *) lfirst(lc))->nodes);
	state.items = present_items(state.document->nodes);
	sdr_walk(document, &source, &rows);
	sdr_reader_close(state.reader);
	sdr_rows_end(&rows);
	return (Datum) 0;
}
