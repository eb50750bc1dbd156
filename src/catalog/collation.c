/*-------------------------------------------------------------------------
 *
 * collation.c
 *	  Collations, and conversions between encodings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/syscache.h"

static bool
collation_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_collation form = (Form_pg_collation) GETSTRUCT(tuple);

	/* to the server, those of other encodings are not there */
	if (form->collencoding != -1 &&
		form->collencoding != GetDatabaseEncoding())
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_COLLATION);
	entry->item.name = pstrdup(NameStr(form->collname));
	return true;
}

/* The provider of a collation or of a database. */
const char *
sdr_provider_name(char provider)
{
	switch (provider)
	{
		case COLLPROVIDER_LIBC:
			return "libc";
		case COLLPROVIDER_ICU:
			return "icu";
		case COLLPROVIDER_BUILTIN:
			return "builtin";
	}
	elog(ERROR, "unrecognized locale provider: %c", provider);
}

typedef struct VersionQuestion
{
	Oid			collation;
	const char *version;
} VersionQuestion;

static void
version_callback(void *arg)
{
	LOCAL_FCINFO(fcinfo, 1);
	VersionQuestion *question = arg;
	Datum		version;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(question->collation);
	fcinfo->args[0].isnull = false;
	version = pg_collation_actual_version(fcinfo);
	question->version = fcinfo->isnull ? NULL : TextDatumGetCString(version);
}

/*
 * Has the provider another version than the one recorded?  A locale that the
 * provider does not know any more counts as that.
 */
static bool
version_differs(SdrReader *reader, Oid collation, const char *recorded)
{
	VersionQuestion question = {collation, NULL};

	if (recorded == NULL)
		return false;
	if (!sdr_guard(version_callback, &question, NULL) &&
		!SearchSysCacheExists1(COLLOID, ObjectIdGetDatum(collation)))
		sdr_reader_gone(reader);
	return question.version == NULL || strcmp(question.version, recorded) != 0;
}

static void
collation_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_collation form = (Form_pg_collation) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_COLLATION_PROVIDER,
				 sdr_provider_name(form->collprovider));
	sdr_set_bool(object, SDR_COLLATION_DETERMINISTIC,
				 form->collisdeterministic);
	sdr_set_text(object, SDR_COLLATION_LOCALE,
				 sdr_get_text(reader, CollationRelationId, tuple,
							  SDR_COMPAT_ANUM_COLLATION_LOCALE));
	sdr_set_text(object, SDR_COLLATION_LC_COLLATE,
				 sdr_get_text(reader, CollationRelationId, tuple,
							  Anum_pg_collation_collcollate));
	sdr_set_text(object, SDR_COLLATION_LC_CTYPE,
				 sdr_get_text(reader, CollationRelationId, tuple,
							  Anum_pg_collation_collctype));
	sdr_set_text(object, SDR_COLLATION_RULES,
				 sdr_get_text(reader, CollationRelationId, tuple,
							  SDR_COMPAT_ANUM_COLLATION_RULES));
	sdr_set_bool(object, SDR_COLLATION_VERSION_MISMATCH,
				 version_differs(reader, object->oid,
								 sdr_get_text(reader, CollationRelationId,
											  tuple,
											  Anum_pg_collation_collversion)));
}

const SdrFamily sdr_collation_family = {
	.kinds = SDR_IN(COLLATION),
	.catalog = CollationRelationId,
	.name_index = CollationNameEncNspIndexId,
	.identify = collation_identify,
	.read = collation_read,
};

static bool
conversion_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_conversion form = (Form_pg_conversion) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_CONVERSION);
	entry->item.name = pstrdup(NameStr(form->conname));
	return true;
}

static void
conversion_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	static const SdrFunctionAttr function = {
		SDR_CONVERSION_FUNCTION, Anum_pg_conversion_conproc
	};
	Form_pg_conversion form = (Form_pg_conversion) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_CONVERSION_SOURCE,
				 pg_encoding_to_char(form->conforencoding));
	sdr_set_text(object, SDR_CONVERSION_TARGET,
				 pg_encoding_to_char(form->contoencoding));
	sdr_functions_read(reader, object, ConversionRelationId, tuple, &function,
					   1);
	sdr_set_bool(object, SDR_CONVERSION_DEFAULT, form->condefault);
}

const SdrFamily sdr_conversion_family = {
	.kinds = SDR_IN(CONVERSION),
	.catalog = ConversionRelationId,
	.name_index = ConversionNameNspIndexId,
	.identify = conversion_identify,
	.read = conversion_read,
};
