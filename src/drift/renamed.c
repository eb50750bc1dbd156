/*-------------------------------------------------------------------------
 *
 * renamed.c
 *	  Objects that are called otherwise than in the document.
 *
 * The option "renamed" says which object is which, as oids tell it.  In the
 * document the object, and its columns, are given the names that they have
 * now, so that they are compared with themselves; what they were called is
 * reported.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/drift.h"

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

/*
 * Have the document speak of objects by their present names.  All are taken
 * out before any is put back, as names can change places.
 */
void
sdr_renamed_apply(SdrDocument *document, const List *renamed)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, renamed)
	{
		SdrRenamed *r = lfirst(lc);

		if (r->kind->id == SDR_KIND_SCHEMA)
			continue;
		r->node = sdr_document_take(document, r->kind, r->old_schema,
									r->old_name);
		if (r->node == NULL)
			continue;
		r->node->item.name = r->new_name;
		taken = lappend(taken, r);
	}
	foreach(lc, renamed)
	{
		SdrRenamed *r = lfirst(lc);

		if (r->kind->id == SDR_KIND_SCHEMA)
			sdr_document_rename_schema(document, r->old_name, r->new_name);
	}
	foreach(lc, taken)
	{
		SdrRenamed *r = lfirst(lc);

		/* in a schema that the document does not speak of it is missing */
		r->moved = !same_name(schema_now(renamed, r->old_schema),
							  r->new_schema);
		if (!sdr_document_put(document, r->node, r->new_schema))
		{
			r->node->item.name = r->old_name;
			(void) sdr_document_put(document, r->node,
									schema_now(renamed, r->old_schema));
			r->node = NULL;
		}
	}
}

/* What was renamed to the object of this name; NULL if nothing. */
static const SdrRenamed *
find(const List *renamed, const SdrKind *kind, const char *schema,
	 const char *name)
{
	ListCell   *lc;

	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (r->kind == kind && strcmp(r->new_name, name) == 0 &&
			(kind->id == SDR_KIND_SCHEMA ||
			 (r->node != NULL && same_name(r->new_schema, schema))))
			return r;
	}
	return NULL;
}

static void
emit(const SdrComparison *cmp, const SdrObject *object, const char *expected,
	 const char *actual)
{
	SdrDrift	drift = {SDR_DRIFT_RENAMED, object, "name", expected, actual,
	object->kind->missing};

	cmp->emit(cmp->emit_arg, &drift);
}

static SdrObject *
find_column(const SdrObject *object, const char *name)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];

		if (child->kind->id == SDR_KIND_COLUMN &&
			strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

/* Give columns of the expected object their present names. */
static void
rename_columns(const SdrComparison *cmp, const List *columns,
			   SdrObject *expected, const SdrObject *actual)
{
	List	   *found = NIL;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, columns)
	{
		const SdrRename *rename = lfirst(lc);

		found = lappend(found, find_column(actual, rename->to) == NULL ? NULL :
						find_column(expected, rename->from));
	}
	forboth(lc, columns, lc2, found)
	{
		const SdrRename *rename = lfirst(lc);
		SdrObject  *column = lfirst(lc2);

		if (column == NULL || column->absent)
			continue;
		column->name = rename->to;
		emit(cmp, find_column(actual, rename->to), rename->from, rename->to);
	}
	sdr_object_sort(expected);
}

/* What a schema or another object was called, as far as it has changed. */
static const char *
old_text(const SdrRenamed *r)
{
	return r->moved ? psprintf("%s.%s", r->old_schema, r->old_name) :
		r->old_name;
}

/*
 * Report that the object was renamed, if it was, and prepare expected for the
 * comparison, which is to take names for the same that are.
 */
void
sdr_renamed_compare(SdrComparison *cmp, const List *renamed,
					SdrObject *expected, const SdrObject *actual)
{
	const char *schema = actual->parent == NULL ? NULL : actual->parent->name;
	const SdrRenamed *own = find(renamed, actual->kind, schema, actual->name);
	List	   *names = NIL;
	ListCell   *lc;

	cmp->renames = NIL;
	if (renamed == NIL || expected->absent)
		return;
	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (strcmp(r->old_name, r->new_name) != 0)
			names = sdr_rename_add(names, r->old_name, r->new_name);
		if (r->moved)
			names = sdr_rename_add(names, r->old_schema, r->new_schema);
	}
	if (own != NULL)
	{
		if (own->moved || strcmp(own->old_name, own->new_name) != 0)
			emit(cmp, actual, old_text(own), own->moved ?
				 psprintf("%s.%s", own->new_schema, own->new_name) :
				 own->new_name);
		if (expected->any_of == NIL)
		{
			rename_columns(cmp, own->columns, expected, actual);
			names = list_concat_copy(names, own->columns);
		}
	}
	cmp->renames = names;
}
