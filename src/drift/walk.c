/*-------------------------------------------------------------------------
 *
 * walk.c
 *	  A document against what there is, object by object.
 *
 * Both sides are sorted alike, so rows come out by schema, kind and name.
 * Objects are read one at a time, each in a memory context that is reset
 * before the next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/drift.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* An object that changes under our hands is compared this often. */
#define SDR_COMPARE_TRIES		50

typedef struct Walk
{
	SdrComparison cmp;
	const SdrSource *source;
	SdrRows    *rows;
	MemoryContext context;		/* of the object at hand */
} Walk;

/* The schema object above an object that was not found. */
static SdrObject *
schema_object(const char *schema)
{
	return schema == NULL ? NULL :
		sdr_object_new(SDR_KIND_SCHEMA, schema, NULL);
}

static bool
is_complete_for(SdrScope scope, const SdrKind *kind)
{
	return (scope.complete & SDR_KIND_BIT(kind->id)) != 0;
}

/* One comparison of an object; see walk_object(). */
static void
compare_once(Walk *walk, const SdrDocNode *node, SdrScope scope,
			 const SdrItem *item, const char *schema,
			 const SdrObject **expected_p, const SdrObject **actual_p)
{
	SdrObject  *expected = NULL;
	SdrObject  *actual = NULL;

	CHECK_FOR_INTERRUPTS();
	if (node != NULL)
		expected = sdr_document_object(node, scope, schema_object(schema));
	if (item != NULL)
		actual = walk->source->read(walk->source->arg, item);

	if (expected != NULL && actual != NULL)
	{
		walk->source->prepare(walk->source->arg, expected);
		sdr_renamed_compare(&walk->cmp, &walk->rows->options, walk->source,
							item, expected, actual);
		sdr_compare_objects(&walk->cmp, expected, actual);
	}
	else if (expected != NULL)
		sdr_compare_missing(&walk->cmp, expected);
	else if (actual != NULL && (is_complete_for(scope, actual->kind) ||
								sdr_is_some(scope.some, actual)))
		sdr_compare_unexpected(&walk->cmp, actual);
	*expected_p = expected;
	*actual_p = actual;
}

/*
 * Put the rows about two objects, and make room for the next: where these are
 * kept, by leaving them their memory.
 */
static void
finish_object(Walk *walk, const SdrObject *expected, const SdrObject *actual)
{
	if (sdr_rows_flush(walk->rows, expected, actual))
		walk->context = AllocSetContextCreate(MemoryContextGetParent(walk->context),
											  "schemadrift object",
											  ALLOCSET_DEFAULT_SIZES);
	else
		MemoryContextReset(walk->context);
}

/*
 * Compare one object; either side may be missing.  An object that changes
 * meanwhile is compared again, as the rows would be about two states of it.
 */
static void
walk_object(Walk *walk, const SdrDocNode *node, SdrScope scope,
			const SdrItem *item, const char *schema)
{
	MemoryContext old = MemoryContextSwitchTo(walk->context);
	const SdrObject *expected;
	const SdrObject *actual;

	for (int try = 1; try <= SDR_COMPARE_TRIES; try++)
	{
		compare_once(walk, node, scope, item, schema, &expected, &actual);
		if (!walk->source->changed(walk->source->arg))
			break;
		if (try < SDR_COMPARE_TRIES)
			walk->rows->pending = NIL;
		item = item == NULL ? NULL :
			walk->source->find(walk->source->arg, item);
	}
	MemoryContextSwitchTo(old);
	finish_object(walk, expected, actual);
}

/*
 * Names that are SQL, such as f(int), can be written in several ways; bring
 * them into the source's.  That something without a sensible name does not
 * exist would always be true.
 */
void
sdr_canonical_names(const SdrSource *source, List *nodes)
{
	bool		changed = false;
	ListCell   *lc;

	foreach(lc, nodes)
	{
		SdrDocNode *node = lfirst(lc);
		const char *problem;

		if (node->item.kind->identity != SDR_IDENTITY_SQL)
			continue;
		node->item.name = source->canonical_name(source->arg, &node->item,
												 &problem);
		if (problem != NULL && node->value.type == jbvNull)
			sdr_json_error(node->path,
						   psprintf("cannot tell which %s must not exist: %s",
									node->item.kind->name, problem),
						   "Functions are named with the types of their arguments, as in \"f(integer, text)\", and without their schema.");
		changed = true;
	}
	if (changed)
		sdr_document_sort(nodes);
}

/* The item of a kind that the list need not have, being asked for by name. */
static const SdrItem *
find_unlisted(const SdrSource *source, const SdrDocNode *node, SdrScope scope)
{
	return node->gone || is_complete_for(scope, node->item.kind) ? NULL :
		source->find(source->arg, &node->item);
}

/*
 * The objects of one schema, or with NULL those outside schemas.  What there
 * is is listed only when the document speaks for more than it names.
 */
static void
walk_nodes(Walk *walk, List *nodes, SdrScope scope, const char *schema)
{
	const SdrSource *source = walk->source;
	List	   *items;
	int			i = 0;
	int			j = 0;

	sdr_canonical_names(source, nodes);
	if (scope.complete == 0 && scope.some == NIL)
	{
		ListCell   *lc;

		foreach(lc, nodes)
		{
			const SdrDocNode *node = lfirst(lc);

			walk_object(walk, node, scope, node->gone ? NULL :
						source->find(source->arg, &node->item), schema);
		}
		return;
	}

	items = source->list(source->arg);
	while (i < list_length(nodes) || j < list_length(items))
	{
		const SdrDocNode *node = i < list_length(nodes) ? list_nth(nodes, i) :
		NULL;
		const SdrItem *item = j < list_length(items) ? list_nth(items, j) :
		NULL;
		int			order = node == NULL ? 1 :
		item == NULL || node->gone ? -1 : sdr_item_cmp(&node->item, item);

		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
		Assert(order < 0 || item != NULL);
		if (order > 0 && !is_complete_for(scope, item->kind) &&
			!sdr_kind_is_some(scope.some, item->kind))
			continue;
		if (order < 0)
			item = find_unlisted(source, node, scope);
		walk_object(walk, order <= 0 ? node : NULL, scope, item, schema);
	}
	list_free(items);
}

/*
 * The objects in a schema that does not exist are not compared, but must be
 * right all the same.
 */
static void
walk_missing(Walk *walk, const SdrDocSchema *schema)
{
	ListCell   *lc;

	if (walk->rows->changed == NULL || schema->object->absent)
	{
		sdr_document_validate(schema->nodes);
		return;
	}
	foreach(lc, schema->nodes)
	{
		SdrObject  *object;

		CHECK_FOR_INTERRUPTS();
		object = sdr_document_object(lfirst(lc), schema->scope,
									 schema_object(schema->object->name));
		if (!object->absent)
			walk->rows->changed(walk->rows->changed_arg, object, NULL, NIL);
	}
}

static void
walk_schema(Walk *walk, const SdrDocSchema *schema)
{
	const SdrObject *expected = schema->object;
	SdrObject  *actual = walk->source->enter(walk->source->arg,
											 expected->name);

	if (actual == NULL)
	{
		sdr_compare_missing(&walk->cmp, expected);
		(void) sdr_rows_flush(walk->rows, expected, NULL);
		walk_missing(walk, schema);
		return;
	}
	sdr_renamed_compare(&walk->cmp, &walk->rows->options, walk->source, NULL,
						schema->object, actual);
	sdr_compare_objects(&walk->cmp, expected, actual);
	(void) sdr_rows_flush(walk->rows, expected, actual);
	if (!expected->absent)
		walk_nodes(walk, schema->nodes, schema->scope, expected->name);
}

/* An object that nothing is expected of. */
static void
walk_unexpected(Walk *walk, SdrObject *actual)
{
	sdr_compare_unexpected(&walk->cmp, actual);
	(void) sdr_rows_flush(walk->rows, NULL, actual);
}

/* Report all drift of source from expected. */
void
sdr_walk(SdrDocument *expected, const SdrSource *source, SdrRows *rows)
{
	Walk		walk = {
		.cmp = {
			.emit_arg = rows,.emit = sdr_rows_emit,.same_arg = source->arg,
			.same = source->same,.server = source->server,
			.expected_server = expected->server,.followed = source->followed
		},
		.source = source,
		.rows = rows
	};
	List	   *schemas = NIL;
	int			i = 0;
	int			j = 0;

	walk.context = AllocSetContextCreate(CurrentMemoryContext,
										 "schemadrift object",
										 ALLOCSET_DEFAULT_SIZES);

	sdr_renamed_apply(expected, &rows->options);
	sdr_renamed_report(&walk.cmp, &rows->options);
	(void) sdr_rows_flush(rows, NULL, NULL);
	walk_nodes(&walk, expected->nodes, expected->scope, NULL);

	if ((expected->scope.complete & SDR_IN(SCHEMA)) != 0)
		schemas = source->schemas(source->arg);
	while (i < list_length(expected->schemas) || j < list_length(schemas))
	{
		const SdrDocSchema *schema = i < list_length(expected->schemas) ?
		list_nth(expected->schemas, i) : NULL;
		const char *name = j < list_length(schemas) ? list_nth(schemas, j) :
		NULL;
		int			order = schema == NULL ? 1 : name == NULL ? -1 :
		strcmp(schema->object->name, name);

		if (order <= 0)
		{
			walk_schema(&walk, schema);
			i++;
		}
		else
			walk_unexpected(&walk, sdr_object_new(SDR_KIND_SCHEMA, name, NULL));
		if (order >= 0)
			j++;
	}

	/* where the document is to be the whole, say what nobody looks at */
	if ((expected->scope.complete | sdr_global_kinds()) == SDR_ALL_KINDS)
	{
		ListCell   *lc;

		foreach(lc, source->unmodelled(source->arg))
			walk_unexpected(&walk, lfirst(lc));
	}
	MemoryContextDelete(walk.context);
}
