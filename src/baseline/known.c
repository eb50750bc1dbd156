/*-------------------------------------------------------------------------
 *
 * known.c
 *	  What the baseline calls an object that somebody has renamed by hand.
 *
 * A migration that changes such an object moves what the baseline has under
 * the old names, so that these stay what is expected.  What the migration
 * renames itself gets the new name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "baseline/store.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* Names of parts as they are in the baseline, of those in a side. */
#define PARTS(condition) \
	"(SELECT jsonb_object_agg(p.node, p.names) FROM (" \
	"  SELECT k.key AS node, jsonb_object_agg(l.key, b.key) AS names" \
	"  FROM jsonb_each($5) k, jsonb_each(k.value) l, jsonb_each(i.parts -> k.key) b" \
	"  WHERE b.value = l.value AND b.key <> l.key" \
	"   AND o.definition -> k.key ? b.key AND NOT o.definition -> k.key ? l.key" \
	"   AND " condition " GROUP BY k.key) p)"

#define SCHEMA(oid) \
	"(SELECT o.object_name FROM schemadrift.baseline_identity i" \
	"  JOIN schemadrift.baseline_object o ON o.id = i.object" \
	"  WHERE i.object_id = " oid " AND o.kind = 'schema' AND o.ended_by IS NULL)"

/*
 * $1 and $2 are catalog and oid of the object, $3 and $4 the schemas that it
 * was and is in, $5 and $6 its parts, as sdr_part_ids() has them.
 */
#define KNOWN_SQL \
	"SELECT jsonb_build_object('old_schema', " SCHEMA("$3") ", 'new_schema', " SCHEMA("$4") ")" \
	" || coalesce((SELECT jsonb_build_object('name', o.object_name, 'schema', o.schema_name," \
	"  'before', " PARTS("true") ", 'now', " PARTS("$6 -> k.key -> l.key = l.value") ")" \
	"  FROM schemadrift.baseline_identity i JOIN schemadrift.baseline_object o ON o.id = i.object" \
	"  WHERE i.class_id = $1 AND i.object_id = $2 AND o.kind = $7 AND o.ended_by IS NULL), '{}')"

/* A text that is a member of an object; NULL if there is none. */
static char *
text_member(const JsonbContainer *container, const char *key)
{
	JsonbValue *value =
	getKeyJsonValueFromContainer(unconstify(JsonbContainer *, container), key,
								 strlen(key), NULL);

	return value == NULL || value->type != jbvString ? NULL :
		pnstrdup(value->val.string.val, value->val.string.len);
}

static JsonbContainer *
object_member(const JsonbContainer *container, const char *key)
{
	JsonbValue *value =
	getKeyJsonValueFromContainer(unconstify(JsonbContainer *, container), key,
								 strlen(key), NULL);

	return value == NULL || value->type != jbvBinary ? NULL :
		value->val.binary.data;
}

static Datum
parts_datum(SdrReader *reader, const SdrEntry *entry, Oid catalog)
{
	char	   *parts = entry == NULL ? NULL :
	sdr_part_ids(reader, catalog, entry->oid);

	return DirectFunctionCall1(jsonb_in,
							   CStringGetDatum(parts == NULL ? "{}" : parts));
}

static Jsonb *
find_known(const SdrSides *sides, Oid catalog)
{
	Datum		known;
	const SdrEntry *entry = sides->now_at != NULL ? sides->now_at :
	sides->before_at;
	Oid			types[] = {
		OIDOID, OIDOID, OIDOID, OIDOID, JSONBOID, JSONBOID, TEXTOID
	};
	Datum		values[] = {
		ObjectIdGetDatum(catalog),
		ObjectIdGetDatum(entry->oid),
		ObjectIdGetDatum(sides->before_at == NULL ? InvalidOid :
						 sides->before_at->namespace),
		ObjectIdGetDatum(sides->now_at == NULL ? InvalidOid :
						 sides->now_at->namespace),
		parts_datum(sides->before_reader, sides->before_at, catalog),
		parts_datum(sides->now_reader, sides->now_at, catalog),
		CStringGetTextDatum(entry->item.kind->name)
	};

	if (!sdr_baseline_query(KNOWN_SQL, lengthof(types), types, values, &known))
		elog(ERROR, "could not look up what the baseline calls an object");
	return DatumGetJsonbP(known);
}

static void
call_parts(SdrObject *object, const JsonbContainer *names)
{
	if (names == NULL)
		return;
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];
		const JsonbContainer *of_kind = object_member(names,
													  child->kind->node);
		char	   *name = of_kind == NULL ? NULL :
		text_member(of_kind, child->name);

		if (name != NULL)
			child->name = name;
	}
	sdr_object_sort(object);
}

/* NULL: as it is called now. */
static void
call_object(SdrObject *object, const char *schema, const char *name)
{
	if (object->parent != NULL && schema != NULL)
		object->parent = sdr_object_new(SDR_KIND_SCHEMA, schema, NULL);
	if (name != NULL)
		object->name = name;
}

static bool
same_place(const SdrObject *a, const SdrObject *b)
{
	return strcmp(a->name, b->name) == 0 &&
		(a->parent == NULL || strcmp(a->parent->name, b->parent->name) == 0);
}

/* Is there another object that has the name by now? */
static bool
is_taken(const SdrSides *sides, const char *schema, const char *name)
{
	const SdrEntry *entry = sides->now_at != NULL ? sides->now_at :
	sides->before_at;
	Oid			namespace = schema == NULL || entry->namespace == InvalidOid ?
	InvalidOid : sdr_find_schema(sides->now_reader, schema);
	SdrEntry   *other;

	if (entry->item.kind->id == SDR_KIND_SCHEMA)
		return strcmp(entry->item.name, name) != 0 &&
			OidIsValid(sdr_find_schema(sides->now_reader, name));
	other = sdr_find(sides->now_reader, entry->item.kind->id, namespace, name);
	return other != NULL && other->oid != entry->oid;
}

/* Has the migration renamed the schema that the object is in now? */
static bool
schema_is_renamed(const SdrSides *sides)
{
	Oid			oid = sides->now_at == NULL ? InvalidOid :
	sides->now_at->namespace;
	const SdrName *before;
	const SdrName *now;

	if (!OidIsValid(oid))
		return false;
	before = sdr_name(sides->before_reader, NamespaceRelationId, oid);
	now = sdr_name(sides->now_reader, NamespaceRelationId, oid);
	return before == NULL || now == NULL ||
		strcmp(before->name, now->name) != 0;
}

/* Has the migration changed the object, or its schema, before? */
static bool
is_earlier(const SdrSides *sides, const SdrEntry *entry)
{
	return entry != NULL && (list_member_oid(sides->earlier, entry->oid) ||
							 (OidIsValid(entry->namespace) &&
							  list_member_oid(sides->earlier,
											  entry->namespace)));
}

void
sdr_known_names(const SdrSides *sides, Oid catalog)
{
	Jsonb	   *known;
	const char *old_schema;
	const char *new_schema;
	char	   *name;
	char	   *schema;
	bool		stays = sides->before != NULL && sides->now != NULL &&
	same_place(sides->before, sides->now);

	if (is_earlier(sides, sides->before_at) || is_earlier(sides, sides->now_at))
		return;
	known = find_known(sides, catalog);
	name = text_member(&known->root, "name");
	schema = text_member(&known->root, "schema");
	old_schema = text_member(&known->root, "old_schema");
	new_schema = schema_is_renamed(sides) ? NULL :
		text_member(&known->root, "new_schema");
	if (name != NULL && is_taken(sides, schema, name))
		name = NULL;
	if (sides->before != NULL)
	{
		call_object(sides->before, name != NULL ? schema : old_schema, name);
		call_parts(sides->before, object_member(&known->root, "before"));
	}
	if (sides->now != NULL)
	{
		call_object(sides->now, name != NULL && stays ? schema : new_schema,
					stays ? name : NULL);
		call_parts(sides->now, object_member(&known->root, "now"));
	}
}
