/*-------------------------------------------------------------------------
 *
 * unmodelled.c
 *	  What users have made and no kind covers.
 *
 * Every catalog with oids is looked through but those whose rows become
 * objects or parts of them, so that a catalog which a later server brings is
 * not passed over in silence.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/* Catalogs that are covered, and why those that are not families' are. */
static const char *const covered[] = {
	"pg_amop",					/* operator family and class */
	"pg_amproc",
	"pg_attrdef",				/* column */
	"pg_class",
	"pg_constraint",
	"pg_enum",
	"pg_extension",
	"pg_namespace",				/* schema */
	"pg_policy",
	"pg_publication_namespace",
	"pg_publication_rel",
	"pg_rewrite",				/* view and rule */
	"pg_trigger",
	"pg_type",
};

/* Relations, constraints and types of other sorts than these are not. */
static const struct
{
	Oid			catalog;
	AttrNumber	column;			/* that tells the sort */
	const char *sorts;
}			known_sorts[] = {
	{RelationRelationId, Anum_pg_class_relkind, "rpfvmSiItc"},
	{ConstraintRelationId, Anum_pg_constraint_contype,
	"puxcftn"},
	{TypeRelationId, Anum_pg_type_typtype, "bcdemrp"},
};

static bool
is_covered(const char *catalog)
{
	for (int i = 0; i < lengthof(covered); i++)
	{
		if (strcmp(covered[i], catalog) == 0)
			return true;
	}
	return false;
}

typedef struct Identity
{
	ObjectAddress address;
	char	   *text;
} Identity;

static void
identity_callback(void *arg)
{
	Identity   *identity = arg;

	identity->text = getObjectIdentity(&identity->address, true);
}

/* An object that is only known to be there. */
SdrObject *
sdr_unmodelled(SdrReader *reader, Oid catalog, Oid oid)
{
	const char *catalog_name = sdr_name_text(reader, RelationRelationId,
											 catalog);
	Identity	identity = {.text = NULL};
	SdrObject  *object;

	ObjectAddressSet(identity.address, catalog, oid);
	if (!sdr_guard(identity_callback, &identity, NULL) ||
		identity.text == NULL)
		identity.text = psprintf("%s with oid %u", catalog_name, oid);
	object = sdr_object_new(SDR_KIND_UNMODELLED, identity.text, NULL);
	sdr_set_text(object, SDR_UNMODELLED_CATALOG, catalog_name);
	return object;
}

/*
 * Look through a catalog for rows of users; where sorts is given only for
 * those whose column, a "char", has none of them.
 */
static List *
probe(SdrReader *reader, List *objects, Oid catalog, AttrNumber column,
	  const char *sorts)
{
	SysScanDesc scan = sdr_scan(reader, catalog, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Oid			oid = DatumGetObjectId(sdr_get(reader, catalog, tuple, 1,
												   &isnull));

		CHECK_FOR_INTERRUPTS();
		if (oid < FirstNormalObjectId || sdr_is_member(reader, catalog, oid))
			continue;
		if (sorts != NULL &&
			strchr(sorts, DatumGetChar(sdr_get(reader, catalog, tuple, column,
											   &isnull))) != NULL)
			continue;
		objects = lappend(objects, sdr_unmodelled(reader, catalog, oid));
	}
	systable_endscan(scan);
	return objects;
}

/* The catalogs of this database. */
static List *
list_catalogs(SdrReader *reader)
{
	SysScanDesc scan = sdr_scan(reader, RelationRelationId, InvalidOid, 0,
								NULL);
	List	   *catalogs = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relnamespace == PG_CATALOG_NAMESPACE &&
			form->relkind == RELKIND_RELATION && !form->relisshared &&
			form->oid < FirstNormalObjectId)
			catalogs = lappend_oid(catalogs, form->oid);
	}
	systable_endscan(scan);
	list_sort(catalogs, list_oid_cmp);
	return catalogs;
}

/* Objects of kind unmodelled, for which there is no other. */
List *
sdr_list_unmodelled(SdrReader *reader)
{
	List	   *objects = list_copy(reader->misplaced);
	ListCell   *lc;

	foreach(lc, list_catalogs(reader))
	{
		Oid			catalog = lfirst_oid(lc);
		const SdrName *name = sdr_name(reader, RelationRelationId, catalog);

		if (name == NULL || is_covered(name->name) ||
			sdr_is_family_catalog(catalog) ||
			strcmp(sdr_column_name(reader, catalog, 1), "oid") != 0)
			continue;
		objects = probe(reader, objects, catalog, 0, NULL);
	}
	for (int i = 0; i < lengthof(known_sorts); i++)
	{
		objects = probe(reader, objects, known_sorts[i].catalog,
						known_sorts[i].column, known_sorts[i].sorts);
	}
	return objects;
}
