/*-------------------------------------------------------------------------
 *
 * language.c
 *	  Languages, access methods and event triggers: what functions make of
 *	  the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_am.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

static bool
language_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_language form = (Form_pg_language) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_LANGUAGE);
	entry->item.name = pstrdup(NameStr(form->lanname));
	return true;
}

static void
language_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_language form = (Form_pg_language) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_LANGUAGE_HANDLER,
				 sdr_function_name(reader, form->lanplcallfoid));
	sdr_set_text(object, SDR_LANGUAGE_INLINE,
				 sdr_function_name(reader, form->laninline));
	sdr_set_text(object, SDR_LANGUAGE_VALIDATOR,
				 sdr_function_name(reader, form->lanvalidator));
	sdr_set_bool(object, SDR_LANGUAGE_TRUSTED, form->lanpltrusted);
}

const SdrFamily sdr_language_family = {
	.kinds = SDR_IN(LANGUAGE),
	.catalog = LanguageRelationId,
	.name_index = LanguageNameIndexId,
	.identify = language_identify,
	.read = language_read,
};

static bool
access_method_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_am	form = (Form_pg_am) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_ACCESS_METHOD);
	entry->item.name = pstrdup(NameStr(form->amname));
	return true;
}

static void
access_method_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_am	form = (Form_pg_am) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_ACCESS_METHOD_TYPE,
				 form->amtype == AMTYPE_TABLE ? "table" : "index");
	sdr_set_text(object, SDR_ACCESS_METHOD_HANDLER,
				 sdr_function_name(reader, form->amhandler));
}

const SdrFamily sdr_access_method_family = {
	.kinds = SDR_IN(ACCESS_METHOD),
	.catalog = AccessMethodRelationId,
	.name_index = AmNameIndexId,
	.identify = access_method_identify,
	.read = access_method_read,
};

static bool
event_trigger_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_EVENT_TRIGGER);
	entry->item.name = pstrdup(NameStr(form->evtname));
	return true;
}

/* The commands of the WHEN clause, whose order means nothing. */
static List *
read_tags(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, EventTriggerRelationId, tuple,
								Anum_pg_event_trigger_evttags, &isnull);
	List	   *tags = NIL;
	Datum	   *elements;
	int			n;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, NULL, &n);
	for (int i = 0; i < n; i++)
		tags = lappend(tags, TextDatumGetCString(elements[i]));
	list_sort(tags, sdr_compare_texts);
	return tags;
}

static void
event_trigger_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_EVENT_TRIGGER_EVENT,
				 pstrdup(NameStr(form->evtevent)));
	sdr_set_list(object, SDR_EVENT_TRIGGER_TAGS, read_tags(reader, tuple));
	sdr_set_text(object, SDR_EVENT_TRIGGER_FUNCTION,
				 sdr_function_name(reader, form->evtfoid));
	sdr_set_text(object, SDR_EVENT_TRIGGER_ENABLED,
				 sdr_enabled_name(form->evtenabled));
}

const SdrFamily sdr_event_trigger_family = {
	.kinds = SDR_IN(EVENT_TRIGGER),
	.catalog = EventTriggerRelationId,
	.name_index = EventTriggerNameIndexId,
	.identify = event_trigger_identify,
	.read = event_trigger_read,
};
