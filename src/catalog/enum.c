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
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static bool
enum_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	if (form->typtype != TYPTYPE_ENUM)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_ENUM);
	entry->item.name = pstrdup(NameStr(form->typname));
	return true;
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

static void
enum_read(SdrReader *reader, HeapTuple type_tuple, SdrObject *object)
{
	SysScanDesc scan = sdr_scan_oid(reader, EnumRelationId,
									EnumTypIdSortOrderIndexId,
									Anum_pg_enum_enumtypid, object->oid);
	List	   *labels = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(tuple);
		Label	   *label = palloc(sizeof(Label));

		label->order = form->enumsortorder;
		label->text = pstrdup(NameStr(form->enumlabel));
		labels = lappend(labels, label);
	}
	systable_endscan(scan);

	list_sort(labels, compare_labels);
	foreach(lc, labels)
		lfirst(lc) = ((Label *) lfirst(lc))->text;
	sdr_set_list(object, SDR_ENUM_LABELS, labels);
}

const SdrFamily sdr_enum_family = {
	.kinds = SDR_IN(ENUM),
	.catalog = TypeRelationId,
	.name_index = TypeNameNspIndexId,
	.identify = enum_identify,
	.read = enum_read,
};
