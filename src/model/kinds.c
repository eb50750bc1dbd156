/*-------------------------------------------------------------------------
 *
 * kinds.c
 *	  The table of kinds, made from kindlist.h, and look-ups in it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "model/model.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

StaticAssertDecl(SDR_NKINDS <= 62, "SdrKindSet has 64 bits, SDR_GLOBAL and SDR_DERIVED among them");

static const SdrKind kinds[SDR_NKINDS + 1] = {
#define SDR_KIND(id, name, node, identity, parents, missing, unexpected, short_form) \
	{ SDR_KIND_##id, name, node, SDR_IDENTITY_##identity, parents, \
	  SDR_SEVERITY_##missing, SDR_SEVERITY_##unexpected, short_form, \
	  SDR_FIRST_##id },
#define SDR_ATTR(kind, id, name, type, dflt, since, severity, flags, description)
#include "model/kindlist.h"
#undef SDR_KIND
#undef SDR_ATTR
	{.first_attr = SDR_ATTRS_END}
};

static const SdrAttr attrs[SDR_ATTRS_END] = {
	{0},
#define SDR_KIND(id, name, node, identity, parents, missing, unexpected, short_form)
#define SDR_ATTR(kind, id, name, type, dflt, since, severity, flags, description) \
	{ SDR_KIND_##kind, name, SDR_TYPE_##type, dflt, since, \
	  SDR_SEVERITY_##severity, flags, description },
#include "model/kindlist.h"
#undef SDR_KIND
#undef SDR_ATTR
};

static const char *const severity_names[SDR_NSEVERITIES] = {
	[SDR_SEVERITY_BREAKING] = "breaking",
	[SDR_SEVERITY_INTEGRITY] = "integrity",
	[SDR_SEVERITY_SECURITY] = "security",
	[SDR_SEVERITY_BEHAVIOUR] = "behaviour",
	[SDR_SEVERITY_COSMETIC] = "cosmetic",
};

static const char *const type_names[] = {
	[SDR_TYPE_BOOL] = "boolean",
	[SDR_TYPE_INT] = "integer",
	[SDR_TYPE_TEXT] = "string",
	[SDR_TYPE_WORD] = "string, one of a fixed list",
	[SDR_TYPE_LIST] = "array of strings",
	[SDR_TYPE_MAP] = "object of strings",
	[SDR_TYPE_PRIVILEGES] = "object of strings, privileges of roles",
	[SDR_TYPE_POSITION] = "integer",
	[SDR_TYPE_NUMBER] = "number",
	[SDR_TYPE_TYPE] = "string, a data type",
	[SDR_TYPE_DEFAULT] = "string, an expression",
	[SDR_TYPE_GENERATED] = "string, an expression",
	[SDR_TYPE_CONDITION] = "string, a condition",
	[SDR_TYPE_KEYS] = "array of strings, index elements",
	[SDR_TYPE_PARTKEY] = "string, a partition key",
	[SDR_TYPE_BOUND] = "string, a partition bound",
	[SDR_TYPE_QUERY] = "string, a query",
	[SDR_TYPE_POLICY] = "string, a condition",
	[SDR_TYPE_WHEN] = "string, a condition",
	[SDR_TYPE_STATEMENT] = "string, a statement",
	[SDR_TYPE_RELATIONS] = "array of strings, relations",
	[SDR_TYPE_RELATION] = "string, a relation",
	[SDR_TYPE_COLUMN_NAME] = "string, a column",
	[SDR_TYPE_COLLATION] = "string, a collation",
	[SDR_TYPE_FUNCTION_NAME] = "string, a function",
	[SDR_TYPE_ARGUMENTS] = "array of strings, arguments",
	[SDR_TYPE_RESULT] = "string, a result type",
	[SDR_TYPE_BODY] = "string, a function body",
};

/* The words that an attribute of type WORD can have. */
static const struct
{
	SdrAttrId	attr;
	const char *words[6];
}			word_lists[] = {
	{SDR_BASE_ALIGNMENT, {"char", "int2", "int4", "double"}},
	{SDR_BASE_STORAGE, {"plain", "external", "extended", "main"}},
	{SDR_COLLATION_PROVIDER, {"libc", "icu", "builtin"}},
	{SDR_ACCESS_METHOD_TYPE, {"index", "table"}},
	{SDR_EVENT_TRIGGER_EVENT, {"ddl_command_start", "ddl_command_end",
	"sql_drop", "table_rewrite", "login"}},
	{SDR_EVENT_TRIGGER_ENABLED, {"origin", "disabled", "replica", "always"}},
	{SDR_CAST_METHOD, {"function", "inout", "binary"}},
	{SDR_CAST_CONTEXT, {"explicit", "assignment", "implicit"}},
	{SDR_FUNCTION_VOLATILITY, {"immutable", "stable", "volatile"}},
	{SDR_FUNCTION_PARALLEL, {"safe", "restricted", "unsafe"}},
	{SDR_AGGREGATE_KIND, {"normal", "ordered-set", "hypothetical-set"}},
	{SDR_AGGREGATE_FINALFUNC_MODIFY, {"read_only", "shareable",
	"read_write"}},
	{SDR_AGGREGATE_MFINALFUNC_MODIFY, {"read_only", "shareable",
	"read_write"}},
	{SDR_AGGREGATE_PARALLEL, {"safe", "restricted", "unsafe"}},
	{SDR_VIEW_CHECK_OPTION, {"local", "cascaded"}},
	{SDR_COLUMN_IDENTITY_GENERATION, {"always", "by default"}},
	{SDR_COLUMN_STORAGE, {"plain", "external", "extended", "main"}},
	{SDR_COLUMN_COMPRESSION, {"pglz", "lz4"}},
	{SDR_CONSTRAINT_TYPE, {"primary key", "unique", "foreign key", "check",
	"exclusion"}},
	{SDR_CONSTRAINT_ON_DELETE, {"no action", "restrict", "cascade", "set null",
	"set default"}},
	{SDR_CONSTRAINT_ON_UPDATE, {"no action", "restrict", "cascade", "set null",
	"set default"}},
	{SDR_CONSTRAINT_MATCH, {"simple", "full", "partial"}},
	{SDR_TRIGGER_TIMING, {"before", "after", "instead of"}},
	{SDR_TRIGGER_FOR_EACH, {"row", "statement"}},
	{SDR_TRIGGER_ENABLED, {"origin", "disabled", "replica", "always"}},
	{SDR_RULE_EVENT, {"select", "insert", "update", "delete"}},
	{SDR_RULE_ENABLED, {"origin", "disabled", "replica", "always"}},
	{SDR_DATABASE_LOCALE_PROVIDER, {"libc", "icu", "builtin"}},
	{SDR_PUBLICATION_GENERATED_COLUMNS, {"none", "stored"}},
	{SDR_SUBSCRIPTION_STREAMING, {"off", "on", "parallel"}},
	{SDR_SUBSCRIPTION_ORIGIN, {"any", "none"}},
	{SDR_POLICY_COMMAND, {"all", "select", "insert", "update", "delete"}},
};

PG_FUNCTION_INFO_V1(schemadrift_kinds);

const SdrKind *
sdr_kind(SdrKindId id)
{
	return &kinds[id];
}

/* The kinds that only a global document speaks of. */
SdrKindSet
sdr_global_kinds(void)
{
	SdrKindSet	set = 0;

	for (int i = 0; i < SDR_NKINDS; i++)
	{
		if ((kinds[i].parents & SDR_GLOBAL) != 0)
			set |= SDR_KIND_BIT(i);
	}
	return set;
}

const SdrAttr *
sdr_attr(SdrAttrId id)
{
	Assert(id > SDR_ATTR_NONE && id < SDR_ATTRS_END);
	return &attrs[id];
}

/* NULL if there is no such kind. */
const SdrKind *
sdr_kind_by_name(const char *name)
{
	for (int i = SDR_KIND_DOCUMENT + 1; i < SDR_NKINDS; i++)
	{
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* The kind whose objects stand under this key of a node; NULL if none. */
const SdrKind *
sdr_kind_by_node(const SdrKind *parent, const char *node, int len)
{
	for (int i = SDR_KIND_DOCUMENT + 1; i < SDR_NKINDS; i++)
	{
		if ((kinds[i].parents & SDR_KIND_BIT(parent->id)) != 0 &&
			strlen(kinds[i].node) == len &&
			memcmp(kinds[i].node, node, len) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* The attribute by its full name ("references.table"); SDR_ATTR_NONE if none. */
SdrAttrId
sdr_attr_by_name(const SdrKind *kind, const char *name, int len)
{
	for (int i = 0; i < SDR_NATTRS(kind); i++)
	{
		const char *candidate = attrs[kind->first_attr + i].name;

		if (strlen(candidate) == len && memcmp(candidate, name, len) == 0)
			return kind->first_attr + i;
	}
	return SDR_ATTR_NONE;
}

const char *
sdr_severity_name(SdrSeverity severity)
{
	return severity_names[severity];
}

bool
sdr_severity_by_name(const char *name, SdrSeverity *severity)
{
	for (int i = 0; i < SDR_NSEVERITIES; i++)
	{
		if (strcmp(severity_names[i], name) == 0)
		{
			*severity = i;
			return true;
		}
	}
	return false;
}

/* The words of an attribute of type WORD, ended by NULL. */
const char *const *
sdr_attr_words(SdrAttrId id)
{
	for (int i = 0; i < lengthof(word_lists); i++)
	{
		if (word_lists[i].attr == id)
			return word_lists[i].words;
	}
	elog(ERROR, "attribute %d has no words", (int) id);
}

/*
 * schemadrift_kinds() - the table itself, a row for each attribute and one
 * with attribute NULL for each kind.
 */
Datum
schemadrift_kinds(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);

	for (int i = SDR_KIND_DOCUMENT + 1; i < SDR_NKINDS; i++)
	{
		const SdrKind *kind = &kinds[i];

		for (int j = -1; j < (int) SDR_NATTRS(kind); j++)
		{
			const SdrAttr *attr = j < 0 ? NULL : sdr_attr(kind->first_attr + j);
			Datum		values[9] = {0};
			bool		nulls[9] = {0};
			bool		is_derived;

			values[0] = CStringGetTextDatum(kind->name);
			values[1] = CStringGetTextDatum(kind->node);
			nulls[2] = nulls[3] = nulls[4] = nulls[5] = nulls[8] = true;
			values[6] = CStringGetTextDatum(severity_names[kind->missing]);
			is_derived = (kind->parents & SDR_DERIVED) != 0;
			if (attr != NULL)
			{
				values[2] = CStringGetTextDatum(attr->name);
				values[3] = CStringGetTextDatum(type_names[attr->type]);
				nulls[2] = nulls[3] = nulls[8] = false;
				if (attr->dflt != NULL)
				{
					values[4] = CStringGetTextDatum(attr->dflt);
					nulls[4] = false;
				}
				if (attr->since != 0)
				{
					values[5] = Int32GetDatum(attr->since / 10000);
					nulls[5] = false;
				}
				values[6] = CStringGetTextDatum(severity_names[attr->severity]);
				values[8] = CStringGetTextDatum(attr->description);
				is_derived |= (attr->flags & SDR_ATTR_DERIVED) != 0;
			}
			values[7] = BoolGetDatum(is_derived);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc,
								 values, nulls);
		}
	}
	return (Datum) 0;
}
