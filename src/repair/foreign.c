/*-------------------------------------------------------------------------
 *
 * foreign.c
 *	  Foreign-data wrappers, servers, user mappings; publications and
 *	  subscriptions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* OPTIONS of a new object; secret ones cannot be given. */
static const char *
options_text(SdrPlan *plan, const SdrObject *object, SdrAttrId attr)
{
	List	   *known = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(object, attr))
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_secret_is_hidden(pair->value))
			sdr_unmended(plan, object,
						 psprintf("the value of option \"%s\" is secret, and only its hash is known",
								  pair->key));
		else
			known = lappend(known, lfirst(lc));
	}
	return known == NIL ? "" : psprintf(" OPTIONS (%s)",
										sdr_fdw_options(known));
}

static void
create_fdw(SdrPlan *plan, const SdrObject *fdw)
{
	const char *handler = sdr_text(fdw, SDR_FDW_HANDLER);
	const char *validator = sdr_text(fdw, SDR_FDW_VALIDATOR);
	const char *connection = sdr_text(fdw, SDR_FDW_CONNECTION);

	sdr_step(plan, SDR_STAGE_GLOBAL, fdw,
			 "CREATE FOREIGN DATA WRAPPER %s%s%s%s%s%s%s%s",
			 quote_identifier(fdw->name), handler == NULL ? "" : " HANDLER ",
			 handler == NULL ? "" : handler,
			 validator == NULL ? "" : " VALIDATOR ",
			 validator == NULL ? "" : validator,
			 connection == NULL ? "" : " CONNECTION ",
			 connection == NULL ? "" : connection,
			 options_text(plan, fdw, SDR_FDW_OPTIONS));
}

#define SDR_ALTER_FDW		"ALTER FOREIGN DATA WRAPPER {name} "

static const SdrRule fdw_rules[] = {
	{SDR_FDW_HANDLER, SDR_ALTER_FDW "HANDLER {value}",
	SDR_ALTER_FDW "NO HANDLER", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	{SDR_FDW_VALIDATOR, SDR_ALTER_FDW "VALIDATOR {value}",
	SDR_ALTER_FDW "NO VALIDATOR", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	{SDR_FDW_CONNECTION, SDR_ALTER_FDW "CONNECTION {value}",
	SDR_ALTER_FDW "NO CONNECTION", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	{SDR_FDW_OPTIONS, "ALTER FOREIGN DATA WRAPPER {name}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, sdr_mend_fdw_options},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_fdw_mender = {
	.kind = SDR_KIND_FDW,
	.type = "FOREIGN DATA WRAPPER",
	.create = create_fdw,
	.rules = fdw_rules
};

static void
create_server(SdrPlan *plan, const SdrObject *server)
{
	const char *type = sdr_text(server, SDR_FOREIGN_SERVER_TYPE);
	const char *version = sdr_text(server, SDR_FOREIGN_SERVER_VERSION);

	sdr_step(plan, SDR_STAGE_GLOBAL, server,
			 "CREATE SERVER %s%s%s%s%s FOREIGN DATA WRAPPER %s%s",
			 quote_identifier(server->name), type == NULL ? "" : " TYPE ",
			 type == NULL ? "" : sdr_literal(type),
			 version == NULL ? "" : " VERSION ",
			 version == NULL ? "" : sdr_literal(version),
			 quote_identifier(sdr_text(server, SDR_FOREIGN_SERVER_WRAPPER)),
			 options_text(plan, server, SDR_FOREIGN_SERVER_OPTIONS));
}

static const SdrRule server_rules[] = {
	{SDR_FOREIGN_SERVER_VERSION, "ALTER SERVER {name} VERSION {literal}",
	"ALTER SERVER {name} VERSION NULL", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	{SDR_FOREIGN_SERVER_OPTIONS, "ALTER SERVER {name}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, sdr_mend_fdw_options},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_server_mender = {
	.kind = SDR_KIND_FOREIGN_SERVER,
	.type = "SERVER",
	.grant_type = "FOREIGN SERVER",
	.create = create_server,
	.rules = server_rules
};

/* "role on server name" as SQL has it: role SERVER name */
static const char *
mapping_text(const SdrObject *mapping)
{
	static const char infix[] = " on server ";
	const char *at = strstr(mapping->name, infix);

	for (const char *next = at; next != NULL;
		 next = strstr(next + 1, infix))
		at = next;
	return psprintf("FOR %.*s SERVER %s", (int) (at - mapping->name),
					mapping->name, at + strlen(infix));
}

static void
create_mapping(SdrPlan *plan, const SdrObject *mapping)
{
	sdr_step(plan, SDR_STAGE_GLOBAL, mapping, "CREATE USER MAPPING %s%s",
			 mapping_text(mapping),
			 options_text(plan, mapping, SDR_USER_MAPPING_OPTIONS));
}

static const char *
drop_mapping(const SdrObject *mapping)
{
	return psprintf("DROP USER MAPPING %s", mapping_text(mapping));
}

static void
mend_mapping(SdrPlan *plan, const SdrMend *mend)
{
	SdrRule		rule = {
		mend->id, psprintf("ALTER USER MAPPING %s", mapping_text(mend->want)),
		NULL, SDR_NO_LOCK, SDR_RISK_SAFE, NULL
	};
	SdrMend		copy = *mend;

	copy.rule = &rule;
	sdr_mend_fdw_options(plan, &copy);
}

static const SdrRule mapping_rules[] = {
	{SDR_USER_MAPPING_OPTIONS,.mend = mend_mapping},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_user_mapping_mender = {
	.kind = SDR_KIND_USER_MAPPING,
	.type = "USER MAPPING",
	.create = create_mapping,
	.rules = mapping_rules,
	.drop = drop_mapping
};

/* What a publication publishes, as "insert, update". */
static const char *
published_acts(const SdrObject *publication)
{
	static const struct
	{
		SdrAttrId	attr;
		const char *act;
	}			acts[] = {
		{SDR_PUBLICATION_INSERT, "insert"},
		{SDR_PUBLICATION_UPDATE, "update"},
		{SDR_PUBLICATION_DELETE, "delete"},
		{SDR_PUBLICATION_TRUNCATE, "truncate"},
	};
	List	   *texts = NIL;

	for (int i = 0; i < lengthof(acts); i++)
	{
		if (sdr_true(publication, acts[i].attr))
			texts = lappend(texts, pstrdup(acts[i].act));
	}
	return sdr_join(texts, ", ");
}

static const char *
publication_parameters(const SdrObject *publication)
{
	const char *generated = sdr_text(publication,
									 SDR_PUBLICATION_GENERATED_COLUMNS);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "publish = %s, publish_via_partition_root = %s",
					 sdr_literal(published_acts(publication)),
					 sdr_true(publication, SDR_PUBLICATION_VIA_PARTITION_ROOT) ?
					 "true" : "false");
	if (sdr_attr(SDR_PUBLICATION_GENERATED_COLUMNS)->since <= SDR_SERVER_VERSION &&
		sdr_is_set(publication, SDR_PUBLICATION_GENERATED_COLUMNS))
		appendStringInfo(&buf, ", publish_generated_columns = %s", generated);
	return buf.data;
}

static void
create_publication(SdrPlan *plan, const SdrObject *publication)
{
	List	   *schemas = sdr_items(publication, SDR_PUBLICATION_SCHEMAS);
	StringInfoData buf;

	initStringInfo(&buf);
	if (sdr_true(publication, SDR_PUBLICATION_ALL_TABLES))
		appendStringInfoString(&buf, " FOR ALL TABLES");
	if (sdr_true(publication, SDR_PUBLICATION_ALL_SEQUENCES))
		appendStringInfo(&buf, "%sALL SEQUENCES", buf.len > 0 ? ", " : " FOR ");
	if (schemas != NIL)
		appendStringInfo(&buf, " FOR TABLES IN SCHEMA %s", sdr_names(schemas));
	sdr_step(plan, SDR_STAGE_DEPENDENT, publication,
			 "CREATE PUBLICATION %s%s WITH (%s)",
			 quote_identifier(publication->name), buf.data,
			 publication_parameters(publication));
}

static void
mend_publication(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);

	if (sdr_is_first(plan, mend->want))
		sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
				 "ALTER PUBLICATION %s SET (%s)", quote_identifier(want->name),
				 publication_parameters(want));
}

static void
mend_schemas(SdrPlan *plan, const SdrMend *mend)
{
	List	   *new = mend->value.u.list;
	List	   *old = sdr_items(mend->have, SDR_PUBLICATION_SCHEMAS);
	bool		drops = new == NIL;

	sdr_step(plan, SDR_STAGE_DEPENDENT, mend->want,
			 "ALTER PUBLICATION %s %s TABLES IN SCHEMA %s",
			 quote_identifier(mend->want->name), drops ? "DROP" :
			 old == NIL ? "ADD" : "SET", sdr_names(drops ? old : new));
}

static const SdrRule publication_rules[] = {
	{SDR_PUBLICATION_SCHEMAS,.mend = mend_schemas},
	{SDR_PUBLICATION_INSERT,.mend = mend_publication},
	{SDR_PUBLICATION_UPDATE,.mend = mend_publication},
	{SDR_PUBLICATION_DELETE,.mend = mend_publication},
	{SDR_PUBLICATION_TRUNCATE,.mend = mend_publication},
	{SDR_PUBLICATION_VIA_PARTITION_ROOT,.mend = mend_publication},
	{SDR_PUBLICATION_GENERATED_COLUMNS,.mend = mend_publication},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_publication_mender = {
	.kind = SDR_KIND_PUBLICATION,
	.type = "PUBLICATION",
	.create = create_publication,
	.rules = publication_rules
};

static void
create_published_table(SdrPlan *plan, const SdrObject *table)
{
	const char *where = sdr_text(table, SDR_PUBLISHED_TABLE_WHERE);
	List	   *columns = sdr_items(table, SDR_PUBLISHED_TABLE_COLUMNS);

	sdr_step_cost(sdr_step(plan, SDR_STAGE_DEPENDENT, table,
						   "ALTER PUBLICATION %s ADD TABLE %s%s%s%s%s%s%s",
						   quote_identifier(table->parent->name), table->name,
						   columns == NIL ? "" : " (", sdr_names(columns),
						   columns == NIL ? "" : ")",
						   where == NULL ? "" : " WHERE (",
						   where == NULL ? "" : where,
						   where == NULL ? "" : ")"),
				  SDR_RISK_LOCKS, SDR_SHARE_UPDATE);
}

static const char *
drop_published_table(const SdrObject *table)
{
	return psprintf("ALTER PUBLICATION %s DROP TABLE %s",
					quote_identifier(table->parent->name), table->name);
}

const SdrMender sdr_published_table_mender = {
	.kind = SDR_KIND_PUBLISHED_TABLE,
	.type = "PUBLICATION",
	.create = create_published_table,
	.drop = drop_published_table
};

static void
create_subscription(SdrPlan *plan, const SdrObject *subscription)
{
	sdr_unmended(plan, subscription,
				 "how a subscription connects is secret, and not known");
}

#define SDR_ALTER_SUBSCRIPTION	"ALTER SUBSCRIPTION {name} "
#define SDR_SUBSCRIPTION_RULE(attr, name) \
	{attr, SDR_ALTER_SUBSCRIPTION "SET (" name " = {literal})", NULL, \
	SDR_NO_LOCK, SDR_RISK_SAFE, NULL}

static void
mend_slot(SdrPlan *plan, const SdrMend *mend)
{
	const char *slot = mend->value.tag == SDR_VALUE_TEXT ? mend->value.u.text :
	mend->value.tag == SDR_VALUE_NULL ? "NONE" : mend->want->name;

	sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
			 "ALTER SUBSCRIPTION %s SET (slot_name = %s)",
			 quote_identifier(mend->want->name),
			 mend->value.tag == SDR_VALUE_NULL ? slot : sdr_literal(slot));
}

static void
mend_publications(SdrPlan *plan, const SdrMend *mend)
{
	sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
			 "ALTER SUBSCRIPTION %s SET PUBLICATION %s WITH (refresh = false)",
			 quote_identifier(mend->want->name),
			 sdr_names(mend->value.u.list))->note =
		"REFRESH PUBLICATION is to follow once the publisher has them";
}

/* To switch it off, the slot at the publisher is altered as well. */
static void
mend_two_phase(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	bool		is_on = mend->value.u.boolean;

	if (!SDR_COMPAT_ALTERS_TWO_PHASE)
		sdr_unmended(plan, mend->want,
					 "two_phase of a subscription cannot be altered before PostgreSQL 18");
	else if (!is_on && sdr_value(want, SDR_SUBSCRIPTION_SLOT_NAME)->tag == SDR_VALUE_NULL)
		sdr_unmended(plan, mend->want,
					 "two_phase of a subscription without a slot cannot be switched off");
	else
		sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
				 "ALTER SUBSCRIPTION %s SET (two_phase = %s)",
				 quote_identifier(mend->want->name),
				 is_on ? "true" : "false")->transactional = is_on;
}

static const SdrRule subscription_rules[] = {
	{SDR_SUBSCRIPTION_PUBLICATIONS,.mend = mend_publications},
	{SDR_SUBSCRIPTION_SLOT_NAME,.mend = mend_slot},
	{SDR_SUBSCRIPTION_ENABLED, SDR_ALTER_SUBSCRIPTION "ENABLE",
	SDR_ALTER_SUBSCRIPTION "DISABLE", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_SYNCHRONOUS_COMMIT, "synchronous_commit"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_BINARY, "binary"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_STREAMING, "streaming"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_DISABLE_ON_ERROR, "disable_on_error"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_ORIGIN, "origin"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_PASSWORD_REQUIRED, "password_required"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_RUN_AS_OWNER, "run_as_owner"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_FAILOVER, "failover"),
	{SDR_SUBSCRIPTION_TWO_PHASE,.mend = mend_two_phase},
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_RETAIN_DEAD_TUPLES, "retain_dead_tuples"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_MAX_RETENTION_DURATION, "max_retention_duration"),
	SDR_SUBSCRIPTION_RULE(SDR_SUBSCRIPTION_WAL_RECEIVER_TIMEOUT, "wal_receiver_timeout"),
	{SDR_ATTR_NONE}
};

const SdrMender sdr_subscription_mender = {
	.kind = SDR_KIND_SUBSCRIPTION,
	.type = "SUBSCRIPTION",
	.create = create_subscription,
	.rules = subscription_rules,
	.holds_data = true
};
