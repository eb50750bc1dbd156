/*-------------------------------------------------------------------------
 *
 * initprivs.c
 *	  Privileges on what belongs to the server or to an extension, where they
 *	  are not those that it was made with.
 *
 * That is the part of such objects that users change rightfully, and that
 * pg_dump keeps.  Rows are noticed while the families list theirs; only the
 * catalogs of schemas and columns are looked through here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/catalog.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/proclang.h"
#include "foreign/foreign.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* What acldefault() calls the objects of a catalog, and what we call them. */
static const struct
{
	Oid			catalog;
	ObjectType	type;
	const char *name;
}			catalogs[] = {
	{RelationRelationId, OBJECT_TABLE, "table"},
	{AttributeRelationId, OBJECT_COLUMN, "column"},
	{ProcedureRelationId, OBJECT_FUNCTION, "function"},
	{TypeRelationId, OBJECT_TYPE, "type"},
	{LanguageRelationId, OBJECT_LANGUAGE, "language"},
	{NamespaceRelationId, OBJECT_SCHEMA, "schema"},
	{ForeignDataWrapperRelationId, OBJECT_FDW, "foreign-data wrapper"},
	{ForeignServerRelationId, OBJECT_FOREIGN_SERVER, "server"},
};

/* What an object was made with, by the columns that tell which it is. */
typedef struct Initial
{
	Oid			oid;
	Oid			catalog;
	int32		subid;			/* the key ends here */
	Acl		   *acl;
} Initial;

/* The place of a catalog in catalogs[]; -1 if it has none. */
static int
find_catalog(Oid catalog)
{
	for (int i = 0; i < lengthof(catalogs); i++)
	{
		if (catalogs[i].catalog == catalog)
			return i;
	}
	return -1;
}

static AttrNumber
acl_attr(Oid catalog)
{
	/* columns are no objects of their own to objectaddress.c */
	return catalog == AttributeRelationId ? Anum_pg_attribute_attacl :
		get_object_attnum_acl(catalog);
}

static ObjectType
acl_type(int i, HeapTuple tuple)
{
	if (catalogs[i].catalog == RelationRelationId &&
		((Form_pg_class) GETSTRUCT(tuple))->relkind == RELKIND_SEQUENCE)
		return OBJECT_SEQUENCE;
	return catalogs[i].type;
}

/*
 * Of the schema information_schema, initdb does not note what its script has
 * granted to all: the right to use it, and to read what is in it.
 */
static Acl *
add_information_schema(SdrReader *reader, int i, Oid oid, Oid owner, Acl *acl)
{
	const SdrName *name = sdr_name(reader, catalogs[i].catalog, oid);
	AclItem		item = {.ai_grantee = ACL_ID_PUBLIC,.ai_grantor = owner};

	if (name == NULL ||
		strcmp(catalogs[i].catalog == NamespaceRelationId ? name->name :
			   name->schema, "information_schema") != 0)
		return acl;
	ACLITEM_SET_PRIVS_GOPTIONS(item, catalogs[i].catalog == NamespaceRelationId ?
							   ACL_USAGE : ACL_SELECT, ACL_NO_RIGHTS);
	return aclupdate(acl, &item, ACL_MODECHG_ADD, owner, DROP_RESTRICT);
}

/* All rows of pg_init_privs: one scan is cheaper than many look-ups. */
static HTAB *
read_initial(SdrReader *reader)
{
	HASHCTL		ctl;
	HTAB	   *set;
	SysScanDesc scan = sdr_scan(reader, InitPrivsRelationId, InvalidOid, 0,
								NULL);
	MemoryContext old = MemoryContextSwitchTo(reader->memo);
	HeapTuple	tuple;

	ctl.keysize = offsetof(Initial, subid) + sizeof(int32);
	ctl.entrysize = sizeof(Initial);
	ctl.hcxt = reader->memo;
	set = hash_create("schemadrift initial privileges", 512, &ctl,
					  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_init_privs form = (Form_pg_init_privs) GETSTRUCT(tuple);
		Initial		key = {.oid = form->objoid,.catalog = form->classoid,.subid = form->objsubid};
		Initial    *entry = hash_search(set, &key, HASH_ENTER, NULL);
		bool		isnull;

		entry->acl = DatumGetAclPCopy(sdr_get(reader, InitPrivsRelationId,
											  tuple,
											  Anum_pg_init_privs_initprivs,
											  &isnull));
	}
	systable_endscan(scan);
	MemoryContextSwitchTo(old);
	return set;
}

/*
 * The privileges that an object was made with: what initdb or the extension's
 * script has left, or what every new object gets.
 */
static const Acl *
initial_acl(SdrReader *reader, int i, HeapTuple tuple, Oid oid, int subid)
{
	Oid			catalog = catalogs[i].catalog == AttributeRelationId ?
	RelationRelationId : catalogs[i].catalog;
	Initial		key = {.oid = oid,.catalog = catalog,.subid = subid};
	Initial    *found;
	Acl		   *acl;
	bool		isnull;

	if (reader->initial == NULL)
		reader->initial = read_initial(reader);
	found = hash_search(reader->initial, &key, HASH_FIND, NULL);
	acl = found == NULL ? NULL : found->acl;
	if (acl == NULL)
	{
		Oid			owner = InvalidOid;

		if (subid == 0)
			owner = DatumGetObjectId(sdr_get(reader, catalogs[i].catalog, tuple,
											 get_object_attnum_owner(catalogs[i].catalog),
											 &isnull));
		acl = acldefault(acl_type(i, tuple), owner);
		if (catalogs[i].catalog == RelationRelationId ||
			catalogs[i].catalog == NamespaceRelationId)
			acl = add_information_schema(reader, i, oid, owner, acl);
	}
	return acl;
}

/* Do two lists say the same, in whatever order? */
static bool
same_acl(const Acl *a, const Acl *b)
{
	if (ACL_NUM(a) != ACL_NUM(b))
		return false;
	for (int i = 0; i < ACL_NUM(a); i++)
	{
		const AclItem *item = &ACL_DAT(a)[i];
		int			j = 0;

		while (j < ACL_NUM(b) &&
			   memcmp(&ACL_DAT(b)[j], item, sizeof(AclItem)) != 0)
			j++;
		if (j == ACL_NUM(b))
			return false;
	}
	return true;
}

/* The identity of what is no object of a kind: a language, a type, a schema. */
static const char *
plain_text(SdrReader *reader, int i, Oid oid)
{
	const SdrName *name = sdr_name(reader, catalogs[i].catalog, oid);

	if (name == NULL)
	{
		sdr_reader_gone(reader);
		return "";
	}
	return psprintf("%s %s", catalogs[i].name,
					name->schema == NULL ? quote_identifier(name->name) :
					quote_qualified_identifier(name->schema, name->name));
}

static void
add_entry(SdrReader *reader, int i, Oid oid, int subid, const char *name)
{
	SdrEntry   *entry = palloc0(sizeof(SdrEntry));

	entry->item.kind = sdr_kind(SDR_KIND_CHANGED_PRIVILEGES);
	entry->item.name = name;
	entry->oid = oid;
	entry->catalog = catalogs[i].catalog;
	entry->subid = subid;
	reader->entries = lappend(reader->entries, entry);
}

/* Are the privileges of a row others than those it was made with? */
static bool
is_changed(SdrReader *reader, int i, HeapTuple tuple, Oid oid, int subid)
{
	Oid			catalog = catalogs[i].catalog;
	bool		isnull;
	Datum		acl = sdr_get(reader, catalog, tuple, acl_attr(catalog),
							  &isnull);

	return !isnull && !same_acl(DatumGetAclP(acl),
								initial_acl(reader, i, tuple, oid, subid));
}

/*
 * List the row of a family that is the server's or an extension's, if its
 * privileges have been changed.
 */
void
sdr_note_privileges(SdrReader *reader, const SdrFamily *family,
					HeapTuple tuple, Oid oid)
{
	int			i = find_catalog(family->catalog);
	SdrEntry	entry = {.oid = oid};
	const char *name;

	if (i < 0 || heap_attisnull(tuple, acl_attr(family->catalog), NULL) ||
		!is_changed(reader, i, tuple, oid, 0))
		return;
	if (family->identify(reader, tuple, &entry))
	{
		SdrObject  *object;
		SdrObject  *parent = NULL;
		const SdrName *class_name = sdr_name(reader, family->catalog, oid);

		if (class_name != NULL && class_name->schema != NULL)
			parent = sdr_object_new(SDR_KIND_SCHEMA, class_name->schema, NULL);
		object = sdr_object_new(entry.item.kind->id, entry.item.name, parent);
		name = psprintf("%s %s", object->kind->name,
						sdr_object_identity(object));
	}
	else
		name = plain_text(reader, i, oid);
	add_entry(reader, i, oid, 0, name);
}

static void
note_schema(SdrReader *reader, HeapTuple tuple)
{
	int			i = find_catalog(NamespaceRelationId);
	Oid			oid = ((Form_pg_namespace) GETSTRUCT(tuple))->oid;

	if (sdr_is_users_schema(reader, oid) ||
		(oid >= FirstNormalObjectId &&
		 !sdr_is_member(reader, NamespaceRelationId, oid)))
		return;
	if (is_changed(reader, i, tuple, oid, 0))
		add_entry(reader, i, oid, 0, plain_text(reader, i, oid));
}

static void
note_schemas(SdrReader *reader)
{
	SysScanDesc scan = sdr_scan(reader, NamespaceRelationId, InvalidOid, 0,
								NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		note_schema(reader, tuple);
	systable_endscan(scan);
}

/* Columns of relations in a range of oids, the last not included. */
static void
note_columns(SdrReader *reader, Oid first, Oid end)
{
	int			i = find_catalog(AttributeRelationId);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid,
				BTGreaterEqualStrategyNumber, F_OIDGE,
				ObjectIdGetDatum(first));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attrelid, BTLessStrategyNumber,
				F_OIDLT, ObjectIdGetDatum(end));
	scan = sdr_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
					keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
		const SdrName *name;

		if (heap_attisnull(tuple, Anum_pg_attribute_attacl, NULL) ||
			form->attisdropped ||
			!is_changed(reader, i, tuple, form->attrelid, form->attnum))
			continue;
		name = sdr_name(reader, RelationRelationId, form->attrelid);
		if (name == NULL)
			sdr_reader_gone(reader);
		else
			add_entry(reader, i, form->attrelid, form->attnum,
					  psprintf("%s %s.%s", catalogs[i].name,
							   quote_qualified_identifier(name->schema,
														  name->name),
							   quote_identifier(NameStr(form->attname))));
	}
	systable_endscan(scan);
}

/*
 * List what no family does of an object that is the server's or an
 * extension's: it is a schema, or has columns.
 */
void
sdr_note_privileges_below(SdrReader *reader, Oid catalog, Oid oid)
{
	if (catalog == RelationRelationId)
		note_columns(reader, oid, oid + 1);
	else if (catalog == NamespaceRelationId)
	{
		HeapTuple	tuple = sdr_fetch(reader, catalog, NamespaceOidIndexId,
									  Anum_pg_namespace_oid, oid);

		if (HeapTupleIsValid(tuple))
			note_schema(reader, tuple);
	}
}

static void
changed_privileges_list(SdrReader *reader)
{
	ListCell   *lc;

	note_schemas(reader);
	note_columns(reader, InvalidOid, FirstNormalObjectId);
	foreach(lc, sdr_list_members(reader, RelationRelationId))
		note_columns(reader, lfirst_oid(lc), lfirst_oid(lc) + 1);
}

/* The row of an entry; NULL if it has gone. */
static HeapTuple
fetch(SdrReader *reader, const SdrEntry *entry)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	if (entry->catalog != AttributeRelationId)
		return sdr_fetch(reader, entry->catalog,
						 get_object_oid_index(entry->catalog),
						 get_object_attnum_oid(entry->catalog), entry->oid);
	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(entry->oid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber,
				F_INT2EQ, Int16GetDatum(entry->subid));
	scan = sdr_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
					keys);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

static SdrObject *
changed_privileges_read(SdrReader *reader, const SdrEntry *entry)
{
	HeapTuple	tuple = fetch(reader, entry);
	int			i = find_catalog(entry->catalog);
	SdrObject  *object;
	Datum		acl;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	object = sdr_object_new(SDR_KIND_CHANGED_PRIVILEGES, entry->item.name,
							NULL);
	object->oid = entry->oid;
	acl = sdr_get(reader, entry->catalog, tuple, acl_attr(entry->catalog),
				  &isnull);
	if (isnull)
		return NULL;
	sdr_set_privileges(reader, object, DatumGetAclP(acl), acl_type(i, tuple));
	return object;
}

/* An object of the server or of an extension that is looked for by name. */
typedef struct Sought
{
	Oid			catalog;
	const char *name;			/* as SQL has it */
	Oid			oid;
	int			subid;
} Sought;

/* Functions that find one by its name, and others for names with no schema. */
static const struct
{
	Oid			catalog;
	PGFunction	find;
	Oid			(*find_plain) (const char *name, bool missing_ok);
}			finders[] = {
	{RelationRelationId, regclassin, NULL},
	{ProcedureRelationId, regprocedurein, NULL},
	{TypeRelationId, regtypein, NULL},
	{NamespaceRelationId, regnamespacein, NULL},
	{LanguageRelationId, NULL, get_language_oid},
	{ForeignDataWrapperRelationId, NULL, get_foreign_data_wrapper_oid},
	{ForeignServerRelationId, NULL, get_foreign_server_oid},
};

/* A name without its quotes. */
static const char *
unquoted(const char *name)
{
	List	   *names;

	if (!SplitIdentifierString(pstrdup(name), '.', &names) ||
		list_length(names) != 1)
		elog(ERROR, "invalid name: %s", name);
	return linitial(names);
}

static void
find_callback(void *arg)
{
	Sought	   *sought = arg;

	if (sought->catalog == AttributeRelationId)
	{
		const char *dot = sdr_last_dot(sought->name);
		Sought		relation = {.catalog = RelationRelationId};

		if (dot == NULL)
			elog(ERROR, "invalid name of a column: %s", sought->name);
		relation.name = pnstrdup(sought->name, dot - sought->name);
		find_callback(&relation);
		sought->oid = relation.oid;
		sought->subid = get_attnum(relation.oid, unquoted(dot + 1));
		return;
	}
	for (int i = 0; i < lengthof(finders); i++)
	{
		if (finders[i].catalog != sought->catalog)
			continue;
		sought->oid = finders[i].find_plain != NULL ?
			finders[i].find_plain(unquoted(sought->name), true) :
			DatumGetObjectId(DirectFunctionCall1(finders[i].find,
												 CStringGetDatum(sought->name)));
	}
}

/*
 * The privileges that something of the server or of an extension was made
 * with; catalog is that of columns for a column.  False if there is no such
 * thing.
 */
bool
sdr_initial_privileges(SdrReader *reader, Oid catalog, const char *name,
					   List **privileges)
{
	SdrObject  *object = sdr_object_new(SDR_KIND_CHANGED_PRIVILEGES, name,
										NULL);
	Sought		sought = {.catalog = catalog,.name = name};
	SdrEntry	entry = {.catalog = catalog};
	int			i = find_catalog(catalog);
	HeapTuple	tuple;

	if (!sdr_guard(find_callback, &sought, NULL) || !OidIsValid(sought.oid))
		return false;
	entry.oid = sought.oid;
	entry.subid = sought.subid;
	tuple = fetch(reader, &entry);
	if (!HeapTupleIsValid(tuple))
		return false;
	sdr_set_privileges(reader, object,
					   initial_acl(reader, i, tuple, entry.oid, entry.subid),
					   acl_type(i, tuple));
	*privileges = sdr_value(object, SDR_CHANGED_PRIVILEGES_PRIVILEGES)->u.map;
	return true;
}

const SdrFamily sdr_changed_privileges_family = {
	.kinds = SDR_IN(CHANGED_PRIVILEGES),
	.catalog = InitPrivsRelationId,
	.list = changed_privileges_list,
	.read_entry = changed_privileges_read,
};
