/*-------------------------------------------------------------------------
 *
 * object.c
 *	  Objects and their values.
 *
 * Objects live in the memory context that is current when they are made; the
 * strings given to the setters are kept, not copied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>

#include "common/shortest_dec.h"
#include "model/model.h"
#include "utils/builtins.h"

/*
 * Make an object, as the last child of parent unless that is NULL.
 */
SdrObject *
sdr_object_new(SdrKindId kind, const char *name, SdrObject *parent)
{
	SdrObject  *object = palloc0(sizeof(SdrObject));

	object->kind = sdr_kind(kind);
	object->name = name;
	object->parent = parent;
	if (SDR_NATTRS(object->kind) > 0)
		object->attrs = palloc0(sizeof(SdrValue) * SDR_NATTRS(object->kind));

	if (parent != NULL)
	{
		if (parent->nchildren == parent->maxchildren)
		{
			parent->maxchildren = Max(8, parent->maxchildren * 2);
			parent->children = parent->children == NULL ?
				palloc(sizeof(SdrObject *) * parent->maxchildren) :
				repalloc(parent->children,
						 sizeof(SdrObject *) * parent->maxchildren);
		}
		parent->children[parent->nchildren++] = object;
		object->oid = parent->oid;
	}
	return object;
}

static int
compare_children(const void *a, const void *b)
{
	const SdrObject *x = *(SdrObject *const *) a;
	const SdrObject *y = *(SdrObject *const *) b;

	if (x->kind != y->kind)
		return x->kind->id < y->kind->id ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Put the children into their order: by kind, then by name, bytewise. */
void
sdr_object_sort(SdrObject *object)
{
	ListCell   *lc;

	if (object->nchildren > 1)
		qsort(object->children, object->nchildren, sizeof(SdrObject *),
			  compare_children);
	for (int i = 0; i < object->nchildren; i++)
		sdr_object_sort(object->children[i]);
	foreach(lc, object->any_of)
		sdr_object_sort(lfirst(lc));
}

static int
compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Sort a list of texts bytewise, in place. */
List *
sdr_list_sort(List *list)
{
	list_sort(list, compare_texts);
	return list;
}

/* The place of an attribute's value; never NULL. */
SdrValue *
sdr_value(const SdrObject *object, SdrAttrId attr)
{
	Assert(sdr_attr(attr)->kind == object->kind->id);
	return &object->attrs[attr - object->kind->first_attr];
}

void
sdr_set_bool(SdrObject *object, SdrAttrId attr, bool value)
{
	SdrValue   *v = sdr_value(object, attr);

	v->tag = SDR_VALUE_BOOL;
	v->u.boolean = value;
}

void
sdr_set_int(SdrObject *object, SdrAttrId attr, int64 value)
{
	SdrValue   *v = sdr_value(object, attr);

	v->tag = SDR_VALUE_INT;
	v->u.integer = value;
}

/* NULL says that there is none. */
void
sdr_set_text(SdrObject *object, SdrAttrId attr, const char *value)
{
	SdrValue   *v = sdr_value(object, attr);

	v->tag = value == NULL ? SDR_VALUE_NULL : SDR_VALUE_TEXT;
	v->u.text = value;
}

void
sdr_set_list(SdrObject *object, SdrAttrId attr, List *value)
{
	SdrValue   *v = sdr_value(object, attr);

	v->tag = SDR_VALUE_LIST;
	v->u.list = value;
}

/* The map must be sorted. */
void
sdr_set_map(SdrObject *object, SdrAttrId attr, List *value)
{
	SdrValue   *v = sdr_value(object, attr);

	v->tag = SDR_VALUE_MAP;
	v->u.map = value;
}

void
sdr_set_implied(SdrObject *object, SdrAttrId attr, bool implied)
{
	Assert((sdr_attr(attr)->flags & SDR_ATTR_IMPLIED) != 0);
	sdr_value(object, attr)->implied = implied;
}

/*
 * The text of a number: the shortest that gives it back, as the server's
 * output function has it.  JSON knows no infinity.
 */
const char *
sdr_number_text(float value)
{
	char	   *text = palloc(FLOAT_SHORTEST_DECIMAL_LEN);

	float_to_shortest_decimal_buf(Max(Min(value, FLT_MAX), -FLT_MAX), text);
	return text;
}

static int
compare_pairs(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SdrPair *) lfirst(a))->key,
				  ((const SdrPair *) lfirst(b))->key);
}

static SdrPair *
make_pair(const char *key, const char *value)
{
	SdrPair    *pair = palloc(sizeof(SdrPair));

	pair->key = key;
	pair->value = value;
	return pair;
}

/* Add an entry, keeping the map sorted by key. */
List *
sdr_map_add(List *map, const char *key, const char *value)
{
	int			low = 0;
	int			high = list_length(map);

	/* they often come in order */
	if (map == NIL || strcmp(((SdrPair *) llast(map))->key, key) < 0)
		low = high;
	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (strcmp(((SdrPair *) list_nth(map, middle))->key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return list_insert_nth(map, low, make_pair(key, value));
}

/* Add one of many entries; the map is to be sorted at the end. */
List *
sdr_map_append(List *map, const char *key, const char *value)
{
	return lappend(map, make_pair(key, value));
}

/* The pair with this key; NULL if there is none. */
const SdrPair *
sdr_map_find(const List *map, const char *key)
{
	const ListCell *lc;

	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);

		if (strcmp(pair->key, key) == 0)
			return pair;
	}
	return NULL;
}

/* The value that a map has for a key; NULL if it has none. */
const char *
sdr_map_value(const List *map, const char *key)
{
	const SdrPair *pair = sdr_map_find(map, key);

	return pair == NULL ? NULL : pair->value;
}

void
sdr_map_sort(List *map)
{
	list_sort(map, compare_pairs);
}

/* Is this what the attribute is when nothing is said? */
bool
sdr_value_is_default(const SdrAttr *attr, const SdrValue *value)
{
	if (value->implied)
		return true;
	if (attr->dflt == NULL)
		return false;
	switch (value->tag)
	{
		case SDR_VALUE_UNSET:
			return true;
		case SDR_VALUE_NULL:
			return strcmp(attr->dflt, "null") == 0;
		case SDR_VALUE_BOOL:
			return value->u.boolean == (attr->dflt[0] == 't');
		case SDR_VALUE_INT:
			return attr->dflt[0] != 'n' &&
				value->u.integer == strtoll(attr->dflt, NULL, 10);
		case SDR_VALUE_TEXT:
			return strcmp(attr->dflt, value->u.text) == 0;
		case SDR_VALUE_LIST:
			return value->u.list == NIL;
		case SDR_VALUE_MAP:
			return value->u.map == NIL;
	}
	return false;
}

static const char *
schema_of(const SdrObject *object)
{
	while (object != NULL && object->kind->id != SDR_KIND_SCHEMA)
		object = object->parent;
	return object == NULL ? NULL : object->name;
}

/* The name as SQL writes it, in the form of pg_identify_object(). */
char *
sdr_object_identity(const SdrObject *object)
{
	switch (object->kind->identity)
	{
		case SDR_IDENTITY_NAME:
			return pstrdup(quote_identifier(object->name));
		case SDR_IDENTITY_QUALIFIED:
		case SDR_IDENTITY_IN_SCHEMA:
			return quote_qualified_identifier(schema_of(object), object->name);
		case SDR_IDENTITY_SQL:
			if (schema_of(object) == NULL)
				return pstrdup(object->name);
			return psprintf("%s.%s", quote_identifier(schema_of(object)),
							object->name);
		case SDR_IDENTITY_COLUMN:
			return psprintf("%s.%s", sdr_object_identity(object->parent),
							quote_identifier(object->name));
		case SDR_IDENTITY_ON_TABLE:
			return psprintf("%s on %s", quote_identifier(object->name),
							sdr_object_identity(object->parent));
		case SDR_IDENTITY_IN_PARENT:
			return psprintf("%s in %s %s", object->name,
							object->parent->kind->name,
							sdr_object_identity(object->parent));
	}
	elog(ERROR, "unrecognized identity form: %d", (int) object->kind->identity);
}
