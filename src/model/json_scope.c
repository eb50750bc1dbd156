/*-------------------------------------------------------------------------
 *
 * json_scope.c
 *	  How far a node of a document speaks for what it does not list: the keys
 *	  "complete" and "exact".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "model/model.h"
#include "utils/jsonb.h"

static const char *
kinds_hint(void)
{
	StringInfoData hint;
	const char *separator = "Kinds are: ";

	initStringInfo(&hint);
	for (int i = SDR_KIND_DOCUMENT + 1; i < SDR_NKINDS; i++)
	{
		if (sdr_kind(i)->parents == 0)
			continue;
		appendStringInfo(&hint, "%s%s", separator, sdr_kind(i)->name);
		separator = ", ";
	}
	appendStringInfoChar(&hint, '.');
	return hint.data;
}

/* What has no kind is looked for where everything is to be complete. */
static const SdrKind *
read_kind(const JsonbValue *name, const SdrPath *path)
{
	const SdrKind *kind = sdr_kind_by_name(pnstrdup(name->val.string.val, name->val.string.len));

	if (kind == NULL || kind->parents == 0)
		sdr_json_error(path, psprintf("unknown kind \"%s\"",
									  pnstrdup(name->val.string.val, name->val.string.len)), kinds_hint());
	return kind;
}

/* A value that a condition allows, as the text that drift rows show. */
static char *
read_condition_value(const JsonbValue *node, const SdrPath *path)
{
	switch (node->type)
	{
		case jbvNull:
			return NULL;
		case jbvBool:
			return pstrdup(node->val.boolean ? "true" : "false");
		case jbvString:
			return pnstrdup(node->val.string.val, node->val.string.len);
		default:
			sdr_json_error_type("string, boolean or null, or array of these", path);
	}
	return NULL;				/* keep compiler quiet */
}

static SdrCondition *
read_condition(const SdrKind *kind, const JsonbValue *node,
			   const SdrPath *path)
{
	SdrCondition *condition = palloc0(sizeof(SdrCondition));
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;

	condition->attr = sdr_attr_by_name(kind, path->key, path->len);
	if (condition->attr == SDR_ATTR_NONE ||
		(sdr_attr(condition->attr)->flags & SDR_ATTR_DERIVED) != 0)
		sdr_json_error(path, psprintf("no attribute \"%.*s\" of kind \"%s\"",
									  path->len, path->key, kind->name),
					   "schemadrift_kinds() lists the attributes; those that are derived have no place here.");
	if (node->type != jbvBinary)
	{
		condition->values = list_make1(read_condition_value(node, path));
		return condition;
	}
	if (!JsonContainerIsArray(node->val.binary.data))
		sdr_json_error_type("string, boolean or null, or array of these", path);
	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_ELEM)
			condition->values = lappend(condition->values,
										read_condition_value(&v, path));
	}
	return condition;
}

/* {"constraint": {"type": ["primary key", "foreign key"]}} */
static List *
read_some(List *some, const JsonbValue *node, const SdrPath *path)
{
	JsonbIterator *it = JsonbIteratorInit(node->val.binary.data);
	JsonbIteratorToken tok;
	JsonbValue	v;
	SdrSome    *these = NULL;
	SdrPath		kind_path = {.parent = path};
	SdrPath		here = {.parent = &kind_path};
	int			depth = 0;

	while ((tok = JsonbIteratorNext(&it, &v, depth > 0)) != WJB_DONE)
	{
		if (tok == WJB_BEGIN_OBJECT)
			depth++;
		else if (tok == WJB_END_OBJECT)
			depth--;
		else if (tok == WJB_KEY && depth == 1)
		{
			kind_path.key = v.val.string.val;
			kind_path.len = v.val.string.len;
			these = palloc0(sizeof(SdrSome));
			these->kind = read_kind(&v, path);
			some = lappend(some, these);
		}
		else if (tok == WJB_VALUE && depth == 1)
		{
			JsonbIterator *inner;

			if (v.type != jbvBinary ||
				!JsonContainerIsObject(v.val.binary.data))
				sdr_json_error_type("object of attributes", &kind_path);
			inner = JsonbIteratorInit(v.val.binary.data);
			while ((tok = JsonbIteratorNext(&inner, &v, true)) != WJB_DONE)
			{
				if (tok == WJB_KEY)
				{
					here.key = v.val.string.val;
					here.len = v.val.string.len;
				}
				else if (tok == WJB_VALUE)
					these->conditions = lappend(these->conditions,
												read_condition(these->kind,
															   &v, &here));
			}
		}
	}
	return some;
}

static void
read_complete(SdrScope *scope, const JsonbValue *node, const SdrPath *path)
{
	static const char wanted[] = "boolean or array of kinds";
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	List	   *some = NIL;

	scope->complete = 0;
	scope->some = NIL;
	if (node->type == jbvBool)
	{
		scope->complete = node->val.boolean ? SDR_ALL_KINDS : 0;
		return;
	}
	if (node->type != jbvBinary || !JsonContainerIsArray(node->val.binary.data))
		sdr_json_error_type(wanted, path);

	it = JsonbIteratorInit(node->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		const SdrKind *kind;

		if (tok != WJB_ELEM)
			continue;
		if (v.type == jbvBinary && JsonContainerIsObject(v.val.binary.data))
		{
			some = read_some(some, &v, path);
			continue;
		}
		if (v.type != jbvString)
			sdr_json_error_type(wanted, path);
		kind = read_kind(&v, path);
		if ((kind->parents & SDR_DERIVED) != 0)
		{
			SdrSome    *all = palloc0(sizeof(SdrSome));

			all->kind = kind;
			some = lappend(some, all);
		}
		else
			scope->complete |= SDR_KIND_BIT(kind->id);
	}
	scope->some = some;
}

/*
 * How far this node speaks for what it does not list: what it says itself,
 * else what the node around it says.
 */
SdrScope
sdr_json_scope(const JsonbValue *node, SdrScope outer, const SdrPath *path)
{
	SdrScope	scope = outer;
	JsonbValue	v;

	if (getKeyJsonValueFromContainer(node->val.binary.data, "complete", 8, &v))
	{
		SdrPath		here = {path, "complete", 8};

		read_complete(&scope, &v, &here);
	}
	if (getKeyJsonValueFromContainer(node->val.binary.data, "exact", 5, &v))
	{
		SdrPath		here = {path, "exact", 5};

		if (v.type != jbvBool)
			sdr_json_error_type("boolean", &here);
		scope.exact = v.val.boolean;
	}
	return scope;
}
