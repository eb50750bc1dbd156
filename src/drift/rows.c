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

/* A jsonb argument; NULL is an error, as no rows must mean no drift. */
Jsonb *
sdr_jsonb_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
	return PG_GETARG_JSONB_P(n);
}

static void
option_error(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid options: %s", message),
			 errhint("%s", hint)));
}

static void
read_severities(SdrOptions *options, const JsonbValue *value)
{
	static const char hint[] = "\"severity\" is an array of: breaking, integrity, security, behaviour, cosmetic.";
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;

	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		option_error("\"severity\" is not an array", hint);
	options->severities = 0;
	it = JsonbIteratorInit(value->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		SdrSeverity severity;
		char	   *name;

		if (tok != WJB_ELEM)
			continue;
		if (v.type != jbvString)
			option_error("\"severity\" has an element that is not a string",
						 hint);
		name = pnstrdup(v.val.string.val, v.val.string.len);
		if (!sdr_severity_by_name(name, &severity))
			option_error(psprintf("unknown severity \"%s\"", name), hint);
		options->severities |= 1 << severity;
	}
	if (options->severities == 0)
		option_error("\"severity\" is empty", hint);
}

static void
read_options(SdrOptions *options, Jsonb *jsonb)
{
	static const char hint[] = "Options are an object such as {\"severity\": [\"breaking\", \"integrity\"]}.";
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	char	   *key = NULL;

	options->severities = (1 << SDR_NSEVERITIES) - 1;
	if (!JB_ROOT_IS_OBJECT(jsonb))
		option_error("object expected", hint);
	it = JsonbIteratorInit(&jsonb->root);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (tok == WJB_VALUE)
		{
			if (strcmp(key, "severity") != 0)
				option_error(psprintf("unknown option \"%s\"", key), hint);
			read_severities(options, &v);
		}
	}
}

/* Prepare the result of a function that returns drift rows. */
void
sdr_rows_begin(SdrRows *rows, FunctionCallInfo fcinfo, Jsonb *options)
{
	read_options(&rows->options, options);
	InitMaterializedSRF(fcinfo, 0);
	rows->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
}

static void
set_text(Datum *values, bool *nulls, int i, const char *text)
{
	nulls[i] = text == NULL;
	values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

/* Put one row. */
void
sdr_rows_emit(void *arg, const SdrDrift *drift)
{
	SdrRows    *rows = arg;
	const SdrObject *object = drift->object;
	const SdrObject *part = NULL;
	const char *schema = NULL;
	Datum		values[SDR_ROW_COLUMNS];
	bool		nulls[SDR_ROW_COLUMNS];

	if ((rows->options.severities & (1 << drift->severity)) == 0)
		return;

	/* a part hangs below its object, that below its schema */
	if (object->parent != NULL && object->parent->kind->id != SDR_KIND_SCHEMA)
	{
		part = object;
		object = object->parent;
	}
	if (object->kind->id == SDR_KIND_SCHEMA)
		schema = object->name;
	else if (object->parent != NULL)
		schema = object->parent->name;

	set_text(values, nulls, 0, sdr_drift_name(drift->drift));
	set_text(values, nulls, 1, drift->object->kind->name);
	set_text(values, nulls, 2, schema);
	set_text(values, nulls, 3, object->name);
	set_text(values, nulls, 4, part == NULL ? NULL : part->name);
	set_text(values, nulls, 5, drift->attribute);
	set_text(values, nulls, 6, drift->expected);
	set_text(values, nulls, 7, drift->actual);
	set_text(values, nulls, 8, sdr_severity_name(drift->severity));
	set_text(values, nulls, 9, sdr_object_identity(drift->object));
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc,
						 values, nulls);
}
