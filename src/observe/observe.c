/*-------------------------------------------------------------------------
 *
 * observe.c
 *	  schemadrift_observe(), which keeps the history of drift.
 *
 * A session remembers what of the catalogs, the baseline and the ignore rules
 * it has seen (watch.c).  When it observes again it finds out what has
 * changed, which objects that is about (affected.c), and compares these alone.
 * Where that cannot be told everything is compared, and so it is the first
 * time.
 *
 * What was seen counts only once the transaction is committed, as the rows
 * that it has led to are there only then.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "baseline/store.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "observe/observe.h"
#include "observe/watch.h"
#include "record/record.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(schemadrift_observe);

/* Names longer than that are not remembered one by one. */
#define LONGEST_NAME	512

/* Beyond that many everything is compared when something has changed. */
#define MAX_SENSITIVE	1000

#define LOCK_SQL \
	"LOCK TABLE schemadrift.drift_event IN SHARE ROW EXCLUSIVE MODE"

#define EXPIRY_SQL \
	"SELECT min(expires_at) FROM schemadrift.ignore_rule" \
	" WHERE expires_at > statement_timestamp()"

/*
 * What has come, changed and gone since the last time, where open is what
 * there was: whose last event says that it is there.  $1 to $10 are the
 * columns of the rows that there are now.
 */
#define EVENTS_SQL(open) \
	"WITH now AS MATERIALIZED (" \
	" SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)" \
	"  n (drift, kind, schema_name, object_name, part_name, attribute," \
	"   expected, actual, severity, identity))," \
	"moment AS MATERIALIZED (SELECT clock_timestamp() AS at)," \
	"open AS MATERIALIZED (" \
	" SELECT * FROM (" \
	"  SELECT DISTINCT ON (drift, kind, identity, attribute) *" \
	"  FROM (" open ") e" \
	"  ORDER BY drift, kind, identity, attribute, at DESC) e" \
	" WHERE event <> 'resolved')," \
	"news AS (" \
	" SELECT CASE WHEN o.kind IS NULL THEN 'appeared'" \
	"   WHEN n.kind IS NULL THEN 'resolved' ELSE 'changed' END AS event," \
	"  coalesce(n.drift, o.drift), coalesce(n.kind, o.kind)," \
	"  coalesce(n.identity, o.identity), coalesce(n.attribute, o.attribute)," \
	"  coalesce(n.schema_name, o.schema_name)," \
	"  coalesce(n.object_name, o.object_name), coalesce(n.part_name, o.part_name)," \
	"  n.expected, n.actual, coalesce(n.severity, o.severity)" \
	" FROM now n FULL JOIN open o" \
	"  ON n.drift = o.drift AND n.kind = o.kind AND n.identity = o.identity" \
	"  AND coalesce(n.attribute, '') = coalesce(o.attribute, '')" \
	" WHERE o.kind IS NULL OR n.kind IS NULL" \
	"  OR n.expected IS DISTINCT FROM o.expected" \
	"  OR n.actual IS DISTINCT FROM o.actual)" \
	"INSERT INTO schemadrift.drift_event (id, at, event, drift, kind," \
	" identity, attribute, schema_name, object_name, part_name, expected," \
	" actual, severity)" \
	" SELECT gen_random_uuid(), c.at, n.* FROM news n, moment c" \
	" RETURNING event"

#define ALL_OPEN	"SELECT * FROM schemadrift.drift_event"

/* At the places whose schemas are $11 and whose names are $12. */
#define SOME_OPEN \
	"SELECT * FROM schemadrift.drift_event e" \
	" WHERE object_name = ANY ($12)" \
	"  AND kind NOT IN ('schema', 'unmodelled', 'changed privileges')" \
	"  AND NOT (drift = 'renamed' AND kind IN ('role', 'tablespace', 'database'))" \
	"  AND EXISTS (SELECT FROM unnest($11, $12) p (schema_name, object_name)" \
	"   WHERE p.object_name = e.object_name" \
	"    AND p.schema_name IS NOT DISTINCT FROM e.schema_name)"

#define ROW_COLUMNS		10

/* An object whose comparison depends on more than itself. */
typedef struct Sensitive
{
	char		schema[NAMEDATALEN];	/* empty outside schemas */
	char		name[LONGEST_NAME];
} Sensitive;

/* What the session has seen; no context if nothing. */
typedef struct Memory
{
	MemoryContext context;
	SdrWatch   *watch;
	SdrKnown   *known;
	HTAB	   *sensitive;
	bool		never_narrow;	/* what changes leads to everything */
	bool		incomplete;		/* not all catalogs are watched yet */
	Datum		renames;		/* jsonb: what is called otherwise than
								 * expected, as options of a check */
	Datum		renamed;		/* oid[]: the objects that this is about */
	TimestampTz expiry;			/* when an ignore rule expires; 0 for never */
	SubTransactionId subid;		/* in which it was seen; invalid if committed */
} Memory;

static Memory memory;

/* Are the catalogs of the whole cluster watched, too?  Then they stay so. */
static bool globally = false;

/* An observation under way. */
typedef struct Task
{
	SdrObservation *result;
	ArrayBuildState *columns[ROW_COLUMNS];
	bool		is_limited;
	List	   *places;
} Task;

/* ---------- what was seen, and the transaction ---------- */

static void
forget(void)
{
	if (memory.context != NULL)
		MemoryContextDelete(memory.context);
	memset(&memory, 0, sizeof(memory));
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (memory.subid == InvalidSubTransactionId)
		return;
	if (event == XACT_EVENT_COMMIT)
		memory.subid = InvalidSubTransactionId;
	else if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		forget();
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId subid,
			   SubTransactionId parent, void *arg)
{
	if (memory.subid != subid)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
		memory.subid = parent;
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		forget();
}

/*
 * What is seen from here on belongs to the transaction at hand.  A part of it
 * that has seen something before is one that this one stands in, or is over.
 */
static void
enter_transaction(void)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(at_xact_end, NULL);
		RegisterSubXactCallback(at_subxact_end, NULL);
		registered = true;
	}
	memory.subid = GetCurrentSubTransactionId();
}

/* ---------- what a comparison tells ---------- */

static void
add_sensitive(const char *schema, const char *name)
{
	Sensitive	key;

	memset(&key, 0, sizeof(key));
	if (strlen(name) >= sizeof(key.name) ||
		hash_get_num_entries(memory.sensitive) >= MAX_SENSITIVE)
	{
		memory.never_narrow = true;
		return;
	}
	if (schema != NULL)
		strlcpy(key.schema, schema, sizeof(key.schema));
	strlcpy(key.name, name, sizeof(key.name));
	(void) hash_search(memory.sensitive, &key, HASH_ENTER, NULL);
}

/* See SdrCheckScope. */
static void
note(void *arg, const SdrObject *object)
{
	if (object == NULL)
	{
		memory.never_narrow = true;
		return;
	}
	while (object->parent != NULL &&
		   object->parent->kind->id != SDR_KIND_SCHEMA)
		object = object->parent;
	add_sensitive(object->parent == NULL ? NULL : object->parent->name,
				  object->name);
}

static void
take_row(void *arg, const SdrRow *row)
{
	Task	   *task = arg;
	const char *texts[ROW_COLUMNS] = {
		row->drift, row->kind, row->schema, row->object, row->part,
		row->attribute, row->expected, row->actual, row->severity,
		row->identity
	};
	const SdrDrift *cause = &row->cause;

	/*
	 * Of schemas nothing has changed, or everything would be compared, nor of
	 * names of what belongs to the cluster.
	 */
	if (task->is_limited &&
		(cause->object->kind->id == SDR_KIND_SCHEMA ||
		 (cause->drift == SDR_DRIFT_RENAMED &&
		  (SDR_KIND_BIT(cause->object->kind->id) & sdr_global_kinds()) != 0)))
		return;
	for (int i = 0; i < ROW_COLUMNS; i++)
	{
		Datum		value = texts[i] == NULL ? (Datum) 0 :
		CStringGetTextDatum(texts[i]);

		task->columns[i] = accumArrayResult(task->columns[i], value,
											texts[i] == NULL, TEXTOID,
											CurrentMemoryContext);
	}

	/* what is shown otherwise than as an object, or is called otherwise */
	if (cause->object->kind->id == SDR_KIND_UNMODELLED)
		memory.never_narrow = true;
	else if (cause->drift == SDR_DRIFT_MISSING && row->part == NULL &&
			 SDR_NAME_IS_SQL(cause->object->kind))
		add_sensitive(row->schema, row->object);
}

/* ---------- writing events ---------- */

static const char *const event_names[SDR_NEVENTS] = {
	[SDR_EVENT_APPEARED] = "appeared",
	[SDR_EVENT_CHANGED] = "changed",
	[SDR_EVENT_RESOLVED] = "resolved",
};

static void
count_event(void *arg, HeapTuple tuple, TupleDesc desc)
{
	SdrObservation *result = arg;
	bool		isnull;
	char	   *event = TextDatumGetCString(heap_getattr(tuple, 1, desc,
														 &isnull));

	for (int i = 0; i < SDR_NEVENTS; i++)
		result->events[i] += strcmp(event, event_names[i]) == 0;
	pfree(event);
}

static void
write_events(Task *task, const Datum *places)
{
	Oid			types[ROW_COLUMNS + 2];
	Datum		values[ROW_COLUMNS + 2];

	for (int i = 0; i < lengthof(types); i++)
		types[i] = TEXTARRAYOID;
	for (int i = 0; i < ROW_COLUMNS; i++)
		values[i] = task->columns[i] == NULL ?
			PointerGetDatum(construct_empty_array(TEXTOID)) :
			makeArrayResult(task->columns[i], CurrentMemoryContext);
	if (!task->is_limited)
	{
		(void) sdr_query(EVENTS_SQL(ALL_OPEN), ROW_COLUMNS, types, values,
						 NULL, count_event, task->result);
		return;
	}
	values[ROW_COLUMNS] = places[0];
	values[ROW_COLUMNS + 1] = places[1];
	(void) sdr_query(EVENTS_SQL(SOME_OPEN), lengthof(types), types, values,
					 NULL, count_event, task->result);
}

/* ---------- observing everything ---------- */

/*
 * Remember what is called otherwise: objects change their places also where
 * that is no longer so.
 */
static void
keep_renamed(Jsonb *renames, Datum renamed)
{
	MemoryContext old = MemoryContextSwitchTo(memory.context);

	if (DatumGetPointer(memory.renamed) != NULL)
	{
		pfree(DatumGetPointer(memory.renames));
		pfree(DatumGetPointer(memory.renamed));
	}
	memory.renames = datumCopy(JsonbPGetDatum(renames), false, -1);
	memory.renamed = datumCopy(renamed, false, -1);
	MemoryContextSwitchTo(old);
}

static void
copy_expiry(void *arg, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, 1, desc, &isnull);

	*(TimestampTz *) arg = isnull ? 0 : DatumGetTimestampTz(value);
}

/* Does the document speak of kinds of the whole cluster? */
static bool
speaks_globally(const SdrDocument *document)
{
	SdrKindSet	kinds = document->scope.complete;
	ListCell   *lc;

	foreach(lc, document->nodes)
		kinds |= SDR_KIND_BIT(((SdrDocNode *) lfirst(lc))->item.kind->id);
	return (kinds & sdr_global_kinds()) != 0;
}

/*
 * Tables of ours whose rows count, beside the catalogs.  Who writes the first
 * has schemadrift_protect() invalidate its cache entry.
 */
static const struct
{
	const char *name;
	bool		says_so;
}			own_tables[] = {
	{"baseline_object", true},
	{"ignore_rule", false},
};

/* Which tables these are: those of another CREATE EXTENSION are others. */
static Oid	own_oids[lengthof(own_tables)];

static bool
has_same_tables(void)
{
	Oid			schema = get_namespace_oid("schemadrift", true);

	for (int i = 0; i < lengthof(own_tables); i++)
	{
		if (get_relname_relid(own_tables[i].name, schema) != own_oids[i])
			return false;
	}
	return true;
}

static void
begin_memory(void)
{
	HASHCTL		ctl = {0};
	Oid			schema = get_namespace_oid("schemadrift", false);

	memory.context = AllocSetContextCreate(TopMemoryContext,
										   "schemadrift observation",
										   ALLOCSET_DEFAULT_SIZES);
	memory.watch = sdr_watch_begin(memory.context, globally);
	for (int i = 0; i < lengthof(own_tables); i++)
	{
		Oid			table = get_relname_relid(own_tables[i].name, schema);

		if (!OidIsValid(table))
			elog(ERROR, "table \"schemadrift.%s\" does not exist",
				 own_tables[i].name);
		sdr_watch_also(memory.watch, table, own_tables[i].says_so);
		own_oids[i] = table;
	}
	ctl.keysize = sizeof(Sensitive);
	ctl.entrysize = sizeof(Sensitive);
	ctl.hcxt = memory.context;
	memory.sensitive = hash_create("schemadrift sensitive objects", 64, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * A catalog that a reader opens and nobody has thought of is watched from the
 * next time on, until when nothing is known of it.
 */
static void
watch_others(SdrReader *reader)
{
	ListCell   *lc;

	foreach(lc, reader->catalogs)
	{
		Oid			catalog = RelationGetRelid((Relation) lfirst(lc));

		if (!sdr_watch_has(memory.watch, catalog))
		{
			elog(DEBUG2, "catalog \"%s\" is watched from now on",
				 RelationGetRelationName((Relation) lfirst(lc)));
			sdr_watch_always(catalog);
			memory.incomplete = true;
		}
	}
}

/*
 * The watch is set up first, so that whatever changes while everything is
 * compared is a change.
 */
static void
observe_all(Task *task)
{
	SdrCheckScope scope = {.noted = note};
	SdrDocument *document;
	SdrReader  *reader;
	SdrRows		rows;
	Jsonb	   *renames;
	Datum		renamed;
	bool		many;

	task->result->how = SDR_OBSERVED_ALL;
	task->is_limited = false;
	forget();
	begin_memory();
	enter_transaction();
	sdr_watch_settle(memory.watch);
	PushActiveSnapshot(GetLatestSnapshot());
	(void) sdr_watch_look(memory.watch, GetActiveSnapshot(), true, &many);
	(void) sdr_query(EXPIRY_SQL, 0, NULL, NULL, NULL, copy_expiry,
					 &memory.expiry);
	PopActiveSnapshot();

	/* of the baseline, too, what is there now */
	document = sdr_document_open(DatumGetJsonbP(sdr_baseline_document()));
	if (speaks_globally(document) && !globally)
	{
		globally = true;
		memory.incomplete = true;
	}
	PushActiveSnapshot(GetLatestSnapshot());
	renames = sdr_observe_renamed(true, NIL, &renamed);
	keep_renamed(renames, renamed);
	sdr_rows_hand(&rows, renames, take_row, task);
	reader = sdr_reader_open();
	sdr_check_scope(reader, document, &scope, &rows);
	memory.known = sdr_known_begin(memory.context, reader);
	watch_others(reader);
	sdr_reader_close(reader);
	PopActiveSnapshot();
	write_events(task, NULL);
}

/* ---------- observing what has changed ---------- */

/* Objects whose comparison depends on more than themselves, too. */
static void
add_sensitive_places(Task *task, SdrReader *reader)
{
	HASH_SEQ_STATUS status;
	Sensitive  *object;

	hash_seq_init(&status, memory.sensitive);
	while ((object = hash_seq_search(&status)) != NULL)
	{
		SdrPlace   *place = palloc(sizeof(SdrPlace));

		place->namespace = object->schema[0] == '\0' ? InvalidOid :
			sdr_find_schema(reader, object->schema);
		place->name = pstrdup(object->name);
		if (object->schema[0] == '\0' || OidIsValid(place->namespace))
			task->places = lappend(task->places, place);
	}
}

/* Compare what the changes are about; false if everything has to be. */
static bool
observe_some(Task *task, const List *changes)
{
	SdrCheckScope scope = {.limited = true,.noted = note};
	SdrReader  *reader;
	SdrRows		rows;
	SdrOptions	before;
	Jsonb	   *renames;
	List	   *objects;
	Datum		renamed;
	Datum		expected[2];
	Datum		places[2];
	Datum		document;
	bool		found;

	PushActiveSnapshot(GetLatestSnapshot());
	reader = sdr_reader_open();
	found = sdr_affected(memory.known, reader, changes, &task->places,
						 &objects);
	if (found)
	{
		objects = sdr_observe_add_objects(objects, memory.renamed);
		renames = sdr_observe_renamed(false, objects, &renamed);
		sdr_options_read(&before, DatumGetJsonbP(memory.renames));
		keep_renamed(renames, renamed);
		sdr_rows_hand(&rows, renames, take_row, task);
		add_sensitive_places(task, reader);
		task->places = sdr_renamed_places(reader,
										  list_concat_copy(before.renamed,
														   rows.options.renamed),
										  task->places);
		sdr_places_arrays(reader, task->places, places);
		sdr_expected_arrays(reader, task->places, rows.options.renamed,
							expected);
		found = sdr_baseline_some(expected[0], expected[1], &document);
	}
	if (found)
	{
		task->is_limited = true;
		scope.places = task->places;
		sdr_check_scope(reader, sdr_document_open(DatumGetJsonbP(document)),
						&scope, &rows);
	}
	sdr_reader_close(reader);
	PopActiveSnapshot();
	if (!found || memory.never_narrow)
		return false;
	task->result->how = SDR_OBSERVED_SOME;
	task->result->objects = list_length(task->places);
	write_events(task, places);
	return true;
}

static List *
without_hints(const List *changes)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, changes)
	{
		if (!((SdrChange *) lfirst(lc))->is_hint)
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/*
 * What has changed since the last time, beside the changes that are there
 * already; false if everything may have.  Hints are replaced by what has
 * changed for certain.
 */
static bool
find_changes(List **changes, bool certain)
{
	bool		many;

	if (memory.context == NULL || memory.incomplete || !has_same_tables() ||
		(memory.expiry != 0 &&
		 GetCurrentStatementStartTimestamp() >= memory.expiry))
		return false;
	enter_transaction();
	sdr_watch_settle(memory.watch);
	PushActiveSnapshot(GetLatestSnapshot());
	*changes = list_concat(without_hints(*changes),
						   sdr_watch_look(memory.watch, GetActiveSnapshot(),
										  certain, &many));
	PopActiveSnapshot();
	return !many && (*changes == NIL || !memory.never_narrow);
}

/*
 * The lock is what two observers wait for each other at.  What is compared is
 * read after it has been got, so that none writes what is older than what the
 * other has written.
 */
static void
observe(void *arg)
{
	Task		task = {.result = arg};
	List	   *changes = NIL;

	for (int certain = 0; certain <= 1; certain++)
	{
		if (!find_changes(&changes, certain != 0))
			break;
		if (changes == NIL)
			return;
		(void) sdr_query(LOCK_SQL, 0, NULL, NULL, NULL, NULL, NULL);
		if (observe_some(&task, changes))
			return;
		if (list_length(without_hints(changes)) == list_length(changes))
			break;
	}
	(void) sdr_query(LOCK_SQL, 0, NULL, NULL, NULL, NULL, NULL);
	memset(&task, 0, sizeof(task));
	task.result = arg;
	observe_all(&task);
}

/* As the bootstrap superuser, from whom nothing is hidden. */
void
sdr_observe(SdrObservation *observation)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift observing",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	Oid			userid;
	int			sec_context;

	memset(observation, 0, sizeof(SdrObservation));
	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   sec_context | SECURITY_LOCAL_USERID_CHANGE);
	observe(observation);
	ereport(DEBUG1,
			(errmsg_internal("observed %s, %d objects",
							 observation->how == SDR_OBSERVED_ALL ?
							 "everything" :
							 observation->how == SDR_OBSERVED_SOME ? "some" :
							 "nothing", observation->objects)));
	SetUserIdAndSecContext(userid, sec_context);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/*
 * schemadrift_observe() - notes in schemadrift.drift_event what drift has
 * appeared, changed or been resolved, and counts it.
 */
Datum
schemadrift_observe(PG_FUNCTION_ARGS)
{
	SdrObservation observation;
	Datum		values[SDR_NEVENTS];
	bool		nulls[SDR_NEVENTS] = {0};
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sdr_prevent_unwritable("schemadrift_observe()");
	sdr_observe(&observation);
	for (int i = 0; i < SDR_NEVENTS; i++)
		values[i] = Int32GetDatum(observation.events[i]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
