/*-------------------------------------------------------------------------
 *
 * repair_apply.c
 *	  schemadrift_repair_apply(): runs a repair as a migration.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "ledger/ledger.h"
#include "model/model.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_repair_apply);

#define NCOLUMNS	10

/* Arguments of schemadrift_repair_apply(). */
enum
{
	ARG_EXPECTED,
	ARG_OPTIONS,
	ARG_NAME,
	ARG_REMARK
};

/* Is a boolean among the options set? */
static bool
option_is_true(Jsonb *options, const char *name)
{
	JsonbValue	value;

	return JB_ROOT_IS_OBJECT(options) &&
		getKeyJsonValueFromContainer(&options->root, name, strlen(name),
									 &value) != NULL &&
		value.type == jbvBool && value.val.boolean;
}

/* Options that have a meaning only where nothing is run. */
static void
check_options(Jsonb *options)
{
	static const struct
	{
		const char *name;
		const char *hint;
	}			refused[] = {
		{"adopt", "The live database is as it is to be; schemadrift_migration() returns the migration."},
		{"verify", "schemadrift_repair() tries the steps and undoes them; here they are run."},
	};

	for (int i = 0; i < lengthof(refused); i++)
	{
		if (option_is_true(options, refused[i].name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" is not for schemadrift_repair_apply()",
							refused[i].name),
					 errhint("%s", refused[i].hint)));
	}
}

/* The name of a repair that was given none: when it was run. */
static char *
default_name(void)
{
	Datum		stamp = DirectFunctionCall2(timestamptz_to_char,
											TimestampTzGetDatum(GetCurrentTimestamp()),
											CStringGetTextDatum("YYYYMMDDHH24MISSUS"));

	return psprintf("repair_%s", TextDatumGetCString(stamp));
}

static void
put_step(ReturnSetInfo *rsinfo, int number, const SdrRepairStep *step)
{
	const char *texts[NCOLUMNS] = {
		[1] = step->sql,[2] = step->kind,[3] = step->identity,
		[5] = step->risk,[6] = step->lock,[8] = step->note,
		[9] = step->verdict
	};
	Datum		values[NCOLUMNS];
	bool		nulls[NCOLUMNS];

	for (int i = 0; i < NCOLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	values[0] = Int32GetDatum(number);
	values[4] = step->mends;
	values[7] = BoolGetDatum(step->transactional);
	nulls[0] = nulls[4] = false;
	nulls[7] = step->sql == NULL;
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* What came of each step. */
static bool
judge_steps(List *steps, bool applied)
{
	bool		any = false;
	ListCell   *lc;

	foreach(lc, steps)
	{
		SdrRepairStep *step = lfirst(lc);

		if (step->sql == NULL)
			step->verdict = "not done";
		else if (!step->transactional)
			step->verdict = "left: to be run by itself, outside a transaction";
		else
		{
			step->verdict = applied ? "ran" : "not run: the migration is applied already";
			any = true;
		}
	}
	return any;
}

/* Drift that is there still, as steps without a statement. */
static List *
remaining_drift(Jsonb *expected, Jsonb *options)
{
	static const char *const query =
	"SELECT NULL, kind, identity, '{}'::pg_catalog.text[], NULL, NULL, NULL, "
	"pg_catalog.concat_ws(' ', drift, attribute), 'remains' "
	"FROM pg_catalog.schemadrift_check($1, $2 OPERATOR(pg_catalog.-) "
	"'{adopt,destructive,concurrently,validate_later,count_loss,verify,idempotent}'::pg_catalog.text[])";

	return sdr_repair_rows(query, expected, options);
}

/* Run the steps as a migration of that name; false if it is applied already. */
static bool
run_steps(List *steps, char *name, bool destructive, const char *note)
{
	SdrGiven	migration = {0};
	int			guc_level = NewGUCNestLevel();
	bool		applied;

	/* what a body of text needs may come later */
	(void) set_config_option("check_function_bodies", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	migration.name = name;
	sdr_given_script(&migration, sdr_repair_script(steps, NULL));
	sdr_given_parse(&migration);
	applied = sdr_given_apply(&migration, destructive, note);
	AtEOXact_GUC(false, guc_level);
	return applied;
}

/*
 * schemadrift_repair_apply(expected jsonb, options jsonb, name text, remark
 * text) - the steps of schemadrift_repair() with what came of each, and the
 * drift that remains.
 */
Datum
schemadrift_repair_apply(PG_FUNCTION_ARGS)
{
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, ARG_EXPECTED, "expected");
	Jsonb	   *options = sdr_jsonb_arg(fcinfo, ARG_OPTIONS, "options");
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = PG_ARGISNULL(ARG_NAME) ? default_name() :
	sdr_migration_name(text_to_cstring(PG_GETARG_TEXT_PP(ARG_NAME)));
	List	   *steps;
	bool		applied = true;
	int			number = 0;
	ListCell   *lc;

	sdr_ledger_writable("schemadrift_repair_apply()");
	check_options(options);
	InitMaterializedSRF(fcinfo, 0);
	steps = sdr_repair_steps(expected, options);
	if (judge_steps(steps, true))
		applied = run_steps(steps, name, option_is_true(options, "destructive"),
							PG_ARGISNULL(ARG_REMARK) ? NULL :
							text_to_cstring(PG_GETARG_TEXT_PP(ARG_REMARK)));
	(void) judge_steps(steps, applied);
	CommandCounterIncrement();
	steps = list_concat(steps, remaining_drift(expected, options));
	foreach(lc, steps)
		put_step(rsinfo, ++number, lfirst(lc));
	return (Datum) 0;
}
