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
#include "repair/repair.h"
#include "utils/builtins.h"

typedef struct Search
{
	SdrPlan    *plan;
	SdrComparison cmp;
	SdrRows    *rows;
	List	   *log;			/* see naming.c */
	bool		has_log;
	bool		has_split;
	List	   *named;			/* of SdrObject *: those with new names */
} Search;

/* The sides of a change, whatever the direction. */
static const SdrObject *
expected_of(const SdrPlan *plan, const SdrChange *change)
{
	return plan->options.adopt ? change->have : change->want;
}

static const SdrObject *
live_of(const SdrPlan *plan, const SdrChange *change)
{
	return plan->options.adopt ? change->want : change->have;
}

/* Kinds of objects in schemas that have a name of their own. */
static bool
can_be_renamed(const SdrKind *kind)
{
	switch (kind->id)
	{
		case SDR_KIND_FUNCTION:
		case SDR_KIND_PROCEDURE:
		case SDR_KIND_AGGREGATE:
			return true;
		case SDR_KIND_STATISTICS:
			/* the oid that is known is that of the table */
			return false;
		default:
			return kind->identity == SDR_IDENTITY_QUALIFIED;
	}
}

/* Kinds of parts that do. */
static bool
is_named_part(const SdrKind *kind)
{
	switch (kind->id)
	{
		case SDR_KIND_COLUMN:
		case SDR_KIND_CONSTRAINT:
		case SDR_KIND_INDEX:
		case SDR_KIND_TRIGGER:
		case SDR_KIND_POLICY:
		case SDR_KIND_RULE:
			return true;
		default:
			return false;
	}
}

/* Most drift is of other sorts, and the log can be long. */
static const List *
log_of(Search *search)
{
	if (!search->has_log)
		search->log = sdr_rename_log();
	search->has_log = true;
	return search->log;
}

static List *
names_of(Search *search, const SdrObject *live)
{
	const List *log = log_of(search);

	return log == NIL ? NIL : sdr_former_names(log, live);
}

/* What stands behind the name of a routine, "" of others. */
static const char *
arguments_of(const SdrObject *object)
{
	const char *paren = object->kind->identity != SDR_IDENTITY_SQL ? NULL :
	strchr(object->name, '(');

	return paren == NULL ? "" : paren;
}

static const char *
schema_of(const SdrObject *object)
{
	return sdr_top(object)->parent == NULL ? "" : sdr_top(object)->parent->name;
}

/* Has a live object had the name of the expected one? */
static bool
had_name(const List *names, const SdrObject *live, const SdrObject *expected)
{
	bool		is_part = live != sdr_top(live);
	const ListCell *lc;

	if (live->kind != expected->kind ||
		strcmp(arguments_of(live), arguments_of(expected)) != 0)
		return false;
	foreach(lc, names)
	{
		const SdrFormerName *former = lfirst(lc);

		if (strcmp(former->name, sdr_bare_name(expected)) == 0 &&
			(is_part || strcmp(former->schema, schema_of(expected)) == 0))
			return true;
	}
	return false;
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

		if (change->have != NULL && change->have->parent != NULL &&
			strcmp(sdr_object_identity(change->have), identity) == 0)
			return true;
	}
	return false;
}

static SdrRenaming *
add_rename(SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	SdrRenaming *rename = palloc0(sizeof(SdrRenaming));

	rename->kind = have->kind->id;
	rename->schema = schema_of(have);
	rename->name = sdr_bare_name(have);
	rename->new_schema = schema_of(want);
	rename->new_name = sdr_bare_name(want);
	plan->renames = lappend(plan->renames, rename);
	return rename;
}

/* The object under another name, for conditions. */
static const SdrObject *
called(const SdrObject *object, const char *schema, const char *name)
{
	SdrObject  *other = sdr_object_new(object->kind->id, name, NULL);

	other->parent = object->parent;
	if (object == sdr_top(object))
	{
		other->parent = sdr_object_new(SDR_KIND_SCHEMA, schema, NULL);
		if (*arguments_of(object) != '\0')
			other->name = psprintf("%s%s", quote_identifier(name),
								   arguments_of(object));
	}
	return other;
}

/*
 * A step that renames old, which is to be want.  The old name may be that of
 * another object later on.
 */
static void
rename_step(SdrPlan *plan, const SdrObject *want, const SdrObject *old,
			const char *sql)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_RELEASE, want, "%s", sql);

	sdr_step_cost(step, SDR_RISK_LOCKS, want->kind->id == SDR_KIND_INDEX ?
				  SDR_SHARE_UPDATE : SDR_EXCLUSIVE);
	step->note = "it was renamed, as schemadrift.ddl_log tells";
	if (sdr_exists(old) != NULL)
		step->due = psprintf("%s AND NOT (%s)", sdr_exists(old),
							 sdr_exists(want));
}

/* Into the other schema, then to the other name. */
static void
rename_top(SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	SdrRenaming *rename = add_rename(plan, have, want);
	const SdrObject *old = have;

	if (strcmp(rename->schema, rename->new_schema) != 0)
	{
		rename_step(plan, want, old,
					psprintf("ALTER %s %s SET SCHEMA %s", sdr_sql_type(have),
							 sdr_object_identity(old),
							 quote_identifier(rename->new_schema)));
		old = called(have, rename->new_schema, rename->name);
	}
	if (strcmp(rename->name, rename->new_name) != 0)
		rename_step(plan, want, old,
					psprintf("ALTER %s %s RENAME TO %s", sdr_sql_type(have),
							 sdr_object_identity(old),
							 quote_identifier(rename->new_name)));
}

/* How a part is renamed; the parent has its new name already. */
static const char *
part_sql(const SdrObject *have, const char *new_name)
{
	const char *parent = sdr_object_identity(have->parent);
	const char *type = sdr_sql_type(have->parent);
	const char *old = quote_identifier(have->name);
	const char *new = quote_identifier(new_name);

	switch (have->kind->id)
	{
		case SDR_KIND_COLUMN:
			return psprintf("ALTER %s %s RENAME %s %s TO %s", type, parent,
							have->parent->kind->id == SDR_KIND_COMPOSITE ?
							"ATTRIBUTE" : "COLUMN", old, new);
		case SDR_KIND_CONSTRAINT:
			return psprintf("ALTER %s %s RENAME CONSTRAINT %s TO %s", type,
							parent, old, new);
		case SDR_KIND_INDEX:
			return psprintf("ALTER INDEX %s RENAME TO %s",
							sdr_object_identity(have), new);
		default:
			return psprintf("ALTER %s %s ON %s RENAME TO %s",
							sdr_sql_type(have), old, parent, new);
	}
}

/* The name that the parent had before it was renamed here. */
static const char *
old_parent(const SdrPlan *plan, const SdrObject *parent)
{
	const ListCell *lc;

	foreach(lc, plan->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent == NULL && rename->kind == parent->kind->id &&
			strcmp(rename->new_name, parent->name) == 0 &&
			strcmp(rename->new_schema, schema_of(parent)) == 0)
			return quote_qualified_identifier(rename->schema, rename->name);
	}
	return sdr_object_identity(parent);
}

static void
rename_part(SdrPlan *plan, const SdrObject *have, const SdrObject *want,
			bool follows)
{
	SdrRenaming *rename = add_rename(plan, have, want);

	rename->parent = sdr_object_identity(have->parent);
	rename->old_parent = old_parent(plan, have->parent);
	if (!follows)
		rename_step(plan, want, have, part_sql(have, want->name));
}

/* Compare a change again, which gives it its rows. */
static void
compare_again(Search *search, const SdrChange *change)
{
	const SdrObject *expected = expected_of(search->plan, change);
	const SdrObject *live = live_of(search->plan, change);

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
		const SdrObject *other = live_of(plan, lfirst(lc));

		if (other != NULL && other->kind == live->kind &&
			strcmp(sdr_object_identity(other), identity) == 0)
			return true;
	}
	return false;
}

/* The schema that an object was moved to must be there as well. */
static void
add_schema(SdrPlan *plan, const SdrObject *live)
{
	Oid			namespace = sdr_find_schema(plan->reader, live->parent->name);
	SdrChange  *change = palloc0(sizeof(SdrChange));

	if (!plan->options.adopt || !OidIsValid(namespace) ||
		is_change(plan, live->parent))
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
moved_away(Search *search)
{
	SdrPlan    *plan = search->plan;
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, sdr_moved_objects(plan->reader, log_of(search)))
	{
		SdrObject  *live = lfirst(lc);
		SdrChange  *change;

		if (sdr_document_schema(plan->document, live->parent->name) != NULL ||
			!can_be_renamed(live->kind) || is_change(plan, live))
			continue;
		live->complete = SDR_ALL_KINDS;
		change = palloc0(sizeof(SdrChange));
		if (plan->options.adopt)
			change->want = live;
		else
			change->have = live;
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

/* Join two changes into one, if the live object is the expected one. */
static bool
pair_tops(Search *search, SdrChange *missing, SdrChange *unexpected,
		  const List *names)
{
	SdrPlan    *plan = search->plan;
	SdrChange	joined = {0};

	if (!had_name(names, live_of(plan, unexpected),
				  expected_of(plan, missing)))
		return false;
	joined.want = plan->options.adopt ? unexpected->want : missing->want;
	joined.have = plan->options.adopt ? missing->have : unexpected->have;
	if (is_taken(plan, joined.want))
		return false;
	add_schema(plan, live_of(plan, unexpected));
	plan->mending = list_concat_copy(missing->rows, unexpected->rows);
	rename_top(plan, joined.have, joined.want);
	plan->mending = NIL;
	sdr_respell_name(list_make1(llast(plan->renames)),
					 unconstify(SdrObject *, joined.have));
	search->named = lappend(search->named, unconstify(SdrObject *, joined.have));
	plan->changes = list_delete_ptr(plan->changes, missing);
	plan->changes = list_delete_ptr(plan->changes, unexpected);
	compare_again(search, &joined);
	return true;
}

/* Changes of objects that are only on one side, or on both. */
static List *
changes_that_are(const SdrPlan *plan, bool has_expected, bool has_live)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		SdrChange  *change = lfirst(lc);
		const SdrObject *expected = expected_of(plan, change);
		const SdrObject *live = live_of(plan, change);

		if ((expected != NULL) == has_expected && (live != NULL) == has_live &&
			can_be_renamed(expected != NULL ? expected->kind : live->kind))
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
		if (had_name(names, live, expected_of(plan, lfirst(lc))))
			return true;
	}
	return false;
}

/*
 * An object may have the name of one that was renamed before it.  Where its
 * own name is missing, the two sides are not the same object: part them.
 */
static bool
split_tops(Search *search)
{
	SdrPlan    *plan = search->plan;
	List	   *missing = changes_that_are(plan, true, false);
	bool		found = false;
	ListCell   *lc;

	foreach(lc, missing == NIL ? NIL : changes_that_are(plan, true, true))
	{
		SdrChange  *change = lfirst(lc);
		const SdrObject *expected = expected_of(plan, change);
		const SdrObject *live = live_of(plan, change);
		List	   *names;

		CHECK_FOR_INTERRUPTS();
		if (!has_kind(missing, live->kind) ||
			(names = names_of(search, live)) == NIL ||
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
find_tops(Search *search)
{
	int			before = list_length(search->plan->renames);
	SdrPlan    *plan = search->plan;
	List	   *missing = changes_that_are(plan, true, false);
	List	   *unexpected = changes_that_are(plan, false, true);
	ListCell   *lc;
	ListCell   *cell;

	if (missing == NIL)
		return false;
	unexpected = list_concat(unexpected, moved_away(search));
	foreach(lc, unexpected)
	{
		const SdrObject *live = live_of(plan, lfirst(lc));
		List	   *names;

		CHECK_FOR_INTERRUPTS();
		if (!has_kind(missing, live->kind) ||
			(names = names_of(search, live)) == NIL)
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

/* The missing parts of a change, and the unexpected ones, by their rows. */
static List *
parts_that_are(const SdrPlan *plan, const SdrChange *change,
			   SdrDriftType drift)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, change->rows)
	{
		SdrRow	   *row = lfirst(lc);

		if (row->cause.drift == drift &&
			row->cause.object != sdr_top(row->cause.object) &&
			is_named_part(row->cause.object->kind))
			result = lappend(result, row);
	}
	return result;
}

/* Has the part of a parent the same two names, so that this one follows? */
static bool
follows_parent(const SdrPlan *plan, const SdrObject *table,
			   const SdrObject *have, const SdrObject *want)
{
	const char *partition_of;
	const ListCell *lc;
	const ListCell *cell;

	if (table->kind->id != SDR_KIND_TABLE)
		return false;
	partition_of = sdr_text(table, SDR_TABLE_PARTITION_OF);
	foreach(lc, plan->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent == NULL || rename->kind != have->kind->id ||
			strcmp(rename->name, have->name) != 0 ||
			strcmp(rename->new_name, want->name) != 0)
			continue;
		if (partition_of != NULL &&
			(strcmp(partition_of, rename->parent) == 0 ||
			 strcmp(partition_of, rename->old_parent) == 0))
			return true;
		foreach(cell, sdr_items(table, SDR_TABLE_INHERITS))
		{
			if (strcmp(lfirst(cell), rename->parent) == 0 ||
				strcmp(lfirst(cell), rename->old_parent) == 0)
				return true;
		}
	}
	return false;
}

static bool
is_known(const SdrPlan *plan, const SdrObject *have)
{
	const char *parent = sdr_object_identity(have->parent);
	const ListCell *lc;

	foreach(lc, plan->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent != NULL && rename->kind == have->kind->id &&
			strcmp(rename->name, have->name) == 0 &&
			strcmp(rename->parent, parent) == 0)
			return true;
	}
	return false;
}

/* Pair an unexpected part with a missing one. */
static bool
pair_part(Search *search, const SdrChange *change, SdrRow *unexpected,
		  List **missing, bool following)
{
	SdrPlan    *plan = search->plan;
	const SdrObject *live = unexpected->cause.object;
	List	   *names = following ? NIL : names_of(search, live);
	ListCell   *lc;

	foreach(lc, *missing)
	{
		SdrRow	   *row = lfirst(lc);
		const SdrObject *expected = row->cause.object;
		const SdrObject *have = plan->options.adopt ? expected : live;
		const SdrObject *want = plan->options.adopt ? live : expected;

		if (live->kind != expected->kind || is_known(plan, have) ||
			!(following ? follows_parent(plan, change->have, have, want) :
			  had_name(names, live, expected)))
			continue;
		plan->mending = list_make2(row, unexpected);
		rename_part(plan, have, want, following);
		plan->mending = NIL;
		*missing = foreach_delete_current(*missing, lc);
		return true;
	}
	return false;
}

/* Parts that were renamed, or follow those of parents; true if there are. */
static bool
find_parts(Search *search, bool following)
{
	SdrPlan    *plan = search->plan;
	bool		found = false;
	ListCell   *lc;
	ListCell   *cell;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);
		List	   *missing;
		List	   *unexpected;

		if (change->want == NULL || change->have == NULL)
			continue;
		missing = parts_that_are(plan, change, SDR_DRIFT_MISSING);
		unexpected = parts_that_are(plan, change, SDR_DRIFT_UNEXPECTED);
		foreach(cell, missing == NIL ? NIL : unexpected)
			found |= pair_part(search, change, lfirst(cell), &missing,
							   following);
	}
	return found;
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
compare_all_again(Search *search)
{
	SdrPlan    *plan = search->plan;
	List	   *changes = plan->changes;
	ListCell   *lc;

	foreach(lc, changes)
	{
		SdrChange  *change = lfirst(lc);

		SdrObject  *have = unconstify(SdrObject *, change->have);

		if (have == NULL || have->parent == NULL)
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
			compare_again(search, change);
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
	Search		search = {
		.plan = plan,
		.cmp = {
			rows, sdr_rows_emit, plan->reader, live_same, SDR_SERVER_VERSION,
			plan->document->server
		},
		.rows = rows
	};

	while (split_tops(&search))
		;
	while (find_tops(&search))
		;
	(void) find_parts(&search, false);
	while (find_parts(&search, true))
		;
	if (plan->renames != NIL || search.has_split)
		compare_all_again(&search);
	plan->first = plan->steps;
	plan->steps = NIL;
}
