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

/* This extension watches the schema, it is no part of it. */
static bool
is_own(Form_pg_extension form)
{
	return strcmp(NameStr(form->extname), "schemadrift") == 0;
}

static List *
extension_list(SdrReader *reader, List *entries)
{
	SysScanDesc scan = sdr_scan(reader, ExtensionRelationId, InvalidOid, 0,
								NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_extension form = (Form_pg_extension) GETSTRUCT(tuple);

		if (!is_own(form))
			entries = lappend(entries, sdr_entry_new(SDR_KIND_EXTENSION,
													 NameStr(form->extname),
													 InvalidOid, form->oid));
	}
	systable_endscan(scan);
	return entries;
}

static Oid
extension_find(SdrReader *reader, SdrKindId kind, Oid namespace,
			   const char *name)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	NameData	namedata;
	Oid			oid = InvalidOid;

	namestrcpy(&namedata, name);
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, NameGetDatum(&namedata));
	scan = sdr_scan(reader, ExtensionRelationId, ExtensionNameIndexId, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		oid = ((Form_pg_extension) GETSTRUCT(tuple))->oid;
	systable_endscan(scan);
	return oid;
}

static SdrObject *
extension_read(SdrReader *reader, const SdrEntry *entry, SdrObject *parent)
{
	HeapTuple	tuple = sdr_fetch(reader, ExtensionRelationId,
								  ExtensionOidIndexId, Anum_pg_extension_oid,
								  entry->oid);
	const SdrName *schema;
	SdrObject  *object;
	Datum		version;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	object = sdr_object_new(SDR_KIND_EXTENSION, entry->item.name, parent);
	version = sdr_get(reader, ExtensionRelationId, tuple,
					  Anum_pg_extension_extversion, &isnull);
	sdr_set_text(object, SDR_EXTENSION_VERSION, TextDatumGetCString(version));
	schema = sdr_name(reader, NamespaceRelationId,
					  ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace);
	if (schema == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, SDR_EXTENSION_SCHEMA, pstrdup(schema->name));
	return object;
}

const SdrFamily sdr_extension_family = {
	SDR_IN(EXTENSION),
	extension_list,
	extension_find,
	extension_read,
};
