/*-------------------------------------------------------------------------
 *
 * parts.c
 *	  The parts of a top-level object by oid, by which they are known when they
 *	  are renamed; and what shows their names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_index.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgroids.h"

static bool
has_columns(const FormData_pg_class *form)
{
	return form->relkind != RELKIND_SEQUENCE;
}

static bool
is_table(const FormData_pg_class *form)
{
	return form->relkind == RELKIND_RELATION ||
		form->relkind == RELKIND_PARTITIONED_TABLE ||
		form->relkind == RELKIND_FOREIGN_TABLE;
}

static bool
has_indexes(const FormData_pg_class *form)
{
	return form->relhasindex;
}

static bool
has_rules(const FormData_pg_class *form)
{
	return form->relhasrules;
}

static bool
has_triggers(const FormData_pg_class *form)
{
	return form->relhastriggers;
}

/* Where parts of a sort are kept. */
typedef struct PartCatalog
{
	const char *node;			/* as in documents; "labels" those of enums */
	Oid			catalog;
	Oid			index;
	AttrNumber	whole;			/* the oid of the whole */
	AttrNumber	id;				/* what does not change with the name */
	AttrNumber	name;			/* 0: that of the relation with this oid */
	bool		(*of_relation) (const FormData_pg_class *form);
	char		typtype;		/* of a type */
} PartCatalog;

static const PartCatalog part_catalogs[] = {
	{"columns", AttributeRelationId, AttributeRelidNumIndexId,
		Anum_pg_attribute_attrelid, Anum_pg_attribute_attnum,
	Anum_pg_attribute_attname, has_columns, 0},
	{"constraints", ConstraintRelationId, ConstraintRelidTypidNameIndexId,
		Anum_pg_constraint_conrelid, Anum_pg_constraint_oid,
	Anum_pg_constraint_conname, is_table, 0},
	{"indexes", IndexRelationId, IndexIndrelidIndexId,
		Anum_pg_index_indrelid, Anum_pg_index_indexrelid,
	0, has_indexes, 0},
	{"triggers", TriggerRelationId, TriggerRelidNameIndexId,
		Anum_pg_trigger_tgrelid, Anum_pg_trigger_oid,
	Anum_pg_trigger_tgname, has_triggers, 0},
	{"rules", RewriteRelationId, RewriteRelRulenameIndexId,
		Anum_pg_rewrite_ev_class, Anum_pg_rewrite_oid,
	Anum_pg_rewrite_rulename, has_rules, 0},
	{"policies", PolicyRelationId, PolicyPolrelidPolnameIndexId,
		Anum_pg_policy_polrelid, Anum_pg_policy_oid,
	Anum_pg_policy_polname, is_table, 0},
	{"constraints", ConstraintRelationId, ConstraintTypidIndexId,
		Anum_pg_constraint_contypid, Anum_pg_constraint_oid,
	Anum_pg_constraint_conname, NULL, TYPTYPE_DOMAIN},
	{"labels", EnumRelationId, EnumTypIdLabelIndexId,
		Anum_pg_enum_enumtypid, Anum_pg_enum_oid,
	Anum_pg_enum_enumlabel, NULL, TYPTYPE_ENUM},
};

/* Is it a part that a document can speak of? */
static bool
is_spoken_of(Oid catalog, HeapTuple tuple)
{
	switch (catalog)
	{
		case AttributeRelationId:
			return ((Form_pg_attribute) GETSTRUCT(tuple))->attnum > 0 &&
				!((Form_pg_attribute) GETSTRUCT(tuple))->attisdropped;
		case ConstraintRelationId:
			/* NOT NULL belongs to its column */
			return ((Form_pg_constraint) GETSTRUCT(tuple))->contype !=
				SDR_CONSTRAINT_NOTNULL;
		case RewriteRelationId:
			return strcmp(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename),
						  ViewSelectRuleName) != 0;
		case TriggerRelationId:
			return !((Form_pg_trigger) GETSTRUCT(tuple))->tgisinternal;
		default:
			return true;
	}
}

/* What a part is called; NULL if it has gone. */
static const char *
name_of(SdrReader *reader, const PartCatalog *parts, HeapTuple tuple, Datum id)
{
	const SdrName *name;
	bool		isnull;

	if (parts->name != 0)
		return NameStr(*DatumGetName(sdr_get(reader, parts->catalog, tuple,
											 parts->name, &isnull)));
	name = sdr_name(reader, RelationRelationId, DatumGetObjectId(id));
	return name == NULL ? NULL : name->name;
}

/* Add the parts that one catalog has, as a member of a JSON object. */
static void
add_parts(StringInfo buf, SdrReader *reader, const PartCatalog *parts,
		  Oid whole)
{
	SysScanDesc scan = sdr_scan_oid(reader, parts->catalog, parts->index,
									parts->whole, whole);
	bool		first = true;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		id;
		const char *name;

		if (!is_spoken_of(parts->catalog, tuple))
			continue;
		id = sdr_get(reader, parts->catalog, tuple, parts->id, &isnull);
		name = name_of(reader, parts, tuple, id);
		if (name == NULL)
			continue;
		if (first)
			appendStringInfo(buf, "%s\"%s\": {", buf->len > 1 ? ", " : "",
							 parts->node);
		else
			appendStringInfoString(buf, ", ");
		first = false;
		sdr_json_string(buf, name);
		appendStringInfo(buf, ": %u", parts->catalog == AttributeRelationId ?
						 (unsigned int) DatumGetInt16(id) :
						 DatumGetObjectId(id));
	}
	systable_endscan(scan);
	if (!first)
		appendStringInfoChar(buf, '}');
}

static void
add_relation_parts(StringInfo buf, SdrReader *reader, Oid oid)
{
	FormData_pg_class form;

	if (!sdr_relation_form(reader, oid, &form))
		return;
	for (int i = 0; i < lengthof(part_catalogs); i++)
	{
		if (part_catalogs[i].of_relation != NULL &&
			part_catalogs[i].of_relation(&form))
			add_parts(buf, reader, &part_catalogs[i], oid);
	}
}

static bool
type_form(SdrReader *reader, Oid oid, Form_pg_type form)
{
	HeapTuple	tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
								  Anum_pg_type_oid, oid);

	if (HeapTupleIsValid(tuple))
		memcpy(form, GETSTRUCT(tuple), offsetof(FormData_pg_type, typcollation));
	return HeapTupleIsValid(tuple);
}

/*
 * The parts of an object by what a document calls them, as JSON: columns with
 * their numbers, others with their oids.  NULL where there are none.
 */
char *
sdr_part_ids(SdrReader *reader, Oid catalog, Oid oid)
{
	FormData_pg_type type;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	if (catalog == RelationRelationId)
		add_relation_parts(&buf, reader, oid);
	else if (catalog == TypeRelationId && type_form(reader, oid, &type))
	{
		if (OidIsValid(type.typrelid))
			add_relation_parts(&buf, reader, type.typrelid);
		for (int i = 0; i < lengthof(part_catalogs); i++)
		{
			if (part_catalogs[i].typtype == type.typtype)
				add_parts(&buf, reader, &part_catalogs[i], oid);
		}
	}
	if (buf.len == 1)
		return NULL;
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

static List *
add_showing(List *wholes, SdrReader *reader, Oid catalog, Oid oid)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(oid));
	scan = sdr_scan(reader, DependRelationId, DependReferenceIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress *whole = palloc(sizeof(ObjectAddress));

		ObjectAddressSet(*whole, form->classid, form->objid);
		wholes = lappend(wholes, whole);
	}
	systable_endscan(scan);
	return wholes;
}

/*
 * The objects that may show names of an object's parts in texts of their own,
 * as a list of ObjectAddress *.
 */
List *
sdr_showing(SdrReader *reader, Oid catalog, Oid oid)
{
	List	   *wholes = add_showing(NIL, reader, catalog, oid);
	List	   *result = NIL;
	FormData_pg_type type;
	ListCell   *lc;

	if (catalog == TypeRelationId && type_form(reader, oid, &type) &&
		OidIsValid(type.typrelid))
		wholes = add_showing(wholes, reader, RelationRelationId,
							 type.typrelid);
	foreach(lc, wholes)
	{
		if (sdr_belongs_to(reader, lfirst(lc)))
			result = lappend(result, lfirst(lc));
	}
	return result;
}
