/*-------------------------------------------------------------------------
 *
 * options.c
 *	  The options argument of the functions that report drift.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "drift/drift.h"
#include "utils/builtins.h"

typedef struct Option
{
	const char *name;
	void		(*read) (SdrOptions *options, const JsonbValue *value);
} Option;

static void
option_error(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid options: %s", message),
			 errhint("%s", hint)));
}

/* The elements of an option that must be an array. */
static JsonbIterator *
elements_of(const JsonbValue *value, const char *option, const char *hint)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		option_error(psprintf("\"%s\" is not an array", option), hint);
	return JsonbIteratorInit(value->val.binary.data);
}

static void
read_severities(SdrOptions *options, const JsonbValue *value)
{
	static const char hint[] = "\"severity\" is an array of: breaking, integrity, security, behaviour, cosmetic.";
	JsonbIterator *it = elements_of(value, "severity", hint);
	JsonbIteratorToken tok;
	JsonbValue	v;

	options->severities = 0;
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
read_suppressed(SdrOptions *options, const JsonbValue *value)
{
	if (value->type != jbvBool)
		option_error("\"suppressed\" is not a boolean",
					 "With \"suppressed\": true the rows that rules ignore are reported, and only those.");
	options->suppressed = value->val.boolean;
}

static void
read_rule_member(SdrIgnoreRule *rule, const char *key, const char *text)
{
	static const char hint[] = "A rule is an object with some of: kind, schema, name, part, attribute.";
	const struct
	{
		const char *key;
		const char **member;
	}			members[] = {
		{"kind", &rule->kind},
		{"schema", &rule->schema},
		{"name", &rule->object},
		{"part", &rule->part},
		{"attribute", &rule->attribute},
	};

	for (int i = 0; i < lengthof(members); i++)
	{
		if (strcmp(members[i].key, key) == 0)
		{
			*members[i].member = text;
			return;
		}
	}
	option_error(psprintf("unknown key \"%s\" in a rule of \"ignore\"", key),
				 hint);
}

static SdrIgnoreRule *
read_rule(const JsonbValue *value)
{
	static const char hint[] = "A rule looks like {\"kind\": \"table\", \"schema\": \"public\", \"name\": \"events_p*\"}.";
	SdrIgnoreRule *rule = palloc0(sizeof(SdrIgnoreRule));
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	char	   *key = NULL;
	bool		empty = true;
	const char *problem;
	const char *problem_hint;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		option_error("\"ignore\" has an element that is not an object", hint);
	it = JsonbIteratorInit(value->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (tok == WJB_VALUE)
		{
			Assert(key != NULL);
			if (v.type != jbvString)
				option_error(psprintf("\"%s\" of a rule is not a string", key),
							 hint);
			read_rule_member(rule, key, pnstrdup(v.val.string.val,
												 v.val.string.len));
			empty = false;
		}
	}
	if (empty)
		option_error("a rule of \"ignore\" is empty", hint);
	problem = sdr_ignore_rule_problem(rule->kind, rule->attribute,
									  &problem_hint);
	if (problem != NULL)
		option_error(problem, problem_hint);
	return rule;
}

static void
read_ignore(SdrOptions *options, const JsonbValue *value)
{
	JsonbIterator *it = elements_of(value, "ignore",
									"\"ignore\" is an array of rules.");
	JsonbIteratorToken tok;
	JsonbValue	v;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_ELEM)
			options->ignore = lappend(options->ignore, read_rule(&v));
	}
}

static const char renamed_hint[] = "An element looks like {\"kind\": \"table\", \"from\": [\"public\", \"a\"], \"to\": [\"public\", \"b\"], \"columns\": {\"x\": \"y\"}}.";

static JsonbValue *
member(const JsonbValue *object, const char *key)
{
	return getKeyJsonValueFromContainer(object->val.binary.data, key,
										strlen(key), NULL);
}

static char *
string_of(const JsonbValue *value, bool may_be_null)
{
	if (value != NULL && value->type == jbvString)
		return pnstrdup(value->val.string.val, value->val.string.len);
	if (!may_be_null || value == NULL || value->type != jbvNull)
		option_error("\"renamed\" has something that is not a string",
					 renamed_hint);
	return NULL;
}

/* A schema, or null outside schemas, and a name. */
static void
read_place(const JsonbValue *value, const char **schema, const char **name)
{
	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data) ||
		JsonContainerSize(value->val.binary.data) != 2)
		option_error("\"from\" and \"to\" are not arrays of a schema and a name",
					 renamed_hint);
	*schema = string_of(getIthJsonbValueFromContainer(value->val.binary.data,
													  0), true);
	*name = string_of(getIthJsonbValueFromContainer(value->val.binary.data, 1),
					  false);
}

static List *
read_renamed_columns(const JsonbValue *value)
{
	List	   *columns = NIL;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	char	   *key = NULL;

	if (value == NULL)
		return NIL;
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		option_error("\"columns\" is not an object", renamed_hint);
	it = JsonbIteratorInit(value->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (tok == WJB_VALUE)
			columns = sdr_new_name_add(columns, key, string_of(&v, false));
	}
	return columns;
}

/* An element of "renamed" has no keys but those that are read. */
static void
check_renamed_keys(const JsonbValue *value)
{
	static const char *const known[] = {"kind", "from", "to", "columns"};
	JsonbIterator *it = JsonbIteratorInit(value->val.binary.data);
	JsonbIteratorToken tok;
	JsonbValue	v;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		char	   *key;
		int			i;

		if (tok != WJB_KEY)
			continue;
		key = pnstrdup(v.val.string.val, v.val.string.len);
		for (i = 0; i < lengthof(known) && strcmp(known[i], key) != 0; i++)
			;
		if (i == lengthof(known))
			option_error(psprintf("unknown key \"%s\" in \"renamed\"", key),
						 renamed_hint);
	}
}

static SdrRenamed *
read_renamed_object(const JsonbValue *value)
{
	SdrRenamed *renamed = palloc0(sizeof(SdrRenamed));
	char	   *kind;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		option_error("\"renamed\" has an element that is not an object",
					 renamed_hint);
	check_renamed_keys(value);
	kind = string_of(member(value, "kind"), false);
	renamed->kind = sdr_kind_by_name(kind);
	if (renamed->kind == NULL)
		option_error(psprintf("unknown kind \"%s\" in \"renamed\"", kind),
					 renamed_hint);
	read_place(member(value, "from"), &renamed->old_schema,
			   &renamed->old_name);
	read_place(member(value, "to"), &renamed->new_schema, &renamed->new_name);
	renamed->columns = read_renamed_columns(member(value, "columns"));
	return renamed;
}

static void
read_renamed(SdrOptions *options, const JsonbValue *value)
{
	JsonbIterator *it = elements_of(value, "renamed", renamed_hint);
	JsonbIteratorToken tok;
	JsonbValue	v;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_ELEM)
			options->renamed = lappend(options->renamed,
									   read_renamed_object(&v));
	}
}

static const Option option_list[] = {
	{"severity", read_severities},
	{"ignore", read_ignore},
	{"renamed", read_renamed},
	{"suppressed", read_suppressed},
};

/* Is it the name of an option? */
bool
sdr_is_option(const char *name)
{
	for (int i = 0; i < lengthof(option_list); i++)
	{
		if (strcmp(option_list[i].name, name) == 0)
			return true;
	}
	return false;
}

/* All of them, for hints. */
const char *
sdr_option_names(void)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(option_list); i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", option_list[i].name);
	return buf.data;
}

static void
read_option(SdrOptions *options, const char *name, const JsonbValue *value)
{
	for (int i = 0; i < lengthof(option_list); i++)
	{
		if (strcmp(option_list[i].name, name) == 0)
		{
			option_list[i].read(options, value);
			return;
		}
	}
	option_error(psprintf("unknown option \"%s\"", name),
				 psprintf("Options are: %s.", sdr_option_names()));
}

/* Read the argument; what it does not know is an error. */
void
sdr_options_read(SdrOptions *options, Jsonb *jsonb)
{
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	char	   *key = NULL;

	options->severities = (1 << SDR_NSEVERITIES) - 1;
	options->suppressed = false;
	options->ignore = NIL;
	options->renamed = NIL;
	if (!JB_ROOT_IS_OBJECT(jsonb))
		option_error("object expected",
					 "Options are an object such as {\"severity\": [\"breaking\", \"integrity\"]}.");
	it = JsonbIteratorInit(&jsonb->root);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			key = pnstrdup(v.val.string.val, v.val.string.len);
		else if (tok == WJB_VALUE)
		{
			Assert(key != NULL);
			read_option(options, key, &v);
		}
	}
}
