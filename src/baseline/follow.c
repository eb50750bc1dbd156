/*-------------------------------------------------------------------------
 *
 * follow.c
 *	  What becomes of a value of the baseline when names in it change.
 *
 * A text that shows a name which a migration changes is another one
 * afterwards, although the migration has not changed it.  Then the baseline
 * keeps what it says, with the new names: otherwise a text that somebody had
 * changed by hand would become the expected one.
 *
 * Of some texts it is not known what they were before (see sdr_unknown()), only
 * how they read with the names of now.  That tells as well that the migration
 * has not changed them, but not whether they were what the baseline says: the
 * two are compared by their names.  In a query, a column that has a new name, or
 * is gone, leaves other traces, too, so that nothing is said of those.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "baseline/store.h"
#include "catalog/live.h"
#include "compat.h"
#include "model/model.h"
#include "utils/jsonb.h"

/* A text with one of these is a query. */
static const char *const query_words[] = {
	"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES"
};

static bool
get_flag(Jsonb *renamed, const char *key)
{
	JsonbValue	value;

	return getKeyJsonValueFromContainer(&renamed->root, key, strlen(key),
										&value) != NULL &&
		value.type == jbvBool && value.val.boolean;
}

/* The texts of an array, or the one text; false if it is something else. */
static bool
get_texts(const JsonbValue *value, List **texts)
{
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	element;

	*texts = NIL;
	if (value->type == jbvString)
	{
		*texts = list_make1(pnstrdup(value->val.string.val,
									 value->val.string.len));
		return true;
	}
	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return false;
	it = JsonbIteratorInit(value->val.binary.data);
	while ((tok = JsonbIteratorNext(&it, &element, true)) != WJB_DONE)
	{
		if (tok != WJB_ELEM)
			continue;
		if (element.type != jbvString)
			return false;
		*texts = lappend(*texts, pnstrdup(element.val.string.val,
										  element.val.string.len));
	}
	return true;
}

void
sdr_follow_read(Jsonb *renamed, SdrFollow *follow)
{
	JsonbValue	names;
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	pair;
	List	   *texts;

	memset(follow, 0, sizeof(*follow));
	if (!JB_ROOT_IS_OBJECT(renamed))
		return;
	follow->columns = get_flag(renamed, "columns");
	follow->gone = get_flag(renamed, "gone");
	follow->labels = get_flag(renamed, "labels");
	if (getKeyJsonValueFromContainer(&renamed->root, "names", 5, &names) == NULL ||
		names.type != jbvBinary ||
		!JsonContainerIsArray(names.val.binary.data))
		return;
	it = JsonbIteratorInit(names.val.binary.data);
	/* the pairs are not gone into */
	while ((tok = JsonbIteratorNext(&it, &pair, true)) != WJB_DONE)
	{
		if (tok != WJB_ELEM || !get_texts(&pair, &texts) ||
			list_length(texts) < 2 || list_length(texts) > 3)
			continue;
		follow->names = sdr_new_schema_add(follow->names, linitial(texts),
										   lsecond(texts),
										   list_length(texts) == 3 ?
										   lthird(texts) : NULL);
		follow->back = sdr_new_name_add(follow->back, lsecond(texts),
										linitial(texts));
	}
}

/* Is a text what it was before, but for names? */
static bool
is_same(const SdrFollow *follow, const char *before, const char *after)
{
	if (sdr_is_unknown(before))
		before = sdr_known_text(before);
	return before != NULL &&
		(strcmp(before, after) == 0 ||
		 sdr_same_but_renamed(follow->names, before, after));
}

static bool
all_same(const SdrFollow *follow, const List *before, const List *after)
{
	ListCell   *b;
	ListCell   *a;

	if (list_length(before) != list_length(after))
		return false;
	forboth(b, before, a, after)
	{
		if (!is_same(follow, lfirst(b), lfirst(a)))
			return false;
	}
	return true;
}

static bool
is_query(const char *text)
{
	for (int i = 0; i < lengthof(query_words); i++)
	{
		if (strstr(text, query_words[i]) != NULL)
			return true;
	}
	return false;
}

static bool
shows_name(const List *names, const char *text)
{
	return strcmp(sdr_new_names(names, text), text) != 0;
}

/* May a text differ from what it was in more than its names? */
static bool
is_in_doubt(const SdrFollow *follow, const char *before, const char *after,
			const char *base)
{
	if (!sdr_is_unknown(before))
		return false;
	/* labels stand in constants */
	if (follow->labels &&
		(strchr(after, '\'') != NULL || strchr(base, '\'') != NULL))
		return true;
	return is_query(after) &&
		(follow->gone ||
		 (follow->columns && (shows_name(follow->back, after) ||
							  shows_name(follow->names, base))));
}

/* What a text of the baseline is now; NULL if that cannot be told. */
static const char *
follow_text(const SdrFollow *follow, const List *before, const List *after,
			const char *base)
{
	bool		in_doubt = false;
	ListCell   *b;
	ListCell   *a;

	forboth(b, before, a, after)
	{
		if (strcmp(base, lfirst(b)) == 0 ||
			is_same(follow, base, lfirst(a)))
			return lfirst(a);
		in_doubt |= is_in_doubt(follow, lfirst(b), lfirst(a), base);
	}
	return in_doubt ? NULL : sdr_new_names(follow->names, base);
}

static void
set_text(JsonbValue *value, const char *text)
{
	value->type = jbvString;
	value->val.string.val = unconstify(char *, text);
	value->val.string.len = strlen(text);
}

/* An array of texts as a value. */
static void
set_texts(JsonbValue *value, const List *texts)
{
	SdrCompatJson json = {0};
	Jsonb	   *jsonb;
	ListCell   *lc;

	sdr_compat_push_json(&json, WJB_BEGIN_ARRAY, NULL);
	foreach(lc, texts)
	{
		JsonbValue	element;

		set_text(&element, lfirst(lc));
		sdr_compat_push_json(&json, WJB_ELEM, &element);
	}
	sdr_compat_push_json(&json, WJB_END_ARRAY, NULL);
	jsonb = JsonbValueToJsonb(json.result);
	value->type = jbvBinary;
	value->val.binary.data = &jsonb->root;
	value->val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
}

bool
sdr_follow_value(const SdrFollow *follow, const JsonbValue *before,
				 const JsonbValue *after, const JsonbValue *base,
				 JsonbValue *result)
{
	List	   *before_texts;
	List	   *after_texts;
	List	   *base_texts;
	List	   *texts = NIL;
	ListCell   *lc;

	if (follow->names == NIL || before->type != after->type ||
		before->type != base->type || !get_texts(before, &before_texts) ||
		!get_texts(after, &after_texts) || !get_texts(base, &base_texts) ||
		!all_same(follow, before_texts, after_texts))
		return false;
	foreach(lc, base_texts)
	{
		const char *text = follow_text(follow, before_texts, after_texts,
									   lfirst(lc));

		if (text == NULL)
			return false;
		texts = lappend(texts, unconstify(char *, text));
	}
	if (base->type == jbvString)
		set_text(result, linitial(texts));
	else
		set_texts(result, texts);
	return true;
}
