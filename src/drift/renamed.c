/*-------------------------------------------------------------------------
 *
 * renamed.c
 *	  Objects that are called otherwise than in the document.
 *
 * The option "renamed" says which object is which, as oids tell it.  In the
 * document the object, and its parts, are given the names that they have now,
 * so that they are compared with themselves; what they were called is
 * reported.  Texts that differ in nothing but such names are the same.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/drift.h"
#include "utils/builtins.h"

/* The schema as it is called now. */
static const char *
schema_now(const List *renamed, const char *schema)
{
	ListCell   *lc;

	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (schema != NULL && r->kind->id == SDR_KIND_SCHEMA &&
			strcmp(r->old_name, schema) == 0)
			return r->new_name;
	}
	return schema;
}

static bool
same_name(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* ---------- names in texts ---------- */

static List *
add_name(List *names, const char *from, const char *to)
{
	return from == NULL || to == NULL || strcmp(from, to) == 0 ? names :
		sdr_new_name_add(names, from, to);
}

/* Parts whose names stand in texts of other objects like that of an object. */
static bool
is_named_anywhere(const SdrKind *kind)
{
	return kind->id == SDR_KIND_INDEX || kind->id == SDR_KIND_CONSTRAINT;
}

/* The names that an object has brought into texts, its columns' apart. */
static List *
add_names_of(List *names, const SdrRenamed *r)
{
	ListCell   *lc;

	/* of f(integer), what texts show is f */
	if (SDR_NAME_IS_SQL(r->kind))
		names = add_name(names, sdr_first_name(r->old_name),
						 sdr_first_name(r->new_name));
	else
		names = add_name(names, r->old_name, r->new_name);
	if (r->moved)
		names = add_name(names, r->old_schema, r->new_schema);
	foreach(lc, r->parts)
	{
		const SdrRenamedPart *part = lfirst(lc);

		if (is_named_anywhere(part->kind))
			names = add_name(names, part->from, part->to);
	}
	foreach(lc, r->labels)
	{
		SdrNewName *label = lfirst(lc);

		/* in the memory of the first call, which is that of the document */
		if (label->type == NULL)
			label->type = psprintf("%s.%s", quote_identifier(r->new_schema),
								   pstrdup(quote_identifier(r->new_name)));
		names = lappend(names, label);
	}
	return names;
}

/* Names of parts that only some objects show. */
static List *
add_part_names(List *names, const SdrRenamed *r)
{
	ListCell   *lc;

	foreach(lc, r->parts)
	{
		const SdrRenamedPart *part = lfirst(lc);

		names = add_name(names, part->from, part->to);
	}
	return names;
}

/* ---------- the document ---------- */

/* Schemas are renamed as objects are. */
static void
rename_schemas(SdrDocument *document, const List *renamed)
{
	List	   *taken = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		taken = lappend(taken, r->kind->id != SDR_KIND_SCHEMA ? NULL :
						sdr_document_take_schema(document, r->old_name));
	}
	forboth(lc, renamed, lc2, taken)
	{
		const SdrRenamed *r = lfirst(lc);
		SdrDocSchema *schema = lfirst(lc2);

		if (schema != NULL &&
			!sdr_document_put_schema(document, schema, r->new_name))
			(void) sdr_document_put_schema(document, schema, r->old_name);
	}
}

/*
 * Have the document speak of objects by their present names.  All are taken
 * out before any is put back, as names can change places.
 */
void
sdr_renamed_apply(SdrDocument *document, SdrOptions *options)
{
	List	   *renamed = options->renamed;
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, renamed)
	{
		SdrRenamed *r = lfirst(lc);

		if (r->kind->id == SDR_KIND_SCHEMA)
			continue;
		r->moved = !same_name(schema_now(renamed, r->old_schema),
							  r->new_schema);
		r->node = sdr_document_take(document, r->kind, r->old_schema,
									r->old_name);
		if (r->node == NULL)
			continue;
		r->node->item.name = r->new_name;
		taken = lappend(taken, r);
	}
	rename_schemas(document, renamed);
	foreach(lc, taken)
	{
		SdrRenamed *r = lfirst(lc);

		/* in a schema that the document does not speak of it is missing */
		if (!sdr_document_put(document, r->node, r->new_schema))
		{
			r->node->item.name = r->old_name;
			(void) sdr_document_put(document, r->node,
									schema_now(renamed, r->old_schema));
			r->node = NULL;
		}
	}
	options->new_names = options->global_names = NIL;
	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		options->new_names = add_names_of(options->new_names, r);
		if (r->kind->id == SDR_KIND_SCHEMA ||
			(SDR_KIND_BIT(r->kind->id) & sdr_global_kinds()) != 0)
			options->global_names = add_names_of(options->global_names, r);
	}
}

/* ---------- an object ---------- */

/* What was renamed to the object of this name; NULL if nothing. */
static const SdrRenamed *
find(const List *renamed, const SdrObject *actual)
{
	const char *schema = actual->parent == NULL ? NULL : actual->parent->name;
	ListCell   *lc;

	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (r->kind == actual->kind && strcmp(r->new_name, actual->name) == 0 &&
			(r->kind->id == SDR_KIND_SCHEMA ||
			 (r->node != NULL && same_name(r->new_schema, schema))))
			return r;
	}
	return NULL;
}

static void
emit(const SdrComparison *cmp, const SdrObject *object, const char *attribute,
	 const char *expected, const char *actual)
{
	SdrDrift	drift = {SDR_DRIFT_RENAMED, object, attribute, expected, actual,
	object->kind->missing};

	cmp->emit(cmp->emit_arg, &drift);
}

static SdrObject *
find_part(const SdrObject *object, const SdrKind *kind, const char *name)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];

		if (child->kind == kind && strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

/* Take out a part that is not there, as another one has got its name. */
static void
remove_gone(const SdrComparison *cmp, const List *found, const SdrKind *kind,
			const char *name, SdrObject *expected)
{
	SdrObject  *gone = find_part(expected, kind, name);
	int			n = 0;

	if (gone == NULL || list_member_ptr(found, gone))
		return;
	sdr_compare_missing(cmp, gone);
	for (int i = 0; i < expected->nchildren; i++)
	{
		if (expected->children[i] != gone)
			expected->children[n++] = expected->children[i];
	}
	expected->nchildren = n;
}

/* Give parts of the expected object their present names. */
static void
rename_parts(const SdrComparison *cmp, const List *parts,
			 SdrObject *expected, const SdrObject *actual)
{
	List	   *found = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, parts)
	{
		const SdrRenamedPart *part = lfirst(lc);
		SdrObject  *child = find_part(actual, part->kind, part->to) == NULL ?
		NULL : find_part(expected, part->kind, part->from);

		found = lappend(found, child != NULL && child->absent ? NULL : child);
	}
	forboth(lc, parts, lc2, found)
	{
		const SdrRenamedPart *part = lfirst(lc);

		if (lfirst(lc2) != NULL)
			remove_gone(cmp, found, part->kind, part->to, expected);
	}
	forboth(lc, parts, lc2, found)
	{
		const SdrRenamedPart *part = lfirst(lc);
		SdrObject  *child = lfirst(lc2);

		if (child == NULL)
			continue;
		child->name = part->to;
		emit(cmp, find_part(actual, part->kind, part->to), "name", part->from,
			 part->to);
	}
}

/* Parts that are called by the names of other objects, such as s.t. */
static void
respell_parts(const SdrComparison *cmp, SdrObject *expected,
			  const SdrObject *actual)
{
	for (int i = 0; i < expected->nchildren; i++)
	{
		SdrObject  *child = expected->children[i];

		if (!SDR_NAME_IS_SQL(child->kind) ||
			find_part(actual, child->kind, child->name) != NULL)
			continue;
		for (int j = 0; j < actual->nchildren; j++)
		{
			const SdrObject *other = actual->children[j];

			if (other->kind == child->kind &&
				sdr_same_but_renamed(cmp->renames, child->name, other->name))
				child->name = other->name;
		}
	}
}

/*
 * Report labels that are called otherwise, all in one row, and give them
 * their present names.
 */
static void
rename_labels(const SdrComparison *cmp, const List *renamed,
			  SdrObject *expected, const SdrObject *actual)
{
	const SdrAttr *attr = sdr_attr(SDR_ENUM_LABELS);
	SdrValue   *value = sdr_value(expected, SDR_ENUM_LABELS);
	SdrValue	present = *value;
	bool		any = false;
	ListCell   *lc;

	if (value->tag != SDR_VALUE_LIST)
		return;
	present.u.list = NIL;
	foreach(lc, value->u.list)
	{
		const char *label = lfirst(lc);
		ListCell   *r;

		foreach(r, renamed)
		{
			const SdrNewName *name = lfirst(r);

			if (strcmp(name->from, lfirst(lc)) == 0)
				label = name->to;
		}
		any = any || label != lfirst(lc);
		present.u.list = lappend(present.u.list, unconstify(char *, label));
	}
	if (!any)
		return;
	emit(cmp, actual, attr->name, sdr_value_text(attr, value),
		 sdr_value_text(attr, &present));
	*value = present;
}

/*
 * A document does not say what the server has made of the names that there
 * were.  Where that has stayed, it is as expected.
 */
static void
keep_made_names(SdrObject *expected, const SdrObject *actual,
				const char *name1, const char *name2)
{
	for (int i = 0; i < SDR_NMADE_NAMES; i++)
	{
		SdrAttrId	attr = sdr_made_names[i].attr;
		const SdrValue *value;

		if (sdr_attr(attr)->kind != expected->kind->id ||
			sdr_value(expected, attr)->tag != SDR_VALUE_UNSET)
			continue;
		value = sdr_value(actual, attr);
		if (value->tag == SDR_VALUE_TEXT && !value->implied &&
			sdr_is_made_name(value->u.text, name1, name2, sdr_made_names[i].label))
			sdr_set_text(expected, attr, value->u.text);
	}
}

/* The same of an object and its columns, which have their new names. */
static void
keep_all_made_names(const SdrRenamed *own, SdrObject *expected,
					const SdrObject *actual)
{
	keep_made_names(expected, actual, own->old_name, NULL);
	for (int i = 0; i < expected->nchildren; i++)
	{
		SdrObject  *child = expected->children[i];
		const SdrObject *other = find_part(actual, child->kind, child->name);
		const char *name = child->name;
		ListCell   *lc;

		foreach(lc, own->parts)
		{
			const SdrRenamedPart *part = lfirst(lc);

			if (part->kind == child->kind && strcmp(part->to, name) == 0)
				name = part->from;
		}
		if (other != NULL)
			keep_made_names(child, other, own->old_name, name);
	}
}

/* What a schema or another object was called, as far as it has changed. */
static const char *
old_text(const SdrRenamed *r)
{
	return r->moved ? psprintf("%s.%s", r->old_schema, r->old_name) :
		r->old_name;
}

/*
 * Report what of the whole cluster was renamed and is no object of the
 * document, which only mentions it.
 */
void
sdr_renamed_report(const SdrComparison *cmp, const SdrOptions *options)
{
	ListCell   *lc;

	foreach(lc, options->renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (r->node == NULL && (SDR_KIND_BIT(r->kind->id) & sdr_global_kinds()) != 0)
			emit(cmp, sdr_object_new(r->kind->id, r->new_name, NULL), "name",
				 r->old_name, r->new_name);
	}
}

/*
 * Is the object itself called otherwise?  What has names of others in its own,
 * such as f(s.a), is not when only these are.
 */
static bool
is_renamed(const SdrOptions *options, const SdrRenamed *r)
{
	List	   *names = NIL;
	ListCell   *lc;

	if (r->moved || strcmp(r->old_name, r->new_name) == 0)
		return r->moved;
	if (!SDR_NAME_IS_SQL(r->kind))
		return true;
	foreach(lc, options->renamed)
	{
		if (lfirst(lc) != r)
			names = add_names_of(names, lfirst(lc));
	}
	return !sdr_same_but_renamed(names, r->old_name, r->new_name);
}

/* The names that may stand for others in texts of the object. */
static List *
names_for(const SdrOptions *options, const SdrSource *source,
		  const SdrItem *item, const SdrRenamed *own)
{
	List	   *names = options->new_names;
	ListCell   *lc;

	foreach(lc, options->renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (r->parts == NIL ||
			(r != own && (item == NULL || source->shows == NULL ||
						  !source->shows(source->arg, item, r))))
			continue;
		if (names == options->new_names)
			names = list_copy(names);
		names = add_part_names(names, r);
	}
	return names;
}

/*
 * Report that the object or parts of it were renamed, if so, and prepare
 * expected for the comparison, which is to take names for the same that are.
 */
void
sdr_renamed_compare(SdrComparison *cmp, const SdrOptions *options,
					const SdrSource *source, const SdrItem *item,
					SdrObject *expected, const SdrObject *actual)
{
	const SdrRenamed *own;

	cmp->renames = NIL;
	if (options->renamed == NIL || expected->absent)
		return;
	own = find(options->renamed, actual);
	cmp->renames = names_for(options, source, item, own);
	cmp->untold = options->global_names;
	if (own != NULL && is_renamed(options, own))
		emit(cmp, actual, "name", old_text(own), own->moved ?
			 psprintf("%s.%s", own->new_schema, own->new_name) :
			 own->new_name);
	if (expected->any_of != NIL)
		return;
	if (own != NULL)
	{
		if (own->labels != NIL)
			rename_labels(cmp, own->labels, expected, actual);
		rename_parts(cmp, own->parts, expected, actual);
		keep_all_made_names(own, expected, actual);
	}
	respell_parts(cmp, expected, actual);
	sdr_object_sort(expected);
}
