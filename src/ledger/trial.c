/*-------------------------------------------------------------------------
 *
 * trial.c
 *	  Runs a script and undoes it, to see what it changes.
 *
 * Schema and data are looked at before and after, inside a subtransaction that
 * is rolled back in any case.  What a script does beyond its transaction
 * (sequences, files, other servers) is not undone, and not seen.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "port/pg_bitutils.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/* What is known of a table's rows at a moment. */
typedef struct TableData
{
	Oid			relid;			/* hash key */
	Oid			filenode;
	int64		counts[3];		/* inserted, updated, deleted */
} TableData;

/* Schema and data at a moment. */
typedef struct Moment
{
	Datum		schema;			/* jsonb */
	HTAB	   *tables;
} Moment;

/* Tables of users, and what this transaction has done to their rows. */
#define DATA_QUERY \
	"SELECT c.oid, pg_catalog.pg_relation_filenode(c.oid)," \
	" pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)," \
	" pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)," \
	" pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)" \
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n" \
	"  ON n.oid OPERATOR(pg_catalog.=) c.relnamespace" \
	" WHERE c.relkind OPERATOR(pg_catalog.=) 'r'" \
	" AND c.relpersistence OPERATOR(pg_catalog.<>) 't'" \
	" AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid" \
	" AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{schemadrift,information_schema}')"

static HTAB *
read_data(MemoryContext context)
{
	HASHCTL		control = {
		.keysize = sizeof(Oid),.entrysize = sizeof(TableData),.hcxt = context
	};
	HTAB	   *tables = hash_create("schemadrift data", 256, &control,
									 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	SPI_connect();
	if (SPI_execute(DATA_QUERY, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the statistics of tables");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Oid			relid = DatumGetObjectId(SPI_getbinval(tuple, desc, 1,
														   &isnull));
		TableData  *data = hash_search(tables, &relid, HASH_ENTER, NULL);

		data->filenode = DatumGetObjectId(SPI_getbinval(tuple, desc, 2,
														&isnull));
		for (int n = 0; n < 3; n++)
			data->counts[n] = DatumGetInt64(SPI_getbinval(tuple, desc, n + 3,
														  &isnull));
	}
	SPI_finish();
	return tables;
}

static Datum
read_schema(MemoryContext context)
{
	MemoryContext old;
	Datum		schema;
	bool		isnull;

	SPI_connect();
	if (SPI_execute("SELECT pg_catalog.schemadrift_snapshot(NULL, true)",
					false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not take a snapshot of the schema");
	schema = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
						   &isnull);
	old = MemoryContextSwitchTo(context);
	schema = datumCopy(schema, false, -1);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return schema;
}

static void
look(Moment *moment, MemoryContext context)
{
	moment->schema = read_schema(context);
	moment->tables = read_data(context);
}

/* The rows of schemadrift_diff() between two moments. */
static List *
schema_changes(const Moment *before, const Moment *after,
			   MemoryContext context)
{
	Oid			types[] = {JSONBOID, JSONBOID};
	Datum		values[] = {before->schema, after->schema};
	List	   *changes = NIL;

	SPI_connect();
	if (SPI_execute_with_args("SELECT d.* FROM pg_catalog.schemadrift_diff($1, $2) d",
							  2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not compare two snapshots of the schema");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		SdrChange  *change = palloc0(sizeof(SdrChange));

		for (int n = 0; n < SDR_CHANGE_COLUMNS; n++)
			change->columns[n] = SPI_getvalue(SPI_tuptable->vals[i],
											  SPI_tuptable->tupdesc, n + 1);
		changes = lappend(changes, change);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return changes;
}

/* What has happened to the rows of a table, NULL for nothing. */
static char *
data_change(const TableData *before, const TableData *after)
{
	int64		counts[3];

	if (after == NULL)
		return pstrdup(_("the table and its rows are gone"));
	if (after->filenode != before->filenode)
		return pstrdup(_("truncated or rewritten"));
	for (int i = 0; i < 3; i++)
		counts[i] = after->counts[i] - before->counts[i];
	if (counts[0] == 0 && counts[1] == 0 && counts[2] == 0)
		return NULL;
	return psprintf(_("%lld inserted, %lld updated, %lld deleted"),
					(long long) counts[0], (long long) counts[1],
					(long long) counts[2]);
}

static List *
data_changes(const Moment *before, const Moment *after, MemoryContext context)
{
	List	   *changes = NIL;
	HASH_SEQ_STATUS status;
	TableData  *table;
	MemoryContext old = MemoryContextSwitchTo(context);

	hash_seq_init(&status, before->tables);
	while ((table = hash_seq_search(&status)) != NULL)
	{
		char	   *text = data_change(table, hash_search(after->tables, &table->relid,
														  HASH_FIND, NULL));
		SdrTouched *touched;

		if (text == NULL)
			continue;
		touched = palloc0(sizeof(SdrTouched));
		touched->relid = table->relid;
		touched->text = text;
		changes = lappend(changes, touched);
	}
	MemoryContextSwitchTo(old);
	return changes;
}

/* The strongest lock of this backend on each relation of users, by oid. */
static List *
locks_held(MemoryContext context)
{
	LockData   *data = GetLockStatusData();
	List	   *locks = NIL;
	MemoryContext old = MemoryContextSwitchTo(context);

	for (int i = 0; i < data->nelements; i++)
	{
		const LockInstanceData *lock = &data->locks[i];
		SdrTouched *touched = NULL;
		ListCell   *lc;
		int			mode = lock->holdMask == 0 ? 0 :
		pg_leftmost_one_pos32(lock->holdMask);

		if (lock->pid != MyProcPid || mode == 0 ||
			lock->locktag.locktag_type != LOCKTAG_RELATION ||
			lock->locktag.locktag_field1 != MyDatabaseId ||
			lock->locktag.locktag_field2 < FirstNormalObjectId)
			continue;
		foreach(lc, locks)
		{
			if (((SdrTouched *) lfirst(lc))->relid == lock->locktag.locktag_field2)
				touched = lfirst(lc);
		}
		if (touched == NULL)
		{
			touched = palloc0(sizeof(SdrTouched));
			touched->relid = lock->locktag.locktag_field2;
			locks = lappend(locks, touched);
		}
		touched->mode = Max(touched->mode, mode);
	}
	MemoryContextSwitchTo(old);
	return locks;
}

/* Locks that are new or stronger. */
static List *
new_locks(const List *before, const List *after)
{
	List	   *locks = NIL;
	ListCell   *a;
	ListCell   *b;

	foreach(a, after)
	{
		SdrTouched *lock = lfirst(a);
		int			had = 0;

		foreach(b, before)
		{
			if (((SdrTouched *) lfirst(b))->relid == lock->relid)
				had = ((SdrTouched *) lfirst(b))->mode;
		}
		if (lock->mode > had)
			locks = lappend(locks, lock);
	}
	return locks;
}

static int
compare_touched(const ListCell *a, const ListCell *b)
{
	const SdrTouched *left = lfirst(a);
	const SdrTouched *right = lfirst(b);
	int			order = strcmp(left->schema, right->schema);

	return order != 0 ? order : strcmp(left->name, right->name);
}

/*
 * Name the relations, as they are called again now that everything is rolled
 * back.  Those that the script has made are gone, and left out; so are ours,
 * which the guard writes to.
 */
static List *
name_touched(List *list)
{
	List	   *named = NIL;
	ListCell   *lc;

	foreach(lc, list)
	{
		SdrTouched *touched = lfirst(lc);

		touched->name = get_rel_name(touched->relid);
		if (touched->name == NULL)
			continue;
		touched->schema = get_namespace_name(get_rel_namespace(touched->relid));
		touched->relkind = get_rel_relkind(touched->relid);
		if (touched->schema != NULL && touched->relkind != RELKIND_TOASTVALUE &&
			strcmp(touched->schema, "pg_toast") != 0 &&
			strcmp(touched->schema, "schemadrift") != 0)
			named = lappend(named, touched);
	}
	list_sort(named, compare_touched);
	return named;
}

/* Take the word CONCURRENTLY out of a statement. */
static void
drop_concurrently(SdrStatement *statement)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(statement->text, &extra, &ScanKeywords,
										 ScanKeywordTokens);
	core_YYSTYPE value;
	YYLTYPE		location;

	while (core_yylex(&value, &location, scanner) != 0)
	{
		if (pg_strcasecmp(extra.scanbuf + location, "concurrently") != 0)
			continue;
		memset(statement->text + location, ' ', strlen("concurrently"));
		break;
	}
	scanner_finish(scanner);
}

static bool
can_do_without(Node *stmt)
{
	return IsA(stmt, IndexStmt) || IsA(stmt, DropStmt) ||
		IsA(stmt, AlterTableStmt);
}

/* Commands that change neither schema nor rows. */
static bool
changes_nothing(Node *stmt)
{
	TransactionStmt *transaction = (TransactionStmt *) stmt;

	if (IsA(stmt, TransactionStmt))
		return transaction->kind == TRANS_STMT_BEGIN ||
			transaction->kind == TRANS_STMT_START ||
			transaction->kind == TRANS_STMT_COMMIT;
	return IsA(stmt, VacuumStmt) || IsA(stmt, ReindexStmt) ||
		IsA(stmt, DiscardStmt) || sdr_compat_cluster_all(stmt) != NULL;
}

/*
 * Errors that are not about the script, and must not be taken for what it
 * does: cancellation, lack of resources, locks that others hold.
 */
static bool
is_about_script(const ErrorData *error)
{
	int			category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category != ERRCODE_OPERATOR_INTERVENTION &&
		category != ERRCODE_INSUFFICIENT_RESOURCES &&
		category != ERRCODE_TRANSACTION_ROLLBACK &&
		error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
		error->sqlerrcode != ERRCODE_INTERNAL_ERROR;
}

/*
 * Make a script one that a transaction can run, where that has the same effect
 * on the schema; notes say how.  What remains of other commands is refused
 * when it is checked.
 */
static void
adapt(SdrGiven *migration, SdrTrial *trial)
{
	List	   *statements = NIL;
	ListCell   *lc;

	foreach(lc, migration->statements)
	{
		SdrStatement *statement = lfirst(lc);
		const char *command = sdr_needs_own_transaction(statement->stmt);
		bool		skipped = (command != NULL ||
							   IsA(statement->stmt, TransactionStmt)) &&
		changes_nothing(statement->stmt);

		if (!skipped)
			statements = lappend(statements, statement);
		if (skipped)
			trial->notes = lappend(trial->notes, psprintf(_("line %d: %s is left out"), statement->line,
														  command == NULL ? _("transaction command") : command));
		else if (command != NULL && can_do_without(statement->stmt))
		{
			drop_concurrently(statement);
			statement->stmt = ((RawStmt *) linitial(raw_parser(statement->text, RAW_PARSE_DEFAULT)))->stmt;
			trial->notes = lappend(trial->notes, psprintf(_("line %d: %s is tried without CONCURRENTLY"),
														  statement->line, command));
		}
	}
	migration->statements = statements;
	sdr_given_check_apply(migration);
}

/*
 * The same, with an error kept in the trial.  Only the script is looked at, so
 * there is nothing to roll back.
 */
static bool
try_adapt(SdrGiven *migration, SdrTrial *trial)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		adapt(migration, trial);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		trial->first.error = CopyErrorData();
		FlushErrorState();
		if (!is_about_script(trial->first.error))
			ReThrowError(trial->first.error);
	}
	PG_END_TRY();
	return trial->first.error == NULL;
}

/* Run the script, and see what it has changed since the moment before. */
static void
run_and_look(const SdrGiven *migration, Moment *before, Moment *after,
			 SdrPass *pass, MemoryContext context)
{
	sdr_given_execute(migration, &pass->statements);
	SPI_connect();
	(void) SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0);
	SPI_finish();
	look(after, context);
	pass->changes = schema_changes(before, after, context);
	pass->data = data_changes(before, after, context);
}

/*
 * Run the script in a subtransaction, call what comes next, and roll back.  An
 * error is kept in the pass.
 */
static void
try_pass(const SdrGiven *migration, Moment *before, SdrTrial *trial,
		 SdrPass *pass, bool again)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Moment		after;
	List	   *locks = locks_held(context);

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		run_and_look(migration, before, &after, pass, context);
		if (again)
		{
			trial->locks = new_locks(locks, locks_held(context));
			MemoryContextSwitchTo(context);
			try_pass(migration, &after, trial, &trial->second, false);
		}
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		pass->error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (pass->error != NULL && !is_about_script(pass->error))
		ReThrowError(pass->error);
}

/*
 * Try a parsed migration, twice if wanted.  Nothing of it remains.
 */
void
sdr_trial(SdrGiven *migration, bool twice, SdrTrial *trial)
{
	int			guc_level;
	Moment		before;

	memset(trial, 0, sizeof(*trial));
	if (!try_adapt(migration, trial))
		return;

	/* the counts of rows are those of the cumulative statistics */
	guc_level = NewGUCNestLevel();
	(void) set_config_option("track_counts", "on", PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	sdr_run_pretend(migration);
	PG_TRY();
	{
		look(&before, CurrentMemoryContext);
		try_pass(migration, &before, trial, &trial->first, twice);
	}
	PG_FINALLY();
	{
		sdr_run_free(sdr_run_detach());
	}
	PG_END_TRY();
	AtEOXact_GUC(true, guc_level);
	trial->locks = name_touched(trial->locks);
	trial->first.data = name_touched(trial->first.data);
	trial->second.data = name_touched(trial->second.data);
}

/* Has the script changed nothing, without an error? */
bool
sdr_pass_is_clean(const SdrPass *pass)
{
	return pass->error == NULL && pass->changes == NIL && pass->data == NIL;
}
