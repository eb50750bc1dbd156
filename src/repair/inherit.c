/*-------------------------------------------------------------------------
 *
 * inherit.c
 *	  Parts of tables that come from a parent table, and go with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

/* Does the table of a part get another parent, or is it made or dropped? */
bool
sdr_table_moves(const SdrPlan *plan, const SdrObject *part)
{
	const SdrChange *change = sdr_plan_change(plan, part);
	const ListCell *lc;

	if (change == NULL)
		return false;
	if (change->want == NULL || change->have == NULL ||
		sdr_is_noted(plan, psprintf("attached %s",
									sdr_object_identity(sdr_top(part)))))
		return true;
	foreach(lc, change->rows)
	{
		const SdrRow *row = lfirst(lc);

		if (row->cause.object == sdr_top(row->cause.object) &&
			row->attribute != NULL &&
			(strcmp(row->attribute, "partition_of") == 0 ||
			 strcmp(row->attribute, "partition_bound") == 0 ||
			 strcmp(row->attribute, "inherits") == 0))
			return true;
	}
	return false;
}

/* Is the table of a part a partition that is to be one no longer? */
bool
sdr_table_leaves(const SdrPlan *plan, const SdrObject *part)
{
	const SdrChange *change = sdr_plan_change(plan, part);

	return change != NULL && change->want != NULL && change->have != NULL &&
		change->have->kind->id == SDR_KIND_TABLE &&
		sdr_is_set(change->have, SDR_TABLE_PARTITION_OF) &&
		sdr_table_moves(plan, part);
}

/* What says of a kind that an object of it comes from a parent. */
static const struct
{
	SdrKindId	kind;
	SdrAttrId	inherited;
	SdrAttrId	local;
	SdrAttrId	partition_of;
}			kinds[] = {
	{SDR_KIND_COLUMN, SDR_COLUMN_INHERITED, SDR_COLUMN_LOCAL, SDR_ATTR_NONE},
	{SDR_KIND_CONSTRAINT, SDR_CONSTRAINT_INHERITED, SDR_CONSTRAINT_LOCAL,
	SDR_CONSTRAINT_PARTITION_OF},
	{SDR_KIND_TRIGGER, SDR_TRIGGER_INHERITED, SDR_ATTR_NONE, SDR_ATTR_NONE},
	{SDR_KIND_INDEX, SDR_ATTR_NONE, SDR_ATTR_NONE, SDR_INDEX_PARTITION_OF},
};

static int
kind_of(const SdrObject *part)
{
	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (kinds[i].kind == part->kind->id)
			return i;
	}
	return -1;
}

/* Is a part as it is only because its table's parent has it? */
bool
sdr_is_inherited(const SdrObject *part)
{
	int			i = kind_of(part);

	if (i < 0 || part->parent->kind->id != SDR_KIND_TABLE)
		return false;
	if (kinds[i].partition_of != SDR_ATTR_NONE &&
		sdr_is_set(part, kinds[i].partition_of))
		return true;
	return kinds[i].inherited != SDR_ATTR_NONE &&
		sdr_true(part, kinds[i].inherited) &&
		!(kinds[i].local != SDR_ATTR_NONE && sdr_is_set(part, kinds[i].local));
}

/* Does a part go with that of the parent, so that nobody drops it by itself? */
bool
sdr_goes_with_parent(const SdrPlan *plan, const SdrObject *part)
{
	return sdr_is_inherited(part) && !sdr_table_moves(plan, part);
}

/*
 * A part comes from a parent now, or no longer does.  The parent's is made or
 * dropped as its own drift: here, what stands in its way goes, and what went
 * with it is made again.
 */
void
sdr_mend_inherited(SdrPlan *plan, const SdrMend *mend)
{
	int			i = kind_of(mend->have);
	SdrAttrId	index = kinds[i].partition_of;

	/* of indexes, the attachment says it all */
	if (sdr_table_moves(plan, mend->want) ||
		mend->have->kind->id == SDR_KIND_COLUMN ||
		(index != SDR_ATTR_NONE &&
		 (sdr_is_set(mend->have, index) || sdr_is_set(mend->want, index))))
		return;
	if (mend->value.u.boolean)
	{
		/* the parent's joins one that is to be the table's own besides */
		if (kinds[i].local == SDR_ATTR_NONE ||
			!sdr_is_set(mend->want, kinds[i].local))
			sdr_drop(plan, mend->have, true);
	}
	else if (kinds[i].local == SDR_ATTR_NONE ||
			 !sdr_is_set(mend->have, kinds[i].local))
		sdr_make(plan, sdr_merged(mend->want, mend->have));
}

/* Is it a part that the table only inherits? */
static bool
is_only_inherited(const SdrObject *part)
{
	int			kind = part->absent ? -1 : kind_of(part);

	return kind >= 0 && kinds[kind].local != SDR_ATTR_NONE &&
		sdr_true(part, kinds[kind].inherited) &&
		!sdr_is_set(part, kinds[kind].local);
}

/* The same of NOT NULL of a column, where that is a constraint. */
static bool
inherits_not_null(const SdrObject *column)
{
	const SdrValue *local = sdr_value(column, SDR_COLUMN_NOT_NULL_LOCAL);

	return local->tag == SDR_VALUE_BOOL && !local->u.boolean;
}

/* Does a constraint need a column that is to be the table's own? */
static bool
needs_own_column(const SdrObject *constraint, const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *column = table->children[i];

		if (column->kind->id == SDR_KIND_COLUMN && !column->absent &&
			!is_only_inherited(column) &&
			sdr_mentions_name(sdr_text(constraint, SDR_CONSTRAINT_EXPRESSION),
							  NULL, column->name))
			return true;
	}
	return false;
}

/*
 * The parts that a table is only to inherit, as a table has them that hands
 * them down; NIL if there are none.  False if no other table can have them.
 */
static bool
only_inherited(const SdrObject *table, List **parts)
{
	*parts = NIL;
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *part = table->children[i];
		bool		is_column = part->kind->id == SDR_KIND_COLUMN;
		const char *collation;

		/* NOT NULL alone is not handed down without its column */
		if (is_column && !part->absent && !is_only_inherited(part) &&
			sdr_true(part, SDR_COLUMN_INHERITED) && inherits_not_null(part))
			return false;
		if (!is_only_inherited(part))
			continue;
		if (is_column ? sdr_is_set(part, SDR_COLUMN_GENERATED) :
			needs_own_column(part, table))
			return false;
		if (!is_column)
		{
			*parts = lappend(*parts,
							 psprintf("CONSTRAINT %s CHECK (%s)",
									  quote_identifier(part->name),
									  sdr_text(part, SDR_CONSTRAINT_EXPRESSION)));
			continue;
		}
		collation = sdr_text(part, SDR_COLUMN_COLLATION);
		*parts = lappend(*parts,
						 psprintf("%s %s%s%s%s", quote_identifier(part->name),
								  sdr_text(part, SDR_COLUMN_TYPE),
								  collation == NULL ? "" : " COLLATE ",
								  collation == NULL ? "" : collation,
								  inherits_not_null(part) ? " NOT NULL" : ""));
	}
	return true;
}

static void
attach_step(SdrPlan *plan, const SdrMend *mend, const char *sql,
			const char *due)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_ATTACH, mend->want->parent,
								"%s", sql);

	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	step->due = due;
}

/*
 * Have a table let go of its parents and inherit from them again: that makes
 * what it inherits its own as well.  What is not to be its own it inherits
 * from another table meanwhile.  False if that cannot be.
 */
static bool
inherit_again(SdrPlan *plan, const SdrMend *mend, const SdrObject *table)
{
	const char *identity = sdr_object_identity(table);
	const char *other = quote_qualified_identifier(table->parent->name,
												   psprintf("%.50s_inherits",
															table->name));
	const char *due = psprintf("EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attname = %s AND NOT attislocal)",
							   sdr_literal(identity),
							   sdr_literal(mend->want->name));
	char	   *key = psprintf("own %s", identity);
	List	   *parts;
	List	   *acts = NIL;
	ListCell   *lc;

	if (sdr_is_noted(plan, key))
		return true;
	if (!only_inherited(table, &parts))
		return false;
	plan->released = lappend(plan->released, key);
	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
		acts = lappend(acts, psprintf("NO INHERIT %s", (char *) lfirst(lc)));
	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
		acts = lappend(acts, psprintf("INHERIT %s", (char *) lfirst(lc)));
	if (parts == NIL)
	{
		attach_step(plan, mend, psprintf("ALTER TABLE %s %s", identity,
										 sdr_join(acts, ", ")), due);
		return true;
	}
	attach_step(plan, mend, psprintf("CREATE TABLE %s (%s)", other,
									 sdr_join(parts, ", ")), due);
	attach_step(plan, mend, psprintf("ALTER TABLE %s INHERIT %s, %s, NO INHERIT %s",
									 identity, other, sdr_join(acts, ", "),
									 other), due);
	attach_step(plan, mend, psprintf("DROP TABLE %s", other),
				psprintf("pg_catalog.to_regclass(%s) IS NOT NULL",
						 sdr_literal(other)));
	return true;
}

/* The same part of the live parents of a table, as that will be. */
List *
sdr_parts_above(SdrPlan *plan, const SdrObject *part, const SdrObject *table)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
	{
		const SdrObject *above =
		sdr_counterpart(part, sdr_live_relation(plan, lfirst(lc)));

		if (above != NULL)
			found = lappend(found, unconstify(SdrObject *, above));
	}
	return found;
}

/*
 * A constraint that is to be inherited and no more goes from the parents, then
 * from the table, and comes back with that of the parents.
 */
static bool
disown_constraint(SdrPlan *plan, const SdrMend *mend, const SdrObject *table)
{
	List	   *above = sdr_parts_above(plan, mend->want, table);
	const char *drop = sdr_mender(SDR_KIND_CONSTRAINT)->drop(mend->want);
	ListCell   *lc;

	foreach(lc, above)
	{
		if (sdr_true(lfirst(lc), SDR_CONSTRAINT_INHERITED))
			return false;
	}
	if (above == NIL)
		return false;
	foreach(lc, above)
	{
		const SdrObject *constraint = lfirst(lc);
		const SdrObject *final = sdr_final_state(plan, constraint);

		sdr_remake(plan, final == NULL ? constraint : final, constraint);
	}
	sdr_step_cost(sdr_step(plan, SDR_STAGE_RELEASE, mend->want, "%s", drop),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	sdr_make_common(plan, sdr_merged(mend->want, mend->have));
	return true;
}

/* What is made once more where it is inherited becomes the table's own. */
static void
own_constraint(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	SdrStep    *step = sdr_step(plan, SDR_STAGE_KEY, mend->want,
								"ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s)%s%s",
								sdr_object_identity(want->parent),
								quote_identifier(want->name),
								sdr_text(want, SDR_CONSTRAINT_EXPRESSION),
								sdr_true(want, SDR_CONSTRAINT_ENFORCED) ?
								"" : " NOT ENFORCED",
								sdr_true(want, SDR_CONSTRAINT_VALIDATED) ?
								"" : " NOT VALID");

	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	step->due = psprintf("EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass(%s) AND conname = %s AND NOT conislocal)",
						 sdr_literal(sdr_object_identity(want->parent)),
						 sdr_literal(want->name));
}

/* A column of the table that inherit_again() is to change; NULL if none. */
static const SdrObject *
column_to_own(SdrPlan *plan, const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *want;
		const SdrObject *have;

		if (table->children[i]->kind->id == SDR_KIND_COLUMN &&
			sdr_both_sides(plan, table->children[i], &want, &have) &&
			want != NULL && have != NULL &&
			sdr_true(want, SDR_COLUMN_INHERITED) &&
			sdr_is_set(want, SDR_COLUMN_LOCAL) && is_only_inherited(have))
			return want;
	}
	return NULL;
}

/* Whether what is inherited is the table's own as well. */
void
sdr_mend_local(SdrPlan *plan, const SdrMend *mend)
{
	int			i = kind_of(mend->have);
	bool		is_column = mend->have->kind->id == SDR_KIND_COLUMN;
	bool		is_own = sdr_is_set(mend->want, mend->id);
	const SdrObject *table;

	if (sdr_table_moves(plan, mend->want) ||
		sdr_true(mend->want, kinds[i].inherited) !=
		sdr_true(mend->have, kinds[i].inherited))
		return;
	table = sdr_final_state(plan, mend->have->parent);
	if (table == NULL)
		return;
	if (is_own && !is_column && column_to_own(plan, table) == NULL)
		own_constraint(plan, mend);
	else if (is_own)
	{
		SdrMend		column = *mend;

		column.want = column_to_own(plan, table);
		if (!inherit_again(plan, &column, table))
			sdr_unmended(plan, mend->want,
						 "what is the table's own cannot be told from what it only inherits");
	}
	else if (is_column || !disown_constraint(plan, mend, table))
		sdr_unmended(plan, mend->want,
					 "what is inherited and the table's own cannot be made inherited alone");
}
