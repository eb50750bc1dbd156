/*-------------------------------------------------------------------------
 *
 * target.c
 *	  The objects that a statement names, in whatever way its tree has them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "guard/guard.h"
#include "guard/target.h"
#include "nodes/value.h"
#include "utils/lsyscache.h"

static void
add(SdrReading *reading, const char *kind, const char *schema, const char *name)
{
	SdrTarget  *target = palloc(sizeof(SdrTarget));

	target->kind = kind;
	target->schema = schema;
	target->name = name;
	reading->facts->targets = lappend(reading->facts->targets, target);
}

/* Is this the schema of the session's temporary objects? */
static bool
is_temp_schema(const char *schema)
{
	Oid			temp;
	Oid			toast;

	if (schema == NULL)
		return false;
	if (strcmp(schema, "pg_temp") == 0)
		return true;
	GetTempNamespaceState(&temp, &toast);
	if (!OidIsValid(temp))
		return false;
	return get_namespace_oid(schema, true) == temp;
}

/*
 * The schema that the unqualified name of a relation leads to, as things are:
 * where it would be created, or where it is.
 */
static Oid
namespace_of(const SdrReading *reading, const char *name)
{
	List	   *path;
	Oid			found = InvalidOid;

	if (!reading->creates)
	{
		found = RelnameGetRelid(name);
		return OidIsValid(found) ? get_rel_namespace(found) : InvalidOid;
	}
	path = fetch_search_path(false);
	if (path != NIL)
		found = linitial_oid(path);
	list_free(path);
	return found;
}

static void
add_relation(SdrReading *reading, const char *kind, const char *schema,
			 const char *name, char persistence)
{
	Oid			namespace;
	Oid			temp;
	Oid			toast;

	add(reading, kind, schema, name);
	if (persistence == RELPERSISTENCE_TEMP || is_temp_schema(schema))
		return;
	if (schema == NULL)
	{
		namespace = namespace_of(reading, name);
		GetTempNamespaceState(&temp, &toast);
		if (OidIsValid(temp) && namespace == temp)
			return;
		if (OidIsValid(namespace) &&
			namespace == get_namespace_oid("schemadrift", true))
			reading->facts->own = true;
	}
	reading->permanent = true;
}

void
sdr_target_rename(SdrReading *reading, const char *name)
{
	((SdrTarget *) llast(reading->facts->targets))->name = name;
}

void
sdr_target_relation(SdrReading *reading, const char *kind, const RangeVar *rv,
					const char *part)
{
	if (rv == NULL)
	{
		reading->permanent = true;
		return;
	}
	add_relation(reading, kind, rv->schemaname, rv->relname,
				 rv->relpersistence);
	if (part != NULL)
		sdr_target_rename(reading, psprintf("%s.%s", rv->relname, part));
}

/* An object outside schemas. */
void
sdr_target_plain(SdrReading *reading, const char *kind, const char *name)
{
	add(reading, kind, NULL, name);
	reading->permanent = true;
}

/* The schema and the name in a list of at most three: database.schema.name. */
static void
split_names(List *names, const char **schema, const char **name)
{
	int			n = list_length(names);

	*schema = n > 1 ? strVal(list_nth(names, n - 2)) : NULL;
	*name = n > 0 ? strVal(list_nth(names, n - 1)) : NULL;
}

/* An object that is not a relation, by its qualified name. */
void
sdr_target_names(SdrReading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *name;

	split_names(names, &schema, &name);
	add(reading, kind, schema, name);
	if (!is_temp_schema(schema))
		reading->permanent = true;
}

static void
add_names_relation(SdrReading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *name;

	split_names(names, &schema, &name);
	add_relation(reading, kind, schema, name, RELPERSISTENCE_PERMANENT);
}

/* Something that belongs to a relation: schema, relation, its own name. */
static void
add_relation_part(SdrReading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *relation;

	if (list_length(names) < 2)
	{
		sdr_target_names(reading, kind, names);
		return;
	}
	split_names(list_truncate(list_copy(names), list_length(names) - 1),
				&schema, &relation);
	add_relation(reading, kind, schema, relation, RELPERSISTENCE_PERMANENT);
	sdr_target_rename(reading,
					  psprintf("%s.%s", relation, strVal(llast(names))));
}

/* A role as statements call it; NULL stands for all. */
const char *
sdr_role_text(const RoleSpec *role)
{
	if (role == NULL)
		return "all roles";
	switch (role->roletype)
	{
		case ROLESPEC_PUBLIC:
			return "public";
		case ROLESPEC_SESSION_USER:
			return "session_user";
		case ROLESPEC_CSTRING:
			return role->rolename;
		default:
			return "current_user";
	}
}

void
sdr_target_role(SdrReading *reading, const RoleSpec *role)
{
	sdr_target_plain(reading, "role", sdr_role_text(role));
}

const char *
sdr_target_type_text(const TypeName *type)
{
	const char *schema;
	const char *name;

	if (type == NULL || !IsA(type, TypeName))
		return "?";
	split_names(type->names, &schema, &name);
	return name == NULL ? "?" : name;
}

/* Whether an object is named as relations are, as their parts, and so on. */
typedef enum Naming
{
	NAMED_PLAIN,
	NAMED_RELATION,
	NAMED_PART,
	NAMED_QUALIFIED,
	NAMED_TYPE,
	NAMED_WITH_ARGS,
	NAMED_AFTER_METHOD,
	NAMED_OTHERWISE
} Naming;

static const struct
{
	ObjectType	type;
	const char *kind;
	Naming		naming;
}			object_types[] = {
	{OBJECT_ACCESS_METHOD, "access method", NAMED_PLAIN},
	{OBJECT_AGGREGATE, "aggregate", NAMED_WITH_ARGS},
	{OBJECT_CAST, "cast", NAMED_OTHERWISE},
	{OBJECT_COLUMN, "column", NAMED_PART},
	{OBJECT_COLLATION, "collation", NAMED_QUALIFIED},
	{OBJECT_CONVERSION, "conversion", NAMED_QUALIFIED},
	{OBJECT_DATABASE, "database", NAMED_PLAIN},
	{OBJECT_DEFACL, "default privileges", NAMED_OTHERWISE},
	{OBJECT_DOMAIN, "domain", NAMED_TYPE},
	{OBJECT_DOMCONSTRAINT, "domain constraint", NAMED_OTHERWISE},
	{OBJECT_EVENT_TRIGGER, "event trigger", NAMED_PLAIN},
	{OBJECT_EXTENSION, "extension", NAMED_PLAIN},
	{OBJECT_FDW, "foreign data wrapper", NAMED_PLAIN},
	{OBJECT_FOREIGN_SERVER, "server", NAMED_PLAIN},
	{OBJECT_FOREIGN_TABLE, "foreign table", NAMED_RELATION},
	{OBJECT_FUNCTION, "function", NAMED_WITH_ARGS},
	{OBJECT_INDEX, "index", NAMED_RELATION},
	{OBJECT_LANGUAGE, "language", NAMED_PLAIN},
	{OBJECT_LARGEOBJECT, "large object", NAMED_OTHERWISE},
	{OBJECT_MATVIEW, "materialized view", NAMED_RELATION},
	{OBJECT_OPCLASS, "operator class", NAMED_AFTER_METHOD},
	{OBJECT_OPERATOR, "operator", NAMED_WITH_ARGS},
	{OBJECT_OPFAMILY, "operator family", NAMED_AFTER_METHOD},
	{OBJECT_PARAMETER_ACL, "parameter", NAMED_PLAIN},
	{OBJECT_POLICY, "policy", NAMED_PART},
	{OBJECT_PROCEDURE, "procedure", NAMED_WITH_ARGS},
	{OBJECT_PUBLICATION, "publication", NAMED_PLAIN},
	{OBJECT_ROLE, "role", NAMED_PLAIN},
	{OBJECT_ROUTINE, "routine", NAMED_WITH_ARGS},
	{OBJECT_RULE, "rule", NAMED_PART},
	{OBJECT_SCHEMA, "schema", NAMED_PLAIN},
	{OBJECT_SEQUENCE, "sequence", NAMED_RELATION},
	{OBJECT_STATISTIC_EXT, "statistics", NAMED_QUALIFIED},
	{OBJECT_SUBSCRIPTION, "subscription", NAMED_PLAIN},
	{OBJECT_TABCONSTRAINT, "table constraint", NAMED_PART},
	{OBJECT_TABLE, "table", NAMED_RELATION},
	{OBJECT_TABLESPACE, "tablespace", NAMED_PLAIN},
	{OBJECT_TRANSFORM, "transform", NAMED_OTHERWISE},
	{OBJECT_TRIGGER, "trigger", NAMED_PART},
	{OBJECT_TSCONFIGURATION, "text search configuration", NAMED_QUALIFIED},
	{OBJECT_TSDICTIONARY, "text search dictionary", NAMED_QUALIFIED},
	{OBJECT_TSPARSER, "text search parser", NAMED_QUALIFIED},
	{OBJECT_TSTEMPLATE, "text search template", NAMED_QUALIFIED},
	{OBJECT_TYPE, "type", NAMED_TYPE},
	{OBJECT_VIEW, "view", NAMED_RELATION},
};

/* What commandlist.h calls objects of that type. */
const char *
sdr_kind_of_object_type(ObjectType type)
{
	for (int i = 0; i < lengthof(object_types); i++)
	{
		if (object_types[i].type == type)
			return object_types[i].kind;
	}
	return "object";
}

static Naming
naming_of(ObjectType type)
{
	for (int i = 0; i < lengthof(object_types); i++)
	{
		if (object_types[i].type == type)
			return object_types[i].naming;
	}
	return NAMED_OTHERWISE;
}

/* Casts, transforms, constraints of domains, large objects. */
static void
add_otherwise(SdrReading *reading, const char *kind, ObjectType type,
			  Node *object)
{
	const char *name = NULL;

	if (IsA(object, List) && list_length((List *) object) == 2)
	{
		List	   *pair = (List *) object;

		if (type == OBJECT_CAST)
			name = psprintf("%s AS %s", sdr_target_type_text(linitial(pair)),
							sdr_target_type_text(lsecond(pair)));
		else if (IsA(lsecond(pair), String))
			name = psprintf("%s.%s", sdr_target_type_text(linitial(pair)),
							strVal(lsecond(pair)));
	}
	else if (IsA(object, Integer))
		name = psprintf("%d", intVal(object));
	else if (IsA(object, Float))
		name = castNode(Float, object)->fval;
	sdr_target_plain(reading, kind, name);
}

/* An object as statements for many kinds of them name it. */
void
sdr_target_object(SdrReading *reading, ObjectType type, Node *object)
{
	const char *kind = sdr_kind_of_object_type(type);
	Naming		naming = naming_of(type);

	if (object == NULL)
		reading->permanent = true;
	else if (IsA(object, RangeVar))
		sdr_target_relation(reading, kind, (RangeVar *) object, NULL);
	else if (IsA(object, RoleSpec))
		sdr_target_role(reading, (RoleSpec *) object);
	else if (IsA(object, String))
		sdr_target_plain(reading, kind, strVal(object));
	else if (IsA(object, ObjectWithArgs))
		sdr_target_names(reading, kind, ((ObjectWithArgs *) object)->objname);
	else if (IsA(object, TypeName))
		sdr_target_names(reading, kind, ((TypeName *) object)->names);
	else if (!IsA(object, List) || naming == NAMED_OTHERWISE)
		add_otherwise(reading, kind, type, object);
	else if (naming == NAMED_RELATION)
		add_names_relation(reading, kind, (List *) object);
	else if (naming == NAMED_PART)
		add_relation_part(reading, kind, (List *) object);
	else if (naming == NAMED_AFTER_METHOD)
		sdr_target_names(reading, kind, list_copy_tail((List *) object, 1));
	else
		sdr_target_names(reading, kind, (List *) object);
}

void
sdr_target_objects(SdrReading *reading, ObjectType type, List *objects)
{
	ListCell   *lc;

	foreach(lc, objects)
		sdr_target_object(reading, type, lfirst(lc));
}
