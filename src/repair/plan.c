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

/* What a step mends, as the caller reads it. */
static List *
reasons(const List *rows)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, rows)
	{
		const SdrRow *row = lfirst(lc);

		result = lappend(result,
						 psprintf("%s %s %s%s%s", row->drift, row->kind,
								  row->identity,
								  row->attribute == NULL ? "" : ": ",
								  row->attribute == NULL ? "" :
								  row->attribute));
	}
	return result;
}

static SdrStep *
add_step(SdrPlan *plan, SdrStage stage, const SdrObject *object,
		 const char *sql)
{
	SdrStep    *step = palloc0(sizeof(SdrStep));

	step->number = list_length(plan->steps);
	step->stage = stage;
	step->object = object;
	step->sql = sql;
	step->mentions = sql;
	step->transactional = true;
	step->mends = reasons(plan->mending);
	plan->steps = lappend(plan->steps, step);
	return step;
}

/* Add a statement, without semicolon. */
SdrStep *
sdr_step(SdrPlan *plan, SdrStage stage, const SdrObject *object,
		 const char *format,...)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	return add_step(plan, stage, object, buf.data);
}

/* Say what a step costs. */
void
sdr_step_cost(SdrStep *step, SdrRisk risk, const char *lock)
{
	step->risk = risk;
	step->lock = lock;
}

/*
 * Where one statement gives all of an object: is this the first attribute of
 * it that needs the statement?
 */
bool
sdr_is_first(SdrPlan *plan, const SdrObject *object)
{
	if (list_member_ptr(plan->whole, object))
		return false;
	plan->whole = lappend(plan->whole, unconstify(SdrObject *, object));
	return true;
}

/* Say that no statement can mend something, and why. */
void
sdr_unmended(SdrPlan *plan, const SdrObject *object, const char *reason)
{
	SdrStep    *step = add_step(plan, SDR_STAGE_LOSE, object, NULL);

	step->note = reason;
}

/* Every text of an object, which holds the names of all that it needs. */
static void
append_own_texts(StringInfo buf, const SdrObject *object)
{
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(object->kind->first_attr + i);

		if (attr->type != SDR_TYPE_PRIVILEGES &&
			object->attrs[i].tag >= SDR_VALUE_TEXT)
			appendStringInfo(buf, "%s ; ", sdr_value_text(attr,
														  &object->attrs[i]));
	}
}

/* The same with those of its parts */
static void
append_texts(StringInfo buf, const SdrObject *object)
{
	append_own_texts(buf, object);
	for (int i = 0; i < object->nchildren; i++)
		append_texts(buf, object->children[i]);
}

static const char *
texts_of(const SdrObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s ; ", sdr_object_identity(object));
	append_texts(&buf, object);
	return buf.data;
}

/*
 * The name by which other steps may mention an object; NULL if they cannot.
 * Parts of a table are mentioned as the table.
 */
const char *
sdr_order_name(const SdrObject *object)
{
	switch (object->kind->identity)
	{
		case SDR_IDENTITY_NAME:
		case SDR_IDENTITY_QUALIFIED:
		case SDR_IDENTITY_IN_SCHEMA:
		case SDR_IDENTITY_COLUMN:
			return sdr_object_identity(object);
		case SDR_IDENTITY_SQL:
			return object->parent == NULL ? NULL : sdr_object_identity(object);
		case SDR_IDENTITY_ON_TABLE:
		case SDR_IDENTITY_IN_PARENT:
			return NULL;
	}
	return NULL;
}

static const SdrMender *
mender_of(const SdrObject *object)
{
	const SdrMender *mender = sdr_mender(object->kind->id);

	if (mender == NULL)
		elog(ERROR, "no mender for kind \"%s\"", object->kind->name);
	return mender;
}

/* Is all that a mender had to say why an object cannot be made? */
static bool
cannot_be_made(const SdrPlan *plan, int nsteps)
{
	for (int i = nsteps; i < list_length(plan->steps); i++)
	{
		if (((const SdrStep *) list_nth(plan->steps, i))->sql != NULL)
			return false;
	}
	return list_length(plan->steps) > nsteps;
}

static void
make(SdrPlan *plan, const SdrObject *object, bool within)
{
	const SdrMender *mender = mender_of(object);
	int			nsteps = list_length(plan->steps);

	check_stack_depth();
	if (within && mender->create_within != NULL)
		mender->create_within(plan, object);
	else
		mender->create(plan, object);
	if (!within && cannot_be_made(plan, nsteps))
		return;
	for (int i = 0; i < object->nchildren; i++)
	{
		if (!object->children[i]->absent)
			make(plan, object->children[i], true);
	}
	sdr_make_common(plan, object);
}

/* Make an object with all its parts and properties. */
void
sdr_make(SdrPlan *plan, const SdrObject *object)
{
	make(plan, object, false);
}

/*
 * The same of an object that is dropped.  A migration is run again when the
 * object is as it is to be, and then it goes by what it mentions then.
 */
static const char *
texts_on_both_sides(const SdrPlan *plan, const SdrObject *object)
{
	const char *texts = texts_of(object);
	const SdrObject *want;
	const SdrObject *have;

	if (!plan->options.adopt || !sdr_both_sides(plan, object, &want, &have))
		return texts;
	return psprintf("%s%s%s", texts, want == NULL ? "" : texts_of(want),
					have == NULL ? "" : texts_of(have));
}

/* Foreign keys go before the keys that they need, views before all. */
static bool
goes_first(const SdrObject *object)
{
	return object->kind->id == SDR_KIND_VIEW ||
		object->kind->id == SDR_KIND_MATVIEW ||
		(object->kind->id == SDR_KIND_CONSTRAINT &&
		 strcmp(sdr_text(object, SDR_CONSTRAINT_TYPE), "foreign key") == 0);
}

/* The columns of a partitioned table and its partitions, as one name. */
static const char *
columns_key(const SdrObject *table)
{
	const char *parent = table->kind->id != SDR_KIND_TABLE ? NULL :
	sdr_text(table, SDR_TABLE_PARTITION_OF);

	return sdr_columns_key(parent != NULL ? parent :
						   sdr_object_identity(table));
}

/* The same of the parent's identity */
const char *
sdr_columns_key(const char *identity)
{
	return psprintf("columns.%s", quote_identifier(identity));
}

/* What has happened when a partition is attached, as a name. */
const char *
sdr_attached_key(const SdrObject *table)
{
	return psprintf("attached.%s",
					quote_identifier(sdr_object_identity(table)));
}

/*
 * A partition is detached before it is dropped: as long as it is one, it must
 * have all indexes of its parent.
 */
static void
release_partition(SdrPlan *plan, const SdrObject *object)
{
	const char *parent = object->kind->id != SDR_KIND_TABLE ? NULL :
	sdr_text(object, SDR_TABLE_PARTITION_OF);

	if (parent != NULL && plan->options.destructive)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_RELEASE, object,
							   "ALTER TABLE %s DETACH PARTITION %s", parent,
							   sdr_object_identity(object)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* Drop an object; comes_back tells whether it is made again. */
void
sdr_drop(SdrPlan *plan, const SdrObject *object, bool comes_back)
{
	const SdrMender *mender = mender_of(object);
	bool		is_part = object != sdr_top(object);
	bool		holds_data;
	SdrStep    *step;
	const char *sql;

	if (sdr_goes_with_parent(plan, object))
		return;
	if (mender->destroy != NULL)
	{
		mender->destroy(plan, object);
		return;
	}
	sql = mender->drop != NULL ? mender->drop(object) :
		psprintf("DROP %s %s", mender->type, sdr_object_identity(object));
	if (sql == NULL)
		return;
	release_partition(plan, object);
	if (!comes_back && !sdr_mark_remade(plan, object))
		return;
	holds_data = mender->holds_data &&
		!(object->kind->id == SDR_KIND_COLUMN &&
		  sdr_is_set(object, SDR_COLUMN_GENERATED));
	step = add_step(plan,
					object->kind->id == SDR_KIND_EXTENSION && !comes_back ?
					SDR_STAGE_LOSE_EXTENSION :
					holds_data ? SDR_STAGE_LOSE :
					comes_back || goes_first(object) ? SDR_STAGE_RELEASE :
					is_part ? SDR_STAGE_DROP_PART : SDR_STAGE_DROP,
					object, sql);
	step->drops = sdr_order_name(object);
	if (step->drops == NULL)
		step->drops = "";
	/* what owns a sequence need not go later than that */
	if (object->kind->id != SDR_KIND_SEQUENCE)
		step->mentions = texts_on_both_sides(plan, object);
	/* the table's name stays taken when a column goes */
	step->frees = object->kind->id == SDR_KIND_COLUMN ?
		columns_key(object->parent) : step->drops;
	step->lock = SDR_EXCLUSIVE;
	step->risk = holds_data ? SDR_RISK_DESTRUCTIVE : SDR_RISK_LOCKS;
}

/* With its table, as an index of the same name may be on another one. */
static const char *
remade_key(const SdrObject *object)
{
	return psprintf("%s %s %s", object->kind->name,
					sdr_object_identity(object),
					object->parent == NULL ? "" : object->parent->name);
}

static bool
is_remade(const SdrPlan *plan, const SdrObject *object)
{
	const ListCell *lc;

	for (; object != NULL; object = object->parent)
	{
		const char *key = remade_key(object);

		foreach(lc, plan->remade)
		{
			if (strcmp(lfirst(lc), key) == 0)
				return true;
		}
		if (object == sdr_top(object))
			break;
	}
	return false;
}

/* Note that an object is made again; false if it was noted before. */
bool
sdr_mark_remade(SdrPlan *plan, const SdrObject *object)
{
	if (is_remade(plan, object))
		return false;
	plan->remade = lappend(plan->remade,
						   unconstify(char *, remade_key(object)));
	return true;
}

/*
 * What an object is to be and what it is, NULL where it is not; false if
 * nothing is to be done about it.
 */
bool
sdr_both_sides(const SdrPlan *plan, const SdrObject *object,
			   const SdrObject **want, const SdrObject **have)
{
	const SdrObject *top = sdr_top(object);
	const ListCell *lc;

	*want = *have = NULL;
	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);
		const SdrObject *other = change->want != NULL ? change->want :
		change->have;

		if (other->kind != top->kind ||
			strcmp(sdr_object_identity(other), sdr_object_identity(top)) != 0)
			continue;
		if (change->want != NULL)
			*want = sdr_counterpart(object, sdr_merged(change->want,
													   change->have));
		*have = sdr_counterpart(object, change->have);
		return true;
	}
	return false;
}

/* How an object that somebody else depends on is to be in the end. */
const SdrObject *
sdr_final_state(const SdrPlan *plan, const SdrObject *live)
{
	const SdrObject *want;
	const SdrObject *have;

	return sdr_both_sides(plan, live, &want, &have) ? want : live;
}

/*
 * Drop an object that depends on another and make it again as it is to be.  A
 * column that depends on a type is not dropped; whoever remakes the type sees
 * to it.
 */
void
sdr_remake_dependent(SdrPlan *plan, const SdrObject *dependent)
{
	const SdrObject *final;

	if (dependent->kind->id == SDR_KIND_TABLE &&
		sdr_is_set(dependent, SDR_TABLE_PARTITION_OF))
	{
		sdr_reattach(plan, dependent);
		return;
	}
	if (dependent->kind->id == SDR_KIND_COLUMN ||
		!sdr_mark_remade(plan, dependent))
		return;
	final = sdr_final_state(plan, dependent);
	sdr_drop(plan, dependent, true);
	if (final != NULL)
		sdr_make(plan, final);
}

/* Is it a part of an object that stands in the list as well? */
static bool
is_part_of_any(const SdrObject *object, const List *objects)
{
	const SdrObject *top = sdr_top(object);
	const ListCell *lc;

	foreach(lc, objects)
	{
		const SdrObject *other = lfirst(lc);

		if (object != top && other->kind == top->kind &&
			strcmp(sdr_object_identity(other), sdr_object_identity(top)) == 0)
			return true;
	}
	return false;
}

/*
 * The same for all that depends on an object of the live database, which goes,
 * or else is a column that gets another type.
 */
void
sdr_remake_dependents(SdrPlan *plan, const SdrObject *live, bool goes)
{
	List	   *dependents = sdr_dependents(plan, live, goes);
	const ListCell *lc;

	foreach(lc, dependents)
	{
		/* nor what goes with the part of a parent */
		if (!is_part_of_any(lfirst(lc), dependents) &&
			!sdr_is_inherited(lfirst(lc)))
			sdr_remake_dependent(plan, lfirst(lc));
	}
}

/* Columns stay, but their defaults must let go of what is made again. */
static void
renew_defaults(SdrPlan *plan, const SdrObject *live)
{
	const ListCell *lc;

	foreach(lc, sdr_dependents(plan, live, true))
	{
		if (((const SdrObject *) lfirst(lc))->kind->id == SDR_KIND_COLUMN)
			sdr_renew_default(plan, lfirst(lc));
	}
}

/*
 * Drop an object and make it again, and the same with all that depends on it.
 */
void
sdr_remake(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	const SdrMender *mender = mender_of(have);
	int			before;

	if (!sdr_mark_remade(plan, have))
		return;
	if (mender->remake != NULL)
	{
		mender->remake(plan, want, have);
		return;
	}
	sdr_remake_dependents(plan, OidIsValid(sdr_top(have)->oid) ? have : want,
						  true);
	renew_defaults(plan, OidIsValid(sdr_top(have)->oid) ? have : want);
	before = list_length(plan->steps);
	sdr_drop(plan, have, true);
	sdr_make(plan, sdr_merged(want, have));

	/* what replaces an object goes only together with it */
	for (int i = before; mender->holds_data && i < list_length(plan->steps); i++)
		((SdrStep *) list_nth(plan->steps, i))->risk = SDR_RISK_DESTRUCTIVE;
}

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
	const SdrRule *rule = rule_for(mender_of(object), attr);

	return rule == NULL ? !sdr_is_common(attr) :
		rule->set == NULL && rule->mend == NULL;
}

/* Mend one attribute of an object that is there. */
static void
mend_attribute(SdrPlan *plan, const SdrObject *want, const SdrObject *have,
			   SdrAttrId attr)
{
	const SdrMender *mender = mender_of(have);
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

		step = add_step(plan, SDR_STAGE_PROPERTY, want,
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

	if (have != NULL && want == NULL &&
		have->kind->id == SDR_KIND_CONSTRAINT)
		return PHASE_OTHERS;
	if (attr == SDR_ATTR_NONE)
		return PHASE_SIMPLE;
	if (needs_remake(have, attr))
		return PHASE_REMAKE;
	rule = rule_for(mender_of(have), attr);
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
	if ((have != NULL && is_remade(plan, have)) ||
		(want != NULL && is_remade(plan, want)))
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
		if (have->kind->id == SDR_KIND_CONSTRAINT && OidIsValid(have->oid))
			sdr_remake_dependents(plan, have, true);
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
		if (!is_remade(plan, change->want))
			sdr_make(plan, change->want);
	}
	else if (change->have->kind->id == SDR_KIND_UNMODELLED)
		sdr_unmended(plan, change->have, "no kind of document object describes it");
	else if (!is_remade(plan, change->have))
		sdr_drop(plan, change->have, false);
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
		const char *texts = texts_of(object);
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

/* Is there a note that something was released? */
bool
sdr_is_noted(const SdrPlan *plan, const char *key)
{
	const ListCell *lc;

	foreach(lc, plan->released)
	{
		if (strcmp(lfirst(lc), key) == 0)
			return true;
	}
	return false;
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
		StringInfoData buf;

		if (step->sql == NULL || step->drops != NULL ||
			step->releases != NULL || is_released(plan, step->object) || step->object == NULL ||
			!sdr_both_sides(plan, step->object, &want, &have) ||
			have == NULL || want == NULL || is_remade(plan, have))
			continue;
		initStringInfo(&buf);
		append_own_texts(&buf, have);
		step->releases = buf.data;
	}
}

/* Make the steps of a plan from its changes, and put them into order. */
void
sdr_plan_make(SdrPlan *plan)
{
	const ListCell *lc;

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
