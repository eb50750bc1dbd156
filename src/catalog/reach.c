/*-------------------------------------------------------------------------
 *
 * reach.c
 *	  How far the changes of a transaction reach.
 *
 * Beyond the objects that it has written rows of, these are the ones that show
 * a name which it has changed: a view of a renamed table, a default that calls
 * a renamed function, what belongs to a renamed role.  Dependencies tell which
 * these are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_parameter_acl.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_shdepend.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"

typedef struct Reach
{
	SdrReader  *now;
	SdrReader  *before;
	HTAB	   *known;
	SdrReached *result;			/* its list grows while it is gone through */
} Reach;

/* An object that is reached, perhaps because of another one. */
typedef struct Reached
{
	ObjectAddress address;		/* key */
	bool		followed;		/* so are those that depend on it */
} Reached;

static Reached *
add_address(Reach *reach, Oid catalog, Oid oid)
{
	ObjectAddress key = {catalog, oid, 0};
	bool		known;
	Reached    *reached = hash_search(reach->known, &key, HASH_ENTER, &known);

	if (!known)
	{
		reached->followed = false;
		reach->result->addresses = lappend(reach->result->addresses,
										   reached);
	}
	return reached;
}

static void follow(Reach *reach, Reached *reached);

/*
 * An object that depends on a renamed one.  That of a function is a part of
 * its own name if it is a type, and so on, hence names are followed through
 * functions and types; what depends on a relation does not show names that its
 * columns have as types.
 */
static void
add_dependent(Reach *reach, Oid catalog, Oid oid)
{
	Reached    *reached = add_address(reach, catalog, oid);

	if (catalog == ProcedureRelationId || catalog == TypeRelationId ||
		catalog == OperatorRelationId)
		follow(reach, reached);
}

/* The rows of pg_depend about what depends on an object or its parts. */
static void
add_dependents(Reach *reach, SdrReader *reader, const ObjectAddress *address)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->objectId));
	scan = sdr_scan(reader, DependRelationId, DependReferenceIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		add_dependent(reach, form->classid, form->objid);
	}
	systable_endscan(scan);
}

/* The same for a role. */
static void
add_shared_dependents(Reach *reach, SdrReader *reader,
					  const ObjectAddress *address)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_shdepend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->classId));
	ScanKeyInit(&keys[1], Anum_pg_shdepend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(address->objectId));
	scan = sdr_scan(reader, SharedDependRelationId,
					SharedDependReferenceIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_shdepend form = (Form_pg_shdepend) GETSTRUCT(tuple);

		if (form->dbid == MyDatabaseId)
			(void) add_address(reach, form->classid, form->objid);
	}
	systable_endscan(scan);
}

/* Go on to what depends on an object that is called otherwise now. */
static void
follow(Reach *reach, Reached *reached)
{
	const ObjectAddress *address = &reached->address;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (reached->followed)
		return;
	reached->followed = true;

	/* nobody notes what depends on these */
	if (address->classId == TableSpaceRelationId ||
		IsPinnedObject(address->classId, address->objectId))
	{
		reach->result->everything = true;
		return;
	}
	if (address->classId == AuthIdRelationId)
	{
		add_shared_dependents(reach, reach->before, address);
		add_shared_dependents(reach, reach->now, address);
		return;
	}
	add_dependents(reach, reach->before, address);
	add_dependents(reach, reach->now, address);
}

/* Do rows of the catalog have names that sdr_name() can read? */
static bool
has_name(Oid catalog)
{
	return is_objectclass_supported(catalog) &&
		get_object_attnum_name(catalog) != InvalidAttrNumber &&
		catalog != ParameterAclRelationId;
}

/*
 * What had one name has another one now, perhaps only in front of an object's
 * name; true if that is so.
 */
static bool
note_name(Reach *reach, const char *before, const char *now, const char *of)
{
	List	  **names = &reach->result->names;
	ListCell   *lc;

	if (strcmp(before, now) == 0)
		return false;
	/* a schema with a new name has it for all that is in it */
	foreach(lc, *names)
	{
		const SdrNewName *known = lfirst(lc);

		if (strcmp(known->from, before) == 0 && strcmp(known->to, now) == 0 &&
			(known->of == NULL || (of != NULL && strcmp(known->of, of) == 0)))
			return true;
	}
	*names = sdr_new_schema_add(*names, pstrdup(before), pstrdup(now),
								of == NULL ? NULL : pstrdup(of));
	return true;
}

/* Is the name of an object another one now, or the schema that it is in? */
static bool
is_renamed(Reach *reach, const ObjectAddress *address)
{
	bool		renamed;

	const SdrName *before;
	const SdrName *now;

	if (!has_name(address->classId))
		return false;
	before = sdr_name(reach->before, address->classId, address->objectId);
	now = sdr_name(reach->now, address->classId, address->objectId);
	if (before == NULL || now == NULL)
		return false;
	renamed = note_name(reach, before->name, now->name, NULL);
	if (before->schema != NULL &&
		note_name(reach, before->schema, now->schema, before->name))
		renamed = true;
	return renamed;
}

/* The names of a relation's columns by number; NULL for those dropped. */
static List *
column_names(SdrReader *reader, Oid oid, Oid *type)
{
	FormData_pg_class form;
	SdrRelation relation = {.reader = reader,.oid = oid};
	List	   *names = NIL;

	*type = InvalidOid;
	if (!sdr_relation_form(reader, oid, &form))
		return NIL;
	*type = form.reltype;
	relation.natts = form.relnatts;
	(void) sdr_columns_gather(&relation);
	for (int i = 0; i < relation.natts; i++)
		names = lappend(names, relation.columns[i].dropped ? NULL :
						relation.columns[i].name);
	return names;
}

/*
 * Columns with new names change texts of what depends on the row type, too.
 * Those that have gone change such texts only: what calls functions that
 * return rows lists their columns.
 */
static void
follow_columns(Reach *reach, Reached *reached)
{
	Oid			type;
	List	   *before = column_names(reach->before,
									  reached->address.objectId, &type);
	List	   *now = column_names(reach->now, reached->address.objectId,
								   &type);
	ListCell   *b;
	ListCell   *n;

	forboth(b, before, n, now)
	{
		if (lfirst(b) == NULL ||
			(lfirst(n) != NULL && !note_name(reach, lfirst(b), lfirst(n), NULL)))
			continue;
		if (lfirst(n) != NULL)
		{
			reach->result->columns = true;
			follow(reach, reached);
		}
		else
			reach->result->gone = true;
		if (OidIsValid(type))
			follow(reach, add_address(reach, TypeRelationId, type));
	}
}

static HeapTuple
fetch_label(SdrReader *reader, Oid oid)
{
	return sdr_fetch(reader, EnumRelationId, EnumOidIndexId, Anum_pg_enum_oid,
					 oid);
}

/* A label with a new name stands in constants of the enum. */
static void
follow_label(Reach *reach, Oid oid)
{
	HeapTuple	before = fetch_label(reach->before, oid);
	HeapTuple	now = fetch_label(reach->now, oid);
	Form_pg_enum form;

	if (!HeapTupleIsValid(before) || !HeapTupleIsValid(now))
		return;
	form = (Form_pg_enum) GETSTRUCT(now);
	if (strcmp(NameStr(((Form_pg_enum) GETSTRUCT(before))->enumlabel),
			   NameStr(form->enumlabel)) == 0)
		return;
	reach->result->labels = true;
	follow(reach, add_address(reach, TypeRelationId, form->enumtypid));
}

/* Columns say how they are stored where their type would have it otherwise. */
static void
follow_type(Reach *reach, Reached *reached)
{
	Oid			oid = reached->address.objectId;
	HeapTuple	before = sdr_fetch(reach->before, TypeRelationId,
								   TypeOidIndexId, Anum_pg_type_oid, oid);
	HeapTuple	now = sdr_fetch(reach->now, TypeRelationId, TypeOidIndexId,
								Anum_pg_type_oid, oid);

	if (HeapTupleIsValid(before) && HeapTupleIsValid(now) &&
		((Form_pg_type) GETSTRUCT(before))->typstorage !=
		((Form_pg_type) GETSTRUCT(now))->typstorage)
		follow(reach, reached);
}

/* Is this an operator class that indexes need not name, or was it one? */
static bool
is_default_class(SdrReader *reader, SdrReader *other, Oid oid)
{
	HeapTuple	tuple = sdr_fetch(reader, OperatorClassRelationId,
								  OpclassOidIndexId, Anum_pg_opclass_oid, oid);
	Form_pg_opclass form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_opclass) GETSTRUCT(tuple);
	/* of a type that comes or goes with it there is nothing else */
	return form->opcdefault &&
		HeapTupleIsValid(sdr_fetch(other, TypeRelationId, TypeOidIndexId,
								   Anum_pg_type_oid, form->opcintype));
}

/* The classes of a family have their members with it. */
static void
add_classes(Reach *reach, SdrReader *reader, Oid family)
{
	SysScanDesc scan = sdr_scan(reader, OperatorClassRelationId, InvalidOid, 0,
								NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);

		if (form->opcfamily == family)
			(void) add_address(reach, OperatorClassRelationId, form->oid);
	}
	systable_endscan(scan);
}

/* What an object that was touched, or depends on one, leads to. */
static void
go_on(Reach *reach, Reached *reached)
{
	Oid			catalog = reached->address.classId;
	Oid			oid = reached->address.objectId;

	if (is_renamed(reach, &reached->address))
		follow(reach, reached);
	if (catalog == RelationRelationId)
		follow_columns(reach, reached);
	else if (catalog == TypeRelationId)
		follow_type(reach, reached);
	else if (catalog == EnumRelationId)
		follow_label(reach, oid);
	else if (catalog == OperatorClassRelationId)
		reach->result->everything |=
			is_default_class(reach->before, reach->now, oid) ||
			is_default_class(reach->now, reach->before, oid);
	else if (catalog == OperatorFamilyRelationId)
	{
		add_classes(reach, reach->before, oid);
		add_classes(reach, reach->now, oid);
	}
}

/*
 * Does it depend on other objects whether the object is ours?  A schema of an
 * extension is when it has something of a user's in it.
 */
static bool
is_in_doubt(SdrReader *reader, const ObjectAddress *address)
{
	const SdrName *name;
	Oid			schema = address->objectId;

	if (address->classId != NamespaceRelationId)
	{
		name = has_name(address->classId) ?
			sdr_name(reader, address->classId, address->objectId) : NULL;
		if (name == NULL || name->schema == NULL ||
			sdr_is_member(reader, address->classId, address->objectId))
			return false;
		schema = sdr_find_schema(reader, name->schema);
	}
	return OidIsValid(schema) &&
		sdr_is_member(reader, NamespaceRelationId, schema);
}

/* The whole that a part belongs to or belonged to. */
static void
add_whole(Reach *reach, SdrReader *reader, const ObjectAddress *part)
{
	ObjectAddress whole = *part;

	if (!sdr_belongs_to(reader, &whole))
		return;
	(void) add_address(reach, whole.classId, whole.objectId);
	/* a schema that comes with its extension is not ours yet */
	if ((reader == reach->before ||
		 whole.classId != NamespaceRelationId) && is_in_doubt(reader, &whole))
		reach->result->everything = true;
}

void
sdr_reached(SdrReader *now, SdrReader *before, const List *touched,
			SdrReached *result)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(Reached),
		.hcxt = CurrentMemoryContext
	};
	Reach		reach = {.now = now,.before = before,.result = result};
	const ListCell *lc;

	memset(result, 0, sizeof(*result));
	reach.known = hash_create("schemadrift reached objects", 64, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, touched)
	{
		const ObjectAddress *address = lfirst(lc);

		(void) add_address(&reach, address->classId, address->objectId);
	}

	/* the list grows meanwhile */
	for (int i = 0; i < list_length(result->addresses); i++)
	{
		Reached    *reached = list_nth(result->addresses, i);

		CHECK_FOR_INTERRUPTS();
		go_on(&reach, reached);
		add_whole(&reach, before, &reached->address);
		add_whole(&reach, now, &reached->address);
	}
}
