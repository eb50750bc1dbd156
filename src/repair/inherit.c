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

/* Is all that a table inherits to be its own as well? */
static bool
owns_all(const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *part = table->children[i];
		int			kind = part->absent ? -1 : kind_of(part);
		const SdrValue *not_null;

		if (kind < 0 || kinds[kind].local == SDR_ATTR_NONE ||
			!sdr_true(part, kinds[kind].inherited))
			continue;
		if (!sdr_is_set(part, kinds[kind].local))
			return false;
		if (part->kind->id != SDR_KIND_COLUMN)
			continue;
		not_null = sdr_value(part, SDR_COLUMN_NOT_NULL_LOCAL);
		if (not_null->tag == SDR_VALUE_BOOL && !not_null->u.boolean)
			return false;
	}
	return true;
}

/*
 * Have a table let go of its parents and inherit from them again: that makes
 * all that it inherits its own as well.
 */
static void
inherit_again(SdrPlan *plan, const SdrMend *mend, const SdrObject *table)
{
	const char *identity = sdr_object_identity(table);
	char	   *key = psprintf("own %s", identity);
	List	   *acts = NIL;
	SdrStep    *step;
	ListCell   *lc;

	if (sdr_is_noted(plan, key))
		return;
	plan->released = lappend(plan->released, key);
	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
		acts = lappend(acts, psprintf("NO INHERIT %s", (char *) lfirst(lc)));
	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
		acts = lappend(acts, psprintf("INHERIT %s", (char *) lfirst(lc)));
	step = sdr_step(plan, SDR_STAGE_ATTACH, mend->want->parent,
					"ALTER TABLE %s %s", identity, sdr_join(acts, ", "));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	step->due = psprintf("EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attinhcount > 0 AND NOT attislocal)",
						 sdr_literal(identity));
}

/* The same constraint of a table's parents; NIL if it has one from further up. */
static List *
parents_own(SdrPlan *plan, const SdrObject *table, const char *name)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
	{
		const SdrObject *parent = sdr_live_relation(plan, lfirst(lc));

		for (int i = 0; parent != NULL && i < parent->nchildren; i++)
		{
			SdrObject  *part = parent->children[i];

			if (part->kind->id != SDR_KIND_CONSTRAINT ||
				strcmp(part->name, name) != 0)
				continue;
			if (sdr_true(part, SDR_CONSTRAINT_INHERITED))
				return NIL;
			found = lappend(found, part);
		}
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
	List	   *above = parents_own(plan, table, mend->want->name);
	const char *drop = sdr_mender(SDR_KIND_CONSTRAINT)->drop(mend->want);
	ListCell   *lc;

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

/* Is a column of the table among what inherits_again() is to change? */
static bool
any_column_changes(SdrPlan *plan, const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *want;
		const SdrObject *have;

		if (table->children[i]->kind->id == SDR_KIND_COLUMN &&
			sdr_both_sides(plan, table->children[i], &want, &have) &&
			want != NULL && have != NULL &&
			sdr_true(have, SDR_COLUMN_INHERITED) &&
			sdr_is_set(want, SDR_COLUMN_LOCAL) &&
			!sdr_is_set(have, SDR_COLUMN_LOCAL))
			return true;
	}
	return false;
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
	if (table != NULL && is_own && owns_all(table) &&
		(is_column || any_column_changes(plan, table)))
		inherit_again(plan, mend, table);
	else if (is_own && !is_column)
		own_constraint(plan, mend);
	else if (is_own)
		sdr_unmended(plan, mend->want,
					 "what a table inherits becomes its own only all at once");
	else if (is_column || table == NULL ||
			 !disown_constraint(plan, mend, table))
		sdr_unmended(plan, mend->want,
					 "what is inherited and the table's own cannot be made inherited alone");
}
