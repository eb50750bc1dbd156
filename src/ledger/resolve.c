/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  schemadrift_resolve(): what became of a failed or interrupted migration.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "record/record.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(schemadrift_resolve);

/* Arguments of schemadrift_resolve(). */
enum
{
	ARG_NAME,
	ARG_OUTCOME,
	ARG_KIND,
	ARG_NOTE
};

/* The newest registered file of a migration. */
typedef struct FileRow
{
	MemoryContext context;
	char	   *content;
	char	   *checksum;
} FileRow;

static void
take_file(void *arg, HeapTuple tuple, TupleDesc desc)
{
	FileRow    *row = arg;
	MemoryContext old = MemoryContextSwitchTo(row->context);

	row->content = SPI_getvalue(tuple, desc, 1);
	row->checksum = SPI_getvalue(tuple, desc, 2);
	MemoryContextSwitchTo(old);
}

/*
 * The checksum of the registered file of a migration, NULL if there is none
 * or it has no script; with its content, if wanted.
 */
char *
sdr_registered_checksum(const char *name, const char *kind, char **content)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(name), CStringGetTextDatum(kind)};
	FileRow		row = {.context = CurrentMemoryContext};

	sdr_query("SELECT content, checksum FROM schemadrift.migration_file"
			  " WHERE name = $1 AND kind = $2 AND entry = 'migration'"
			  " AND replaced_at IS NULL AND checksum IS NOT NULL"
			  " ORDER BY registered_at DESC, directory, path LIMIT 1",
			  2, types, values, NULL, take_file, &row);
	if (content != NULL)
		*content = row.content;
	return row.checksum;
}

/* Is something gone that the applied migration by hand has created? */
static bool
is_undone(const char *name)
{
	SdrHistory *history = sdr_history_load(true);

	for (int i = 0; i < history->nmigrations; i++)
	{
		const SdrMigration *migration = history->migrations[i];

		if ((migration->facts & SDR_FACT_PRISMA) == 0 &&
			strcmp(migration->name, name) == 0)
			return (migration->facts & SDR_FACT_ABSENT) != 0;
	}
	return false;
}

/*
 * An error for a run that stays as it is.  One that was applied can be rolled
 * back when it was undone: by its companion, or by prisma migrate reset.
 */
static void
refuse_settled(const char *name, const SdrPastRun *past, bool applied)
{
	if ((strcmp(past->state, "applied") == 0 ||
		 strcmp(past->state, "claimed") == 0) && !applied && is_undone(name))
		return;
	if (strcmp(past->state, "running") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("migration \"%s\" is running", name),
				 errhint("Wait for its end, or end its session.")));
	if (strcmp(past->state, "applied") == 0 || strcmp(past->state, "claimed") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" is recorded as applied", name),
				 errdetail("Only failed and interrupted migrations can be resolved."),
				 applied ? 0 :
				 errhint("An applied one can be rolled back once something that it creates is gone.")));
}

/* The old row becomes rolled_back, on record. */
static void
roll_back_run(const SdrPastRun *past, const char *note)
{
	Oid			types[] = {TEXTOID, NAMEOID, TEXTOID};
	NameData	role;
	Datum		values[] = {
		CStringGetTextDatum(past->id), NameGetDatum(&role),
		note == NULL ? (Datum) 0 : CStringGetTextDatum(note)
	};

	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	sdr_write("UPDATE schemadrift.run SET state = 'rolled_back',"
			  " resolved_by = $2, resolved_at = clock_timestamp(),"
			  " note = coalesce($3, note) WHERE id = $1::uuid",
			  3, types, values, note == NULL ? "  n" : "   ");
}

/* A new row says that it is applied. */
static void
claim_run(const char *name, const SdrPastRun *past, const char *note)
{
	SdrGiven	migration = {.name = unconstify(char *, name)};
	char	   *script;
	char	   *checksum = sdr_registered_checksum(name, "manual", &script);
	StringInfoData buf;
	pg_uuid_t	id;

	if (checksum == NULL)
		script = past->script;
	if (script != NULL)
		sdr_given_script(&migration, script);
	sdr_new_uuid(&id);
	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &id);
	sdr_run_payload(&buf, &migration, SDR_METHOD_RESOLVE, "claimed");
	sdr_payload_text(&buf, "proof", "claim");
	sdr_payload_text(&buf, "fingerprint_after", sdr_fingerprint_now());
	sdr_payload_text(&buf, "note", note);
	sdr_record_here(SDR_RECORD_RUN_STARTED, sdr_payload_end(&buf));
}

static void
resolve_manual(const char *name, const SdrPastRun *past, bool applied,
			   const char *note)
{
	refuse_settled(name, past, applied);
	if (!applied && strcmp(past->state, "rolled_back") == 0)
	{
		ereport(NOTICE,
				(errmsg("migration \"%s\" is already recorded as rolled back",
						name)));
		return;
	}
	roll_back_run(past, note);
	if (applied)
		claim_run(name, past, note);
}

static bool
parse_outcome(const char *outcome)
{
	if (strcmp(outcome, "applied") == 0)
		return true;
	if (strcmp(outcome, "rolled_back") == 0)
		return false;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid outcome: \"%s\"", outcome),
			 errhint("It is applied or rolled_back.")));
}

/* No history has the migration, as far as this role may know. */
static void
refuse_unknown(const char *name, const List *tables)
{
	const SdrPrismaTable *unread = NULL;
	ListCell   *lc;

	foreach(lc, tables)
	{
		const SdrPrismaTable *table = lfirst(lc);

		if (table->is_prisma && table->problem != NULL)
			unread = table;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no run of migration \"%s\" is recorded", name),
			 unread == NULL ? 0 :
			 errdetail("Table %s was not looked into: %s.", unread->name,
					   unread->problem),
			 errhint("schemadrift.migrations lists what is; schemadrift_adopt() records what was applied before.")));
}

/*
 * Whose migration is it?  With the name in both histories, the caller must
 * say.
 */
static bool
is_prismas(const char *name, const char *kind, bool in_ledger,
		   const List *tables, bool in_prisma)
{
	if (kind != NULL)
	{
		if (strcmp(kind, "prisma") != 0 && strcmp(kind, "manual") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid kind of migration: \"%s\"", kind),
					 errhint("It is prisma or manual.")));
		in_ledger = in_ledger && strcmp(kind, "manual") == 0;
		in_prisma = in_prisma && strcmp(kind, "prisma") == 0;
	}
	if (in_ledger && in_prisma)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("migration \"%s\" is both in the ledger and in Prisma's table", name),
				 errhint("Give the kind, prisma or manual, as third argument.")));
	if (!in_ledger && !in_prisma)
		refuse_unknown(name, tables);
	return in_prisma;
}

/*
 * schemadrift_resolve(name text, outcome text, kind text, note text) - the
 * state that the migration has now.
 */
Datum
schemadrift_resolve(PG_FUNCTION_ARGS)
{
	SdrPastRun	past;
	List	   *tables;
	char	   *name;
	char	   *note = NULL;
	char	   *kind = NULL;
	bool		applied;
	int			guc_level;

	sdr_ledger_writable("schemadrift_resolve()");
	name = sdr_migration_name(sdr_text_arg(fcinfo, ARG_NAME, "name"));
	applied = parse_outcome(sdr_text_arg(fcinfo, ARG_OUTCOME, "outcome"));
	if (!PG_ARGISNULL(ARG_KIND))
		kind = text_to_cstring(PG_GETARG_TEXT_PP(ARG_KIND));
	if (!PG_ARGISNULL(ARG_NOTE))
		note = text_to_cstring(PG_GETARG_TEXT_PP(ARG_NOTE));
	sdr_lock_take(false);

	/* see what was committed while we waited for the lock */
	PushActiveSnapshot(GetTransactionSnapshot());
	guc_level = sdr_settings_pin();
	tables = sdr_prisma_tables(true);
	AtEOXact_GUC(true, guc_level);
	sdr_past_run(name, &past);
	if (is_prismas(name, kind, past.found, tables,
				   sdr_prisma_knows(tables, name, applied)))
		sdr_prisma_resolve(tables, name, applied);
	else
		resolve_manual(name, &past, applied, note);
	PopActiveSnapshot();
	PG_RETURN_TEXT_P(cstring_to_text(applied ? "applied" : "rolled_back"));
}
