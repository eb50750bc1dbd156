/*-------------------------------------------------------------------------
 *
 * global.c
 *	  What is shared by all databases, and default privileges.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

static void
set_one(SdrPlan *plan, const SdrObject *object, const char *head,
		const char *name, const char *value)
{
	if (value == NULL)
		sdr_step(plan, SDR_STAGE_PROPERTY, object, "%s RESET %s", head,
				 sdr_parameter_name(name));
	else if (sdr_secret_is_hidden(value))
		sdr_unmended(plan, object,
					 psprintf("the value of setting \"%s\" is secret, and only its hash is known",
							  name));
	else
		sdr_step(plan, SDR_STAGE_PROPERTY, object, "%s SET %s TO %s", head,
				 sdr_parameter_name(name), sdr_setting_value(name, value));
}

/* Settings of roles and databases; head is what stands before SET. */
static void
set_settings(SdrPlan *plan, const SdrObject *object, const char *head,
			 const List *old, const List *new)
{
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_value(new, pair->key) == NULL)
			set_one(plan, object, head, pair->key, NULL);
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			set_one(plan, object, head, pair->key, pair->value);
	}
}

/* The template is the statement up to SET. */
void
sdr_mend_settings(SdrPlan *plan, const SdrMend *mend)
{
	set_settings(plan, mend->want,
				 sdr_render(mend->rule->set, mend->want, &mend->value),
				 sdr_items(mend->have, mend->id), mend->value.u.map);
}

/* Memberships: of each role, the options as "ADMIN, INHERIT, SET". */
static void
set_membership(SdrPlan *plan, const SdrObject *role, const char *group,
			   const char *old, const char *new)
{
	const char *member = quote_identifier(role->name);

	if (old != NULL)
		sdr_step(plan, SDR_STAGE_PROPERTY, role, "REVOKE %s FROM %s",
				 quote_identifier(group), member);
	if (new != NULL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, role, "GRANT %s TO %s%s",
				 quote_identifier(group), member,
				 sdr_compat_membership_options(strstr(new, "ADMIN") != NULL,
											   strstr(new, "INHERIT") != NULL,
											   strstr(new, "SET") != NULL));
}

static void
set_memberships(SdrPlan *plan, const SdrObject *role, const List *old,
				const List *new)
{
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_value(new, pair->key) == NULL)
			set_membership(plan, role, pair->key, pair->value, NULL);
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			set_membership(plan, role, pair->key, before, pair->value);
	}
}

static void
mend_memberships(SdrPlan *plan, const SdrMend *mend)
{
	set_memberships(plan, mend->want, sdr_items(mend->have, mend->id),
					mend->value.u.map);
}

static const struct
{
	SdrAttrId	attr;
	const char *yes;
	const char *no;
}			role_switches[] = {
	{SDR_ROLE_LOGIN, "LOGIN", "NOLOGIN"},
	{SDR_ROLE_SUPERUSER, "SUPERUSER", "NOSUPERUSER"},
	{SDR_ROLE_INHERIT, "INHERIT", "NOINHERIT"},
	{SDR_ROLE_CREATEROLE, "CREATEROLE", "NOCREATEROLE"},
	{SDR_ROLE_CREATEDB, "CREATEDB", "NOCREATEDB"},
	{SDR_ROLE_REPLICATION, "REPLICATION", "NOREPLICATION"},
	{SDR_ROLE_BYPASSRLS, "BYPASSRLS", "NOBYPASSRLS"},
};

static void
create_role(SdrPlan *plan, const SdrObject *role)
{
	SdrValue	limit = sdr_wanted_value(role, SDR_ROLE_CONNECTION_LIMIT);
	const char *until = sdr_text(role, SDR_ROLE_VALID_UNTIL);
	const char *name = quote_identifier(role->name);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(role_switches); i++)
		appendStringInfo(&buf, " %s", sdr_true(role, role_switches[i].attr) ?
						 role_switches[i].yes : role_switches[i].no);
	if (limit.u.integer != -1)
		appendStringInfo(&buf, " CONNECTION LIMIT " INT64_FORMAT,
						 limit.u.integer);
	if (until != NULL)
		appendStringInfo(&buf, " VALID UNTIL %s", sdr_literal(until));
	sdr_step(plan, SDR_STAGE_ROLE, role, "CREATE ROLE %s%s", name,
			 buf.data)->note = sdr_true(role, SDR_ROLE_LOGIN) ?
		"without a password: no document has one" : NULL;
	set_memberships(plan, role, NIL, sdr_items(role, SDR_ROLE_MEMBER_OF));
	set_settings(plan, role, psprintf("ALTER ROLE %s", name), NIL,
				 sdr_items(role, SDR_ROLE_SETTINGS));
}

#define SDR_ALTER_ROLE		"ALTER ROLE {name} "
#define SDR_ROLE_RULE(attr, yes, no) \
	{attr, SDR_ALTER_ROLE yes, SDR_ALTER_ROLE no, SDR_NO_LOCK, \
	SDR_RISK_SAFE, NULL}

static const SdrRule role_rules[] = {
	SDR_ROLE_RULE(SDR_ROLE_LOGIN, "LOGIN", "NOLOGIN"),
	SDR_ROLE_RULE(SDR_ROLE_SUPERUSER, "SUPERUSER", "NOSUPERUSER"),
	SDR_ROLE_RULE(SDR_ROLE_INHERIT, "INHERIT", "NOINHERIT"),
	SDR_ROLE_RULE(SDR_ROLE_CREATEROLE, "CREATEROLE", "NOCREATEROLE"),
	SDR_ROLE_RULE(SDR_ROLE_CREATEDB, "CREATEDB", "NOCREATEDB"),
	SDR_ROLE_RULE(SDR_ROLE_REPLICATION, "REPLICATION", "NOREPLICATION"),
	SDR_ROLE_RULE(SDR_ROLE_BYPASSRLS, "BYPASSRLS", "NOBYPASSRLS"),
	SDR_ROLE_RULE(SDR_ROLE_CONNECTION_LIMIT, "CONNECTION LIMIT {value}", "CONNECTION LIMIT -1"),
	SDR_ROLE_RULE(SDR_ROLE_VALID_UNTIL, "VALID UNTIL {literal}", "VALID UNTIL 'infinity'"),
	{SDR_ROLE_MEMBER_OF,.mend = mend_memberships},
	{SDR_ROLE_SETTINGS, "ALTER ROLE {name}", NULL, NULL, SDR_RISK_SAFE, sdr_mend_settings},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_role_mender = {
	.kind = SDR_KIND_ROLE,
	.type = "ROLE",
	.create = create_role,
	.rules = role_rules
};

static void
create_database(SdrPlan *plan, const SdrObject *database)
{
	sdr_unmended(plan, database, "a database is not made from within another");
}

/* The node of the database is called current, whatever its name. */
static const char *
database_name(void)
{
	return quote_identifier(get_database_name(MyDatabaseId));
}

static void
mend_database(SdrPlan *plan, const SdrMend *mend)
{
	SdrValue	value = mend->value;
	bool		resets = mend->rule->reset != NULL && sdr_value_is_none(&value);

	sdr_step(plan, SDR_STAGE_PROPERTY, mend->want, "ALTER DATABASE %s %s",
			 database_name(),
			 sdr_render(resets ? mend->rule->reset : mend->rule->set,
						mend->want, &value));
}

static void
mend_allow_connections(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.u.boolean)
		mend_database(plan, mend);
	else
		sdr_unmended(plan, mend->want,
					 "a database can be closed only from another one");
}

static void
mend_database_settings(SdrPlan *plan, const SdrMend *mend)
{
	set_settings(plan, mend->want, psprintf("ALTER DATABASE %s",
											database_name()),
				 sdr_items(mend->have, mend->id), mend->value.u.map);
}

/* Of role.setting, the role; it may be quoted. */
static const char *
setting_role(const char *key, const char **setting)
{
	bool		quoted = false;
	int			len = 0;

	while (key[len] != '\0' && (quoted || key[len] != '.'))
	{
		if (key[len] == '"')
			quoted = !quoted;
		len++;
	}
	*setting = key[len] == '\0' ? key + len : key + len + 1;
	return pnstrdup(key, len);
}

static void
mend_role_settings(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, mend->id);
	List	   *new = mend->value.u.map;
	List	   *all = list_concat_copy(old, new);
	ListCell   *lc;

	foreach(lc, all)
	{
		const SdrPair *pair = lfirst(lc);
		bool		is_old = foreach_current_index(lc) < list_length(old);
		const char *wanted = sdr_map_value(new, pair->key);
		const char *before = sdr_map_value(old, pair->key);
		const char *setting;
		const char *role = setting_role(pair->key, &setting);

		if (is_old ? wanted != NULL :
			before != NULL && strcmp(before, pair->value) == 0)
			continue;
		set_one(plan, mend->want, psprintf("ALTER ROLE %s IN DATABASE %s", role,
										   database_name()),
				setting, wanted);
	}
}

static const SdrRule database_rules[] = {
	{SDR_DATABASE_CONNECTION_LIMIT, "CONNECTION LIMIT {value}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, mend_database},
	{SDR_DATABASE_ALLOW_CONNECTIONS, "ALLOW_CONNECTIONS {value}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, mend_allow_connections},
	{SDR_DATABASE_IS_TEMPLATE, "IS_TEMPLATE {value}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, mend_database},
	{SDR_DATABASE_SETTINGS,.mend = mend_database_settings},
	{SDR_DATABASE_ROLE_SETTINGS,.mend = mend_role_settings},
	{SDR_ATTR_NONE}
};

static void
remake_database(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	sdr_unmended(plan, want, "only a new database has another encoding, locale or tablespace");
}

static const char *
drop_nothing(const SdrObject *object)
{
	return NULL;
}

const SdrMender sdr_database_mender = {
	.kind = SDR_KIND_DATABASE,
	.type = "DATABASE",
	.create = create_database,
	.remake = remake_database,
	.rules = database_rules,
	.drop = drop_nothing
};

static void
create_tablespace(SdrPlan *plan, const SdrObject *tablespace)
{
	sdr_unmended(plan, tablespace, "no document has the place of a tablespace");
}

static const SdrRule tablespace_rules[] = {
	{SDR_TABLESPACE_OPTIONS, "ALTER TABLESPACE {name}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, sdr_mend_options},
	{SDR_ATTR_NONE}
};

static const char *
drop_tablespace(const SdrObject *tablespace)
{
	return psprintf("DROP TABLESPACE %s", quote_identifier(tablespace->name));
}

const SdrMender sdr_tablespace_mender = {
	.kind = SDR_KIND_TABLESPACE,
	.type = "TABLESPACE",
	.create = create_tablespace,
	.rules = tablespace_rules,
	.drop = drop_tablespace
};

/* A parameter is there when somebody has privileges on it. */
static void
create_parameter(SdrPlan *plan, const SdrObject *parameter)
{
}

static void
drop_parameter_rights(SdrPlan *plan, const SdrObject *parameter)
{
	ListCell   *lc;

	foreach(lc, sdr_items(parameter, SDR_PARAMETER_PRIVILEGES))
	{
		const SdrPair *pair = lfirst(lc);

		sdr_step(plan, SDR_STAGE_PRIVILEGE, parameter,
				 "REVOKE ALL ON PARAMETER %s FROM %s CASCADE", parameter->name,
				 strcmp(pair->key, "public") == 0 ? "PUBLIC" :
				 quote_identifier(pair->key));
	}
}

const SdrMender sdr_parameter_mender = {
	.kind = SDR_KIND_PARAMETER,
	.type = "PARAMETER",
	.create = create_parameter,
	.destroy = drop_parameter_rights
};

static void
create_large_object(SdrPlan *plan, const SdrObject *object)
{
	sdr_step(plan, SDR_STAGE_GLOBAL, object, "SELECT pg_catalog.lo_create(%s)",
			 object->name)->note =
		"it is empty: no document has the contents of a large object";
}

static const char *
drop_large_object(const SdrObject *object)
{
	return psprintf("SELECT pg_catalog.lo_unlink(%s)", object->name);
}

const SdrMender sdr_large_object_mender = {
	.kind = SDR_KIND_LARGE_OBJECT,
	.type = "LARGE OBJECT",
	.create = create_large_object,
	.drop = drop_large_object,
	.holds_data = true
};

/* "for role r in schema s on tables": what stands before " on " and behind. */
static void
split_default(const SdrObject *object, const char **head, const char **what)
{
	const char *at = strstr(object->name, " on ");

	for (const char *next = at; next != NULL; next = strstr(next + 1, " on "))
		at = next;
	*head = pnstrdup(object->name, at - object->name);
	*what = at + strlen(" on ");
}

static void
set_default(SdrPlan *plan, const SdrObject *object, const char *role,
			const char *old, const char *new)
{
	const char *head;
	const char *what;
	const char *to = strcmp(role, "public") == 0 ? "PUBLIC" :
	quote_identifier(role);
	List	   *plain;
	List	   *grantable;

	split_default(object, &head, &what);
	if (old != NULL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object,
				 "ALTER DEFAULT PRIVILEGES %s REVOKE ALL ON %s FROM %s", head,
				 what, to);
	if (new == NULL)
		return;
	sdr_split_rights(new, &plain, &grantable);
	if (plain != NIL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object,
				 "ALTER DEFAULT PRIVILEGES %s GRANT %s ON %s TO %s", head,
				 sdr_join(plain, ", "), what, to);
	if (grantable != NIL)
		sdr_step(plan, SDR_STAGE_PRIVILEGE, object,
				 "ALTER DEFAULT PRIVILEGES %s GRANT %s ON %s TO %s WITH GRANT OPTION",
				 head, sdr_join(grantable, ", "), what, to);
}

/* What new objects of a class are called there, and the kind that they are. */
static const struct
{
	const char *what;
	SdrKindId	kind;
}			defaults[] = {
	{"tables", SDR_KIND_TABLE},
	{"sequences", SDR_KIND_SEQUENCE},
	{"functions", SDR_KIND_FUNCTION},
	{"types", SDR_KIND_ENUM},
	{"schemas", SDR_KIND_SCHEMA},
	{"large objects", SDR_KIND_LARGE_OBJECT},
};

/* What the role's new objects get where nobody has said anything. */
static List *
server_defaults(const SdrObject *object)
{
	static const char prefix[] = "for role ";
	const char *head;
	const char *what;
	const char *role;
	List	   *names;

	split_default(object, &head, &what);
	if (strstr(head, " in schema ") != NULL)
		return NIL;
	if (!SplitIdentifierString(pstrdup(head + strlen(prefix)), ',', &names))
		return NIL;
	role = linitial(names);
	for (int i = 0; i < lengthof(defaults); i++)
	{
		if (strcmp(defaults[i].what, what) == 0)
			return sdr_default_privileges(defaults[i].kind, role);
	}
	return NIL;
}

/*
 * Default privileges exist where they differ from the server's own: for all
 * schemas those, in one schema none.
 */
static void
set_defaults(SdrPlan *plan, const SdrObject *object, const List *old,
			 const List *new)
{
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_value(new, pair->key) == NULL)
			set_default(plan, object, pair->key, pair->value, NULL);
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			set_default(plan, object, pair->key, before, pair->value);
	}
}

static void
create_default_privileges(SdrPlan *plan, const SdrObject *object)
{
	set_defaults(plan, object, server_defaults(object),
				 sdr_items(object, SDR_DEFAULT_PRIVILEGES_PRIVILEGES));
}

static void
drop_default_privileges(SdrPlan *plan, const SdrObject *object)
{
	set_defaults(plan, object,
				 sdr_items(object, SDR_DEFAULT_PRIVILEGES_PRIVILEGES),
				 server_defaults(object));
}

static void
mend_default_privileges(SdrPlan *plan, const SdrMend *mend)
{
	set_defaults(plan, mend->want, sdr_items(mend->have, mend->id),
				 mend->value.u.map);
}

static const SdrRule default_privileges_rules[] = {
	{SDR_DEFAULT_PRIVILEGES_PRIVILEGES,.mend = mend_default_privileges},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_default_privileges_mender = {
	.kind = SDR_KIND_DEFAULT_PRIVILEGES,
	.type = "DEFAULT PRIVILEGES",
	.create = create_default_privileges,
	.rules = default_privileges_rules,
	.destroy = drop_default_privileges
};
