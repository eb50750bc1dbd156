/*-------------------------------------------------------------------------
 *
 * past.c
 *	  Have the names that the server writes into a text changed since the
 *	  reader's snapshot?
 *
 * The server's deparser shows the newest names of all that an expression or
 * query refers to.  Where one of them was another one in the snapshot, or what
 * it names has gone, the text is not of the snapshot's time.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Catalogs whose objects a text shows by name. */
static const struct
{
	Oid			catalog;
	int			cache;
	bool		only_fixed;		/* looked at for readers that are fixed */
}			named_catalogs[] = {
	{ProcedureRelationId, PROCOID, false},
	{OperatorRelationId, OPEROID, false},
	{TypeRelationId, TYPEOID, false},
	{CollationRelationId, COLLOID, false},
	{RelationRelationId, RELOID, false},
	/* of ON CONFLICT ON CONSTRAINT */
	{ConstraintRelationId, CONSTROID, true},
};

/* Has the object the name now that it had when the snapshot was taken? */
static bool
is_same_name(const SdrName *name, Oid catalog, int cache, HeapTuple tuple)
{
	bool		isnull;
	Datum		now = SysCacheGetAttr(cache, tuple,
									  get_object_attnum_name(catalog), &isnull);
	Datum		namespace = SysCacheGetAttr(cache, tuple,
											get_object_attnum_namespace(catalog),
											&isnull);
	char	   *schema = get_namespace_name(DatumGetObjectId(namespace));

	return strcmp(NameStr(*DatumGetName(now)), name->name) == 0 &&
		schema != NULL && strcmp(schema, name->schema) == 0;
}

/* The same for an oid in one catalog; true if there is no such object. */
static bool
has_same_name(SdrReader *reader, Oid catalog, int cache, Oid oid)
{
	const SdrName *name = sdr_name(reader, catalog, oid);
	HeapTuple	tuple;
	bool		same;

	if (name == NULL)
		return true;
	tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return false;
	same = is_same_name(name, catalog, cache, tuple);
	ReleaseSysCache(tuple);
	return same;
}

/* What is called so has been dropped since; a text that shows it is an error. */
static bool
is_dropped_column(const char *name)
{
	return strncmp(name, "........pg.dropped.", 19) == 0;
}

/*
 * Of a type, a column less counts too: what calls a function that returns rows
 * of it lists them.
 */
static bool
has_same_columns(SdrReader *reader, Oid relation, bool as_type)
{
	SysScanDesc scan = sdr_scan_oid(reader, AttributeRelationId,
									AttributeRelidNumIndexId,
									Anum_pg_attribute_attrelid, relation);
	bool		same = true;
	HeapTuple	tuple;

	while (same && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
		char	   *now;

		if (form->attnum < 0 || form->attisdropped)
			continue;
		now = get_attname(relation, form->attnum, true);
		same = now != NULL &&
			((is_dropped_column(now) && !as_type) ||
			 strcmp(now, NameStr(form->attname)) == 0);
	}
	systable_endscan(scan);
	return same;
}

static bool
has_same_labels(SdrReader *reader, Oid type)
{
	SysScanDesc scan = sdr_scan_oid(reader, EnumRelationId,
									EnumTypIdLabelIndexId,
									Anum_pg_enum_enumtypid, type);
	bool		same = true;
	HeapTuple	tuple;

	while (same && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(tuple);
		HeapTuple	now = SearchSysCache1(ENUMOID, ObjectIdGetDatum(form->oid));

		same = HeapTupleIsValid(now) &&
			strcmp(NameStr(((Form_pg_enum) GETSTRUCT(now))->enumlabel),
				   NameStr(form->enumlabel)) == 0;
		if (HeapTupleIsValid(now))
			ReleaseSysCache(now);
	}
	systable_endscan(scan);
	return same;
}

/* Are the names in a type, which its values show, those of the snapshot? */
static bool
has_same_parts(SdrReader *reader, Oid type)
{
	HeapTuple	tuple;
	Form_pg_type form;

	check_stack_depth();
	if (type < FirstNormalObjectId ||
		!HeapTupleIsValid(tuple = sdr_fetch(reader, TypeRelationId,
											TypeOidIndexId, Anum_pg_type_oid,
											type)))
		return true;
	form = (Form_pg_type) GETSTRUCT(tuple);
	return (!OidIsValid(form->typrelid) ||
			has_same_columns(reader, form->typrelid, true)) &&
		(form->typtype != TYPTYPE_ENUM || has_same_labels(reader, type)) &&
		has_same_parts(reader, form->typelem) &&
		has_same_parts(reader, form->typbasetype);
}

/*
 * Have objects with these oids, in whatever catalog, the names that they had
 * when the reader's snapshot was taken?  Of a reader that is fixed also what
 * stands in them: columns and labels.
 */
bool
sdr_same_names(SdrReader *reader, const List *oids)
{
	ListCell   *lc;

	foreach(lc, oids)
	{
		Oid			oid = lfirst_oid(lc);

		for (int i = 0; i < lengthof(named_catalogs); i++)
		{
			if ((reader->fixed || !named_catalogs[i].only_fixed) &&
				!has_same_name(reader, named_catalogs[i].catalog,
							   named_catalogs[i].cache, oid))
				return false;
		}
		if (reader->fixed && (!has_same_columns(reader, oid, false) ||
							  !has_same_parts(reader, oid)))
			return false;
	}
	return true;
}
