/*-------------------------------------------------------------------------
 *
 * enum.c
 *	  Enums.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static bool
is_user_enum(SdrReader *reader, Form_pg_type form)
{
	return form->typtype == TYPTYPE_ENUM &&
		sdr_is_user_schema(reader, form->typnamespace) &&
		!sdr_is_member(reader, TypeRelationId, form->oid);
}

static List *
enum_list(SdrReader *reader, List *entries)
{
	SysScanDesc scan = sdr_scan(reader, TypeRelationId, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (is_user_enum(reader, form))
			entries = lappend(entries, sdr_entry_new(SDR_KIND_ENUM,
													 NameStr(form->typname),
													 form->typnamespace,
													 form->oid));
	}
	systable_endscan(scan);
	return entries;
}

static Oid
enum_find(SdrReader *reader, SdrKindId kind, Oid namespace, const char *name)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	NameData	namedata;
	Oid			oid = InvalidOid;

	namestrcpy(&namedata, name);
	ScanKeyInit(&keys[0], Anum_pg_type_typname, BTEqualStrategyNumber,
				F_NAMEEQ, NameGetDatum(&namedata));
	ScanKeyInit(&keys[1], Anum_pg_type_typnamespace, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(namespace));
	scan = sdr_scan(reader, TypeRelationId, TypeNameNspIndexId, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple) &&
		is_user_enum(reader, (Form_pg_type) GETSTRUCT(tuple)))
		oid = ((Form_pg_type) GETSTRUCT(tuple))->oid;
	systable_endscan(scan);
	return oid;
}

typedef struct Label
{
	float4		order;
	char	   *text;
} Label;

static int
compare_labels(const ListCell *a, const ListCell *b)
{
	float4		x = ((const Label *) lfirst(a))->order;
	float4		y = ((const Label *) lfirst(b))->order;

	return x < y ? -1 : x > y ? 1 : 0;
}

static SdrObject *
enum_read(SdrReader *reader, const SdrEntry *entry, SdrObject *parent)
{
	HeapTuple	type_tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
									   Anum_pg_type_oid, entry->oid);
	Form_pg_type form;
	SysScanDesc scan;
	HeapTuple	tuple;
	SdrObject  *object;
	List	   *labels = NIL;
	ListCell   *lc;

	if (!HeapTupleIsValid(type_tuple))
		return NULL;
	form = (Form_pg_type) GETSTRUCT(type_tuple);
	if (!is_user_enum(reader, form) || form->typnamespace != entry->namespace ||
		strcmp(NameStr(form->typname), entry->item.name) != 0)
		return NULL;

	scan = sdr_scan_oid(reader, EnumRelationId, EnumTypIdSortOrderIndexId,
						Anum_pg_enum_enumtypid, entry->oid);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_enum enum_form = (Form_pg_enum) GETSTRUCT(tuple);
		Label	   *label = palloc(sizeof(Label));

		label->order = enum_form->enumsortorder;
		label->text = pstrdup(NameStr(enum_form->enumlabel));
		labels = lappend(labels, label);
	}
	systable_endscan(scan);
	list_sort(labels, compare_labels);
	foreach(lc, labels)
		lfirst(lc) = ((Label *) lfirst(lc))->text;

	object = sdr_object_new(SDR_KIND_ENUM, entry->item.name, parent);
	object->oid = entry->oid;
	sdr_set_list(object, SDR_ENUM_LABELS, labels);
	return object;
}

const SdrFamily sdr_enum_family = {
	SDR_IN(ENUM),
	enum_list,
	enum_find,
	enum_read,
};
