/*-------------------------------------------------------------------------
 *
 * rows.c
 *	  Arguments and rows of the functions that report drift.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/drift.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#define SDR_ROW_COLUMNS		10

/* Prepare the result of a function that returns drift rows. */
void
sdr_rows_begin(SdrRows *rows, FunctionCallInfo fcinfo, Jsonb *options)
{
	memset(rows, 0, sizeof(SdrRows));
	sdr_options_read(&rows->options, options);
	InitMaterializedSRF(fcinfo, 0);
	rows->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
}

/*
 * Have each top-level object that differs handed over, instead.  Both sides
 * live as long as the memory context that is current when the walk begins.
 */
void
sdr_rows_collect(SdrRows *rows, Jsonb *options,
				 void (*changed) (void *changed_arg, const SdrObject *expected,
								  const SdrObject *actual, List *rows),
				 void *changed_arg)
{
	memset(rows, 0, sizeof(SdrRows));
	sdr_options_read(&rows->options, options);
	/* what makes a plan of the rows goes by the document's names */
	rows->options.renamed = NIL;
	rows->changed = changed;
	rows->changed_arg = changed_arg;
}

/* Have each row handed over, which lives no longer than the call. */
void
sdr_rows_hand(SdrRows *rows, Jsonb *options,
			  void (*row) (void *row_arg, const SdrRow *row), void *row_arg)
{
	memset(rows, 0, sizeof(SdrRows));
	sdr_options_read(&rows->options, options);
	rows->row = row;
	rows->row_arg = row_arg;
}

static void
put_row(SdrRows *rows, const SdrRow *row)
{
	const char *texts[SDR_ROW_COLUMNS] = {
		row->drift, row->kind, row->schema, row->object, row->part,
		row->attribute, row->expected, row->actual, row->severity,
		row->identity
	};
	Datum		values[SDR_ROW_COLUMNS];
	bool		nulls[SDR_ROW_COLUMNS];

	for (int i = 0; i < SDR_ROW_COLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}

/* Take one row, unless the options leave it out. */
void
sdr_rows_emit(void *arg, const SdrDrift *drift)
{
	SdrRows    *rows = arg;
	const SdrObject *object = drift->object;
	SdrRow	   *row;

	if ((rows->options.severities & (1 << drift->severity)) == 0)
		return;

	row = palloc0(sizeof(SdrRow));

	/* a part hangs below its object, that below its schema */
	if (object->parent != NULL && object->parent->kind->id != SDR_KIND_SCHEMA)
	{
		row->part = object->name;
		object = object->parent;
	}
	row->object = object->name;
	if (object->kind->id == SDR_KIND_SCHEMA)
		row->schema = object->name;
	else if (object->parent != NULL)
		row->schema = object->parent->name;

	row->drift = sdr_drift_name(drift->drift);
	row->kind = drift->object->kind->name;
	row->attribute = drift->attribute;
	row->expected = drift->expected;
	row->actual = drift->actual;
	row->severity = sdr_severity_name(drift->severity);
	row->identity = sdr_object_identity(drift->object);
	row->cause = *drift;

	rows->pending = lappend(rows->pending, row);
}

/*
 * Put the rows taken since the last call, which are about these two objects,
 * either of which may be NULL.  True if the objects must be kept.
 */
bool
sdr_rows_flush(SdrRows *rows, const SdrObject *expected,
			   const SdrObject *actual)
{
	List	   *taken = NIL;
	ListCell   *lc;

	foreach(lc, rows->pending)
	{
		SdrRow	   *row = lfirst(lc);
		bool		ignored = sdr_ignored(rows->options.ignore, row);

		if (ignored)
			rows->suppressed++;
		if (ignored != rows->options.suppressed)
			continue;
		if (rows->changed != NULL)
			taken = lappend(taken, row);
		else if (rows->row != NULL)
			rows->row(rows->row_arg, row);
		else
			put_row(rows, row);
	}
	rows->pending = NIL;
	if (taken == NIL)
		return false;
	rows->changed(rows->changed_arg, expected, actual, taken);
	return true;
}

/* Say what rules have hidden, so that none hides it silently. */
void
sdr_rows_end(SdrRows *rows)
{
	Assert(rows->pending == NIL);
	if (rows->suppressed > 0 && !rows->options.suppressed)
		ereport(NOTICE,
				(errmsg_plural("%lld difference is suppressed by ignore rules",
							   "%lld differences are suppressed by ignore rules",
							   (unsigned long) rows->suppressed,
							   (long long) rows->suppressed),
				 errhint("The option {\"suppressed\": true} lists them.")));
}
