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
	SdrNewName *rename = palloc(sizeof(SdrNewName));

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

		if (is_name(rename->from, a, a_len, &a_tail) &&
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

/* Is what begins behind a quote a name that is cast to regclass or the like? */
static bool
is_object_name(const char *p)
{
	const char *end = strchr(p, '\'');

	return end != NULL && strncmp(end, "'::reg", 6) == 0;
}

/*
 * Is b what a becomes by the renames?  Either a whole name, or SQL, in which
 * string constants must be equal unless they are names of objects.
 */
bool
sdr_same_but_renamed(const List *renames, const char *a, const char *b)
{
	bool		in_string = false;
	bool		in_name = false;

	if (renames == NIL)
		return false;
	if (is_renamed(renames, a, strlen(a), b, strlen(b)))
		return true;
	while (*a != '\0' && *b != '\0')
	{
		char		x[NAMEDATALEN];
		char		y[NAMEDATALEN];
		size_t		x_len;
		size_t		y_len;
		const char *a_end = in_string ? NULL : take_name(a, x, &x_len);
		const char *b_end = in_string ? NULL : take_name(b, y, &y_len);

		if (a_end != NULL && b_end != NULL)
		{
			if ((x_len != y_len || memcmp(x, y, x_len) != 0) &&
				!is_renamed(renames, x, x_len, y, y_len))
				return false;
			a = a_end;
			b = b_end;
			continue;
		}
		if (*a != *b)
			return false;
		if (*a == '\'' && !in_string && (in_name || is_object_name(a + 1)))
			in_name = !in_name;
		else if (*a == '\'')
			in_string = !in_string;
		a++;
		b++;
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
		if (*text == '\'' && !in_string && (in_name || is_object_name(text + 1)))
			in_name = !in_name;
		else if (*text == '\'')
			in_string = !in_string;
		appendStringInfoChar(&buf, *text++);
	}
	return buf.data;
}
