/*-------------------------------------------------------------------------
 *
 * proof.c
 *	  What proves that a statement is part of a migration.
 *
 * A run of the ledger's own functions is known in this backend's memory.
 * Prisma says nothing, but leaves tracks: before it sends a script, as one
 * message, it takes an advisory lock and commits a row with the script's
 * checksum.  So a statement is Prisma's if this backend holds the lock and the
 * message being executed has the checksum of an unfinished row that this
 * transaction has not written.  No setting takes part, as anybody could set
 * it.
 *
 * The catalogs are read without privileges, and a table _prisma_migrations of
 * another shape is passed over.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "baseline/baseline.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "executor/tuptable.h"
#include "guard/guard.h"
#include "ledger/history.h"
#include "ledger/ledger.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "settings.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define PRISMA_TABLE	"_prisma_migrations"

/* Columns of schemadrift.approval that count here, from 1. */
enum
{
	APPROVAL_NAME = 2,
	APPROVAL_CHECKSUM,
	APPROVAL_DESTRUCTIVE,
	APPROVAL_REVOKED_AT = 9
};

/*
 * What has been found out about the message being executed.  A script of 2,000
 * statements is hashed, and its row looked for, once; but again when it has
 * changed the role, as the role must be one that could have registered it.
 */
static struct
{
	const char *message;		/* debug_query_string; never read through */
	size_t		len;
	TimestampTz start;
	Oid			session_role;
	Oid			outer_role;
	MemoryContext context;
	bool		found;
	char	   *migration;
	char	   *checksum;
	bool		approved;
	bool		allow_destructive;
}			known;

static bool
holds_migration_lock(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, SDR_MIGRATION_LOCK, 1);
	return sdr_compat_lock_held_by_me(&tag, ExclusiveLock);
}

/* The statement is CREATE TABLE _prisma_migrations just as Prisma writes it. */
static bool
is_prisma_table(Node *statement)
{
	RawStmt    *raw;

	if (!IsA(statement, CreateStmt) ||
		strcmp(((CreateStmt *) statement)->relation->relname,
			   PRISMA_TABLE) != 0)
		return false;
	raw = linitial(raw_parser(SDR_PRISMA_TABLE_SQL, RAW_PARSE_DEFAULT));
	return equal(raw->stmt, statement);
}

/* Is the column there, with one of the types that hold a text? */
static AttrNumber
text_column(Oid relid, const char *name)
{
	AttrNumber	attnum = get_attnum(relid, name);
	Oid			type;

	if (attnum == InvalidAttrNumber)
		return InvalidAttrNumber;
	type = get_atttype(relid, attnum);
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID ?
		attnum : InvalidAttrNumber;
}

static bool
is_null(TupleTableSlot *slot, AttrNumber attnum)
{
	bool		isnull;

	if (attnum == InvalidAttrNumber)
		return true;
	(void) slot_getattr(slot, attnum, &isnull);
	return isnull;
}

static char *
get_text(TupleTableSlot *slot, AttrNumber attnum)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attnum, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/* Has the row been committed before, and is it of a script that is running? */
static bool
is_running_row(TupleTableSlot *slot, AttrNumber finished,
			   AttrNumber rolled_back)
{
	bool		isnull;
	TransactionId xmin =
	DatumGetTransactionId(slot_getsysattr(slot,
										  MinTransactionIdAttributeNumber,
										  &isnull));

	return !TransactionIdIsCurrentTransactionId(xmin) &&
		is_null(slot, finished) && is_null(slot, rolled_back);
}

/* A search for a row of Prisma; the columns are those of its table. */
typedef struct RowSearch
{
	const char *checksum;
	AttrNumber	checksum_att;
	AttrNumber	name_att;
	AttrNumber	finished_att;
	AttrNumber	rolled_back_att;
	char	   *found;			/* the migration's name */
} RowSearch;

static bool
look_at_row(void *arg, TupleTableSlot *slot)
{
	RowSearch  *search = arg;
	char	   *stored;

	if (!is_running_row(slot, search->finished_att, search->rolled_back_att))
		return true;
	stored = get_text(slot, search->checksum_att);
	if (stored != NULL && strcmp(stored, search->checksum) == 0)
		search->found = get_text(slot, search->name_att);
	return search->found == NULL;
}

/* The name of the running migration with this checksum; NULL if none. */
static char *
find_in_table(Relation rel, const char *checksum)
{
	Oid			relid = RelationGetRelid(rel);
	RowSearch	search = {.checksum = checksum};

	search.checksum_att = text_column(relid, "checksum");
	search.name_att = text_column(relid, "migration_name");
	search.finished_att = get_attnum(relid, "finished_at");
	search.rolled_back_att = get_attnum(relid, "rolled_back_at");
	if (search.checksum_att != InvalidAttrNumber &&
		search.name_att != InvalidAttrNumber &&
		search.finished_att != InvalidAttrNumber)
		sdr_scan_rows(rel, look_at_row, &search);
	return search.found;
}

/* Tables _prisma_migrations, in whatever schema; not temporary ones. */
static List *
list_prisma_tables(void)
{
	List	   *tables = NIL;
	Relation	rel = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(PRISMA_TABLE));
	scan = systable_beginscan(rel, ClassNameNspIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION &&
			form->relpersistence != RELPERSISTENCE_TEMP)
			tables = lappend_oid(tables, form->oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return tables;
}

/* Is there a table of that name, in whatever schema? */
bool
sdr_prisma_table_exists(void)
{
	return list_prisma_tables() != NIL;
}

/*
 * Could this session have registered a script in the table?  Else the row is
 * somebody else's, and whoever sends the same script is not Prisma.  What SET
 * ROLE has set counts, but not what a function with SECURITY DEFINER lends.
 */
static bool
may_register(Oid relid)
{
	return pg_class_aclcheck(relid, GetSessionUserId(),
							 ACL_UPDATE) == ACLCHECK_OK ||
		pg_class_aclcheck(relid, GetOuterUserId(), ACL_UPDATE) == ACLCHECK_OK;
}

/*
 * May this session make a table for Prisma?  Where there is one already, a
 * role that has no part in it would only make one to pass for Prisma, unless
 * it is said which roles run Prisma.
 */
static bool
may_make_table(void)
{
	List	   *tables;
	ListCell   *lc;

	if (sdr_prisma_roles != NULL && sdr_prisma_roles[0] != '\0')
		return true;
	tables = list_prisma_tables();
	foreach(lc, tables)
	{
		if (may_register(lfirst_oid(lc)))
			return true;
	}
	return tables == NIL;
}

static char *
find_prisma_row(const char *checksum)
{
	List	   *tables = list_prisma_tables();
	char	   *found = NULL;
	ListCell   *lc;

	foreach(lc, tables)
	{
		Relation	rel = try_table_open(lfirst_oid(lc), AccessShareLock);

		if (rel == NULL)
			continue;
		if (found == NULL && may_register(lfirst_oid(lc)))
			found = find_in_table(rel, checksum);
		table_close(rel, AccessShareLock);
	}
	return found;
}

/* What an approval must be for. */
typedef struct Wanted
{
	const char *name;
	const char *checksum;
} Wanted;

static bool
look_at_approval(void *arg, TupleTableSlot *slot)
{
	const Wanted *wanted = arg;
	bool		isnull;

	if (strcmp(get_text(slot, APPROVAL_CHECKSUM), wanted->checksum) == 0 &&
		strcmp(get_text(slot, APPROVAL_NAME), wanted->name) == 0 &&
		is_null(slot, APPROVAL_REVOKED_AT))
	{
		known.approved = true;
		known.allow_destructive |=
			DatumGetBool(slot_getattr(slot, APPROVAL_DESTRUCTIVE, &isnull));
	}
	return true;
}

/* Read whether an approval stands for the script, by checksum. */
static void
read_approval(const char *name, const char *checksum)
{
	Wanted		wanted = {name, checksum};

	sdr_scan_own_rows("approval", look_at_approval, &wanted);
}

/* The checksum of the message, as Prisma makes it: of its text in UTF-8. */
static char *
message_checksum(const char *message, size_t len)
{
	char	   *utf8 = GetDatabaseEncoding() == PG_SQL_ASCII ? (char *) message :
	pg_server_to_any(message, (int) len, PG_UTF8);

	return sdr_checksum(utf8, utf8 == message ? len : strlen(utf8));
}

/* Look at the message that is being executed, unless that has been done. */
static void
examine_message(void)
{
	const char *message = debug_query_string;
	size_t		len = strlen(message);
	TimestampTz start = GetCurrentStatementStartTimestamp();
	MemoryContext old;
	char	   *checksum;
	char	   *name;

	if (known.message == message && known.len == len &&
		known.start == start &&
		known.session_role == GetSessionUserId() &&
		known.outer_role == GetOuterUserId())
		return;
	if (known.context == NULL)
		known.context = AllocSetContextCreate(TopMemoryContext,
											  "schemadrift message",
											  ALLOCSET_SMALL_SIZES);
	MemoryContextReset(known.context);
	known.message = NULL;		/* should anything below raise an error */
	known.found = known.approved = known.allow_destructive = false;

	checksum = message_checksum(message, len);
	name = find_prisma_row(checksum);
	if (name != NULL)
	{
		old = MemoryContextSwitchTo(known.context);
		known.migration = pstrdup(name);
		known.checksum = pstrdup(checksum);
		MemoryContextSwitchTo(old);
		read_approval(name, checksum);
		known.found = true;
	}
	known.message = message;
	known.len = len;
	known.start = start;
	known.session_role = GetSessionUserId();
	known.outer_role = GetOuterUserId();
}

/* Prisma's proof, or what is missing of it. */
static void
find_prisma(Node *statement, SdrProof *proof)
{
	if (!holds_migration_lock())
	{
		proof->missing = "No migration of schemadrift is running in this session, and it does not hold the lock that Prisma takes.";
		return;
	}
	if (!sdr_role_runs_prisma())
	{
		proof->missing = "The role is not listed in schemadrift.prisma_roles.";
		return;
	}
	if (is_prisma_table(statement))
	{
		if (may_make_table())
			proof->kind = SDR_PROOF_PRISMA_TABLE;
		else
			proof->missing = "Another role runs Prisma in this database; schemadrift.prisma_roles can name several.";
		return;
	}
	if (debug_query_string == NULL)
	{
		proof->missing = "There is no script whose checksum could be compared.";
		return;
	}
	examine_message();
	if (!known.found)
	{
		proof->missing = "The session holds Prisma's lock, but no unfinished row of a table _prisma_migrations that it may write has the checksum of what it executes.";
		return;
	}
	proof->kind = SDR_PROOF_PRISMA;
	proof->migration = known.migration;
	proof->checksum = known.checksum;
	proof->approved = known.approved;
	proof->allow_destructive = known.allow_destructive;
}

/*
 * Follow the transaction that a script of Prisma's runs in, so that the
 * baseline moves with it; nobody tells when that ends.  For any mode, as the
 * baseline does not depend on the guard.
 */
void
sdr_proof_follow(Node *statement)
{
	SdrProof	proof = {0};

	if (sdr_run_current() != NULL || !holds_migration_lock())
		return;
	find_prisma(statement, &proof);
	if (proof.kind == SDR_PROOF_PRISMA_TABLE)
		sdr_baseline_follow(PRISMA_TABLE);
	else if (proof.kind == SDR_PROOF_PRISMA &&
			 (proof.approved || !sdr_require_approval))
		sdr_baseline_follow(proof.migration);
}

/*
 * Look for a proof that the statement, which this backend is about to execute,
 * is part of a migration.  What it points at lives as long as the statement.
 */
void
sdr_proof_find(Node *statement, SdrProof *proof)
{
	const SdrRun *run = sdr_run_current();

	memset(proof, 0, sizeof(SdrProof));
	if (run == NULL)
	{
		find_prisma(statement, proof);
		return;
	}
	proof->kind = SDR_PROOF_RUN;
	proof->run = &run->id;
	proof->migration = run->name;
	proof->checksum = run->checksum;
	proof->approved = run->approved;
	proof->allow_destructive = run->allow_destructive;
}
