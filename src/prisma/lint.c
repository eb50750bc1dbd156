/*-------------------------------------------------------------------------
 *
 * lint.c
 *	  schemadrift_prisma_lint(): rules that a team sets for its schema.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "prisma/prisma.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_prisma_lint);

typedef struct Lint
{
	const SdrPrismaMapping *mapping;
	ReturnSetInfo *rsinfo;
} Lint;

typedef struct TenantRule
{
	const char *field;
	SdrPrismaNames except;		/* models, and unique keys */
	bool		unique;
} TenantRule;

/* In the encoding of the database. */
static char *
to_server(const char *text)
{
	return pg_any_to_server(text, strlen(text), PG_UTF8);
}

static void
put_row(Lint *lint, const char *rule, const char *object, int line,
		const char *message)
{
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = CStringGetTextDatum(rule);
	nulls[1] = object == NULL;
	values[1] = nulls[1] ? (Datum) 0 :
		CStringGetTextDatum(to_server(object));
	nulls[2] = line == 0;
	values[2] = Int32GetDatum(line);
	values[3] = CStringGetTextDatum(to_server(message));
	tuplestore_putvalues(lint->rsinfo->setResult, lint->rsinfo->setDesc,
						 values, nulls);
}

static void
rule_error(const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid rules: %s", message),
			 errhint("Rules are: \"models\", an array of names; \"enums\", an object of arrays of values; \"tenant\", an object with \"field\", \"unique\" and \"except\".")));
}

static const char *
utf8(const JsonbValue *value)
{
	return pg_server_to_any(pnstrdup(value->val.string.val,
									 value->val.string.len),
							value->val.string.len, PG_UTF8);
}

/* An array of strings, which is what of a rule. */
static List *
read_strings(const JsonbValue *value, const char *what)
{
	List	   *strings = NIL;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;

	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		rule_error(psprintf("\"%s\" is not an array of strings", what));
	it = JsonbIteratorInit(value->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok != WJB_ELEM)
			continue;
		if (v.type != jbvString)
			rule_error(psprintf("\"%s\" is not an array of strings", what));
		strings = lappend(strings, unconstify(char *, utf8(&v)));
	}
	return strings;
}

/* Call for each member of a JSON object. */
static void
for_each(const JsonbContainer *object, Lint *lint, void *arg,
		 void (*callback) (Lint *lint, void *arg, const char *name,
						   const JsonbValue *value))
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, object));
	JsonbIteratorToken tok;
	JsonbValue	v;
	const char *name = NULL;

	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (tok == WJB_KEY)
			name = utf8(&v);
		else if (tok == WJB_VALUE)
			callback(lint, arg, name, &v);
	}
}

static const JsonbContainer *
object_of(const JsonbValue *value, const char *what)
{
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		rule_error(psprintf("\"%s\" is not an object", what));
	return value->val.binary.data;
}

/* "models": those that must be there. */
static void
check_models(Lint *lint, const JsonbValue *value)
{
	ListCell   *lc;

	foreach(lc, read_strings(value, "models"))
	{
		const char *name = lfirst(lc);

		if (sdr_prisma_names_find(&lint->mapping->model_names, name) == NULL)
			put_row(lint, "models", name, 0,
					psprintf("there is no model \"%s\"", name));
	}
}

static void
check_enum(Lint *lint, void *arg, const char *name, const JsonbValue *value)
{
	const SdrPrismaEnum *enumeration = sdr_prisma_names_find(&lint->mapping->enum_names,
															 name);
	List	   *values = read_strings(value, "enums");
	ListCell   *lc;

	if (enumeration == NULL)
	{
		put_row(lint, "enums", name, 0,
				psprintf("there is no enum \"%s\"", name));
		return;
	}
	foreach(lc, values)
	{
		const char *wanted = lfirst(lc);

		if (sdr_prisma_names_find(&enumeration->values, wanted) == NULL)
			put_row(lint, "enums", psprintf("%s.%s", name, wanted),
					enumeration->block->pos.line,
					psprintf("enum \"%s\" has no value \"%s\"", name, wanted));
	}
}

/* "enums": values that they must have, by enum. */
static void
check_enums(Lint *lint, const JsonbValue *value)
{
	for_each(object_of(value, "enums"), lint, NULL, check_enum);
}

static void
read_tenant_member(Lint *lint, void *arg, const char *name,
				   const JsonbValue *value)
{
	TenantRule *rule = arg;
	ListCell   *lc;

	if (strcmp(name, "field") == 0)
	{
		if (value->type != jbvString || value->val.string.len == 0)
			rule_error("\"field\" of \"tenant\" is not the name of a field");
		rule->field = utf8(value);
	}
	else if (strcmp(name, "unique") == 0)
	{
		if (value->type != jbvBool)
			rule_error("\"unique\" of \"tenant\" is not a boolean");
		rule->unique = value->val.boolean;
	}
	else if (strcmp(name, "except") == 0)
	{
		foreach(lc, read_strings(value, "except"))
			sdr_prisma_names_add(&rule->except, lfirst(lc), lfirst(lc));
		sdr_prisma_names_sort(&rule->except);
	}
	else
		rule_error(psprintf("\"tenant\" has no member \"%s\"",
							to_server(name)));
}

/* A unique key of a tenant's model, which must hold within the tenant only. */
static void
check_tenant_key(Lint *lint, const TenantRule *rule,
				 const SdrPrismaModel *model, const SdrPrismaKey *key)
{
	StringInfoData fields;
	ListCell   *lc;

	if (key->type != SDR_PRISMA_KEY_UNIQUE ||
		sdr_prisma_names_find(&rule->except, key->name) != NULL)
		return;
	initStringInfo(&fields);
	foreach(lc, key->parts)
	{
		const char *name = ((SdrPrismaKeyPart *) lfirst(lc))->column->field->name;

		if (strcmp(name, rule->field) == 0)
			return;
		appendStringInfo(&fields, "%s%s", fields.len > 0 ? ", " : "", name);
	}
	put_row(lint, "tenant_unique",
			psprintf("%s.%s", model->block->name, key->name),
			key->attr->pos.line,
			psprintf("unique key (%s) of model \"%s\" has no field \"%s\"",
					 fields.data, model->block->name, rule->field));
}

static void
check_tenant_model(Lint *lint, const TenantRule *rule,
				   const SdrPrismaModel *model)
{
	const char *name = model->block->name;
	const SdrPrismaColumn *column = sdr_prisma_names_find(&model->fields,
														  rule->field);
	ListCell   *lc;

	if (model->is_view || model->is_ignored ||
		sdr_prisma_names_find(&rule->except, name) != NULL)
		return;
	if (column == NULL || column->class == SDR_PRISMA_FIELD_RELATION)
	{
		put_row(lint, "tenant_field", name, model->block->pos.line,
				psprintf("model \"%s\" has no field \"%s\"", name,
						 rule->field));
		return;
	}
	if (column->field->arity != SDR_PRISMA_REQUIRED)
		put_row(lint, "tenant_field", psprintf("%s.%s", name, rule->field),
				column->field->pos.line,
				psprintf("field \"%s\" of model \"%s\" is not required",
						 rule->field, name));
	foreach(lc, rule->unique ? model->keys : NIL)
		check_tenant_key(lint, rule, model, lfirst(lc));
}

/* "tenant": the field that tells tenants apart. */
static void
check_tenant(Lint *lint, const JsonbValue *value)
{
	TenantRule	rule = {0};
	ListCell   *lc;

	for_each(object_of(value, "tenant"), lint, &rule, read_tenant_member);
	if (rule.field == NULL)
		rule_error("\"tenant\" has no \"field\"");
	foreach(lc, lint->mapping->models)
		check_tenant_model(lint, &rule, lfirst(lc));
}

static const struct
{
	const char *name;
	void		(*check) (Lint *lint, const JsonbValue *value);
}			rules[] = {
	{"models", check_models},
	{"enums", check_enums},
	{"tenant", check_tenant},
};

static void
check_known(Lint *lint, void *arg, const char *name, const JsonbValue *value)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		if (strcmp(rules[i].name, name) == 0)
			return;
	}
	rule_error(psprintf("unknown rule \"%s\"", to_server(name)));
}

/*
 * schemadrift_prisma_lint(schema_prisma text, rules jsonb) - a row for each
 * place that breaks a rule.
 */
Datum
schemadrift_prisma_lint(PG_FUNCTION_ARGS)
{
	Jsonb	   *jsonb;
	Lint		lint;

	sdr_require_arg(fcinfo, 0, "schema_prisma");
	sdr_require_arg(fcinfo, 1, "rules");
	jsonb = PG_GETARG_JSONB_P(1);
	if (!JB_ROOT_IS_OBJECT(jsonb))
		rule_error("object expected");
	InitMaterializedSRF(fcinfo, 0);
	lint.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	lint.mapping = sdr_prisma_read(PG_GETARG_TEXT_PP(0));

	for_each(&jsonb->root, &lint, NULL, check_known);
	if (lint.mapping->models == NIL)
		put_row(&lint, "empty", NULL, 0, "the schema has no model");
	for (int i = 0; i < lengthof(rules); i++)
	{
		JsonbValue	v;

		if (getKeyJsonValueFromContainer(&jsonb->root, rules[i].name,
										 strlen(rules[i].name), &v))
			rules[i].check(&lint, &v);
	}
	return (Datum) 0;
}
