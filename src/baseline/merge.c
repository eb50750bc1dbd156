/*-------------------------------------------------------------------------
 *
 * merge.c
 *	  Three-way merge of jsonb.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "baseline/store.h"
#include "compat.h"
#include "miscadmin.h"
#include "model/model.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(schemadrift_merge);

static bool
is_object(const JsonbValue *value)
{
	return value != NULL && value->type == jbvBinary &&
		JsonContainerIsObject(value->val.binary.data);
}

static bool
same(const JsonbValue *a, const JsonbValue *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return compareJsonbContainers(&JsonbValueToJsonb(unconstify(JsonbValue *, a))->root,
								  &JsonbValueToJsonb(unconstify(JsonbValue *, b))->root) == 0;
}

/* The member of an object; NULL if there is none, or the value is no object. */
static JsonbValue *
member(const JsonbValue *value, const JsonbValue *key)
{
	if (!is_object(value))
		return NULL;
	return getKeyJsonValueFromContainer(value->val.binary.data,
										key->val.string.val,
										key->val.string.len, NULL);
}

static bool
is_key(const JsonbValue *key, const char *name)
{
	return strlen(name) == key->val.string.len &&
		memcmp(name, key->val.string.val, key->val.string.len) == 0;
}

/* Do objects of a kind stand under the key? */
static bool
is_node(const JsonbValue *key)
{
	for (int i = 0; i < SDR_NKINDS; i++)
	{
		if (is_key(key, sdr_kind(i)->node))
			return true;
	}
	return false;
}

/* What the members of an object are. */
typedef enum Level
{
	LEVEL_OBJECT,				/* attributes, and keys of parts */
	LEVEL_PARTS,				/* parts by name */
	LEVEL_BELOW
} Level;

typedef struct Merge
{
	SdrCompatJson json;
	JsonbValue	nothing;		/* an empty object */
	SdrFollow	follow;
} Merge;

static void merge_objects(Merge *merge, Level level, const JsonbValue *before,
						  const JsonbValue *after, const JsonbValue *base);

/*
 * Put a member that before, after and base say this of, each NULL if nothing:
 * what has changed between the first two is as it is after, all else as base
 * has it, with names that have changed.  A part that is unknown to base stays
 * so, if it was there before.
 */
static void
merge_member(Merge *merge, Level level, JsonbValue *key,
			 const JsonbValue *before, const JsonbValue *after,
			 const JsonbValue *base)
{
	const JsonbValue *result = same(before, after) ? base : after;
	JsonbValue	followed;

	if (result == after && before != NULL && after != NULL && base != NULL &&
		sdr_follow_value(&merge->follow, before, after, base, &followed))
		result = &followed;
	if (level == LEVEL_PARTS && before != NULL && base == NULL)
		result = NULL;
	if (result == NULL)
		return;
	sdr_compat_push_json(&merge->json, WJB_KEY, key);
	if (result == after && is_object(before) && is_object(after) &&
		(is_object(base) || base == NULL))
		merge_objects(merge, level == LEVEL_OBJECT && is_node(key) ?
					  LEVEL_PARTS : LEVEL_BELOW,
					  before, after, base == NULL ? &merge->nothing : base);
	else
		sdr_compat_push_json(&merge->json, WJB_VALUE,
							 unconstify(JsonbValue *, result));
}

/* The key in one object of the part that is called key in the other. */
static bool
find_renamed(const Merge *merge, bool is_new, const JsonbValue *key,
			 const JsonbValue *in, const JsonbValue *other, JsonbValue *found)
{
	ListCell   *lc;

	foreach(lc, merge->follow.names)
	{
		const SdrNewName *rename = lfirst(lc);

		if (rename->of != NULL ||
			!is_key(key, is_new ? rename->to : rename->from))
			continue;
		found->type = jbvString;
		found->val.string.val = unconstify(char *, is_new ? rename->from : rename->to);
		found->val.string.len = strlen(found->val.string.val);
		if (member(in, found) != NULL && member(other, found) == NULL)
			return true;
	}
	return false;
}

/*
 * Put a member, which may be a part that was called otherwise before; one that
 * is called otherwise now is put by its new name.
 */
static void
merge_part(Merge *merge, Level level, JsonbValue *key,
		   const JsonbValue *before, const JsonbValue *after,
		   const JsonbValue *base)
{
	bool		was = member(before, key) != NULL;
	bool		is = member(after, key) != NULL;
	JsonbValue	other;
	const JsonbValue *old = key;

	if (level == LEVEL_PARTS && was && !is &&
		find_renamed(merge, false, key, after, before, &other))
		return;
	if (level == LEVEL_PARTS && is && !was &&
		find_renamed(merge, true, key, before, after, &other))
		old = &other;
	merge_member(merge, level, key, member(before, old), member(after, key),
				 member(base, old));
}

/* Put the members of one object that are not in another. */
static void
merge_members_of(Merge *merge, Level level, const JsonbValue *of,
				 const JsonbValue *not_in, const JsonbValue *before,
				 const JsonbValue *after, const JsonbValue *base)
{
	JsonbIterator *it = JsonbIteratorInit(of->val.binary.data);
	JsonbIteratorToken tok;
	JsonbValue	key;

	while ((tok = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY && (not_in == NULL || member(not_in, &key) == NULL))
			merge_part(merge, level, &key, before, after, base);
	}
}

static void
merge_objects(Merge *merge, Level level, const JsonbValue *before,
			  const JsonbValue *after, const JsonbValue *base)
{
	check_stack_depth();
	sdr_compat_push_json(&merge->json, WJB_BEGIN_OBJECT, NULL);
	merge_members_of(merge, level, base, NULL, before, after, base);
	/* what is only in before, and not in base, is in neither any more */
	merge_members_of(merge, level, after, base, before, after, base);
	sdr_compat_push_json(&merge->json, WJB_END_OBJECT, NULL);
}

static JsonbValue
root_value(Jsonb *jsonb)
{
	JsonbValue	value = {.type = jbvBinary};

	value.val.binary.data = &jsonb->root;
	value.val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	return value;
}

/*
 * schemadrift_merge(before jsonb, after jsonb, base jsonb, renamed jsonb) -
 * base, moved by what is different between before and after: member by member
 * where all three are objects, as a whole elsewhere.
 */
Datum
schemadrift_merge(PG_FUNCTION_ARGS)
{
	JsonbValue	before = root_value(PG_GETARG_JSONB_P(0));
	JsonbValue	after = root_value(PG_GETARG_JSONB_P(1));
	JsonbValue	base = root_value(PG_GETARG_JSONB_P(2));
	Merge		merge = {0};

	if (same(&before, &after))
		PG_RETURN_DATUM(PG_GETARG_DATUM(2));
	if (!is_object(&before) || !is_object(&after) || !is_object(&base))
		PG_RETURN_DATUM(PG_GETARG_DATUM(1));
	sdr_follow_read(PG_GETARG_JSONB_P(3), &merge.follow);
	merge.nothing = root_value(DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
																  CStringGetDatum("{}"))));
	merge_objects(&merge, LEVEL_OBJECT, &before, &after, &base);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(merge.json.result));
}
