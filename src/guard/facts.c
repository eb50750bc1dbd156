/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  What the parse tree of a statement says, before anything is done.
 *
 * Nothing is locked here, and nothing looked up but whether a relation is a
 * temporary one of this session.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "guard/guard.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/lsyscache.h"

/* State of one reading. */
typedef struct Reading
{
	SdrFacts   *facts;
	bool		permanent;		/* something that is not temporary, or may not
								 * be */
	bool		creates;		/* the statement makes what it names */
} Reading;

static void
add(Reading *reading, const char *kind, const char *schema, const char *name)
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
namespace_of(const Reading *reading, const char *name)
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
add_relation(Reading *reading, const char *kind, const char *schema,
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

static void
add_range_var(Reading *reading, const char *kind, const RangeVar *rv)
{
	if (rv == NULL)
		reading->permanent = true;
	else
		add_relation(reading, kind, rv->schemaname, rv->relname,
					 rv->relpersistence);
}

/* An object outside schemas. */
static void
add_plain(Reading *reading, const char *kind, const char *name)
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
static void
add_names(Reading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *name;

	split_names(names, &schema, &name);
	add(reading, kind, schema, name);
	if (!is_temp_schema(schema))
		reading->permanent = true;
}

static void
add_names_relation(Reading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *name;

	split_names(names, &schema, &name);
	add_relation(reading, kind, schema, name, RELPERSISTENCE_PERMANENT);
}

/* Something that belongs to a relation: schema, relation, its own name. */
static void
add_relation_part(Reading *reading, const char *kind, List *names)
{
	const char *schema;
	const char *relation;

	if (list_length(names) < 2)
	{
		add_names(reading, kind, names);
		return;
	}
	split_names(list_truncate(list_copy(names), list_length(names) - 1),
				&schema, &relation);
	add_relation(reading, kind, schema, relation, RELPERSISTENCE_PERMANENT);
	((SdrTarget *) llast(reading->facts->targets))->name =
		psprintf("%s.%s", relation, strVal(llast(names)));
}

static void
add_role(Reading *reading, const RoleSpec *role)
{
	add_plain(reading, "role",
			  role == NULL ? "all roles" :
			  role->roletype == ROLESPEC_CSTRING ? role->rolename :
			  role->roletype == ROLESPEC_PUBLIC ? "public" :
			  role->roletype == ROLESPEC_SESSION_USER ? "session_user" :
			  "current_user");
}

static const char *
type_text(Node *node)
{
	const char *schema;
	const char *name;

	if (node == NULL || !IsA(node, TypeName))
		return "?";
	split_names(((TypeName *) node)->names, &schema, &name);
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
add_otherwise(Reading *reading, const char *kind, ObjectType type,
			  Node *object)
{
	const char *name = NULL;

	if (IsA(object, List) && list_length((List *) object) == 2)
	{
		List	   *pair = (List *) object;

		if (type == OBJECT_CAST)
			name = psprintf("%s AS %s", type_text(linitial(pair)),
							type_text(lsecond(pair)));
		else if (IsA(lsecond(pair), String))
			name = psprintf("%s.%s", type_text(linitial(pair)),
							strVal(lsecond(pair)));
	}
	else if (IsA(object, Integer))
		name = psprintf("%d", intVal(object));
	else if (IsA(object, Float))
		name = castNode(Float, object)->fval;
	add_plain(reading, kind, name);
}

/* An object as statements for many kinds of them name it. */
static void
add_object(Reading *reading, ObjectType type, Node *object)
{
	const char *kind = sdr_kind_of_object_type(type);
	Naming		naming = naming_of(type);

	if (object == NULL)
		reading->permanent = true;
	else if (IsA(object, RangeVar))
		add_range_var(reading, kind, (RangeVar *) object);
	else if (IsA(object, RoleSpec))
		add_role(reading, (RoleSpec *) object);
	else if (IsA(object, String))
		add_plain(reading, kind, strVal(object));
	else if (IsA(object, ObjectWithArgs))
		add_names(reading, kind, ((ObjectWithArgs *) object)->objname);
	else if (IsA(object, TypeName))
		add_names(reading, kind, ((TypeName *) object)->names);
	else if (!IsA(object, List) || naming == NAMED_OTHERWISE)
		add_otherwise(reading, kind, type, object);
	else if (naming == NAMED_RELATION)
		add_names_relation(reading, kind, (List *) object);
	else if (naming == NAMED_PART)
		add_relation_part(reading, kind, (List *) object);
	else if (naming == NAMED_AFTER_METHOD)
		add_names(reading, kind, list_copy_tail((List *) object, 1));
	else
		add_names(reading, kind, (List *) object);
}

static void
add_objects(Reading *reading, ObjectType type, List *objects)
{
	ListCell   *lc;

	foreach(lc, objects)
		add_object(reading, type, lfirst(lc));
}

static void
add_roles(Reading *reading, List *roles)
{
	ListCell   *lc;

	foreach(lc, roles)
		add_role(reading, lfirst(lc));
}

/* Statements whose tree names a relation, and perhaps a part of it. */
static bool
read_relation_statement(Reading *reading, Node *node)
{
	const char *kind = reading->facts->command->kind;
	const RangeVar *relation = NULL;
	const char *part = NULL;

	switch (nodeTag(node))
	{
		case T_CreateStmt:
		case T_CreateForeignTableStmt:
			relation = ((CreateStmt *) node)->relation;
			reading->creates = true;
			break;
		case T_CreateTableAsStmt:
			relation = ((CreateTableAsStmt *) node)->into->rel;
			reading->creates = true;
			break;
		case T_ViewStmt:
			relation = ((ViewStmt *) node)->view;
			reading->creates = true;
			break;
		case T_CreateSeqStmt:
			relation = ((CreateSeqStmt *) node)->sequence;
			reading->creates = true;
			break;
		case T_CompositeTypeStmt:
			relation = ((CompositeTypeStmt *) node)->typevar;
			reading->creates = true;
			break;
		case T_AlterTableStmt:
			relation = ((AlterTableStmt *) node)->relation;
			break;
		case T_AlterSeqStmt:
			relation = ((AlterSeqStmt *) node)->sequence;
			break;
		case T_IndexStmt:
			relation = ((IndexStmt *) node)->relation;
			part = ((IndexStmt *) node)->idxname;
			break;
		case T_RuleStmt:
			relation = ((RuleStmt *) node)->relation;
			part = psprintf("%s.%s", relation->relname,
							((RuleStmt *) node)->rulename);
			break;
		case T_CreateTrigStmt:
			relation = ((CreateTrigStmt *) node)->relation;
			part = psprintf("%s.%s", relation->relname,
							((CreateTrigStmt *) node)->trigname);
			break;
		case T_CreatePolicyStmt:
			relation = ((CreatePolicyStmt *) node)->table;
			part = psprintf("%s.%s", relation->relname,
							((CreatePolicyStmt *) node)->policy_name);
			break;
		case T_AlterPolicyStmt:
			relation = ((AlterPolicyStmt *) node)->table;
			part = psprintf("%s.%s", relation->relname,
							((AlterPolicyStmt *) node)->policy_name);
			break;
		default:
			return false;
	}
	add_range_var(reading, kind, relation);
	if (part != NULL)
		((SdrTarget *) llast(reading->facts->targets))->name = part;
	return true;
}

/* Statements whose tree has a qualified name as a list. */
static bool
read_named_statement(Reading *reading, Node *node)
{
	List	   *names;

	switch (nodeTag(node))
	{
		case T_CreateDomainStmt:
			names = ((CreateDomainStmt *) node)->domainname;
			break;
		case T_AlterDomainStmt:
			names = ((AlterDomainStmt *) node)->typeName;
			break;
		case T_CreateEnumStmt:
			names = ((CreateEnumStmt *) node)->typeName;
			break;
		case T_CreateRangeStmt:
			names = ((CreateRangeStmt *) node)->typeName;
			break;
		case T_AlterEnumStmt:
			names = ((AlterEnumStmt *) node)->typeName;
			break;
		case T_AlterTypeStmt:
			names = ((AlterTypeStmt *) node)->typeName;
			break;
		case T_DefineStmt:
			names = ((DefineStmt *) node)->defnames;
			break;
		case T_CreateFunctionStmt:
			names = ((CreateFunctionStmt *) node)->funcname;
			break;
		case T_AlterFunctionStmt:
			names = ((AlterFunctionStmt *) node)->func->objname;
			break;
		case T_CreateConversionStmt:
			names = ((CreateConversionStmt *) node)->conversion_name;
			break;
		case T_CreateOpClassStmt:
			names = ((CreateOpClassStmt *) node)->opclassname;
			break;
		case T_CreateOpFamilyStmt:
			names = ((CreateOpFamilyStmt *) node)->opfamilyname;
			break;
		case T_AlterOpFamilyStmt:
			names = ((AlterOpFamilyStmt *) node)->opfamilyname;
			break;
		case T_AlterOperatorStmt:
			names = ((AlterOperatorStmt *) node)->opername->objname;
			break;
		case T_AlterTSDictionaryStmt:
			names = ((AlterTSDictionaryStmt *) node)->dictname;
			break;
		case T_AlterTSConfigurationStmt:
			names = ((AlterTSConfigurationStmt *) node)->cfgname;
			break;
		case T_AlterCollationStmt:
			names = ((AlterCollationStmt *) node)->collname;
			break;
		case T_CreateStatsStmt:
			names = ((CreateStatsStmt *) node)->defnames;
			break;
		case T_AlterStatsStmt:
			names = ((AlterStatsStmt *) node)->defnames;
			break;
		default:
			return false;
	}
	add_names(reading, reading->facts->command->kind, names);
	return true;
}

/* Statements about objects outside schemas, by name. */
static bool
read_plain_statement(Reading *reading, Node *node)
{
	const char *name;

	switch (nodeTag(node))
	{
		case T_CreateSchemaStmt:
			name = ((CreateSchemaStmt *) node)->schemaname;
			if (name == NULL)
				name = "authorization";
			break;
		case T_CreateExtensionStmt:
			name = ((CreateExtensionStmt *) node)->extname;
			break;
		case T_AlterExtensionStmt:
			name = ((AlterExtensionStmt *) node)->extname;
			break;
		case T_AlterExtensionContentsStmt:
			name = ((AlterExtensionContentsStmt *) node)->extname;
			break;
		case T_CreateFdwStmt:
			name = ((CreateFdwStmt *) node)->fdwname;
			break;
		case T_AlterFdwStmt:
			name = ((AlterFdwStmt *) node)->fdwname;
			break;
		case T_CreateForeignServerStmt:
			name = ((CreateForeignServerStmt *) node)->servername;
			break;
		case T_AlterForeignServerStmt:
			name = ((AlterForeignServerStmt *) node)->servername;
			break;
		case T_CreateUserMappingStmt:
			name = ((CreateUserMappingStmt *) node)->servername;
			break;
		case T_AlterUserMappingStmt:
			name = ((AlterUserMappingStmt *) node)->servername;
			break;
		case T_DropUserMappingStmt:
			name = ((DropUserMappingStmt *) node)->servername;
			break;
		case T_ImportForeignSchemaStmt:
			name = ((ImportForeignSchemaStmt *) node)->local_schema;
			break;
		case T_CreateTableSpaceStmt:
			name = ((CreateTableSpaceStmt *) node)->tablespacename;
			break;
		case T_DropTableSpaceStmt:
			name = ((DropTableSpaceStmt *) node)->tablespacename;
			break;
		case T_AlterTableSpaceOptionsStmt:
			name = ((AlterTableSpaceOptionsStmt *) node)->tablespacename;
			break;
		case T_AlterTableMoveAllStmt:
			name = ((AlterTableMoveAllStmt *) node)->orig_tablespacename;
			break;
		case T_CreatedbStmt:
			name = ((CreatedbStmt *) node)->dbname;
			break;
		case T_AlterDatabaseStmt:
			name = ((AlterDatabaseStmt *) node)->dbname;
			break;
		case T_AlterDatabaseRefreshCollStmt:
			name = ((AlterDatabaseRefreshCollStmt *) node)->dbname;
			break;
		case T_AlterDatabaseSetStmt:
			name = ((AlterDatabaseSetStmt *) node)->dbname;
			break;
		case T_DropdbStmt:
			name = ((DropdbStmt *) node)->dbname;
			break;
		case T_CreateRoleStmt:
			name = ((CreateRoleStmt *) node)->role;
			break;
		case T_CreatePLangStmt:
			name = ((CreatePLangStmt *) node)->plname;
			break;
		case T_CreateEventTrigStmt:
			name = ((CreateEventTrigStmt *) node)->trigname;
			break;
		case T_AlterEventTrigStmt:
			name = ((AlterEventTrigStmt *) node)->trigname;
			break;
		case T_CreateAmStmt:
			name = ((CreateAmStmt *) node)->amname;
			break;
		case T_CreatePublicationStmt:
			name = ((CreatePublicationStmt *) node)->pubname;
			break;
		case T_AlterPublicationStmt:
			name = ((AlterPublicationStmt *) node)->pubname;
			break;
		case T_CreateSubscriptionStmt:
			name = ((CreateSubscriptionStmt *) node)->subname;
			break;
		case T_AlterSubscriptionStmt:
			name = ((AlterSubscriptionStmt *) node)->subname;
			break;
		case T_DropSubscriptionStmt:
			name = ((DropSubscriptionStmt *) node)->subname;
			break;
		case T_AlterSystemStmt:
			name = ((AlterSystemStmt *) node)->setstmt->name;
			if (name == NULL)
				name = "all";
			break;
		default:
			return false;
	}
	add_plain(reading, reading->facts->command->kind, name);
	return true;
}

static void
read_grant(Reading *reading, GrantStmt *stmt)
{
	ObjectType	type = stmt->objtype;

	if (stmt->targtype != ACL_TARGET_OBJECT)
		type = OBJECT_SCHEMA;
	add_objects(reading, type, stmt->objects);
}

static void
read_granted_roles(Reading *reading, List *roles)
{
	ListCell   *lc;

	foreach(lc, roles)
		add_plain(reading, "role membership",
				  ((AccessPriv *) lfirst(lc))->priv_name);
}

/* The name that ALTER TABLE ... RENAME COLUMN and the like are about. */
static void
read_rename(Reading *reading, RenameStmt *stmt)
{
	if (stmt->relation != NULL)
	{
		add_range_var(reading, sdr_kind_of_object_type(stmt->renameType),
					  stmt->relation);
		if (stmt->subname != NULL)
			((SdrTarget *) llast(reading->facts->targets))->name =
				psprintf("%s.%s", stmt->relation->relname, stmt->subname);
	}
	else if (stmt->object != NULL)
		add_object(reading, stmt->renameType, stmt->object);
	else
		add_plain(reading, sdr_kind_of_object_type(stmt->renameType),
				  stmt->subname);
}

static void
add_relation_or_object(Reading *reading, ObjectType type,
					   const RangeVar *relation, Node *object)
{
	if (relation != NULL)
		add_range_var(reading, sdr_kind_of_object_type(type), relation);
	else
		add_object(reading, type, object);
}

/* Statements for more than one kind of objects, and what is left. */
static void
read_other_statement(Reading *reading, Node *node)
{
	switch (nodeTag(node))
	{
		case T_DropStmt:
			add_objects(reading, ((DropStmt *) node)->removeType,
						((DropStmt *) node)->objects);
			break;
		case T_CommentStmt:
			add_object(reading, ((CommentStmt *) node)->objtype,
					   ((CommentStmt *) node)->object);
			break;
		case T_SecLabelStmt:
			add_object(reading, ((SecLabelStmt *) node)->objtype,
					   ((SecLabelStmt *) node)->object);
			break;
		case T_RenameStmt:
			read_rename(reading, (RenameStmt *) node);
			break;
		case T_AlterObjectSchemaStmt:
			add_relation_or_object(reading,
								   ((AlterObjectSchemaStmt *) node)->objectType,
								   ((AlterObjectSchemaStmt *) node)->relation,
								   ((AlterObjectSchemaStmt *) node)->object);
			break;
		case T_AlterOwnerStmt:
			add_relation_or_object(reading,
								   ((AlterOwnerStmt *) node)->objectType,
								   ((AlterOwnerStmt *) node)->relation,
								   ((AlterOwnerStmt *) node)->object);
			break;
		case T_AlterObjectDependsStmt:
			add_relation_or_object(reading,
								   ((AlterObjectDependsStmt *) node)->objectType,
								   ((AlterObjectDependsStmt *) node)->relation,
								   ((AlterObjectDependsStmt *) node)->object);
			break;
		case T_TruncateStmt:
			add_objects(reading, OBJECT_TABLE,
						((TruncateStmt *) node)->relations);
			break;
		case T_GrantStmt:
			read_grant(reading, (GrantStmt *) node);
			break;
		case T_GrantRoleStmt:
			read_granted_roles(reading, ((GrantRoleStmt *) node)->granted_roles);
			break;
		case T_AlterRoleStmt:
			add_role(reading, ((AlterRoleStmt *) node)->role);
			break;
		case T_AlterRoleSetStmt:
			add_role(reading, ((AlterRoleSetStmt *) node)->role);
			break;
		case T_DropRoleStmt:
			add_roles(reading, ((DropRoleStmt *) node)->roles);
			break;
		case T_DropOwnedStmt:
			add_roles(reading, ((DropOwnedStmt *) node)->roles);
			break;
		case T_ReassignOwnedStmt:
			add_roles(reading, ((ReassignOwnedStmt *) node)->roles);
			break;
		case T_CreateCastStmt:
			add_plain(reading, "cast",
					  psprintf("%s AS %s",
							   type_text((Node *) ((CreateCastStmt *) node)->sourcetype),
							   type_text((Node *) ((CreateCastStmt *) node)->targettype)));
			break;
		case T_CreateTransformStmt:
			add_plain(reading, "transform",
					  psprintf("%s.%s",
							   type_text((Node *) ((CreateTransformStmt *) node)->type_name),
							   ((CreateTransformStmt *) node)->lang));
			break;
		default:
			/* ALTER DEFAULT PRIVILEGES, and what a later server may have */
			reading->permanent = true;
			break;
	}
}

static bool
begins_with(const char *text, const char *start)
{
	return text != NULL && strncmp(text, start, strlen(start)) == 0;
}

/* Is this the name of something that belongs to this extension? */
static bool
is_own(const SdrTarget *target)
{
	if (target->schema != NULL && strcmp(target->schema, "schemadrift") == 0)
		return true;
	if (target->name == NULL)
		return false;
	if (strcmp(target->kind, "extension") == 0 ||
		strcmp(target->kind, "schema") == 0)
		return strcmp(target->name, "schemadrift") == 0;
	if (strcmp(target->kind, "server setting") == 0 ||
		strcmp(target->kind, "parameter") == 0)
		return begins_with(target->name, "schemadrift.");
	if (strcmp(target->kind, "function") == 0 ||
		strcmp(target->kind, "routine") == 0)
		return begins_with(target->name, "schemadrift_") &&
			(target->schema == NULL ||
			 strcmp(target->schema, "pg_catalog") == 0);
	return strcmp(target->kind, "event trigger") == 0 &&
		begins_with(target->name, "schemadrift_");
}

/* ALTER DATABASE, ROLE or SYSTEM ... SET schemadrift.x, or RESET ALL */
bool
sdr_sets_own(Node *node)
{
	VariableSetStmt *set = NULL;

	if (IsA(node, AlterDatabaseSetStmt))
		set = ((AlterDatabaseSetStmt *) node)->setstmt;
	else if (IsA(node, AlterRoleSetStmt))
		set = ((AlterRoleSetStmt *) node)->setstmt;
	else if (IsA(node, AlterSystemStmt))
		set = ((AlterSystemStmt *) node)->setstmt;
	return set != NULL &&
		(set->kind == VAR_RESET_ALL || begins_with(set->name, "schemadrift."));
}

static void
read_own(Node *node, SdrFacts *facts)
{
	ListCell   *lc;

	if (sdr_sets_own(node))
		facts->own = true;
	foreach(lc, facts->targets)
	{
		if (is_own(lfirst(lc)))
			facts->own = true;
	}
	if (IsA(node, CreateExtensionStmt) && facts->own)
	{
		facts->own = false;
		facts->install = true;
	}
}

/*
 * Read the facts of a utility statement.  The memory is taken from the current
 * context; strings of the tree are copied by whoever keeps them longer.
 */
void
sdr_facts_read(Node *statement, CommandTag tag, SdrFacts *facts)
{
	Reading		reading = {0};

	memset(facts, 0, sizeof(SdrFacts));
	facts->command = sdr_command(tag);
	reading.facts = facts;
	if (!read_relation_statement(&reading, statement) &&
		!read_named_statement(&reading, statement) &&
		!read_plain_statement(&reading, statement))
		read_other_statement(&reading, statement);
	facts->temporary = !reading.permanent && facts->targets != NIL;
	facts->acts = sdr_statement_acts(statement, facts->command);
	facts->details = sdr_facts_details(statement);
	read_own(statement, facts);
}
