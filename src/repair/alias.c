/*-------------------------------------------------------------------------
 *
 * alias.c
 *	  What an object has under another name: the type of a table's rows, the
 *	  multirange type of a range type.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"

/* An attribute of the object, and what it is of the type behind it. */
static const struct
{
	SdrAttrId	attr;
	SdrAttrId	of_type;
	SdrAttrId	owner;
	SdrAttrId	name;			/* NONE: the object's own */
}			aliases[] = {
	{SDR_TABLE_ROW_TYPE_PRIVILEGES, SDR_ENUM_PRIVILEGES, SDR_TABLE_OWNER, SDR_ATTR_NONE},
	{SDR_TABLE_ROW_TYPE_COMMENT, SDR_ENUM_COMMENT, SDR_TABLE_OWNER, SDR_ATTR_NONE},
	{SDR_TABLE_ROW_TYPE_SECURITY_LABELS, SDR_ENUM_SECURITY_LABELS, SDR_TABLE_OWNER, SDR_ATTR_NONE},
	{SDR_VIEW_ROW_TYPE_PRIVILEGES, SDR_ENUM_PRIVILEGES, SDR_VIEW_OWNER, SDR_ATTR_NONE},
	{SDR_VIEW_ROW_TYPE_COMMENT, SDR_ENUM_COMMENT, SDR_VIEW_OWNER, SDR_ATTR_NONE},
	{SDR_VIEW_ROW_TYPE_SECURITY_LABELS, SDR_ENUM_SECURITY_LABELS, SDR_VIEW_OWNER, SDR_ATTR_NONE},
	{SDR_MATVIEW_ROW_TYPE_PRIVILEGES, SDR_ENUM_PRIVILEGES, SDR_MATVIEW_OWNER, SDR_ATTR_NONE},
	{SDR_MATVIEW_ROW_TYPE_COMMENT, SDR_ENUM_COMMENT, SDR_MATVIEW_OWNER, SDR_ATTR_NONE},
	{SDR_MATVIEW_ROW_TYPE_SECURITY_LABELS, SDR_ENUM_SECURITY_LABELS, SDR_MATVIEW_OWNER, SDR_ATTR_NONE},
	{SDR_RANGE_MULTIRANGE_PRIVILEGES, SDR_ENUM_PRIVILEGES, SDR_RANGE_OWNER, SDR_RANGE_MULTIRANGE_TYPE},
	{SDR_RANGE_MULTIRANGE_COMMENT, SDR_ENUM_COMMENT, SDR_RANGE_OWNER, SDR_RANGE_MULTIRANGE_TYPE},
	{SDR_RANGE_MULTIRANGE_SECURITY_LABELS, SDR_ENUM_SECURITY_LABELS, SDR_RANGE_OWNER, SDR_RANGE_MULTIRANGE_TYPE},
};

/*
 * The type as an object of its own, with the one attribute.  Which kind of
 * type it is makes no difference to the statements.
 */
static const SdrObject *
type_behind(const SdrObject *object, int i)
{
	const char *name = aliases[i].name == SDR_ATTR_NONE ? object->name :
	sdr_plain_name(sdr_text(object, aliases[i].name));
	SdrObject  *type = sdr_object_new(SDR_KIND_ENUM, name, NULL);
	const char *owner = sdr_text(object, aliases[i].owner);
	SdrValue   *value = sdr_value(type, aliases[i].of_type);

	type->parent = object->parent;
	*value = *sdr_value(object, aliases[i].attr);
	if (owner == NULL)
		return type;
	*sdr_value(type, SDR_ENUM_OWNER) = *sdr_value(object, aliases[i].owner);
	if (aliases[i].of_type == SDR_ENUM_PRIVILEGES &&
		value->tag == SDR_VALUE_UNSET)
	{
		value->tag = SDR_VALUE_MAP;
		value->u.map = sdr_default_privileges(SDR_KIND_ENUM, owner);
	}
	return type;
}

/* Mend such an attribute. */
void
sdr_mend_alias(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);

	for (int i = 0; i < lengthof(aliases); i++)
	{
		if (aliases[i].attr == mend->id)
			sdr_mend_common(plan, type_behind(want, i),
							type_behind(mend->have, i), aliases[i].of_type);
	}
}

/* Give a new object what is not as on every new one. */
void
sdr_make_aliases(SdrPlan *plan, const SdrObject *object)
{
	for (int i = 0; i < lengthof(aliases); i++)
	{
		const SdrValue *value;

		if (sdr_attr(aliases[i].attr)->kind != object->kind->id)
			continue;
		value = sdr_value(object, aliases[i].attr);
		if (!sdr_value_is_none(value) && !value->implied)
			sdr_mend_common(plan, type_behind(object, i), NULL,
							aliases[i].of_type);
	}
}
