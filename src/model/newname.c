/*-------------------------------------------------------------------------
 *
 * newname.c
 *	  Texts that differ in nothing but names of what has been renamed, and
 *	  texts with such names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "model/model.h"
#include "utils/builtins.h"

List *
sdr_new_name_add(List *renames, const char *from, const char *to)
{
	return sdr_new_schema_add(renames, from, to, NULL);
}

/* The same of the schema that only one object has left. */
List *
sdr_new_schema_add(List *renames, const char *from, const char *to,
				   const char *of)
{
	SdrNewName *rename = palloc0(sizeof(SdrNewName));

	rename->from = from;
	rename->to = to;
	rename->of = of;
	return lappend(renames, rename);
}

/*
 * Does the text begin with the name, and is all that follows what the server
 * adds to tell aliases apart, such as "_1"?  Then tail is how long that is.
 */
static bool
is_name(const char *name, const char *text, size_t len, size_t *tail)
{
	size_t		name_len = strlen(name);

	if (len < name_len || memcmp(name, text, name_len) != 0)
		return false;
	*tail = len - name_len;
	if (*tail == 0)
		return true;
	if (*tail == 1 || text[name_len] != '_')
		return false;
	for (size_t i = name_len + 1; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return true;
}

/* Does a rename make b of a? */
static bool
is_renamed(const List *renames, const char *a, size_t a_len, const char *b,
		   size_t b_len)
{
	ListCell   *lc;

	foreach(lc, renames)
	{
		const SdrNewName *rename = lfirst(lc);
		size_t		a_tail;
		size_t		b_tail;

		if (rename->type == NULL && is_name(rename->from, a, a_len, &a_tail) &&
			is_name(rename->to, b, b_len, &b_tail) && a_tail == b_tail &&
			memcmp(a + a_len - a_tail, b + b_len - b_tail, a_tail) == 0)
			return true;
	}
	return false;
}

/* Does the rename hold for a name that another follows, or none? */
static bool
is_of(const SdrNewName *rename, const char *next, size_t next_len)
{
	return rename->of == NULL ||
		(strlen(rename->of) == next_len &&
		 memcmp(rename->of, next, next_len) == 0);
}

/* What becomes of a name; NULL if nothing does. */
static const char *
new_name(const List *renames, const char *name, size_t len, const char *next,
		 size_t next_len)
{
	const SdrNewName *found = NULL;
	size_t		found_tail = len;
	ListCell   *lc;

	foreach(lc, renames)
	{
		const SdrNewName *rename = lfirst(lc);
		size_t		tail;

		if (is_name(rename->from, name, len, &tail) && tail < found_tail &&
			is_of(rename, next, next_len))
		{
			found = rename;
			found_tail = tail;
		}
	}
	return found == NULL ? NULL :
		psprintf("%s%.*s", found->to, (int) found_tail,
				 name + len - found_tail);
}

static bool
begins_name(unsigned char c)
{
	return IS_HIGHBIT_SET(c) || c == '_' || (c >= 'a' && c <= 'z') ||
		(c >= 'A' && c <= 'Z');
}

static bool
is_in_name(unsigned char c)
{
	return begins_name(c) || c == '$' || (c >= '0' && c <= '9');
}

/*
 * Take an identifier from the text, as SQL writes it; NULL if none begins
 * there.  name and len are what it stands for.
 */
static const char *
take_name(const char *p, char *name, size_t *len)
{
	*len = 0;
	if (*p == '"')
	{
		for (p++; *p != '\0' && (*p != '"' || *++p == '"'); p++)
		{
			if (*len == NAMEDATALEN)
				return NULL;
			name[(*len)++] = *p;
		}
		return p;
	}
	if (!begins_name(*p))
		return NULL;
	for (; is_in_name(*p); p++)
	{
		if (*len == NAMEDATALEN)
			return NULL;
		name[(*len)++] = *p;
	}
	return p;
}

/* The map with its keys called as they are in the other one. */
const List *
sdr_map_renamed(const List *renames, const List *map, const List *other)
{
	List	   *result = NIL;
	bool		any = false;
	ListCell   *lc;

	if (renames == NIL)
		return map;
	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);
		const char *key = pair->key;
		ListCell   *r;

		foreach(r, renames)
		{
			const SdrNewName *rename = lfirst(r);

			if (rename->type == NULL && strcmp(rename->from, pair->key) == 0 &&
				sdr_map_find(other, rename->to) != NULL)
				key = rename->to;
		}
		any = any || key != pair->key;
		result = sdr_map_append(result, key, pair->value);
	}
	if (!any)
		return map;
	sdr_map_sort(result);
	return result;
}

/* Is what begins behind a quote a name that is cast to regclass or the like? */
bool
sdr_is_object_name(const char *text)
{
	const char *p = strchr(text, '\'');

	if (p == NULL || strncmp(p, "'::reg", 6) != 0)
		return false;
	/* and not to a type in a schema of such a name */
	for (p += 6; is_in_name(*p); p++)
		;
	return *p != '.';
}

/* The name that a text begins with; NULL if it begins with none. */
char *
sdr_first_name(const char *text)
{
	char		name[NAMEDATALEN];
	size_t		len;

	return take_name(text, name, &len) == NULL ? NULL : pnstrdup(name, len);
}

#define AS_TEXT		" AS "

static bool
same_or_renamed(const List *renames, const char *a, size_t a_len,
				const char *b, size_t b_len)
{
	return (a_len == b_len && memcmp(a, b, a_len) == 0) ||
		is_renamed(renames, a, a_len, b, b_len);
}

/*
 * A column that a query shows is called as in its table unless the query says
 * otherwise.  So it begins to when one of the two is renamed, and ceases to
 * when they get the same name.  Take what is said there; NULL if nothing is.
 */
static const char *
take_alias(const char *p, char *alias, size_t *len)
{
	return strncmp(p, AS_TEXT, strlen(AS_TEXT)) != 0 ? NULL :
		take_name(p + strlen(AS_TEXT), alias, len);
}

/*
 * Behind columns x and y, the same but for the renames: skip what only one of
 * the texts says, if they are called the same by that.
 */
static void
skip_alias(const List *renames, const char **a, const char *x, size_t x_len,
		   const char **b, const char *y, size_t y_len)
{
	char		alias[NAMEDATALEN];
	size_t		len;
	const char *a_end = take_alias(*a, alias, &len);
	const char *b_end;

	if (a_end != NULL)
	{
		if (strncmp(*b, AS_TEXT, strlen(AS_TEXT)) != 0 &&
			same_or_renamed(renames, alias, len, y, y_len))
			*a = a_end;
		return;
	}
	b_end = take_alias(*b, alias, &len);
	if (b_end != NULL && same_or_renamed(renames, x, x_len, alias, len))
		*b = b_end;
}

/* Where the string constant that p is in ends. */
static const char *
end_of_string(const char *p)
{
	while (*p != '\0' && (*p != '\'' || p[1] == '\''))
		p += *p == '\'' ? 2 : 1;
	return p;
}

/* A label as it stands in a string constant. */
static bool
is_label(const char *label, const char *p, const char *end)
{
	for (; *label != '\0' && p < end; label++, p++)
	{
		if (*label != *p)
			return false;
		if (*p == '\'')
			p++;
	}
	return *label == '\0' && p == end;
}

/*
 * Are two string constants, which begin behind their quotes, the same label of
 * an enum?  Then move behind them.
 */
static bool
skip_label(const List *renames, const char **a, const char **b)
{
	const char *a_end = end_of_string(*a);
	const char *b_end = end_of_string(*b);
	ListCell   *lc;

	if (*a_end == '\0' || strncmp(b_end, "'::", 3) != 0)
		return false;
	foreach(lc, renames)
	{
		const SdrNewName *rename = lfirst(lc);

		if (rename->type == NULL ||
			strncmp(b_end + 3, rename->type, strlen(rename->type)) != 0 ||
			is_in_name(b_end[3 + strlen(rename->type)]) ||
			!is_label(rename->from, *a, a_end) ||
			!is_label(rename->to, *b, b_end))
			continue;
		*a = a_end + 1;
		*b = b_end + 1;
		return true;
	}
	return false;
}

/*
 * Take a name from both texts; false if they are not the same but for the
 * renames.
 */
static bool
skip_names(const List *renames, const char **a, const char **b)
{
	char		x[NAMEDATALEN];
	char		y[NAMEDATALEN];
	size_t		x_len;
	size_t		y_len;
	const char *a_end = take_name(*a, x, &x_len);
	const char *b_end = take_name(*b, y, &y_len);

	if (a_end == NULL || b_end == NULL)
	{
		/* one character that is in no name */
		return a_end == b_end && *(*a)++ == *(*b)++;
	}
	if (!same_or_renamed(renames, x, x_len, y, y_len))
		return false;
	*a = a_end;
	*b = b_end;
	skip_alias(renames, a, x, x_len, b, y, y_len);
	return true;
}

/*
 * Is b what a becomes by the renames?  Either a whole name, or SQL, in which
 * string constants must be equal unless they are names of objects, or labels.
 */
bool
sdr_same_but_renamed(const List *renames, const char *a, const char *b)
{
	bool		in_name = false;

	if (renames == NIL)
		return false;
	if (is_renamed(renames, a, strlen(a), b, strlen(b)))
		return true;
	while (*a != '\0' && *b != '\0')
	{
		const char *end;

		if (*a != '\'' || *b != '\'')
		{
			if (!skip_names(renames, &a, &b))
				return false;
			continue;
		}
		a++;
		b++;
		if (in_name || sdr_is_object_name(a))
		{
			in_name = !in_name;
			continue;
		}
		if (skip_label(renames, &a, &b))
			continue;
		end = end_of_string(a);
		if (*end == '\0' || strncmp(a, b, end + 1 - a) != 0)
			return false;
		b += end + 1 - a;
		a = end + 1;
	}
	return *a == *b;
}

/*
 * A text, which is a whole name or SQL, as it reads after the renames.  Which
 * of several things of the same name is meant cannot be told: all are taken to
 * be the one that has a new name.
 */
char *
sdr_new_names(const List *renames, const char *text)
{
	bool		in_string = false;
	bool		in_name = false;
	StringInfoData buf;

	initStringInfo(&buf);
	while (*text != '\0')
	{
		char		name[NAMEDATALEN];
		size_t		len;
		const char *end = in_string ? NULL : take_name(text, name, &len);

		if (end != NULL)
		{
			char		next[NAMEDATALEN];
			size_t		next_len = 0;
			const char *respelled;

			if (*end == '.' && take_name(end + 1, next, &next_len) == NULL)
				next_len = 0;
			respelled = new_name(renames, name, len, next, next_len);
			if (respelled != NULL)
				appendStringInfoString(&buf, quote_identifier(respelled));
			else
				appendBinaryStringInfo(&buf, text, end - text);
			text = end;
			continue;
		}
		if (*text == '\'' && !in_string && (in_name || sdr_is_object_name(text + 1)))
			in_name = !in_name;
		else if (*text == '\'')
			in_string = !in_string;
		appendStringInfoChar(&buf, *text++);
	}
	return buf.data;
}
