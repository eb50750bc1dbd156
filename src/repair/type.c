/*-------------------------------------------------------------------------
 *
 * type.c
 *	  Data types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

static const char *
label_list(const List *labels)
{
	List	   *texts = NIL;
	const ListCell *lc;

	foreach(lc, labels)
		texts = lappend(texts, unconstify(char *, sdr_literal(lfirst(lc))));
	return sdr_join(texts, ", ");
}

static void
create_enum(SdrPlan *plan, const SdrObject *type)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_TYPE, type,
								"CREATE TYPE %s AS ENUM (%s)",
								sdr_object_identity(type),
								label_list(sdr_items(type, SDR_ENUM_LABELS)));

	step->makes = sdr_object_identity(type);
}

/* Are the labels that there are among the wanted ones, in the same order? */
static bool
only_adds(const List *have, const List *want)
{
	int			found = 0;
	const ListCell *lc;

	foreach(lc, want)
	{
		if (found < list_length(have) &&
			strcmp(lfirst(lc), list_nth(have, found)) == 0)
			found++;
	}
	return found == list_length(have);
}

static void
mend_labels(SdrPlan *plan, const SdrMend *mend)
{
	List	   *have = sdr_items(mend->have, SDR_ENUM_LABELS);
	List	   *want = mend->value.u.list;
	const char *before = NULL;
	int			at = 0;
	ListCell   *lc;

	if (!only_adds(have, want))
	{
		sdr_unmended(plan, mend->want,
					 "labels cannot be taken away from an enum");
		return;
	}
	foreach(lc, want)
	{
		const char *label = lfirst(lc);

		if (at < list_length(have) && strcmp(label, list_nth(have, at)) == 0)
			at++;
		else
			sdr_step(plan, SDR_STAGE_TYPE, mend->want,
					 "ALTER TYPE %s ADD VALUE %s%s%s",
					 sdr_object_identity(mend->want), sdr_literal(label),
					 at < list_length(have) ? " BEFORE " :
					 before == NULL ? "" : " AFTER ",
					 at < list_length(have) ? sdr_literal(list_nth(have, at)) :
					 before == NULL ? "" : sdr_literal(before));
		before = label;
	}
}

static const SdrRule enum_rules[] = {
	{SDR_ENUM_LABELS, .mend = mend_labels},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_enum_mender = {
	.kind = SDR_KIND_ENUM,
	.type = "TYPE",
	.create = create_enum,
	.rules = enum_rules
};
