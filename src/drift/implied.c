/*-------------------------------------------------------------------------
 *
 * implied.c
 *	  What the server picks by itself, in documents that are compared with
 *	  each other.
 *
 * A live object says which of its values nobody asked for, and a snapshot
 * leaves those out.  A document that states one must not differ from another
 * that does not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "compat.h"
#include "drift/drift.h"

/* The text that another attribute of the object has; NULL if it says none. */
static const char *
text_of(const SdrObject *object, SdrAttrId attr)
{
	const SdrValue *value = sdr_value(object, attr);

	return value->tag == SDR_VALUE_TEXT ? value->u.text : NULL;
}

typedef struct StorageQuestion
{
	SdrReader  *reader;
	const char *type;
	const char *storage;
} StorageQuestion;

static void
storage_callback(void *arg)
{
	StorageQuestion *question = arg;
	Oid			type;
	int32		typmod;

	sdr_compat_parse_type(question->type, &type, &typmod);
	question->storage = sdr_storage_name(sdr_type(question->reader, type,
												  typmod)->storage);
}

/* That of the type, if the server has such a type. */
static const char *
implied_storage(SdrReader *reader, const SdrObject *column)
{
	StorageQuestion question = {
		reader, text_of(column, SDR_COLUMN_TYPE), NULL
	};

	if (question.type != NULL)
		(void) sdr_guard(storage_callback, &question, NULL);
	return question.storage;
}

static const char *
implied_cost(SdrReader *reader, const SdrObject *function)
{
	const char *language = text_of(function, SDR_FUNCTION_LANGUAGE);

	if (language == NULL)
		return NULL;
	return strcmp(language, "c") == 0 || strcmp(language, "internal") == 0 ?
		"1" : "100";
}

static const char *
implied_modify(SdrReader *reader, const SdrObject *aggregate)
{
	const char *kind = text_of(aggregate, SDR_AGGREGATE_KIND);

	return kind == NULL || strcmp(kind, "normal") == 0 ? "read_only" :
		"read_write";
}

static const char *
implied_slot(SdrReader *reader, const SdrObject *subscription)
{
	return subscription->name;
}

static const char *
implied_access_method(SdrReader *reader, const SdrObject *table)
{
	return "heap";
}

static const struct
{
	SdrAttrId	attr;
	const char *(*implied) (SdrReader *reader, const SdrObject *object);
}			rules[] = {
	{SDR_COLUMN_STORAGE, implied_storage},
	{SDR_FUNCTION_COST, implied_cost},
	{SDR_AGGREGATE_FINALFUNC_MODIFY, implied_modify},
	{SDR_AGGREGATE_MFINALFUNC_MODIFY, implied_modify},
	{SDR_SUBSCRIPTION_SLOT_NAME, implied_slot},
	{SDR_TABLE_ACCESS_METHOD, implied_access_method},
	{SDR_MATVIEW_ACCESS_METHOD, implied_access_method},
};

/*
 * Mark the values of an object and its parts, read from a document, that the
 * server would pick when nothing is said.
 */
void
sdr_imply(SdrReader *reader, SdrObject *object)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		const char *text;
		const char *implied;

		if (sdr_attr(rules[i].attr)->kind != object->kind->id)
			continue;
		text = text_of(object, rules[i].attr);
		implied = text == NULL ? NULL : rules[i].implied(reader, object);
		if (implied != NULL)
			sdr_set_implied(object, rules[i].attr,
							strcmp(text, implied) == 0);
	}
	for (int i = 0; i < object->nchildren; i++)
		sdr_imply(reader, object->children[i]);
}
