/*-------------------------------------------------------------------------
 *
 * cast.c
 *	  Casts and transforms.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_transform.h"

static bool
cast_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(tuple);

	/* that of a range type to its multirange type comes with them */
	if (form->oid < FirstNormalObjectId ||
		sdr_is_internal(reader, CastRelationId, form->oid) ||
		sdr_type_is_temporary(reader, form->castsource) ||
		sdr_type_is_temporary(reader, form->casttarget))
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_CAST);
	entry->item.name = sdr_cast_name(reader, form->castsource,
									 form->casttarget);
	return true;
}

static const char *
method_name(char method)
{
	switch (method)
	{
		case COERCION_METHOD_FUNCTION:
			return "function";
		case COERCION_METHOD_INOUT:
			return "inout";
		case COERCION_METHOD_BINARY:
			return "binary";
	}
	elog(ERROR, "unrecognized method of a cast: %c", method);
}

static const char *
context_name(char context)
{
	switch (context)
	{
		case COERCION_CODE_EXPLICIT:
			return "explicit";
		case COERCION_CODE_ASSIGNMENT:
			return "assignment";
		case COERCION_CODE_IMPLICIT:
			return "implicit";
	}
	elog(ERROR, "unrecognized context of a cast: %c", context);
}

static void
cast_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_cast form = (Form_pg_cast) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_CAST_METHOD, method_name(form->castmethod));
	sdr_set_text(object, SDR_CAST_FUNCTION,
				 sdr_function_text(reader, form->castfunc));
	sdr_set_text(object, SDR_CAST_CONTEXT, context_name(form->castcontext));
}

const SdrFamily sdr_cast_family = {
	.kinds = SDR_IN(CAST),
	.catalog = CastRelationId,
	.identify = cast_identify,
	.read = cast_read,
	.canonical_name = sdr_sql_name,
};

static bool
transform_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_transform form = (Form_pg_transform) GETSTRUCT(tuple);
	const SdrName *language;

	if (form->oid < FirstNormalObjectId ||
		sdr_type_is_temporary(reader, form->trftype))
		return false;
	language = sdr_name(reader, LanguageRelationId, form->trflang);
	if (language == NULL)
	{
		sdr_reader_gone(reader);
		return false;
	}
	entry->item.kind = sdr_kind(SDR_KIND_TRANSFORM);
	entry->item.name = sdr_transform_name(reader, form->trftype,
										  language->name);
	return true;
}

static void
transform_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_transform form = (Form_pg_transform) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_TRANSFORM_FROM_SQL,
				 sdr_function_name(reader, form->trffromsql));
	sdr_set_text(object, SDR_TRANSFORM_TO_SQL,
				 sdr_function_name(reader, form->trftosql));
}

const SdrFamily sdr_transform_family = {
	.kinds = SDR_IN(TRANSFORM),
	.catalog = TransformRelationId,
	.identify = transform_identify,
	.read = transform_read,
	.canonical_name = sdr_sql_name,
};
