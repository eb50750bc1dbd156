/*-------------------------------------------------------------------------
 *
 * unexplained.c
 *	  What is in the schema and in no script: DDL by hand.
 *
 * An object is taken to be explained where its name stands anywhere in a script
 * that was registered or run, and where the server itself has named it.  So a
 * script that builds its statements from pieces is given the benefit of the
 * doubt, and what is reported was made by nothing that is known.  Columns are
 * looked at by table, as many tables have columns of the same name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "executor/spi.h"
#include "ledger/history.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#define KEY_LEN		(NAMEDATALEN * 2 + 2)

/* A piece of a name that is shorter says nothing. */
#define MIN_PIECE	4

/* What scripts say. */
struct SdrScriptWords
{
	HTAB	   *words;			/* all of them, in small letters */
	HTAB	   *quoted;			/* those within texts of opaque scripts */
	HTAB	   *made;			/* names, and "table\ncolumn" */
	HTAB	   *listed;			/* tables some of whose columns are told */
	bool		opaque;			/* the script at hand */
};

/* What the server calls a constraint that has no name in the script. */
static const char *const constraint_ends[] = {
	"_pkey", "_key", "_check", "_fkey", "_excl", "_not_null"
};

static const char scripts_sql[] =
"SELECT content, opaque, effects FROM schemadrift.migration_file"
" WHERE content IS NOT NULL"
" UNION ALL"
" SELECT DISTINCT script, NULL::bool, NULL::jsonb FROM schemadrift.ledger"
" WHERE script IS NOT NULL AND checksum NOT IN"
" (SELECT f.checksum FROM schemadrift.migration_file f WHERE f.content IS NOT NULL)";

/* Runs with a search_path of pg_catalog alone. */
static const char objects_sql[] =
"WITH spaces AS MATERIALIZED (SELECT oid, nspname FROM pg_namespace"
"  WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'schemadrift')),"
" members AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),"
" relations AS MATERIALIZED (SELECT c.oid, c.relname, c.relkind, s.nspname FROM pg_class c"
"  JOIN spaces s ON s.oid = c.relnamespace"
"  WHERE NOT c.relispartition AND c.relname <> '_prisma_migrations'"
"  AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)),"
" objects AS ("
" SELECT 'schema' AS kind, NULL::name AS schema, nspname AS name, NULL::name AS part, NULL::name AS parent"
"  FROM spaces s WHERE nspname <> 'public'"
"  AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_namespace'::regclass AND m.objid = s.oid)"
"  AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = '_prisma_migrations' AND c.relnamespace = s.oid)"
" UNION ALL SELECT CASE WHEN relkind IN ('v', 'm') THEN 'view' ELSE 'table' END, nspname, relname, NULL, NULL"
"  FROM relations WHERE relkind IN ('r', 'p', 'f', 'v', 'm')"
" UNION ALL SELECT 'index', r.nspname, i.relname, NULL, r.relname FROM relations r"
"  JOIN pg_index x ON x.indrelid = r.oid JOIN pg_class i ON i.oid = x.indexrelid"
"  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))"
" UNION ALL SELECT 'sequence', nspname, relname, NULL, NULL FROM relations r WHERE relkind = 'S'"
"  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
"   AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))"
" UNION ALL SELECT 'column', r.nspname, r.relname, a.attname, r.relname FROM relations r"
"  JOIN pg_attribute a ON a.attrelid = r.oid"
"  WHERE r.relkind IN ('r', 'p', 'f') AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal"
" UNION ALL SELECT 'constraint', r.nspname, r.relname, k.conname, r.relname FROM relations r"
"  JOIN pg_constraint k ON k.conrelid = r.oid"
"  WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND k.conislocal"
" UNION ALL SELECT 'trigger', r.nspname, r.relname, g.tgname, r.relname FROM relations r"
"  JOIN pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal"
" UNION ALL SELECT 'policy', r.nspname, r.relname, p.polname, r.relname FROM relations r"
"  JOIN pg_policy p ON p.polrelid = r.oid"
" UNION ALL SELECT 'type', s.nspname, t.typname, NULL, NULL FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace"
"  LEFT JOIN pg_class c ON c.oid = t.typrelid"
"  WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')"
"  AND NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)"
" UNION ALL SELECT DISTINCT 'function', s.nspname, p.proname, NULL::name, NULL::name FROM pg_proc p"
"  JOIN spaces s ON s.oid = p.pronamespace"
"  WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)"
"  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass"
"   AND d.objid = p.oid AND d.deptype = 'i'))"
" SELECT kind, schema::text, name::text, part::text, parent::text FROM objects"
" ORDER BY kind COLLATE \"C\", schema, name, part";

static HTAB *
make_set(const char *name, Size keysize)
{
	HASHCTL		ctl = {.keysize = keysize,.entrysize = keysize,
	.hcxt = CurrentMemoryContext};

	return hash_create(name, 1024, &ctl,
					   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
}

static bool
has(HTAB *set, const char *key)
{
	char		buf[KEY_LEN];

	strlcpy(buf, key, sizeof(buf));
	return hash_search(set, buf, HASH_FIND, NULL) != NULL;
}

static void
put(HTAB *set, const char *key)
{
	char		buf[KEY_LEN];

	strlcpy(buf, key, sizeof(buf));
	(void) hash_search(set, buf, HASH_ENTER, NULL);
}

static void
take_word(void *arg, const char *word, bool is_quoted)
{
	SdrScriptWords *words = arg;

	put(words->words, word);
	if (is_quoted && words->opaque)
		put(words->quoted, word);
}

static void
take_effect(SdrScriptWords *words, const SdrEffect *effect)
{
	if (!effect->creates)
		return;
	if (effect->kind == SDR_EFFECT_COLUMN)
	{
		put(words->listed, effect->name);
		put(words->made, psprintf("%s\n%s", effect->name, effect->part));
	}
	else
		put(words->made, effect->name);
}

/* All that the scripts say which were registered or run, now or before. */
SdrScriptWords *
sdr_script_words_load(void)
{
	SdrScriptWords *words = palloc0(sizeof(SdrScriptWords));
	MemoryContext context;
	MemoryContext old;

	words->words = make_set("schemadrift words", NAMEDATALEN);
	words->quoted = make_set("schemadrift quoted words", NAMEDATALEN);
	words->made = make_set("schemadrift made objects", KEY_LEN);
	words->listed = make_set("schemadrift listed tables", NAMEDATALEN);
	context = AllocSetContextCreate(CurrentMemoryContext, "schemadrift script",
									ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	if (SPI_execute(scripts_sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read scripts");
	old = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		isnull;
		Datum		content = SPI_getbinval(tuple, desc, 1, &isnull);
		char	   *source = TextDatumGetCString(content);
		Datum		effects = SPI_getbinval(tuple, desc, 3, &isnull);
		SdrScript	script = {0};
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		if (isnull)
			sdr_script_read(source, &script);
		else
		{
			script.opaque = DatumGetBool(SPI_getbinval(tuple, desc, 2, &isnull));
			script.effects = sdr_effects_read(DatumGetJsonbP(effects));
		}
		words->opaque = script.opaque;
		sdr_script_words(source, take_word, words);
		foreach(lc, script.effects)
			take_effect(words, lfirst(lc));
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	MemoryContextDelete(context);
	return words;
}

/* Are all words of the name in the set? */
static bool
all_words(HTAB *set, const char *name)
{
	char		buf[NAMEDATALEN];
	int			n = 0;

	for (const char *p = name;; p++)
	{
		unsigned char c = *p;

		if (IS_HIGHBIT_SET(c) || isalnum(c) || c == '_' || c == '$')
			buf[n++] = pg_ascii_tolower(c);
		else
		{
			buf[n] = '\0';
			if (n > 0 && !has(set, buf))
				return false;
			if (c == '\0')
				return true;
			n = 0;
		}
		if (n == NAMEDATALEN)
			return false;		/* no name is that long */
	}
}

/* Does a script that is not looked into mention the name? */
bool
sdr_script_words_quoted(SdrScriptWords *words, const char *name)
{
	return all_words(words->quoted, name);
}

/*
 * Could a script that is not looked into have put the name together, as
 * format('%I_set_updated_at', ...) does?  Its beginning or end stands there.
 */
static bool
may_be_composed(SdrScriptWords *words, const char *name)
{
	static const char *const before[] = {"", "i", "s", "l"};
	char		small[NAMEDATALEN];
	int			len = Min(strlen(name), NAMEDATALEN - 1);

	for (int i = 0; i < len; i++)
		small[i] = pg_ascii_tolower((unsigned char) name[i]);
	small[len] = '\0';
	for (int i = 1; i < len - 1; i++)
	{
		if (small[i] != '_')
			continue;
		for (int j = 0; len - i >= MIN_PIECE && j < lengthof(before); j++)
		{
			if (has(words->quoted, psprintf("%s%s", before[j], small + i)))
				return true;
		}
		if (i + 1 >= MIN_PIECE && has(words->quoted, pnstrdup(small, i + 1)))
			return true;
	}
	return false;
}

static bool
column_is_explained(SdrScriptWords *words, const SdrEffect *object)
{
	if (has(words->made, psprintf("%s\n%s", object->name, object->part)) ||
		has(words->made, psprintf("%s\n%s", object->name, SDR_ANY_COLUMN)))
		return true;
	if (!has(words->listed, object->name))
		return true;			/* a matter of the table */
	return all_words(words->quoted, object->name) &&
		all_words(words->quoted, object->part);
}

/*
 * Is it part of a table whose statement does not tell all of it?  LIKE brings
 * indexes and constraints too, and a table that is renamed keeps theirs.
 */
static bool
parent_tells_little(SdrScriptWords *words, const char *parent)
{
	return parent != NULL &&
		has(words->made, psprintf("%s\n%s", parent, SDR_ANY_COLUMN));
}

/* The name without the digits that the server adds to one that is taken. */
static char *
without_digits(const char *name)
{
	int			len = strlen(name);

	while (len > 0 && isdigit((unsigned char) name[len - 1]))
		len--;
	return pnstrdup(name, len);
}

/* Is it a name that the server gives? */
static bool
constraint_is_automatic(const SdrEffect *object)
{
	char	   *name = without_digits(object->part);
	int			len = strlen(name);

	for (int i = 0; i < lengthof(constraint_ends); i++)
	{
		int			endlen = strlen(constraint_ends[i]);

		if (len > endlen &&
			strcmp(name + len - endlen, constraint_ends[i]) == 0 &&
			strncmp(name, object->name, Min(strlen(object->name), 20)) == 0)
			return true;
	}
	return false;
}

static bool
is_explained(SdrScriptWords *words, const SdrEffect *object,
			 const char *parent)
{
	switch (object->kind)
	{
		case SDR_EFFECT_COLUMN:
			return column_is_explained(words, object);
		case SDR_EFFECT_CONSTRAINT:
			return constraint_is_automatic(object) ||
				parent_tells_little(words, parent) ||
				all_words(words->words, object->part);
		case SDR_EFFECT_INDEX:
			return all_words(words->words, object->name) ||
				parent_tells_little(words, parent) ||
				has(words->made, object->name) ||
				has(words->made, without_digits(object->name));
		default:
			return all_words(words->words, object->part != NULL ?
							 object->part : object->name);
	}
}

static bool
comes_from_nowhere(SdrScriptWords *words, const SdrEffect *object,
				   const char *parent)
{
	return !is_explained(words, object, parent) &&
		!may_be_composed(words, object->part != NULL ? object->part :
						 object->name);
}

/* The object, a part of which is in a table that is itself not explained? */
static bool
is_within_unexplained(const List *found, const SdrEffect *object)
{
	ListCell   *lc;

	if (object->part == NULL)
		return false;
	foreach(lc, found)
	{
		const SdrEffect *other = lfirst(lc);

		if (other->part == NULL && strcmp(other->name, object->name) == 0 &&
			strcmp(other->schema == NULL ? "" : other->schema,
				   object->schema) == 0)
			return true;
	}
	return false;
}

/* The objects of the schema that no script explains (SdrEffect *). */
List *
sdr_unexplained_load(SdrScriptWords *words)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	List	   *found = NIL;
	List	   *parts = NIL;
	ListCell   *lc;

	SPI_connect();
	if (SPI_execute(objects_sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not list objects");
	old = MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		SdrEffect	object = {.creates = true};
		char	   *kind = SPI_getvalue(tuple, desc, 1);

		CHECK_FOR_INTERRUPTS();
		object.schema = SPI_getvalue(tuple, desc, 2);
		object.name = SPI_getvalue(tuple, desc, 3);
		object.part = SPI_getvalue(tuple, desc, 4);
		if (!sdr_effect_kind_by_name(kind, strlen(kind), &object.kind) ||
			!comes_from_nowhere(words, &object,
								SPI_getvalue(tuple, desc, 5)))
			continue;
		if (object.part == NULL)
			found = lappend(found, memcpy(palloc(sizeof(object)), &object,
										  sizeof(object)));
		else
			parts = lappend(parts, memcpy(palloc(sizeof(object)), &object,
										  sizeof(object)));
	}
	foreach(lc, parts)
	{
		if (!is_within_unexplained(found, lfirst(lc)))
			found = lappend(found, lfirst(lc));
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	return found;
}
