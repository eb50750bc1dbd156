/*-------------------------------------------------------------------------
 *
 * reader.c
 *	  The state of one reading of the catalogs: its snapshot, the settings
 *	  that texts depend on, and scans.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/live.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* What is not known of the past; see sdr_unknown(). */
#define UNKNOWN_MARK	"\x01"

/*
 * Settings that change what the server's output functions, deparser and
 * parser make of the same object.
 */
static const struct
{
	const char *name;
	const char *value;
}			pinned_settings[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"DateStyle", "ISO"},
	{"IntervalStyle", "postgres"},
	{"TimeZone", "UTC"},
	{"extra_float_digits", "1"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"},
	{"xmlbinary", "base64"},
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
	{"backslash_quote", "safe_encoding"},
	{"array_nulls", "on"},
	{"transform_null_equals", "off"},
};

/*
 * Pin the settings until AtEOXact_GUC() is called with the level returned, or
 * until the transaction fails.
 */
int
sdr_settings_pin(void)
{
	int			level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(pinned_settings); i++)
		(void) set_config_option(pinned_settings[i].name,
								 pinned_settings[i].value,
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	return level;
}

/*
 * Start reading what a snapshot sees.  Settings are pinned until
 * sdr_reader_close(), or until the transaction fails.
 */
static SdrReader *
open_reader(Snapshot snapshot)
{
	SdrReader  *reader = palloc0(sizeof(SdrReader));

	reader->context = CurrentMemoryContext;
	reader->kinds = ~sdr_global_kinds();
	reader->owner = CurrentResourceOwner;
	reader->snapshot = RegisterSnapshot(snapshot);
	reader->guc_level = sdr_settings_pin();
	sdr_names_init(reader);
	return reader;
}

/* Start reading what the running command's snapshot sees. */
SdrReader *
sdr_reader_open(void)
{
	return open_reader(GetActiveSnapshot());
}

/* The command of this transaction from which on all is yet to be done. */
CommandId
sdr_command_next(void)
{
	CommandCounterIncrement();
	return GetCurrentCommandId(false);
}

/* Start reading what there is now. */
SdrReader *
sdr_reader_open_now(void)
{
	CommandCounterIncrement();
	return open_reader(GetLatestSnapshot());
}

/*
 * Start reading what another reader sees, without what this transaction has
 * done from a command on.  To be closed before that one.
 */
SdrReader *
sdr_reader_open_before(const SdrReader *now, CommandId command)
{
	SnapshotData snapshot = *now->snapshot;
	SdrReader  *reader;

	snapshot.curcid = command;
	/* so that it is copied */
	snapshot.copied = false;
	reader = open_reader(&snapshot);
	reader->kinds = now->kinds;
	reader->hides_all = now->hides_all;
	reader->reads_few = now->reads_few;
	reader->fixed = true;
	return reader;
}

void
sdr_reader_close(SdrReader *reader)
{
	ListCell   *lc;

	foreach(lc, reader->catalogs)
		table_close(lfirst(lc), AccessShareLock);
	UnregisterSnapshot(reader->snapshot);
	AtEOXact_GUC(false, reader->guc_level);
	MemoryContextDelete(reader->memo);
}

/* Set the search_path until the subtransaction of sdr_guard() ends. */
void
sdr_set_search_path(const char *path)
{
	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Go on with what is there now. */
void
sdr_reader_renew(SdrReader *reader)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);

	UnregisterSnapshot(reader->snapshot);
	reader->snapshot = RegisterSnapshot(GetLatestSnapshot());
	MemoryContextDelete(reader->memo);
	sdr_names_init(reader);
	reader->stale = false;
	MemoryContextSwitchTo(old);
}

/* Note that a row of the snapshot leads to something that is there no more. */
void
sdr_reader_gone(SdrReader *reader)
{
	if (reader->fixed)
	{
		reader->unknown = true;
		return;
	}
	if (reader->last_try)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not read the schema while it is being changed"),
				 errhint("Try again.")));
	reader->stale = true;
}

/*
 * A text as far as it could be told, or NULL, as one that no other equals.  No
 * name and no text of the server's has this character.
 */
char *
sdr_unknown(SdrReader *reader, const char *text)
{
	reader->unknown = true;
	return psprintf(UNKNOWN_MARK "%s", text == NULL ? "" : text);
}

bool
sdr_is_unknown(const char *text)
{
	return text != NULL && strstr(text, UNKNOWN_MARK) != NULL;
}

/* An unknown text as far as it could be told; NULL if not at all. */
const char *
sdr_known_text(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (; *text != '\0'; text++)
	{
		if (*text != *UNKNOWN_MARK)
			appendStringInfoChar(&buf, *text);
	}
	/* what stands alone is trimmed where it is read, unless it is unknown */
	return buf.len == 0 ? NULL : sdr_trim(buf.data);
}

static Relation
open_catalog(SdrReader *reader, Oid catalog)
{
	ListCell   *lc;
	Relation	rel;
	MemoryContext old;
	ResourceOwner owner = CurrentResourceOwner;

	/* most calls are about the same one as the call before */
	if (reader->last_catalog != NULL &&
		RelationGetRelid(reader->last_catalog) == catalog)
		return reader->last_catalog;
	foreach(lc, reader->catalogs)
	{
		rel = lfirst(lc);
		if (RelationGetRelid(rel) == catalog)
			return reader->last_catalog = rel;
	}

	/* it stays open beyond a subtransaction that may be under way */
	old = MemoryContextSwitchTo(reader->context);
	CurrentResourceOwner = reader->owner;
	rel = table_open(catalog, AccessShareLock);
	CurrentResourceOwner = owner;
	reader->catalogs = lappend(reader->catalogs, rel);
	MemoryContextSwitchTo(old);
	return rel;
}

/* Scan a catalog under the reader's snapshot; end with systable_endscan(). */
SysScanDesc
sdr_scan(SdrReader *reader, Oid catalog, Oid index, int nkeys, ScanKey keys)
{
	return systable_beginscan(open_catalog(reader, catalog), index,
							  OidIsValid(index), reader->snapshot, nkeys, keys);
}

/* The same for rows with one oid column, the first of the index. */
SysScanDesc
sdr_scan_oid(SdrReader *reader, Oid catalog, Oid index, AttrNumber attr,
			 Oid oid)
{
	ScanKeyData key;

	ScanKeyInit(&key, attr, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(oid));
	return sdr_scan(reader, catalog, index, 1, &key);
}

/* A copy of the one row with this oid; NULL if the snapshot has none. */
HeapTuple
sdr_fetch(SdrReader *reader, Oid catalog, Oid index, AttrNumber attr, Oid oid)
{
	SysScanDesc scan = sdr_scan_oid(reader, catalog, index, attr, oid);
	HeapTuple	tuple = systable_getnext(scan);

	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

/* A column of a catalog's row. */
Datum
sdr_get(SdrReader *reader, Oid catalog, HeapTuple tuple, AttrNumber attr,
		bool *isnull)
{
	return heap_getattr(tuple, attr,
						RelationGetDescr(open_catalog(reader, catalog)),
						isnull);
}

/*
 * A column of type text, NULL also for InvalidAttrNumber: this server has no
 * such column.
 */
const char *
sdr_get_text(SdrReader *reader, Oid catalog, HeapTuple tuple, AttrNumber attr)
{
	Datum		value;
	bool		isnull;

	if (attr == InvalidAttrNumber)
		return NULL;
	value = sdr_get(reader, catalog, tuple, attr, &isnull);
	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * A text[] of name=value as a map.  The server keeps a counter of its own
 * among the options of columns (pg_attver, from 15.20 and 17.12 on), which is
 * no property of the schema; pg_dump leaves it out too.
 */
List *
sdr_options(Datum array, bool isnull)
{
	List	   *map = NIL;
	ListCell   *lc;

	if (isnull)
		return NIL;
	foreach(lc, untransformRelOptions(array))
	{
		DefElem    *def = lfirst(lc);

		if (strcmp(def->defname, "pg_attver") != 0)
			map = sdr_map_add(map, def->defname,
							  def->arg == NULL ? "" : defGetString(def));
	}
	return map;
}

/*
 * A lock that is not to be had at once is given up before the server looks for
 * deadlocks, and tried again: nobody's DDL may become the victim of a reader
 * that holds one lock and waits for another.
 */
static void
limit_lock_wait(void)
{
	char		text[32];

	snprintf(text, sizeof(text), "%d", Max(DeadlockTimeout / 2, 1));
	(void) set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* One try; returns the error, NULL if there was none. */
static ErrorData *
try_guarded(void (*callback) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile caught = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		limit_lock_wait();
		callback(arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		caught = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	/* even after success: this is what gives the locks back */
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return caught;
}

/*
 * Do something that may fail because of what it is given, such as parsing or
 * deparsing an expression.  Returns whether it did not; then *error, if
 * wanted, tells why.  Results must go to the memory context of the caller,
 * which is current in the callback.  Locks taken are released.  The callback
 * is called again when it could not get a lock.
 *
 * Errors that are not about the thing itself go on: cancellation, lack of
 * memory, the caller's own lock_timeout.
 */
bool
sdr_guard(void (*callback) (void *arg), void *arg, ErrorData **error)
{
	TimestampTz start = 0;
	ErrorData  *caught;

	while ((caught = try_guarded(callback, arg)) != NULL &&
		   caught->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		TimestampTz now = GetCurrentTimestamp();

		CHECK_FOR_INTERRUPTS();
		if (start == 0)
			start = now;
		if (LockTimeout > 0 &&
			TimestampDifferenceExceeds(start, now, LockTimeout))
			ReThrowError(caught);
	}

	if (caught != NULL)
	{
		switch (ERRCODE_TO_CATEGORY(caught->sqlerrcode))
		{
			case ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION:
			case ERRCODE_DATA_EXCEPTION:
			case ERRCODE_FEATURE_NOT_SUPPORTED:
			case ERRCODE_INVALID_SCHEMA_NAME:
			case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
			case ERRCODE_INTERNAL_ERROR:
				break;
			default:
				ReThrowError(caught);
		}
	}
	if (error != NULL)
		*error = caught;
	return caught == NULL;
}
