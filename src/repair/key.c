/*-------------------------------------------------------------------------
 *
 * key.c
 *	  Constraints.
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

/* Does a column, in the table named, get another type? */
static bool
gets_other_type(const SdrPlan *plan, const char *schema, const char *table,
				const char *column)
{
	const char *identity = quote_qualified_identifier(schema, table);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrObject *have = ((const SdrChange *) lfirst(lc))->have;

		if (have == NULL || have->kind->id != SDR_KIND_TABLE ||
			strcmp(sdr_object_identity(have), identity) != 0)
			continue;
		for (int i = 0; i < have->nchildren; i++)
		{
			const SdrObject *part = have->children[i];
			const SdrObject *want;
			const SdrObject *found;

			if (part->kind->id == SDR_KIND_COLUMN &&
				strcmp(part->name, column) == 0 &&
				sdr_both_sides(plan, part, &want, &found) && want != NULL &&
				strcmp(sdr_text(want, SDR_COLUMN_TYPE),
					   sdr_text(part, SDR_COLUMN_TYPE)) != 0)
				return true;
		}
	}
	return false;
}

/*
 * Do columns on both ends of a foreign key get other types?  It would have to
 * hold in between, when only one has.
 */
bool
sdr_both_ends_change(const SdrPlan *plan, const SdrObject *constraint)
{
	const SdrObject *table = constraint->parent;
	ListCell   *own;
	ListCell   *other;

	if (constraint->kind->id != SDR_KIND_CONSTRAINT ||
		table->kind->id != SDR_KIND_TABLE || !is_foreign_key(constraint))
		return false;
	forboth(own, sdr_items(constraint, SDR_CONSTRAINT_COLUMNS),
			other, sdr_items(constraint, SDR_CONSTRAINT_REFERENCES_COLUMNS))
	{
		if (gets_other_type(plan, table->parent->name, table->name,
							lfirst(own)) &&
			gets_other_type(plan,
							sdr_text(constraint, SDR_CONSTRAINT_REFERENCES_SCHEMA),
							sdr_text(constraint, SDR_CONSTRAINT_REFERENCES_TABLE),
							lfirst(other)))
			return true;
	}
	return false;
}

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

/* Is it known to be a constraint that an index belongs to? */
bool
sdr_has_index(const SdrObject *constraint)
{
	return sdr_is_set(constraint, SDR_CONSTRAINT_TYPE) &&
		types[type_of(constraint)].has_index;
}

/*
 * Will making, or attaching, the table or the parent's constraint make this
 * one?  What is attached must have the checks already.
 */
static bool
comes_from_parent(const SdrPlan *plan, const SdrObject *constraint)
{
	if (!sdr_is_inherited(constraint))
		return false;
	return is_foreign_key(constraint) ||
		!sdr_table_moves(plan, constraint) ||
		!sdr_is_set(constraint->parent, SDR_TABLE_PARTITION_OF);
}

static const char *
alter_only(const SdrObject *constraint)
{
	return psprintf("ALTER %s %s%s", sdr_sql_type(constraint->parent),
					sdr_only(constraint),
					sdr_object_identity(constraint->parent));
}

/* A partition that leaves keeps the foreign keys that it has of its parent. */
static const char *
drop_leftover(const SdrPlan *plan, const SdrObject *constraint)
{
	if (!is_foreign_key(constraint) || !sdr_table_leaves(plan, constraint))
		return "";
	return psprintf("DROP CONSTRAINT IF EXISTS %s, ",
					quote_identifier(constraint->name));
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

	/* those with an index are made apart, and their indexes attached */
	if (!types[type].has_index && comes_from_parent(plan, constraint))
		return;
	initStringInfo(&buf);
	append_constraint(&buf, constraint, type);
	if (can_wait && (later || !valid))
		appendStringInfoString(&buf, " NOT VALID");
	sdr_step_cost(sdr_step(plan, types[type].stage, constraint, "%s %sADD %s",
						   types[type].has_index ? alter_only(constraint) :
						   alter(constraint), drop_leftover(plan, constraint),
						   buf.data),
				  SDR_RISK_LOCKS, types[type].lock);
	if (types[type].has_index)
	{
		sdr_attach_index(plan, constraint,
						 sdr_text(constraint, SDR_CONSTRAINT_PARTITION_OF));
		sdr_make_index_properties(plan, constraint);
	}
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

static const SdrRule constraint_rules[] = {
	{SDR_CONSTRAINT_VALIDATED,.mend = mend_validated},
	{SDR_CONSTRAINT_DEFERRABLE,.mend = mend_deferrable},
	{SDR_CONSTRAINT_INITIALLY_DEFERRED,.mend = mend_deferrable},
	{SDR_CONSTRAINT_INHERITED,.mend = sdr_mend_inherited},
	{SDR_CONSTRAINT_LOCAL,.mend = sdr_mend_local},
	{SDR_CONSTRAINT_PARTITION_OF,.mend = sdr_mend_index_parent},
	{SDR_CONSTRAINT_INDEX_VALID,.mend = sdr_mend_index_valid},
	{SDR_CONSTRAINT_INDEX_STATISTICS,.mend = sdr_mend_index_property},
	{SDR_CONSTRAINT_INDEX_COMMENT,.mend = sdr_mend_index_property},
	{SDR_CONSTRAINT_INDEX_DEPENDS_ON_EXTENSIONS,.mend = sdr_mend_index_property},
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
