/*-------------------------------------------------------------------------
 *
 * past.c
 *	  What the ledger knows of a migration: its last run, its approval.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "record/record.h"
#include "storage/latch.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* How often to look whether a session has ended, and in between, in ms. */
#define ENDING_TRIES	20
#define ENDING_NAP		50L

typedef struct PastRow
{
	MemoryContext context;
	SdrPastRun *past;
} PastRow;

static void
take_past(void *arg, HeapTuple tuple, TupleDesc desc)
{
	PastRow    *row = arg;
	MemoryContext old = MemoryContextSwitchTo(row->context);

	row->past->found = true;
	row->past->id = SPI_getvalue(tuple, desc, 1);
	row->past->state = SPI_getvalue(tuple, desc, 2);
	row->past->method = SPI_getvalue(tuple, desc, 3);
	row->past->checksum = SPI_getvalue(tuple, desc, 4);
	row->past->script = SPI_getvalue(tuple, desc, 5);
	MemoryContextSwitchTo(old);
}

static void
read_past(const char *name, SdrPastRun *past)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(name)};
	PastRow		row = {CurrentMemoryContext, past};

	memset(past, 0, sizeof(*past));
	sdr_query("SELECT id, state, method, checksum, script"
			  " FROM schemadrift.ledger WHERE name = $1 AND kind = 'manual'"
			  " ORDER BY started_at DESC, id LIMIT 1",
			  1, types, values, NULL, take_past, &row);
}

/*
 * The last run of a migration by hand.  We hold the lock, so one that is still
 * running is that of a session which is about to end, or which has given up
 * the lock.
 */
void
sdr_past_run(const char *name, SdrPastRun *past)
{
	for (int i = 0; i < ENDING_TRIES; i++)
	{
		read_past(name, past);
		if (!past->found || strcmp(past->state, "running") != 0)
			return;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 ENDING_NAP, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
take_approval(void *arg, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;

	if (DatumGetBool(SPI_getbinval(tuple, desc, 1, &isnull)))
		*(bool *) arg = true;
}

/*
 * Does an approval of the script stand?  Sets allow_destructive if the
 * approval says so.
 */
bool
sdr_approval(const SdrGiven *migration, bool *allow_destructive)
{
	Oid			types[] = {TEXTOID, TEXTARRAYOID};
	Datum		checksums[SDR_MAX_CHECKSUMS];
	Datum		values[2];

	if (migration->script == NULL)
		return false;
	for (int i = 0; i < migration->checksums.n; i++)
		checksums[i] = CStringGetTextDatum(migration->checksums.hex[i]);
	values[0] = CStringGetTextDatum(migration->name);
	values[1] = PointerGetDatum(construct_array(checksums,
												migration->checksums.n,
												TEXTOID, -1, false,
												TYPALIGN_INT));
	return sdr_query("SELECT allow_destructive FROM schemadrift.approval"
					 " WHERE name = $1 AND checksum = ANY ($2)"
					 " AND revoked_at IS NULL",
					 2, types, values, NULL, take_approval,
					 allow_destructive) > 0;
}
