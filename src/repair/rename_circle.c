/*-------------------------------------------------------------------------
 *
 * rename_circle.c
 *	  Objects that have changed their names among themselves.
 *
 * None is missing and none unexpected; but for what they hold, each looks as
 * if it were to become the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "repair/rename.h"

/* Kinds that have columns, which tell them apart. */
static const SdrKindSet with_columns =
SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(COMPOSITE);

static bool
same_type(const SdrObject *a, const SdrObject *b)
{
	const char *x = sdr_text(a, SDR_COLUMN_TYPE);
	const char *y = sdr_text(b, SDR_COLUMN_TYPE);

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

/* On how many columns do two objects differ? */
static int
column_differences(const SdrObject *a, const SdrObject *b)
{
	int			n = 0;

	for (int i = 0; i < a->nchildren; i++)
	{
		const SdrObject *column = a->children[i];
		const SdrObject *other = column->kind->id != SDR_KIND_COLUMN ? NULL :
		sdr_counterpart(column, b);

		if (column->kind->id == SDR_KIND_COLUMN &&
			(other == NULL || !same_type(column, other)))
			n++;
	}
	return n;
}

static int
differences(const SdrObject *a, const SdrObject *b)
{
	return column_differences(a, b) + column_differences(b, a);
}

/*
 * The change of the expected object that the live one of another was last;
 * NULL if that is its own.
 */
static SdrChange *
former_change(SdrRenameSearch *search, const List *changes,
			  const SdrChange *change)
{
	SdrPlan    *plan = search->plan;
	const SdrObject *live = sdr_live_of(plan, change);
	const ListCell *name;
	const ListCell *lc;

	foreach(name, sdr_names_of(search, live))
	{
		foreach(lc, changes)
		{
			SdrChange  *other = lfirst(lc);

			if (sdr_had_name(plan, list_make1(lfirst(name)), live,
							 sdr_expected_of(plan, other)))
				return other == change ? NULL : other;
		}
	}
	return NULL;
}

/*
 * The circle of changes, each with the name of the one before, that this one
 * stands in; NIL if there is none.  The log may tell of times before those of
 * the document: so there must be less that differs between what they were.
 */
static List *
find_circle(SdrRenameSearch *search, const List *changes, SdrChange *first)
{
	SdrPlan    *plan = search->plan;
	List	   *circle = NIL;
	SdrChange  *change = first;
	int			as_called = 0;
	int			as_renamed = 0;

	do
	{
		SdrChange  *former = former_change(search, changes, change);

		if (former == NULL || list_member_ptr(circle, change))
			return NIL;
		circle = lappend(circle, change);
		as_called += differences(sdr_expected_of(plan, change),
								 sdr_live_of(plan, change));
		as_renamed += differences(sdr_expected_of(plan, former),
								  sdr_live_of(plan, change));
		change = former;
	} while (change != first);
	return as_renamed < as_called ? circle : NIL;
}

/* Is all of its columns known, so that they tell it from what comes? */
static bool
can_be_told(const SdrChange *change)
{
	const SdrObject *have = change->have;
	const SdrObject *want = change->want;

	return (OidIsValid(have->oid) ||
			(have->complete & SDR_IN(COLUMN)) != 0) &&
		strcmp(sdr_has_columns(have), sdr_has_columns(want)) != 0;
}

/*
 * The circle, beginning with one that can be told from what takes its name;
 * NIL if it must be and none can.
 */
static List *
begin_well(const SdrPlan *plan, List *circle)
{
	for (int i = 0; i < list_length(circle); i++)
	{
		if (!plan->options.idempotent || can_be_told(linitial(circle)))
			return circle;
		circle = lappend(list_copy_tail(circle, 1), linitial(circle));
	}
	return NIL;
}

static SdrChange *
one_side(const SdrChange *change, bool want)
{
	SdrChange  *part = palloc0(sizeof(SdrChange));

	part->want = want ? change->want : NULL;
	part->have = want ? NULL : change->have;
	part->rows = want ? change->rows : NIL;
	return part;
}

/*
 * Give the objects of a circle each other's names: the first gets one for the
 * meantime, which leaves its own to the next.
 */
static void
turn_circle(SdrRenameSearch *search, const List *circle)
{
	SdrPlan    *plan = search->plan;
	int			n = list_length(circle);
	const SdrChange *first = linitial(circle);
	const SdrObject *meantime =
	sdr_called(first->have, sdr_schema_of(first->have),
			   sdr_meantime_name(first->have));
	List	   *wants = NIL;
	List	   *haves = NIL;
	ListCell   *lc;

	foreach(lc, circle)
	{
		wants = lappend(wants, one_side(lfirst(lc), true));
		haves = lappend(haves, one_side(lfirst(lc), false));
		plan->changes = list_delete_ptr(plan->changes, lfirst(lc));
	}
	plan->mending = first->rows;
	sdr_rename_top(plan, meantime, first->have, sdr_has_columns(first->have));
	plan->mending = NIL;

	/*
	 * Live objects were what the next in the circle is expected to be.  The
	 * object that is to be called as the one before it was goes first.
	 */
	for (int i = 1; i <= n; i++)
	{
		bool		adopt = plan->options.adopt;
		int			w = adopt ? i - 1 : (n - i + 1) % n;
		int			h = adopt ? i % n : n - i;
		SdrChange  *missing = adopt ? list_nth(haves, h) : list_nth(wants, w);
		SdrChange  *unexpected = adopt ? list_nth(wants, w) :
		list_nth(haves, h);

		sdr_join_tops(search, missing, unexpected, h == 0 ? meantime : NULL, NULL);
	}
}

/* Find objects with columns that have changed their names among themselves. */
void
sdr_rename_circles(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	List	   *changes = NIL;
	int			different = 0;
	ListCell   *lc;

	foreach(lc, sdr_changes_that_are(plan, true, true))
	{
		const SdrChange *change = lfirst(lc);

		if ((with_columns & SDR_KIND_BIT(change->have->kind->id)) == 0)
			continue;
		changes = lappend(changes, lfirst(lc));
		if (differences(change->have, change->want) > 0)
			different++;
	}
	/* the log is long, and most drift is of other sorts */
	for (int i = 0; different > 1 && i < list_length(changes); i++)
	{
		List	   *circle =
		begin_well(plan, find_circle(search, changes, list_nth(changes, i)));

		CHECK_FOR_INTERRUPTS();
		if (circle == NIL)
			continue;
		turn_circle(search, circle);
		changes = list_difference_ptr(changes, circle);
		i = -1;
	}
}
