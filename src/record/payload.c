/*-------------------------------------------------------------------------
 *
 * payload.c
 *	  Payloads of records: JSON objects whose members are columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"
#include "record/record.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

static void
add_name(StringInfo buf, const char *name)
{
	appendStringInfo(buf, "%s\"%s\": ", buf->len == 0 ? "{" : ", ", name);
}

void
sdr_payload_text(StringInfo buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add_name(buf, name);
	sdr_json_string(buf, value);
}

void
sdr_payload_int(StringInfo buf, const char *name, int64 value)
{
	add_name(buf, name);
	appendStringInfo(buf, INT64_FORMAT, value);
}

void
sdr_payload_bool(StringInfo buf, const char *name, bool value)
{
	add_name(buf, name);
	appendStringInfoString(buf, value ? "true" : "false");
}

/* A list of strings; an empty one is left out too. */
void
sdr_payload_texts(StringInfo buf, const char *name, const List *values)
{
	ListCell   *lc;

	if (values == NIL)
		return;
	add_name(buf, name);
	foreach(lc, values)
	{
		appendStringInfoString(buf, foreach_current_index(lc) == 0 ? "[" : ", ");
		sdr_json_string(buf, lfirst(lc));
	}
	appendStringInfoChar(buf, ']');
}

void
sdr_payload_uuid(StringInfo buf, const char *name, const pg_uuid_t *value)
{
	sdr_payload_text(buf, name,
					 DatumGetCString(DirectFunctionCall1(uuid_out,
														 UUIDPGetDatum(value))));
}

/* Close the object. */
char *
sdr_payload_end(StringInfo buf)
{
	appendStringInfoString(buf, buf->len == 0 ? "{}" : "}");
	return buf->data;
}
