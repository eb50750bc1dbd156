/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  What the parse tree of a statement says, before anything is done.
 *
 * Nothing is locked here, and nothing looked up but in which schema a relation
 * is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "guard/guard.h"
#include "guard/target.h"

/* How a statement's tree names its objects. */
typedef enum Form
{
	FORM_RELATION,				/* RangeVar */
	FORM_NEW_RELATION,
	FORM_INDEX,					/* RangeVar, and the name of its index */
	FORM_PART,					/* RangeVar, and the name of a part of it */
	FORM_NAMES,					/* List, a qualified name */
	FORM_WITH_ARGS,				/* ObjectWithArgs */
	FORM_PLAIN,					/* string, a name outside schemas */
	FORM_ROLE,					/* RoleSpec */
	FORM_ROLES,					/* List of RoleSpec */
	FORM_TABLES,				/* List of RangeVar */
	FORM_OBJECT,				/* Node, and its ObjectType */
	FORM_OBJECTS,				/* List of such nodes, and their ObjectType */
	FORM_ANY					/* Node, its ObjectType, and a RangeVar if it
								 * is a relation */
} Form;

/* Where in the tree that stands, as offsets; 0 for none. */
static const struct
{
	NodeTag		tag;
	Form		form;
	size_t		object;
	size_t		second;			/* part or ObjectType */
	size_t		relation;
}			forms[] = {

#define ONE(node, form, object) \
	{T_##node, FORM_##form, offsetof(node, object), 0, 0}
#define TWO(node, form, object, second) \
	{T_##node, FORM_##form, offsetof(node, object), offsetof(node, second), 0}
#define THREE(node, form, object, second, relation) \
	{T_##node, FORM_##form, offsetof(node, object), offsetof(node, second), \
		offsetof(node, relation)}

	ONE(CreateStmt, NEW_RELATION, relation),
	ONE(CreateForeignTableStmt, NEW_RELATION, base.relation),
	ONE(ViewStmt, NEW_RELATION, view),
	ONE(CreateSeqStmt, NEW_RELATION, sequence),
	ONE(CompositeTypeStmt, NEW_RELATION, typevar),
	ONE(AlterTableStmt, RELATION, relation),
	ONE(AlterSeqStmt, RELATION, sequence),
	TWO(IndexStmt, INDEX, relation, idxname),
	TWO(RuleStmt, PART, relation, rulename),
	TWO(CreateTrigStmt, PART, relation, trigname),
	TWO(CreatePolicyStmt, PART, table, policy_name),
	TWO(AlterPolicyStmt, PART, table, policy_name),

	ONE(CreateDomainStmt, NAMES, domainname),
	ONE(AlterDomainStmt, NAMES, typeName),
	ONE(CreateEnumStmt, NAMES, typeName),
	ONE(CreateRangeStmt, NAMES, typeName),
	ONE(AlterEnumStmt, NAMES, typeName),
	ONE(AlterTypeStmt, NAMES, typeName),
	ONE(DefineStmt, NAMES, defnames),
	ONE(CreateFunctionStmt, NAMES, funcname),
	ONE(CreateConversionStmt, NAMES, conversion_name),
	ONE(CreateOpClassStmt, NAMES, opclassname),
	ONE(CreateOpFamilyStmt, NAMES, opfamilyname),
	ONE(AlterOpFamilyStmt, NAMES, opfamilyname),
	ONE(AlterTSDictionaryStmt, NAMES, dictname),
	ONE(AlterTSConfigurationStmt, NAMES, cfgname),
	ONE(AlterCollationStmt, NAMES, collname),
	ONE(CreateStatsStmt, NAMES, defnames),
	ONE(AlterStatsStmt, NAMES, defnames),
	ONE(AlterFunctionStmt, WITH_ARGS, func),
	ONE(AlterOperatorStmt, WITH_ARGS, opername),

	ONE(CreateExtensionStmt, PLAIN, extname),
	ONE(AlterExtensionStmt, PLAIN, extname),
	ONE(AlterExtensionContentsStmt, PLAIN, extname),
	ONE(CreateFdwStmt, PLAIN, fdwname),
	ONE(AlterFdwStmt, PLAIN, fdwname),
	ONE(CreateForeignServerStmt, PLAIN, servername),
	ONE(AlterForeignServerStmt, PLAIN, servername),
	ONE(CreateUserMappingStmt, PLAIN, servername),
	ONE(AlterUserMappingStmt, PLAIN, servername),
	ONE(DropUserMappingStmt, PLAIN, servername),
	ONE(ImportForeignSchemaStmt, PLAIN, local_schema),
	ONE(CreateTableSpaceStmt, PLAIN, tablespacename),
	ONE(DropTableSpaceStmt, PLAIN, tablespacename),
	ONE(AlterTableSpaceOptionsStmt, PLAIN, tablespacename),
	ONE(AlterTableMoveAllStmt, PLAIN, orig_tablespacename),
	ONE(CreatedbStmt, PLAIN, dbname),
	ONE(AlterDatabaseStmt, PLAIN, dbname),
	ONE(AlterDatabaseRefreshCollStmt, PLAIN, dbname),
	ONE(AlterDatabaseSetStmt, PLAIN, dbname),
	ONE(DropdbStmt, PLAIN, dbname),
	ONE(CreateRoleStmt, PLAIN, role),
	ONE(CreatePLangStmt, PLAIN, plname),
	ONE(CreateEventTrigStmt, PLAIN, trigname),
	ONE(AlterEventTrigStmt, PLAIN, trigname),
	ONE(CreateAmStmt, PLAIN, amname),
	ONE(CreatePublicationStmt, PLAIN, pubname),
	ONE(AlterPublicationStmt, PLAIN, pubname),
	ONE(CreateSubscriptionStmt, PLAIN, subname),
	ONE(AlterSubscriptionStmt, PLAIN, subname),
	ONE(DropSubscriptionStmt, PLAIN, subname),

	ONE(AlterRoleStmt, ROLE, role),
	ONE(AlterRoleSetStmt, ROLE, role),
	ONE(DropRoleStmt, ROLES, roles),
	ONE(DropOwnedStmt, ROLES, roles),
	ONE(ReassignOwnedStmt, ROLES, roles),

	ONE(TruncateStmt, TABLES, relations),
	TWO(DropStmt, OBJECTS, objects, removeType),
	TWO(CommentStmt, OBJECT, object, objtype),
	TWO(SecLabelStmt, OBJECT, object, objtype),
	THREE(AlterObjectSchemaStmt, ANY, object, objectType, relation),
	THREE(AlterOwnerStmt, ANY, object, objectType, relation),
	THREE(AlterObjectDependsStmt, ANY, object, objectType, relation),
#undef ONE
#undef TWO
#undef THREE
};

#define FIELD(type, node, offset)	(*(type *) ((char *) (node) + (offset)))

/* Read a statement by its form. */
static void
read_form(SdrReading *reading, Node *node, int i)
{
	const char *kind = reading->facts->command->kind;
	void	   *object = FIELD(void *, node, forms[i].object);
	size_t		second = forms[i].second;

	switch (forms[i].form)
	{
		case FORM_NEW_RELATION:
			reading->creates = true;
			sdr_target_relation(reading, kind, object, NULL);
			break;
		case FORM_RELATION:
			sdr_target_relation(reading, kind, object, NULL);
			break;
		case FORM_INDEX:
			sdr_target_relation(reading, kind, object, NULL);
			if (FIELD(char *, node, second) != NULL)
				sdr_target_rename(reading, FIELD(char *, node, second));
			break;
		case FORM_PART:
			sdr_target_relation(reading, kind, object,
								FIELD(char *, node, second));
			break;
		case FORM_NAMES:
			sdr_target_names(reading, kind, object);
			break;
		case FORM_WITH_ARGS:
			sdr_target_names(reading, kind,
							 ((ObjectWithArgs *) object)->objname);
			break;
		case FORM_PLAIN:
			sdr_target_plain(reading, kind, object);
			break;
		case FORM_ROLE:
			sdr_target_role(reading, object);
			break;
		case FORM_ROLES:
			sdr_target_objects(reading, OBJECT_ROLE, object);
			break;
		case FORM_TABLES:
			sdr_target_objects(reading, OBJECT_TABLE, object);
			break;
		case FORM_OBJECT:
			sdr_target_object(reading, FIELD(ObjectType, node, second), object);
			break;
		case FORM_OBJECTS:
			sdr_target_objects(reading, FIELD(ObjectType, node, second),
							   object);
			break;
		case FORM_ANY:
			if (FIELD(RangeVar *, node, forms[i].relation) != NULL)
				object = FIELD(RangeVar *, node, forms[i].relation);
			sdr_target_object(reading, FIELD(ObjectType, node, second), object);
			break;
	}
}

static void
read_grant(SdrReading *reading, GrantStmt *stmt)
{
	ObjectType	type = stmt->objtype;

	if (stmt->targtype != ACL_TARGET_OBJECT)
		type = OBJECT_SCHEMA;
	sdr_target_objects(reading, type, stmt->objects);
}

static void
read_granted_roles(SdrReading *reading, List *roles)
{
	ListCell   *lc;

	foreach(lc, roles)
		sdr_target_plain(reading, "role membership",
						 ((AccessPriv *) lfirst(lc))->priv_name);
}

/* The name that ALTER TABLE ... RENAME COLUMN and the like are about. */
static void
read_rename(SdrReading *reading, RenameStmt *stmt)
{
	const char *kind = sdr_kind_of_object_type(stmt->renameType);

	if (stmt->relation != NULL)
		sdr_target_relation(reading, kind, stmt->relation, stmt->subname);
	else if (stmt->object != NULL)
		sdr_target_object(reading, stmt->renameType, stmt->object);
	else
		sdr_target_plain(reading, kind, stmt->subname);
}

/* Statements that no form fits. */
static void
read_other(SdrReading *reading, Node *node)
{
	const char *kind = reading->facts->command->kind;

	switch (nodeTag(node))
	{
		case T_CreateTableAsStmt:
			reading->creates = true;
			sdr_target_relation(reading, kind,
								((CreateTableAsStmt *) node)->into->rel, NULL);
			break;
		case T_CreateSchemaStmt:
			sdr_target_plain(reading, kind,
							 ((CreateSchemaStmt *) node)->schemaname ?
							 ((CreateSchemaStmt *) node)->schemaname :
							 sdr_role_text(((CreateSchemaStmt *) node)->authrole));
			break;
		case T_AlterSystemStmt:
			sdr_target_plain(reading, kind,
							 ((AlterSystemStmt *) node)->setstmt->name ?
							 ((AlterSystemStmt *) node)->setstmt->name : "all");
			break;
		case T_RenameStmt:
			read_rename(reading, (RenameStmt *) node);
			break;
		case T_GrantStmt:
			read_grant(reading, (GrantStmt *) node);
			break;
		case T_GrantRoleStmt:
			read_granted_roles(reading, ((GrantRoleStmt *) node)->granted_roles);
			break;
		case T_CreateCastStmt:
			sdr_target_plain(reading, "cast",
							 psprintf("%s AS %s",
									  sdr_target_type_text(((CreateCastStmt *) node)->sourcetype),
									  sdr_target_type_text(((CreateCastStmt *) node)->targettype)));
			break;
		case T_CreateTransformStmt:
			sdr_target_plain(reading, "transform",
							 psprintf("%s.%s",
									  sdr_target_type_text(((CreateTransformStmt *) node)->type_name),
									  ((CreateTransformStmt *) node)->lang));
			break;
		default:
			/* ALTER DEFAULT PRIVILEGES, and what a later server may have */
			reading->permanent = true;
			break;
	}
}

static void
read_statement(SdrReading *reading, Node *node)
{
	for (int i = 0; i < lengthof(forms); i++)
	{
		if (forms[i].tag == nodeTag(node))
		{
			read_form(reading, node, i);
			return;
		}
	}
	read_other(reading, node);
}

/* Does the statement replace what is there, if it is? */
static bool
replaces(Node *node)
{
	switch (nodeTag(node))
	{
		case T_ViewStmt:
			return ((ViewStmt *) node)->replace;
		case T_RuleStmt:
			return ((RuleStmt *) node)->replace;
		case T_CreateFunctionStmt:
			return ((CreateFunctionStmt *) node)->replace;
		case T_CreateTrigStmt:
			return ((CreateTrigStmt *) node)->replace;
		case T_CreatePLangStmt:
			return ((CreatePLangStmt *) node)->replace;
		case T_CreateTransformStmt:
			return ((CreateTransformStmt *) node)->replace;
		case T_DefineStmt:
			return ((DefineStmt *) node)->replace;
		default:
			return false;
	}
}

/* Tables that the statement attaches to another as partitions, or detaches. */
static List *
partitions(Node *node)
{
	List	   *names = NIL;
	ListCell   *lc;

	if (!IsA(node, AlterTableStmt))
		return NIL;
	foreach(lc, ((AlterTableStmt *) node)->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AttachPartition ||
			cmd->subtype == AT_DetachPartition)
			names = lappend(names, ((PartitionCmd *) cmd->def)->name);
	}
	return names;
}

/* Does the statement add columns to a table, and do nothing else? */
static bool
adds_columns(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	if (!IsA(stmt, AlterTableStmt) || stmt->objtype != OBJECT_TABLE)
		return false;
	foreach(lc, stmt->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype != AT_AddColumn)
			return false;
	}
	return true;
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

/* What ALTER DATABASE, ROLE or SYSTEM sets; NULL for other statements. */
const VariableSetStmt *
sdr_setting_of(Node *node)
{
	if (IsA(node, AlterDatabaseSetStmt))
		return ((AlterDatabaseSetStmt *) node)->setstmt;
	if (IsA(node, AlterRoleSetStmt))
		return ((AlterRoleSetStmt *) node)->setstmt;
	if (IsA(node, AlterSystemStmt))
		return ((AlterSystemStmt *) node)->setstmt;
	return NULL;
}

/* Does it do so to a setting of ours, or to all? */
bool
sdr_sets_own(Node *node)
{
	const VariableSetStmt *set = sdr_setting_of(node);

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
	SdrReading	reading = {0};

	memset(facts, 0, sizeof(SdrFacts));
	facts->command = sdr_command(tag);
	reading.facts = facts;
	read_statement(&reading, statement);
	facts->temporary = !reading.permanent && facts->targets != NIL;
	facts->acts = sdr_statement_acts(statement, facts->command);
	facts->details = sdr_facts_details(statement);
	facts->renames = IsA(statement, RenameStmt);
	facts->replaces = replaces(statement);
	facts->partitions = partitions(statement);
	facts->adds_columns = adds_columns((AlterTableStmt *) statement);
	facts->all_in_schema = IsA(statement, GrantStmt) &&
		((GrantStmt *) statement)->targtype == ACL_TARGET_ALL_IN_SCHEMA;
	if (IsA(statement, GrantRoleStmt))
		facts->roles = ((GrantRoleStmt *) statement)->grantee_roles;
	else if (IsA(statement, AlterRoleSetStmt) &&
			 ((AlterRoleSetStmt *) statement)->role != NULL)
		facts->roles = list_make1(((AlterRoleSetStmt *) statement)->role);
	read_own(statement, facts);
}
