/*-------------------------------------------------------------------------
 *
 * defaultacl.c
 *	  Default privileges: what ALTER DEFAULT PRIVILEGES has set.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_namespace.h"
#include "commands/defrem.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"

/* The types of objects that default privileges are for. */
static const struct
{
	char		code;
	ObjectType	type;
	const char *plural;
}			object_types[] = {
	{DEFACLOBJ_RELATION, OBJECT_TABLE, "tables"},
	{DEFACLOBJ_SEQUENCE, OBJECT_SEQUENCE, "sequences"},
	{DEFACLOBJ_FUNCTION, OBJECT_FUNCTION, "functions"},
	{DEFACLOBJ_TYPE, OBJECT_TYPE, "types"},
	{DEFACLOBJ_NAMESPACE, OBJECT_SCHEMA, "schemas"},
	{DEFACLOBJ_LARGEOBJECT, OBJECT_LARGEOBJECT, "large objects"},
};

/* The index in object_types[] of a row. */
static int
type_of(Form_pg_default_acl form)
{
	for (int i = 0; i < lengthof(object_types); i++)
	{
		if (object_types[i].code == form->defaclobjtype)
			return i;
	}
	elog(ERROR, "unrecognized default privileges: %c", form->defaclobjtype);
}

/* The name, as pg_identify_object() prints it; schema may be NULL. */
static const char *
make_name(const char *role, const char *schema, const char *plural)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "for role %s", quote_identifier(role));
	if (schema != NULL)
		appendStringInfo(&buf, " in schema %s", quote_identifier(schema));
	appendStringInfo(&buf, " on %s", plural);
	return buf.data;
}

static bool
default_privileges_identify(SdrReader *reader, HeapTuple tuple,
							SdrEntry *entry)
{
	Form_pg_default_acl form = (Form_pg_default_acl) GETSTRUCT(tuple);
	const SdrName *schema = NULL;

	if (OidIsValid(form->defaclnamespace))
	{
		schema = sdr_name(reader, NamespaceRelationId, form->defaclnamespace);
		if (schema == NULL)
			return false;
	}
	entry->item.kind = sdr_kind(SDR_KIND_DEFAULT_PRIVILEGES);
	entry->item.name = make_name(sdr_role_name(reader, form->defaclrole),
								 schema == NULL ? NULL : schema->name,
								 object_types[type_of(form)].plural);
	return true;
}

static void
default_privileges_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_default_acl form = (Form_pg_default_acl) GETSTRUCT(tuple);
	bool		isnull;
	Datum		acl = sdr_get(reader, DefaultAclRelationId, tuple,
							  Anum_pg_default_acl_defaclacl, &isnull);

	sdr_set_privileges(reader, object, DatumGetAclP(acl),
					   object_types[type_of(form)].type);
}

/* The last " on " of a name; -1 if none. */
static int
find_on(const char *name)
{
	int			at = -1;

	for (int i = 0; name[i] != '\0'; i++)
	{
		if (pg_strncasecmp(name + i, " on ", 4) == 0)
			at = i;
	}
	return at;
}

/*
 * Read the name as what stands around GRANT in ALTER DEFAULT PRIVILEGES, with
 * one role and at most one schema.
 */
static const char *
default_privileges_canonical_name(SdrReader *reader, const SdrItem *item, Oid namespace)
{
	const char *name = item->name;
	AlterDefaultPrivilegesStmt *stmt;
	const char *role = NULL;
	const char *schema = NULL;
	List	   *statements;
	ListCell   *lc;
	int			on = find_on(name);

	if (on < 0)
		return name;
	statements = raw_parser(psprintf("ALTER DEFAULT PRIVILEGES %.*s GRANT ALL%s TO PUBLIC",
									 on, name, name + on),
							RAW_PARSE_DEFAULT);
	if (list_length(statements) != 1 ||
		!IsA(linitial_node(RawStmt, statements)->stmt,
			 AlterDefaultPrivilegesStmt))
		return name;
	stmt = (AlterDefaultPrivilegesStmt *) linitial_node(RawStmt, statements)->stmt;

	foreach(lc, stmt->options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);
		List	   *values = castNode(List, def->arg);

		if (list_length(values) != 1)
			return name;
		if (strcmp(def->defname, "schemas") == 0)
			schema = strVal(linitial(values));
		else if (linitial_node(RoleSpec, values)->roletype == ROLESPEC_CSTRING)
			role = linitial_node(RoleSpec, values)->rolename;
	}
	for (int i = 0; i < lengthof(object_types) && role != NULL; i++)
	{
		if (object_types[i].type == stmt->action->objtype)
			return make_name(role, schema, object_types[i].plural);
	}
	return name;
}

const SdrFamily sdr_default_privileges_family = {
	.kinds = SDR_IN(DEFAULT_PRIVILEGES),
	.catalog = DefaultAclRelationId,
	.identify = default_privileges_identify,
	.read = default_privileges_read,
	.canonical_name = default_privileges_canonical_name,
};
