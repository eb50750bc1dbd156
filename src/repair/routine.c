/*-------------------------------------------------------------------------
 *
 * routine.c
 *	  Functions and procedures.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* The name of a routine, quoted and qualified, without its arguments. */
const char *
sdr_routine_plain_name(const SdrObject *routine)
{
	const char *identity = sdr_object_identity(routine);
	bool		quoted = false;
	int			len = 0;

	while (identity[len] != '\0' && (quoted || identity[len] != '('))
	{
		if (identity[len] == '"')
			quoted = !quoted;
		len++;
	}
	return pnstrdup(identity, len);
}

static void
append_settings(StringInfo buf, const SdrObject *routine,
				const SdrRoutineAttrs *attrs)
{
	const char *path = sdr_text(routine, attrs->search_path);
	ListCell   *lc;

	if (path != NULL)
		appendStringInfo(buf, "\nSET search_path TO %s",
						 sdr_setting_names(path));
	foreach(lc, sdr_items(routine, attrs->config))
	{
		const SdrPair *pair = lfirst(lc);

		appendStringInfo(buf, "\nSET %s TO %s",
						 sdr_parameter_name(pair->key),
						 sdr_setting_value(pair->key, pair->value));
	}
}

static void
append_body(StringInfo buf, const SdrObject *routine,
			const SdrRoutineAttrs *attrs)
{
	const char *body = sdr_text(routine, attrs->body);
	const char *library = sdr_text(routine, attrs->library);

	if (sdr_is_set(routine, attrs->sql_body))
		appendStringInfo(buf, "\n%s", sdr_text(routine, attrs->sql_body));
	else if (library != NULL)
		appendStringInfo(buf, "\nAS %s, %s", sdr_literal(library),
						 sdr_literal(body));
	else
		appendStringInfo(buf, "\nAS %s", sdr_literal(body == NULL ? "" : body));
}

/* What only functions have. */
static void
append_function_attributes(StringInfo buf, const SdrObject *function)
{
	const char *volatility = sdr_text(function, SDR_FUNCTION_VOLATILITY);
	const char *parallel = sdr_text(function, SDR_FUNCTION_PARALLEL);
	const char *support = sdr_text(function, SDR_FUNCTION_SUPPORT);
	const char *returns = sdr_text(function, SDR_FUNCTION_RETURNS);
	const char *cost = sdr_text(function, SDR_FUNCTION_COST);
	const char *rows = sdr_text(function, SDR_FUNCTION_ROWS);

	if (sdr_true(function, SDR_FUNCTION_WINDOW))
		appendStringInfoString(buf, " WINDOW");
	if (strcmp(volatility, "volatile") != 0)
		appendStringInfo(buf, " %s", sdr_upper(volatility));
	if (sdr_true(function, SDR_FUNCTION_LEAKPROOF))
		appendStringInfoString(buf, " LEAKPROOF");
	if (sdr_true(function, SDR_FUNCTION_STRICT))
		appendStringInfoString(buf, " STRICT");
	if (strcmp(parallel, "unsafe") != 0)
		appendStringInfo(buf, " PARALLEL %s", sdr_upper(parallel));
	if (cost != NULL && !sdr_value(function, SDR_FUNCTION_COST)->implied)
		appendStringInfo(buf, " COST %s", cost);
	if (rows != NULL && strcmp(rows, "1000") != 0 &&
		(strncmp(returns, "SETOF", 5) == 0 || strncmp(returns, "TABLE", 5) == 0))
		appendStringInfo(buf, " ROWS %s", rows);
	if (support != NULL)
		appendStringInfo(buf, " SUPPORT %s", support);
}

/* Does the result stand among the arguments, as OUT and INOUT? */
static bool
has_output_arguments(const SdrObject *routine, const SdrRoutineAttrs *attrs)
{
	ListCell   *lc;

	foreach(lc, sdr_items(routine, attrs->arguments))
	{
		if (strncmp(lfirst(lc), "OUT ", 4) == 0 ||
			strncmp(lfirst(lc), "INOUT ", 6) == 0)
			return true;
	}
	return false;
}

static void
put_routine(SdrPlan *plan, const SdrObject *routine, bool replace)
{
	const SdrRoutineAttrs *attrs = sdr_routine_attrs(routine);
	bool		is_function = routine->kind->id == SDR_KIND_FUNCTION;
	List	   *transforms = NIL;
	StringInfoData buf;
	SdrStep    *step;
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %s%s %s(%s)", replace ? "OR REPLACE " : "",
					 sdr_sql_type(routine), sdr_routine_plain_name(routine),
					 sdr_join(sdr_items(routine, attrs->arguments), ", "));
	if (is_function && !has_output_arguments(routine, attrs))
		appendStringInfo(&buf, "\nRETURNS %s", sdr_text(routine, attrs->returns));
	appendStringInfo(&buf, "\nLANGUAGE %s",
					 quote_identifier(sdr_text(routine, attrs->language)));
	foreach(lc, sdr_items(routine, attrs->transforms))
		transforms = lappend(transforms, psprintf("FOR TYPE %s",
												  (char *) lfirst(lc)));
	if (transforms != NIL)
		appendStringInfo(&buf, " TRANSFORM %s", sdr_join(transforms, ", "));
	if (is_function)
		append_function_attributes(&buf, routine);
	if (sdr_true(routine, attrs->security_definer))
		appendStringInfoString(&buf, " SECURITY DEFINER");
	append_settings(&buf, routine, attrs);
	append_body(&buf, routine, attrs);
	step = sdr_step(plan, SDR_STAGE_FUNCTION, routine, "%s", buf.data);
	step->makes = sdr_object_identity(routine);
}

static void
create_routine(SdrPlan *plan, const SdrObject *routine)
{
	put_routine(plan, routine, false);
}

/* The part of an argument that CREATE OR REPLACE may change: its default. */
static const char *
without_default(const char *argument)
{
	const char *dflt = strstr(argument, " DEFAULT ");

	return dflt == NULL ? argument : pnstrdup(argument, dflt - argument);
}

/* Does CREATE OR REPLACE accept this in place of that? */
static bool
can_replace(const SdrObject *want, const SdrObject *have)
{
	const SdrRoutineAttrs *attrs = sdr_routine_attrs(want);
	List	   *new = sdr_items(want, attrs->arguments);
	List	   *old = sdr_items(have, attrs->arguments);
	ListCell   *n;
	ListCell   *o;

	if (list_length(new) != list_length(old))
		return false;
	forboth(n, new, o, old)
	{
		if (strcmp(without_default(lfirst(n)), without_default(lfirst(o))) != 0)
			return false;
		if (strstr(lfirst(n), " DEFAULT ") == NULL &&
			strstr(lfirst(o), " DEFAULT ") != NULL)
			return false;
	}
	if (want->kind->id != SDR_KIND_FUNCTION)
		return true;
	return strcmp(sdr_text(want, SDR_FUNCTION_RETURNS),
				  sdr_text(have, SDR_FUNCTION_RETURNS)) == 0 &&
		sdr_true(want, SDR_FUNCTION_WINDOW) ==
		sdr_true(have, SDR_FUNCTION_WINDOW);
}

/* The whole of a routine is given anew, once for all that differs. */
static void
mend_routine(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);

	if (!can_replace(want, mend->have))
	{
		sdr_remake(plan, mend->want, mend->have);
		return;
	}
	if (sdr_is_first(plan, mend->want))
		put_routine(plan, want, true);
}

static void
mend_search_path(SdrPlan *plan, const SdrMend *mend)
{
	sdr_step(plan, SDR_STAGE_PROPERTY, mend->want, "%s%s",
			 sdr_render(mend->rule->set, mend->want, &mend->value),
			 mend->value.tag != SDR_VALUE_TEXT ? "RESET search_path" :
			 psprintf("SET search_path TO %s",
					  sdr_setting_names(mend->value.u.text)));
}

#define SDR_ALTER_FUNCTION	"ALTER FUNCTION {identity} "
#define SDR_ALTER_PROCEDURE	"ALTER PROCEDURE {identity} "

static const SdrRule function_rules[] = {
	{SDR_FUNCTION_ARGUMENTS,.mend = mend_routine},
	{SDR_FUNCTION_RETURNS,.mend = mend_routine},
	{SDR_FUNCTION_LANGUAGE,.mend = mend_routine},
	{SDR_FUNCTION_BODY,.mend = mend_routine},
	{SDR_FUNCTION_SQL_BODY,.mend = mend_routine},
	{SDR_FUNCTION_LIBRARY,.mend = mend_routine},
	{SDR_FUNCTION_WINDOW,.mend = mend_routine},
	{SDR_FUNCTION_SUPPORT,.mend = mend_routine},
	{SDR_FUNCTION_TRANSFORMS,.mend = mend_routine},
	{SDR_FUNCTION_CONFIG, "ALTER FUNCTION {identity}",.mend = sdr_mend_settings},
	{SDR_FUNCTION_COST,.mend = mend_routine},
	{SDR_FUNCTION_ROWS,.mend = mend_routine},
	{SDR_FUNCTION_VOLATILITY, SDR_ALTER_FUNCTION "{word}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_FUNCTION_STRICT, SDR_ALTER_FUNCTION "STRICT",
		SDR_ALTER_FUNCTION "CALLED ON NULL INPUT", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_FUNCTION_SECURITY_DEFINER, SDR_ALTER_FUNCTION "SECURITY DEFINER",
		SDR_ALTER_FUNCTION "SECURITY INVOKER", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_FUNCTION_LEAKPROOF, SDR_ALTER_FUNCTION "LEAKPROOF",
		SDR_ALTER_FUNCTION "NOT LEAKPROOF", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_FUNCTION_SEARCH_PATH, SDR_ALTER_FUNCTION,.mend = mend_search_path},
	{SDR_FUNCTION_PARALLEL, SDR_ALTER_FUNCTION "PARALLEL {word}", NULL, SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_function_mender = {
	.kind = SDR_KIND_FUNCTION,
	.type = "FUNCTION",
	.create = create_routine,
	.rules = function_rules
};

static const SdrRule procedure_rules[] = {
	{SDR_PROCEDURE_ARGUMENTS,.mend = mend_routine},
	{SDR_PROCEDURE_LANGUAGE,.mend = mend_routine},
	{SDR_PROCEDURE_BODY,.mend = mend_routine},
	{SDR_PROCEDURE_SQL_BODY,.mend = mend_routine},
	{SDR_PROCEDURE_LIBRARY,.mend = mend_routine},
	{SDR_PROCEDURE_TRANSFORMS,.mend = mend_routine},
	{SDR_PROCEDURE_CONFIG, "ALTER PROCEDURE {identity}",.mend = sdr_mend_settings},
	{SDR_PROCEDURE_SECURITY_DEFINER, SDR_ALTER_PROCEDURE "SECURITY DEFINER",
		SDR_ALTER_PROCEDURE "SECURITY INVOKER", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_PROCEDURE_SEARCH_PATH, SDR_ALTER_PROCEDURE,.mend = mend_search_path},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_procedure_mender = {
	.kind = SDR_KIND_PROCEDURE,
	.type = "PROCEDURE",
	.create = create_routine,
	.rules = procedure_rules
};
