/*-------------------------------------------------------------------------
 *
 * load.c
 *	  The extension's tables, as far as the history needs them.
 *
 * All is read with the snapshot and the privileges of the calling statement.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/history.h"
#include "ledger/ledger.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* More columns than any query here has. */
#define MAX_COLUMNS		16

/* A row, taken apart once. */
typedef struct Row
{
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
} Row;

typedef void (*RowCallback) (void *arg, const Row *row);

/* Scripts without a number count where the ledger knows their names. */
static const char files_sql[] =
"SELECT id::pg_catalog.text, kind, entry, directory, path, folder, name, checksums,"
" digest, empty, checksum IS NOT NULL, note"
" FROM schemadrift.migration_file"
" WHERE replaced_at IS NULL AND kind IS NOT NULL AND entry OPERATOR(pg_catalog.<>) 'rollback'";

/* Files that were registered and are no more make a kind known, too. */
static const char kinds_sql[] =
"SELECT DISTINCT kind FROM schemadrift.migration_file"
" WHERE replaced_at IS NOT NULL AND entry OPERATOR(pg_catalog.=) 'migration'";

static const char runs_sql[] =
"SELECT id::pg_catalog.text, name, checksum, state, proof, started_at, finished_at,"
" applied_by::pg_catalog.text, error, backend_pid, deviations IS NOT NULL,"
" method OPERATOR(pg_catalog.=) 'begin'"
" FROM schemadrift.ledger WHERE kind OPERATOR(pg_catalog.=) 'manual'"
" ORDER BY started_at, id";

static const char holders_sql[] =
"SELECT pid FROM pg_catalog.pg_locks"
" WHERE locktype OPERATOR(pg_catalog.=) 'advisory' AND granted"
" AND database OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database"
" WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())"
" AND classid OPERATOR(pg_catalog.=) 0::pg_catalog.oid"
" AND objid OPERATOR(pg_catalog.=) $1::pg_catalog.oid"
" AND objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2";

static const char versions_sql[] =
"SELECT name, checksums, digest FROM schemadrift.migration_file"
" WHERE digest IS NOT NULL AND name OPERATOR(pg_catalog.=) ANY ($1)";

static const char contents_sql[] =
"SELECT name, checksums FROM schemadrift.migration_file"
" WHERE kind OPERATOR(pg_catalog.=) 'prisma' AND content IS NOT NULL"
" AND name OPERATOR(pg_catalog.=) ANY ($1)";

static const char scripts_sql[] =
"SELECT id::pg_catalog.text, script FROM schemadrift.ledger"
" WHERE script IS NOT NULL AND id OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.uuid[])";

/* Run a query and call back for each row, in the caller's memory context. */
static void
for_each_row(const char *sql, int nargs, Oid *types, Datum *values,
			 RowCallback callback, void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;

	SPI_connect();
	if (SPI_execute_with_args(sql, nargs, types, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read: %s", sql);
	old = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Row			row;

		Assert(SPI_tuptable->tupdesc->natts <= MAX_COLUMNS);
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
						  row.values, row.nulls);
		callback(arg, &row);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
}

static char *
get_text(const Row *row, int column)
{
	return row->nulls[column] ? NULL : TextDatumGetCString(row->values[column]);
}

static bool
get_bool(const Row *row, int column)
{
	return !row->nulls[column] && DatumGetBool(row->values[column]);
}

static int
get_int(const Row *row, int column)
{
	return row->nulls[column] ? 0 : DatumGetInt32(row->values[column]);
}

static TimestampTz
get_time(const Row *row, int column)
{
	return row->nulls[column] ? SDR_NO_TIME :
		DatumGetTimestampTz(row->values[column]);
}

static char **
get_texts(const Row *row, int column, int *n)
{
	Datum	   *elements;
	bool	   *nulls;
	char	  **texts;
	int			count;

	*n = 0;
	if (row->nulls[column])
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(row->values[column]), TEXTOID, -1,
					  false, TYPALIGN_INT, &elements, &nulls, &count);
	texts = palloc(Max(count, 1) * sizeof(char *));
	for (int i = 0; i < count; i++)
	{
		if (!nulls[i])
			texts[(*n)++] = TextDatumGetCString(elements[i]);
	}
	return texts;
}

static void
take_file(void *arg, const Row *row)
{
	List	  **files = arg;
	SdrFile    *file = palloc0(sizeof(SdrFile));
	char	   *kind = get_text(row, 1);

	file->id = get_text(row, 0);
	file->is_prisma = kind != NULL && strcmp(kind, "prisma") == 0;
	file->is_migration = strcmp(get_text(row, 2), "migration") == 0;
	file->directory = get_text(row, 3);
	file->path = get_text(row, 4);
	file->folder = get_text(row, 5);
	file->name = get_text(row, 6);
	file->checksums = get_texts(row, 7, &file->nchecksums);
	file->digest = get_text(row, 8);
	file->empty = get_bool(row, 9);
	file->has_content = get_bool(row, 10);
	file->note = get_text(row, 11);
	*files = lappend(*files, file);
}

static void
know_kind(SdrHistory *history, bool is_prisma)
{
	if (is_prisma)
		history->knows_prisma = true;
	else
		history->knows_manual = true;
}

static void
take_kind(void *arg, const Row *row)
{
	const char *kind = get_text(row, 0);

	know_kind(arg, kind != NULL && strcmp(kind, "prisma") == 0);
}

static int
file_cmp(const ListCell *a, const ListCell *b)
{
	const SdrFile *x = lfirst(a);
	const SdrFile *y = lfirst(b);
	int			cmp = strcmp(x->directory, y->directory);

	return cmp != 0 ? cmp : strcmp(x->path, y->path);
}

/* The registered migrations (SdrFile *), by path; and which kinds ever were. */
List *
sdr_load_files(SdrHistory *history)
{
	List	   *files = NIL;
	ListCell   *lc;

	for_each_row(files_sql, 0, NULL, NULL, take_file, &files);
	list_sort(files, file_cmp);
	foreach(lc, files)
	{
		const SdrFile *file = lfirst(lc);

		if (file->is_migration)
			know_kind(history, file->is_prisma);
	}
	if (!history->knows_prisma || !history->knows_manual)
		for_each_row(kinds_sql, 0, NULL, NULL, take_kind, history);
	return files;
}

static void
take_run(void *arg, const Row *row)
{
	List	  **runs = arg;
	SdrRunRow  *run = palloc0(sizeof(SdrRunRow));

	run->id = get_text(row, 0);
	run->name = get_text(row, 1);
	run->checksum = get_text(row, 2);
	run->state = get_text(row, 3);
	run->proof = get_text(row, 4);
	run->started_at = get_time(row, 5);
	run->finished_at = get_time(row, 6);
	run->applied_by = get_text(row, 7);
	run->error = get_text(row, 8);
	run->backend_pid = get_int(row, 9);
	run->deviates = get_bool(row, 10);
	run->stepwise = get_bool(row, 11);
	*runs = lappend(*runs, run);
}

/* The runs of the ledger (SdrRunRow *), oldest first. */
List *
sdr_load_runs(void)
{
	List	   *runs = NIL;

	for_each_row(runs_sql, 0, NULL, NULL, take_run, &runs);
	return runs;
}

static void
take_pid(void *arg, const Row *row)
{
	List	  **pids = arg;

	*pids = lappend_int(*pids, get_int(row, 0));
}

/* The backends that hold the lock of migrations, as a list of process ids. */
List *
sdr_load_lock_holders(void)
{
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(SDR_MIGRATION_LOCK)};
	List	   *pids = NIL;

	for_each_row(holders_sql, 1, types, values, take_pid, &pids);
	return pids;
}

static Datum
name_array(const List *names)
{
	Datum	   *elements = palloc(Max(list_length(names), 1) * sizeof(Datum));

	for (int i = 0; i < list_length(names); i++)
		elements[i] = CStringGetTextDatum(list_nth(names, i));
	return PointerGetDatum(construct_array(elements, list_length(names),
										   TEXTOID, -1, false, TYPALIGN_INT));
}

static void
query_names(const char *sql, const List *names, RowCallback callback,
			void *arg)
{
	Oid			types[] = {TEXTARRAYOID};
	Datum		values[] = {name_array(names)};

	if (names != NIL)
		for_each_row(sql, 1, types, values, callback, arg);
}

/* Migrations whose files differ from what was applied, by a text. */
typedef struct Differing
{
	char		key[MAXPGPATH];
	List	   *migrations;		/* of SdrMigration * */
} Differing;

static HTAB *
make_index(const char *name)
{
	HASHCTL		ctl = {.keysize = MAXPGPATH,.entrysize = sizeof(Differing),
	.hcxt = CurrentMemoryContext};

	return hash_create(name, 64, &ctl,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static void
add_to_index(HTAB *index, const char *key, SdrMigration *migration,
			 List **keys)
{
	char		buf[MAXPGPATH];
	bool		found;
	Differing  *entry;

	strlcpy(buf, key, sizeof(buf));
	entry = hash_search(index, buf, HASH_ENTER, &found);
	if (!found)
	{
		entry->migrations = NIL;
		*keys = lappend(*keys, pstrdup(key));
	}
	entry->migrations = lappend(entry->migrations, migration);
}

static List *
look_up(HTAB *index, const char *key)
{
	char		buf[MAXPGPATH];
	Differing  *entry;

	strlcpy(buf, key, sizeof(buf));
	entry = hash_search(index, buf, HASH_FIND, NULL);
	return entry == NULL ? NIL : entry->migrations;
}

/* A form of the file that was registered once: is it what was applied? */
static void
take_version(void *arg, const Row *row)
{
	ListCell   *lc;
	int			n;
	char	  **checksums = get_texts(row, 1, &n);
	char	   *digest = get_text(row, 2);

	foreach(lc, look_up(arg, get_text(row, 0)))
	{
		SdrMigration *migration = lfirst(lc);

		if (migration->checksum != NULL &&
			strcmp(migration->file->digest, digest) == 0 &&
			sdr_checksum_matches(migration->checksum,
								 (const char *const *) checksums, n))
			migration->facts |= SDR_FACT_COSMETIC;
	}
}

/* The script of a run itself. */
static void
take_script(void *arg, const Row *row)
{
	ListCell   *lc;
	SdrScript	script;

	sdr_script_read(get_text(row, 1), &script);
	foreach(lc, look_up(arg, get_text(row, 0)))
	{
		SdrMigration *migration = lfirst(lc);

		if (script.digest != NULL &&
			strcmp(migration->file->digest, script.digest) == 0)
			migration->facts |= SDR_FACT_COSMETIC;
	}
}

/*
 * Find out where files differ from what was applied by comments and blanks
 * alone.  The ledger has the scripts that it ran.  Of Prisma's there are only
 * checksums, so that one can tell if the applied form was registered before.
 */
void
sdr_load_cosmetic(SdrHistory *history)
{
	HTAB	   *by_name = make_index("schemadrift edited, by name");
	HTAB	   *by_run = make_index("schemadrift edited, by run");
	List	   *names = NIL;
	List	   *runs = NIL;

	for (int i = 0; i < history->nmigrations; i++)
	{
		SdrMigration *migration = history->migrations[i];

		if ((migration->facts & SDR_FACT_DIFFERS) == 0 ||
			migration->file->digest == NULL)
			continue;
		add_to_index(by_name, migration->name, migration, &names);
		if (migration->run_id != NULL)
			add_to_index(by_run, migration->run_id, migration, &runs);
	}
	query_names(versions_sql, names, take_version, by_name);
	query_names(scripts_sql, runs, take_script, by_run);
	hash_destroy(by_name);
	hash_destroy(by_run);
}

/* A content that was registered once: is it what was applied? */
static void
take_content(void *arg, const Row *row)
{
	ListCell   *lc;
	int			n;
	char	  **checksums = get_texts(row, 1, &n);

	foreach(lc, look_up(arg, get_text(row, 0)))
	{
		SdrMigration *migration = lfirst(lc);

		if (migration->checksum != NULL &&
			sdr_checksum_matches(migration->checksum,
								 (const char *const *) checksums, n))
			migration->facts |= SDR_FACT_CONTENT_KNOWN;
	}
}

/*
 * Find out of which applied migrations without a file the script was registered
 * before.
 */
void
sdr_load_contents(SdrHistory *history)
{
	HTAB	   *by_name = make_index("schemadrift missing, by name");
	List	   *names = NIL;

	for (int i = 0; i < history->nmigrations; i++)
	{
		SdrMigration *migration = history->migrations[i];

		if ((migration->facts & SDR_FACT_APPLIED) != 0 &&
			migration->file == NULL && migration->run_id == NULL)
			add_to_index(by_name, migration->name, migration, &names);
	}
	query_names(contents_sql, names, take_content, by_name);
	hash_destroy(by_name);
}
