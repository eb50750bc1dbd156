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
#include "catalog/objectaddress.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"

#define SCHEMA(oid) \
	"(SELECT o.object_name FROM schemadrift.baseline_identity i" \
	"  JOIN schemadrift.baseline_object o ON o.id = i.object" \
	"  WHERE i.object_id = " oid " AND o.kind = 'schema' AND o.ended_by IS NULL)"

/* The names of parts in a side, by kind: what they are called, and to be. */
#define NAMES(condition) \
	"(SELECT jsonb_object_agg(node, names) FROM (" \
	"  SELECT node, jsonb_object_agg(live, called) AS names FROM part" \
	"  WHERE " condition " GROUP BY node) n)"

/*
 * $1 and $2 are catalog and oid of the object, $3 and $4 the schemas that it
 * was and is in, $5 and $6 its parts, as sdr_part_ids() has them, $7 its kind;
 * $8 to $10 what it is called already, '' if that is not known.
 */
#define KNOWN_SQL \
	"WITH known AS (" \
	" SELECT o.object_name AS name, o.schema_name AS schema, i.parts, o.definition AS expected" \
	" FROM schemadrift.baseline_identity i JOIN schemadrift.baseline_object o ON o.id = i.object" \
	" WHERE i.class_id = $1 AND i.object_id = $2 AND o.kind = $7 AND o.ended_by IS NULL AND $8 = ''" \
	" UNION ALL SELECT $8, nullif($9, ''), $10, $10 WHERE $8 <> '')," \
	"part AS (" \
	" SELECT k.key AS node, l.key AS live, b.key AS called," \
	"  coalesce($6 -> k.key -> l.key = l.value, false) AS stays" \
	" FROM known, jsonb_each($5) k, jsonb_each(k.value) l, jsonb_each(known.parts -> k.key) b" \
	" WHERE b.value = l.value AND b.key <> l.key" \
	"  AND known.expected -> k.key ? b.key AND NOT known.expected -> k.key ? l.key)" \
	"SELECT jsonb_build_object('old_schema', " SCHEMA("$3") ", 'new_schema', " SCHEMA("$4") "," \
	" 'name', (SELECT name FROM known), 'schema', (SELECT schema FROM known)," \
	" 'before', " NAMES("true") ", 'now', " NAMES("stays") "," \
	" 'parts', (SELECT jsonb_object_agg(k.key, (" \
	"   SELECT jsonb_object_agg(coalesce(p.called, l.key), l.value) FROM jsonb_each(k.value) l" \
	"   LEFT JOIN part p ON p.stays AND p.node = k.key AND p.live = l.key))" \
	"  FROM jsonb_each($6) k))"

/* The object that the baseline means by a name in a schema, '' for none. */
#define MEANT_SQL \
	"SELECT jsonb_build_object('oid', i.object_id::text)" \
	" FROM schemadrift.baseline_object o JOIN schemadrift.baseline_identity i ON i.object = o.id" \
	" WHERE o.kind = $1 AND o.object_name = $2 AND coalesce(o.schema_name, '') = $3" \
	"  AND i.class_id = $4 AND o.ended_by IS NULL"

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
empty_object(void)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
}

static Datum
parts_datum(SdrReader *reader, const SdrEntry *entry, Oid catalog)
{
	char	   *parts = entry == NULL ? NULL :
	sdr_part_ids(reader, catalog, entry->oid);

	return parts == NULL ? empty_object() :
		DirectFunctionCall1(jsonb_in, CStringGetDatum(parts));
}

/* What the migration has had an object called; NULL if it has not been in it. */
static const SdrCalled *
recall(const SdrSides *sides, Oid catalog, Oid oid)
{
	SdrCalled	key = {.catalog = catalog,.oid = oid};

	return sides->called == NULL ? NULL :
		hash_search(sides->called, &key, HASH_FIND, NULL);
}

static Jsonb *
find_known(const SdrSides *sides, Oid catalog)
{
	static SdrKept kept;
	Datum		known;
	const SdrEntry *entry = sides->now_at != NULL ? sides->now_at :
	sides->before_at;
	const SdrCalled *called = recall(sides, catalog, entry->oid);
	Oid			types[] = {
		OIDOID, OIDOID, OIDOID, OIDOID, JSONBOID, JSONBOID, TEXTOID, TEXTOID,
		TEXTOID, JSONBOID
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
		CStringGetTextDatum(entry->item.kind->name),
		CStringGetTextDatum(called == NULL ? "" : called->name),
		CStringGetTextDatum(called == NULL || called->schema == NULL ? "" :
							called->schema),
		called == NULL ? empty_object() : called->parts
	};

	if (!sdr_baseline_query_kept(&kept, KNOWN_SQL, lengthof(types), types,
								 values, &known))
		elog(ERROR, "could not look up what the baseline calls an object");
	return DatumGetJsonbP(known);
}

/* Note, where the caller wants to know, what texts show instead of a name. */
static void
note_name(List **by_hand, const char *live, const char *called)
{
	/* an operator's is no name */
	if (by_hand != NULL && live != NULL && called != NULL &&
		strcmp(live, called) != 0)
		*by_hand = sdr_new_name_add(*by_hand, live, called);
}

/* The labels of an enum are parts by oid, but in documents one attribute. */
static void
call_labels(SdrObject *object, const JsonbContainer *names, List **by_hand)
{
	const JsonbContainer *labels = object_member(names, "labels");
	SdrValue   *value;
	ListCell   *lc;

	if (labels == NULL)
		return;
	value = sdr_value(object, SDR_ENUM_LABELS);
	foreach(lc, value->u.list)
	{
		char	   *label = text_member(labels, lfirst(lc));

		if (label == NULL)
			continue;
		note_name(by_hand, lfirst(lc), label);
		lfirst(lc) = label;
	}
}

/*
 * A name that the server has made of others is left out of documents: whether it
 * is one depends on what these are called.
 */
static void
call_made_names(SdrObject *object, const char *was1, const char *was2,
				const char *name1, const char *name2)
{
	if (strcmp(was1, name1) == 0 &&
		(was2 == NULL || strcmp(was2, name2) == 0))
		return;
	for (int i = 0; i < SDR_NMADE_NAMES; i++)
	{
		const SdrMadeName *made = &sdr_made_names[i];
		SdrValue   *value;

		if (sdr_attr(made->attr)->kind != object->kind->id)
			continue;
		value = sdr_value(object, made->attr);
		if (value->tag != SDR_VALUE_TEXT)
			continue;
		if (sdr_is_made_name(value->u.text, name1, name2, made->label))
			value->implied = true;
		else if (sdr_is_made_name(value->u.text, was1, was2, made->label))
			value->implied = false;
	}
}

/* The parts of an object, which was called otherwise itself. */
static void
call_parts(SdrObject *object, const char *was, const JsonbContainer *names,
		   List **by_hand)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];
		const char *child_was = child->name;
		const JsonbContainer *of_kind = names == NULL ? NULL :
		object_member(names, child->kind->node);
		char	   *name = of_kind == NULL ? NULL :
		text_member(of_kind, child->name);

		if (name != NULL)
		{
			note_name(by_hand, child->name, name);
			child->name = name;
		}
		call_made_names(child, was, child_was, object->name, child->name);
	}
	sdr_object_sort(object);
}

/* NULL: as it is called now. */
static void
call_whole(SdrObject *object, const char *schema, const char *name,
		   List **by_hand)
{
	if (object->parent != NULL && schema != NULL)
	{
		note_name(by_hand, object->parent->name, schema);
		object->parent = sdr_object_new(SDR_KIND_SCHEMA, schema, NULL);
	}
	if (name == NULL)
		return;
	/* of f(integer), what texts show is f */
	if (SDR_NAME_IS_SQL(object->kind))
		note_name(by_hand, sdr_first_name(object->name), sdr_first_name(name));
	else
		note_name(by_hand, object->name, name);
	object->name = name;
}

static void
call_object(SdrObject *object, const char *schema, const char *name,
			const JsonbContainer *parts, List **by_hand)
{
	const char *was = object->name;

	call_whole(object, schema, name, by_hand);
	call_made_names(object, was, NULL, object->name, NULL);
	if (object->kind->id == SDR_KIND_ENUM && parts != NULL)
		call_labels(object, parts, by_hand);
	call_parts(object, was, parts, by_hand);
}

static bool
exists(SdrReader *reader, Oid catalog, Oid oid)
{
	return HeapTupleIsValid(sdr_fetch(reader, catalog,
									  get_object_oid_index(catalog),
									  get_object_attnum_oid(catalog), oid));
}

/* Has the migration made or renamed the object in this transaction? */
static bool
is_new_name(const SdrSides *sides, Oid catalog, Oid oid)
{
	const SdrName *before;
	const SdrName *now;

	/* casts and their like are called by what they are about */
	if (get_object_attnum_name(catalog) == InvalidAttrNumber)
		return !exists(sides->before_reader, catalog, oid);
	before = sdr_name(sides->before_reader, catalog, oid);
	now = sdr_name(sides->now_reader, catalog, oid);
	return before == NULL || now == NULL ||
		strcmp(before->name, now->name) != 0 ||
		(before->schema != NULL && now->schema != NULL &&
		 strcmp(before->schema, now->schema) != 0);
}

static Oid
oid_of(SdrReader *reader, SdrKindId kind, Oid namespace, const char *name)
{
	SdrEntry   *entry;

	if (kind == SDR_KIND_SCHEMA)
		return sdr_find_schema(reader, name);
	entry = sdr_find(reader, kind, namespace, name);
	return entry == NULL ? InvalidOid : entry->oid;
}

/*
 * Does the migration give the name to another object?  What others have given
 * it to is not what the baseline means.
 */
static bool
is_taken(const SdrSides *sides, Oid catalog, Oid namespace, const char *name)
{
	const SdrEntry *entry = sides->now_at != NULL ? sides->now_at :
	sides->before_at;
	Oid			other = oid_of(sides->now_reader, entry->item.kind->id,
							   namespace, name);
	const SdrCalled *called;

	if (!OidIsValid(other) || other == entry->oid)
		return false;
	called = recall(sides, catalog, other);
	return called != NULL ? strcmp(called->name, name) == 0 :
		is_new_name(sides, catalog, other);
}

/* What a schema is called, if that is known to be otherwise. */
static const char *
schema_called(const SdrSides *sides, const SdrEntry *entry,
			  const char *in_baseline)
{
	const SdrCalled *called = entry == NULL ? NULL :
	recall(sides, NamespaceRelationId, entry->namespace);

	return called == NULL ? in_baseline : called->name;
}

/*
 * The schema that is called so, which is most often the one that the object is
 * in.
 */
static Oid
schema_oid(const SdrSides *sides, const char *name, const char *old_schema)
{
	const SdrEntry *entry = sides->before_at != NULL ? sides->before_at :
	sides->now_at;

	if (!OidIsValid(entry->namespace) || name == NULL)
		return InvalidOid;
	return old_schema != NULL && strcmp(name, old_schema) == 0 ?
		entry->namespace : sdr_find_schema(sides->now_reader, name);
}

/*
 * Does the baseline mean another object, which there still is, by the name that
 * one has which it does not know?  That is called otherwise by now.
 */
static bool
is_anothers(const SdrSides *sides, Oid catalog, const char *schema)
{
	const SdrObject *object = sides->before;
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, OIDOID};
	Datum		values[4];
	Datum		meant;
	Oid			oid;

	if (object->kind->id == SDR_KIND_SCHEMA)
		schema = object->name;
	else if (schema == NULL)
		schema = object->parent == NULL ? "" : object->parent->name;
	values[0] = CStringGetTextDatum(object->kind->name);
	values[1] = CStringGetTextDatum(object->name);
	values[2] = CStringGetTextDatum(schema);
	values[3] = ObjectIdGetDatum(catalog);
	if (!sdr_baseline_query(MEANT_SQL, lengthof(types), types, values, &meant))
		return false;
	oid = atooid(text_member(&DatumGetJsonbP(meant)->root, "oid"));
	return oid != sides->before_at->oid &&
		exists(sides->now_reader, catalog, oid);
}

/* Is the object in the same schema as before, and is that called the same? */
static bool
stays_in_schema(const SdrSides *sides)
{
	Oid			namespace = sides->now_at->namespace;

	return sides->before_at != NULL &&
		sides->before_at->namespace == namespace &&
		(!OidIsValid(namespace) ||
		 !is_new_name(sides, NamespaceRelationId, namespace));
}

/* What the migration itself names is called so; the rest as it was before. */
static void
call_now(const SdrSides *sides, const Jsonb *known, const char *name,
		 const char *schema, const char *new_schema)
{
	Oid			namespace = sides->now_at->namespace;

	if (stays_in_schema(sides))
		new_schema = schema;
	else if (OidIsValid(namespace) &&
			 is_new_name(sides, NamespaceRelationId, namespace))
		new_schema = NULL;
	call_object(sides->now, new_schema, name,
				object_member(&known->root, "now"), NULL);
}

/* What is remembered for the transactions that follow. */
static void
note_called(const SdrSides *sides, const Jsonb *known, SdrCalled *called)
{
	JsonbValue *parts = getKeyJsonValueFromContainer(unconstify(JsonbContainer *,
																&known->root),
													 "parts", 5, NULL);

	called->oid = sides->now_at->oid;
	called->schema = sides->now->parent == NULL ? NULL :
		sides->now->parent->name;
	called->name = sides->now->name;
	called->parts = parts == NULL || parts->type != jbvBinary ?
		empty_object() : JsonbPGetDatum(JsonbValueToJsonb(parts));
}

bool
sdr_known_names(const SdrSides *sides, Oid catalog, SdrCalled *called,
				List **by_hand)
{
	Jsonb	   *known = find_known(sides, catalog);
	char	   *name = text_member(&known->root, "name");
	const char *old_schema = schema_called(sides, sides->before_at,
										   text_member(&known->root,
													   "old_schema"));
	const char *new_schema = schema_called(sides, sides->now_at,
										   text_member(&known->root,
													   "new_schema"));
	bool		same_name = sides->before != NULL && sides->now != NULL &&
	strcmp(sides->before->name, sides->now->name) == 0;

	if (name == NULL && sides->before != NULL &&
		is_anothers(sides, catalog, old_schema))
		return false;
	if (name != NULL)
	{
		const char *schema = text_member(&known->root, "schema");

		if (is_taken(sides, catalog, schema_oid(sides, schema, old_schema),
					 name))
			name = NULL;
		else
			old_schema = schema;
	}
	if (sides->before != NULL)
		call_object(sides->before, old_schema, name,
					object_member(&known->root, "before"), by_hand);
	if (sides->now != NULL)
	{
		call_now(sides, known, same_name ? name : NULL, old_schema,
				 new_schema);
		called->catalog = catalog;
		note_called(sides, known, called);
	}
	return true;
}

SdrCalled *
sdr_called_copy(const SdrCalled *called)
{
	SdrCalled  *copy = palloc(sizeof(SdrCalled));

	*copy = *called;
	copy->schema = called->schema == NULL ? NULL : pstrdup(called->schema);
	copy->name = pstrdup(called->name);
	copy->parts = datumCopy(called->parts, false, -1);
	return copy;
}
