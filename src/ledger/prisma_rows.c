/*-------------------------------------------------------------------------
 *
 * prisma_rows.c
 *	  Prisma's own tables of migrations, wherever they are in the database.
 *
 * Any relation may carry the name.  Only a table is read whose columns have
 * types of the server, which the caller may read, and where row security does
 * not show the caller less than there is: nothing that a user wrote runs, and
 * what is not seen whole is said so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/history.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/rel.h"
#include "utils/rls.h"

#define PRISMA_TABLE	"_prisma_migrations"

/* Types that a column may have. */
typedef enum ColumnSort
{
	COLUMN_TEXT,
	COLUMN_TIME,
	COLUMN_COUNT
} ColumnSort;

/* The columns that are read, in the order of SdrPrismaRow. */
static const struct
{
	const char *name;
	ColumnSort	sort;
	bool		required;		/* old versions lack the others */
}			columns[] = {
	{"id", COLUMN_TEXT, true},
	{"checksum", COLUMN_TEXT, true},
	{"migration_name", COLUMN_TEXT, true},
	{"logs", COLUMN_TEXT, false},
	{"started_at", COLUMN_TIME, false},
	{"finished_at", COLUMN_TIME, false},
	{"rolled_back_at", COLUMN_TIME, false},
	{"applied_steps_count", COLUMN_COUNT, false},
};

/* What a column is cast to. */
static const char *const casts[] = {
	"pg_catalog.text", "pg_catalog.timestamptz", "pg_catalog.int8"
};

/* Of a failed migration's logs so much is read. */
#define MAX_LOGS	10000

static bool
type_fits(Oid type, ColumnSort sort)
{
	switch (getBaseType(type))
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case UUIDOID:
			return sort == COLUMN_TEXT;
		case TIMESTAMPTZOID:
		case TIMESTAMPOID:
		case DATEOID:
			return sort == COLUMN_TIME;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return sort == COLUMN_COUNT;
		default:
			return false;
	}
}

static const char *
relkind_problem(char relkind)
{
	switch (relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
			return NULL;
		case RELKIND_VIEW:
			return "it is a view";
		case RELKIND_MATVIEW:
			return "it is a materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "it is a foreign table";
		default:
			return "it is no table";
	}
}

/* Find the columns, and what is wrong with them. */
static const char *
find_columns(Relation rel, AttrNumber *attnums)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < lengthof(columns); i++)
	{
		attnums[i] = InvalidAttrNumber;
		for (int j = 0; j < desc->natts; j++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, j);

			if (!att->attisdropped &&
				strcmp(NameStr(att->attname), columns[i].name) == 0)
			{
				if (!type_fits(att->atttypid, columns[i].sort))
					return psprintf("its column \"%s\" has type %s",
									columns[i].name,
									format_type_be(att->atttypid));
				attnums[i] = att->attnum;
			}
		}
		if (attnums[i] == InvalidAttrNumber && columns[i].required)
			return psprintf("it has no column \"%s\"", columns[i].name);
	}
	return NULL;
}

/* What keeps the current user from reading the table; NULL for nothing. */
static const char *
privilege_problem(Relation rel, const AttrNumber *attnums)
{
	Oid			relid = RelationGetRelid(rel);

	if (sdr_compat_namespace_aclcheck(RelationGetNamespace(rel), GetUserId(),
									  ACL_USAGE) != ACLCHECK_OK)
		return "no privilege USAGE on its schema";
	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
	{
		for (int i = 0; i < lengthof(columns); i++)
		{
			if (attnums[i] != InvalidAttrNumber &&
				pg_attribute_aclcheck(relid, attnums[i], GetUserId(),
									  ACL_SELECT) != ACLCHECK_OK)
				return "no privilege SELECT on it";
		}
	}
	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		return "row security may hide rows of it";
	return NULL;
}

/* The query of all rows of a table, in the order in which Prisma reads them. */
static char *
rows_query(const char *relation, const AttrNumber *attnums)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < lengthof(columns); i++)
	{
		bool		is_logs = strcmp(columns[i].name, "logs") == 0;

		appendStringInfoString(&sql, i == 0 ? "SELECT " : ", ");
		if (attnums[i] == InvalidAttrNumber)
			appendStringInfo(&sql, "NULL::%s", casts[columns[i].sort]);
		else if (is_logs)
			appendStringInfo(&sql, "pg_catalog.left(%s::%s, %d)",
							 columns[i].name, casts[columns[i].sort], MAX_LOGS);
		else
			appendStringInfo(&sql, "%s::%s", columns[i].name,
							 casts[columns[i].sort]);
	}
	appendStringInfo(&sql, " FROM %s ORDER BY 5, 1", relation);
	return sql.data;
}

/* One row, whose columns are those of the query. */
static void
take_row(SdrPrismaRow *row, const Datum *values, const bool *nulls)
{
	char	  **texts[] = {&row->id, &row->checksum, &row->name, &row->logs};
	TimestampTz *times[] = {
		&row->started_at, &row->finished_at, &row->rolled_back_at
	};
	int			n = 0;

	for (int i = 0; i < lengthof(texts); i++, n++)
		*texts[i] = nulls[n] ? NULL : TextDatumGetCString(values[n]);
	for (int i = 0; i < lengthof(times); i++, n++)
		*times[i] = nulls[n] ? SDR_NO_TIME : DatumGetTimestampTz(values[n]);
	row->steps = nulls[n] ? -1 : DatumGetInt64(values[n]);
}

/* Read all rows into the context. */
static void
read_rows(SdrPrismaTable *table, const char *sql, MemoryContext context)
{
	MemoryContext old;

	SPI_connect();
	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read %s", table->name);
	old = MemoryContextSwitchTo(context);
	table->nrows = SPI_processed;
	table->rows = palloc_extended(Max(table->nrows, 1) * sizeof(SdrPrismaRow),
								  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[lengthof(columns)];
		bool		nulls[lengthof(columns)];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
						  values, nulls);
		take_row(&table->rows[i], values, nulls);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
}

/*
 * The relation's oid may be of one that is gone by now: NULL then.  The lock
 * is kept, so that what was looked at is what is read.
 */
static SdrPrismaTable *
read_table(Oid relid, bool with_rows)
{
	SdrPrismaTable *table;
	Relation	rel = try_relation_open(relid, AccessShareLock);
	AttrNumber	attnums[lengthof(columns)];

	if (rel == NULL)
		return NULL;
	table = palloc0(sizeof(SdrPrismaTable));
	table->relid = relid;
	table->schema = get_namespace_name(RelationGetNamespace(rel));
	table->name = quote_qualified_identifier(table->schema,
											 RelationGetRelationName(rel));
	table->problem = relkind_problem(rel->rd_rel->relkind);
	table->is_table = table->problem == NULL;
	if (table->problem == NULL)
		table->problem = find_columns(rel, attnums);
	table->is_prisma = table->problem == NULL;
	if (table->problem == NULL)
		table->problem = privilege_problem(rel, attnums);
	if (table->problem == NULL && with_rows)
		read_rows(table, rows_query(table->name, attnums),
				  CurrentMemoryContext);
	relation_close(rel, NoLock);
	return table;
}

static int
table_cmp(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SdrPrismaTable *) lfirst(a))->schema,
				  ((const SdrPrismaTable *) lfirst(b))->schema);
}

/* The oids of all relations of the name but temporary ones. */
static List *
find_relations(void)
{
	Relation	pg_class = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	List	   *oids = NIL;

	ScanKeyInit(&key, Anum_pg_class_relname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(PRISMA_TABLE));
	scan = systable_beginscan(pg_class, ClassNameNspIndexId, true, NULL, 1,
							  &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relpersistence != RELPERSISTENCE_TEMP)
			oids = lappend_oid(oids, form->oid);
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	return oids;
}

/*
 * All relations called _prisma_migrations (SdrPrismaTable *), sorted by schema,
 * with their rows if wanted.  Settings must have been pinned; an active
 * snapshot is what rows are read with.
 */
List *
sdr_prisma_tables(bool with_rows)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, find_relations())
	{
		SdrPrismaTable *table = read_table(lfirst_oid(lc), with_rows);

		CHECK_FOR_INTERRUPTS();
		if (table != NULL)
			tables = lappend(tables, table);
	}
	list_sort(tables, table_cmp);
	return tables;
}
