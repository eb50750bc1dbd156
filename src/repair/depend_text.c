/*-------------------------------------------------------------------------
 *
 * depend_text.c
 *	  What depends on an object of a document, where no pg_depend says so.
 *
 * It is read from the texts of the objects, in which every name is qualified
 * but those of columns.  What only looks like a mention has an object made
 * again for nothing, and does no other harm.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "repair/repair.h"

static bool
is_same(const SdrObject *a, const SdrObject *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
		strcmp(sdr_object_identity(a), sdr_object_identity(b)) == 0;
}

/* Are both parts of one object? */
static bool
is_beside(const SdrObject *a, const SdrObject *b)
{
	return a != sdr_top(a) && b != sdr_top(b) && is_same(a->parent, b->parent);
}

static bool
has_type(const SdrObject *object, const char *type)
{
	return object->kind->id == SDR_KIND_CONSTRAINT &&
		strcmp(sdr_text(object, SDR_CONSTRAINT_TYPE), type) == 0;
}

static bool
references(const SdrObject *key, const SdrObject *table)
{
	return has_type(key, "foreign key") &&
		table->kind->id == SDR_KIND_TABLE && table->parent != NULL &&
		strcmp(sdr_text(key, SDR_CONSTRAINT_REFERENCES_TABLE), table->name) == 0 &&
		strcmp(sdr_text(key, SDR_CONSTRAINT_REFERENCES_SCHEMA),
			   table->parent->name) == 0;
}

/* What ALTER COLUMN TYPE takes along, and only DROP COLUMN does not. */
bool
sdr_follows_column(const SdrObject *object)
{
	return object->kind->id == SDR_KIND_CONSTRAINT ||
		object->kind->id == SDR_KIND_INDEX ||
		object->kind->id == SDR_KIND_STATISTICS ||
		object->kind->id == SDR_KIND_SEQUENCE;
}

static bool
depends_on_column(const SdrObject *object, const SdrObject *column, bool goes)
{
	const SdrObject *table = column->parent;
	bool		beside = is_beside(object, column);
	const char *texts;

	if (sdr_follows_column(object) && !goes)
		return false;
	if (object->kind->id == SDR_KIND_COLUMN)
		return beside && strcmp(object->name, column->name) != 0 &&
			sdr_is_set(object, SDR_COLUMN_GENERATED) &&
			sdr_mentions_name(sdr_text(object, SDR_COLUMN_GENERATED), NULL,
							  column->name);
	if (references(object, table) &&
		sdr_list_has(sdr_items(object, SDR_CONSTRAINT_REFERENCES_COLUMNS),
					 column->name))
		return true;
	texts = sdr_own_texts(object);
	return beside ? sdr_mentions_name(texts, NULL, column->name) :
		sdr_mentions_name(texts, sdr_object_identity(table), column->name);
}

/* Is this a key, or an index that serves as one, on just these columns? */
static bool
is_key_on(const SdrObject *key, const List *columns)
{
	List	   *keys = sdr_items(key, key->kind->id == SDR_KIND_INDEX ?
								 SDR_INDEX_KEYS : SDR_CONSTRAINT_COLUMNS);
	const ListCell *lc;

	if (list_length(keys) != list_length(columns))
		return false;
	foreach(lc, columns)
	{
		bool		found = false;
		const ListCell *k;

		foreach(k, keys)
		{
			if (key->kind->id == SDR_KIND_INDEX ?
				sdr_mentions_name(lfirst(k), NULL, lfirst(lc)) :
				strcmp(lfirst(k), lfirst(lc)) == 0)
				found = true;
		}
		if (!found)
			return false;
	}
	return true;
}

/* Can foreign keys refer to it? */
bool
sdr_is_key(const SdrObject *object)
{
	return has_type(object, "primary key") || has_type(object, "unique") ||
		(object->kind->id == SDR_KIND_INDEX &&
		 sdr_true(object, SDR_INDEX_UNIQUE));
}

/*
 * Foreign keys need a key on the columns that they refer to, and queries that
 * are grouped by a primary key may show columns beside it.
 */
static bool
depends_on_key(const SdrObject *object, const SdrObject *key)
{
	if (references(object, key->parent))
		return is_key_on(key, sdr_items(object,
										SDR_CONSTRAINT_REFERENCES_COLUMNS));
	return has_type(key, "primary key") &&
		(object->kind->id == SDR_KIND_VIEW ||
		 object->kind->id == SDR_KIND_MATVIEW) &&
		strstr(sdr_own_texts(object), "GROUP BY") != NULL &&
		sdr_mentions(sdr_own_texts(object), sdr_object_identity(key->parent));
}

/*
 * Does an object, or a part of one, depend on another, so that it must go
 * before that can go, or with goes false before that column can get another
 * type?
 */
bool
sdr_depends_by_text(const SdrObject *object, const SdrObject *on, bool goes)
{
	const char *name;

	if (is_same(object, on))
		return false;
	if (on->kind->id == SDR_KIND_COLUMN)
		return depends_on_column(object, on, goes);
	if (on != sdr_top(on))
		return sdr_is_key(on) && depends_on_key(object, on);
	if (is_same(sdr_top(object), on))
		return false;
	if (on->kind->id == SDR_KIND_TABLE && has_type(object, "foreign key"))
		return references(object, on);
	name = sdr_order_name(on);
	return name != NULL &&
		sdr_mentions(psprintf("%s ; %s", sdr_object_identity(object),
							  sdr_own_texts(object)), name);
}

/* The changes of objects whose texts mention a name as they are now. */
typedef struct Mention
{
	char		key[SDR_KEY_SIZE];
	List	   *changes;		/* of SdrChange * */
} Mention;

static void
note_mention(HTAB *mentions, const char *key, SdrChange *change)
{
	bool		found;
	Mention    *mention = hash_search(mentions, key, HASH_ENTER, &found);

	if (!found)
		mention->changes = NIL;
	if (mention->changes == NIL || llast(mention->changes) != change)
		mention->changes = lappend(mention->changes, change);
}

static void
note_mentions(HTAB *mentions, SdrChange *change)
{
	const SdrObject *have = change->have;
	char		key[SDR_KEY_SIZE];

	for (const char *p = sdr_texts(have);
		 (p = sdr_next_name(p, key)) != NULL;)
		note_mention(mentions, key, change);
	for (int i = 0; i < have->nchildren; i++)
	{
		const SdrObject *part = have->children[i];

		if (!has_type(part, "foreign key"))
			continue;
		sdr_make_key(key, sdr_text(part, SDR_CONSTRAINT_REFERENCES_SCHEMA),
					 sdr_text(part, SDR_CONSTRAINT_REFERENCES_TABLE));
		note_mention(mentions, key, change);
	}
}

static HTAB *
index_mentions(const SdrPlan *plan)
{
	HASHCTL		ctl = {
		.keysize = SDR_KEY_SIZE,.entrysize = sizeof(Mention),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *mentions = hash_create("schemadrift mentions", 256, &ctl,
									   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		SdrChange  *change = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (change->have != NULL && change->have->kind->id != SDR_KIND_UNMODELLED)
			note_mentions(mentions, change);
	}
	return mentions;
}

/*
 * The changes whose objects as they are, or parts of them, may depend on an
 * object: sdr_depends_by_text() knows which do.
 */
List *
sdr_mentioning(SdrPlan *plan, const SdrObject *on)
{
	const char *name = sdr_order_name(sdr_top(on));
	SdrChange  *own = sdr_plan_change(plan, on);
	List	   *result = NIL;
	char		key[SDR_KEY_SIZE];
	const Mention *mention;

	if (plan->by_mention == NULL)
		plan->by_mention = index_mentions(plan);
	if (name != NULL && sdr_next_name(name, key) != NULL &&
		(mention = hash_search(plan->by_mention, key, HASH_FIND, NULL)) != NULL)
		result = list_copy(mention->changes);
	if (own != NULL && own->have != NULL)
		result = list_append_unique_ptr(result, own);
	return result;
}
