/*-------------------------------------------------------------------------
 *
 * move.c
 *	  A migration moves the baseline by what it changes.
 *
 * The schema is looked at before and after.  What is different is merged into
 * the baseline, object by object and attribute by attribute: where nothing has
 * changed the baseline stays as it is, and so does drift.  A relation that was
 * renamed is known by its oid.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "baseline/baseline.h"
#include "baseline/store.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#define EXISTS_SQL \
	"SELECT jsonb 'true' FROM pg_class c JOIN pg_namespace n" \
	" ON n.oid = c.relnamespace AND n.nspname = 'schemadrift'" \
	" WHERE c.relname = 'baseline_object'"

#define HAS_ROWS_SQL \
	"SELECT jsonb 'true' FROM schemadrift.baseline_object" \
	" WHERE ended_by IS NULL LIMIT 1"

/* Relations of users by oid: schema, name, columns by number. */
#define NAMES_SQL \
	"SELECT coalesce(jsonb_object_agg(c.oid, jsonb_build_array(n.nspname, c.relname," \
	" (SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a" \
	"  WHERE a.attrelid = c.oid AND a.attnum > 0))), '{}')" \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')" \
	"  AND c.relpersistence <> 't'"

/* The definition with its columns called as they are now. */
#define WITH_NEW_NAMES(definition) \
	"CASE WHEN r.names IS NULL OR jsonb_typeof(" definition " -> 'columns') <> 'object'" \
	" THEN " definition " ELSE jsonb_set(" definition ", '{columns}', (" \
	"  SELECT coalesce(jsonb_object_agg(coalesce(r.names ->> e.key, e.key), e.value), '{}')" \
	"  FROM jsonb_each(" definition " -> 'columns') e)) END"

/* $1 and $2 are the schema before and after, $3 and $4 the names. */
#define MOVE_DELTA \
	"WITH renamed AS (" \
	" SELECT o.value ->> 0 AS old_schema, o.value ->> 1 AS old_name," \
	"  n.value ->> 0 AS new_schema, n.value ->> 1 AS new_name," \
	"  (SELECT jsonb_object_agg(a.name, b.name)" \
	"   FROM jsonb_array_elements_text(o.value -> 2) WITH ORDINALITY a(name, n)" \
	"   JOIN jsonb_array_elements_text(n.value -> 2) WITH ORDINALITY b(name, n) USING (n)" \
	"   WHERE a.name <> b.name AND b.name NOT LIKE '........pg.dropped.%') AS names" \
	" FROM jsonb_each($3) o JOIN jsonb_each($4) n ON n.key = o.key" \
	" WHERE n.value <> o.value)," \
	"after AS (" \
	" SELECT a.kind, a.schema_name, a.object_name, a.definition," \
	"  coalesce(r.old_schema, a.schema_name) AS old_schema," \
	"  coalesce(r.old_name, a.object_name) AS old_name, r.names" \
	" FROM schemadrift_document_objects($2) a LEFT JOIN renamed r" \
	"  ON r.new_schema = a.schema_name AND r.new_name = a.object_name" \
	"  AND a.kind IN ('table', 'view', 'materialized view', 'sequence'))," \
	"changed AS (" \
	" SELECT coalesce(a.kind, b.kind) AS kind," \
	"  CASE WHEN a.kind IS NULL THEN b.schema_name ELSE a.schema_name END AS schema_name," \
	"  coalesce(a.object_name, b.object_name) AS object_name," \
	"  CASE WHEN b.kind IS NULL THEN a.old_schema ELSE b.schema_name END AS old_schema," \
	"  coalesce(b.object_name, a.old_name) AS old_name," \
	"  b.definition AS before, a.definition AS after, a.names" \
	" FROM schemadrift_document_objects($1) b FULL JOIN after a" \
	"  ON b.kind = a.kind AND b.object_name = a.old_name" \
	"  AND coalesce(b.schema_name, '') = coalesce(a.old_schema, '')" \
	" WHERE coalesce(a.kind, b.kind) <> 'document'" \
	"  AND (a.definition IS DISTINCT FROM b.definition" \
	"   OR a.object_name <> b.object_name OR a.schema_name <> b.schema_name))," \
	"merged AS (" \
	" SELECT r.kind, r.schema_name, r.object_name, r.old_schema, r.old_name, o.definition AS base," \
	"  r.object_name <> r.old_name OR r.schema_name <> r.old_schema AS is_renamed," \
	"  CASE WHEN r.after IS NULL THEN NULL" \
	"   WHEN r.before IS NULL THEN r.after" \
	"   WHEN o.definition IS NULL OR o.definition = 'null' THEN o.definition" \
	"   ELSE schemadrift_merge(" WITH_NEW_NAMES("r.before") "," \
	"    r.after, " WITH_NEW_NAMES("o.definition") ")" \
	"  END AS definition" \
	" FROM changed r LEFT JOIN schemadrift.baseline_object o" \
	"  ON o.ended_by IS NULL AND o.kind = r.kind AND o.object_name = r.old_name" \
	"  AND coalesce(o.schema_name, '') = coalesce(r.old_schema, ''))," \
	"delta AS MATERIALIZED (" \
	" SELECT kind, schema_name, object_name, definition FROM merged" \
	" WHERE definition IS DISTINCT FROM base OR is_renamed AND base IS NOT NULL" \
	" UNION ALL" \
	" SELECT m.kind, m.old_schema, m.old_name, NULL FROM merged m" \
	" WHERE m.is_renamed AND m.base IS NOT NULL AND NOT EXISTS (" \
	"  SELECT FROM merged o WHERE o.kind = m.kind AND o.schema_name = m.old_schema" \
	"   AND o.object_name = m.old_name))"

/* The transaction that is followed to its end. */
static struct
{
	SdrBefore	before;
	SubTransactionId subid;		/* that has begun to be followed */
	char	   *migration;
}			followed;

/* Is there a baseline?  The extension may not even be installed here. */
static bool
has_baseline(void)
{
	Datum		yes;

	return !RecoveryInProgress() &&
		sdr_baseline_query(EXISTS_SQL, CurrentMemoryContext, &yes) &&
		sdr_baseline_query(HAS_ROWS_SQL, CurrentMemoryContext, &yes);
}

static void
look(MemoryContext context, Datum *schema, Datum *names)
{
	if (!sdr_baseline_query(SDR_SNAPSHOT_SQL, context, schema) ||
		!sdr_baseline_query(NAMES_SQL, context, names))
		elog(ERROR, "could not read the schema");
}

void
sdr_baseline_before(SdrBefore *before, MemoryContext parent)
{
	memset(before, 0, sizeof(SdrBefore));
	if (!has_baseline())
		return;
	before->context = AllocSetContextCreate(parent, "schemadrift schema",
											ALLOCSET_DEFAULT_SIZES);
	look(before->context, &before->schema, &before->names);
}

void
sdr_baseline_move(SdrBefore *before, const pg_uuid_t *run,
				  const char *migration)
{
	SdrBaselineChange change = {"migration", run, migration, NULL};
	Oid			types[] = {JSONBOID, JSONBOID, JSONBOID, JSONBOID};
	Datum		values[4];

	if (before->context == NULL || !has_baseline())
		return;
	values[0] = before->schema;
	values[2] = before->names;
	look(CurrentMemoryContext, &values[1], &values[3]);
	sdr_baseline_write(MOVE_DELTA, lengthof(values), types, values, &change);
}

void
sdr_baseline_forget(SdrBefore *before)
{
	if (before->context != NULL)
		MemoryContextDelete(before->context);
	memset(before, 0, sizeof(SdrBefore));
}

static void
unfollow(void)
{
	sdr_baseline_forget(&followed.before);
	followed.subid = InvalidSubTransactionId;
	followed.migration = NULL;
}

/*
 * Right before the commit.  What goes wrong here must not undo the migration:
 * then the baseline stays as it is, and its changes show as drift.
 */
static void
move_followed(void)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		sdr_baseline_move(&followed.before, NULL, followed.migration);
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
						followed.migration),
				 errdetail_internal("%s", error->message),
				 errhint("Its changes show as drift until schemadrift_accept() is called.")));
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (followed.subid == InvalidSubTransactionId)
		return;
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
	{
		if (followed.before.context != NULL)
			move_followed();
		unfollow();
	}
	else if (event == XACT_EVENT_ABORT)
		unfollow();
}

/* What was seen in a part that is undone is seen again, if need be. */
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

void
sdr_baseline_follow(const char *migration)
{
	static bool registered = false;

	if (followed.subid != InvalidSubTransactionId)
		return;
	if (!registered)
	{
		RegisterXactCallback(at_xact_end, NULL);
		RegisterSubXactCallback(at_subxact_end, NULL);
		registered = true;
	}
	sdr_baseline_before(&followed.before, TopTransactionContext);
	followed.migration = MemoryContextStrdup(TopTransactionContext, migration);
	followed.subid = GetCurrentSubTransactionId();
}
