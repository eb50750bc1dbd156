/*-------------------------------------------------------------------------
 *
 * ignore.c
 *	  Rules for drift that is meant to be: schemadrift.ignore_rule, and the
 *	  option "ignore".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "compat.h"
#include "drift/drift.h"
#include "executor/tuptable.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* Columns of schemadrift.ignore_rule that count here, from 1. */
enum
{
	RULE_KIND = 2,
	RULE_SCHEMA,
	RULE_OBJECT,
	RULE_PART,
	RULE_ATTRIBUTE,
	RULE_EXPIRES_AT = 10
};

PG_FUNCTION_INFO_V1(schemadrift_ignore_rule_known);

static const char *
get_text(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Does the text match the pattern, in which * stands for any text and ? for
 * one character?  Not LIKE, whose _ would match more than a name in it says.
 */
static bool
matches_pattern(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *retry = NULL;

	while (*text != '\0')
	{
		if (*pattern == '*')
		{
			star = pattern++;
			retry = text;
		}
		else if (*pattern == '?')
		{
			pattern++;
			text += pg_mblen(text);
		}
		else if (*pattern == *text)
		{
			pattern++;
			text++;
		}
		else if (star != NULL)
		{
			/* let the last * take one character more */
			pattern = star + 1;
			retry += pg_mblen(retry);
			text = retry;
		}
		else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
matches(const char *pattern, const char *text)
{
	return pattern == NULL || (text != NULL && matches_pattern(pattern, text));
}

/* Is there a kind, or one of this name, with an attribute that matches? */
static bool
has_attribute(const SdrKind *only, const char *pattern)
{
	/* of an object whose name is too long */
	if (matches_pattern(pattern, "name"))
		return true;
	for (int i = SDR_KIND_DOCUMENT + 1; i < SDR_NKINDS; i++)
	{
		const SdrKind *kind = sdr_kind(i);

		for (int j = 0; j < SDR_NATTRS(kind); j++)
		{
			if ((only == NULL || only == kind) &&
				matches_pattern(pattern,
								sdr_attr(kind->first_attr + j)->name))
				return true;
		}
	}
	return false;
}

/* Why a rule can never match anything; NULL if it can. */
const char *
sdr_ignore_rule_problem(const char *kind, const char *attribute,
						const char **hint)
{
	const SdrKind *only = kind == NULL ? NULL : sdr_kind_by_name(kind);

	*hint = "schemadrift_kinds() lists the kinds and their attributes.";
	if (kind != NULL && only == NULL)
		return psprintf("unknown kind \"%s\"", kind);
	if (attribute == NULL || has_attribute(only, attribute))
		return NULL;
	return only == NULL ?
		psprintf("no kind has an attribute \"%s\"", attribute) :
		psprintf("kind \"%s\" has no attribute \"%s\"", kind, attribute);
}

/*
 * schemadrift_ignore_rule_known(kind text, attribute text) - can a rule with
 * these match anything?  For the constraint of schemadrift.ignore_rule; an
 * error says more than false would.
 */
Datum
schemadrift_ignore_rule_known(PG_FUNCTION_ARGS)
{
	const char *kind = PG_ARGISNULL(0) ? NULL :
	text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *attribute = PG_ARGISNULL(1) ? NULL :
	text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char *hint;
	const char *problem = sdr_ignore_rule_problem(kind, attribute, &hint);

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid ignore rule: %s", problem),
				 errhint("%s", hint)));
	PG_RETURN_BOOL(true);
}

/* A rule that was made for another version may match nothing in this one. */
static void
warn_of_problem(const SdrIgnoreRule *rule)
{
	const char *hint;
	const char *problem = sdr_ignore_rule_problem(rule->kind, rule->attribute,
												  &hint);

	if (problem != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a rule in schemadrift.ignore_rule ignores nothing: %s",
						problem),
				 errhint("%s", hint)));
}

/*
 * The rules of the table that have not expired.  They are the same for
 * everybody, so no privilege on the table is asked for.
 */
List *
sdr_ignore_rules(Snapshot snapshot)
{
	Oid			relid = get_relname_relid("ignore_rule",
										  get_namespace_oid("schemadrift", true));
	List	   *rules = NIL;
	Relation	rel;
	TableScanDesc scan;
	TupleTableSlot *slot;

	if (!OidIsValid(relid))
		return NIL;
	rel = table_open(relid, AccessShareLock);
	scan = sdr_compat_table_beginscan(rel, snapshot);
	slot = table_slot_create(rel, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		SdrIgnoreRule *rule;
		bool		isnull;
		Datum		expires = slot_getattr(slot, RULE_EXPIRES_AT, &isnull);

		if (!isnull &&
			DatumGetTimestampTz(expires) <= GetCurrentStatementStartTimestamp())
			continue;
		rule = palloc(sizeof(SdrIgnoreRule));
		rule->kind = get_text(slot, RULE_KIND);
		rule->schema = get_text(slot, RULE_SCHEMA);
		rule->object = get_text(slot, RULE_OBJECT);
		rule->part = get_text(slot, RULE_PART);
		rule->attribute = get_text(slot, RULE_ATTRIBUTE);
		warn_of_problem(rule);
		rules = lappend(rules, rule);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return rules;
}

/* Does any of the rules say that the row is not to be reported? */
bool
sdr_ignored(const List *rules, const SdrRow *row)
{
	ListCell   *lc;

	foreach(lc, rules)
	{
		const SdrIgnoreRule *rule = lfirst(lc);

		if ((rule->kind == NULL || strcmp(rule->kind, row->kind) == 0) &&
			matches(rule->schema, row->schema) &&
			matches(rule->object, row->object) &&
			matches(rule->part, row->part) &&
			matches(rule->attribute, row->attribute))
			return true;
	}
	return false;
}
