/*-------------------------------------------------------------------------
 *
 * derive.c
 *	  What follows from other attributes and objects.
 *
 * Derived attributes and objects stand in no snapshot and add nothing to a
 * fingerprint.  They are there for documents that know less than the server
 * does, or care less: a tool that cannot tell a unique constraint from a
 * unique index, or the default of a column from the expression of a generated
 * one.  All is made from what a snapshot says, so that it works for live
 * objects and for those of a document alike.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "model/model.h"
#include "utils/builtins.h"

/* The text of an attribute; NULL if it has none. */
static const char *
text_of(const SdrObject *object, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(object, attr);

	return value->tag == SDR_VALUE_TEXT ? value->u.text : NULL;
}

static bool
bool_of(const SdrObject *object, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(object, attr);

	return value->tag == SDR_VALUE_BOOL && value->u.boolean;
}

static List *
list_of(const SdrObject *object, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(object, attr);

	return value->tag == SDR_VALUE_LIST ? value->u.list : NIL;
}

/* The end of the identifier at the start of a text; the text itself if none. */
static const char *
skip_identifier(const char *text)
{
	const char *p = text;

	if (*p == '"')
	{
		for (p++; *p != '\0'; p++)
		{
			if (*p == '"' && *++p != '"')
				return p;
		}
		return text;
	}
	while (IS_HIGHBIT_SET(*p) || isalnum((unsigned char) *p) || *p == '_' ||
		   *p == '$')
		p++;
	return p;
}

/* The same for a name that may be qualified; *last is its last part. */
static const char *
skip_name(const char *text, const char **last)
{
	const char *p = skip_identifier(text);

	*last = text;
	while (p > *last && *p == '.')
	{
		*last = p + 1;
		p = skip_identifier(*last);
	}
	return p;
}

/* Is this nextval('...'::regclass) and nothing more? */
static bool
is_nextval(const char *text)
{
	static const char head[] = "nextval('";
	const char *p = text;

	if (strncmp(p, head, strlen(head)) != 0)
		return false;
	for (p += strlen(head); *p != '\0'; p++)
	{
		if (*p == '\'' && *++p != '\'')
			break;
	}
	if (strncmp(p, "::regclass", 10) == 0)
		p += 10;
	return strcmp(p, ")") == 0;
}

/*
 * What fills a column.  Constants of their own stand for what can be written
 * in more than one way and does the same.
 */
static const char *
column_value(const SdrObject *column)
{
	const char *text = text_of(column, SDR_COLUMN_GENERATED);

	if (text != NULL)
		return text;
	if (text_of(column, SDR_COLUMN_IDENTITY_GENERATION) != NULL)
		return "autoincrement()";
	text = text_of(column, SDR_COLUMN_DEFAULT);
	if (text == NULL)
		return NULL;
	if (is_nextval(text))
		return "autoincrement()";
	return strcmp(text, "now()") == 0 ? "CURRENT_TIMESTAMP" : text;
}

/* A data type without its modifier, the first thing in parentheses. */
static const char *
base_type(const char *type)
{
	bool		quoted = false;
	const char *open = NULL;
	const char *p;

	for (p = type; *p != '\0'; p++)
	{
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '(' && !quoted && open == NULL)
			open = p;
		else if (*p == ')' && !quoted && open != NULL)
			return psprintf("%.*s%s", (int) (open - type), type, p + 1);
	}
	return type;
}

/* A data type without the schema in front of it. */
static const char *
bare_type(const char *type)
{
	const char *last;

	(void) skip_name(type, &last);
	return last;
}

/*
 * The value of a derived attribute.  It is made anew at each call, in the
 * current memory context.
 */
const SdrValue *
sdr_derived_value(const SdrObject *object, SdrAttrId attr)
{
	SdrValue   *value = palloc0(sizeof(SdrValue));
	const char *text;

	switch (attr)
	{
		case SDR_COLUMN_BASE_TYPE:
			text = text_of(object, SDR_COLUMN_TYPE);
			value->tag = text == NULL ? SDR_VALUE_NULL : SDR_VALUE_TEXT;
			value->u.text = text == NULL ? NULL : base_type(text);
			break;
		case SDR_COLUMN_BARE_TYPE:
			text = text_of(object, SDR_COLUMN_TYPE);
			value->tag = text == NULL ? SDR_VALUE_NULL : SDR_VALUE_TEXT;
			value->u.text = text == NULL ? NULL : bare_type(text);
			break;
		case SDR_COLUMN_VALUE:
			text = column_value(object);
			value->tag = text == NULL ? SDR_VALUE_NULL : SDR_VALUE_TEXT;
			value->u.text = text;
			break;
		case SDR_COLUMN_FILLED:
			value->tag = SDR_VALUE_BOOL;
			value->u.boolean = column_value(object) != NULL;
			break;
		case SDR_ENUM_LABEL_SET:
			value->tag = SDR_VALUE_LIST;
			value->u.list = sdr_list_sort(list_copy(list_of(object,
															SDR_ENUM_LABELS)));
			break;
		default:
			elog(ERROR, "no derived attribute: %d", (int) attr);
	}
	return value;
}

/* The end of what is in parentheses at the start of a text. */
static const char *
skip_parentheses(const char *text)
{
	char		quote = '\0';
	int			depth = 0;

	for (const char *p = text; *p != '\0'; p++)
	{
		if (quote != '\0')
			quote = *p == quote ? '\0' : quote;
		else if (*p == '\'' || *p == '"')
			quote = *p;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return text + strlen(text);
}

static const char *
skip_word(const char *text, const char *word)
{
	int			len = strlen(word);

	return strncmp(text, word, len) == 0 ? text + len : text;
}

/*
 * Of an index element, column and operator class by their bare names, if that
 * is wanted, and DESC: not the collation, the options of the class and the place of nulls.
 * NULL if it is no column.  Elements are as sdr_index_element() writes them.
 */
static const char *
column_key(const char *element, bool with_opclass)
{
	const char *p = skip_identifier(element);
	int			column_len = p - element;
	const char *opclass = NULL;
	int			opclass_len = 0;
	bool		desc = false;

	if (column_len == 0 || (*p != '\0' && *p != ' '))
		return NULL;
	while (*p == ' ')
	{
		const char *word = ++p;
		const char *last;

		if ((p = skip_word(word, "COLLATE ")) != word)
			p = skip_name(p, &last);
		else if ((p = skip_word(word, "DESC")) != word &&
				 (*p == '\0' || *p == ' '))
			desc = true;
		else if ((p = skip_word(word, "NULLS FIRST")) == word &&
				 (p = skip_word(word, "NULLS LAST")) == word)
		{
			p = skip_name(word, &opclass);
			opclass_len = p - opclass;
			if (strncmp(p, " (", 2) == 0)
				p = skip_parentheses(p);
		}
	}
	if (*p != '\0')
		return NULL;
	if (opclass == NULL || !with_opclass)
		return psprintf("%.*s%s", column_len, element, desc ? " DESC" : "");
	return psprintf("%.*s %.*s%s", column_len, element, opclass_len, opclass,
					desc ? " DESC" : "");
}

/* Add the column index that an index is, if it is one. */
static void
derive_from_index(SdrObject *table, const SdrObject *index)
{
	List	   *keys = NIL;
	List	   *columns = NIL;
	SdrObject  *result;
	ListCell   *lc;

	foreach(lc, list_of(index, SDR_INDEX_KEYS))
	{
		const char *key = column_key(lfirst(lc), true);

		if (key == NULL)
			return;
		keys = lappend(keys, unconstify(char *, key));
		columns = lappend(columns, unconstify(char *, column_key(lfirst(lc),
																 false)));
	}
	result = sdr_object_new(SDR_KIND_COLUMN_INDEX, index->name, table);
	sdr_set_list(result, SDR_COLUMN_INDEX_KEYS, keys);
	sdr_set_list(result, SDR_COLUMN_INDEX_COLUMNS, columns);
	sdr_set_bool(result, SDR_COLUMN_INDEX_UNIQUE,
				 bool_of(index, SDR_INDEX_UNIQUE));
	*sdr_value(result, SDR_COLUMN_INDEX_METHOD) = *sdr_value(index,
															 SDR_INDEX_METHOD);
	*sdr_value(result, SDR_COLUMN_INDEX_INCLUDE) = *sdr_value(index,
															  SDR_INDEX_INCLUDE);
	*sdr_value(result, SDR_COLUMN_INDEX_WHERE) = *sdr_value(index,
															SDR_INDEX_WHERE);
}

/* Add the column index behind a unique constraint. */
static void
derive_from_constraint(SdrObject *table, const SdrObject *constraint)
{
	const char *type = text_of(constraint, SDR_CONSTRAINT_TYPE);
	List	   *keys = NIL;
	SdrObject  *result;
	ListCell   *lc;

	if (type == NULL || strcmp(type, "unique") != 0)
		return;
	foreach(lc, list_of(constraint, SDR_CONSTRAINT_COLUMNS))
		keys = lappend(keys, pstrdup(quote_identifier(lfirst(lc))));
	result = sdr_object_new(SDR_KIND_COLUMN_INDEX, constraint->name, table);
	sdr_set_list(result, SDR_COLUMN_INDEX_KEYS, keys);
	sdr_set_list(result, SDR_COLUMN_INDEX_COLUMNS, keys);
	sdr_set_bool(result, SDR_COLUMN_INDEX_UNIQUE, true);
	sdr_set_text(result, SDR_COLUMN_INDEX_METHOD, "btree");
	*sdr_value(result, SDR_COLUMN_INDEX_INCLUDE) = *sdr_value(constraint,
															  SDR_CONSTRAINT_INCLUDE);
	sdr_set_text(result, SDR_COLUMN_INDEX_WHERE, NULL);
}

/* All that two column indexes are but their names. */
static char *
index_signature(const SdrObject *index)
{
	StringInfoData buf;

	initStringInfo(&buf);
	sdr_json_write(&buf, index);
	return buf.data;
}

static const SdrObject *
find_child(const SdrObject *object, SdrKindId kind, const char *name)
{
	for (int i = 0; object != NULL && i < object->nchildren; i++)
	{
		if (object->children[i]->kind->id == kind &&
			strcmp(object->children[i]->name, name) == 0)
			return object->children[i];
	}
	return NULL;
}

/* Is a column index missing for which one of another name will do? */
static bool
wants_other_names(const SdrObject *expected, const SdrObject *actual)
{
	for (int i = 0; i < expected->nchildren; i++)
	{
		const SdrObject *child = expected->children[i];

		if (child->kind->id == SDR_KIND_COLUMN_INDEX && child->any_name &&
			find_child(actual, SDR_KIND_COLUMN_INDEX, child->name) == NULL)
			return true;
	}
	return false;
}

/*
 * Drop from the column indexes, which are the last children, those that are
 * like one that the document names: of several that do the same, one counts.
 */
static void
drop_duplicates(const SdrObject *expected, SdrObject *actual, int first)
{
	int			n = actual->nchildren - first;
	SdrObject **indexes = actual->children + first;
	char	  **signatures = palloc(sizeof(char *) * n);
	bool	   *named = palloc(sizeof(bool) * n);
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		signatures[i] = index_signature(indexes[i]);
		named[i] = find_child(expected, SDR_KIND_COLUMN_INDEX,
							  indexes[i]->name) != NULL;
	}
	for (int i = 0; i < n; i++)
	{
		bool		duplicate = false;

		for (int j = 0; j < n && !named[i] && !duplicate; j++)
			duplicate = named[j] && strcmp(signatures[i], signatures[j]) == 0;
		if (!duplicate)
			indexes[kept++] = indexes[i];
	}
	actual->nchildren = first + kept;
}

static bool
wants_column_indexes(const SdrObject *expected)
{
	if (sdr_kind_is_some(expected->some, sdr_kind(SDR_KIND_COLUMN_INDEX)))
		return true;
	for (int i = 0; i < expected->nchildren; i++)
	{
		if (expected->children[i]->kind->id == SDR_KIND_COLUMN_INDEX)
			return true;
	}
	return false;
}

/*
 * Add the children of derived kinds to an object that is compared, where the
 * expected one speaks of them.
 */
void
sdr_derive_children(const SdrObject *expected, SdrObject *actual)
{
	int			first = 0;

	if (actual->kind->id != SDR_KIND_TABLE || !wants_column_indexes(expected))
		return;

	/* another of several expected objects may have been here */
	for (int i = 0; i < actual->nchildren; i++)
	{
		if ((actual->children[i]->kind->parents & SDR_DERIVED) == 0)
			actual->children[first++] = actual->children[i];
	}
	actual->nchildren = first;
	for (int i = 0; i < first; i++)
	{
		const SdrObject *child = actual->children[i];

		CHECK_FOR_INTERRUPTS();
		if (child->kind->id == SDR_KIND_INDEX)
			derive_from_index(actual, child);
		else if (child->kind->id == SDR_KIND_CONSTRAINT)
			derive_from_constraint(actual, child);
	}
	if (!wants_other_names(expected, actual))
		drop_duplicates(expected, actual, first);
	sdr_object_sort(actual);
}
