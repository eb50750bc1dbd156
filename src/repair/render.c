/*-------------------------------------------------------------------------
 *
 * render.c
 *	  SQL from templates and values.
 *
 * In a template stand in braces:
 *	  identity	identity of the object
 *	  table		identity of the object that it is a part of
 *	  schema	name of its schema, quoted
 *	  name		its own name, quoted
 *	  value		the value as it stands: SQL, a number
 *	  literal	the value as a string constant
 *	  quoted	the value as an identifier
 *	  operator	the value, an operator with its arguments, as OPERATOR(name)
 *	  word		the value in upper case
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/formatting.h"
#include "utils/guc.h"
#include "utils/varlena.h"

/* A string constant. */
const char *
sdr_literal(const char *text)
{
	return quote_literal_cstr(text);
}

/* Key words, which documents have in lower case. */
const char *
sdr_upper(const char *words)
{
	return asc_toupper(words, strlen(words));
}

/* Texts with something between them. */
const char *
sdr_join(const List *texts, const char *separator)
{
	StringInfoData buf;
	const ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, texts)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? separator : "",
						 (const char *) lfirst(lc));
	return buf.data;
}

/* A list of names. */
const char *
sdr_names(const List *names)
{
	StringInfoData buf;
	const ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 quote_identifier(lfirst(lc)));
	return buf.data;
}

/* The name of a storage parameter, which may be one of the TOAST table. */
const char *
sdr_parameter_name(const char *name)
{
	const char *dot = strchr(name, '.');

	if (dot == NULL)
		return quote_identifier(name);
	return psprintf("%s.%s", quote_identifier(pnstrdup(name, dot - name)),
					quote_identifier(dot + 1));
}

/* What stands between the parentheses of WITH or SET. */
const char *
sdr_storage_options(const List *map)
{
	StringInfoData buf;
	const ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);

		appendStringInfo(&buf, "%s%s = %s", buf.len > 0 ? ", " : "",
						 sdr_parameter_name(pair->key), sdr_literal(pair->value));
	}
	return buf.data;
}

/* The names in a list of quoted identifiers, as constants. */
const char *
sdr_setting_names(const char *list)
{
	List	   *texts = NIL;
	List	   *names;
	ListCell   *lc;

	if (!SplitGUCList(pstrdup(list), ',', &names))
		return sdr_literal(list);
	foreach(lc, names)
		texts = lappend(texts, unconstify(char *, sdr_literal(lfirst(lc))));
	return texts == NIL ? "''" : sdr_join(texts, ", ");
}

/* Of a qualified name, the name itself without its quotes. */
const char *
sdr_plain_name(const char *qualified)
{
	List	   *names;

	if (!SplitIdentifierString(pstrdup(qualified), '.', &names) || names == NIL)
		return qualified;
	return llast(names);
}

/* The value of a setting behind TO: a list of names is not one constant. */
const char *
sdr_setting_value(const char *name, const char *value)
{
	if ((GetConfigOptionFlags(name, true) & GUC_LIST_QUOTE) != 0)
		return sdr_setting_names(value);
	return sdr_literal(value);
}

/* The type of the database that has this name; InvalidOid if none has. */
Oid
sdr_type_named(const char *name)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		result;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = CStringGetTextDatum(name);
	fcinfo->args[0].isnull = false;
	result = to_regtype(fcinfo);
	return fcinfo->isnull ? InvalidOid : DatumGetObjectId(result);
}

static const char *
value_text(const SdrValue *value)
{
	switch (value->tag)
	{
		case SDR_VALUE_BOOL:
			return value->u.boolean ? "true" : "false";
		case SDR_VALUE_INT:
			return psprintf(INT64_FORMAT, value->u.integer);
		case SDR_VALUE_TEXT:
			return value->u.text;
		case SDR_VALUE_LIST:
			return sdr_join(value->u.list, ", ");
		default:
			return "";
	}
}

static const char *
schema_of(const SdrObject *object)
{
	while (object != NULL && object->kind->id != SDR_KIND_SCHEMA)
		object = object->parent;
	return object == NULL ? "" : object->name;
}

static const char *
its_identity(const SdrObject *object, const SdrValue *value)
{
	return sdr_object_identity(object);
}

static const char *
its_table(const SdrObject *object, const SdrValue *value)
{
	return sdr_object_identity(object->parent);
}

static const char *
its_schema(const SdrObject *object, const SdrValue *value)
{
	return quote_identifier(schema_of(object));
}

static const char *
its_name(const SdrObject *object, const SdrValue *value)
{
	return quote_identifier(object->name);
}

static const char *
as_it_stands(const SdrObject *object, const SdrValue *value)
{
	return value_text(value);
}

static const char *
as_literal(const SdrObject *object, const SdrValue *value)
{
	return sdr_literal(value_text(value));
}

static const char *
as_quoted(const SdrObject *object, const SdrValue *value)
{
	return quote_identifier(value_text(value));
}

/* m.=(integer,integer) in the place of a name. */
static const char *
as_operator(const SdrObject *object, const SdrValue *value)
{
	const char *text = value_text(value);
	const char *paren = strchr(text, '(');

	return psprintf("OPERATOR(%s)", paren == NULL ? text :
					pnstrdup(text, paren - text));
}

static const char *
as_word(const SdrObject *object, const SdrValue *value)
{
	return sdr_upper(value_text(value));
}

static const struct
{
	const char *name;
	const char *(*text) (const SdrObject *object, const SdrValue *value);
}			placeholders[] = {
	{"identity", its_identity},
	{"table", its_table},
	{"schema", its_schema},
	{"name", its_name},
	{"value", as_it_stands},
	{"literal", as_literal},
	{"quoted", as_quoted},
	{"operator", as_operator},
	{"word", as_word},
};

static const char *
placeholder(const char *name, int len, const SdrObject *object,
			const SdrValue *value)
{
	for (int i = 0; i < lengthof(placeholders); i++)
	{
		if (strlen(placeholders[i].name) == len &&
			strncmp(placeholders[i].name, name, len) == 0)
			return placeholders[i].text(object, value);
	}
	elog(ERROR, "unknown placeholder \"%.*s\"", len, name);
}

/* The statement that a template becomes for an object and a value. */
const char *
sdr_render(const char *template, const SdrObject *object,
		   const SdrValue *value)
{
	StringInfoData buf;

	initStringInfo(&buf);
	while (*template != '\0')
	{
		int			len = strcspn(template, "{");

		appendBinaryStringInfo(&buf, template, len);
		template += len;
		if (*template == '{')
		{
			len = strcspn(++template, "}");
			appendStringInfoString(&buf, placeholder(template, len, object,
													 value));
			template += len + 1;
		}
	}
	return buf.data;
}
