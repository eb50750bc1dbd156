/*-------------------------------------------------------------------------
 *
 * rename_schema.c
 *	  Schemas that were renamed.
 *
 * The check has told of a schema that is missing, and at most that another is
 * there.  Once that one has the name, all in it is compared as if it had been
 * called so all along.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "repair/rename.h"
#include "utils/builtins.h"

/* A schema of the document, and which one it is. */
typedef struct Pair
{
	const SdrObject *expected;
	const SdrObject *live;
	SdrRenaming *rename;
	List	   *missing;		/* of SdrObject *: what it is to have in it */
	List	   *there;			/* of SdrObject *: what the live one has */
} Pair;

/* Is it one that gets another name already? */
static bool
is_taken(const SdrPlan *plan, const char *live)
{
	const ListCell *lc;

	foreach(lc, plan->schemas)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (strcmp(plan->options.adopt ? rename->new_name : rename->name,
				   live) == 0)
			return true;
	}
	return false;
}

/* The schema that was called that before; NULL if none is known. */
static const SdrObject *
find_live(SdrRenameSearch *search, const SdrObject *expected)
{
	SdrPlan    *plan = search->plan;
	List	   *oids = sdr_renamed_oids(sdr_rename_log_of(search),
										NamespaceRelationId);
	const ListCell *lc;

	foreach(lc, oids)
	{
		Oid			oid = lfirst_oid(lc);
		const SdrName *name = sdr_name(plan->reader, NamespaceRelationId, oid);
		const SdrObject *live;

		if (name == NULL || is_taken(plan, name->name) ||
			!sdr_is_users_schema(plan->reader, oid) ||
			sdr_document_schema(plan->document, name->name) != NULL)
			continue;
		live = sdr_read_schema(plan->reader, sdr_schema_entry(name->name, oid));
		if (live != NULL &&
			sdr_had_name(plan, sdr_names_of(search, live), live,
						 expected))
			return live;
	}
	return NULL;
}

static List *
read_all(SdrPlan *plan, const SdrObject *schema)
{
	List	   *objects = NIL;
	ListCell   *lc;

	foreach(lc, sdr_list(plan->reader, schema->oid))
	{
		SdrObject  *object = sdr_read(plan->reader, lfirst(lc));

		CHECK_FOR_INTERRUPTS();
		if (object != NULL)
			objects = lappend(objects, object);
	}
	return objects;
}

static bool
is_in(const SdrObject *object, const SdrObject *schema)
{
	return object != NULL && object->parent != NULL &&
		strcmp(object->parent->name, schema->name) == 0;
}

static bool
is_schema(const SdrObject *object, const SdrObject *schema)
{
	return object != NULL && object->kind->id == SDR_KIND_SCHEMA &&
		strcmp(object->name, schema->name) == 0;
}

/* Take what is about the two schemas out of the changes; the rows of these. */
static List *
take_changes(SdrPlan *plan, Pair *pair)
{
	List	   *rows = NIL;
	ListCell   *lc;

	foreach(lc, plan->changes)
	{
		SdrChange  *change = lfirst(lc);
		const SdrObject *expected = sdr_expected_of(plan, change);
		const SdrObject *live = sdr_live_of(plan, change);

		if (is_schema(expected, pair->expected) || is_schema(live, pair->live))
			rows = list_concat(rows, change->rows);
		else if (is_in(expected, pair->expected))
			pair->missing = lappend(pair->missing,
									unconstify(SdrObject *, expected));
		else if (!is_in(live, pair->live))
			continue;
		plan->changes = foreach_delete_current(plan->changes, lc);
	}
	return rows;
}

static void
add_member(HTAB *members, const char *name)
{
	char		key[NAMEDATALEN];

	strlcpy(key, name, NAMEDATALEN);
	(void) hash_search(members, key, HASH_ENTER, NULL);
}

/* The names by which texts may speak of what is in a schema. */
static HTAB *
collect_members(const List *objects)
{
	HASHCTL		ctl = {
		.keysize = NAMEDATALEN,.entrysize = NAMEDATALEN,
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *members = hash_create("schemadrift members of a schema", 64, &ctl,
									  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	const ListCell *lc;

	foreach(lc, objects)
	{
		const SdrObject *object = lfirst(lc);

		add_member(members, sdr_bare_name(object));
		if (object->kind->id == SDR_KIND_RANGE &&
			sdr_text(object, SDR_RANGE_MULTIRANGE_TYPE) != NULL)
			add_member(members,
					   sdr_plain_name(sdr_text(object,
											   SDR_RANGE_MULTIRANGE_TYPE)));
		for (int i = 0; i < object->nchildren; i++)
		{
			if (object->children[i]->kind->id == SDR_KIND_INDEX ||
				object->children[i]->kind->id == SDR_KIND_CONSTRAINT)
				add_member(members, object->children[i]->name);
		}
	}
	return members;
}

static SdrObject *
copy_schema(const SdrObject *schema)
{
	return memcpy(palloc(sizeof(SdrObject)), schema, sizeof(SdrObject));
}

/* A step that renames, and what it renames along. */
static Pair *
rename_schema(SdrRenameSearch *search, const SdrObject *expected,
			  const SdrObject *live)
{
	SdrPlan    *plan = search->plan;
	Pair	   *pair = palloc0(sizeof(Pair));
	const SdrObject *have = plan->options.adopt ? expected : live;
	const SdrObject *want = plan->options.adopt ? live : expected;

	pair->expected = expected;
	pair->live = live;
	plan->mending = take_changes(plan, pair);
	pair->there = read_all(plan, live);
	sdr_rename_step(plan, want, have,
					psprintf("ALTER SCHEMA %s RENAME TO %s",
							 quote_identifier(have->name),
							 quote_identifier(want->name)), NULL);
	plan->mending = NIL;
	pair->rename = sdr_add_renaming(plan, have, want);
	pair->rename->members = collect_members(plan->options.adopt ?
											pair->missing : pair->there);
	return pair;
}

/* Give new names to the side that gets them. */
static void
respell_pair(const SdrPlan *plan, Pair *pair)
{
	SdrObject  *schema = copy_schema(plan->options.adopt ? pair->expected :
									 pair->live);
	const ListCell *lc;

	sdr_respell_name(plan->schemas, schema);
	if (plan->options.adopt)
		pair->expected = schema;
	else
		pair->live = schema;
	foreach(lc, plan->options.adopt ? pair->missing : pair->there)
		sdr_respell(plan->schemas, lfirst(lc));
}

/* The same of all else that differs. */
static void
respell_others(const SdrPlan *plan)
{
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrObject *have = ((const SdrChange *) lfirst(lc))->have;

		if (have != NULL && have->kind->id != SDR_KIND_SCHEMA &&
			have->kind->id != SDR_KIND_UNMODELLED)
			sdr_respell(plan->schemas, unconstify(SdrObject *, have));
	}
}

static void
compare(SdrRenameSearch *search, const SdrObject *expected,
		const SdrObject *live)
{
	bool		adopt = search->plan->options.adopt;
	SdrChange	change = {
		.want = adopt ? live : expected,
		.have = adopt ? expected : live
	};

	sdr_compare_change(search, &change);
}

/* Take the live object of that kind and name. */
static SdrObject *
take_live(const SdrPlan *plan, Pair *pair, const SdrObject *expected)
{
	SdrItem		item = {expected->kind, expected->name};
	const char *problem;
	const char *name = expected->kind->identity != SDR_IDENTITY_SQL ?
	expected->name : sdr_canonical_name(plan->reader, &item, pair->live->oid,
										&problem);
	ListCell   *lc;

	foreach(lc, pair->there)
	{
		SdrObject  *live = lfirst(lc);

		if (live->kind == expected->kind &&
			(strcmp(live->name, expected->name) == 0 ||
			 strcmp(live->name, name) == 0))
		{
			pair->there = foreach_delete_current(pair->there, lc);
			return live;
		}
	}
	return NULL;
}

/* Compare two schemas that are one, with what is in them. */
static void
compare_pair(SdrRenameSearch *search, Pair *pair, SdrScope scope)
{
	const ListCell *lc;

	compare(search, pair->expected, pair->live);
	foreach(lc, pair->missing)
	{
		const SdrObject *expected = lfirst(lc);
		SdrObject  *live = take_live(search->plan, pair, expected);

		CHECK_FOR_INTERRUPTS();
		if (live != NULL)
		{
			compare(search, expected, live);
			continue;
		}
		sdr_compare_missing(&search->cmp, expected);
		(void) sdr_rows_flush(search->rows, expected, NULL);
	}
	foreach(lc, pair->there)
	{
		const SdrObject *live = lfirst(lc);

		if ((scope.complete & SDR_KIND_BIT(live->kind->id)) == 0 &&
			!sdr_is_some(scope.some, live))
			continue;
		sdr_compare_unexpected(&search->cmp, live);
		(void) sdr_rows_flush(search->rows, NULL, live);
	}
}

/* Find the schemas that were renamed. */
void
sdr_rename_schemas(SdrRenameSearch *search)
{
	SdrPlan    *plan = search->plan;
	List	   *pairs = NIL;
	List	   *scopes = NIL;
	const ListCell *lc;
	const ListCell *lc2;

	foreach(lc, list_copy(plan->changes))
	{
		const SdrChange *change = lfirst(lc);
		const SdrObject *expected = sdr_expected_of(plan, change);
		const SdrObject *live;

		if (expected == NULL || expected->kind->id != SDR_KIND_SCHEMA ||
			sdr_live_of(plan, change) != NULL ||
			(live = find_live(search, expected)) == NULL)
			continue;
		scopes = lappend(scopes, unconstify(SdrDocSchema *,
											sdr_document_schema(plan->document,
																expected->name)));
		pairs = lappend(pairs, rename_schema(search, expected, live));
	}
	if (pairs == NIL)
		return;
	foreach(lc, pairs)
		respell_pair(plan, lfirst(lc));
	respell_others(plan);
	forboth(lc, pairs, lc2, scopes)
		compare_pair(search, lfirst(lc),
					 ((const SdrDocSchema *) lfirst(lc2))->scope);
}
