/*-------------------------------------------------------------------------
 *
 * changed.c
 *	  Privileges on what belongs to the server or to an extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/*
 * What stands in front of the identity: how GRANT calls that, and the catalog
 * that has it.
 */
static const struct
{
	const char *prefix;
	const char *grant;
	Oid			catalog;
}			prefixes[] = {
	{"column ", "TABLE", AttributeRelationId},
	{"function ", "FUNCTION", ProcedureRelationId},
	{"procedure ", "PROCEDURE", ProcedureRelationId},
	{"aggregate ", "ROUTINE", ProcedureRelationId},
	{"schema ", "SCHEMA", NamespaceRelationId},
	{"language ", "LANGUAGE", LanguageRelationId},
	{"foreign-data wrapper ", "FOREIGN DATA WRAPPER", ForeignDataWrapperRelationId},
	{"server ", "FOREIGN SERVER", ForeignServerRelationId},
	{"sequence ", "SEQUENCE", RelationRelationId},
	{"table ", "TABLE", RelationRelationId},
	{"view ", "TABLE", RelationRelationId},
	{"materialized view ", "TABLE", RelationRelationId},
	{"type ", "TYPE", TypeRelationId},
	{"base type ", "TYPE", TypeRelationId},
	{"domain ", "TYPE", TypeRelationId},
	{"enum ", "TYPE", TypeRelationId},
	{"range type ", "TYPE", TypeRelationId},
	{"composite type ", "TYPE", TypeRelationId},
};

/* The place of the identity's prefix in the table; -1 if it has none. */
static int
prefix_of(const SdrObject *object)
{
	for (int i = 0; i < lengthof(prefixes); i++)
	{
		if (strncmp(object->name, prefixes[i].prefix,
					strlen(prefixes[i].prefix)) == 0)
			return i;
	}
	return -1;
}

static void
change(SdrPlan *plan, const SdrObject *object, const char *verb,
	   const char *right, const char *role, const char *suffix)
{
	bool		grants = strcmp(verb, "GRANT") == 0;
	const char *to = strcmp(role, "public") == 0 ? "PUBLIC" :
	quote_identifier(role);
	int			i = prefix_of(object);
	const char *columns = "";
	const char *name;

	if (i < 0)
		sdr_unmended(plan, object, "no statement changes privileges on it");
	if (i < 0 || !sdr_has_role(plan, object, role))
		return;
	name = object->name + strlen(prefixes[i].prefix);
	if (prefixes[i].catalog == AttributeRelationId)
	{
		const char *dot = sdr_last_dot(name);

		columns = psprintf(" (%s)", dot + 1);
		name = pnstrdup(name, dot - name);
	}
	sdr_step(plan, SDR_STAGE_PRIVILEGE, object, "%s %s%s ON %s %s %s %s%s",
			 verb, right, columns, prefixes[i].grant, name,
			 grants ? "TO" : "FROM", to, suffix);
}

static void
grant_all(SdrPlan *plan, const SdrObject *object, const SdrPair *pair)
{
	List	   *plain;
	List	   *grantable;
	ListCell   *lc;

	sdr_split_rights(pair->value, &plain, &grantable);
	foreach(lc, plain)
		change(plan, object, "GRANT", lfirst(lc), pair->key, "");
	foreach(lc, grantable)
		change(plan, object, "GRANT", lfirst(lc), pair->key,
			   " WITH GRANT OPTION");
}

/* From what some roles have to what some are to have. */
static void
set_rights(SdrPlan *plan, const SdrObject *object, const List *old,
		   const List *new)
{
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);
		bool		stays = false;
		const ListCell *other;

		foreach(other, new)
		{
			const SdrPair *wanted = lfirst(other);

			if (strcmp(wanted->key, pair->key) == 0 &&
				strcmp(wanted->value, pair->value) == 0)
				stays = true;
		}
		if (!stays)
			change(plan, object, "REVOKE", "ALL", pair->key, " CASCADE");
	}
	foreach(lc, new)
		grant_all(plan, object, lfirst(lc));
}

/* What it has now is in no list: at least all the server gives to everybody. */
static void
create_changed(SdrPlan *plan, const SdrObject *object)
{
	SdrPair		everybody = {"public", ""};
	List	   *new = sdr_items(object, SDR_CHANGED_PRIVILEGES_PRIVILEGES);

	set_rights(plan, object, list_make1(&everybody), new);
}

/* What it was made with, it is to have again. */
static void
destroy_changed(SdrPlan *plan, const SdrObject *object)
{
	int			i = prefix_of(object);
	List	   *initial;

	if (i >= 0 &&
		sdr_initial_privileges(plan->reader, prefixes[i].catalog,
							   object->name + strlen(prefixes[i].prefix),
							   &initial))
		set_rights(plan, object,
				   sdr_items(object, SDR_CHANGED_PRIVILEGES_PRIVILEGES),
				   initial);
	else
		sdr_unmended(plan, object,
					 "what it was made with is not known, as it is not there");
}

static void
mend_changed(SdrPlan *plan, const SdrMend *mend)
{
	set_rights(plan, mend->want, sdr_items(mend->have, mend->id),
			   mend->value.u.map);
}

static const SdrRule rules[] = {
	{SDR_CHANGED_PRIVILEGES_PRIVILEGES,.mend = mend_changed},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_changed_privileges_mender = {
	.kind = SDR_KIND_CHANGED_PRIVILEGES,
	.type = "CHANGED PRIVILEGES",
	.create = create_changed,
	.rules = rules,
	.destroy = destroy_changed
};
