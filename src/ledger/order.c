/*-------------------------------------------------------------------------
 *
 * order.c
 *	  The order of migrations, and what is odd about their numbers.
 *
 * Each history has an order of its own: that in which Prisma applies, or that
 * of numbers.  Between histories only time tells.  A migration stood in the
 * schema at the latest when it, or one that follows it in its history, was
 * recorded as applied.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ledger/history.h"

/* A number with more digits is a time stamp, which leaves no gaps. */
#define MAX_COUNTED_DIGITS	7

/* In their own history. */
static int
list_cmp(const void *a, const void *b)
{
	const SdrMigration *x = *(SdrMigration *const *) a;
	const SdrMigration *y = *(SdrMigration *const *) b;

	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	return (x->facts & SDR_FACT_PRISMA) != 0 ?
		sdr_prisma_name_cmp(x->name, y->name) :
		sdr_manual_name_cmp(x->name, y->name);
}

/* Pointers into an array that is in the order of lists. */
static int
time_cmp(const void *a, const void *b)
{
	const SdrMigration *x = **(SdrMigration **const *) a;
	const SdrMigration *y = **(SdrMigration **const *) b;

	if (x->upper != y->upper)
		return x->upper < y->upper ? -1 : 1;
	return *(SdrMigration **const *) a < *(SdrMigration **const *) b ? -1 : 1;
}

static bool
is_applied(const SdrMigration *migration)
{
	return (migration->facts & SDR_FACT_APPLIED) != 0;
}

/* Is it known when it ran? */
static bool
has_run(const SdrMigration *migration)
{
	return is_applied(migration) && migration->proof != NULL &&
		strcmp(migration->proof, "run") == 0 &&
		migration->started_at != SDR_NO_TIME;
}

/*
 * From the end of a history to its start: by when each stood in the schema,
 * and whether it ran, or is still to run, after one that follows it.
 */
static void
look_at_times(SdrMigration **list, int n)
{
	TimestampTz upper = DT_NOEND;
	TimestampTz earliest_run = DT_NOEND;
	bool		applied = false;

	for (int i = n - 1; i >= 0; i--)
	{
		SdrMigration *migration = list[i];
		bool		open = (migration->facts & (SDR_FACT_FILE |
												SDR_FACT_UNREADABLE)) ==
		SDR_FACT_FILE;

		/* one by hand without a number has no place among the others */
		if (migration->number == NULL &&
			(migration->facts & SDR_FACT_PRISMA) == 0)
		{
			migration->upper = is_applied(migration) &&
				migration->started_at != SDR_NO_TIME ?
				migration->started_at : DT_NOEND;
			continue;
		}
		if (has_run(migration))
		{
			migration->out_of_order = migration->started_at > earliest_run;
			earliest_run = Min(earliest_run, migration->started_at);
		}
		else if (!is_applied(migration))
			migration->out_of_order = applied && open;
		applied = applied || is_applied(migration);
		if (is_applied(migration) && migration->started_at != SDR_NO_TIME)
			upper = Min(upper, migration->started_at);
		migration->upper = upper;
	}
}

/* By how much the numbers of a list grow: people count in tens, too. */
static int64
find_step(SdrMigration **list, int n)
{
	int64		step = 0;

	for (int i = 0; i < n; i++)
	{
		int64		number;
		int64		power = 1;

		if (list[i]->number == NULL ||
			strlen(list[i]->number) > MAX_COUNTED_DIGITS)
			continue;
		number = strtoi64(list[i]->number, NULL, 10);
		while (number != 0 && number % (power * 10) == 0)
			power *= 10;
		if (number != 0 && (step == 0 || power < step))
			step = power;
	}
	return Max(step, 1);
}

static bool
same_number(const SdrMigration *a, const SdrMigration *b)
{
	return strcmp(a->number, b->number) == 0 &&
		pg_strcasecmp(a->suffix, b->suffix) == 0;
}

static void
look_at_numbers(SdrMigration **list, int n)
{
	int64		step = find_step(list, n);
	SdrMigration *previous = NULL;

	for (int i = 0; i < n; i++)
	{
		SdrMigration *migration = list[i];

		if (migration->number == NULL)
			continue;
		if (previous != NULL && same_number(previous, migration))
			previous->duplicate_number = migration->duplicate_number = true;
		if (previous != NULL &&
			strlen(migration->number) <= MAX_COUNTED_DIGITS &&
			strlen(previous->number) <= MAX_COUNTED_DIGITS)
			migration->gap = strtoi64(migration->number, NULL, 10) >
				strtoi64(previous->number, NULL, 10) + step;
		previous = migration;
	}
}

/* Sort all migrations, and set their flags. */
void
sdr_history_sort(SdrHistory *history)
{
	SdrMigration **all = history->migrations;
	int			n = history->nmigrations;
	SdrMigration **sorted = palloc_extended(Max(n, 1) * sizeof(SdrMigration *),
											MCXT_ALLOC_HUGE);
	SdrMigration ***places = palloc_extended(Max(n, 1) * sizeof(SdrMigration **),
											 MCXT_ALLOC_HUGE);

	qsort(all, n, sizeof(SdrMigration *), list_cmp);
	for (int start = 0, end; start < n; start = end)
	{
		for (end = start + 1; end < n && all[end]->list == all[start]->list;)
			end++;
		look_at_times(all + start, end - start);
		look_at_numbers(all + start, end - start);
	}
	for (int i = 0; i < n; i++)
		places[i] = &all[i];
	qsort(places, n, sizeof(SdrMigration **), time_cmp);
	for (int i = 0; i < n; i++)
		sorted[i] = *places[i];
	history->migrations = sorted;
}
