/*-------------------------------------------------------------------------
 *
 * changed.c
 *	  Privileges on what belongs to the server or to an extension.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

/*
 * How GRANT calls what stands in front of the identity; others are relations
 * or types, which it calls alike.
 */
static const struct
{
	const char *prefix;
	const char *grant;
}			prefixes[] = {
	{"column ", "TABLE"},
	{"function ", "FUNCTION"},
	{"procedure ", "PROCEDURE"},
	{"aggregate ", "ROUTINE"},
	{"schema ", "SCHEMA"},
	{"language ", "LANGUAGE"},
	{"foreign-data wrapper ", "FOREIGN DATA WRAPPER"},
	{"server ", "FOREIGN SERVER"},
	{"sequence ", "SEQUENCE"},
	{"table ", "TABLE"},
	{"view ", "TABLE"},
	{"materialized view ", "TABLE"},
	{"type ", "TYPE"},
	{"base type ", "TYPE"},
	{"domain ", "TYPE"},
	{"enum ", "TYPE"},
	{"range type ", "TYPE"},
	{"composite type ", "TYPE"},
};

/* Of a column's identity, the place of the dot before its own name. */
static const char *
column_dot(const char *identity)
{
	const char *dot = NULL;
	bool		quoted = false;

	for (; *identity != '\0'; identity++)
	{
		if (*identity == '"')
			quoted = !quoted;
		else if (*identity == '.' && !quoted)
			dot = identity;
	}
	return dot;
}

static void
change(SdrPlan *plan, const SdrObject *object, const char *verb,
	   const char *right, const char *role, const char *suffix)
{
	bool		grants = strcmp(verb, "GRANT") == 0;
	const char *to = strcmp(role, "public") == 0 ? "PUBLIC" :
	quote_identifier(role);

	for (int i = 0; i < lengthof(prefixes); i++)
	{
		int			len = strlen(prefixes[i].prefix);
		const char *name = object->name + len;
		const char *columns = "";

		if (strncmp(object->name, prefixes[i].prefix, len) != 0)
			continue;
		if (i == 0)
		{
			const char *dot = column_dot(name);

			columns = psprintf(" (%s)", dot + 1);
			name = pnstrdup(name, dot - name);
		}
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object, "%s %s%s ON %s %s %s %s%s",
				 verb, right, columns, prefixes[i].grant, name,
				 grants ? "TO" : "FROM", to, suffix);
		return;
	}
	sdr_unmended(plan, object, "no statement changes privileges on it");
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

static void
destroy_changed(SdrPlan *plan, const SdrObject *object)
{
	if (plan->options.adopt)
	{
		sdr_unmended(plan, object,
					 "what it was made with is known only where it is changed");
		return;
	}
	set_rights(plan, object, sdr_items(object, SDR_CHANGED_PRIVILEGES_PRIVILEGES),
			   sdr_initial_privileges(plan->reader, object->name));
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
