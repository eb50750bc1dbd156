/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Look-ups by name, and the names that Prisma gives to what it makes.
 *
 * Names are UTF-8 here, as all texts of a schema.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "prisma/prisma.h"

/* Longest identifier, in bytes, to Prisma and to the server. */
#define MAX_NAME	(NAMEDATALEN - 1)

/* Add a name; look-ups work again after sdr_prisma_names_sort(). */
void
sdr_prisma_names_add(SdrPrismaNames *names, const char *name, void *value)
{
	/* room is doubled at every power of two */
	if ((names->n & (names->n - 1)) == 0)
	{
		int			room = Max(8, names->n * 2);

		names->names = names->names == NULL ?
			palloc(sizeof(SdrPrismaName) * room) :
			repalloc(names->names, sizeof(SdrPrismaName) * room);
	}
	names->names[names->n].name = name;
	names->names[names->n].value = value;
	names->n++;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const SdrPrismaName *) a)->name,
				  ((const SdrPrismaName *) b)->name);
}

/* Names that are equal stand side by side afterwards, in no special order. */
void
sdr_prisma_names_sort(SdrPrismaNames *names)
{
	if (names->n > 1)
		qsort(names->names, names->n, sizeof(SdrPrismaName), compare_names);
}

/* NULL if there is none of this name. */
void *
sdr_prisma_names_find(const SdrPrismaNames *names, const char *name)
{
	SdrPrismaName key = {name, NULL};
	SdrPrismaName *found;

	if (names->n == 0)
		return NULL;
	found = bsearch(&key, names->names, names->n, sizeof(SdrPrismaName),
					compare_names);
	return found == NULL ? NULL : found->value;
}

static char *
clip(const char *name, int limit)
{
	int			len = strlen(name);

	return pnstrdup(name, len <= limit ? len :
					pg_encoding_mbcliplen(PG_UTF8, name, len, limit));
}

/*
 * The name as the server keeps it, which counts the bytes of its own encoding.
 * In SQL_ASCII it would cut characters in two, which no text can say.
 */
const char *
sdr_prisma_clip(const char *name)
{
	char	   *text;
	int			len;

	if (strlen(name) <= MAX_NAME)
		return name;
	if (GetDatabaseEncoding() == PG_UTF8 ||
		GetDatabaseEncoding() == PG_SQL_ASCII)
		return clip(name, MAX_NAME);
	text = pg_any_to_server(name, strlen(name), PG_UTF8);
	len = pg_mbcliplen(text, strlen(text), MAX_NAME);
	text[len] = '\0';
	return pg_server_to_any(text, len, PG_UTF8);
}

/*
 * The name of a key, an index or a foreign key: table, columns (char *, NIL
 * for a primary key) and suffix.  What comes before the suffix is cut so that
 * the whole has 63 bytes, between characters.
 */
const char *
sdr_prisma_key_name(const char *table, List *columns, const char *suffix)
{
	StringInfoData buf;
	ListCell   *lc;
	int			limit = MAX_NAME - (int) strlen(suffix);
	const char *name;

	initStringInfo(&buf);
	appendStringInfoString(&buf, table);
	foreach(lc, columns)
	{
		appendStringInfoChar(&buf, '_');
		appendStringInfoString(&buf, (const char *) lfirst(lc));
	}
	if (buf.len > limit)
		buf.len = pg_encoding_mbcliplen(PG_UTF8, buf.data, buf.len, limit);
	appendStringInfoString(&buf, suffix);
	name = pnstrdup(buf.data, buf.len);
	pfree(buf.data);			/* much larger, and there are many */
	return name;
}

/* The first n characters of a text. */
static const char *
first_characters(const char *text, int n)
{
	const char *p = text;

	while (n-- > 0 && *p != '\0')
		p += pg_utf_mblen((const unsigned char *) p);
	return pnstrdup(text, p - text);
}

/*
 * The name of a part of a join table.  Prisma counts characters here, not
 * bytes, but for foreign keys.
 */
const char *
sdr_prisma_join_part_name(const char *table, const char *suffix,
						  bool by_bytes)
{
	int			limit = MAX_NAME - (int) strlen(suffix);

	return sdr_prisma_clip(psprintf("%s%s", by_bytes ? clip(table, limit) :
									first_characters(table, limit), suffix));
}
