/*-------------------------------------------------------------------------
 *
 * resolve_prisma.c
 *	  Resolves migrations of Prisma, as `prisma migrate resolve` does.
 *
 * The rows are written with the privileges of the caller, as Prisma writes
 * them with those of its user.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static bool
has_rows(const SdrPrismaTable *table, const char *name)
{
	for (int64 i = 0; i < table->nrows; i++)
	{
		if (table->rows[i].name != NULL &&
			strcmp(table->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

/*
 * Could the name be one of Prisma's?  It is in a table, or it is to be marked
 * as applied and there is a registered file.
 */
bool
sdr_prisma_knows(const List *tables, const char *name, bool applied)
{
	ListCell   *lc;

	foreach(lc, tables)
	{
		if (has_rows(lfirst(lc), name))
			return true;
	}
	return applied && sdr_registered_checksum(name, "prisma", NULL) != NULL;
}

/*
 * The table to write: one with rows of that name, or any if there is none.
 * Of several, the one that Prisma would see, by the search path.  NULL if
 * there is no table at all.
 */
static const SdrPrismaTable *
choose_table(const List *tables, const char *name, bool any)
{
	const SdrPrismaTable *chosen = NULL;
	bool		several = false;
	ListCell   *lc;

	foreach(lc, tables)
	{
		const SdrPrismaTable *table = lfirst(lc);

		if (table->problem != NULL || (!any && !has_rows(table, name)))
			continue;
		if (RelationIsVisible(table->relid))
			return table;
		several = chosen != NULL;
		chosen = table;
	}
	if (several)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_PARAMETER),
				 errmsg("migration \"%s\" could be of more than one table \"_prisma_migrations\"", name),
				 errhint("Put the schema of the right one into search_path.")));
	return chosen;
}

/* Rows of the name, by what they say. */
typedef struct Tally
{
	int			rows;
	int			finished;		/* also if rolled back since */
	int			failed;			/* neither finished nor rolled back */
	const char *checksum;		/* of a failed row */
} Tally;

static Tally
tally_rows(const SdrPrismaTable *table, const char *name)
{
	Tally		tally = {0};

	for (int64 i = 0; table != NULL && i < table->nrows; i++)
	{
		const SdrPrismaRow *row = &table->rows[i];

		if (row->name == NULL || strcmp(row->name, name) != 0)
			continue;
		tally.rows++;
		if (row->finished_at != SDR_NO_TIME)
			tally.finished++;
		else if (row->rolled_back_at == SDR_NO_TIME)
		{
			tally.failed++;
			tally.checksum = row->checksum;
		}
	}
	return tally;
}

/* Both by rules of Prisma; the codes are those that it shows. */
static void
refuse(const char *name, const Tally *tally, bool applied)
{
	if (applied && tally->finished > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" is recorded as applied", name),
				 errdetail("Prisma calls this P3008.")));
	if (!applied && tally->rows > 0 && tally->finished == tally->rows)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("migration \"%s\" cannot be rolled back, as it is not in a failed state", name),
				 errdetail("Prisma calls this P3012.")));
	if (!applied && tally->rows == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("migration \"%s\" has no row in the table \"_prisma_migrations\"", name),
				 errdetail("Prisma calls this P3011.")));
}

static void
run_as_caller(const char *sql, int nargs, Oid *types, Datum *values)
{
	if (SPI_execute_with_args(sql, nargs, types, values, NULL, false, 0) < 0)
		elog(ERROR, "could not write the rows of Prisma");
}

static void
mark_rolled_back(const char *relation, const char *name, TimestampTz now)
{
	Oid			types[] = {TIMESTAMPTZOID, TEXTOID};
	Datum		values[] = {TimestampTzGetDatum(now), CStringGetTextDatum(name)};

	run_as_caller(psprintf("UPDATE %s SET rolled_back_at = $1"
						   " WHERE migration_name OPERATOR(pg_catalog.=) $2"
						   " AND finished_at IS NULL AND rolled_back_at IS NULL",
						   relation),
				  2, types, values);
}

static void
insert_applied(const char *relation, const char *name, const char *checksum,
			   TimestampTz now)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID};
	pg_uuid_t	id;
	Datum		values[4];

	sdr_new_uuid(&id);
	values[0] = CStringGetTextDatum(sdr_uuid_text(&id));
	values[1] = CStringGetTextDatum(checksum);
	values[2] = CStringGetTextDatum(name);
	values[3] = TimestampTzGetDatum(now);
	run_as_caller(psprintf("INSERT INTO %s (id, checksum, logs, started_at,"
						   " finished_at, migration_name)"
						   " VALUES ($1, $2, '', $4, $4, $3)", relation),
				  4, types, values);
}

/*
 * Mark the migration as applied or rolled back.  With the lock held, and the
 * tables read since.
 */
void
sdr_prisma_resolve(const List *tables, const char *name, bool applied)
{
	bool		any = !sdr_prisma_knows(tables, name, false);
	const SdrPrismaTable *table = choose_table(tables, name, any);
	Tally		tally = tally_rows(table, name);
	const char *relation = "_prisma_migrations";
	const char *checksum = NULL;
	TimestampTz now = GetCurrentTimestamp();

	refuse(name, &tally, applied);
	if (applied)
	{
		checksum = sdr_registered_checksum(name, "prisma", NULL);
		if (checksum == NULL)
			checksum = tally.checksum;
		if (checksum == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("no file of migration \"%s\" is registered", name),
					 errdetail("Its checksum is to be recorded.  Prisma calls this P3017."),
					 errhint("Register the migrations folder with schemadrift_register().")));
	}

	SPI_connect();
	if (table != NULL)
		relation = table->name;
	else
		run_as_caller(SDR_PRISMA_TABLE_SQL, 0, NULL, NULL);
	mark_rolled_back(relation, name, now);
	if (applied)
		insert_applied(relation, name, checksum, now);
	SPI_finish();
}
