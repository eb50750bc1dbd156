/*-------------------------------------------------------------------------
 *
 * belongs.c
 *	  The top-level object that a part belongs to, by oid.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"

/* Catalogs whose rows are parts, each with the column that says of what. */
static const struct
{
	Oid			catalog;
	Oid			index;
	AttrNumber	oid;
	AttrNumber	whole;
	Oid			whole_catalog;
}			part_catalogs[] = {

	{AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid,
	Anum_pg_attrdef_adrelid, RelationRelationId},
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid,
	Anum_pg_constraint_conrelid, RelationRelationId},
	/* that of a domain */
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid,
	Anum_pg_constraint_contypid, TypeRelationId},
	{TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid,
	Anum_pg_trigger_tgrelid, RelationRelationId},
	{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid,
	Anum_pg_rewrite_ev_class, RelationRelationId},
	{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid,
	Anum_pg_policy_polrelid, RelationRelationId},
	{EnumRelationId, EnumOidIndexId, Anum_pg_enum_oid,
	Anum_pg_enum_enumtypid, TypeRelationId},
	{PublicationRelRelationId, PublicationRelObjectIndexId,
		Anum_pg_publication_rel_oid, Anum_pg_publication_rel_prpubid,
	PublicationRelationId},
	{PublicationNamespaceRelationId, PublicationNamespaceObjectIndexId,
		Anum_pg_publication_namespace_oid,
		Anum_pg_publication_namespace_pnpubid,
	PublicationRelationId},
	{AccessMethodOperatorRelationId, AccessMethodOperatorOidIndexId,
		Anum_pg_amop_oid, Anum_pg_amop_amopfamily,
	OperatorFamilyRelationId},
	{AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId,
		Anum_pg_amproc_oid, Anum_pg_amproc_amprocfamily,
	OperatorFamilyRelationId},
};

/* What came to be where we are on the way up. */
typedef enum Step
{
	STEP_GONE,					/* there is no such row */
	STEP_TOP,
	STEP_UP						/* the address is that of the whole now */
} Step;

static Step
go_up(ObjectAddress *address, Oid catalog, Oid oid)
{
	ObjectAddressSet(*address, catalog, oid);
	return STEP_UP;
}

/* To the object that the server has made this one for. */
static Step
go_up_internal(SdrReader *reader, ObjectAddress *address)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	Step		step = STEP_TOP;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->objectId));
	scan = sdr_scan(reader, DependRelationId, DependDependerIndexId, 2, keys);
	while (step == STEP_TOP && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->deptype == DEPENDENCY_INTERNAL)
			step = go_up(address, form->refclassid, form->refobjid);
	}
	systable_endscan(scan);
	return step;
}

static Step
step_from_relation(SdrReader *reader, ObjectAddress *address)
{
	FormData_pg_class form;
	HeapTuple	index;

	if (!sdr_relation_form(reader, address->objectId, &form))
		return STEP_GONE;
	switch (form.relkind)
	{
		case RELKIND_INDEX:
		case RELKIND_PARTITIONED_INDEX:
			index = sdr_fetch(reader, IndexRelationId, IndexRelidIndexId,
							  Anum_pg_index_indexrelid, address->objectId);
			return !HeapTupleIsValid(index) ? STEP_GONE :
				go_up(address, RelationRelationId,
					  ((Form_pg_index) GETSTRUCT(index))->indrelid);
		case RELKIND_COMPOSITE_TYPE:
			return go_up(address, TypeRelationId, form.reltype);
		case RELKIND_TOASTVALUE:
			return go_up_internal(reader, address);
		case RELKIND_SEQUENCE:
			return sdr_sequence_is_internal(reader, address->objectId) ?
				go_up_internal(reader, address) : STEP_TOP;
	}
	return STEP_TOP;
}

static Step
step_from_type(SdrReader *reader, ObjectAddress *address)
{
	HeapTuple	tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
								  Anum_pg_type_oid, address->objectId);
	Form_pg_type form;
	FormData_pg_class relation;

	if (!HeapTupleIsValid(tuple))
		return STEP_GONE;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (OidIsValid(form->typrelid) &&
		sdr_relation_form(reader, form->typrelid, &relation) &&
		relation.relkind != RELKIND_COMPOSITE_TYPE)
		return go_up(address, RelationRelationId, form->typrelid);
	if (OidIsValid(form->typelem) &&
		form->typsubscript == F_ARRAY_SUBSCRIPT_HANDLER)
		return go_up(address, TypeRelationId, form->typelem);
	if (form->typtype == TYPTYPE_MULTIRANGE)
		return go_up_internal(reader, address);
	return STEP_TOP;
}

/* From a row of part_catalogs. */
static Step
step_from_part(SdrReader *reader, ObjectAddress *address)
{
	Step		step = STEP_TOP;

	for (int i = 0; i < lengthof(part_catalogs); i++)
	{
		HeapTuple	tuple;
		bool		isnull;
		Oid			whole;

		if (part_catalogs[i].catalog != address->classId)
			continue;
		step = STEP_GONE;
		tuple = sdr_fetch(reader, part_catalogs[i].catalog,
						  part_catalogs[i].index, part_catalogs[i].oid,
						  address->objectId);
		if (!HeapTupleIsValid(tuple))
			continue;
		whole = DatumGetObjectId(sdr_get(reader, part_catalogs[i].catalog,
										 tuple, part_catalogs[i].whole,
										 &isnull));
		if (OidIsValid(whole))
			return go_up(address, part_catalogs[i].whole_catalog, whole);
	}
	return step;
}

/* One step from a part to what it is a part of. */
static Step
step_up(SdrReader *reader, ObjectAddress *address)
{
	if (address->classId == RelationRelationId)
		return step_from_relation(reader, address);
	if (address->classId == TypeRelationId)
		return step_from_type(reader, address);
	return step_from_part(reader, address);
}

bool
sdr_belongs_to(SdrReader *reader, ObjectAddress *address)
{
	Step		step;

	address->objectSubId = 0;
	while ((step = step_up(reader, address)) == STEP_UP)
		;
	return step == STEP_TOP;
}

SdrEntry *
sdr_entry_of(SdrReader *reader, const ObjectAddress *address)
{
	ObjectAddress whole = *address;

	return sdr_belongs_to(reader, &whole) ? sdr_entry_here(reader, &whole) :
		NULL;
}
