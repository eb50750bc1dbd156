/*-------------------------------------------------------------------------
 *
 * json_out.c
 *	  Objects as JSON text.
 *
 * One object has one text: attributes in the order of the table of kinds,
 * those at their default left out, children sorted.  So the text can be
 * hashed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"
#include "utils/builtins.h"
#include "utils/json.h"

/* A JSON string.  Most need no escapes, and escape_json() goes by bytes. */
void
sdr_json_string(StringInfo buf, const char *str)
{
	const unsigned char *p = (const unsigned char *) str;

	while (*p >= ' ' && *p != '"' && *p != '\\')
		p++;
	if (*p != '\0')
	{
		escape_json(buf, str);
		return;
	}
	appendStringInfoCharMacro(buf, '"');
	appendBinaryStringInfo(buf, str, (const char *) p - str);
	appendStringInfoCharMacro(buf, '"');
}

static void
write_list(StringInfo buf, const List *list)
{
	ListCell   *lc;

	appendStringInfoCharMacro(buf, '[');
	foreach(lc, list)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(buf, ", ");
		sdr_json_string(buf, lfirst(lc));
	}
	appendStringInfoCharMacro(buf, ']');
}

static void
write_map(StringInfo buf, const List *map)
{
	ListCell   *lc;

	appendStringInfoCharMacro(buf, '{');
	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoString(buf, ", ");
		sdr_json_string(buf, pair->key);
		appendStringInfoString(buf, ": ");
		sdr_json_string(buf, pair->value);
	}
	appendStringInfoCharMacro(buf, '}');
}

static void
write_value(StringInfo buf, const SdrAttr *attr, const SdrValue *value)
{
	switch (value->tag)
	{
		case SDR_VALUE_UNSET:
		case SDR_VALUE_NULL:
			appendStringInfoString(buf, "null");
			break;
		case SDR_VALUE_BOOL:
			appendStringInfoString(buf, value->u.boolean ? "true" : "false");
			break;
		case SDR_VALUE_INT:
			appendStringInfo(buf, INT64_FORMAT, value->u.integer);
			break;
		case SDR_VALUE_TEXT:
			if (attr->type == SDR_TYPE_NUMBER)
				appendStringInfoString(buf, value->u.text);
			else
				sdr_json_string(buf, value->u.text);
			break;
		case SDR_VALUE_LIST:
			write_list(buf, value->u.list);
			break;
		case SDR_VALUE_MAP:
			write_map(buf, value->u.map);
			break;
	}
}

/*
 * A value as a drift row shows it: texts, index elements and arguments as SQL
 * writes them, other lists and maps as JSON.  NULL for none.
 */
const char *
sdr_value_text(const SdrAttr *attr, const SdrValue *value)
{
	StringInfoData buf;
	ListCell   *lc;

	if (value->tag == SDR_VALUE_UNSET || value->tag == SDR_VALUE_NULL)
		return NULL;
	if (value->tag == SDR_VALUE_TEXT)
		return value->u.text;
	initStringInfo(&buf);
	if (attr->type == SDR_TYPE_KEYS || attr->type == SDR_TYPE_ARGUMENTS)
	{
		foreach(lc, value->u.list)
			appendStringInfo(&buf, "%s%s",
							 foreach_current_index(lc) > 0 ? ", " : "",
							 (char *) lfirst(lc));
	}
	else
		write_value(&buf, attr, value);
	return buf.data;
}

static inline void
write_comma(StringInfo buf, bool *first)
{
	if (!*first)
		appendBinaryStringInfo(buf, ", ", 2);
	*first = false;
}

/*
 * The attributes that are not at their default, as members of a JSON object
 * that is open and has none yet if first; returns whether it still has none.
 */
bool
sdr_json_write_attrs(StringInfo buf, const SdrObject *object, bool first)
{
	const char *group = NULL;
	int			group_len = 0;

	Assert(object->kind != NULL);
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
	{
		const SdrAttr *attr = sdr_attr(object->kind->first_attr + i);
		const SdrValue *value = &object->attrs[i];
		const char *member;

		if (value->tag == SDR_VALUE_UNSET || sdr_value_is_default(attr, value))
			continue;

		member = strchr(attr->name, '.');
		if (group != NULL &&
			(member == NULL || strncmp(attr->name, group, group_len) != 0))
		{
			appendStringInfoCharMacro(buf, '}');
			group = NULL;
		}
		write_comma(buf, &first);
		if (member != NULL && group == NULL)
		{
			group = attr->name;
			group_len = member + 1 - group;
			appendStringInfo(buf, "\"%.*s\": {", group_len - 1, group);
		}
		appendStringInfoCharMacro(buf, '"');
		appendStringInfoString(buf, member != NULL ? member + 1 : attr->name);
		appendBinaryStringInfo(buf, "\": ", 3);
		write_value(buf, attr, value);
	}
	if (group != NULL)
		appendStringInfoCharMacro(buf, '}');
	return first;
}

/*
 * The children, grouped by kind, as members of a JSON object that the caller
 * has opened; first tells whether they are its first members.
 */
static void
write_children(StringInfo buf, const SdrObject *object, bool first)
{
	const SdrKind *kind = NULL;

	for (int i = 0; i < object->nchildren; i++)
	{
		const SdrObject *child = object->children[i];

		if (child->kind != kind)
		{
			if (kind != NULL)
				appendStringInfoCharMacro(buf, '}');
			write_comma(buf, &first);
			kind = child->kind;
			appendStringInfo(buf, "\"%s\": {", kind->node);
		}
		else
			appendBinaryStringInfo(buf, ", ", 2);
		sdr_json_string(buf, child->name);
		appendBinaryStringInfo(buf, ": ", 2);
		sdr_json_write(buf, child);
	}
	if (kind != NULL)
		appendStringInfoCharMacro(buf, '}');
}

/* The whole object.  Its children must be sorted. */
void
sdr_json_write(StringInfo buf, const SdrObject *object)
{
	bool		first;

	appendStringInfoCharMacro(buf, '{');
	first = sdr_json_write_attrs(buf, object, true);
	write_children(buf, object, first);
	appendStringInfoCharMacro(buf, '}');
}
