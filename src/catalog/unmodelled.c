/*-------------------------------------------------------------------------
 *
 * unmodelled.c
 *	  What users have made and no kind covers.
 *
 * Every catalog with oids is looked through but those whose rows become
 * objects or parts of them, so that a catalog which a later server brings is
 * not passed over in silence.  So are, in the others, rows that become none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_description.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

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

/*
 * Members of operator families.  A class speaks for those of its type, and a
 * family of a user for the others; but they can be added to families of the
 * server, too.
 */
static const struct
{
	Oid			catalog;
	AttrNumber	family;
	AttrNumber	left;
	AttrNumber	right;
	AttrNumber	object;
	Oid			object_catalog;
}			family_members[] = {

	{AccessMethodOperatorRelationId, Anum_pg_amop_amopfamily,
		Anum_pg_amop_amoplefttype, Anum_pg_amop_amoprighttype,
	Anum_pg_amop_amopopr, OperatorRelationId},
	{AccessMethodProcedureRelationId, Anum_pg_amproc_amprocfamily,
		Anum_pg_amproc_amproclefttype, Anum_pg_amproc_amprocrighttype,
	Anum_pg_amproc_amproc, ProcedureRelationId},
};

static bool is_hidden_constraint(SdrReader *reader, HeapTuple tuple);
static bool is_hidden_rule(SdrReader *reader, HeapTuple tuple);
static bool is_hidden_trigger(SdrReader *reader, HeapTuple tuple);
static bool is_hidden_type(SdrReader *reader, HeapTuple tuple);

/*
 * Objects that the server makes as parts of others, that no kind knows, and
 * that a comment or a security label can be put on.
 */
static const struct
{
	Oid			catalog;
	bool		(*is_hidden) (SdrReader *reader, HeapTuple tuple);
}			hidden[] = {
	{ConstraintRelationId, is_hidden_constraint},
	{RewriteRelationId, is_hidden_rule},
	{TriggerRelationId, is_hidden_trigger},
	{TypeRelationId, is_hidden_type},
};

/* Where that is kept; all of these begin with the object's oid and catalog. */
static const struct
{
	Oid			catalog;
	const char *what;
}			remarks[] = {
	{DescriptionRelationId, "comment on "},
	{SecLabelRelationId, "security label on "},
};

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

/* Note what such an object stands for. */
static void
note_unmodelled(SdrReader *reader, const SdrObject *object,
				const ObjectAddress *address, Oid noted_in)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);
	SdrUnmodelled *noted = palloc0(sizeof(SdrUnmodelled));

	noted->object = object;
	noted->address = *address;
	noted->noted_in = noted_in;
	reader->unmodelled = lappend(reader->unmodelled, noted);
	MemoryContextSwitchTo(old);
}

/* What an object of kind unmodelled stands for; NULL if that is not known. */
const SdrUnmodelled *
sdr_find_unmodelled(const SdrReader *reader, const SdrObject *object)
{
	const ListCell *lc;

	foreach(lc, reader->unmodelled)
	{
		const SdrUnmodelled *noted = lfirst(lc);

		if (noted->object == object)
			return noted;
	}
	return NULL;
}

/*
 * An object that is only known to be there, or with what something about it:
 * that stands in noted_in.
 */
static SdrObject *
make_unmodelled(SdrReader *reader, Oid catalog, Oid oid, const char *what,
				Oid noted_in)
{
	Identity	identity = {.text = NULL};
	SdrObject  *object;

	ObjectAddressSet(identity.address, catalog, oid);
	if (!sdr_guard(identity_callback, &identity, NULL) ||
		identity.text == NULL)
		identity.text = psprintf("%s with oid %u",
								 sdr_name_text(reader, RelationRelationId,
											   catalog), oid);
	object = sdr_object_new(SDR_KIND_UNMODELLED,
							psprintf("%s%s", what, identity.text), NULL);
	sdr_set_text(object, SDR_UNMODELLED_CATALOG,
				 sdr_name_text(reader, RelationRelationId, noted_in));
	note_unmodelled(reader, object, &identity.address, noted_in);
	return object;
}

/* An object that is only known to be there. */
SdrObject *
sdr_unmodelled(SdrReader *reader, Oid catalog, Oid oid)
{
	return make_unmodelled(reader, catalog, oid, "", catalog);
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

static Oid
get_oid(SdrReader *reader, Oid catalog, HeapTuple tuple, AttrNumber attr)
{
	bool		isnull;

	return DatumGetObjectId(sdr_get(reader, catalog, tuple, attr, &isnull));
}

/* Does an operator family have a class for this type? */
static bool
has_class_for(SdrReader *reader, Oid family, Oid type)
{
	SysScanDesc scan = sdr_scan(reader, OperatorClassRelationId, InvalidOid, 0,
								NULL);
	bool		found = false;
	HeapTuple	tuple;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);

		found = form->opcfamily == family && form->opcintype == type &&
			form->oid >= FirstNormalObjectId;
	}
	systable_endscan(scan);
	return found;
}

/*
 * Look for what users have added to operator families of the server.  In those
 * of extensions it cannot be told from what their own scripts add.
 */
static List *
probe_members(SdrReader *reader, List *objects, int i)
{
	Oid			catalog = family_members[i].catalog;
	SysScanDesc scan = sdr_scan(reader, catalog, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			oid = get_oid(reader, catalog, tuple, 1);
		Oid			family = get_oid(reader, catalog, tuple,
									 family_members[i].family);
		Oid			left;

		CHECK_FOR_INTERRUPTS();
		if (oid < FirstNormalObjectId || family >= FirstNormalObjectId ||
			sdr_is_member(reader, family_members[i].object_catalog,
						  get_oid(reader, catalog, tuple,
								  family_members[i].object)))
			continue;
		left = get_oid(reader, catalog, tuple, family_members[i].left);
		if (left == get_oid(reader, catalog, tuple,
							family_members[i].right) &&
			has_class_for(reader, family, left))
			continue;
		objects = lappend(objects, sdr_unmodelled(reader, catalog, oid));
	}
	systable_endscan(scan);
	return objects;
}

/* A foreign key that a partition has from its parent. */
static bool
is_hidden_constraint(SdrReader *reader, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

	return form->contype == CONSTRAINT_FOREIGN && OidIsValid(form->conparentid);
}

/* The rule that makes a view. */
static bool
is_hidden_rule(SdrReader *reader, HeapTuple tuple)
{
	return strcmp(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename),
				  ViewSelectRuleName) == 0;
}

/* A trigger that a constraint is enforced by. */
static bool
is_hidden_trigger(SdrReader *reader, HeapTuple tuple)
{
	return ((Form_pg_trigger) GETSTRUCT(tuple))->tgisinternal;
}

/* An array, but not of a temporary table's rows. */
static bool
is_hidden_type(SdrReader *reader, HeapTuple tuple)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	return IsTrueArrayType(form) &&
		sdr_is_users_schema(reader, form->typnamespace);
}

/* Is the object, which there is a remark on, one that no kind knows? */
static bool
is_hidden(SdrReader *reader, Oid catalog, Oid oid)
{
	for (int i = 0; i < lengthof(hidden); i++)
	{
		HeapTuple	tuple;

		if (hidden[i].catalog != catalog)
			continue;
		tuple = sdr_fetch(reader, catalog, get_object_oid_index(catalog),
						  get_object_attnum_oid(catalog), oid);
		return HeapTupleIsValid(tuple) && hidden[i].is_hidden(reader, tuple);
	}
	return false;
}

/* The provider of the security label that was noted last. */
static void
note_provider(SdrReader *reader, HeapTuple tuple)
{
	SdrUnmodelled *noted = llast(reader->unmodelled);
	bool		isnull;
	Datum		provider = sdr_get(reader, SecLabelRelationId, tuple,
								   Anum_pg_seclabel_provider, &isnull);

	noted->provider = MemoryContextStrdup(reader->context,
										  TextDatumGetCString(provider));
}

/* Look for comments or security labels on what no kind knows. */
static List *
probe_remarks(SdrReader *reader, List *objects, Oid noted_in,
			  const char *what)
{
	SysScanDesc scan = sdr_scan(reader, noted_in, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			oid = get_oid(reader, noted_in, tuple, 1);
		Oid			catalog = get_oid(reader, noted_in, tuple, 2);

		CHECK_FOR_INTERRUPTS();
		if (oid >= FirstNormalObjectId &&
			!sdr_is_member(reader, catalog, oid) &&
			is_hidden(reader, catalog, oid))
		{
			objects = lappend(objects, make_unmodelled(reader, catalog, oid,
													   what, noted_in));
			if (noted_in == SecLabelRelationId)
				note_provider(reader, tuple);
		}
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
	for (int i = 0; i < lengthof(family_members); i++)
		objects = probe_members(reader, objects, i);
	for (int i = 0; i < lengthof(remarks); i++)
		objects = probe_remarks(reader, objects, remarks[i].catalog,
								remarks[i].what);
	return objects;
}
