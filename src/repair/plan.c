/*-------------------------------------------------------------------------
 *
 * plan.c
 *	  From changes to steps.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static const SdrRule *
rule_for(const SdrMender *mender, SdrAttrId attr)
{
	for (const SdrRule *rule = mender->rules;
		 rule != NULL && rule->attr != SDR_ATTR_NONE; rule++)
	{
		if (rule->attr == attr)
			return rule;
	}
	return NULL;
}

/* Does nothing but making it again mend this attribute? */
static bool
needs_remake(const SdrObject *object, SdrAttrId attr)
{
	const SdrRule *rule = rule_for(sdr_mender_of(object), attr);

	return rule == NULL ? !sdr_is_common(attr) :
		rule->set == NULL && rule->mend == NULL;
}

/* Mend one attribute of an object that is there. */
static void
mend_attribute(SdrPlan *plan, const SdrObject *want, const SdrObject *have,
			   SdrAttrId attr)
{
	const SdrMender *mender = sdr_mender_of(have);
	const SdrRule *rule = rule_for(mender, attr);
	SdrMend		mend = {
		want, have, sdr_attr(attr), attr, rule, sdr_wanted_value(want, attr)
	};
	SdrStep    *step;

	if (rule == NULL && sdr_is_common(attr))
		sdr_mend_common(plan, want, have, attr);
	else if (needs_remake(have, attr))
		sdr_remake(plan, want, have);
	else if (rule->mend != NULL)
		rule->mend(plan, &mend);
	else
	{
		bool		resets = rule->reset != NULL &&
		sdr_value_is_none(&mend.value);

		step = sdr_step(plan, SDR_STAGE_PROPERTY, want, "%s",
						sdr_render(resets ? rule->reset : rule->set, want,
								   &mend.value));
		sdr_step_cost(step, rule->risk, rule->lock);
	}
}

/* The rows of a change that are about an object or a part of it. */
static List *
rows_about(const SdrChange *change, const SdrObject *object)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, change->rows)
	{
		SdrRow	   *row = lfirst(lc);

		for (const SdrObject *o = row->cause.object; o != NULL; o = o->parent)
		{
			if (o->kind == object->kind && strcmp(o->name, object->name) == 0)
			{
				result = lappend(result, row);
				break;
			}
		}
	}
	return result;
}

/*
 * Rows are mended in this order, as an object that is made again needs nothing
 * else.
 */
typedef enum Phase
{
	PHASE_REMAKE,				/* objects that must be made again */
	PHASE_OTHERS,				/* which may have others made again */
	PHASE_SIMPLE,
} Phase;

#define NPHASES		(PHASE_SIMPLE + 1)

static Phase
phase_of(const SdrObject *want, const SdrObject *have, SdrAttrId attr)
{
	const SdrRule *rule;

	if (have != NULL && want == NULL && sdr_is_key(have))
		return PHASE_OTHERS;
	if (attr == SDR_ATTR_NONE)
		return PHASE_SIMPLE;
	if (needs_remake(have, attr))
		return PHASE_REMAKE;
	rule = rule_for(sdr_mender_of(have), attr);
	return rule != NULL && rule->mend != NULL ? PHASE_OTHERS : PHASE_SIMPLE;
}

/*
 * Mend what one row reports.  Objects that must be made again go first: that
 * mends all that is reported about them.
 */
static void
mend_row(SdrPlan *plan, const SdrChange *change, SdrRow *row, Phase phase)
{
	const SdrObject *object = row->cause.object;
	const SdrObject *want = sdr_counterpart(object, change->want);
	const SdrObject *have = sdr_counterpart(object, change->have);
	SdrAttrId	attr = SDR_ATTR_NONE;

	if (want != NULL && want->absent)
		want = NULL;
	if (have != NULL && have->absent)
		have = NULL;
	if ((have != NULL && sdr_is_remade(plan, have)) ||
		(want != NULL && sdr_is_remade(plan, want)))
		return;
	if (have != NULL && want != NULL)
		attr = sdr_attr_by_name(have->kind, row->attribute,
								strlen(row->attribute));
	if (phase != phase_of(want, have, attr))
		return;

	plan->mending = phase == PHASE_REMAKE ? rows_about(change, have) : list_make1(row);
	if (have == NULL)
		sdr_make(plan, want);
	else if (want == NULL)
	{
		/* foreign keys to a key come back with another */
		if (sdr_is_key(have))
			sdr_remake_dependents(plan, have, true);
		sdr_detach_index(plan, have);
		sdr_drop(plan, have, false);
	}
	else if (attr == SDR_ATTR_NONE)
		sdr_unmended(plan, want,
					 "the expected name is longer than names can be");
	else
		mend_attribute(plan, want, have, attr);
	plan->mending = NIL;
}

static void
plan_change(SdrPlan *plan, const SdrChange *change, Phase phase)
{
	const ListCell *lc;

	if (change->have != NULL && change->want != NULL)
	{
		foreach(lc, change->rows)
			mend_row(plan, change, lfirst(lc), phase);
		return;
	}
	if (phase != PHASE_SIMPLE)
		return;
	plan->mending = change->rows;
	if (change->have == NULL)
	{
		if (!sdr_is_remade(plan, change->want))
			sdr_make(plan, change->want);
	}
	else if (change->have->kind->id == SDR_KIND_UNMODELLED)
		sdr_drop_unmodelled(plan, change->have);
	else if (!sdr_is_remade(plan, change->have))
	{
		sdr_make_way(plan, change->have);
		sdr_drop(plan, change->have, false);
	}
	plan->mending = NIL;
}

static void
leave_out(SdrStep *step, const char *note)
{
	step->note = note;
	step->sql = step->mentions = step->makes = step->drops = NULL;
	step->frees = step->awaits = step->lock = NULL;
	step->stage = SDR_STAGE_LOSE;
}

/* What is not wanted, but what stays needs it, stays as well. */
static void
leave_out_needed(SdrPlan *plan, List *staying)
{
	for (int i = 0; i < list_length(staying); i++)
	{
		const SdrObject *object = list_nth(staying, i);
		const char *texts = sdr_texts(object);
		ListCell   *lc;

		foreach(lc, plan->steps)
		{
			SdrStep    *step = lfirst(lc);

			if (step->sql == NULL || step->stage != SDR_STAGE_DROP ||
				step->drops == NULL || step->after != NULL ||
				!sdr_mentions(texts, step->drops))
				continue;
			staying = lappend(staying, unconstify(SdrObject *, step->object));
			leave_out(step, psprintf("is needed by %s, which is left out: %s",
									 sdr_object_identity(object), step->sql));
		}
	}
}

/*
 * Steps that lose data are left out unless they are asked for; what remains of
 * them says so.
 */
static void
leave_out_destructive(SdrPlan *plan)
{
	List	   *staying = NIL;
	ListCell   *lc;

	if (plan->options.destructive)
		return;
	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);

		if (step->risk != SDR_RISK_DESTRUCTIVE || step->sql == NULL)
			continue;
		if (step->drops != NULL)
			staying = lappend(staying, unconstify(SdrObject *, step->object));
		leave_out(step, psprintf("would lose %s, and is left out without {\"destructive\": true}: %s",
								 step->note == NULL ? "data" : step->note,
								 step->sql));
	}
	leave_out_needed(plan, staying);
}

/* Has the default of a column gone already? */
static bool
is_released(const SdrPlan *plan, const SdrObject *object)
{
	return object != NULL && object->kind->id == SDR_KIND_COLUMN &&
		sdr_is_noted(plan, sdr_object_identity(object));
}

/*
 * What an object had before lets go of what it mentioned, once the step that
 * changes it has run.
 */
static void
find_releases(SdrPlan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);
		const SdrObject *want;
		const SdrObject *have;

		if (step->sql == NULL || step->drops != NULL ||
			step->releases != NULL || is_released(plan, step->object) || step->object == NULL ||
			!sdr_both_sides(plan, step->object, &want, &have) ||
			have == NULL || want == NULL || sdr_is_remade(plan, have))
			continue;
		step->releases = sdr_own_texts(have);
	}
}

/* Make the steps of a plan from its changes, and put them into order. */
void
sdr_plan_make(SdrPlan *plan)
{
	const ListCell *lc;

	sdr_plan_index(plan);
	for (Phase phase = 0; phase < NPHASES; phase++)
	{
		foreach(lc, plan->changes)
		{
			CHECK_FOR_INTERRUPTS();
			plan_change(plan, lfirst(lc), phase);
		}
	}
	if (plan->options.count_loss)
		sdr_count_losses(plan);
	leave_out_destructive(plan);
	find_releases(plan);
	plan->steps = sdr_order(plan->steps);
}
