/*-------------------------------------------------------------------------
 *
 * key.c
 *	  Constraints and indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static bool
has_type(const SdrObject *constraint, const char *type)
{
	return strcmp(sdr_text(constraint, SDR_CONSTRAINT_TYPE), type) == 0;
}

static bool
is_foreign_key(const SdrObject *constraint)
{
	return has_type(constraint, "foreign key");
}

/* The columns of a key; the last may be a period. */
static const char *
key_columns(const SdrObject *constraint, List *columns, const char *last)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, columns)
	{
		bool		is_last = lnext(columns, lc) == NULL;
		const char *name = quote_identifier(lfirst(lc));

		if (is_last && sdr_true(constraint, SDR_CONSTRAINT_WITHOUT_OVERLAPS))
			name = psprintf(last, name);
		texts = lappend(texts, unconstify(char *, name));
	}
	return sdr_join(texts, ", ");
}

static void
append_key(StringInfo buf, const SdrObject *constraint)
{
	appendStringInfo(buf, "%s%s (%s)",
					 sdr_upper(sdr_text(constraint, SDR_CONSTRAINT_TYPE)),
					 sdr_true(constraint, SDR_CONSTRAINT_NULLS_NOT_DISTINCT) ?
					 " NULLS NOT DISTINCT" : "",
					 key_columns(constraint, sdr_items(constraint,
													   SDR_CONSTRAINT_COLUMNS),
								 "%s WITHOUT OVERLAPS"));
}

static void
append_foreign_key(StringInfo buf, const SdrObject *constraint)
{
	const char *schema = sdr_text(constraint, SDR_CONSTRAINT_REFERENCES_SCHEMA);
	const char *table = sdr_text(constraint, SDR_CONSTRAINT_REFERENCES_TABLE);
	List	   *columns = sdr_items(constraint,
									SDR_CONSTRAINT_REFERENCES_COLUMNS);

	appendStringInfo(buf, "FOREIGN KEY (%s) REFERENCES %s",
					 key_columns(constraint, sdr_items(constraint,
													   SDR_CONSTRAINT_COLUMNS),
								 "PERIOD %s"),
					 quote_qualified_identifier(schema, table));
	if (columns != NIL)
		appendStringInfo(buf, " (%s)", key_columns(constraint, columns,
												   "PERIOD %s"));
	if (strcmp(sdr_text(constraint, SDR_CONSTRAINT_MATCH), "simple") != 0)
		appendStringInfo(buf, " MATCH %s",
						 sdr_upper(sdr_text(constraint, SDR_CONSTRAINT_MATCH)));
	if (strcmp(sdr_text(constraint, SDR_CONSTRAINT_ON_UPDATE), "no action") != 0)
		appendStringInfo(buf, " ON UPDATE %s",
						 sdr_upper(sdr_text(constraint,
											SDR_CONSTRAINT_ON_UPDATE)));
	if (strcmp(sdr_text(constraint, SDR_CONSTRAINT_ON_DELETE), "no action") != 0)
	{
		List	   *sets = sdr_items(constraint, SDR_CONSTRAINT_ON_DELETE_COLUMNS);

		appendStringInfo(buf, " ON DELETE %s",
						 sdr_upper(sdr_text(constraint,
											SDR_CONSTRAINT_ON_DELETE)));
		if (sets != NIL)
			appendStringInfo(buf, " (%s)", sdr_names(sets));
	}
}

static void
append_exclusion(StringInfo buf, const SdrObject *constraint)
{
	List	   *operators = sdr_items(constraint, SDR_CONSTRAINT_OPERATORS);
	List	   *texts = NIL;
	ListCell   *key;
	ListCell   *operator;

	forboth(key, sdr_items(constraint, SDR_CONSTRAINT_KEYS), operator, operators)
		texts = lappend(texts, psprintf("%s WITH %s", (char *) lfirst(key),
										(char *) lfirst(operator)));
	appendStringInfo(buf, "EXCLUDE USING %s (%s)",
					 quote_identifier(sdr_text(constraint,
											   SDR_CONSTRAINT_METHOD)),
					 sdr_join(texts, ", "));
}

/* What keys and exclusion constraints have of their index. */
static void
append_index(StringInfo buf, const SdrObject *constraint)
{
	const char *tablespace = sdr_text(constraint, SDR_CONSTRAINT_TABLESPACE);
	const char *where = sdr_text(constraint, SDR_CONSTRAINT_WHERE);

	if (sdr_is_set(constraint, SDR_CONSTRAINT_INCLUDE))
		appendStringInfo(buf, " INCLUDE (%s)",
						 sdr_names(sdr_items(constraint,
											 SDR_CONSTRAINT_INCLUDE)));
	if (sdr_is_set(constraint, SDR_CONSTRAINT_OPTIONS))
		appendStringInfo(buf, " WITH (%s)",
						 sdr_storage_options(sdr_items(constraint,
													   SDR_CONSTRAINT_OPTIONS)));
	if (tablespace != NULL)
		appendStringInfo(buf, " USING INDEX TABLESPACE %s",
						 quote_identifier(tablespace));
	if (where != NULL)
		appendStringInfo(buf, " WHERE (%s)", where);
}

/* The types of constraints, as they are written and made. */
static const struct
{
	const char *type;
	void		(*append) (StringInfo buf, const SdrObject *constraint);
	bool		has_index;
	SdrStage	stage;
	const char *lock;
}			types[] = {
	{"primary key", append_key, true, SDR_STAGE_KEY, SDR_EXCLUSIVE},
	{"unique", append_key, true, SDR_STAGE_KEY, SDR_EXCLUSIVE},
	{"exclusion", append_exclusion, true, SDR_STAGE_KEY, SDR_EXCLUSIVE},
	{"foreign key", append_foreign_key, false, SDR_STAGE_FOREIGN_KEY,
	SDR_SHARE_ROW},
	{"check", NULL, false, SDR_STAGE_KEY, SDR_EXCLUSIVE},
};

static const char *
alter(const SdrObject *constraint)
{
	return psprintf("ALTER %s %s", sdr_sql_type(constraint->parent),
					sdr_object_identity(constraint->parent));
}

static void
append_constraint(StringInfo buf, const SdrObject *constraint, int type)
{
	appendStringInfo(buf, "CONSTRAINT %s ",
					 quote_identifier(constraint->name));
	if (types[type].append != NULL)
		types[type].append(buf, constraint);
	else
		appendStringInfo(buf, "CHECK (%s)%s",
						 sdr_text(constraint, SDR_CONSTRAINT_EXPRESSION),
						 sdr_true(constraint, SDR_CONSTRAINT_NO_INHERIT) ?
						 " NO INHERIT" : "");
	if (types[type].has_index)
		append_index(buf, constraint);
	if (sdr_true(constraint, SDR_CONSTRAINT_DEFERRABLE))
		appendStringInfoString(buf, " DEFERRABLE");
	if (sdr_true(constraint, SDR_CONSTRAINT_INITIALLY_DEFERRED))
		appendStringInfoString(buf, " INITIALLY DEFERRED");
	if (!sdr_true(constraint, SDR_CONSTRAINT_ENFORCED))
		appendStringInfoString(buf, " NOT ENFORCED");
}

static int
type_of(const SdrObject *constraint)
{
	for (int i = 0; i < lengthof(types); i++)
	{
		if (has_type(constraint, types[i].type))
			return i;
	}
	elog(ERROR, "unknown type of constraint \"%s\"",
		 sdr_text(constraint, SDR_CONSTRAINT_TYPE));
}

static void
create_constraint(SdrPlan *plan, const SdrObject *constraint)
{
	int			type = type_of(constraint);
	bool		can_wait = !types[type].has_index &&
	sdr_true(constraint, SDR_CONSTRAINT_ENFORCED);
	bool		later = can_wait && plan->options.validate_later;
	bool		valid = sdr_true(constraint, SDR_CONSTRAINT_VALIDATED);
	StringInfoData buf;

	/* a partition gets the foreign keys of its parent when it is attached */
	if (sdr_true(constraint, SDR_CONSTRAINT_INHERITED) &&
		(is_foreign_key(constraint) ||
		 !sdr_is_set(constraint->parent, SDR_TABLE_PARTITION_OF)))
		return;
	initStringInfo(&buf);
	append_constraint(&buf, constraint, type);
	if (can_wait && (later || !valid))
		appendStringInfoString(&buf, " NOT VALID");
	sdr_step_cost(sdr_step(plan, types[type].stage, constraint, "%s ADD %s",
						   alter(constraint), buf.data),
				  SDR_RISK_LOCKS, types[type].lock);
	if (later && valid)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_VALIDATE, constraint,
							   "%s VALIDATE CONSTRAINT %s", alter(constraint),
							   quote_identifier(constraint->name)),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
}

static const char *
drop_constraint(const SdrObject *constraint)
{
	return psprintf("%s DROP CONSTRAINT %s", alter(constraint),
					quote_identifier(constraint->name));
}

static void
mend_validated(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.u.boolean)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_VALIDATE, mend->want,
							   "%s VALIDATE CONSTRAINT %s", alter(mend->want),
							   quote_identifier(mend->want->name)),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	else
		sdr_remake(plan, mend->want, mend->have);
}

/* Foreign keys can be altered, other constraints are made again. */
static void
mend_deferrable(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);

	if (!is_foreign_key(want))
	{
		sdr_remake(plan, mend->want, mend->have);
		return;
	}
	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
						   "%s ALTER CONSTRAINT %s %s", alter(want),
						   quote_identifier(want->name),
						   !sdr_true(want, SDR_CONSTRAINT_DEFERRABLE) ?
						   "NOT DEFERRABLE" :
						   sdr_true(want, SDR_CONSTRAINT_INITIALLY_DEFERRED) ?
						   "DEFERRABLE INITIALLY DEFERRED" :
						   "DEFERRABLE INITIALLY IMMEDIATE"),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* Follows from the inheritance of the table, which is mended there. */
static void
mend_inherited(SdrPlan *plan, const SdrMend *mend)
{
}

static const SdrRule constraint_rules[] = {
	{SDR_CONSTRAINT_VALIDATED, .mend = mend_validated},
	{SDR_CONSTRAINT_DEFERRABLE, .mend = mend_deferrable},
	{SDR_CONSTRAINT_INITIALLY_DEFERRED, .mend = mend_deferrable},
	{SDR_CONSTRAINT_INHERITED, .mend = mend_inherited},
	{SDR_CONSTRAINT_OPTIONS, "ALTER INDEX {schema}.{name}", NULL,
	SDR_SHARE_UPDATE, SDR_RISK_SAFE, sdr_mend_options},
	{SDR_CONSTRAINT_TABLESPACE, "ALTER INDEX {schema}.{name} SET TABLESPACE {quoted}",
	"ALTER INDEX {schema}.{name} SET TABLESPACE pg_default", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_constraint_mender = {
	.kind = SDR_KIND_CONSTRAINT,
	.type = "CONSTRAINT",
	.create = create_constraint,
	.rules = constraint_rules,
	.drop = drop_constraint
};

static void
create_index(SdrPlan *plan, const SdrObject *index)
{
	const char *where = sdr_text(index, SDR_INDEX_WHERE);
	const char *tablespace = sdr_text(index, SDR_INDEX_TABLESPACE);
	const char *parent = sdr_text(index, SDR_INDEX_PARTITION_OF);
	StringInfoData buf;
	SdrStep    *step;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sINDEX %s%s ON %s USING %s (%s)",
					 sdr_true(index, SDR_INDEX_UNIQUE) ? "UNIQUE " : "",
					 plan->options.concurrently ? "CONCURRENTLY " : "",
					 quote_identifier(index->name),
					 sdr_object_identity(index->parent),
					 quote_identifier(sdr_text(index, SDR_INDEX_METHOD)),
					 sdr_join(sdr_items(index, SDR_INDEX_KEYS), ", "));
	if (sdr_is_set(index, SDR_INDEX_INCLUDE))
		appendStringInfo(&buf, " INCLUDE (%s)",
						 sdr_names(sdr_items(index, SDR_INDEX_INCLUDE)));
	if (sdr_true(index, SDR_INDEX_NULLS_NOT_DISTINCT))
		appendStringInfoString(&buf, " NULLS NOT DISTINCT");
	if (sdr_is_set(index, SDR_INDEX_OPTIONS))
		appendStringInfo(&buf, " WITH (%s)",
						 sdr_storage_options(sdr_items(index,
													   SDR_INDEX_OPTIONS)));
	if (tablespace != NULL)
		appendStringInfo(&buf, " TABLESPACE %s", quote_identifier(tablespace));
	if (where != NULL)
		appendStringInfo(&buf, " WHERE %s", where);
	step = sdr_step(plan, SDR_STAGE_INDEX, index, "%s", buf.data);
	sdr_step_cost(step, plan->options.concurrently ? SDR_RISK_SAFE :
				  SDR_RISK_LOCKS, plan->options.concurrently ?
				  SDR_SHARE_UPDATE : SDR_SHARE);
	step->transactional = !plan->options.concurrently;
	step->makes = sdr_object_identity(index);

	foreach(lc, sdr_items(index, SDR_INDEX_STATISTICS))
	{
		const SdrPair *pair = lfirst(lc);

		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, index,
							   "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s",
							   sdr_object_identity(index), pair->key,
							   pair->value),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	}
	if (parent != NULL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_ATTACH, index,
							   "ALTER INDEX %s ATTACH PARTITION %s", parent,
							   sdr_object_identity(index)),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
}

/* Targets that are no longer said go back to the server's own. */
static void
mend_index_statistics(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, SDR_INDEX_STATISTICS);
	List	   *all = list_concat_copy(old, sdr_items(mend->want,
													  SDR_INDEX_STATISTICS));
	ListCell   *lc;

	foreach(lc, all)
	{
		const SdrPair *pair = lfirst(lc);
		bool		is_old = foreach_current_index(lc) < list_length(old);

		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s",
							   sdr_object_identity(mend->want), pair->key,
							   is_old ? "-1" : pair->value),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	}
}

static void
mend_valid(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.u.boolean)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "REINDEX INDEX %s",
							   sdr_object_identity(mend->want)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	else
		sdr_unmended(plan, mend->want,
					 "an index is not made invalid on purpose");
}

static void
mend_index_parent(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.tag == SDR_VALUE_TEXT &&
		!sdr_is_set(mend->have, SDR_INDEX_PARTITION_OF))
		sdr_step_cost(sdr_step(plan, SDR_STAGE_ATTACH, mend->want,
							   "ALTER INDEX %s ATTACH PARTITION %s",
							   mend->value.u.text,
							   sdr_object_identity(mend->want)),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	else
		sdr_remake(plan, mend->want, mend->have);
}

static const SdrRule index_rules[] = {
	{SDR_INDEX_OPTIONS, "ALTER INDEX {identity}", NULL, SDR_SHARE_UPDATE,
	SDR_RISK_SAFE, sdr_mend_options},
	{SDR_INDEX_TABLESPACE, "ALTER INDEX {identity} SET TABLESPACE {quoted}",
	"ALTER INDEX {identity} SET TABLESPACE pg_default", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_INDEX_STATISTICS, .mend = mend_index_statistics},
	{SDR_INDEX_VALID, .mend = mend_valid},
	{SDR_INDEX_PARTITION_OF, .mend = mend_index_parent},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_index_mender = {
	.kind = SDR_KIND_INDEX,
	.type = "INDEX",
	.create = create_index,
	.rules = index_rules
};
