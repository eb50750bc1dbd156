/*-------------------------------------------------------------------------
 *
 * history.c
 *	  Files, Prisma's rows and runs of the ledger, joined: the migrations of
 *	  this database.
 *
 * Prisma's migrations are told apart by folder and table, since two
 * applications may have a migration of the same name.  A table belongs to the
 * folder that it has most in common with.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/live.h"
#include "ledger/history.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define LEDGER	"schemadrift.ledger"

/*
 * What has a name: files, or the migration of the list at hand.  No file has a
 * longer name, and no row of Prisma's can.
 */
#define NAME_LEN	256

typedef struct Named
{
	char		name[NAME_LEN]; /* key */
	List	   *files;			/* of SdrFile *, of all folders */
	SdrMigration *migration;
	int			list;			/* that the migration belongs to */
} Named;

/* The join under way. */
typedef struct Join
{
	SdrHistory *history;
	HTAB	   *prisma;			/* of Named */
	HTAB	   *manual;
	int			nfolders;
	int			nlists;
	int			maxmigrations;
	int		   *folder_of;		/* for each table, -1 for none */
	bool	   *folder_used;
	bool		standby;
	bool		prisma_runs;	/* the lock is held, and not by the ledger */
} Join;

static HTAB *
make_names(const char *name)
{
	HASHCTL		ctl = {.keysize = NAME_LEN,.entrysize = sizeof(Named),
	.hcxt = CurrentMemoryContext};

	return hash_create(name, 1024, &ctl,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static Named *
find_named(HTAB *names, const char *name)
{
	char		key[MAXPGPATH];
	bool		found;
	Named	   *named;

	strlcpy(key, name, sizeof(key));
	named = hash_search(names, key, HASH_ENTER, &found);
	if (!found)
	{
		named->files = NIL;
		named->migration = NULL;
		named->list = -1;
	}
	return named;
}

/* The number of the folder of Prisma's file, given in the order of paths. */
static int
number_folder(Join *join, List **firsts, const SdrFile *file)
{
	ListCell   *lc;

	foreach(lc, *firsts)
	{
		const SdrFile *first = lfirst(lc);

		if (strcmp(first->folder, file->folder) == 0 &&
			strcmp(first->directory, file->directory) == 0)
			return first->folder_id;
	}
	*firsts = lcons(unconstify(SdrFile *, file), *firsts);
	return join->nfolders++;
}

/* Number the folders of Prisma's files, and index all files by name. */
static void
index_files(Join *join)
{
	List	   *firsts = NIL;
	ListCell   *lc;

	foreach(lc, join->history->files)
	{
		SdrFile    *file = lfirst(lc);
		Named	   *named = find_named(file->is_prisma ? join->prisma :
									   join->manual, file->name);
		ListCell   *other;

		if (file->is_prisma)
			file->folder_id = number_folder(join, &firsts, file);
		foreach(other, named->files)
		{
			if (((SdrFile *) lfirst(other))->folder_id == file->folder_id)
				file->is_duplicate = true;
		}
		if (!file->is_duplicate)
			named->files = lappend(named->files, file);
	}
}

/* The folder that the table's rows have most in common with, -1 for none. */
static int
best_folder(Join *join, const SdrPrismaTable *table)
{
	int64	   *scores = palloc0(Max(join->nfolders, 1) * sizeof(int64));
	int			best = -1;

	for (int64 i = 0; i < table->nrows; i++)
	{
		const SdrPrismaRow *row = &table->rows[i];
		ListCell   *lc;

		if (row->name == NULL)
			continue;
		foreach(lc, find_named(join->prisma, row->name)->files)
		{
			const SdrFile *file = lfirst(lc);
			bool		same = row->checksum != NULL &&
			sdr_checksum_matches(row->checksum,
								 (const char *const *) file->checksums,
								 file->nchecksums);

			scores[file->folder_id] += same ? 3 : 1;
			if (best < 0 || scores[file->folder_id] > scores[best])
				best = file->folder_id;
		}
	}
	pfree(scores);
	return best;
}

/*
 * Which folder each table is held to.  A table in which no name is known may be
 * new: it gets the only folder there is if it is empty, and else one that no
 * table has.
 */
static void
assign_folders(Join *join)
{
	List	   *tables = join->history->tables;
	int			ntables = list_length(tables);
	int			next = 0;

	join->folder_of = palloc(Max(ntables, 1) * sizeof(int));
	join->folder_used = palloc0(Max(join->nfolders, 1) * sizeof(bool));
	for (int i = 0; i < ntables; i++)
	{
		join->folder_of[i] = best_folder(join, list_nth(tables, i));
		if (join->folder_of[i] >= 0)
			join->folder_used[join->folder_of[i]] = true;
	}
	for (int i = 0; i < ntables; i++)
	{
		const SdrPrismaTable *table = list_nth(tables, i);

		if (join->folder_of[i] >= 0 || !table->is_prisma)
			continue;
		while (next < join->nfolders && join->folder_used[next])
			next++;
		if (next < join->nfolders)
			join->folder_of[i] = next;
		else if (join->nfolders == 1 && table->nrows == 0 &&
				 table->problem == NULL)
			join->folder_of[i] = 0;
		if (join->folder_of[i] >= 0)
			join->folder_used[join->folder_of[i]] = true;
	}
}

static void
set_file(SdrMigration *migration, const SdrFile *file)
{
	migration->file = file;
	migration->facts |= SDR_FACT_FILE;
	if (!file->has_content)
		migration->facts |= SDR_FACT_NO_SCRIPT;
	if (file->empty)
		migration->facts |= SDR_FACT_NO_STATEMENT;
	if (file->note != NULL &&
		(strstr(file->note, SDR_UNPARSED) != NULL ||
		 (file->is_prisma && strstr(file->note, SDR_HAS_MARK) != NULL)))
		migration->facts |= SDR_FACT_UNPARSED;
}

/* The migration of that name in the list at hand; made if it is not there. */
static SdrMigration *
get_migration(Join *join, bool is_prisma, const char *name,
			  const char *history, const SdrPrismaTable *table)
{
	Named	   *named = find_named(is_prisma ? join->prisma : join->manual,
								   name);
	SdrHistory *all = join->history;
	SdrMigration *migration;

	if (named->list == join->nlists)
		return named->migration;
	migration = palloc0(sizeof(SdrMigration));
	migration->name = pstrdup(name);
	migration->history = history;
	migration->table = table;
	migration->list = join->nlists;
	migration->started_at = migration->finished_at = SDR_NO_TIME;
	if (is_prisma)
		migration->facts |= SDR_FACT_PRISMA;
	if (is_prisma ? all->knows_prisma : all->knows_manual)
		migration->facts |= SDR_FACT_FILES_KNOWN;
	if (join->standby)
		migration->facts |= SDR_FACT_STANDBY;
	sdr_migration_number(name, &migration->number, &migration->suffix);
	named->migration = migration;
	named->list = join->nlists;
	if (all->nmigrations == join->maxmigrations)
	{
		join->maxmigrations *= 2;
		all->migrations = repalloc_huge(all->migrations,
										join->maxmigrations * sizeof(SdrMigration *));
	}
	all->migrations[all->nmigrations++] = migration;
	return migration;
}

/* Compare the checksum that was recorded with the file. */
static void
set_checksum(SdrMigration *migration, const char *checksum)
{
	migration->checksum = checksum;
	if (checksum == NULL || sdr_checksum_is_junk(checksum))
		migration->facts |= SDR_FACT_JUNK;
	if (migration->file != NULL && migration->file->has_content &&
		(checksum == NULL ||
		 !sdr_checksum_matches(checksum,
							   (const char *const *) migration->file->checksums,
							   migration->file->nchecksums)))
		migration->facts |= SDR_FACT_DIFFERS;
}

/* What a row of a failed migration says of the error. */
static const char *
error_of_logs(const char *logs)
{
	static const char label[] = "Database error:\n";
	const char *found = strstr(logs, label);
	const char *end;

	found = found == NULL ? logs : found + strlen(label);
	end = found + strcspn(found, "\r\n");
	return pnstrdup(found, end - found);
}

/*
 * Take one row of Prisma's table; they come in the order of started_at, and of
 * those that are not rolled back the first is compared with the file.
 */
static void
take_prisma_row(Join *join, SdrMigration *migration, const SdrPrismaRow *row)
{
	bool		is_open = row->finished_at == SDR_NO_TIME;

	migration->attempts++;
	if (row->rolled_back_at != SDR_NO_TIME)
	{
		migration->facts |= SDR_FACT_ROLLED_BACK;
		if (migration->started_at == SDR_NO_TIME)
			migration->started_at = row->started_at;
		return;
	}
	if ((migration->facts & (SDR_FACT_APPLIED | SDR_FACT_FAILED |
							 SDR_FACT_RUNNING | SDR_FACT_INTERRUPTED)) == 0)
		set_checksum(migration, row->checksum);
	migration->started_at = row->started_at;
	migration->finished_at = row->finished_at;
	if (!is_open)
	{
		bool		claimed = row->steps == 0 &&
		(row->logs == NULL || *row->logs == '\0');

		/* a checksum made up was put there by hand, whatever else it says */
		claimed = claimed || row->checksum == NULL ||
			sdr_checksum_is_junk(row->checksum);
		migration->napplied++;
		migration->facts |= SDR_FACT_APPLIED;
		migration->facts &= ~SDR_FACT_CLAIM;
		if (claimed)
			migration->facts |= SDR_FACT_CLAIM;
		migration->proof = claimed ? "claim" : "run";
	}
	else if (row->logs != NULL && *row->logs != '\0')
	{
		migration->facts |= SDR_FACT_FAILED;
		migration->error = error_of_logs(row->logs);
	}
	else
		migration->facts |= join->prisma_runs || join->standby ?
			SDR_FACT_RUNNING : SDR_FACT_INTERRUPTED;
}

/* The migrations of one of Prisma's tables, NULL for those that have none. */
static void
join_prisma(Join *join, const SdrPrismaTable *table, int folder)
{
	const char *history = table == NULL ? NULL : table->name;
	ListCell   *lc;

	foreach(lc, join->history->files)
	{
		const SdrFile *file = lfirst(lc);
		SdrMigration *migration;

		if (!file->is_prisma || file->is_duplicate ||
			file->folder_id != folder)
			continue;
		migration = get_migration(join, true, file->name, history, table);
		set_file(migration, file);
		if (table != NULL && table->problem != NULL)
			migration->facts |= SDR_FACT_UNREADABLE;
	}
	for (int64 i = 0; table != NULL && i < table->nrows; i++)
	{
		if (table->rows[i].name != NULL)
			take_prisma_row(join,
							get_migration(join, true, table->rows[i].name,
										  history, table), &table->rows[i]);
	}
	join->nlists++;
}

/* What the newest run of a migration says; runs come oldest first. */
static void
take_run(SdrMigration *migration, const SdrRunRow *run)
{
	static const struct
	{
		const char *state;
		uint32		facts;
	}			states[] = {
		{"running", SDR_FACT_RUNNING},
		{"applied", SDR_FACT_APPLIED},
		{"failed", SDR_FACT_FAILED},
		{"interrupted", SDR_FACT_INTERRUPTED},
		{"rolled_back", SDR_FACT_ROLLED_BACK},
		{"claimed", SDR_FACT_APPLIED | SDR_FACT_CLAIM},
	};
	uint32		all = SDR_FACT_CLAIM | SDR_FACT_JUNK | SDR_FACT_DIFFERS |
	SDR_FACT_STEPWISE;

	for (int i = 0; i < lengthof(states); i++)
		all |= states[i].facts;
	migration->facts &= ~all;
	for (int i = 0; i < lengthof(states); i++)
	{
		if (strcmp(states[i].state, run->state) == 0)
			migration->facts |= states[i].facts;
	}
	if (run->proof != NULL && strcmp(run->proof, "claim") == 0)
		migration->facts |= SDR_FACT_CLAIM;
	if (run->stepwise)
		migration->facts |= SDR_FACT_STEPWISE;
	migration->attempts++;
	migration->run_id = run->id;
	migration->proof = run->proof;
	migration->started_at = run->started_at;
	migration->finished_at = run->finished_at;
	migration->applied_by = run->applied_by;
	migration->error = run->error;

	/* a run whose script is not known can be compared with nothing */
	migration->checksum = run->checksum;
	if (run->checksum != NULL)
		set_checksum(migration, run->checksum);
}

static void
join_manual(Join *join)
{
	ListCell   *lc;

	foreach(lc, join->history->files)
	{
		const SdrFile *file = lfirst(lc);

		if (!file->is_prisma && file->is_migration && !file->is_duplicate)
			set_file(get_migration(join, false, file->name, LEDGER, NULL),
					 file);
	}
	foreach(lc, join->history->runs)
	{
		const SdrRunRow *run = lfirst(lc);
		SdrMigration *migration = get_migration(join, false, run->name, LEDGER,
												NULL);
		List	   *files = find_named(join->manual, run->name)->files;

		/* a script without a number becomes a migration by being run */
		if (migration->file == NULL && files != NIL)
			set_file(migration, linitial(files));
		take_run(migration, run);
	}
	join->nlists++;
}

/* Does Prisma hold the lock?  The ledger's runs hold it, too. */
static bool
prisma_holds_lock(const List *runs)
{
	List	   *holders = sdr_load_lock_holders();
	ListCell   *lc;

	foreach(lc, runs)
	{
		const SdrRunRow *run = lfirst(lc);

		if (strcmp(run->state, "running") == 0)
			holders = list_delete_int(holders, run->backend_pid);
	}
	return holders != NIL;
}

static void
judge(SdrHistory *history)
{
	bool		edited = false;
	bool		doubt = history->thorough;

	for (int i = 0; i < history->nmigrations; i++)
	{
		uint32		facts = history->migrations[i]->facts;

		edited = edited || (facts & SDR_FACT_DIFFERS) != 0;
		doubt = doubt || (facts & (SDR_FACT_CLAIM | SDR_FACT_INTERRUPTED)) != 0;
	}
	if (edited)
		sdr_load_cosmetic(history);
	if (doubt)
		sdr_load_absent(history);
	for (int i = 0; i < history->nmigrations; i++)
		sdr_migration_judge(history->migrations[i]);
}

/*
 * All migrations of this database, in order.  If thorough, it is also looked
 * what those that have been run have created and is no more there.
 */
SdrHistory *
sdr_history_load(bool thorough)
{
	SdrHistory *history = palloc0(sizeof(SdrHistory));
	Join		join = {.history = history,.maxmigrations = 1024};
	int			guc_level = sdr_settings_pin();
	int			ntables;

	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	history->thorough = thorough;
	history->migrations = palloc(join.maxmigrations * sizeof(SdrMigration *));
	history->files = sdr_load_files(history);
	history->runs = sdr_load_runs();
	history->tables = sdr_prisma_tables(true);
	join.prisma = make_names("schemadrift Prisma's migrations");
	join.manual = make_names("schemadrift migrations by hand");
	join.standby = RecoveryInProgress();
	join.prisma_runs = prisma_holds_lock(history->runs);
	index_files(&join);
	assign_folders(&join);

	ntables = list_length(history->tables);
	for (int i = 0; i < ntables; i++)
		join_prisma(&join, list_nth(history->tables, i), join.folder_of[i]);
	for (int folder = 0; folder < join.nfolders; folder++)
	{
		if (!join.folder_used[folder])
			join_prisma(&join, NULL, folder);
	}
	join_manual(&join);
	sdr_history_sort(history);
	judge(history);
	AtEOXact_GUC(false, guc_level);
	return history;
}
