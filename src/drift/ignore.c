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

static const char *
get_text(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
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
		rules = lappend(rules, rule);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	return rules;
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
