/*-------------------------------------------------------------------------
 *
 * respell.c
 *	  Objects as they will be called when others have been renamed.
 *
 * The server carries a new name to all that mentions the object, but for
 * bodies of functions that are text.  Here the same is done to what was read:
 * in texts, where all names are qualified, and in the names of parts.  Should
 * a text come out other than the server will write it, the object is seen as
 * changed and made again: that is more than need be, but not wrong.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* Attributes that are lists of names as they are, of columns of the table. */
static const SdrAttrId column_lists[] = {
	SDR_CONSTRAINT_COLUMNS, SDR_CONSTRAINT_INCLUDE,
	SDR_CONSTRAINT_ON_DELETE_COLUMNS, SDR_INDEX_INCLUDE, SDR_TRIGGER_COLUMNS,
	SDR_PUBLISHED_TABLE_COLUMNS
};

/* Attributes that are names, as they are, of what is in no schema. */
static const struct
{
	SdrAttrId	attr;
	SdrKindId	kind;
}			plain_names[] = {
	{SDR_CONSTRAINT_REFERENCES_SCHEMA, SDR_KIND_SCHEMA},
	{SDR_PUBLICATION_SCHEMAS, SDR_KIND_SCHEMA},
	{SDR_EXTENSION_SCHEMA, SDR_KIND_SCHEMA},
	{SDR_FOREIGN_SERVER_WRAPPER, SDR_KIND_FDW},
	{SDR_TABLE_SERVER, SDR_KIND_FOREIGN_SERVER},
	{SDR_SUBSCRIPTION_SERVER, SDR_KIND_FOREIGN_SERVER},
	{SDR_FUNCTION_LANGUAGE, SDR_KIND_LANGUAGE},
	{SDR_PROCEDURE_LANGUAGE, SDR_KIND_LANGUAGE},
	{SDR_POLICY_ROLES, SDR_KIND_ROLE},
	{SDR_DATABASE_TABLESPACE, SDR_KIND_TABLESPACE},
	{SDR_TABLE_TABLESPACE, SDR_KIND_TABLESPACE},
	{SDR_MATVIEW_TABLESPACE, SDR_KIND_TABLESPACE},
	{SDR_CONSTRAINT_TABLESPACE, SDR_KIND_TABLESPACE},
	{SDR_INDEX_TABLESPACE, SDR_KIND_TABLESPACE},
};

/* Kinds of which the name has such a name in it, the last behind a text. */
static const struct
{
	SdrKindId	kind;
	const char *before;
	SdrKindId	named;
}			composed_names[] = {
	{SDR_KIND_USER_MAPPING, "", SDR_KIND_ROLE},
	{SDR_KIND_USER_MAPPING, " on server ", SDR_KIND_FOREIGN_SERVER},
	{SDR_KIND_TRANSFORM, " on language ", SDR_KIND_LANGUAGE},
	{SDR_KIND_DEFAULT_PRIVILEGES, "for role ", SDR_KIND_ROLE},
	{SDR_KIND_DEFAULT_PRIVILEGES, " in schema ", SDR_KIND_SCHEMA},
};

/* Lists and maps of texts with names in them. */
static const SdrAttrId lists_of_texts[] = {
	SDR_OPERATOR_CLASS_OPERATORS, SDR_OPERATOR_CLASS_FUNCTIONS,
	SDR_OPERATOR_FAMILY_OPERATORS, SDR_OPERATOR_FAMILY_FUNCTIONS,
	SDR_TS_CONFIGURATION_MAPPINGS, SDR_CONSTRAINT_OPERATORS
};

/* Texts that mean nothing to the server. */
static const SdrAttrId plain_texts[] = {
	SDR_FUNCTION_BODY, SDR_PROCEDURE_BODY, SDR_FUNCTION_LIBRARY,
	SDR_PROCEDURE_LIBRARY
};

static bool
is_among(const SdrAttrId *attrs, int n, SdrAttrId attr)
{
	for (int i = 0; i < n; i++)
	{
		if (attrs[i] == attr)
			return true;
	}
	return false;
}

static bool
ends_in_comment(const char *name)
{
	int			len = strlen(name);

	return len >= 7 && strcmp(name + len - 7, "comment") == 0;
}

/* Names of columns, of the table with that identity. */
static List *
respell_columns(const List *renames, const char *table, const List *names)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, names)
	{
		const char *name = sdr_part_renamed(renames, SDR_KIND_COLUMN, table,
											lfirst(lc));

		result = lappend(result, name == NULL ? lfirst(lc) :
						 unconstify(char *, name));
	}
	return result;
}

/* What a foreign key refers to. */
static void
respell_reference(const List *renames, const SdrObject *constraint)
{
	SdrValue   *schema = sdr_value(constraint, SDR_CONSTRAINT_REFERENCES_SCHEMA);
	SdrValue   *table = sdr_value(constraint, SDR_CONSTRAINT_REFERENCES_TABLE);
	SdrValue   *columns = sdr_value(constraint,
									SDR_CONSTRAINT_REFERENCES_COLUMNS);
	const SdrRenaming *rename;

	if (schema->tag != SDR_VALUE_TEXT || table->tag != SDR_VALUE_TEXT)
		return;
	rename = sdr_find_renaming(renames, SDR_KIND_TABLE, schema->u.text, table->u.text);
	if (rename != NULL)
	{
		schema->u.text = rename->new_schema;
		table->u.text = rename->new_name;
	}
	if (columns->tag == SDR_VALUE_LIST)
		columns->u.list =
			respell_columns(renames,
							quote_qualified_identifier(schema->u.text,
													   table->u.text),
							columns->u.list);
}

/* The index that an attribute of the table names, after a prefix. */
static void
respell_own_index(const List *renames, const char *top, SdrValue *value,
				  const char *prefix)
{
	int			len = strlen(prefix);
	const char *name;

	if (value->tag != SDR_VALUE_TEXT ||
		strncmp(value->u.text, prefix, len) != 0)
		return;
	name = sdr_part_renamed(renames, SDR_KIND_INDEX, top, value->u.text + len);
	if (name == NULL)
		name = sdr_part_renamed(renames, SDR_KIND_CONSTRAINT, top,
								value->u.text + len);
	if (name != NULL)
		value->u.text = psprintf("%s%s", prefix, name);
}

/* The new name of what is in no schema, or its own. */
static const char *
plain_name(const List *renames, SdrKindId kind, const char *name)
{
	const SdrRenaming *rename = sdr_find_renaming(renames, kind, "", name);

	return rename == NULL ? name : rename->new_name;
}

/* An attribute that is such a name, or a list of them; false for others. */
static bool
respell_plain_names(const List *renames, SdrAttrId id, SdrValue *value)
{
	ListCell   *lc;

	for (int i = 0; i < lengthof(plain_names); i++)
	{
		SdrKindId	kind = plain_names[i].kind;

		if (plain_names[i].attr != id)
			continue;
		if (value->tag == SDR_VALUE_TEXT)
			value->u.text = plain_name(renames, kind, value->u.text);
		else if (value->tag == SDR_VALUE_LIST)
		{
			value->u.list = list_copy(value->u.list);
			foreach(lc, value->u.list)
				lfirst(lc) = unconstify(char *, plain_name(renames, kind,
														   lfirst(lc)));
			value->u.list = sdr_list_sort(value->u.list);
		}
		return true;
	}
	return false;
}

/* Privileges by role. */
static void
respell_privileges(const List *renames, SdrValue *value)
{
	List	   *map = NIL;
	const ListCell *lc;

	foreach(lc, value->tag == SDR_VALUE_MAP ? value->u.map : NIL)
	{
		const SdrPair *pair = lfirst(lc);

		map = sdr_map_append(map, plain_name(renames, SDR_KIND_ROLE, pair->key),
							 pair->value);
	}
	if (value->tag != SDR_VALUE_MAP)
		return;
	sdr_map_sort(map);
	value->u.map = map;
}

/* The name of an object which has another in it. */
static void
respell_composed_name(const List *renames, SdrObject *object)
{
	for (int i = 0; i < lengthof(composed_names); i++)
	{
		const char *before = composed_names[i].before;
		const char *at = *before == '\0' ? object->name : NULL;
		char		name[NAMEDATALEN];
		const char *new_name;
		const char *rest;

		if (composed_names[i].kind != object->kind->id)
			continue;
		for (const char *p = object->name;
			 *before != '\0' && (p = strstr(p, before)) != NULL;)
			at = p += strlen(before);
		rest = at == NULL ? NULL : sdr_read_name(at, name);
		if (rest == NULL)
			continue;
		new_name = plain_name(renames, composed_names[i].named, name);
		if (new_name != name)
			object->name = psprintf("%.*s%s%s", (int) (at - object->name),
									object->name, quote_identifier(new_name),
									rest);
	}
}

static void
respell_items(const List *renames, const char *top, SdrValue *value)
{
	List	   *map = NIL;
	ListCell   *lc;

	if (value->tag == SDR_VALUE_LIST)
	{
		value->u.list = list_copy(value->u.list);
		foreach(lc, value->u.list)
			lfirst(lc) = unconstify(char *, sdr_respell_text(renames, top,
															 lfirst(lc)));
	}
	else if (value->tag == SDR_VALUE_MAP)
	{
		foreach(lc, value->u.map)
		{
			const SdrPair *pair = lfirst(lc);

			map = sdr_map_append(map, pair->key,
								 sdr_respell_text(renames, top, pair->value));
		}
		value->u.map = map;
	}
}

/* One attribute of an object or of a part of it. */
static void
respell_value(const List *renames, const char *top, const SdrAttr *attr,
			  SdrAttrId id, SdrValue *value)
{
	/* the names of a view's columns are none of those in its query */
	if (attr->type == SDR_TYPE_QUERY)
		top = "";
	if (attr->type == SDR_TYPE_PRIVILEGES)
	{
		respell_privileges(renames, value);
		return;
	}
	if (value->tag == SDR_VALUE_TEXT && strcmp(attr->name, "owner") == 0)
	{
		value->u.text = plain_name(renames, SDR_KIND_ROLE, value->u.text);
		return;
	}
	if (is_among(column_lists, lengthof(column_lists), id))
	{
		if (value->tag == SDR_VALUE_LIST)
			value->u.list = respell_columns(renames, top, value->u.list);
		if (value->tag == SDR_VALUE_LIST && (attr->flags & SDR_ATTR_SET) != 0)
			value->u.list = sdr_list_sort(value->u.list);
		return;
	}
	if (respell_plain_names(renames, id, value) ||
		id == SDR_STATISTICS_COLUMNS || id == SDR_OPERATOR_CLASS_FAMILY ||
		(attr->type != SDR_TYPE_TEXT && attr->type < SDR_TYPE_TYPE &&
		 !is_among(lists_of_texts, lengthof(lists_of_texts), id)) ||
		is_among(plain_texts, lengthof(plain_texts), id) ||
		ends_in_comment(attr->name))
		return;
	if (value->tag == SDR_VALUE_TEXT &&
		(attr->type != SDR_TYPE_TEXT || strchr(value->u.text, '.') != NULL))
		value->u.text = sdr_respell_text(renames, top, value->u.text);
	else
		respell_items(renames, top, value);
}

/* Is there what has the name? */
static bool
has_made_name(const SdrObject *object, SdrAttrId attr)
{
	switch (attr)
	{
		case SDR_COLUMN_IDENTITY_SEQUENCE:
			return sdr_is_set(object, SDR_COLUMN_IDENTITY_GENERATION);
		case SDR_COLUMN_NOT_NULL_NAME:
			return sdr_true(object, SDR_COLUMN_NOT_NULL);
		case SDR_DOMAIN_NOT_NULL_NAME:
			return sdr_true(object, SDR_DOMAIN_NOT_NULL);
		default:
			return false;
	}
}

/*
 * NOT NULL that is only inherited has the name of the parent's, which is not
 * compared either.  That a document does not say more of an inherited column
 * may mean that.
 */
static bool
has_name_of_parent(const SdrObject *column, SdrAttrId attr)
{
	const SdrValue *local;

	if (attr != SDR_COLUMN_NOT_NULL_NAME)
		return false;
	local = sdr_value(column, SDR_COLUMN_NOT_NULL_LOCAL);
	if (local->tag == SDR_VALUE_BOOL)
		return !local->u.boolean;
	return sdr_true(column, SDR_COLUMN_INHERITED) && !sdr_is_set(column, attr);
}

/* One of them, which would be made like that now. */
static void
fix_made_name(SdrValue *value, const char *made, bool before)
{
	if (before && (value->tag == SDR_VALUE_UNSET || value->implied))
	{
		value->tag = SDR_VALUE_TEXT;
		value->u.text = made;
		value->implied = false;
	}
	else if (!before && value->tag == SDR_VALUE_TEXT)
		value->implied = strcmp(value->u.text, made) == 0;
}

/*
 * Names that the server makes of others are null in documents.  They stay
 * when the others change: say so before, and take it back after that.  name2
 * is NULL where the object alone gives the name.
 */
static void
fix_made_names(const SdrObject *object, const char *name1, const char *name2,
			   bool before)
{
	/* of what says only a part of itself it may be any */
	if (!object->exact && !OidIsValid(object->oid))
		return;
	for (int i = 0; i < SDR_NMADE_NAMES; i++)
	{
		SdrAttrId	attr = sdr_made_names[i].attr;

		if (sdr_attr(attr)->kind == object->kind->id &&
			has_made_name(object, attr) && !has_name_of_parent(object, attr))
			fix_made_name(sdr_value(object, attr),
						  makeObjectName(name1, name2,
										 sdr_made_names[i].label), before);
	}
}

static void
fix_all_made_names(const SdrObject *object, bool before)
{
	fix_made_names(object, object->name, NULL, before);
	for (int i = 0; object->kind->id == SDR_KIND_TABLE &&
		 i < object->nchildren; i++)
		fix_made_names(object->children[i], object->name,
					   object->children[i]->name, before);
}

/* The statement that makes a rule begins with its name. */
static void
respell_rule(const SdrObject *rule)
{
	SdrValue   *value = sdr_value(rule, SDR_RULE_DEFINITION);
	const char *head = "CREATE RULE ";
	char		name[NAMEDATALEN];
	const char *rest;

	if (value->tag != SDR_VALUE_TEXT ||
		strncmp(value->u.text, head, strlen(head)) != 0)
		return;
	rest = sdr_read_name(value->u.text + strlen(head), name);
	if (rest != NULL)
		value->u.text = psprintf("%s%s%s", head, quote_identifier(rule->name),
								 rest);
}

static void
respell_texts(const List *renames, const char *top, SdrObject *object)
{
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
		respell_value(renames, top, sdr_attr(object->kind->first_attr + i),
					  object->kind->first_attr + i, &object->attrs[i]);
	if (object->kind->id == SDR_KIND_CONSTRAINT)
		respell_reference(renames, object);
	if (object->kind->id == SDR_KIND_STATISTICS)
	{
		SdrValue   *columns = sdr_value(object, SDR_STATISTICS_COLUMNS);
		const char *table = sdr_text(object, SDR_STATISTICS_TABLE);

		if (columns->tag == SDR_VALUE_LIST && table != NULL)
			columns->u.list = sdr_list_sort(respell_columns(renames, table,
															columns->u.list));
	}
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];
		const char *name = sdr_part_renamed(renames, child->kind->id, top,
											child->name);
		const char *its = top;

		/* the name is that of a table, which it is about */
		if (child->kind->identity == SDR_IDENTITY_IN_PARENT)
			its = child->name = sdr_respell_text(renames, "", child->name);
		respell_texts(renames, its, child);
		if (name == NULL)
			continue;
		child->name = name;
		if (child->kind->id == SDR_KIND_RULE)
			respell_rule(child);
	}
}

/*
 * A class of operators that names no family has the one of its own name, which
 * keeps its name when the class gets another.
 */
static void
fix_family(const SdrObject *class, bool before)
{
	SdrValue   *value = sdr_value(class, SDR_OPERATOR_CLASS_FAMILY);
	const char *own = quote_qualified_identifier(class->parent->name,
												 sdr_bare_name(class));

	if (before && (value->tag == SDR_VALUE_UNSET || value->implied) &&
		(class->exact || OidIsValid(class->oid)))
	{
		value->tag = SDR_VALUE_TEXT;
		value->u.text = own;
		value->implied = false;
	}
	else if (!before && value->tag == SDR_VALUE_TEXT)
		value->implied = strcmp(value->u.text, own) == 0;
}

static void
respell_family(const List *renames, SdrValue *value)
{
	char		schema[NAMEDATALEN];
	char		name[NAMEDATALEN];
	const SdrRenaming *rename;
	const char *end;

	if (value->tag != SDR_VALUE_TEXT ||
		(end = sdr_read_name(value->u.text, schema)) == NULL || *end != '.' ||
		sdr_read_name(end + 1, name) == NULL)
		return;
	rename = sdr_find_renaming(renames, SDR_KIND_OPERATOR_FAMILY, schema, name);
	if (rename != NULL)
		value->u.text = quote_qualified_identifier(rename->new_schema,
												   rename->new_name);
	else
		value->u.text = quote_qualified_identifier(plain_name(renames,
															  SDR_KIND_SCHEMA,
															  schema), name);
}

/*
 * Give a top-level object its own new name, and schema.  That of another
 * object may be the name that it had: this is done once.
 */
void
sdr_respell_name(const List *renames, SdrObject *object)
{
	const SdrRenaming *rename = sdr_find_renaming(renames, object->kind->id,
												  object->parent == NULL ? "" :
												  object->parent->name,
												  sdr_bare_name(object));
	const SdrRenaming *schema = object->parent == NULL ? NULL :
	sdr_find_renaming(renames, SDR_KIND_SCHEMA, "", object->parent->name);

	fix_all_made_names(object, true);
	if (object->kind->id == SDR_KIND_OPERATOR_CLASS)
		fix_family(object, true);
	if (schema != NULL)
		object->parent = sdr_object_new(SDR_KIND_SCHEMA, schema->new_name,
										NULL);
	if (rename == NULL)
		return;
	object->name = object->kind->identity != SDR_IDENTITY_SQL ?
		rename->new_name : psprintf("%s%s", quote_identifier(rename->new_name),
									sdr_name_tail(object));
	if (object->parent != NULL)
		object->parent = sdr_object_new(SDR_KIND_SCHEMA, rename->new_schema,
										NULL);
}

/* Call its parts, and all that it mentions, by new names, once. */
void
sdr_respell_rest(const List *renames, SdrObject *object)
{
	const char *top;

	if (object->kind->identity == SDR_IDENTITY_SQL)
		object->name = sdr_respell_text(renames, "", object->name);
	respell_composed_name(renames, object);
	top = sdr_object_identity(object);
	respell_texts(renames, top, object);
	if (object->kind->id == SDR_KIND_TABLE)
	{
		respell_own_index(renames, top,
						  sdr_value(object, SDR_TABLE_CLUSTER_ON), "");
		respell_own_index(renames, top,
						  sdr_value(object, SDR_TABLE_REPLICA_IDENTITY),
						  "index ");
	}
	else if (object->kind->id == SDR_KIND_MATVIEW)
	{
		respell_own_index(renames, top,
						  sdr_value(object, SDR_MATVIEW_CLUSTER_ON), "");
		respell_own_index(renames, top,
						  sdr_value(object, SDR_MATVIEW_REPLICA_IDENTITY),
						  "index ");
	}
	fix_all_made_names(object, false);
	if (object->kind->id == SDR_KIND_OPERATOR_CLASS)
	{
		respell_family(renames, sdr_value(object, SDR_OPERATOR_CLASS_FAMILY));
		fix_family(object, false);
	}
	sdr_object_sort(object);
}

/* Both, once. */
void
sdr_respell(const List *renames, SdrObject *object)
{
	if (renames == NIL)
		return;
	sdr_respell_name(renames, object);
	sdr_respell_rest(renames, object);
}

/*
 * A view keeps the names of its columns when those of a table change, and the
 * text says so with AS, or no longer.  The names are attributes of their own:
 * where nothing else is different, the query is the same.
 */
void
sdr_respell_query(const SdrObject *want, const SdrObject *have)
{
	SdrAttrId	attr = have->kind->id == SDR_KIND_VIEW ? SDR_VIEW_DEFINITION :
	have->kind->id == SDR_KIND_MATVIEW ? SDR_MATVIEW_DEFINITION :
	SDR_ATTR_NONE;
	const char *old = attr == SDR_ATTR_NONE ? NULL : sdr_text(have, attr);
	const char *new = attr == SDR_ATTR_NONE ? NULL : sdr_text(want, attr);

	if (old != NULL && new != NULL &&
		strcmp(sdr_without_aliases(old), sdr_without_aliases(new)) == 0)
		sdr_value(have, attr)->u.text = new;
}

/*
 * A live object that was read for the plan, as it will be called.  The other
 * way round live names are the ones to come.
 */
const SdrObject *
sdr_respelled(SdrPlan *plan, const SdrObject *object)
{
	SdrObject  *top;

	if ((plan->renames == NIL && plan->schemas == NIL) ||
		plan->options.adopt || object == NULL)
		return object;
	top = unconstify(SdrObject *, sdr_top(object));
	/* once, as its new name may be the old one of another */
	if (list_member_ptr(plan->respelled, top))
		return object;
	plan->respelled = lappend(plan->respelled, top);
	sdr_respell(plan->schemas, top);
	sdr_respell(plan->renames, top);
	return object;
}
