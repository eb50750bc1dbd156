/*-------------------------------------------------------------------------
 *
 * absent.c
 *	  What a script creates and the schema has not.
 *
 * A statement tells the names of what it creates.  Where it does not name a
 * schema, any will do but the server's own.  What a later statement, or a later
 * migration, removes or renames is not expected to be there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/history.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

/* Removals are kept by name, with the place of the last. */
#define KEY_LEN		(NAMEDATALEN * 2 + 2)

typedef struct Removal
{
	char		key[KEY_LEN];
	int			place;
} Removal;

/* A created object that is to be looked for. */
typedef struct Wanted
{
	SdrMigration *migration;
	SdrEffect  *effect;
} Wanted;

/* A file's migration and where it stands in the order of all. */
typedef struct Owner
{
	char		id[40];			/* of the file or the run: key */
	int			place;
	List	   *others;			/* of int: more places, of further histories */
} Owner;

typedef struct Search
{
	SdrHistory *history;
	HTAB	   *removals;
	HTAB	   *owners;
	List	   *wanted;			/* of Wanted * */
} Search;

static const char effects_sql[] =
"SELECT id::text, effects FROM schemadrift.migration_file"
" WHERE replaced_at IS NULL AND (id = ANY ($1::uuid[]) OR effects @> '[[\"-\"]]')";

static const char scripts_sql[] =
"SELECT id::text, script FROM schemadrift.ledger"
" WHERE script IS NOT NULL AND id = ANY ($1::uuid[])";

/* Is the schema s the one that the object is looked for in? */
#define IN_SCHEMA \
	"CASE WHEN o.schema IS NULL THEN s.nspname NOT LIKE 'pg\\_%'" \
	" AND s.nspname <> 'information_schema' ELSE s.nspname = o.schema::name END"

/*
 * Runs with a search_path of pg_catalog alone.  Names the rows of the arrays
 * for which there is nothing.
 */
static const char absent_sql[] =
"SELECT o.n::int4 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])"
" WITH ORDINALITY AS o (kind, schema, name, part, n)"
" WHERE NOT CASE o.kind"
" WHEN 'schema' THEN EXISTS (SELECT FROM pg_namespace s WHERE s.nspname = o.name::name)"
" WHEN 'extension' THEN EXISTS (SELECT FROM pg_extension e WHERE e.extname = o.name::name)"
" WHEN 'type' THEN EXISTS (SELECT FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace"
"  WHERE t.typname = o.name::name AND " IN_SCHEMA ")"
" WHEN 'label' THEN EXISTS (SELECT FROM pg_type t JOIN pg_namespace s ON s.oid = t.typnamespace"
"  JOIN pg_enum e ON e.enumtypid = t.oid"
"  WHERE t.typname = o.name::name AND " IN_SCHEMA " AND e.enumlabel = o.part::name)"
" WHEN 'function' THEN EXISTS (SELECT FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace"
"  WHERE p.proname = o.name::name AND " IN_SCHEMA ")"
" ELSE EXISTS (SELECT FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace"
"  WHERE c.relname = o.name::name AND " IN_SCHEMA ""
"  AND CASE o.kind"
"  WHEN 'table' THEN c.relkind = ANY ('{r,p,f}'::\"char\"[])"
"  WHEN 'view' THEN c.relkind = ANY ('{v,m}'::\"char\"[])"
"  WHEN 'index' THEN c.relkind = ANY ('{i,I}'::\"char\"[])"
"  WHEN 'sequence' THEN c.relkind = 'S'"
"  WHEN 'column' THEN EXISTS (SELECT FROM pg_attribute a"
"   WHERE a.attrelid = c.oid AND a.attname = o.part::name AND NOT a.attisdropped)"
"  WHEN 'constraint' THEN EXISTS (SELECT FROM pg_constraint k"
"   WHERE k.conrelid = c.oid AND k.conname = o.part::name)"
"  WHEN 'trigger' THEN EXISTS (SELECT FROM pg_trigger g"
"   WHERE g.tgrelid = c.oid AND g.tgname = o.part::name)"
"  WHEN 'policy' THEN EXISTS (SELECT FROM pg_policy p"
"   WHERE p.polrelid = c.oid AND p.polname = o.part::name)"
"  END) END"
" ORDER BY o.n";

static const char *
make_key(const char *name, const char *part, char *key)
{
	snprintf(key, KEY_LEN, "%s\n%s", name, part == NULL ? "" : part);
	return key;
}

static void
add_removal(Search *search, const SdrEffect *effect, int place)
{
	char		key[KEY_LEN];
	bool		found;
	Removal    *removal = hash_search(search->removals,
									  make_key(effect->name, effect->part, key),
									  HASH_ENTER, &found);

	if (!found || removal->place < place)
		removal->place = place;
}

static bool
is_removed(Search *search, const char *name, const char *part, int place)
{
	char		key[KEY_LEN];
	Removal    *removal = hash_search(search->removals,
									  make_key(name, part, key), HASH_FIND,
									  NULL);

	return removal != NULL && removal->place > place;
}

/* Does a later migration remove the object, or what it is part of? */
static bool
is_removed_later(Search *search, const SdrEffect *effect, int place)
{
	return is_removed(search, effect->name, effect->part, place) ||
		(effect->part != NULL &&
		 is_removed(search, effect->name, NULL, place)) ||
		(effect->schema != NULL &&
		 is_removed(search, effect->schema, NULL, place));
}

/* Does the effect b remove what a has created? */
static bool
undoes(const SdrEffect *b, const SdrEffect *a)
{
	if (b->creates)
		return false;
	if (b->kind == SDR_EFFECT_SCHEMA)
		return a->schema != NULL && strcmp(a->schema, b->name) == 0;
	return strcmp(a->name, b->name) == 0 &&
		(b->part == NULL || (a->part != NULL && strcmp(a->part, b->part) == 0));
}

/* What a script creates and does not remove again itself (SdrEffect *). */
static List *
net_effects(const List *effects)
{
	List	   *net = NIL;
	ListCell   *lc;

	foreach(lc, effects)
	{
		SdrEffect  *effect = lfirst(lc);
		ListCell   *made;

		if (effect->creates)
		{
			/* the name of an index that has none in the script is a guess */
			if ((effect->kind == SDR_EFFECT_INDEX && effect->part != NULL) ||
				(effect->kind == SDR_EFFECT_COLUMN &&
				 strcmp(effect->part, SDR_ANY_COLUMN) == 0))
				continue;
			net = lappend(net, effect);
			continue;
		}
		foreach(made, net)
		{
			if (undoes(effect, lfirst(made)))
				net = foreach_delete_current(net, made);
		}
	}
	return net;
}

/* Is it a question whether what it creates is there? */
static bool
is_in_doubt(const SdrHistory *history, const SdrMigration *migration)
{
	uint32		claim = history->thorough ? SDR_FACT_APPLIED :
	SDR_FACT_CLAIM | SDR_FACT_APPLIED;

	return (migration->facts & claim) == claim ||
		(migration->facts & SDR_FACT_INTERRUPTED) != 0;
}

/* One history's migration of a script whose effects are known. */
static void
take_place(Search *search, List *effects, int place)
{
	SdrMigration *migration = search->history->migrations[place];
	ListCell   *lc;

	/* also of one that is pending: it may have been run by hand */
	foreach(lc, effects)
	{
		if (!((SdrEffect *) lfirst(lc))->creates)
			add_removal(search, lfirst(lc), place);
	}
	if (!is_in_doubt(search->history, migration))
		return;
	foreach(lc, net_effects(effects))
	{
		Wanted	   *wanted = palloc(sizeof(Wanted));

		wanted->migration = migration;
		wanted->effect = lfirst(lc);
		search->wanted = lappend(search->wanted, wanted);
	}
}

static void
take_effects(Search *search, const char *id, List *effects)
{
	char		key[40];
	Owner	   *owner;
	ListCell   *lc;

	strlcpy(key, id, sizeof(key));
	owner = hash_search(search->owners, key, HASH_FIND, NULL);
	if (owner == NULL)
		return;
	take_place(search, effects, owner->place);
	foreach(lc, owner->others)
		take_place(search, effects, lfirst_int(lc));
}

static void
add_owner(Search *search, const char *id, int place)
{
	char		key[40];
	bool		found;
	Owner	   *owner;

	strlcpy(key, id, sizeof(key));
	owner = hash_search(search->owners, key, HASH_ENTER, &found);
	if (found)
		owner->others = lappend_int(owner->others, place);
	else
	{
		owner->place = place;
		owner->others = NIL;
	}
}

static Datum
text_array(const char *const *texts, int n)
{
	Datum	   *elements = palloc(Max(n, 1) * sizeof(Datum));
	bool	   *nulls = palloc(Max(n, 1) * sizeof(bool));
	int			dims[] = {n};
	int			lbs[] = {1};

	for (int i = 0; i < n; i++)
	{
		nulls[i] = texts[i] == NULL;
		elements[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	return PointerGetDatum(construct_md_array(elements, nulls, 1, dims, lbs,
											  TEXTOID, -1, false,
											  TYPALIGN_INT));
}

/* Load effects of files, or scripts of runs, by their ids. */
static void
load_effects(Search *search, const char *sql, List *ids, bool are_scripts)
{
	MemoryContext context = CurrentMemoryContext;
	const char **texts = palloc(Max(list_length(ids), 1) * sizeof(char *));
	Oid			types[] = {TEXTARRAYOID};
	Datum		values[1];
	MemoryContext old;

	for (int i = 0; i < list_length(ids); i++)
		texts[i] = list_nth(ids, i);
	values[0] = text_array(texts, list_length(ids));
	SPI_connect();
	if (SPI_execute_with_args(sql, 1, types, values, NULL, true,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read effects of scripts");
	old = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		char	   *id = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1);
		bool		isnull;
		Datum		value = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2,
										  &isnull);
		SdrScript	script = {0};

		if (isnull)
			continue;
		if (are_scripts)
			sdr_script_read(TextDatumGetCString(value), &script);
		else
			script.effects =
				sdr_effects_read((Jsonb *) PG_DETOAST_DATUM_COPY(value));
		take_effects(search, id, script.effects);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
}

/*
 * Which of these effects (SdrEffect *), all creations, the schema has not: the
 * positions in the list.
 */
static List *
find_absent(const List *effects)
{
	int			n = list_length(effects);
	const char **texts[4];
	Oid			types[] = {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum		values[4];
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	List	   *places = NIL;

	for (int i = 0; i < lengthof(texts); i++)
		texts[i] = palloc(Max(n, 1) * sizeof(char *));
	for (int i = 0; i < n; i++)
	{
		const SdrEffect *effect = list_nth(effects, i);

		texts[0][i] = sdr_effect_kind_name(effect->kind);
		texts[1][i] = effect->schema;
		texts[2][i] = effect->name;
		texts[3][i] = effect->part;
	}
	for (int i = 0; i < lengthof(texts); i++)
		values[i] = text_array(texts[i], n);
	SPI_connect();
	if (SPI_execute_with_args(absent_sql, lengthof(texts), types, values, NULL,
							  true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look for objects");
	old = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;

		places = lappend_int(places,
							 DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i],
														 SPI_tuptable->tupdesc, 1,
														 &isnull)) - 1);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	return places;
}

/* Look for what is wanted, and note with its migration what is not there. */
static void
note_absent(Search *search, const List *wanted)
{
	List	   *effects = NIL;
	ListCell   *lc;

	foreach(lc, wanted)
	{
		Wanted	   *one = lfirst(lc);

		one->migration->facts |= SDR_FACT_PRESENT;
		effects = lappend(effects, one->effect);
	}
	if (effects == NIL)
		return;
	foreach(lc, find_absent(effects))
	{
		const Wanted *lost = list_nth(wanted, lfirst_int(lc));

		lost->migration->facts |= SDR_FACT_ABSENT;
		lost->migration->facts &= ~SDR_FACT_PRESENT;
		lost->migration->absent = lappend(lost->migration->absent,
										  lost->effect);
	}
}

/*
 * For each migration that is recorded as applied without a run, or of which it
 * is not known how far it got, find out what of it is not there.  The order of
 * migrations must be known.
 */
void
sdr_load_absent(SdrHistory *history)
{
	HASHCTL		removals = {.keysize = KEY_LEN,.entrysize = sizeof(Removal),
	.hcxt = CurrentMemoryContext};
	HASHCTL		owners = {.keysize = 40,.entrysize = sizeof(Owner),
	.hcxt = CurrentMemoryContext};
	Search		search = {.history = history};
	List	   *files = NIL;
	List	   *runs = NIL;
	List	   *wanted = NIL;
	ListCell   *lc;

	search.removals = hash_create("schemadrift removals", 64, &removals,
								  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	search.owners = hash_create("schemadrift owners of effects", 64, &owners,
								HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	for (int i = 0; i < history->nmigrations; i++)
	{
		SdrMigration *migration = history->migrations[i];

		migration->place = i;
		if (migration->file != NULL)
			add_owner(&search, migration->file->id, i);
		if (!is_in_doubt(history, migration))
			continue;
		if (migration->file != NULL)
			files = lappend(files, migration->file->id);
		else if (migration->run_id != NULL)
		{
			add_owner(&search, migration->run_id, i);
			runs = lappend(runs, unconstify(char *, migration->run_id));
		}
	}
	load_effects(&search, effects_sql, files, false);
	if (runs != NIL)
		load_effects(&search, scripts_sql, runs, true);

	foreach(lc, search.wanted)
	{
		const Wanted *one = lfirst(lc);

		if (!is_removed_later(&search, one->effect, one->migration->place))
			wanted = lappend(wanted, lfirst(lc));
	}
	note_absent(&search, wanted);
	hash_destroy(search.removals);
	hash_destroy(search.owners);
}
