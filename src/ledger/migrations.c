/*-------------------------------------------------------------------------
 *
 * migrations.c
 *	  schemadrift_migrations(), which the view schemadrift.migrations shows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "ledger/history.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_migrations);

#define COLUMNS		20

/* The row that is being filled. */
typedef struct Row
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];
	int			n;
} Row;

static void
put(Row *row, bool isnull, Datum value)
{
	Assert(row->n < COLUMNS);
	row->nulls[row->n] = isnull;
	row->values[row->n++] = value;
}

static void
put_text(Row *row, const char *text)
{
	put(row, text == NULL, text == NULL ? (Datum) 0 : CStringGetTextDatum(text));
}

static void
put_time(Row *row, TimestampTz time)
{
	put(row, time == SDR_NO_TIME, TimestampTzGetDatum(time));
}

static Datum
make_number(const char *digits)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(digits),
							   ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/* The path of the file from the directory on that was registered. */
static const char *
file_path(const SdrFile *file)
{
	if (file == NULL || *file->directory == '\0')
		return file == NULL ? NULL : file->path;
	return psprintf("%s/%s", file->directory, file->path);
}

static void
fill_row(Row *row, const SdrMigration *migration, int place)
{
	row->n = 0;
	put(row, false, Int64GetDatum(place));
	put_text(row, migration->name);
	put_text(row, (migration->facts & SDR_FACT_PRISMA) != 0 ? "prisma" :
			 "manual");
	put_text(row, sdr_migration_state_name(migration->state));
	put(row, false, BoolGetDatum(migration->out_of_order));
	put(row, false, BoolGetDatum(migration->duplicate_number));
	put(row, false, BoolGetDatum(migration->gap));
	put_text(row, migration->next);
	put(row, migration->number == NULL,
		migration->number == NULL ? (Datum) 0 : make_number(migration->number));
	put_text(row, migration->number == NULL ? NULL : migration->suffix);
	put_text(row, file_path(migration->file));
	put_text(row, migration->history);
	put_text(row, migration->proof);
	put(row, false, Int32GetDatum(migration->attempts));
	put_time(row, migration->started_at);
	put_time(row, migration->finished_at);
	put_text(row, migration->applied_by);
	put_text(row, migration->checksum);
	put_text(row, migration->file == NULL ||
			 migration->file->nchecksums == 0 ? NULL :
			 migration->file->checksums[0]);
	put_text(row, migration->error);
}

/* schemadrift_migrations() - a row for each migration, in order. */
Datum
schemadrift_migrations(PG_FUNCTION_ARGS)
{
	SdrHistory *history;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	history = sdr_history_load(false);
	for (int i = 0; i < history->nmigrations; i++)
	{
		Row			row;

		fill_row(&row, history->migrations[i], i + 1);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row.values,
							 row.nulls);
	}
	return (Datum) 0;
}
