/*-------------------------------------------------------------------------
 *
 * move.c
 *	  A migration moves the baseline by what it changes.
 *
 * What it has changed is merged into the baseline, object by object and
 * attribute by attribute: where nothing has changed the baseline stays as it
 * is, and so does drift.  What was renamed is known by its oid.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "baseline/baseline.h"
#include "baseline/store.h"
#include "catalog/live.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#define HAS_ROWS_SQL \
	"SELECT jsonb 'true' FROM schemadrift.baseline_object" \
	" WHERE ended_by IS NULL LIMIT 1"

/* The definition with its columns called as they are now. */
#define WITH_NEW_NAMES(definition) \
	"CASE WHEN r.names <> '{}' AND jsonb_typeof(" definition " -> 'columns') = 'object'" \
	" THEN jsonb_set(" definition ", '{columns}', (" \
	"  SELECT coalesce(jsonb_object_agg(coalesce(r.names ->> e.key, e.key), e.value), '{}')" \
	"  FROM jsonb_each(" definition " -> 'columns') e)) ELSE " definition " END"

/* The rows of a side of the difference. */
#define ROWS(side, name) \
	"jsonb_to_recordset(" side ") AS " name \
	" (kind text, schema_name text, object_name text, definition jsonb)"

/* Are these, either of which may be NULL, the same? */
#define SAME(a, b) \
	"coalesce(" a ", '') = coalesce(" b ", '')"

/*
 * $1 and $2 are the objects before and after, $3 those with two names, $4 all
 * that has two names.
 */
#define MOVE_DELTA \
	"WITH renamed AS (" \
	" SELECT * FROM jsonb_to_recordset($3) AS" \
	"  (kind text, old_schema text, old_name text, new_schema text, new_name text, names jsonb))," \
	"after AS (" \
	" SELECT a.kind, a.schema_name, a.object_name, a.definition," \
	"  CASE WHEN r.kind IS NULL THEN a.schema_name ELSE r.old_schema END AS old_schema," \
	"  coalesce(r.old_name, a.object_name) AS old_name, r.names" \
	" FROM " ROWS("$2", "a") " LEFT JOIN renamed r" \
	"  ON r.kind = a.kind AND r.new_name = a.object_name" \
	"  AND " SAME("r.new_schema", "a.schema_name") ")," \
	"changed AS (" \
	" SELECT coalesce(a.kind, b.kind) AS kind," \
	"  CASE WHEN a.kind IS NULL THEN b.schema_name ELSE a.schema_name END AS schema_name," \
	"  coalesce(a.object_name, b.object_name) AS object_name," \
	"  CASE WHEN b.kind IS NULL THEN a.old_schema ELSE b.schema_name END AS old_schema," \
	"  coalesce(b.object_name, a.old_name) AS old_name," \
	"  b.definition AS before, a.definition AS after, a.names" \
	" FROM " ROWS("$1", "b") " FULL JOIN after a" \
	"  ON b.kind = a.kind AND b.object_name = a.old_name" \
	"  AND " SAME("b.schema_name", "a.old_schema") \
	" WHERE a.definition IS DISTINCT FROM b.definition" \
	"  OR a.object_name <> b.object_name OR a.schema_name <> b.schema_name)," \
	/* so that an index finds them, however many the planner expects */ \
	"base AS MATERIALIZED (" \
	" SELECT * FROM schemadrift.baseline_object" \
	" WHERE ended_by IS NULL" \
	"  AND object_name = ANY (ARRAY(SELECT old_name FROM changed)))," \
	"merged AS (" \
	" SELECT r.kind, r.schema_name, r.object_name, r.old_schema, r.old_name, o.definition AS base," \
	"  r.object_name <> r.old_name OR NOT " SAME("r.schema_name", "r.old_schema") " AS is_renamed," \
	"  CASE WHEN r.after IS NULL THEN NULL" \
	"   WHEN r.before IS NULL THEN r.after" \
	"   WHEN o.definition IS NULL OR o.definition = 'null' THEN o.definition" \
	"   ELSE schemadrift_merge(" WITH_NEW_NAMES("r.before") "," \
	"    r.after, " WITH_NEW_NAMES("o.definition") ", $4)" \
	"  END AS definition" \
	" FROM changed r LEFT JOIN base o" \
	"  ON o.kind = r.kind AND o.object_name = r.old_name" \
	"  AND " SAME("o.schema_name", "r.old_schema") ")," \
	"delta AS MATERIALIZED (" \
	" SELECT kind, schema_name, object_name, definition FROM merged" \
	" WHERE definition IS DISTINCT FROM base OR is_renamed AND base IS NOT NULL" \
	" UNION ALL" \
	" SELECT m.kind, m.old_schema, m.old_name, NULL FROM merged m" \
	" WHERE m.is_renamed AND m.base IS NOT NULL AND NOT EXISTS (" \
	"  SELECT FROM merged o WHERE o.kind = m.kind AND o.object_name = m.old_name" \
	"   AND " SAME("o.schema_name", "m.old_schema") "))"

/* The transaction that is followed to its end. */
static struct
{
	CommandId	since;
	SubTransactionId subid;		/* that has begun to be followed */
	char	   *migration;
}			followed;

/*
 * The message of a client that the transaction last followed was a part of.
 * All its transactions are the migration's, those of one command included.
 */
static struct
{
	TimestampTz start;
	char	   *migration;
}			message;

/* The transactions of a migration that has many. */
static struct
{
	MemoryContext context;		/* NULL when none is watched */
	char	   *migration;
	List	   *differences;	/* of SdrDifference *, in order */
	bool		pending;		/* the last is of one that is to commit yet */
	HTAB	   *called;			/* of SdrCalled */
	int			ncalled;		/* differences whose objects are in there */
}			watched;

/* Is there a baseline?  The extension may not even be installed here. */
static bool
has_baseline(void)
{
	Datum		yes;

	return !RecoveryInProgress() &&
		OidIsValid(get_relname_relid("baseline_object",
									 get_namespace_oid("schemadrift", true))) &&
		sdr_baseline_query(HAS_ROWS_SQL, 0, NULL, NULL, &yes);
}

static void
write_difference(const SdrDifference *difference, const pg_uuid_t *run,
				 const char *migration)
{
	SdrBaselineChange change = {
		"migration", run, migration, NULL, &difference->identity
	};
	Oid			types[] = {JSONBOID, JSONBOID, JSONBOID, JSONBOID};
	Datum		values[] = {
		difference->before, difference->now, difference->renamed,
		difference->names
	};

	sdr_baseline_write(MOVE_DELTA, lengthof(values), types, values, &change);
}

CommandId
sdr_baseline_begin(void)
{
	sdr_touched_listen();
	return sdr_command_next();
}

void
sdr_baseline_move(CommandId since, const pg_uuid_t *run, const char *migration)
{
	SdrDifference difference;

	if (has_baseline() && sdr_baseline_difference(since, NULL, &difference))
		write_difference(&difference, run, migration);
}

static void
move_followed(void *arg)
{
	sdr_baseline_move(followed.since, NULL, followed.migration);
}

/* What transactions that have committed have had objects called, by oid. */
static HTAB *
called_so_far(void)
{
	HASHCTL		ctl = {
		.keysize = SDR_CALLED_KEY,
		.entrysize = sizeof(SdrCalled),
		.hcxt = watched.context
	};
	ListCell   *lc;

	if (watched.called == NULL)
		watched.called = hash_create("schemadrift names", 64, &ctl,
									 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (; watched.ncalled < list_length(watched.differences); watched.ncalled++)
	{
		const SdrDifference *difference = list_nth(watched.differences,
												   watched.ncalled);

		foreach(lc, difference->called)
		{
			const SdrCalled *called = lfirst(lc);
			SdrCalled  *entry = hash_search(watched.called, called, HASH_ENTER,
											NULL);

			*entry = *called;
		}
	}
	return watched.called;
}

static void
note_watched(void *arg)
{
	MemoryContext old;
	SdrDifference difference;
	SdrDifference *copy;
	ListCell   *lc;

	if (!has_baseline() ||
		!sdr_baseline_difference(FirstCommandId, called_so_far(), &difference))
		return;
	old = MemoryContextSwitchTo(watched.context);
	copy = palloc(sizeof(SdrDifference));
	copy->before = datumCopy(difference.before, false, -1);
	copy->now = datumCopy(difference.now, false, -1);
	copy->renamed = datumCopy(difference.renamed, false, -1);
	copy->names = datumCopy(difference.names, false, -1);
	copy->identity = datumCopy(difference.identity, false, -1);
	copy->called = NIL;
	foreach(lc, difference.called)
		copy->called = lappend(copy->called, sdr_called_copy(lfirst(lc)));
	watched.differences = lappend(watched.differences, copy);
	watched.pending = true;
	MemoryContextSwitchTo(old);
}

/*
 * Do something right before the commit.  What goes wrong there must not undo
 * the migration: then the baseline stays as it is, and its changes show as
 * drift.
 */
static void
try_at_commit(void (*callback) (void *arg), const char *migration)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		callback(NULL);
		PopActiveSnapshot();
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		ereport(WARNING,
				(errcode(error->sqlerrcode),
				 errmsg("could not move the baseline by migration \"%s\"",
						migration),
				 errdetail_internal("%s", error->message),
				 errhint("Its changes show as drift until schemadrift_accept() is called.")));
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static void
unfollow(void)
{
	followed.subid = InvalidSubTransactionId;
	followed.migration = NULL;
}

/* Another transaction of the message that a migration was proven for? */
static void
follow_message(void)
{
	if (followed.subid != InvalidSubTransactionId ||
		message.migration == NULL ||
		message.start != GetCurrentStatementStartTimestamp())
		return;
	followed.since = FirstCommandId;
	followed.migration = message.migration;
	followed.subid = TopSubTransactionId;
}

static void
before_commit(void)
{
	/* one that has no number has written nothing */
	if (!TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return;
	if (watched.context != NULL)
	{
		try_at_commit(note_watched, watched.migration);
		return;
	}
	follow_message();
	if (followed.subid != InvalidSubTransactionId)
		try_at_commit(move_followed, followed.migration);
}

/* What was noted of a transaction counts once that has committed. */
static void
after_end(bool committed)
{
	if (watched.pending && !committed)
		watched.differences = list_delete_last(watched.differences);
	watched.pending = false;
	unfollow();
}

static void
at_xact_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			before_commit();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			after_end(true);
			break;
		case XACT_EVENT_ABORT:
			after_end(false);
			break;
		default:
			break;
	}
}

/* What was begun in a part that is undone begins again, if need be. */
static void
at_subxact_end(SubXactEvent event, SubTransactionId subid,
			   SubTransactionId parent, void *arg)
{
	if (followed.subid != subid)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		followed.subid = parent;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		unfollow();
}

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	sdr_touched_listen();
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
	registered = true;
}

void
sdr_baseline_watch(const char *migration)
{
	sdr_baseline_unwatch();
	register_callbacks();
	watched.context = AllocSetContextCreate(TopMemoryContext,
											"schemadrift migration",
											ALLOCSET_SMALL_SIZES);
	watched.migration = MemoryContextStrdup(watched.context, migration);
}

void
sdr_baseline_watched(const pg_uuid_t *run, const char *migration)
{
	ListCell   *lc;

	if (watched.differences == NIL || !has_baseline())
		return;
	foreach(lc, watched.differences)
		write_difference(lfirst(lc), run, migration);
}

void
sdr_baseline_unwatch(void)
{
	if (watched.context != NULL)
		MemoryContextDelete(watched.context);
	memset(&watched, 0, sizeof(watched));
}

void
sdr_baseline_follow(const char *migration)
{
	if (followed.subid != InvalidSubTransactionId)
		return;
	register_callbacks();
	if (message.migration != NULL)
		pfree(message.migration);
	message.migration = NULL;
	message.migration = MemoryContextStrdup(TopMemoryContext, migration);
	message.start = GetCurrentStatementStartTimestamp();
	followed.since = sdr_baseline_begin();
	followed.migration = message.migration;
	followed.subid = GetCurrentSubTransactionId();
}
