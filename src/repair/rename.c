/*-------------------------------------------------------------------------
 *
 * rename.c
 *	  Objects that are missing under one name and unexpected under another,
 *	  where it is known that somebody has renamed them.
 *
 * Dropping the one and making the other would lose what it holds, and all
 * that depends on it.  Such a pair becomes a step that renames; then both
 * sides are compared again, as if that had been done.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "repair/rename.h"
#include "utils/builtins.h"

/* The sides of a change, whatever the direction. */
const SdrObject *
sdr_expected_of(const SdrPlan *plan, const SdrChange *change)
{
	return plan->options.adopt ? change->have : change->want;
}

const SdrObject *
sdr_live_of(const SdrPlan *plan, const SdrChange *change)
{
	return plan->options.adopt ? change->want : change->have;
}

/*
 * Top-level kinds that can get another name or come into another schema, and
 * of which the log has the oid.
 */
static const SdrKindSet renameable =
SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE) |
SDR_IN(ENUM) | SDR_IN(DOMAIN) | SDR_IN(COMPOSITE) | SDR_IN(RANGE) |
SDR_IN(BASE) | SDR_IN(FUNCTION) | SDR_IN(PROCEDURE) | SDR_IN(AGGREGATE) |
SDR_IN(OPERATOR) | SDR_IN(OPERATOR_FAMILY) | SDR_IN(OPERATOR_CLASS) |
SDR_IN(COLLATION) | SDR_IN(CONVERSION) | SDR_IN(STATISTICS) |
SDR_IN(TS_PARSER) | SDR_IN(TS_TEMPLATE) | SDR_IN(TS_DICTIONARY) |
SDR_IN(TS_CONFIGURATION) | SDR_IN(FDW) | SDR_IN(FOREIGN_SERVER) |
SDR_IN(LANGUAGE) | SDR_IN(PUBLICATION) | SDR_IN(SUBSCRIPTION) |
SDR_IN(EVENT_TRIGGER) | SDR_IN(ROLE) | SDR_IN(TABLESPACE);

static bool
is_in(SdrKindSet kinds, const SdrKind *kind)
{
	return (kinds & SDR_KIND_BIT(kind->id)) != 0;
}

/* Most drift is of other sorts, and the log can be long. */
const List *
sdr_rename_log_of(SdrRenameSearch *search)
{
	if (!search->has_log)
		search->log = sdr_rename_log();
	search->has_log = true;
	return search->log;
}

/* The names that an object had, its schema being called as it is or was. */
List *
sdr_names_of(SdrRenameSearch *search, const SdrObject *live)
{
	SdrReader  *reader = search->plan->reader;
	const List *log = sdr_rename_log_of(search);
	const char *schema = sdr_schema_of(live);
	List	   *names;
	const ListCell *lc;

	if (log == NIL)
		return NIL;
	names = sdr_former_names(reader, log, live, schema);
	foreach(lc, search->plan->schemas)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (strcmp(rename->new_name, schema) == 0)
			names = list_concat(names, sdr_former_names(reader, log, live,
														rename->name));
	}
	return names;
}

/* Is it the schema, or was it before that got another name? */
static bool
is_schema(const SdrPlan *plan, const char *former, const char *schema)
{
	const ListCell *lc;

	foreach(lc, plan->schemas)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (strcmp(rename->name, former) == 0 &&
			strcmp(rename->new_name, schema) == 0)
			return true;
	}
	return strcmp(former, schema) == 0;
}

/* Has a live object had the name of the expected one? */
bool
sdr_had_name(const SdrPlan *plan, const List *names, const SdrObject *live,
			 const SdrObject *expected)
{
	bool		is_part = live != sdr_top(live);
	const ListCell *lc;

	if (live->kind != expected->kind ||
		strcmp(sdr_name_tail(live), sdr_name_tail(expected)) != 0)
		return false;
	foreach(lc, names)
	{
		const SdrFormerName *former = lfirst(lc);

		if (strcmp(former->name, sdr_bare_name(expected)) == 0 &&
			(is_part || is_schema(plan, former->schema,
								  sdr_schema_of(expected))))
			return true;
	}
	return false;
}

/* Kinds that cannot have an object of the same name each. */
static const SdrKindSet shared_names[] = {
	SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE) |
	SDR_IN(ENUM) | SDR_IN(DOMAIN) | SDR_IN(COMPOSITE) | SDR_IN(RANGE) |
	SDR_IN(BASE) | SDR_IN(SHELL),
	SDR_IN(FUNCTION) | SDR_IN(PROCEDURE) | SDR_IN(AGGREGATE)
};

static bool
share_names(const SdrKind *a, const SdrKind *b)
{
	for (int i = 0; i < lengthof(shared_names); i++)
	{
		if (is_in(shared_names[i], a) && is_in(shared_names[i], b))
			return true;
	}
	return a == b;
}

/*
 * Is the name that an object is to get taken by another that is there?  What
 * is dropped goes late.
 */
static bool
is_taken(const SdrPlan *plan, const SdrObject *want)
{
	const char *identity = sdr_object_identity(want);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);

		if (change->have != NULL && share_names(change->have->kind, want->kind) &&
			strcmp(sdr_object_identity(change->have), identity) == 0)
			return true;
	}
	return false;
}

/* Compare a change again, which gives it its rows. */
void
sdr_compare_change(SdrRenameSearch *search, const SdrChange *change)
{
	const SdrObject *expected = sdr_expected_of(search->plan, change);
	const SdrObject *live = sdr_live_of(search->plan, change);

	sdr_compare_objects(&search->cmp, expected, unconstify(SdrObject *, live));
	(void) sdr_rows_flush(search->rows, expected, live);
}

/* Is a live object among the changes? */
static bool
is_change(const SdrPlan *plan, const SdrObject *live)
{
	const char *identity = sdr_object_identity(live);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrObject *other = sdr_live_of(plan, lfirst(lc));

		if (other != NULL && other->kind == live->kind &&
			strcmp(sdr_object_identity(other), identity) == 0)
			return true;
	}
	return false;
}

/* Does the document speak of a live schema, by this or another name? */
static bool
is_documented(const SdrPlan *plan, const char *schema)
{
	const ListCell *lc;

	foreach(lc, plan->schemas)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (strcmp(plan->options.adopt ? rename->new_name : rename->name,
				   schema) == 0)
			return true;
	}
	return sdr_document_schema(plan->document, schema) != NULL;
}

/* The schema that an object was moved to must be there as well. */
static void
add_schema(SdrPlan *plan, const SdrObject *live)
{
	Oid			namespace = !plan->options.adopt || live->parent == NULL ?
	InvalidOid : sdr_find_schema(plan->reader, live->parent->name);
	SdrChange  *change = palloc0(sizeof(SdrChange));

	if (!OidIsValid(namespace) || is_change(plan, live->parent) ||
		is_documented(plan, live->parent->name))
		return;
	change->want = sdr_read_schema(plan->reader,
								   sdr_schema_entry(live->parent->name,
													namespace));
	plan->changes = lappend(plan->changes, change);
}

/*
 * Live objects that were moved to schemas of which the document does not
 * speak.  They are no drift, but were what is missing now.
 */
static List *
moved_away(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, sdr_moved_objects(plan->reader, sdr_rename_log_of(search)))
	{
		SdrObject  *live = lfirst(lc);
		SdrChange  *change;

		if (is_documented(plan, live->parent->name) ||
			!is_in(renameable, live->kind) || is_change(plan, live))
			continue;
		live->complete = SDR_ALL_KINDS;
		change = palloc0(sizeof(SdrChange));
		if (plan->options.adopt)
			change->want = live;
		else
		{
			sdr_respell(plan->schemas, live);
			change->have = live;
		}
		found = lappend(found, change);
	}
	return found;
}

static bool
has_kind(const List *changes, const SdrKind *kind)
{
	const ListCell *lc;

	foreach(lc, changes)
	{
		const SdrChange *change = lfirst(lc);

		if ((change->want != NULL ? change->want : change->have)->kind == kind)
			return true;
	}
	return false;
}

/*
 * Have two changes be one, of an object that gets another name.  old is what
 * it is called at present, condition that of the step.
 */
void
sdr_join_tops(SdrRenameSearch *search, SdrChange *missing, SdrChange *unexpected,
			  const SdrObject *old, const char *condition)
{
	SdrPlan    *plan = search->plan;
	SdrObject  *have;
	SdrChange	joined = {0};

	joined.want = plan->options.adopt ? unexpected->want : missing->want;
	joined.have = plan->options.adopt ? missing->have : unexpected->have;
	have = unconstify(SdrObject *, joined.have);
	add_schema(plan, sdr_live_of(plan, unexpected));
	plan->mending = list_concat_copy(missing->rows, unexpected->rows);
	sdr_rename_top(plan, joined.want, old == NULL ? have : old, condition);
	plan->mending = NIL;
	sdr_respell_name(list_make1(sdr_add_renaming(plan, have, joined.want)),
					 have);
	search->named = lappend(search->named, have);
	plan->changes = list_delete_ptr(plan->changes, missing);
	plan->changes = list_delete_ptr(plan->changes, unexpected);
	sdr_compare_change(search, &joined);
}

/* Join two changes into one, if the live object is the expected one. */
static bool
pair_tops(SdrRenameSearch *search, SdrChange *missing, SdrChange *unexpected,
		  const List *names)
{
	SdrPlan    *plan = search->plan;

	if (!sdr_had_name(plan, names, sdr_live_of(plan, unexpected),
					  sdr_expected_of(plan, missing)) ||
		is_taken(plan, plan->options.adopt ? unexpected->want : missing->want))
		return false;
	sdr_join_tops(search, missing, unexpected, NULL, NULL);
	return true;
}

/* Changes of objects that are only on one side, or on both. */
List *
sdr_changes_that_are(const SdrPlan *plan, bool has_expected, bool has_live)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		SdrChange  *change = lfirst(lc);
		const SdrObject *expected = sdr_expected_of(plan, change);
		const SdrObject *live = sdr_live_of(plan, change);

		if ((expected != NULL) == has_expected && (live != NULL) == has_live &&
			is_in(renameable, expected != NULL ? expected->kind : live->kind))
			result = lappend(result, change);
	}
	return result;
}

static bool
is_any(const List *missing, const SdrPlan *plan, const SdrObject *live,
	   const List *names)
{
	const ListCell *lc;

	foreach(lc, missing)
	{
		if (sdr_had_name(plan, names, live, sdr_expected_of(plan, lfirst(lc))))
			return true;
	}
	return false;
}

/*
 * An object may have the name of one that was renamed before it.  Where its
 * own name is missing, the two sides are not the same object: part them.
 */
static bool
split_tops(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	List	   *missing = sdr_changes_that_are(plan, true, false);
	bool		found = false;
	ListCell   *lc;

	foreach(lc, missing == NIL ? NIL : sdr_changes_that_are(plan, true, true))
	{
		SdrChange  *change = lfirst(lc);
		const SdrObject *expected = sdr_expected_of(plan, change);
		const SdrObject *live = sdr_live_of(plan, change);
		List	   *names;

		CHECK_FOR_INTERRUPTS();
		if (!has_kind(missing, live->kind) ||
			(names = sdr_names_of(search, live)) == NIL ||
			!is_any(missing, plan, live, names))
			continue;
		plan->changes = list_delete_ptr(plan->changes, change);
		sdr_compare_missing(&search->cmp, expected);
		(void) sdr_rows_flush(search->rows, expected, NULL);
		sdr_compare_unexpected(&search->cmp, live);
		(void) sdr_rows_flush(search->rows, NULL, live);
		found = true;
	}
	search->has_split |= found;
	return found;
}

/*
 * Top-level objects that were renamed; true if there are.  One that gets its
 * new name may leave its old one to another.
 */
static bool
find_tops(SdrRenameSearch *search)
{
	int			before = list_length(search->plan->renames);
	SdrPlan    *plan = search->plan;
	List	   *missing = sdr_changes_that_are(plan, true, false);
	List	   *unexpected = sdr_changes_that_are(plan, false, true);
	ListCell   *lc;
	ListCell   *cell;

	if (missing == NIL)
		return false;
	unexpected = list_concat(unexpected, moved_away(search));
	foreach(lc, unexpected)
	{
		const SdrObject *live = sdr_live_of(plan, lfirst(lc));
		List	   *names;

		CHECK_FOR_INTERRUPTS();
		if (!has_kind(missing, live->kind) ||
			(names = sdr_names_of(search, live)) == NIL)
			continue;
		foreach(cell, missing)
		{
			if (pair_tops(search, lfirst(cell), lfirst(lc), names))
			{
				missing = foreach_delete_current(missing, cell);
				break;
			}
		}
	}
	return list_length(plan->renames) > before;
}

/* Objects that are the same now that others have their new names. */
static SdrChange *
counterpart(const List *changes, const SdrChange *change)
{
	const char *identity = sdr_object_identity(change->have);
	const ListCell *lc;

	foreach(lc, changes)
	{
		SdrChange  *other = lfirst(lc);

		if (other->have == NULL && other->want->kind == change->have->kind &&
			strcmp(sdr_object_identity(other->want), identity) == 0)
			return other;
	}
	return NULL;
}

/* Compare all that differs again, under the new names. */
static void
compare_all_again(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	List	   *changes = plan->changes;
	ListCell   *lc;

	foreach(lc, changes)
	{
		SdrChange  *change = lfirst(lc);
		SdrObject  *have = unconstify(SdrObject *, change->have);

		if (have == NULL || have->kind->id == SDR_KIND_SCHEMA ||
			have->kind->id == SDR_KIND_UNMODELLED)
			continue;
		if (!list_member_ptr(search->named, have))
			sdr_respell_name(plan->renames, have);
		sdr_respell_rest(plan->renames, have);
	}
	foreach(lc, changes)
	{
		SdrChange  *change = lfirst(lc);
		SdrChange  *other;

		if (change->have != NULL && change->want == NULL &&
			(other = counterpart(changes, change)) != NULL)
		{
			other->have = change->have;
			changes = foreach_delete_current(changes, lc);
		}
	}
	plan->changes = NIL;
	foreach(lc, changes)
	{
		SdrChange  *change = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (change->have != NULL && change->want != NULL)
		{
			sdr_respell_query(change->want, change->have);
			sdr_compare_change(search, change);
		}
		else
			plan->changes = lappend(plan->changes, change);
	}
}

static bool
live_same(void *arg, const SdrAttr *attr, const SdrObject *actual,
		  const char *expected, const char *found)
{
	return sdr_same_meaning(arg, attr, actual, expected, found);
}

/*
 * Find what was renamed among the changes of a plan: the steps that rename go
 * to plan->first, and the changes are what remains after them.
 */
void
sdr_find_renames(SdrPlan *plan, SdrRows *rows)
{
	SdrRenameSearch search = {
		.plan = plan,
		.cmp = {
			rows, sdr_rows_emit, plan->reader, live_same, SDR_SERVER_VERSION,
			plan->document->server
		},
		.rows = rows
	};

	sdr_rename_schemas(&search);
	while (split_tops(&search))
		;
	while (find_tops(&search))
		;
	sdr_rename_circles(&search);
	sdr_rename_parts(&search);
	if (plan->renames != NIL || plan->schemas != NIL || search.has_split)
		compare_all_again(&search);
	plan->first = plan->steps;
	plan->steps = NIL;
}
