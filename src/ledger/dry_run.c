/*-------------------------------------------------------------------------
 *
 * dry_run.c
 *	  schemadrift_dry_run(): what a migration would change.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "funcapi.h"
#include "ledger/ledger.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_dry_run);

#define NCOLUMNS	(1 + SDR_CHANGE_COLUMNS + 1)

/* Put a row: what it is about, the columns of a drift row, a message. */
static void
put_row(ReturnSetInfo *rsinfo, const char *report, const SdrChange *change,
		const char *message)
{
	const char *texts[NCOLUMNS] = {report};
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];

	if (change != NULL)
		memcpy(&texts[1], change->columns, sizeof(change->columns));
	texts[NCOLUMNS - 1] = message;
	for (int i = 0; i < NCOLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static const char *
relkind_name(char relkind)
{
	switch (relkind)
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			return "index";
		case RELKIND_SEQUENCE:
			return "sequence";
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		default:
			return "table";
	}
}

/* The columns of a drift row that say which relation it is about. */
void
sdr_change_of(SdrChange *change, const SdrTouched *touched,
			  const char *attribute, const char *actual)
{
	memset(change, 0, sizeof(*change));
	change->columns[SDR_CHANGE_KIND] = relkind_name(touched->relkind);
	change->columns[SDR_CHANGE_SCHEMA] = touched->schema;
	change->columns[SDR_CHANGE_OBJECT] = touched->name;
	change->columns[SDR_CHANGE_ATTRIBUTE] = attribute;
	change->columns[SDR_CHANGE_ACTUAL] = actual;
	change->columns[SDR_CHANGE_IDENTITY] =
		quote_qualified_identifier(touched->schema, touched->name);
}

static void
put_pass(ReturnSetInfo *rsinfo, const char *report, const char *data_report,
		 const SdrPass *pass)
{
	ListCell   *lc;
	SdrChange	change;

	foreach(lc, pass->changes)
		put_row(rsinfo, report, lfirst(lc), NULL);
	foreach(lc, pass->data)
	{
		SdrTouched *touched = lfirst(lc);

		sdr_change_of(&change, touched, "rows", touched->text);
		change.columns[SDR_CHANGE_DRIFT] = "changed";
		put_row(rsinfo, data_report, &change, NULL);
	}
}

static void
put_locks(ReturnSetInfo *rsinfo, const List *locks)
{
	ListCell   *lc;
	SdrChange	change;

	foreach(lc, locks)
	{
		SdrTouched *touched = lfirst(lc);

		sdr_change_of(&change, touched, "lock",
					  GetLockmodeName(DEFAULT_LOCKMETHOD, touched->mode));
		put_row(rsinfo, "lock", &change, NULL);
	}
}

/* Whether a second run succeeds and changes nothing. */
static void
put_second(ReturnSetInfo *rsinfo, const SdrPass *second)
{
	SdrChange	change = {0};

	change.columns[SDR_CHANGE_ATTRIBUTE] = "idempotent";
	change.columns[SDR_CHANGE_ACTUAL] = sdr_pass_is_clean(second) ? "yes" : "no";
	put_row(rsinfo, "second run", &change,
			second->error == NULL ? NULL : sdr_error_text(second->error));
	put_pass(rsinfo, "second run", "second run", second);
}

/*
 * schemadrift_dry_run(name text, script text) - rows about changes, data,
 * locks and a second run.
 */
Datum
schemadrift_dry_run(PG_FUNCTION_ARGS)
{
	SdrGiven	migration;
	SdrTrial	trial;
	ReturnSetInfo *rsinfo;
	ListCell   *lc;

	sdr_ledger_writable("schemadrift_dry_run()");
	sdr_given_read(fcinfo, &migration, true);
	sdr_given_parse(&migration);
	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	sdr_lock_take(false);
	sdr_trial(&migration, true, &trial);
	if (trial.first.error != NULL)
		ReThrowError(trial.first.error);

	put_pass(rsinfo, "change", "data", &trial.first);
	put_locks(rsinfo, trial.locks);
	foreach(lc, trial.notes)
		put_row(rsinfo, "note", NULL, lfirst(lc));
	put_second(rsinfo, &trial.second);
	return (Datum) 0;
}
