/*-------------------------------------------------------------------------
 *
 * common.c
 *	  What most objects have: owner, privileges, comment, security labels,
 *	  extensions that they follow.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_description.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_largeobject_metadata.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_shdescription.h"
#include "catalog/pg_shseclabel.h"
#include "catalog/pg_tablespace.h"
#include "catalog/catalog.h"
#include "port/pg_bitutils.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* Privileges in the order in which they are written. */
static const struct
{
	AclMode		mode;
	const char *name;
}			privileges[] = {
	{ACL_SELECT, "SELECT"},
	{ACL_INSERT, "INSERT"},
	{ACL_UPDATE, "UPDATE"},
	{ACL_DELETE, "DELETE"},
	{ACL_TRUNCATE, "TRUNCATE"},
	{ACL_REFERENCES, "REFERENCES"},
	{ACL_TRIGGER, "TRIGGER"},
#ifdef ACL_MAINTAIN
	{ACL_MAINTAIN, "MAINTAIN"},
#endif
	{ACL_EXECUTE, "EXECUTE"},
	{ACL_USAGE, "USAGE"},
	{ACL_CREATE, "CREATE"},
	{ACL_CREATE_TEMP, "TEMPORARY"},
	{ACL_CONNECT, "CONNECT"},
	{ACL_SET, "SET"},
	{ACL_ALTER_SYSTEM, "ALTER SYSTEM"},
};

/* What acldefault() calls the objects of a kind; tables if not listed. */
static const struct
{
	SdrKindId	kind;
	ObjectType	type;
}			acl_types[] = {
	{SDR_KIND_SCHEMA, OBJECT_SCHEMA},
	{SDR_KIND_SEQUENCE, OBJECT_SEQUENCE},
	{SDR_KIND_COLUMN, OBJECT_COLUMN},
	{SDR_KIND_ENUM, OBJECT_TYPE},
	{SDR_KIND_DOMAIN, OBJECT_DOMAIN},
	{SDR_KIND_COMPOSITE, OBJECT_TYPE},
	{SDR_KIND_RANGE, OBJECT_TYPE},
	{SDR_KIND_BASE, OBJECT_TYPE},
	{SDR_KIND_DATABASE, OBJECT_DATABASE},
	{SDR_KIND_TABLESPACE, OBJECT_TABLESPACE},
	{SDR_KIND_LARGE_OBJECT, OBJECT_LARGEOBJECT},
	{SDR_KIND_FDW, OBJECT_FDW},
	{SDR_KIND_FOREIGN_SERVER, OBJECT_FOREIGN_SERVER},
	{SDR_KIND_FUNCTION, OBJECT_FUNCTION},
	{SDR_KIND_PROCEDURE, OBJECT_FUNCTION},
	{SDR_KIND_AGGREGATE, OBJECT_FUNCTION},
	{SDR_KIND_LANGUAGE, OBJECT_LANGUAGE},
};

static ObjectType
acl_type(SdrKindId kind)
{
	for (int i = 0; i < lengthof(acl_types); i++)
	{
		if (acl_types[i].kind == kind)
			return acl_types[i].type;
	}
	return OBJECT_TABLE;
}

/* The rights that there are for a type of object. */
static AclMode
all_rights(ObjectType type)
{
	Acl		   *acl;

	if (type == OBJECT_COLUMN)
		return ACL_ALL_RIGHTS_COLUMN;
	/* what the owner has by default is everything */
	acl = acldefault(type, BOOTSTRAP_SUPERUSERID);
	return ACLITEM_GET_PRIVS(ACL_DAT(acl)[ACL_NUM(acl) - 1]);
}

/*
 * Rights as text; those that can be passed on have a star.  All of several are
 * ALL, because servers differ in what there is (MAINTAIN since 17).
 */
static const char *
rights_text(AclMode rights, AclMode options, AclMode all)
{
	StringInfoData buf;

	if (rights == all && pg_popcount64(all) > 1 &&
		(options == all || options == 0))
		return options == 0 ? "ALL" : "ALL*";
	initStringInfo(&buf);
	for (int i = 0; i < lengthof(privileges); i++)
	{
		if ((rights & privileges[i].mode) != 0)
			appendStringInfo(&buf, "%s%s%s", buf.len > 0 ? ", " : "",
							 privileges[i].name,
							 (options & privileges[i].mode) != 0 ? "*" : "");
	}
	return buf.data;
}

static int
compare_grantees(const void *a, const void *b)
{
	Oid			x = ((const AclItem *) a)->ai_grantee;
	Oid			y = ((const AclItem *) b)->ai_grantee;

	return x < y ? -1 : x > y ? 1 : 0;
}

/*
 * An access control list as a map of grantees to what they may, whoever
 * granted it.
 */
static List *
read_acl(SdrReader *reader, const Acl *acl, AclMode all)
{
	int			n = ACL_NUM(acl);
	AclItem    *items = palloc(sizeof(AclItem) * (n + 1));
	List	   *map = NIL;

	/* what several have granted to one stands together then */
	memcpy(items, ACL_DAT(acl), sizeof(AclItem) * n);
	qsort(items, n, sizeof(AclItem), compare_grantees);
	for (int i = 0; i < n;)
	{
		Oid			grantee = items[i].ai_grantee;
		AclMode		rights = 0;
		AclMode		options = 0;

		for (; i < n && items[i].ai_grantee == grantee; i++)
		{
			rights |= ACLITEM_GET_PRIVS(items[i]);
			options |= ACLITEM_GET_GOPTIONS(items[i]);
		}
		if (rights != 0)
			map = sdr_map_append(map, sdr_role_name(reader, grantee),
								 rights_text(rights, options, all));
	}
	sdr_map_sort(map);
	pfree(items);
	return map;
}

/*
 * Is the list what an object gets that nobody has granted anything on?  Who
 * granted does not count, nor does the order.
 */
static bool
is_default_acl(const Acl *acl, ObjectType type, Oid owner)
{
	const Acl  *dflt = acldefault(type, owner);

	if (ACL_NUM(acl) != ACL_NUM(dflt))
		return false;
	for (int i = 0; i < ACL_NUM(dflt); i++)
	{
		const AclItem *item = &ACL_DAT(dflt)[i];
		int			j = 0;

		while (j < ACL_NUM(acl) &&
			   (ACL_DAT(acl)[j].ai_grantee != item->ai_grantee ||
				ACL_DAT(acl)[j].ai_privs != item->ai_privs))
			j++;
		if (j == ACL_NUM(acl))
			return false;
	}
	return true;
}

/* The attribute with this name; SDR_ATTR_NONE if the kind has none. */
static SdrAttrId
common_attr(const SdrKind *kind, const char *name)
{
	return sdr_attr_by_name(kind, name, strlen(name));
}

/*
 * Set the privileges of an object whose row does not keep them as most do.
 * Its family does that when it reads the object.
 */
void
sdr_set_privileges(SdrReader *reader, SdrObject *object, const Acl *acl,
				   ObjectType type)
{
	sdr_set_map(object, common_attr(object->kind, "privileges"),
				read_acl(reader, acl, all_rights(type)));
}

/*
 * What roles may do with an object of this kind when nobody has said anything,
 * if it belongs to owner, which may be NULL.
 */
List *
sdr_default_privileges(SdrKindId kind, const char *owner)
{
	ObjectType	type = acl_type(kind);
	const Acl  *acl = acldefault(type, BOOTSTRAP_SUPERUSERID);
	const AclItem *items = ACL_DAT(acl);
	AclMode		all = all_rights(type);
	List	   *map = NIL;

	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		const char *role = items[i].ai_grantee == ACL_ID_PUBLIC ? "public" :
		owner;
		AclMode		rights = ACLITEM_GET_PRIVS(items[i]);

		if (role != NULL && rights != 0)
			map = sdr_map_add(map, role, rights_text(rights, 0, all));
	}
	return map;
}

/* The same for an object that nobody has granted anything on. */
void
sdr_set_default_privileges(SdrReader *reader, SdrObject *object,
						   SdrAttrId attr, ObjectType type, Oid owner)
{
	sdr_set_map(object, attr,
				read_acl(reader, acldefault(type, owner), all_rights(type)));
	sdr_set_implied(object, attr, true);
}

static void
read_owner_and_privileges(SdrReader *reader, SdrObject *object,
						  const SdrCommon *attrs, Oid catalog, HeapTuple tuple)
{
	bool		is_column = catalog == AttributeRelationId;
	bool		is_wanted = attrs->privileges != SDR_ATTR_NONE &&
	sdr_value(object, attrs->privileges)->tag == SDR_VALUE_UNSET;
	Oid			owner = InvalidOid;
	Acl		   *acl;
	Datum		value;
	bool		isnull;

	if (attrs->owner == SDR_ATTR_NONE && !is_wanted)
		return;

	/* columns are no objects of their own to objectaddress.c */
	if (!is_column && get_object_attnum_owner(catalog) != InvalidAttrNumber)
		owner = DatumGetObjectId(sdr_get(reader, catalog, tuple,
										 get_object_attnum_owner(catalog),
										 &isnull));
	if (attrs->owner != SDR_ATTR_NONE)
		sdr_set_text(object, attrs->owner,
					 pstrdup(sdr_role_name(reader, owner)));
	if (!is_wanted)
		return;

	value = sdr_get(reader, catalog, tuple,
					is_column ? Anum_pg_attribute_attacl :
					get_object_attnum_acl(catalog), &isnull);
	acl = isnull ? acldefault(attrs->acl_type, owner) : DatumGetAclP(value);
	sdr_set_map(object, attrs->privileges,
				read_acl(reader, acl, all_rights(attrs->acl_type)));
	if ((sdr_attr(attrs->privileges)->flags & SDR_ATTR_IMPLIED) != 0)
		sdr_set_implied(object, attrs->privileges,
						isnull || is_default_acl(acl, attrs->acl_type, owner));
}

/* All objects that have a row in a catalog with these two key columns. */
static HTAB *
read_set(SdrReader *reader, const char *name, Oid catalog,
		 AttrNumber objoid, AttrNumber classoid)
{
	HTAB	   *set = sdr_memo_set(reader, name);
	SysScanDesc scan = sdr_scan(reader, catalog, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Oid			oid = DatumGetObjectId(sdr_get(reader, catalog, tuple,
												   objoid, &isnull));

		sdr_memo_add(set, DatumGetObjectId(sdr_get(reader, catalog, tuple,
												   classoid, &isnull)), oid);
	}
	systable_endscan(scan);
	return set;
}

/*
 * A scan for the rows of an object in pg_description or pg_seclabel, or in
 * those that shared objects have.
 */
static SysScanDesc
scan_object(SdrReader *reader, Oid relation, Oid index, Oid catalog, Oid oid,
			int subid)
{
	ScanKeyData keys[3];

	/* all start with objoid, classoid; the shared ones have no objsubid */
	StaticAssertStmt(Anum_pg_description_objoid == Anum_pg_seclabel_objoid &&
					 Anum_pg_description_objoid == Anum_pg_shdescription_objoid &&
					 Anum_pg_description_objoid == Anum_pg_shseclabel_objoid &&
					 Anum_pg_description_classoid == Anum_pg_seclabel_classoid &&
					 Anum_pg_description_classoid == Anum_pg_shdescription_classoid &&
					 Anum_pg_description_classoid == Anum_pg_shseclabel_classoid &&
					 Anum_pg_description_objsubid == Anum_pg_seclabel_objsubid,
					 "comments and labels have the same key");
	ScanKeyInit(&keys[0], Anum_pg_description_objoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(oid));
	ScanKeyInit(&keys[1], Anum_pg_description_classoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[2], Anum_pg_description_objsubid, BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(subid));
	return sdr_scan(reader, relation, index,
					IsSharedRelation(relation) ? 2 : 3, keys);
}

/* Comments on these are kept with those of all databases; others' are not. */
static bool
has_shared_comment(Oid catalog)
{
	return catalog == DatabaseRelationId || catalog == AuthIdRelationId ||
		catalog == TableSpaceRelationId;
}

static void
read_shared_comment(SdrReader *reader, SdrObject *object, SdrAttrId attr,
					Oid catalog, Oid oid)
{
	SysScanDesc scan = scan_object(reader, SharedDescriptionRelationId,
								   SharedDescriptionObjIndexId, catalog, oid,
								   0);
	HeapTuple	tuple = systable_getnext(scan);
	char	   *comment = NULL;

	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;

		comment = TextDatumGetCString(sdr_get(reader,
											  SharedDescriptionRelationId,
											  tuple,
											  Anum_pg_shdescription_description,
											  &isnull));
	}
	systable_endscan(scan);
	sdr_set_text(object, attr, comment);
}

static void
read_comment(SdrReader *reader, SdrObject *object, SdrAttrId attr,
			 Oid catalog, Oid oid, int subid)
{
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *comment = NULL;

	/* one scan of the whole is cheaper than a look-up for every object */
	if (reader->comments == NULL && reader->entries != NIL)
		reader->comments = read_set(reader, "schemadrift comments",
									DescriptionRelationId,
									Anum_pg_description_objoid,
									Anum_pg_description_classoid);
	if (reader->comments == NULL ||
		sdr_memo_has(reader->comments, catalog, oid))
	{
		scan = scan_object(reader, DescriptionRelationId,
						   DescriptionObjIndexId, catalog, oid, subid);
		if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		{
			bool		isnull;

			comment = TextDatumGetCString(sdr_get(reader,
												  DescriptionRelationId, tuple,
												  Anum_pg_description_description,
												  &isnull));
		}
		systable_endscan(scan);
	}
	sdr_set_text(object, attr, comment);
}

/* The labels that a scan finds; provider is followed by the label. */
static List *
gather_labels(SdrReader *reader, SysScanDesc scan, Oid relation,
			  AttrNumber provider)
{
	List	   *labels = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		name = sdr_get(reader, relation, tuple, provider, &isnull);
		Datum		label = sdr_get(reader, relation, tuple, provider + 1,
									&isnull);

		labels = sdr_map_add(labels, TextDatumGetCString(name),
							 TextDatumGetCString(label));
	}
	systable_endscan(scan);
	return labels;
}

static void
read_labels(SdrReader *reader, SdrObject *object, SdrAttrId attr,
			Oid catalog, Oid oid, int subid)
{
	List	   *labels = NIL;

	StaticAssertStmt(Anum_pg_seclabel_label == Anum_pg_seclabel_provider + 1 &&
					 Anum_pg_shseclabel_label == Anum_pg_shseclabel_provider + 1,
					 "the label stands behind its provider");

	/* few databases have any */
	if (reader->labels == NULL && !IsSharedRelation(catalog))
		reader->labels = read_set(reader, "schemadrift labels",
								  SecLabelRelationId, Anum_pg_seclabel_objoid,
								  Anum_pg_seclabel_classoid);
	if (IsSharedRelation(catalog))
		labels = gather_labels(reader,
							   scan_object(reader, SharedSecLabelRelationId,
										   SharedSecLabelObjectIndexId,
										   catalog, oid, 0),
							   SharedSecLabelRelationId,
							   Anum_pg_shseclabel_provider);
	else if (sdr_memo_has(reader->labels, catalog, oid))
		labels = gather_labels(reader,
							   scan_object(reader, SecLabelRelationId,
										   SecLabelObjectIndexId, catalog, oid,
										   subid),
							   SecLabelRelationId, Anum_pg_seclabel_provider);
	sdr_set_map(object, attr, labels);
}

/*
 * Fill these of the common attributes.  The object of the catalog may be one
 * behind the object that has the attributes, as the sequence behind an
 * identity column is.  tuple is its row, needed for owner and privileges.
 */
void
sdr_common_read_as(SdrReader *reader, SdrObject *object,
				   const SdrCommon *attrs, Oid catalog, Oid oid, int subid,
				   HeapTuple tuple)
{
	read_owner_and_privileges(reader, object, attrs, catalog, tuple);

	/* a column is a part of its relation, there */
	if (catalog == AttributeRelationId)
		catalog = RelationRelationId;
	/* they are not where the rest of a large object's properties is */
	if (catalog == LargeObjectMetadataRelationId)
		catalog = LargeObjectRelationId;
	if (attrs->comment != SDR_ATTR_NONE && has_shared_comment(catalog))
		read_shared_comment(reader, object, attrs->comment, catalog, oid);
	else if (attrs->comment != SDR_ATTR_NONE)
		read_comment(reader, object, attrs->comment, catalog, oid, subid);
	if (attrs->labels != SDR_ATTR_NONE)
		read_labels(reader, object, attrs->labels, catalog, oid, subid);
	if (attrs->extensions != SDR_ATTR_NONE)
		sdr_set_list(object, attrs->extensions,
					 sdr_extensions_followed(reader, catalog, oid));
}

/* Those of the common attributes that a kind has, looked up once. */
static const SdrCommon *
common_attrs(const SdrKind *kind)
{
	static struct
	{
		bool		known;
		SdrCommon	attrs;
	}			kinds[SDR_NKINDS];
	SdrCommon  *attrs = &kinds[kind->id].attrs;

	if (kinds[kind->id].known)
		return attrs;
	attrs->owner = common_attr(kind, "owner");
	attrs->privileges = common_attr(kind, "privileges");
	attrs->comment = common_attr(kind, "comment");
	attrs->labels = common_attr(kind, "security_labels");
	attrs->extensions = common_attr(kind, "depends_on_extensions");
	attrs->acl_type = acl_type(kind->id);
	kinds[kind->id].known = true;
	return attrs;
}

/* Fill those of the common attributes that the object's kind has. */
void
sdr_common_read(SdrReader *reader, SdrObject *object, Oid catalog, Oid oid,
				int subid, HeapTuple tuple)
{
	sdr_common_read_as(reader, object, common_attrs(object->kind), catalog,
					   oid, subid, tuple);
}

/* Fill attributes that are names of functions. */
void
sdr_functions_read(SdrReader *reader, SdrObject *object, Oid catalog,
				   HeapTuple tuple, const SdrFunctionAttr *functions, int n)
{
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		value = sdr_get(reader, catalog, tuple,
									functions[i].column, &isnull);

		sdr_set_text(object, functions[i].attr,
					 sdr_optional_name(reader, ProcedureRelationId,
									   DatumGetObjectId(value)));
	}
}
