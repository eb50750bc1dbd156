/*-------------------------------------------------------------------------
 *
 * reconcile.c
 *	  schemadrift_reconcile(): everything in which files, Prisma's tables, the
 *	  ledger and the schema do not agree.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "ledger/history.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_reconcile);

#define COLUMNS			7

/* So many objects are named in one detail. */
#define MAX_NAMED		5

#define ERROR_ROW		"error"
#define WARNING_ROW		"warning"
#define INFO_ROW		"info"

/* A finding before it is a tuple, in the order of columns. */
typedef struct Finding
{
	const char *finding;
	const char *severity;
	const char *kind;
	const char *name;
	const char *place;
	const char *detail;
	const char *hint;
} Finding;

/* How bad a state is; those that are not listed agree with everything. */
static const struct
{
	SdrMigrationState state;
	const char *severity;
	const char *detail;
}			states[] = {
	{SDR_STATE_FAILED, ERROR_ROW, "it failed"},
	{SDR_STATE_INTERRUPTED, ERROR_ROW, "its row was never finished, and nothing runs it"},
	{SDR_STATE_RUNNING, INFO_ROW, "it is running"},
	{SDR_STATE_CLAIMED, ERROR_ROW, "it is recorded as applied, but was not run"},
	{SDR_STATE_EDITED, ERROR_ROW, "its file is not what was applied"},
	{SDR_STATE_EDITED_COSMETIC, INFO_ROW, "comments or blanks of its file are not what was applied"},
	{SDR_STATE_MISSING_FILE, WARNING_ROW, "it was applied, and has no file"},
	{SDR_STATE_EMPTY, WARNING_ROW, "there is nothing in it to be run"},
	{SDR_STATE_ROLLED_BACK, INFO_ROW, "it was rolled back, and its file is there"},
	{SDR_STATE_PENDING, INFO_ROW, "it has a file, and was not applied"},
};

static void
put_finding(ReturnSetInfo *rsinfo, const Finding *finding)
{
	const char *texts[COLUMNS] = {
		finding->finding, finding->severity, finding->kind, finding->name,
		finding->place, finding->detail, finding->hint
	};
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The object as people write it: table public.a, column a.b. */
static const char *
effect_text(const SdrEffect *effect)
{
	const char *names[] = {effect->schema, effect->name, effect->part};
	StringInfoData buf;
	bool		first = true;

	initStringInfo(&buf);
	appendStringInfoString(&buf, sdr_effect_kind_name(effect->kind));
	for (int i = 0; i < lengthof(names); i++)
	{
		if (names[i] == NULL)
			continue;
		appendStringInfo(&buf, "%s%s", first ? " " : ".",
						 quote_identifier(names[i]));
		first = false;
	}
	return buf.data;
}

/* Some objects, and how many there are more. */
static const char *
effects_text(const List *effects)
{
	StringInfoData buf;
	int			n = 0;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, effects)
	{
		if (n++ == MAX_NAMED)
			break;
		appendStringInfo(&buf, "%s%s", n > 1 ? ", " : "",
						 effect_text(lfirst(lc)));
	}
	if (list_length(effects) > MAX_NAMED)
		appendStringInfo(&buf, " and %d more",
						 list_length(effects) - MAX_NAMED);
	return buf.data;
}

static const char *
kind_name(const SdrMigration *migration)
{
	return (migration->facts & SDR_FACT_PRISMA) != 0 ? "prisma" : "manual";
}

/* Is it a state that Prisma's status takes for up to date? */
static bool
is_silent(SdrMigrationState state)
{
	return state == SDR_STATE_EDITED || state == SDR_STATE_EDITED_COSMETIC ||
		state == SDR_STATE_MISSING_FILE;
}

/* What is to be said of the migration beyond its state. */
static const char *
state_detail(const SdrMigration *migration, const char *detail)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, detail);
	switch (migration->state)
	{
		case SDR_STATE_FAILED:
			if (migration->error != NULL)
				appendStringInfo(&buf, ": %s", migration->error);
			break;
		case SDR_STATE_CLAIMED:
		case SDR_STATE_INTERRUPTED:
			if (migration->absent != NIL)
				appendStringInfo(&buf, "; not there: %s",
								 effects_text(migration->absent));
			break;
		case SDR_STATE_EDITED:
		case SDR_STATE_EDITED_COSMETIC:
			appendStringInfo(&buf, "; recorded checksum %s, of the file %s",
							 migration->checksum == NULL ? "NULL" :
							 quote_literal_cstr(migration->checksum),
							 quote_literal_cstr(migration->file->checksums[0]));
			if (migration->file->note != NULL)
				appendStringInfo(&buf, "; the file %s", migration->file->note);
			break;
		case SDR_STATE_PENDING:
			if (migration->out_of_order)
				appendStringInfoString(&buf, "; one that follows it has been applied");
			if (migration->file->note != NULL)
				appendStringInfo(&buf, "; its file %s", migration->file->note);
			break;
		default:
			break;
	}
	if ((migration->facts & SDR_FACT_PRISMA) != 0 &&
		is_silent(migration->state))
		appendStringInfoString(&buf, "; prisma migrate status does not tell");
	return buf.data;
}

static void
find_state(ReturnSetInfo *rsinfo, const SdrMigration *migration)
{
	/* what was rolled back and has no file is settled */
	if (migration->state == SDR_STATE_ROLLED_BACK && migration->file == NULL)
		return;
	for (int i = 0; i < lengthof(states); i++)
	{
		Finding		finding = {
			sdr_migration_state_name(migration->state), states[i].severity,
			kind_name(migration), migration->name, migration->history, NULL,
			migration->next
		};

		if (states[i].state != migration->state)
			continue;
		finding.detail = state_detail(migration, states[i].detail);
		put_finding(rsinfo, &finding);
	}
}

static bool
same_or_null(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Is it a part of what is itself among those that are absent? */
static bool
whole_is_absent(const List *absent, const SdrEffect *part)
{
	ListCell   *lc;

	if (part->part == NULL)
		return false;
	foreach(lc, absent)
	{
		const SdrEffect *effect = lfirst(lc);

		if (effect->part == NULL && effect->kind != SDR_EFFECT_INDEX &&
			same_or_null(effect->schema, part->schema) &&
			strcmp(effect->name, part->name) == 0)
			return true;
	}
	return false;
}

/* What a migration that was run has created, and is no more there. */
static void
find_missing_objects(ReturnSetInfo *rsinfo, const SdrMigration *migration,
					 SdrScriptWords *words)
{
	ListCell   *lc;

	if ((migration->facts & SDR_FACT_APPLIED) == 0 ||
		migration->state == SDR_STATE_CLAIMED)
		return;
	foreach(lc, migration->absent)
	{
		const SdrEffect *effect = lfirst(lc);
		Finding		finding = {
			"missing_object", ERROR_ROW, kind_name(migration), migration->name,
			effect_text(effect),
			"the migration creates it, none that follows removes it, and it is not there",
			"it was removed or renamed by hand: put it back, or write the migration that removes it"
		};

		if ((migration->facts & SDR_FACT_PRISMA) == 0)
			finding.hint = psprintf("it was removed or renamed by hand: put it back, or write the migration that removes it; if the migration was undone: schemadrift_resolve(%s, 'rolled_back')",
									quote_literal_cstr(migration->name));
		if (!whole_is_absent(migration->absent, effect) &&
			!sdr_script_words_quoted(words, effect->part != NULL ?
									 effect->part : effect->name))
			put_finding(rsinfo, &finding);
	}
}

/* Relations called _prisma_migrations that say less than they should. */
static void
find_tables(ReturnSetInfo *rsinfo, const SdrHistory *history)
{
	ListCell   *lc;

	foreach(lc, history->tables)
	{
		const SdrPrismaTable *table = lfirst(lc);
		int64		nameless = 0;
		Finding		finding = {
			"unreadable_table", WARNING_ROW, "prisma", NULL, table->name,
			table->problem, "ask as a role that may read all of it"
		};

		if (table->problem != NULL)
		{
			if (!table->is_prisma)
			{
				finding.finding = "not_prisma_table";
				finding.severity = INFO_ROW;
				finding.hint = "rename it, unless it is Prisma's: Prisma takes what its search_path finds under that name";
			}
			put_finding(rsinfo, &finding);
			continue;
		}
		for (int64 i = 0; i < table->nrows; i++)
			nameless += table->rows[i].name == NULL;
		if (nameless > 0)
		{
			finding.finding = "nameless_row";
			finding.detail = psprintf("%lld of its rows have no migration_name",
									  (long long) nameless);
			finding.hint = "they were put there by hand: delete them";
			put_finding(rsinfo, &finding);
		}
	}
}

/* Migrations that more than one row of a table says to be applied. */
static void
find_applied_twice(ReturnSetInfo *rsinfo, const SdrMigration *migration)
{
	Finding		finding = {
		"applied_twice", WARNING_ROW, kind_name(migration), migration->name,
		migration->history, NULL,
		"only the first counts for Prisma: delete the others, if they were put there by hand"
	};

	if ((migration->facts & SDR_FACT_PRISMA) == 0 || migration->napplied < 2)
		return;
	finding.detail = psprintf("%d rows say that it was applied",
							  migration->napplied);
	put_finding(rsinfo, &finding);
}

static void
find_files(ReturnSetInfo *rsinfo, const SdrHistory *history)
{
	bool		prisma_rows = false;
	ListCell   *lc;

	foreach(lc, history->files)
	{
		const SdrFile *file = lfirst(lc);
		Finding		finding = {
			"duplicate_name", WARNING_ROW, file->is_prisma ? "prisma" : "manual",
			file->name, file->path,
			"another file of that name is registered, and this one does not count",
			"rename one of them, or register the directory again without it"
		};

		if (file->is_duplicate && file->is_migration)
			put_finding(rsinfo, &finding);
	}
	foreach(lc, history->tables)
		prisma_rows = prisma_rows || ((SdrPrismaTable *) lfirst(lc))->nrows > 0;
	for (int prisma = 0; prisma <= 1; prisma++)
	{
		Finding		finding = {
			"not_registered", INFO_ROW, prisma ? "prisma" : "manual", NULL, NULL,
			"migrations were applied, but no files of that kind are registered",
			"schemadrift_register() the migrations directory, to see whether its files are what was applied"
		};

		if (prisma ? prisma_rows && !history->knows_prisma :
			history->runs != NIL && !history->knows_manual)
			put_finding(rsinfo, &finding);
	}
}

static void
find_deviations(ReturnSetInfo *rsinfo, const SdrHistory *history)
{
	ListCell   *lc;

	foreach(lc, history->runs)
	{
		const SdrRunRow *run = lfirst(lc);
		Finding		finding = {
			"deviation", WARNING_ROW, "manual", run->name, "schemadrift.ledger",
			"what was run between begin and end is not its script",
			"the column deviations of its row tells what; see that the schema is what the script makes"
		};

		if (run->deviates && strcmp(run->state, "applied") == 0)
			put_finding(rsinfo, &finding);
	}
}

/*
 * Is the whole story known?  Only then can it be said that an object comes from
 * nowhere.
 */
static bool
story_is_whole(SdrHistory *history)
{
	ListCell   *lc;

	foreach(lc, history->tables)
	{
		const SdrPrismaTable *table = lfirst(lc);

		if ((table->is_prisma && table->problem != NULL) ||
			(table->nrows > 0 && !history->knows_prisma))
			return false;
	}
	sdr_load_contents(history);
	for (int i = 0; i < history->nmigrations; i++)
	{
		const SdrMigration *migration = history->migrations[i];

		if ((migration->facts & SDR_FACT_APPLIED) != 0 &&
			(migration->facts & SDR_FACT_CONTENT_KNOWN) == 0 &&
			migration->file == NULL && migration->run_id == NULL)
			return false;
	}
	return history->knows_prisma || history->knows_manual;
}

static void
find_unexplained(ReturnSetInfo *rsinfo, SdrScriptWords *words)
{
	ListCell   *lc;

	foreach(lc, sdr_unexplained_load(words))
	{
		Finding		finding = {
			"unexplained_object", WARNING_ROW, NULL, NULL,
			effect_text(lfirst(lc)),
			"no script that was registered or run makes it; prisma migrate status does not tell",
			"it was made by hand: write the migration that makes it and schemadrift_adopt() that, or drop it"
		};

		put_finding(rsinfo, &finding);
	}
}

/* One text that a query returns; NULL for no row. */
static char *
query_text(const char *sql, int column, TimestampTz *time)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *text = NULL;

	SPI_connect();
	if (SPI_execute(sql, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not run: %s", sql);
	if (SPI_processed > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		char	   *value = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);
		bool		isnull;

		text = value == NULL ? NULL : MemoryContextStrdup(context, value);
		if (time != NULL)
			*time = DatumGetTimestampTz(SPI_getbinval(tuple,
													  SPI_tuptable->tupdesc, 2,
													  &isnull));
	}
	SPI_finish();
	return text;
}

/* Has Prisma written anything since, or may it have? */
static bool
prisma_since(const SdrHistory *history, TimestampTz time)
{
	ListCell   *lc;

	foreach(lc, history->tables)
	{
		const SdrPrismaTable *table = lfirst(lc);

		if (table->is_prisma && table->problem != NULL)
			return true;
		for (int64 i = 0; i < table->nrows; i++)
		{
			const SdrPrismaRow *row = &table->rows[i];

			if (row->finished_at == SDR_NO_TIME ? row->started_at > time :
				row->finished_at > time)
				return true;
		}
	}
	return false;
}

/*
 * Is the schema another than the last run left it?  That tells of changes that
 * leave every name in place, too, but not which.
 */
static void
find_changed_schema(ReturnSetInfo *rsinfo, const SdrHistory *history)
{
	static const char last_sql[] =
	"SELECT fingerprint_after, finished_at, name FROM schemadrift.ledger"
	" WHERE fingerprint_after IS NOT NULL AND finished_at IS NOT NULL"
	" ORDER BY finished_at DESC LIMIT 1";
	TimestampTz time = SDR_NO_TIME;
	char	   *fingerprint = query_text(last_sql, 1, &time);
	Finding		finding = {
		"changed_schema", WARNING_ROW, NULL, NULL, NULL, NULL,
		"schemadrift_check() with a snapshot taken then tells what has changed"
	};
	ListCell   *lc;

	foreach(lc, history->runs)
	{
		if (strcmp(((SdrRunRow *) lfirst(lc))->state, "running") == 0)
			return;
	}
	if (fingerprint == NULL || prisma_since(history, time) ||
		strcmp(fingerprint,
			   query_text("SELECT pg_catalog.schemadrift_fingerprint()", 1,
						  NULL)) == 0)
		return;
	finding.name = query_text(last_sql, 3, NULL);
	finding.kind = "manual";
	finding.detail = "the schema is not what it was after this migration, which was the last";
	put_finding(rsinfo, &finding);
}

/* schemadrift_reconcile() - a row for everything that does not agree. */
Datum
schemadrift_reconcile(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SdrHistory *history;
	SdrScriptWords *words;
	int			guc_level;

	InitMaterializedSRF(fcinfo, 0);
	history = sdr_history_load(true);
	guc_level = sdr_settings_pin();
	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	words = sdr_script_words_load();
	for (int i = 0; i < history->nmigrations; i++)
	{
		find_state(rsinfo, history->migrations[i]);
		find_applied_twice(rsinfo, history->migrations[i]);
		find_missing_objects(rsinfo, history->migrations[i], words);
	}
	find_deviations(rsinfo, history);
	find_tables(rsinfo, history);
	find_files(rsinfo, history);
	if (story_is_whole(history))
		find_unexplained(rsinfo, words);
	find_changed_schema(rsinfo, history);
	AtEOXact_GUC(false, guc_level);
	return (Datum) 0;
}
