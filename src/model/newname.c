/*-------------------------------------------------------------------------
 *
 * newname.c
 *	  Texts that differ in nothing but names of what has been renamed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model.h"

List *
sdr_new_name_add(List *renames, const char *from, const char *to)
{
	SdrNewName *rename = palloc(sizeof(SdrNewName));

	rename->from = from;
	rename->to = to;
	return lappend(renames, rename);
}

static bool
is_renamed(const List *renames, const char *a, size_t a_len, const char *b,
		   size_t b_len)
{
	ListCell   *lc;

	foreach(lc, renames)
	{
		const SdrNewName *rename = lfirst(lc);

		if (strlen(rename->from) == a_len && strlen(rename->to) == b_len &&
			memcmp(rename->from, a, a_len) == 0 &&
			memcmp(rename->to, b, b_len) == 0)
			return true;
	}
	return false;
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
