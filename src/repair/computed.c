/*-------------------------------------------------------------------------
 *
 * computed.c
 *	  Generated columns, and defaults that stand in the way.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

/* A generated column goes early and comes back late: it is computed again. */
static void
remake_computed(SdrPlan *plan, const SdrObject *column, const SdrStep *after)
{
	const SdrObject *final;
	SdrStep    *step;

	if (!sdr_mark_remade(plan, column))
		return;
	sdr_remake_dependents(plan, column, true);
	step = sdr_step(plan, SDR_STAGE_RELEASE, column, "%s DROP COLUMN %s",
					sdr_alter_column(column), quote_identifier(column->name));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	step->note = "a generated column stands in the way, and is made again";
	final = sdr_final_state(plan, column);
	if (final == NULL)
		return;
	step = sdr_step(plan, SDR_STAGE_DEFAULT, final, "%s ADD COLUMN %s",
					sdr_alter_column(final), sdr_column_text(final));
	sdr_step_cost(step, SDR_RISK_REWRITES, SDR_EXCLUSIVE);
	step->makes = sdr_object_identity(final->parent);
	step->after = after;
	sdr_make_column_properties(plan, final);
	sdr_make_common(plan, final);
}

/* Does a generated column keep what it holds, and is computed no longer? */
static bool
loses_expression(const SdrObject *want, const SdrObject *have)
{
	return sdr_is_set(have, SDR_COLUMN_GENERATED) &&
		!sdr_true(have, SDR_COLUMN_VIRTUAL) &&
		!sdr_is_set(want, SDR_COLUMN_GENERATED);
}

/* It stops being computed first, as what it was computed from may change. */
static void
drop_expression(SdrPlan *plan, const SdrObject *column)
{
	char	   *key = psprintf("expression of %s", sdr_object_identity(column));

	if (sdr_is_noted(plan, key))
		return;
	plan->released = lappend(plan->released, key);
	sdr_column_step(plan, SDR_STAGE_RELEASE, column, SDR_RISK_LOCKS,
					"DROP EXPRESSION");
}

/*
 * Take a generated column out of the way; after is the step that it must wait
 * for, or NULL.  One that is to be generated, but is not yet, holds data, and
 * is replaced for its own sake.
 */
static void
release_computed(SdrPlan *plan, const SdrObject *column, const SdrStep *after)
{
	const SdrObject *want = NULL;
	const SdrObject *have = column;
	bool		is_changed = sdr_both_sides(plan, column, &want, &have);

	if (!is_changed)
		remake_computed(plan, column, after);
	else if (have == NULL && plan->options.idempotent)
		remake_computed(plan, want, after);
	else if (have == NULL || !sdr_is_set(have, SDR_COLUMN_GENERATED))
		return;
	else if (want != NULL && loses_expression(want, have))
		drop_expression(plan, want);
	else
		remake_computed(plan, have, after);
}

/* Has a column an expression or a default, on any side? */
static bool
has_on_any_side(const SdrPlan *plan, const SdrObject *column, SdrAttrId attr)
{
	const SdrObject *want;
	const SdrObject *have;

	if (sdr_is_set(column, attr))
		return true;
	return sdr_both_sides(plan, column, &want, &have) &&
		((want != NULL && sdr_is_set(want, attr)) ||
		 (have != NULL && sdr_is_set(have, attr)));
}

/*
 * Generated columns that depend on a column which gets another type go before
 * that and come back after it: what they hold is computed again.
 */
void
sdr_remake_generated(SdrPlan *plan, const SdrObject *changed, const SdrStep *change)
{
	ListCell   *lc;

	foreach(lc, sdr_dependents(plan, changed, false))
	{
		const SdrObject *column = lfirst(lc);

		if (column->kind->id == SDR_KIND_COLUMN &&
			strcmp(column->name, changed->name) != 0 &&
			has_on_any_side(plan, column, SDR_COLUMN_GENERATED))
			release_computed(plan, column, change);
	}
}

/*
 * Take the default of a column, or the column if it is generated, out of the
 * way of something that it needs and that is made again.
 */
void
sdr_renew_default(SdrPlan *plan, const SdrObject *column)
{
	const SdrObject *final;
	const char *dflt;

	if (column->parent->kind->id != SDR_KIND_TABLE)
		return;
	if (has_on_any_side(plan, column, SDR_COLUMN_GENERATED))
		release_computed(plan, column, NULL);
	if (!has_on_any_side(plan, column, SDR_COLUMN_DEFAULT) ||
		sdr_is_remade(plan, column))
		return;
	sdr_column_step(plan, SDR_STAGE_RELEASE, column, SDR_RISK_LOCKS,
					"DROP DEFAULT");
	plan->released = lappend(plan->released,
							 sdr_object_identity(column));
	final = sdr_final_state(plan, column);
	dflt = final == NULL ? NULL : sdr_text(final, SDR_COLUMN_DEFAULT);
	if (dflt != NULL)
		sdr_column_step(plan, SDR_STAGE_DEFAULT, final, SDR_RISK_LOCKS,
						psprintf("SET DEFAULT %s", dflt));
}

/* A name for a column that another takes the name of. */
static const char *
replaced_name(const SdrObject *want, const SdrObject *have)
{
	char	   *name = psprintf("%.50s_replaced", want->name);

	for (int i = 1;; i++)
	{
		SdrObject	other = *want;

		other.name = name;
		if (sdr_counterpart(&other, want->parent) == NULL &&
			sdr_counterpart(&other, have->parent) == NULL)
			return name;
		name = psprintf("%.50s_replaced%d", want->name, i);
	}
}

/*
 * The old column gets out of the way under another name, and is lost at the
 * end.
 */
static void
put_aside(SdrPlan *plan, const SdrMend *mend)
{
	const char *name = quote_identifier(replaced_name(mend->want, mend->have));
	SdrStep    *step;

	if (plan->options.destructive)
	{
		step = sdr_step(plan, SDR_STAGE_RELEASE, mend->want,
						"%s RENAME COLUMN %s TO %s", sdr_alter_column(mend->want),
						quote_identifier(mend->want->name), name);
		sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	}
	else
		name = quote_identifier(mend->want->name);
	step = sdr_step(plan, SDR_STAGE_LOSE, mend->want, "%s DROP COLUMN %s",
					sdr_alter_column(mend->want), name);
	sdr_step_cost(step, SDR_RISK_DESTRUCTIVE, SDR_EXCLUSIVE);
	step->drops = "";
	step->mentions = sdr_own_texts(mend->have);
}

/* Drop a column and add it again; of what it holds, nothing is kept. */
static void
replace_column(SdrPlan *plan, const SdrMend *mend, bool loses)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	SdrStep    *step;

	if (!sdr_mark_remade(plan, mend->have))
		return;
	if (loses && !plan->options.destructive)
	{
		put_aside(plan, mend);
		return;
	}
	sdr_remake_dependents(plan, mend->have, true);
	if (loses)
		put_aside(plan, mend);
	else
	{
		/* it may stand in the way of what it was generated from */
		step = sdr_step(plan, SDR_STAGE_RELEASE, mend->want,
						"%s DROP COLUMN %s", sdr_alter_column(want),
						quote_identifier(want->name));
		sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	}
	step = sdr_step(plan, sdr_column_stage(want), mend->want, "%s ADD COLUMN %s",
					sdr_alter_column(want), sdr_column_text(want));
	sdr_step_cost(step, SDR_RISK_REWRITES, SDR_EXCLUSIVE);
	step->makes = sdr_object_identity(want->parent);
	sdr_make_column_properties(plan, want);
	sdr_make_common(plan, want);
	sdr_note_position(plan, mend->want);
}

/*
 * A generated column can be made an ordinary one, and before 17 its expression
 * cannot be changed but by a new column; the values are computed again.
 */
void
sdr_mend_generated(SdrPlan *plan, const SdrMend *mend)
{
	bool		had = sdr_is_set(mend->have, SDR_COLUMN_GENERATED);

	if (!sdr_is_first(plan, mend->want))
		return;
	if (loses_expression(mend->want, mend->have))
		drop_expression(plan, mend->want);
	else
		replace_column(plan, mend, !had);
}
