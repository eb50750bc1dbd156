/*-------------------------------------------------------------------------
 *
 * details.c
 *	  What a statement says beyond the object it is about, as JSON: whom a
 *	  privilege is granted to, what an object is renamed to.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "guard/guard.h"
#include "model/model.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "parser/parse_oper.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"

static void
put_key(StringInfo buf, const char *key)
{
	appendStringInfoString(buf, buf->len == 0 ? "{" : ", ");
	sdr_json_string(buf, key);
	appendStringInfoString(buf, ": ");
}

static void
put_text(StringInfo buf, const char *key, const char *value)
{
	if (value == NULL)
		return;
	put_key(buf, key);
	sdr_json_string(buf, value);
}

static void
put_true(StringInfo buf, const char *key, bool value)
{
	if (!value)
		return;
	put_key(buf, key);
	appendStringInfoString(buf, "true");
}

/* A privilege, or a role that is granted; with its columns. */
static const char *
privilege_text(const AccessPriv *privilege)
{
	const char *name = privilege->priv_name ? privilege->priv_name : "all";
	StringInfoData buf;
	ListCell   *lc;

	if (privilege->cols == NIL)
		return name;
	initStringInfo(&buf);
	appendStringInfo(&buf, "%s (", name);
	foreach(lc, privilege->cols)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 strVal(lfirst(lc)));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* The text of a node that stands in one of the lists below. */
static const char *
node_text(Node *node)
{
	if (IsA(node, RoleSpec))
		return sdr_role_text((const RoleSpec *) node);
	if (IsA(node, AccessPriv))
		return privilege_text((const AccessPriv *) node);
	if (IsA(node, String))
		return strVal(node);
	return "?";
}

static void
put_list(StringInfo buf, const char *key, const List *nodes)
{
	ListCell   *lc;

	if (nodes == NIL)
		return;
	put_key(buf, key);
	foreach(lc, nodes)
	{
		appendStringInfoString(buf, foreach_current_index(lc) > 0 ? ", " : "[");
		sdr_json_string(buf, node_text(lfirst(lc)));
	}
	appendStringInfoChar(buf, ']');
}

static void
put_grant(StringInfo buf, const GrantStmt *stmt)
{
	if (stmt->privileges == NIL)
	{
		put_key(buf, "privileges");
		appendStringInfoString(buf, "[\"all\"]");
	}
	put_list(buf, "privileges", stmt->privileges);
	put_text(buf, "on", sdr_kind_of_object_type(stmt->objtype));
	put_true(buf, "all_in_schema", stmt->targtype == ACL_TARGET_ALL_IN_SCHEMA);
	put_list(buf, stmt->is_grant ? "to" : "from", stmt->grantees);
	put_true(buf, "grant_option", stmt->grant_option);
	put_true(buf, "cascade", stmt->behavior == DROP_CASCADE && !stmt->is_grant);
}

static void
put_default_privileges(StringInfo buf, const AlterDefaultPrivilegesStmt *stmt)
{
	ListCell   *lc;

	put_text(buf, "act", stmt->action->is_grant ? "grant" : "revoke");
	foreach(lc, stmt->options)
	{
		DefElem    *option = lfirst(lc);

		if (option->arg != NULL && IsA(option->arg, List))
			put_list(buf, strcmp(option->defname, "schemas") == 0 ?
					 "in_schemas" : "for_roles", (List *) option->arg);
	}
	put_grant(buf, stmt->action);
}

static void
put_setting(StringInfo buf, const VariableSetStmt *set)
{
	if (set == NULL)
		return;
	put_text(buf, "setting", set->kind == VAR_RESET_ALL ? "all" : set->name);
	put_true(buf, "reset", set->kind == VAR_RESET || set->kind == VAR_RESET_ALL);
}

/* The last name of an object in whatever way it is named; NULL if none. */
static const char *
last_name(Node *object)
{
	if (object == NULL)
		return NULL;
	if (IsA(object, String))
		return strVal(object);
	if (IsA(object, ObjectWithArgs))
		return strVal(llast(((ObjectWithArgs *) object)->objname));
	if (IsA(object, TypeName))
		return strVal(llast(((TypeName *) object)->names));
	if (IsA(object, List) && IsA(llast((List *) object), String))
		return strVal(llast((List *) object));
	return NULL;
}

static void
put_rename(StringInfo buf, const RenameStmt *stmt)
{
	put_text(buf, "old_name", stmt->subname != NULL ? stmt->subname :
			 stmt->relation != NULL ? stmt->relation->relname :
			 last_name(stmt->object));
	put_text(buf, "new_name", stmt->newname);
}

/* How objects are found that are named without a schema. */
static const struct
{
	ObjectType	type;
	Oid			catalog;
	Oid			(*find) (List *names, bool missing_ok);
	/* what is for an access method */
	Oid			(*find_of_method) (Oid method, List *names, bool missing_ok);
}			on_path[] = {
	{OBJECT_COLLATION, CollationRelationId, get_collation_oid, NULL},
	{OBJECT_CONVERSION, ConversionRelationId, get_conversion_oid, NULL},
	{OBJECT_STATISTIC_EXT, StatisticExtRelationId, get_statistics_object_oid, NULL},
	{OBJECT_TSPARSER, TSParserRelationId, get_ts_parser_oid, NULL},
	{OBJECT_TSTEMPLATE, TSTemplateRelationId, get_ts_template_oid, NULL},
	{OBJECT_TSDICTIONARY, TSDictionaryRelationId, get_ts_dict_oid, NULL},
	{OBJECT_TSCONFIGURATION, TSConfigRelationId, get_ts_config_oid, NULL},
	{OBJECT_OPCLASS, OperatorClassRelationId, NULL, get_opclass_oid},
	{OBJECT_OPFAMILY, OperatorFamilyRelationId, NULL, get_opfamily_oid},
};

/*
 * The object that is named without a schema, by the search_path; no oid if
 * there is none.  names is without the access method.
 */
static ObjectAddress
object_on_path(const AlterObjectSchemaStmt *stmt, List *names)
{
	ObjectAddress address = InvalidObjectAddress;

	if (IsA(stmt->object, ObjectWithArgs))
	{
		ObjectWithArgs *object = (ObjectWithArgs *) stmt->object;

		if (stmt->objectType == OBJECT_OPERATOR)
			ObjectAddressSet(address, OperatorRelationId,
							 LookupOperWithArgs(object, true));
		else
			ObjectAddressSet(address, ProcedureRelationId,
							 LookupFuncWithArgs(stmt->objectType, object,
												true));
		return address;
	}
	if (stmt->objectType == OBJECT_TYPE || stmt->objectType == OBJECT_DOMAIN)
		ObjectAddressSet(address, TypeRelationId,
						 LookupTypeNameOid(NULL,
										   makeTypeNameFromNameList(names),
										   true));
	for (int i = 0; i < lengthof(on_path); i++)
	{
		if (on_path[i].type != stmt->objectType)
			continue;
		address.classId = on_path[i].catalog;
		if (on_path[i].find != NULL)
			address.objectId = on_path[i].find(names, true);
		else
		{
			Oid			method = get_index_am_oid(strVal(linitial((List *) stmt->object)),
												  true);

			address.objectId = !OidIsValid(method) ? InvalidOid :
				on_path[i].find_of_method(method, names, true);
		}
	}
	return address;
}

/* Where an object was that is moved; its name may leave that open. */
static const char *
old_schema(const AlterObjectSchemaStmt *stmt)
{
	List	   *names = NIL;
	Oid			relid;

	if (stmt->relation != NULL)
	{
		relid = RangeVarGetRelid(stmt->relation, NoLock, true);
		return OidIsValid(relid) ?
			get_namespace_name(get_rel_namespace(relid)) :
			stmt->relation->schemaname;
	}
	if (stmt->object != NULL && IsA(stmt->object, ObjectWithArgs))
		names = ((ObjectWithArgs *) stmt->object)->objname;
	else if (stmt->object != NULL && IsA(stmt->object, List))
		names = (List *) stmt->object;
	/* before the name stands that of the access method */
	if (stmt->objectType == OBJECT_OPCLASS ||
		stmt->objectType == OBJECT_OPFAMILY)
		names = list_copy_tail(names, 1);
	if (list_length(names) == 1)
	{
		ObjectAddress address = object_on_path(stmt, names);

		return OidIsValid(address.objectId) ?
			get_namespace_name(get_object_namespace(&address)) : NULL;
	}
	return list_length(names) < 2 ||
		!IsA(list_nth(names, list_length(names) - 2), String) ? NULL :
		strVal(list_nth(names, list_length(names) - 2));
}

/* The JSON object of a statement; NULL when there is nothing to say. */
const char *
sdr_facts_details(Node *node)
{
	StringInfoData buf;

	initStringInfo(&buf);
	switch (nodeTag(node))
	{
		case T_GrantStmt:
			put_grant(&buf, (GrantStmt *) node);
			break;
		case T_AlterDefaultPrivilegesStmt:
			put_default_privileges(&buf, (AlterDefaultPrivilegesStmt *) node);
			break;
		case T_GrantRoleStmt:
			put_list(&buf, ((GrantRoleStmt *) node)->is_grant ? "to" : "from",
					 ((GrantRoleStmt *) node)->grantee_roles);
			break;
		case T_RenameStmt:
			put_rename(&buf, (RenameStmt *) node);
			break;
		case T_AlterObjectSchemaStmt:
			put_text(&buf, "old_schema",
					 old_schema((AlterObjectSchemaStmt *) node));
			put_text(&buf, "new_schema",
					 ((AlterObjectSchemaStmt *) node)->newschema);
			break;
		case T_AlterOwnerStmt:
			put_text(&buf, "new_owner",
					 sdr_role_text(((AlterOwnerStmt *) node)->newowner));
			break;
		case T_ReassignOwnedStmt:
			put_text(&buf, "new_owner",
					 sdr_role_text(((ReassignOwnedStmt *) node)->newrole));
			break;
		case T_DropStmt:
			put_true(&buf, "cascade",
					 ((DropStmt *) node)->behavior == DROP_CASCADE);
			break;
		case T_AlterRoleSetStmt:
			put_text(&buf, "in_database", ((AlterRoleSetStmt *) node)->database);
			break;
		case T_CreateUserMappingStmt:
			put_text(&buf, "user",
					 sdr_role_text(((CreateUserMappingStmt *) node)->user));
			break;
		case T_AlterUserMappingStmt:
			put_text(&buf, "user",
					 sdr_role_text(((AlterUserMappingStmt *) node)->user));
			break;
		case T_DropUserMappingStmt:
			put_text(&buf, "user",
					 sdr_role_text(((DropUserMappingStmt *) node)->user));
			break;
		default:
			break;
	}
	put_setting(&buf, sdr_setting_of(node));
	if (buf.len == 0)
	{
		pfree(buf.data);
		return NULL;
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}
