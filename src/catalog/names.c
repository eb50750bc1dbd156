/*-------------------------------------------------------------------------
 *
 * names.c
 *	  Names of what the catalogs refer to by oid, each looked up once.
 *
 * The syscache is not used for user objects: it shows the newest state, the
 * reader wants that of its snapshot.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/live.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* All keys are two words; what they mean is up to the table. */
typedef struct MemoKey
{
	Oid			class;
	int32		id;
} MemoKey;

typedef struct NameEntry
{
	MemoKey		key;			/* catalog, oid */
	bool		found;
	SdrName		name;
} NameEntry;

typedef struct TypeEntry
{
	MemoKey		key;			/* type, typmod */
	SdrType		type;
} TypeEntry;

typedef struct OpclassEntry
{
	MemoKey		key;			/* operator class, type */
	bool		is_default;
} OpclassEntry;

static HTAB *
memo_create(SdrReader *reader, const char *name, Size entrysize)
{
	HASHCTL		ctl;

	ctl.keysize = sizeof(MemoKey);
	ctl.entrysize = entrysize;
	ctl.hcxt = reader->memo;
	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* A set of objects, empty. */
HTAB *
sdr_memo_set(SdrReader *reader, const char *name)
{
	return memo_create(reader, name, sizeof(MemoKey));
}

void
sdr_memo_add(HTAB *set, Oid catalog, Oid oid)
{
	MemoKey		key = {catalog, (int32) oid};

	(void) hash_search(set, &key, HASH_ENTER, NULL);
}

bool
sdr_memo_has(HTAB *set, Oid catalog, Oid oid)
{
	MemoKey		key = {catalog, (int32) oid};

	return hash_search(set, &key, HASH_FIND, NULL) != NULL;
}

/* Start with nothing known. */
void
sdr_names_init(SdrReader *reader)
{
	reader->memo = AllocSetContextCreate(reader->context, "schemadrift names",
										 ALLOCSET_DEFAULT_SIZES);
	reader->names = memo_create(reader, "schemadrift names",
								sizeof(NameEntry));
	reader->types = memo_create(reader, "schemadrift types",
								sizeof(TypeEntry));
	reader->opclasses = memo_create(reader, "schemadrift operator classes",
									sizeof(OpclassEntry));
	reader->expressions = NULL;
	reader->members = NULL;
	reader->followers = NULL;
	reader->comments = NULL;
	reader->labels = NULL;
	reader->initial = NULL;
	reader->granted = NULL;
}

static void
read_name(SdrReader *reader, Oid catalog, HeapTuple tuple, SdrName *name)
{
	AttrNumber	attr = get_object_attnum_namespace(catalog);
	Datum		value;
	bool		isnull;

	value = sdr_get(reader, catalog, tuple, get_object_attnum_name(catalog),
					&isnull);
	name->name = MemoryContextStrdup(reader->memo,
									 NameStr(*DatumGetName(value)));
	name->text = name->name;
	name->schema = NULL;

	if (attr != InvalidAttrNumber)
	{
		const SdrName *schema;

		value = sdr_get(reader, catalog, tuple, attr, &isnull);
		schema = sdr_name(reader, NamespaceRelationId,
						  DatumGetObjectId(value));
		if (schema == NULL)
		{
			sdr_reader_gone(reader);
			return;
		}
		name->schema = schema->name;
		if (DatumGetObjectId(value) != PG_CATALOG_NAMESPACE)
		{
			name->text = MemoryContextStrdup(reader->memo,
											 quote_qualified_identifier(name->schema,
																		name->name));
			return;
		}
	}
	name->text = MemoryContextStrdup(reader->memo,
									 quote_identifier(name->name));
}

/*
 * The name of an object of any catalog that has names.  NULL if the snapshot
 * has no such object, which the caller may take as a sign that it has gone.
 */
const SdrName *
sdr_name(SdrReader *reader, Oid catalog, Oid oid)
{
	MemoKey		key = {catalog, (int32) oid};
	bool		known;
	NameEntry  *entry = hash_search(reader->names, &key, HASH_ENTER, &known);

	if (!known)
	{
		HeapTuple	tuple;

		entry->found = false;
		tuple = sdr_fetch(reader, catalog, get_object_oid_index(catalog),
						  get_object_attnum_oid(catalog), oid);
		if (HeapTupleIsValid(tuple))
		{
			SdrName		name;

			read_name(reader, catalog, tuple, &name);
			entry->name = name;
			entry->found = true;
			heap_freetuple(tuple);
		}
	}
	return entry->found ? &entry->name : NULL;
}

/* The text of a name that must be there; "" if it has gone. */
const char *
sdr_name_text(SdrReader *reader, Oid catalog, Oid oid)
{
	const SdrName *name = sdr_name(reader, catalog, oid);

	if (name == NULL)
	{
		sdr_reader_gone(reader);
		return "";
	}
	return name->text;
}

/* The same, but NULL where nothing is referred to. */
const char *
sdr_optional_name(SdrReader *reader, Oid catalog, Oid oid)
{
	return OidIsValid(oid) ? sdr_name_text(reader, catalog, oid) : NULL;
}

/*
 * The name of a role.  A role that was dropped while it still had privileges,
 * which can happen in databases that its dropper did not see, is a number.
 */
const char *
sdr_role_name(SdrReader *reader, Oid role)
{
	const SdrName *name;

	if (!OidIsValid(role))
		return "public";
	name = sdr_name(reader, AuthIdRelationId, role);
	return name == NULL ? psprintf("%u", role) : name->name;
}

/* A user's type, from its row, in the manner of format_type_extended(). */
static void
read_user_type(SdrReader *reader, Oid oid, int32 typmod, SdrType *type)
{
	HeapTuple	tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
								  Anum_pg_type_oid, oid);
	Form_pg_type form;
	const SdrName *name;

	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		type->text = "";
		return;
	}
	form = (Form_pg_type) GETSTRUCT(tuple);
	type->storage = form->typstorage;
	type->collation = form->typcollation;

	if (OidIsValid(form->typelem) &&
		form->typsubscript == F_ARRAY_SUBSCRIPT_HANDLER &&
		form->typstorage != TYPSTORAGE_PLAIN)
	{
		type->text = psprintf("%s[]",
							  sdr_type(reader, form->typelem, typmod)->text);
		return;
	}

	name = sdr_name(reader, TypeRelationId, oid);
	type->text = name == NULL ? "" : name->text;
	if (typmod < 0)
		return;
	/* an extension's C function, which goes only with the type */
	if (OidIsValid(form->typmodout) && get_func_name(form->typmodout) != NULL)
		type->text = psprintf("%s%s", type->text,
							  DatumGetCString(OidFunctionCall1(form->typmodout,
															   Int32GetDatum(typmod))));
	else
		type->text = psprintf("%s(%d)", type->text, typmod);
}

/* A data type; never NULL. */
const SdrType *
sdr_type(SdrReader *reader, Oid oid, int32 typmod)
{
	MemoKey		key = {oid, typmod};
	TypeEntry  *entry = hash_search(reader->types, &key, HASH_FIND, NULL);
	SdrType		type = {0};

	if (entry != NULL)
		return &entry->type;

	/* built-in types cannot go away */
	if (oid < FirstNormalObjectId)
	{
		type.text = format_type_with_typemod(oid, typmod);
		type.storage = get_typstorage(oid);
		type.collation = get_typcollation(oid);
	}
	else
		read_user_type(reader, oid, typmod, &type);

	entry = hash_search(reader->types, &key, HASH_ENTER, NULL);
	entry->type = type;
	entry->type.text = MemoryContextStrdup(reader->memo, type.text);
	return &entry->type;
}

typedef struct OpclassQuestion
{
	Oid			type;
	Oid			method;
	Oid			opclass;
} OpclassQuestion;

static void
default_opclass_callback(void *arg)
{
	OpclassQuestion *question = arg;

	question->opclass = GetDefaultOpClass(question->type, question->method);
}

/* The server looks at the newest state, where a user's type may be gone. */
static bool
find_default_opclass(OpclassQuestion *question)
{
	if (question->type >= FirstNormalObjectId)
		return sdr_guard(default_opclass_callback, question, NULL);
	default_opclass_callback(question);
	return true;
}

/* Need the operator class not be written for this type? */
bool
sdr_opclass_is_default(SdrReader *reader, Oid opclass, Oid type)
{
	MemoKey		key = {opclass, (int32) type};
	bool		known;
	OpclassEntry *entry = hash_search(reader->opclasses, &key, HASH_ENTER,
									  &known);

	if (!known)
	{
		OpclassQuestion question = {.type = type};
		HeapTuple	tuple;

		entry->is_default = false;
		tuple = sdr_fetch(reader, OperatorClassRelationId, OpclassOidIndexId,
						  Anum_pg_opclass_oid, opclass);
		if (HeapTupleIsValid(tuple))
			question.method = ((Form_pg_opclass) GETSTRUCT(tuple))->opcmethod;
		if (HeapTupleIsValid(tuple) && find_default_opclass(&question))
			entry->is_default = question.opclass == opclass;
		else
			sdr_reader_gone(reader);
	}
	return entry->is_default;
}

/*
 * Find what belongs to extensions, or goes away with them: one scan of their
 * part of pg_depend.
 */
static void
read_members(SdrReader *reader)
{
	SysScanDesc scan;
	HeapTuple	tuple;

	reader->members = sdr_memo_set(reader, "schemadrift members");
	reader->followers = sdr_memo_set(reader, "schemadrift followers");
	scan = sdr_scan_oid(reader, DependRelationId, DependReferenceIndexId,
						Anum_pg_depend_refclassid, ExtensionRelationId);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dep = (Form_pg_depend) GETSTRUCT(tuple);

		if (dep->deptype == DEPENDENCY_EXTENSION)
			sdr_memo_add(reader->members, dep->classid, dep->objid);
		else if (dep->deptype == DEPENDENCY_AUTO_EXTENSION)
			sdr_memo_add(reader->followers, dep->classid, dep->objid);
	}
	systable_endscan(scan);
}

/* The rows of pg_depend about what an object, not a part of it, needs. */
static SysScanDesc
scan_depend(SdrReader *reader, Oid catalog, Oid oid)
{
	ScanKeyData keys[3];

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(catalog));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(oid));
	ScanKeyInit(&keys[2], Anum_pg_depend_objsubid, BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(0));
	return sdr_scan(reader, DependRelationId, DependDependerIndexId, 3, keys);
}

/* Does the object have a dependency of that type? */
static bool
depends(SdrReader *reader, Oid catalog, Oid oid, DependencyType type)
{
	SysScanDesc scan = scan_depend(reader, catalog, oid);
	bool		found = false;
	HeapTuple	tuple;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = ((Form_pg_depend) GETSTRUCT(tuple))->deptype == (char) type;
	systable_endscan(scan);
	return found;
}

/* Does the object belong to an extension? */
bool
sdr_is_member(SdrReader *reader, Oid catalog, Oid oid)
{
	if (reader->reads_few && reader->members == NULL)
		return depends(reader, catalog, oid, DEPENDENCY_EXTENSION);
	if (reader->members == NULL)
		read_members(reader);
	return sdr_memo_has(reader->members, catalog, oid);
}

/* The objects of a catalog that belong to extensions, in no order. */
List *
sdr_list_members(SdrReader *reader, Oid catalog)
{
	List	   *oids = NIL;
	HASH_SEQ_STATUS status;
	MemoKey    *key;

	if (reader->members == NULL)
		read_members(reader);
	hash_seq_init(&status, reader->members);
	while ((key = hash_seq_search(&status)) != NULL)
	{
		if (key->class == catalog)
			oids = lappend_oid(oids, (Oid) key->id);
	}
	return oids;
}

/* Has the server made the object as a part of another one? */
bool
sdr_is_internal(SdrReader *reader, Oid catalog, Oid oid)
{
	return depends(reader, catalog, oid, DEPENDENCY_INTERNAL);
}

/* The extensions that the object was told to go away with, by name. */
List *
sdr_extensions_followed(SdrReader *reader, Oid catalog, Oid oid)
{
	List	   *names = NIL;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (reader->followers == NULL && !reader->reads_few)
		read_members(reader);
	if (reader->followers != NULL &&
		!sdr_memo_has(reader->followers, catalog, oid))
		return NIL;
	scan = scan_depend(reader, catalog, oid);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dep = (Form_pg_depend) GETSTRUCT(tuple);
		const SdrName *name;

		if (dep->deptype != DEPENDENCY_AUTO_EXTENSION)
			continue;
		name = sdr_name(reader, ExtensionRelationId, dep->refobjid);
		if (name == NULL)
			sdr_reader_gone(reader);
		else
			names = lappend(names, pstrdup(name->name));
	}
	systable_endscan(scan);
	list_sort(names, sdr_compare_texts);
	return names;
}

/* For list_sort(): texts bytewise. */
int
sdr_compare_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* The name of a column of any relation. */
const char *
sdr_column_name(SdrReader *reader, Oid relation, AttrNumber attnum)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *name = "";

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber,
				F_INT2EQ, Int16GetDatum(attnum));
	scan = sdr_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
					keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		name = pstrdup(NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname));
	else
		sdr_reader_gone(reader);
	systable_endscan(scan);
	return name;
}
