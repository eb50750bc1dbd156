/*-------------------------------------------------------------------------
 *
 * extension.c
 *	  Extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static bool
extension_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_EXTENSION);
	entry->item.name = pstrdup(NameStr(form->extname));
	return true;
}

static void
extension_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	const SdrName *schema;
	Datum		version;
	bool		isnull;

	version = sdr_get(reader, ExtensionRelationId, tuple,
					  Anum_pg_extension_extversion, &isnull);
	sdr_set_text(object, SDR_EXTENSION_VERSION, TextDatumGetCString(version));
	schema = sdr_name(reader, NamespaceRelationId,
					  ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace);
	if (schema == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, SDR_EXTENSION_SCHEMA, pstrdup(schema->name));
}

const SdrFamily sdr_extension_family = {
	.kinds = SDR_IN(EXTENSION),
	.catalog = ExtensionRelationId,
	.name_index = ExtensionNameIndexId,
	.identify = extension_identify,
	.read = extension_read,
};
