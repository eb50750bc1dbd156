/*-------------------------------------------------------------------------
 *
 * rename_part.c
 *	  Columns and other parts of objects that were renamed.
 *
 * A part may have the name of one that was renamed before it, and columns may
 * have changed their names among themselves: these are told by where they
 * stand, which no name changes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "repair/rename.h"
#include "utils/builtins.h"

/* A part that is to be paired with one of the other side. */
typedef struct Part
{
	const SdrObject *object;
	List	   *rows;			/* of SdrRow *: its drift */
} Part;

/* Two parts that are one, and what it is called at present. */
typedef struct Pair
{
	const SdrObject *have;
	const SdrObject *want;
	List	   *rows;
	const char *name;
	const char *condition;		/* of a step that gives it a name for the
								 * meantime */
} Pair;

static const SdrKindSet named_parts = SDR_IN(COLUMN) | SDR_IN(CONSTRAINT) |
SDR_IN(INDEX) | SDR_IN(TRIGGER) | SDR_IN(POLICY) | SDR_IN(RULE);

static bool
is_named_part(const SdrObject *object)
{
	return object != sdr_top(object) && !object->absent &&
		(named_parts & SDR_KIND_BIT(object->kind->id)) != 0;
}

static const SdrObject *
find_part(const SdrObject *object, SdrKindId kind, const char *name)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		const SdrObject *part = object->children[i];

		if (part->kind->id == kind && strcmp(part->name, name) == 0 &&
			!part->absent)
			return part;
	}
	return NULL;
}

static Part *
make_part(const SdrObject *object, List *rows)
{
	Part	   *part = palloc(sizeof(Part));

	part->object = object;
	part->rows = rows;
	return part;
}

/* The missing parts of a change, and the unexpected ones, by their rows. */
static List *
parts_that_are(const SdrChange *change, SdrDriftType drift)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, change->rows)
	{
		SdrRow	   *row = lfirst(lc);

		if (row->cause.drift == drift && is_named_part(row->cause.object))
			result = lappend(result, make_part(row->cause.object,
											   list_make1(row)));
	}
	return result;
}

static bool
is_among(const List *parts, const SdrObject *object)
{
	const ListCell *lc;

	foreach(lc, parts)
	{
		if (((const Part *) lfirst(lc))->object == object)
			return true;
	}
	return false;
}

static bool
had_any_name(const SdrPlan *plan, const List *parts, const SdrObject *live,
			 const List *names)
{
	const ListCell *lc;

	foreach(lc, parts)
	{
		if (sdr_had_name(plan, names, live, ((const Part *) lfirst(lc))->object))
			return true;
	}
	return false;
}

static List *
rows_about(const SdrChange *change, const SdrObject *part)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, change->rows)
	{
		SdrRow	   *row = lfirst(lc);

		if (row->cause.object->kind == part->kind &&
			strcmp(row->cause.object->name, part->name) == 0)
			result = lappend(result, row);
	}
	return result;
}

/*
 * A part may have the name of one that was renamed before it.  Where its own
 * name is missing, the two sides are not the same part: part them.
 */
static bool
split_parts(SdrRenameSearch *search, const SdrChange *change, List **missing,
			List **unexpected)
{
	const SdrObject *expected = sdr_expected_of(search->plan, change);
	const SdrObject *live = sdr_live_of(search->plan, change);
	bool		found = false;

	for (int i = 0; i < live->nchildren; i++)
	{
		const SdrObject *part = live->children[i];
		const SdrObject *other;
		List	   *names;

		if (!is_named_part(part) || is_among(*unexpected, part) ||
			(other = find_part(expected, part->kind->id, part->name)) == NULL ||
			(names = sdr_names_of(search, part)) == NIL ||
			!had_any_name(search->plan, *missing, part, names))
			continue;
		*missing = lappend(*missing, make_part(other, rows_about(change, other)));
		*unexpected = lappend(*unexpected, make_part(part, NIL));
		found = true;
	}
	return found;
}

static Pair *
make_pair(const SdrPlan *plan, const SdrObject *expected,
		  const SdrObject *live, List *rows)
{
	Pair	   *pair = palloc0(sizeof(Pair));

	pair->have = plan->options.adopt ? expected : live;
	pair->want = plan->options.adopt ? live : expected;
	pair->rows = rows;
	pair->name = pair->have->name;
	return pair;
}

/* Pair unexpected parts with missing ones. */
static List *
pair_parts(SdrRenameSearch *search, List *missing, const List *unexpected)
{
	List	   *pairs = NIL;
	const ListCell *lc;
	ListCell   *cell;

	foreach(lc, missing == NIL ? NIL : unexpected)
	{
		const Part *live = lfirst(lc);
		List	   *names = sdr_names_of(search, live->object);

		foreach(cell, missing)
		{
			const Part *expected = lfirst(cell);

			if (!sdr_had_name(search->plan, names, live->object,
							  expected->object))
				continue;
			pairs = lappend(pairs, make_pair(search->plan, expected->object,
											 live->object,
											 list_concat_copy(expected->rows,
															  live->rows)));
			missing = foreach_delete_current(missing, cell);
			break;
		}
	}
	return pairs;
}

/* ---------- columns that have changed their names ---------- */

/* The column among the expected ones that a live one was before. */
static const SdrObject *
former_column(SdrRenameSearch *search, const SdrObject *expected,
			  const SdrObject *column)
{
	const ListCell *lc;

	foreach(lc, sdr_names_of(search, column))
	{
		const SdrFormerName *former = lfirst(lc);
		const SdrObject *found = find_part(expected, SDR_KIND_COLUMN,
										   former->name);

		if (found != NULL)
			return strcmp(found->name, column->name) == 0 ? NULL : found;
	}
	return NULL;
}

static int
compare_positions(const ListCell *a, const ListCell *b)
{
	int64		x = sdr_value(lfirst(a), SDR_COLUMN_POSITION)->u.integer;
	int64		y = sdr_value(lfirst(b), SDR_COLUMN_POSITION)->u.integer;

	return x < y ? -1 : x > y ? 1 : 0;
}

/* Names of columns in their order; NIL if it is not known. */
static List *
names_in_order(const List *columns)
{
	List	   *sorted = list_copy(columns);
	ListCell   *lc;

	foreach(lc, sorted)
	{
		if (sdr_value(lfirst(lc), SDR_COLUMN_POSITION)->tag != SDR_VALUE_INT)
			return NIL;
	}
	list_sort(sorted, compare_positions);
	foreach(lc, sorted)
		lfirst(lc) = unconstify(char *, ((const SdrObject *) lfirst(lc))->name);
	return sorted;
}

/*
 * Do the live columns stand as the expected ones do that each of them was?  If
 * they stand as those do whose names they have, their names are of old.
 */
static bool
have_changed_names(const List *live, const List *expected)
{
	List	   *names = names_in_order(live);
	List	   *former = names_in_order(expected);
	const ListCell *lc;
	const ListCell *lc2;

	if (names == NIL || former == NIL)
		return false;
	forboth(lc, names, lc2, former)
	{
		const ListCell *l;
		const ListCell *e;

		forboth(l, live, e, expected)
		{
			if (strcmp(((const SdrObject *) lfirst(l))->name, lfirst(lc)) == 0 &&
				strcmp(((const SdrObject *) lfirst(e))->name, lfirst(lc2)) != 0)
				return false;
		}
	}
	return true;
}

/*
 * The circle of columns, each with the name of the one before, in which a live
 * column stands: these to live, what they were to expected.
 */
static bool
find_circle(SdrRenameSearch *search, const SdrObject *table,
			const SdrObject *other, const SdrObject *column, List **live,
			List **expected)
{
	const SdrObject *next = column;

	*live = *expected = NIL;
	do
	{
		const SdrObject *former = former_column(search, other, next);

		if (former == NULL || list_member_ptr(*live, next))
			return false;
		*live = lappend(*live, unconstify(SdrObject *, next));
		*expected = lappend(*expected, unconstify(SdrObject *, former));
		next = find_part(table, SDR_KIND_COLUMN, former->name);
	} while (next != NULL && next != column);
	return next == column && have_changed_names(*live, *expected);
}

/* Do two columns differ?  Of two that stand elsewhere only one is told of. */
static bool
can_have_circle(const SdrChange *change)
{
	const SdrRow *row = change->rows == NIL ? NULL : linitial(change->rows);

	return list_length(change->rows) > 1 ||
		(row != NULL && row->cause.object->kind->id == SDR_KIND_COLUMN &&
		 row->attribute != NULL && strcmp(row->attribute, "position") == 0);
}

/* Columns that have changed their names among themselves, as pairs. */
static List *
find_circles(SdrRenameSearch *search, const SdrChange *change,
			 const List *unexpected)
{
	const SdrObject *table = sdr_live_of(search->plan, change);
	const SdrObject *other = sdr_expected_of(search->plan, change);
	List	   *done = NIL;
	List	   *pairs = NIL;

	for (int i = 0; can_have_circle(change) && i < table->nchildren; i++)
	{
		const SdrObject *column = table->children[i];
		List	   *live;
		List	   *expected;
		List	   *haves;
		const ListCell *l;
		const ListCell *e;

		if (column->kind->id != SDR_KIND_COLUMN ||
			list_member_ptr(done, column) || is_among(unexpected, column) ||
			rows_about(change, column) == NIL ||
			!find_circle(search, table, other, column, &live, &expected))
			continue;
		done = list_concat_copy(live, done);
		haves = search->plan->options.adopt ? expected : live;
		forboth(l, live, e, expected)
		{
			Pair	   *pair = make_pair(search->plan, lfirst(e), lfirst(l),
										 rows_about(change, lfirst(e)));

			/* the names alone are the same before and after */
			pair->condition = sdr_columns_stand(change->want,
												names_in_order(haves));
			pairs = lappend(pairs, pair);
		}
	}
	return pairs;
}

/* ---------- steps ---------- */

/* Is the new name of a part that of one which has not got its own yet? */
static bool
must_wait(const List *pairs, const Pair *pair)
{
	const ListCell *lc;

	foreach(lc, pairs)
	{
		const Pair *other = lfirst(lc);

		if (other != pair && other->have->kind == pair->have->kind &&
			strcmp(other->name, pair->want->name) == 0)
			return true;
	}
	return false;
}

/* The name that the parent had before it was renamed here. */
static const char *
old_parent(const SdrPlan *plan, const SdrObject *parent)
{
	const ListCell *lc;

	foreach(lc, plan->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent == NULL && rename->kind == parent->kind->id &&
			strcmp(rename->new_name, parent->name) == 0 &&
			strcmp(rename->new_schema, sdr_schema_of(parent)) == 0)
			return quote_qualified_identifier(rename->schema, rename->name);
	}
	return sdr_object_identity(parent);
}

static void
add_renaming(SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	SdrRenaming *rename = sdr_add_renaming(plan, have, want);

	rename->parent = sdr_object_identity(have->parent);
	rename->old_parent = old_parent(plan, have->parent);
}

/* Give a part a name, its own or one for the meantime. */
static void
give_name(SdrPlan *plan, Pair *pair, const SdrObject *want,
		  const char *condition)
{
	plan->mending = pair->rows;
	sdr_rename_part(plan, want, sdr_called(pair->have, "", pair->name),
					condition);
	plan->mending = NIL;
	pair->name = want->name;
}

/* Steps for pairs, in an order in which each new name is free. */
static void
rename_pairs(SdrPlan *plan, List *pairs)
{
	ListCell   *lc;

	foreach(lc, pairs)
	{
		Pair	   *pair = lfirst(lc);

		add_renaming(plan, pair->have, pair->want);
	}
	while (pairs != NIL)
	{
		bool		progress = false;

		CHECK_FOR_INTERRUPTS();
		foreach(lc, pairs)
		{
			Pair	   *pair = lfirst(lc);

			if (must_wait(pairs, pair))
				continue;
			give_name(plan, pair, pair->want, NULL);
			pairs = foreach_delete_current(pairs, lc);
			progress = true;
		}
		if (!progress)
		{
			Pair	   *pair = linitial(pairs);

			give_name(plan, pair,
					  sdr_called(pair->have, "", sdr_meantime_name(pair->have)),
					  pair->condition);
		}
	}
}

/* ---------- what follows ---------- */

static bool
is_parent(const SdrObject *table, const SdrRenaming *rename)
{
	const char *partition_of = sdr_text(table, SDR_TABLE_PARTITION_OF);
	const ListCell *lc;

	if (partition_of != NULL &&
		(strcmp(partition_of, rename->parent) == 0 ||
		 strcmp(partition_of, rename->old_parent) == 0))
		return true;
	foreach(lc, sdr_items(table, SDR_TABLE_INHERITS))
	{
		if (strcmp(lfirst(lc), rename->parent) == 0 ||
			strcmp(lfirst(lc), rename->old_parent) == 0)
			return true;
	}
	return false;
}

static bool
is_known(const SdrPlan *plan, const SdrObject *have)
{
	const char *parent = sdr_object_identity(have->parent);
	const ListCell *lc;

	foreach(lc, plan->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent != NULL && rename->kind == have->kind->id &&
			strcmp(rename->name, have->name) == 0 &&
			strcmp(rename->parent, parent) == 0)
			return true;
	}
	return false;
}

/* Is a name given to another part of the same parent? */
static bool
is_given(const SdrPlan *plan, const SdrRenaming *rename)
{
	const ListCell *lc;

	foreach(lc, plan->renames)
	{
		const SdrRenaming *other = lfirst(lc);

		if (other->parent != NULL && other->kind == rename->kind &&
			strcmp(other->parent, rename->parent) == 0 &&
			strcmp(other->new_name, rename->name) == 0)
			return true;
	}
	return false;
}

/* Parts that are renamed together with those of parents; true if any are. */
static bool
follow_parents(SdrPlan *plan)
{
	int			before = list_length(plan->renames);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);

		if (change->want == NULL || change->have == NULL ||
			change->have->kind->id != SDR_KIND_TABLE)
			continue;
		for (int i = 0; i < before; i++)
		{
			const SdrRenaming *rename = list_nth(plan->renames, i);
			const SdrObject *have;
			const SdrObject *want;

			if (rename->parent == NULL || !is_parent(change->have, rename))
				continue;
			have = find_part(change->have, rename->kind, rename->name);
			want = find_part(change->want, rename->kind, rename->new_name);
			if (have != NULL && want != NULL && !is_known(plan, have) &&
				(is_given(plan, rename) ||
				 (find_part(change->want, rename->kind, rename->name) == NULL &&
				  find_part(change->have, rename->kind, rename->new_name) == NULL)))
				add_renaming(plan, have, want);
		}
	}
	return list_length(plan->renames) > before;
}

/* Find the parts that were renamed of all that differs. */
void
sdr_rename_parts(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);
		List	   *missing;
		List	   *unexpected;

		if (change->want == NULL || change->have == NULL)
			continue;
		missing = parts_that_are(change, SDR_DRIFT_MISSING);
		unexpected = parts_that_are(change, SDR_DRIFT_UNEXPECTED);
		while (missing != NIL &&
			   split_parts(search, change, &missing, &unexpected))
			;
		rename_pairs(plan, list_concat(pair_parts(search, missing, unexpected),
									   find_circles(search, change,
													unexpected)));
	}
	while (follow_parents(plan))
		;
}
