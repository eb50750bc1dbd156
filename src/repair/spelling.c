/*-------------------------------------------------------------------------
 *
 * spelling.c
 *	  Names in texts, as they will be when objects have been renamed.
 *
 * Texts are those that the server deparses, in which all names are qualified.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* Identifiers with dots between them, and where they stood. */
#define MAX_CHAIN	4

typedef struct Chain
{
	char		names[MAX_CHAIN][NAMEDATALEN];
	int			n;
	const char *end;
} Chain;

/* Characters of which operators are made. */
#define OPERATOR_CHARS	"+-*/<>=~!@#%^&|`?"

/* What is respelled. */
typedef struct Spelling
{
	const List *renames;
	const char *top;			/* identity of the object, as it will be */
	const char *text;			/* the whole of it */
} Spelling;

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '_' || c == '$' || IS_HIGHBIT_SET(c);
}

/* One identifier; the place behind it, NULL if there is none. */
const char *
sdr_read_name(const char *p, char *name)
{
	int			len = 0;

	if (*p != '"')
	{
		if (!is_name_char(*p) || (*p >= '0' && *p <= '9'))
			return NULL;
		for (; is_name_char(*p); p++)
		{
			if (len < NAMEDATALEN - 1)
				name[len++] = *p;
		}
		name[len] = '\0';
		return p;
	}
	for (p++; *p != '\0'; p++)
	{
		if (*p == '"' && *++p != '"')
			break;
		if (len < NAMEDATALEN - 1)
			name[len++] = *p;
	}
	name[len] = '\0';
	return p;
}

/* What stands behind the name of an object whose name is SQL, "" of others. */
const char *
sdr_name_tail(const SdrObject *object)
{
	const char *p = object->name;

	if (object->kind->identity != SDR_IDENTITY_SQL)
		return "";
	if (*p != '"')
		return p + strcspn(p, " (");
	for (p++; *p != '\0'; p++)
	{
		if (*p == '"' && *++p != '"')
			break;
	}
	return p;
}

/* The name of an object; of a routine without its arguments. */
const char *
sdr_bare_name(const SdrObject *object)
{
	const char *tail = sdr_name_tail(object);
	char		name[NAMEDATALEN];

	if (object->kind->identity != SDR_IDENTITY_SQL)
		return object->name;
	if (*object->name != '"')
		return pnstrdup(object->name, tail - object->name);
	(void) sdr_read_name(object->name, name);
	return pstrdup(name);
}

static bool
read_chain(const char *p, Chain *chain)
{
	chain->n = 0;
	while (chain->n < MAX_CHAIN &&
		   (p = sdr_read_name(p, chain->names[chain->n])) != NULL)
	{
		chain->end = p;
		chain->n++;
		if (*p != '.')
			break;
		p++;
	}
	return chain->n > 0;
}

static bool
is_relation(SdrKindId kind)
{
	return kind == SDR_KIND_TABLE || kind == SDR_KIND_VIEW ||
		kind == SDR_KIND_MATVIEW;
}

static const char *
old_identity(const SdrRenaming *rename)
{
	return quote_qualified_identifier(rename->schema, rename->name);
}

/* Kinds of which no text speaks, and that may share a name with others. */
static const SdrKindSet unspoken = SDR_IN(STATISTICS) | SDR_IN(CONVERSION) |
SDR_IN(OPERATOR_FAMILY);

/* The rename of a top-level object; kind NKINDS is any that texts speak of. */
const SdrRenaming *
sdr_find_renaming(const List *renames, SdrKindId kind, const char *schema,
				  const char *name)
{
	const ListCell *lc;

	foreach(lc, renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent == NULL &&
			(kind == SDR_NKINDS ?
			 (unspoken & SDR_KIND_BIT(rename->kind)) == 0 :
			 kind == rename->kind) &&
			strcmp(rename->name, name) == 0 &&
			(schema == NULL ? is_relation(rename->kind) :
			 strcmp(rename->schema, schema) == 0))
			return rename;
	}
	return NULL;
}

/* The new name of a part of that object; NULL if it keeps its own. */
const char *
sdr_part_renamed(const List *renames, SdrKindId kind, const char *parent,
				 const char *name)
{
	const ListCell *lc;

	foreach(lc, renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent != NULL && rename->kind == kind &&
			strcmp(rename->name, name) == 0 &&
			strcmp(rename->parent, parent) == 0)
			return rename->new_name;
	}
	return NULL;
}

/* Does the text speak of the columns of the table that this one is in? */
static bool
speaks_of(const Spelling *spelling, const SdrRenaming *column)
{
	return strcmp(column->parent, spelling->top) == 0 ||
		sdr_mentions(spelling->text, column->parent) ||
		sdr_mentions(spelling->text, column->old_parent);
}

static const char *
column_name(const Spelling *spelling, const char *name)
{
	const ListCell *lc;

	foreach(lc, spelling->renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->parent != NULL && rename->kind == SDR_KIND_COLUMN &&
			strcmp(rename->name, name) == 0 && speaks_of(spelling, rename))
			return rename->new_name;
	}
	return NULL;
}

static void
set_name(Chain *chain, int i, const char *name)
{
	strlcpy(chain->names[i], name, NAMEDATALEN);
}

/* The rename of a schema that has an object of this name. */
static const SdrRenaming *
find_schema(const List *renames, const char *schema, const char *member)
{
	const ListCell *lc;

	foreach(lc, renames)
	{
		const SdrRenaming *rename = lfirst(lc);

		if (rename->members != NULL && strcmp(rename->name, schema) == 0 &&
			hash_search(rename->members, member, HASH_FIND, NULL) != NULL)
			return rename;
	}
	return NULL;
}

/*
 * Rename what a chain stands for: schema.object, table.column and so on; true
 * if its last name is another then.
 */
static bool
respell_chain(const Spelling *spelling, Chain *chain)
{
	const SdrRenaming *schema = chain->n < 2 ? NULL :
	find_schema(spelling->renames, chain->names[0], chain->names[1]);
	const SdrRenaming *rename = chain->n < 2 ? NULL :
	sdr_find_renaming(spelling->renames, SDR_NKINDS, chain->names[0], chain->names[1]);
	const char *column = NULL;

	if (schema != NULL)
	{
		set_name(chain, 0, schema->new_name);
		return false;
	}
	if (*chain->end != '(' && (chain->n != 2 || rename == NULL))
		column = column_name(spelling, chain->names[chain->n - 1]);
	if (rename != NULL)
	{
		set_name(chain, 0, rename->new_schema);
		set_name(chain, 1, rename->new_name);
	}
	/* a table is called by its name where it has no alias */
	else if (chain->n == 2 &&
			 (rename = sdr_find_renaming(spelling->renames, SDR_NKINDS, NULL,
										 chain->names[0])) != NULL &&
			 sdr_mentions(spelling->text, old_identity(rename)))
		set_name(chain, 0, rename->new_name);
	if (column != NULL)
		set_name(chain, chain->n - 1, column);
	return column != NULL;
}

static void
append_chain(StringInfo buf, const Chain *chain)
{
	for (int i = 0; i < chain->n; i++)
		appendStringInfo(buf, "%s%s", i > 0 ? "." : "",
						 quote_identifier(chain->names[i]));
}

/* Behind a string constant that begins at p. */
static const char *
skip_string(const char *p, bool escapes)
{
	for (p++; *p != '\0'; p++)
	{
		if (escapes && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '\'' && *++p != '\'')
			break;
	}
	return p;
}

/* A constant stays as it is, unless it names an object. */
static const char *
append_string(StringInfo buf, const Spelling *spelling, const char *p,
			  bool escapes)
{
	const char *end = skip_string(p, escapes);
	const char *inner = pnstrdup(p + 1, Max(end - p - 2, 0));

	if (strncmp(end, "::reg", 5) == 0 && strchr(inner, '\'') == NULL)
		appendStringInfo(buf, "'%s'", sdr_respell_text(spelling->renames,
													   spelling->top, inner));
	else
		appendBinaryStringInfo(buf, p, end - p);
	return end;
}

/*
 * "new AS new" is written without AS: is that what stands behind a column
 * whose name has changed?  The place behind it, or NULL.
 */
static const char *
skip_same_alias(const char *p, const char *name)
{
	char		alias[NAMEDATALEN];

	if (strncmp(p, " AS ", 4) != 0)
		return NULL;
	p = sdr_read_name(p + 4, alias);
	return p != NULL && strcmp(alias, name) == 0 ? p : NULL;
}

/* What begins with a name, at p. */
static const char *
append_names(StringInfo buf, const Spelling *spelling, const char *p,
			 Chain *chain)
{
	const char *end = chain->end;
	bool		is_alias = buf->len >= 4 &&
	strncmp(buf->data + buf->len - 4, " AS ", 4) == 0;
	bool		is_plain = is_alias && chain->n == 1;
	const char *behind;

	if (is_plain)
		appendBinaryStringInfo(buf, p, end - p);
	else if (respell_chain(spelling, chain))
	{
		append_chain(buf, chain);
		behind = skip_same_alias(end, chain->names[chain->n - 1]);
		if (behind != NULL)
			end = behind;
	}
	else if (chain->n > 1)
		append_chain(buf, chain);
	else
		appendBinaryStringInfo(buf, p, end - p);
	return end;
}

/* Does the name of an operator follow the chain, which is its schema? */
static bool
is_operator(const Chain *chain)
{
	return chain->n == 1 && chain->end[0] == '.' && chain->end[1] != '\0' &&
		strchr(OPERATOR_CHARS, chain->end[1]) != NULL;
}

static const char *
append_operator(StringInfo buf, const Spelling *spelling, const Chain *chain)
{
	const char *start = chain->end + 1;
	int			len = strspn(start, OPERATOR_CHARS);
	const char *name = pnstrdup(start, len);
	const SdrRenaming *schema = find_schema(spelling->renames,
											chain->names[0], name);
	const SdrRenaming *own = sdr_find_renaming(spelling->renames,
											   SDR_KIND_OPERATOR,
											   chain->names[0], name);

	appendStringInfo(buf, "%s.%s",
					 quote_identifier(schema != NULL ? schema->new_name :
									  own != NULL ? own->new_schema :
									  chain->names[0]), name);
	return start + len;
}

/* A text with new names; top is the identity of the object that has it. */
const char *
sdr_respell_text(const List *renames, const char *top, const char *text)
{
	Spelling	spelling = {renames, top, text};
	StringInfoData buf;
	const char *p = text;
	Chain		chain;

	initStringInfo(&buf);
	while (*p != '\0')
	{
		if (*p == '\'')
			p = append_string(&buf, &spelling, p, p > text && p[-1] == 'E');
		else if (*p >= '0' && *p <= '9')
		{
			while (is_name_char(*p) || *p == '.')
				appendStringInfoChar(&buf, *p++);
		}
		else if (read_chain(p, &chain))
			p = is_operator(&chain) ?
				append_operator(&buf, &spelling, &chain) :
				append_names(&buf, &spelling, p, &chain);
		else
			appendStringInfoChar(&buf, *p++);
	}
	return strcmp(buf.data, text) == 0 ? text : buf.data;
}

/* The text of a query without the names that it gives its columns. */
const char *
sdr_without_aliases(const char *text)
{
	const char *start = text;
	StringInfoData buf;
	char		name[NAMEDATALEN];
	int			depth = 0;

	initStringInfo(&buf);
	while (*text != '\0')
	{
		const char *end;

		if (*text == '\'' || *text == '"')
			end = *text == '"' ? sdr_read_name(text, name) :
				skip_string(text, text > start && text[-1] == 'E');
		else if (depth == 0 && strncmp(text, " AS ", 4) == 0 &&
				 (end = sdr_read_name(text + 4, name)) != NULL)
		{
			text = end;
			continue;
		}
		else
		{
			depth += *text == '(' ? 1 : *text == ')' ? -1 : 0;
			end = text + 1;
		}
		appendBinaryStringInfo(&buf, text, end - text);
		text = end;
	}
	return buf.data;
}
