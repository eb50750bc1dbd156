/*-------------------------------------------------------------------------
 *
 * wanted.c
 *	  What an object is to be, where one side says only a part of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"

/* The default of an attribute as a value; UNSET if there is no fixed one. */
static SdrValue
default_value(const SdrAttr *attr)
{
	SdrValue	value = {SDR_VALUE_UNSET};

	if (attr->dflt == NULL)
		return value;
	if (strcmp(attr->dflt, "null") == 0)
		value.tag = SDR_VALUE_NULL;
	else if (strcmp(attr->dflt, "[]") == 0)
		value.tag = SDR_VALUE_LIST;
	else if (strcmp(attr->dflt, "{}") == 0)
		value.tag = SDR_VALUE_MAP;
	else if (attr->type == SDR_TYPE_BOOL)
	{
		value.tag = SDR_VALUE_BOOL;
		value.u.boolean = attr->dflt[0] == 't';
	}
	else if (attr->type == SDR_TYPE_INT)
	{
		value.tag = SDR_VALUE_INT;
		value.u.integer = strtoll(attr->dflt, NULL, 10);
	}
	else
	{
		value.tag = SDR_VALUE_TEXT;
		value.u.text = attr->dflt;
	}
	return value;
}

/* What an attribute of an object is to be; UNSET for what the server picks. */
SdrValue
sdr_wanted_value(const SdrObject *want, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(want, attr);

	return value->tag != SDR_VALUE_UNSET ? *value :
		default_value(sdr_attr(attr));
}

static const SdrObject *
find_child(const SdrObject *object, const SdrKind *kind, const char *name)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		const SdrObject *child = object->children[i];

		if (child->kind == kind && strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

static void
merge_into(SdrObject *result, const SdrObject *want, const SdrObject *have)
{
	result->oid = have != NULL ? have->oid : want->oid;
	result->attnum = have != NULL ? have->attnum : want->attnum;
	/* so that it can be merged again */
	result->exact = want->exact;
	result->complete = want->complete;
	for (int i = 0; i < SDR_NATTRS(want->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(want->kind->first_attr + i);

		result->attrs[i] = want->attrs[i];
		if (want->attrs[i].tag != SDR_VALUE_UNSET || have == NULL)
			continue;
		if (!want->exact ||
			(attr->dflt == NULL && (attr->flags & SDR_ATTR_IMPLIED) == 0))
			result->attrs[i] = have->attrs[i];
	}

	for (int i = 0; i < want->nchildren; i++)
	{
		const SdrObject *child = want->children[i];

		if (!child->absent)
			merge_into(sdr_object_new(child->kind->id, child->name, result),
					   child, have == NULL ? NULL :
					   find_child(have, child->kind, child->name));
	}
	for (int i = 0; have != NULL && i < have->nchildren; i++)
	{
		const SdrObject *child = have->children[i];

		if ((want->complete & SDR_KIND_BIT(child->kind->id)) == 0 &&
			find_child(want, child->kind, child->name) == NULL)
			merge_into(sdr_object_new(child->kind->id, child->name, result),
					   child, NULL);
	}
}

/*
 * The whole of an object of which want may say only a part: what it leaves
 * open stays as it is in have, which may be NULL.
 */
const SdrObject *
sdr_merged(const SdrObject *want, const SdrObject *have)
{
	SdrObject  *result = sdr_object_new(want->kind->id, want->name, NULL);

	/* the parent does not know of this child */
	result->parent = want->parent;
	merge_into(result, want, have);
	sdr_object_sort(result);
	return result;
}

/* The top-level object that a part belongs to. */
const SdrObject *
sdr_top(const SdrObject *object)
{
	while (object->parent != NULL &&
		   object->parent->kind->id != SDR_KIND_SCHEMA)
		object = object->parent;
	return object;
}

/* The same part of another top-level object; NULL if there is none. */
const SdrObject *
sdr_counterpart(const SdrObject *part, const SdrObject *top)
{
	const SdrObject *parent;

	if (top == NULL)
		return NULL;
	if (part == sdr_top(part))
		return top;
	parent = sdr_counterpart(part->parent, top);
	return parent == NULL ? NULL : find_child(parent, part->kind, part->name);
}

/* Is a value null, false, none or unset? */
bool
sdr_value_is_none(const SdrValue *value)
{
	switch (value->tag)
	{
		case SDR_VALUE_UNSET:
		case SDR_VALUE_NULL:
			return true;
		case SDR_VALUE_BOOL:
			return !value->u.boolean;
		case SDR_VALUE_LIST:
			return value->u.list == NIL;
		case SDR_VALUE_MAP:
			return value->u.map == NIL;
		case SDR_VALUE_INT:
		case SDR_VALUE_TEXT:
			return false;
	}
	return true;
}

/* Does an attribute have a value other than that? */
bool
sdr_is_set(const SdrObject *object, SdrAttrId attr)
{
	return !sdr_value_is_none(sdr_value(object, attr));
}

/* Text of an attribute, its default where it is unset; NULL for none. */
const char *
sdr_text(const SdrObject *object, SdrAttrId attr)
{
	SdrValue	value = sdr_wanted_value(object, attr);

	return value.tag == SDR_VALUE_TEXT ? value.u.text : NULL;
}

bool
sdr_true(const SdrObject *object, SdrAttrId attr)
{
	SdrValue	value = sdr_wanted_value(object, attr);

	return value.tag == SDR_VALUE_BOOL && value.u.boolean;
}

/* Texts of a list, or pairs of a map. */
List *
sdr_items(const SdrObject *object, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(object, attr);

	return value->tag == SDR_VALUE_LIST ? value->u.list :
		value->tag == SDR_VALUE_MAP ? value->u.map : NIL;
}

/*
 * Are the texts of two objects of one kind the same, with what is not said
 * being the default?
 */
bool
sdr_same_texts(const SdrObject *a, const SdrObject *b)
{
	for (int i = 0; i < SDR_NATTRS(a->kind); i++)
	{
		SdrAttrId	id = a->kind->first_attr + i;
		SdrValue	x = sdr_wanted_value(a, id);
		SdrValue	y = sdr_wanted_value(b, id);

		if (sdr_is_common(id) ||
			(x.tag < SDR_VALUE_TEXT && y.tag < SDR_VALUE_TEXT) ||
			(sdr_value_is_none(&x) && sdr_value_is_none(&y)))
			continue;
		if (sdr_value_is_none(&x) || sdr_value_is_none(&y) ||
			strcmp(sdr_value_text(sdr_attr(id), &x),
				   sdr_value_text(sdr_attr(id), &y)) != 0)
			return false;
	}
	return true;
}

/* Is a text in a list of texts? */
bool
sdr_list_has(const List *texts, const char *text)
{
	const ListCell *lc;

	foreach(lc, texts)
	{
		if (strcmp(lfirst(lc), text) == 0)
			return true;
	}
	return false;
}
