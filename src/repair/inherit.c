/*-------------------------------------------------------------------------
 *
 * inherit.c
 *	  Parts of tables that come from a parent table, and go with it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"

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

/* Whether a part is its table's own besides is settled when it is made. */
void
sdr_mend_local(SdrPlan *plan, const SdrMend *mend)
{
	int			i = kind_of(mend->have);

	if (sdr_table_moves(plan, mend->want) ||
		sdr_true(mend->want, kinds[i].inherited) !=
		sdr_true(mend->have, kinds[i].inherited))
		return;
	sdr_unmended(plan, mend->want,
				 "whether what is inherited is the table's own as well cannot be altered");
}
