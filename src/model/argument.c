/*-------------------------------------------------------------------------
 *
 * argument.c
 *	  Arguments of SQL functions that must not be null.
 *
 * None of the functions is STRICT, as no rows must mean that nothing was
 * found, and nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"
#include "utils/builtins.h"

void
sdr_require_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
}

char *
sdr_text_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	sdr_require_arg(fcinfo, n, name);
	return text_to_cstring(PG_GETARG_TEXT_PP(n));
}

Jsonb *
sdr_jsonb_arg(FunctionCallInfo fcinfo, int n, const char *name)
{
	sdr_require_arg(fcinfo, n, name);
	return PG_GETARG_JSONB_P(n);
}
