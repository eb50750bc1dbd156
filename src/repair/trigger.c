/*-------------------------------------------------------------------------
 *
 * trigger.c
 *	  Triggers, rules, policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* How ALTER TABLE calls the states that a trigger or rule can be in. */
static const struct
{
	const char *state;
	const char *act;
}			states[] = {
	{"origin", "ENABLE"},
	{"disabled", "DISABLE"},
	{"replica", "ENABLE REPLICA"},
	{"always", "ENABLE ALWAYS"},
};

/* The words for a state. */
const char *
sdr_enable_text(const char *state)
{
	for (int i = 0; i < lengthof(states); i++)
	{
		if (strcmp(states[i].state, state) == 0)
			return states[i].act;
	}
	elog(ERROR, "unknown state \"%s\"", state);
}

static void
set_state(SdrPlan *plan, const SdrObject *object, const char *state,
		  const char *what)
{
	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, object,
						   "ALTER TABLE %s %s %s %s",
						   sdr_object_identity(object->parent),
						   sdr_enable_text(state), what,
						   quote_identifier(object->name)),
				  SDR_RISK_LOCKS, SDR_SHARE_ROW);
}

/* The events that a key of the map names, as bits of pg_trigger.tgtype. */
static int
event_bits(const char *events)
{
	static const struct
	{
		const char *word;
		int			bit;
	}			bits[] = {
		{"insert", TRIGGER_TYPE_INSERT}, {"delete", TRIGGER_TYPE_DELETE},
		{"update", TRIGGER_TYPE_UPDATE}, {"truncate", TRIGGER_TYPE_TRUNCATE}
	};
	int			result = 0;

	for (int i = 0; i < lengthof(bits); i++)
	{
		if (strstr(events, bits[i].word) != NULL)
			result |= bits[i].bit;
	}
	return result;
}

/*
 * The same where the triggers are not live, and have other names: they are
 * looked for by their constraint.  The key is "name on table: events".
 */
static void
find_constraint_triggers(SdrPlan *plan, const SdrObject *table,
						 const char *key, const char *state)
{
	const char *on = key;
	const char *events = strrchr(key, ':');
	bool		quoted = false;
	const char *identity = sdr_literal(sdr_object_identity(table));

	for (; *on != '\0' && (quoted || *on != ' '); on++)
	{
		if (*on == '"')
			quoted = !quoted;
	}
	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, table,
						   "DO $do$\nDECLARE\n\tname pg_catalog.text;\nBEGIN\n\tFOR name IN\n"
						   "\t\tWITH RECURSIVE k AS (\n"
						   "\t\t\tSELECT oid FROM pg_catalog.pg_constraint WHERE conname = %s AND conrelid = pg_catalog.to_regclass(%s)\n"
						   "\t\t\tUNION ALL\n"
						   "\t\t\tSELECT c.oid FROM pg_catalog.pg_constraint AS c JOIN k ON c.conparentid = k.oid AND c.contype = 'f')\n"
						   "\t\tSELECT tgname FROM pg_catalog.pg_trigger JOIN pg_catalog.pg_proc AS p ON p.oid = tgfoid\n"
						   "\t\tWHERE tgrelid = pg_catalog.to_regclass(%s) AND tgisinternal AND tgconstraint IN (SELECT oid FROM k)\n"
						   "\t\t\tAND tgtype & %d = %d AND %s(proname ~ '^RI_FKey_' AND proname !~ '^RI_FKey_check')\n"
						   "\tLOOP\n\t\tEXECUTE pg_catalog.format('ALTER TABLE %%s %s TRIGGER %%I', %s, name);\n"
						   "\tEND LOOP;\nEND\n$do$",
						   sdr_literal(sdr_plain_name(pnstrdup(key, on - key))),
						   sdr_literal(pnstrdup(on + 4, events - on - 4)),
						   identity,
						   TRIGGER_TYPE_EVENT_MASK, event_bits(events),
						   strstr(events, "referenced") != NULL ? "" : "NOT ",
						   sdr_enable_text(state), identity),
				  SDR_RISK_LOCKS, SDR_SHARE_ROW);
}

static void
set_constraint_triggers(SdrPlan *plan, const SdrObject *table, Oid relation,
						const char *key, const char *state)
{
	List	   *names = sdr_constraint_trigger_names(plan->reader, relation,
													 key);
	ListCell   *lc;

	if (plan->options.adopt)
	{
		find_constraint_triggers(plan, table, key, state);
		return;
	}
	if (names == NIL)
		sdr_unmended(plan, table,
					 psprintf("the server's own triggers of a constraint that is not there cannot be altered: %s",
							  key));
	foreach(lc, names)
	{
		SdrStep    *step = sdr_step(plan, SDR_STAGE_PROPERTY, table,
									"ALTER TABLE %s %s TRIGGER %s",
									sdr_object_identity(table),
									sdr_enable_text(state),
									quote_identifier(lfirst(lc)));

		sdr_step_cost(step, SDR_RISK_LOCKS, SDR_SHARE_ROW);
		step->note = "the trigger has this name in this database only; superusers may alter it";
	}
}

/* When the triggers fire that constraints of a table are enforced by. */
void
sdr_mend_constraint_triggers(SdrPlan *plan, const SdrMend *mend)
{
	Oid			relation = OidIsValid(mend->have->oid) ? mend->have->oid :
	mend->want->oid;
	List	   *old = sdr_items(mend->have, mend->id);
	List	   *new = mend->value.tag == SDR_VALUE_MAP ? mend->value.u.map : NIL;
	ListCell   *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_value(new, pair->key) == NULL)
			set_constraint_triggers(plan, mend->want, relation, pair->key,
									"origin");
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			set_constraint_triggers(plan, mend->want, relation, pair->key,
									pair->value);
	}
}

static void
append_events(StringInfo buf, const SdrObject *trigger)
{
	List	   *columns = sdr_items(trigger, SDR_TRIGGER_COLUMNS);
	bool		first = true;
	ListCell   *lc;

	foreach(lc, sdr_items(trigger, SDR_TRIGGER_EVENTS))
	{
		const char *event = lfirst(lc);

		appendStringInfo(buf, "%s%s", first ? " " : " OR ", sdr_upper(event));
		if (columns != NIL && strcmp(event, "update") == 0)
			appendStringInfo(buf, " OF %s", sdr_names(columns));
		first = false;
	}
}

static void
append_references(StringInfo buf, const SdrObject *trigger)
{
	const char *old = sdr_text(trigger, SDR_TRIGGER_OLD_TABLE);
	const char *new = sdr_text(trigger, SDR_TRIGGER_NEW_TABLE);

	if (old == NULL && new == NULL)
		return;
	appendStringInfoString(buf, " REFERENCING");
	if (old != NULL)
		appendStringInfo(buf, " OLD TABLE AS %s", quote_identifier(old));
	if (new != NULL)
		appendStringInfo(buf, " NEW TABLE AS %s", quote_identifier(new));
}

/* The name of a function in front of its (empty) list of arguments. */
static const char *
function_name(const SdrObject *trigger)
{
	const char *function = sdr_text(trigger, SDR_TRIGGER_FUNCTION);
	const char *paren = strrchr(function, '(');

	return paren == NULL ? function : pnstrdup(function, paren - function);
}

static void
create_trigger(SdrPlan *plan, const SdrObject *trigger)
{
	const char *from = sdr_text(trigger, SDR_TRIGGER_REFERENCES);
	const char *when = sdr_text(trigger, SDR_TRIGGER_WHEN);
	const char *enabled = sdr_text(trigger, SDR_TRIGGER_ENABLED);
	List	   *arguments = NIL;
	StringInfoData buf;
	ListCell   *lc;

	/* it comes with that of the partitioned table */
	if (sdr_true(trigger, SDR_TRIGGER_INHERITED))
		return;
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sTRIGGER %s %s",
					 sdr_true(trigger, SDR_TRIGGER_CONSTRAINT) ?
					 "CONSTRAINT " : "", quote_identifier(trigger->name),
					 sdr_upper(sdr_text(trigger, SDR_TRIGGER_TIMING)));
	append_events(&buf, trigger);
	appendStringInfo(&buf, " ON %s", sdr_object_identity(trigger->parent));
	if (from != NULL)
		appendStringInfo(&buf, " FROM %s", from);
	if (sdr_true(trigger, SDR_TRIGGER_DEFERRABLE))
		appendStringInfo(&buf, " DEFERRABLE%s",
						 sdr_true(trigger, SDR_TRIGGER_INITIALLY_DEFERRED) ?
						 " INITIALLY DEFERRED" : "");
	append_references(&buf, trigger);
	appendStringInfo(&buf, " FOR EACH %s",
					 sdr_upper(sdr_text(trigger, SDR_TRIGGER_FOR_EACH)));
	if (when != NULL)
		appendStringInfo(&buf, " WHEN (%s)", when);
	foreach(lc, sdr_items(trigger, SDR_TRIGGER_ARGUMENTS))
		arguments = lappend(arguments,
							unconstify(char *, sdr_literal(lfirst(lc))));
	appendStringInfo(&buf, " EXECUTE FUNCTION %s(%s)", function_name(trigger),
					 sdr_join(arguments, ", "));
	sdr_step_cost(sdr_step(plan, SDR_STAGE_DEPENDENT, trigger, "%s", buf.data),
				  SDR_RISK_LOCKS, SDR_SHARE_ROW);
	if (strcmp(enabled, "origin") != 0)
		set_state(plan, trigger, enabled, "TRIGGER");
}

static void
mend_trigger_enabled(SdrPlan *plan, const SdrMend *mend)
{
	set_state(plan, mend->want, mend->value.u.text, "TRIGGER");
}

static const SdrRule trigger_rules[] = {
	{SDR_TRIGGER_ENABLED,.mend = mend_trigger_enabled},
	{SDR_TRIGGER_INHERITED,.mend = sdr_mend_inherited},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_trigger_mender = {
	.kind = SDR_KIND_TRIGGER,
	.type = "TRIGGER",
	.create = create_trigger,
	.rules = trigger_rules
};

static void
create_rule(SdrPlan *plan, const SdrObject *rule)
{
	const char *enabled = sdr_text(rule, SDR_RULE_ENABLED);
	const char *definition = sdr_text(rule, SDR_RULE_DEFINITION);
	int			len = strlen(definition);

	while (len > 0 && strchr("; \t\n", definition[len - 1]) != NULL)
		len--;
	sdr_step_cost(sdr_step(plan, SDR_STAGE_DEPENDENT, rule, "%.*s", len,
						   definition), SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	if (strcmp(enabled, "origin") != 0)
		set_state(plan, rule, enabled, "RULE");
}

static void
mend_rule_enabled(SdrPlan *plan, const SdrMend *mend)
{
	set_state(plan, mend->want, mend->value.u.text, "RULE");
}

static const SdrRule rule_rules[] = {
	{SDR_RULE_ENABLED,.mend = mend_rule_enabled},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_rule_mender = {
	.kind = SDR_KIND_RULE,
	.type = "RULE",
	.create = create_rule,
	.rules = rule_rules
};

/* Roles of a policy: names, but public is a key word. */
static const char *
role_list(const SdrObject *policy)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(policy, SDR_POLICY_ROLES))
		texts = lappend(texts, strcmp(lfirst(lc), "public") == 0 ? "PUBLIC" :
						unconstify(char *, quote_identifier(lfirst(lc))));
	return sdr_join(texts, ", ");
}

/* TO, USING and WITH CHECK, as CREATE and ALTER POLICY have them. */
static const char *
policy_text(const SdrObject *policy)
{
	const char *roles = role_list(policy);
	const char *using = sdr_text(policy, SDR_POLICY_USING);
	const char *check = sdr_text(policy, SDR_POLICY_CHECK);

	return psprintf("%s%s%s%s%s%s%s%s", *roles == '\0' ? "" : " TO ", roles,
					using == NULL ? "" : " USING (", using == NULL ? "" : using,
					using == NULL ? "" : ")",
					check == NULL ? "" : " WITH CHECK (",
					check == NULL ? "" : check, check == NULL ? "" : ")");
}

static void
create_policy(SdrPlan *plan, const SdrObject *policy)
{
	sdr_step_cost(sdr_step(plan, SDR_STAGE_DEPENDENT, policy,
						   "CREATE POLICY %s ON %s AS %s FOR %s%s",
						   quote_identifier(policy->name),
						   sdr_object_identity(policy->parent),
						   sdr_true(policy, SDR_POLICY_PERMISSIVE) ?
						   "PERMISSIVE" : "RESTRICTIVE",
						   sdr_upper(sdr_text(policy, SDR_POLICY_COMMAND)),
						   policy_text(policy)),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* A condition can be changed, but not taken away. */
static void
mend_policy(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	ListCell   *lc;

	foreach(lc, sdr_items(want, SDR_POLICY_ROLES))
	{
		if (!sdr_has_role(plan, mend->want, lfirst(lc)))
			return;
	}
	if (mend->value.tag == SDR_VALUE_NULL)
		sdr_remake(plan, mend->want, mend->have);
	else
		sdr_step_cost(sdr_step(plan, SDR_STAGE_DEPENDENT, mend->want,
							   "ALTER POLICY %s ON %s%s",
							   quote_identifier(want->name),
							   sdr_object_identity(want->parent),
							   policy_text(want)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

static const SdrRule policy_rules[] = {
	{SDR_POLICY_ROLES,.mend = mend_policy},
	{SDR_POLICY_USING,.mend = mend_policy},
	{SDR_POLICY_CHECK,.mend = mend_policy},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_policy_mender = {
	.kind = SDR_KIND_POLICY,
	.type = "POLICY",
	.create = create_policy,
	.rules = policy_rules
};
