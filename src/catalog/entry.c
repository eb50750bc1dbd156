/*-------------------------------------------------------------------------
 *
 * entry.c
 *	  Which objects there are, and reading one of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* An object that changes under our hands is read this often. */
#define SDR_READ_TRIES		50

/* The schema of the extension's own objects. */
#define SDR_OWN_SCHEMA		"schemadrift"

static const SdrFamily *const families[] = {
	&sdr_database_family,
	&sdr_role_family,
	&sdr_tablespace_family,
	&sdr_parameter_family,
	&sdr_large_object_family,
	&sdr_default_privileges_family,
	&sdr_fdw_family,
	&sdr_server_family,
	&sdr_user_mapping_family,
	&sdr_publication_family,
	&sdr_subscription_family,
	&sdr_extension_family,
	&sdr_type_family,
	&sdr_collation_family,
	&sdr_conversion_family,
	&sdr_ts_parser_family,
	&sdr_ts_template_family,
	&sdr_ts_dictionary_family,
	&sdr_ts_configuration_family,
	&sdr_language_family,
	&sdr_access_method_family,
	&sdr_event_trigger_family,
	&sdr_cast_family,
	&sdr_transform_family,
	&sdr_function_family,
	&sdr_operator_family,
	&sdr_operator_family_family,
	&sdr_operator_class_family,
	&sdr_relation_family,
	&sdr_statistics_family,
	/* the last, as it looks at what the others have listed */
	&sdr_changed_privileges_family,
};

static const SdrFamily *
family_of(SdrKindId kind)
{
	for (int i = 0; i < lengthof(families); i++)
	{
		if ((families[i]->kinds & SDR_KIND_BIT(kind)) != 0)
			return families[i];
	}
	elog(ERROR, "kind %d cannot be read on its own", (int) kind);
}

/* Are the rows of a catalog read as objects? */
bool
sdr_is_family_catalog(Oid catalog)
{
	for (int i = 0; i < lengthof(families); i++)
	{
		if (families[i]->catalog == catalog)
			return true;
	}
	return false;
}

/* The catalog that has the objects of a top-level kind. */
Oid
sdr_catalog_of(SdrKindId kind)
{
	return kind == SDR_KIND_SCHEMA ? NamespaceRelationId :
		family_of(kind)->catalog;
}

/* A schema as an entry. */
SdrEntry *
sdr_schema_entry(const char *name, Oid oid)
{
	SdrEntry   *entry = palloc0(sizeof(SdrEntry));

	entry->item.kind = sdr_kind(SDR_KIND_SCHEMA);
	entry->item.name = pstrdup(name);
	entry->namespace = oid;
	entry->oid = oid;
	return entry;
}

static bool
is_user_schema_name(const char *name)
{
	return strncmp(name, "pg_", 3) != 0 &&
		strcmp(name, "information_schema") != 0;
}

/* May this schema hold objects of users? */
static bool
is_user_schema(SdrReader *reader, Oid namespace)
{
	const SdrName *name = sdr_name(reader, NamespaceRelationId, namespace);

	return name != NULL && is_user_schema_name(name->name);
}

static bool
has_entry_in(SdrReader *reader, Oid namespace)
{
	ListCell   *lc;

	foreach(lc, reader->entries)
	{
		if (((SdrEntry *) lfirst(lc))->namespace == namespace)
			return true;
	}
	return false;
}

static AttrNumber
oid_attr(const SdrFamily *family)
{
	return OidIsValid(family->oid_index) ? family->oid_attr :
		get_object_attnum_oid(family->catalog);
}

static AttrNumber
namespace_attr(const SdrFamily *family)
{
	return OidIsValid(family->oid_index) ? InvalidAttrNumber :
		get_object_attnum_namespace(family->catalog);
}

/* Is this a schema that documents speak of, with whatever is in it? */
bool
sdr_is_users_schema(SdrReader *reader, Oid namespace)
{
	const SdrName *name = sdr_name(reader, NamespaceRelationId, namespace);

	return name != NULL && is_user_schema_name(name->name) &&
		strcmp(name->name, SDR_OWN_SCHEMA) != 0 &&
		(!sdr_is_member(reader, NamespaceRelationId, namespace) ||
		 has_entry_in(reader, namespace));
}

/* Oid and schema of a row. */
static void
locate(SdrReader *reader, const SdrFamily *family, HeapTuple tuple,
	   SdrEntry *entry)
{
	AttrNumber	attr = namespace_attr(family);
	bool		isnull;

	memset(entry, 0, sizeof(SdrEntry));
	entry->oid = DatumGetObjectId(sdr_get(reader, family->catalog, tuple,
										  oid_attr(family), &isnull));
	if (attr != InvalidAttrNumber)
		entry->namespace = DatumGetObjectId(sdr_get(reader, family->catalog,
													tuple, attr, &isnull));
}

/* The entry of a row; false if it is no object of a user. */
static bool
identify(SdrReader *reader, const SdrFamily *family, HeapTuple tuple,
		 SdrEntry *entry)
{
	locate(reader, family, tuple, entry);
	entry->of_extension = sdr_is_member(reader, family->catalog, entry->oid);
	if ((OidIsValid(entry->namespace) &&
		 !is_user_schema(reader, entry->namespace)) ||
		(entry->of_extension && family->has_user_parts == NULL) ||
		!family->identify(reader, tuple, entry))
		return false;
	return !entry->of_extension ||
		family->has_user_parts(reader, entry->oid);
}

/*
 * Is the row an object that somebody has put into a schema of the server,
 * where no document speaks of it?
 */
static bool
is_misplaced(SdrReader *reader, const SdrFamily *family, HeapTuple tuple,
			 SdrEntry *entry)
{
	const SdrName *schema;

	locate(reader, family, tuple, entry);
	if (entry->oid < FirstNormalObjectId || !OidIsValid(entry->namespace))
		return false;
	schema = sdr_name(reader, NamespaceRelationId, entry->namespace);
	return schema != NULL &&
		(strcmp(schema->name, "pg_catalog") == 0 ||
		 strcmp(schema->name, "information_schema") == 0) &&
		family->identify(reader, tuple, entry) &&
		!sdr_is_member(reader, family->catalog, entry->oid);
}

static int
compare_entries(const ListCell *a, const ListCell *b)
{
	const SdrEntry *x = lfirst(a);
	const SdrEntry *y = lfirst(b);

	if (x->namespace != y->namespace)
		return x->namespace < y->namespace ? -1 : 1;
	return sdr_item_cmp(&x->item, &y->item);
}

static void
list_family(SdrReader *reader, const SdrFamily *family)
{
	SysScanDesc scan;
	HeapTuple	tuple;

	if (family->list != NULL)
	{
		family->list(reader);
		return;
	}
	scan = sdr_scan(reader, family->catalog, InvalidOid, 0, NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		SdrEntry	entry;

		CHECK_FOR_INTERRUPTS();
		if (is_misplaced(reader, family, tuple, &entry))
			reader->misplaced = lappend(reader->misplaced,
										sdr_unmodelled(reader, family->catalog,
													   entry.oid));
		else if (identify(reader, family, tuple, &entry))
			reader->entries = lappend(reader->entries,
									  memcpy(palloc(sizeof(SdrEntry)), &entry,
											 sizeof(SdrEntry)));
		if (entry.oid < FirstNormalObjectId || entry.of_extension)
			sdr_note_privileges(reader, family, tuple, entry.oid);
	}
	systable_endscan(scan);
}

static List *
all_entries(SdrReader *reader)
{
	if (reader->entries == NIL)
	{
		MemoryContext old = MemoryContextSwitchTo(reader->context);

		for (int i = 0; i < lengthof(families); i++)
		{
			if ((families[i]->kinds & reader->kinds) != 0)
				list_family(reader, families[i]);
		}
		list_sort(reader->entries, compare_entries);
		MemoryContextSwitchTo(old);
	}
	return reader->entries;
}

/*
 * The top-level objects of a schema, or with InvalidOid those outside
 * schemas, sorted by kind and name.
 */
List *
sdr_list(SdrReader *reader, Oid namespace)
{
	List	   *entries = all_entries(reader);
	List	   *result = NIL;
	int			low = 0;
	int			high = list_length(entries);

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (((SdrEntry *) list_nth(entries, middle))->namespace < namespace)
			low = middle + 1;
		else
			high = middle;
	}
	for (int i = low; i < list_length(entries); i++)
	{
		SdrEntry   *entry = list_nth(entries, i);

		if (entry->namespace != namespace)
			break;
		result = lappend(result, entry);
	}
	return result;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SdrEntry *) lfirst(a))->item.name,
				  ((const SdrEntry *) lfirst(b))->item.name);
}

/*
 * All schemas that a document speaks of, sorted by name.  A schema of an
 * extension is one only when somebody has put something of their own there.
 */
List *
sdr_list_schemas(SdrReader *reader)
{
	SysScanDesc scan = sdr_scan(reader, NamespaceRelationId, InvalidOid, 0,
								NULL);
	List	   *schemas = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_namespace form = (Form_pg_namespace) GETSTRUCT(tuple);
		const char *name = NameStr(form->nspname);

		if (is_user_schema_name(name) && strcmp(name, SDR_OWN_SCHEMA) != 0)
			schemas = lappend(schemas, sdr_schema_entry(name, form->oid));
	}
	systable_endscan(scan);

	for (int i = list_length(schemas) - 1; i >= 0; i--)
	{
		SdrEntry   *schema = list_nth(schemas, i);

		if (sdr_is_member(reader, NamespaceRelationId, schema->oid) &&
			sdr_list(reader, schema->oid) == NIL)
			schemas = list_delete_nth_cell(schemas, i);
	}
	list_sort(schemas, compare_names);
	return schemas;
}

/* The oid of a schema that a document may speak of; InvalidOid if none. */
Oid
sdr_find_schema(SdrReader *reader, const char *name)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	NameData	namedata;
	Oid			oid = InvalidOid;

	if (!is_user_schema_name(name))
		return InvalidOid;
	namestrcpy(&namedata, name);
	ScanKeyInit(&key, Anum_pg_namespace_nspname, BTEqualStrategyNumber,
				F_NAMEEQ, NameGetDatum(&namedata));
	scan = sdr_scan(reader, NamespaceRelationId, NamespaceNameIndexId, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		oid = ((Form_pg_namespace) GETSTRUCT(tuple))->oid;
	systable_endscan(scan);
	return oid;
}

typedef struct NameQuestion
{
	SdrReader  *reader;
	const SdrFamily *family;
	const SdrItem *item;
	Oid			namespace;
	const char *name;
} NameQuestion;

static void
canonical_name_callback(void *arg)
{
	NameQuestion *question = arg;
	const SdrName *schema;

	schema = OidIsValid(question->namespace) ?
		sdr_name(question->reader, NamespaceRelationId, question->namespace) :
		NULL;
	sdr_set_search_path(schema == NULL ? "pg_catalog, pg_temp" :
						psprintf("%s, pg_temp",
								 quote_identifier(schema->name)));

	/*
	 * Names of types are looked up as somebody who may use every schema, so
	 * that the answer does not depend on the caller.  Nothing is run.
	 */
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   SECURITY_RESTRICTED_OPERATION);
	question->name = question->family->canonical_name(question->reader,
													  question->item,
													  question->namespace);
}

/*
 * The name of an object as live objects have it; see SdrFamily.  One that is
 * no name of such an object, or of more than one, is returned as it is, and
 * problem says why.
 */
const char *
sdr_canonical_name(SdrReader *reader, const SdrItem *item, Oid namespace,
				   const char **problem)
{
	NameQuestion question = {
		reader, family_of(item->kind->id), item, namespace, item->name
	};
	ErrorData  *error = NULL;

	*problem = NULL;
	if (question.family->canonical_name != NULL &&
		!sdr_guard(canonical_name_callback, &question, &error) &&
		(error->sqlerrcode == ERRCODE_SYNTAX_ERROR ||
		 error->sqlerrcode == ERRCODE_INVALID_NAME ||
		 error->sqlerrcode == ERRCODE_AMBIGUOUS_FUNCTION))
		*problem = error->message;
	return question.name;
}

/* A schema itself, without what is in it; NULL if it has gone. */
SdrObject *
sdr_read_schema(SdrReader *reader, const SdrEntry *schema)
{
	HeapTuple	tuple = sdr_fetch(reader, NamespaceRelationId,
								  NamespaceOidIndexId,
								  Anum_pg_namespace_oid, schema->oid);
	SdrObject  *object;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	object = sdr_object_new(SDR_KIND_SCHEMA, schema->item.name, NULL);
	object->oid = schema->oid;
	sdr_common_read(reader, object, NamespaceRelationId, schema->oid, 0, tuple);
	return object;
}

/*
 * The name in the catalog of an object whose name is SQL: what stands before
 * the first blank or parenthesis, without quotes.
 */
static const char *
plain_name(const char *sql)
{
	StringInfoData buf;

	if (*sql != '"')
		return pnstrdup(sql, strcspn(sql, " ("));
	initStringInfo(&buf);
	for (const char *p = sql + 1; *p != '\0' && (*p != '"' || *++p == '"'); p++)
		appendStringInfoChar(&buf, *p);
	return buf.data;
}

/* The same for what can only be listed. */
static SdrEntry *
find_listed(SdrReader *reader, SdrKindId kind, const char *name)
{
	ListCell   *lc;

	foreach(lc, sdr_list(reader, InvalidOid))
	{
		SdrEntry   *entry = lfirst(lc);

		if (entry->item.kind->id == kind &&
			strcmp(entry->item.name, name) == 0)
			return entry;
	}
	return NULL;
}

/* One top-level object by name; NULL if there is none. */
SdrEntry *
sdr_find(SdrReader *reader, SdrKindId kind, Oid namespace, const char *name)
{
	const SdrFamily *family = family_of(kind);
	SdrEntry   *entry = palloc(sizeof(SdrEntry));
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	NameData	namedata;
	bool		found = false;

	if (family->list != NULL)
		return find_listed(reader, kind, name);
	if (OidIsValid(family->name_index))
	{
		namestrcpy(&namedata,
				   sdr_kind(kind)->identity == SDR_IDENTITY_SQL ?
				   plain_name(name) : name);
		ScanKeyInit(&key, get_object_attnum_name(family->catalog),
					BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&namedata));
	}
	scan = sdr_scan(reader, family->catalog, family->name_index,
					OidIsValid(family->name_index) ? 1 : 0, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = identify(reader, family, tuple, entry) &&
			entry->item.kind->id == kind && entry->namespace == namespace &&
			strcmp(entry->item.name, name) == 0;
	systable_endscan(scan);
	return found ? entry : NULL;
}

static HeapTuple
fetch_row(SdrReader *reader, const SdrFamily *family, Oid oid)
{
	return sdr_fetch(reader, family->catalog, OidIsValid(family->oid_index) ?
					 family->oid_index : get_object_oid_index(family->catalog),
					 oid_attr(family), oid);
}

/* The top-level object with this oid; NULL if it is none that we know. */
SdrEntry *
sdr_entry_at(SdrReader *reader, Oid catalog, Oid oid)
{
	SdrEntry   *entry = palloc(sizeof(SdrEntry));

	for (int i = 0; i < lengthof(families); i++)
	{
		const SdrFamily *family = families[i];
		HeapTuple	tuple;

		/* what lists its objects itself has no rows with oids */
		if (family->catalog != catalog || family->list != NULL)
			continue;
		tuple = fetch_row(reader, family, oid);
		if (HeapTupleIsValid(tuple) && identify(reader, family, tuple, entry))
			return entry;
	}
	return NULL;
}

/* The same, which may be a schema, too. */
SdrEntry *
sdr_entry_here(SdrReader *reader, const ObjectAddress *address)
{
	const SdrName *name;

	if (address->classId != NamespaceRelationId)
		return sdr_entry_at(reader, address->classId, address->objectId);
	name = sdr_name(reader, NamespaceRelationId, address->objectId);
	return name == NULL || !sdr_is_users_schema(reader, address->objectId) ?
		NULL : sdr_schema_entry(name->name, address->objectId);
}

/* List privileges on an object that is the server's or an extension's. */
static void
note_privileges_at(SdrReader *reader, Oid catalog, Oid oid)
{
	for (int i = 0; i < lengthof(families); i++)
	{
		HeapTuple	tuple;

		if (families[i]->catalog == catalog && families[i]->list == NULL &&
			HeapTupleIsValid(tuple = fetch_row(reader, families[i], oid)))
			sdr_note_privileges(reader, families[i], tuple, oid);
	}
	sdr_note_privileges_below(reader, catalog, oid);
}

/*
 * What a document can have of exactly this object, no part: its entry, and
 * those of privileges on what is the server's or an extension's.
 */
List *
sdr_entries_at(SdrReader *reader, const ObjectAddress *address)
{
	List	   *listed = reader->entries;
	List	   *entries;
	SdrEntry   *entry = sdr_entry_here(reader, address);

	reader->entries = NIL;
	if (address->objectId < FirstNormalObjectId ||
		sdr_is_member(reader, address->classId, address->objectId))
		note_privileges_at(reader, address->classId, address->objectId);
	entries = entry == NULL ? reader->entries :
		lappend(reader->entries, entry);
	reader->entries = listed;
	return entries;
}

/* One try to read an object; NULL if it has gone. */
static SdrObject *
read_entry(SdrReader *reader, const SdrEntry *entry)
{
	const SdrFamily *family = family_of(entry->item.kind->id);
	SdrObject  *parent = NULL;
	SdrObject  *object;
	SdrEntry	now;
	HeapTuple	tuple;

	if (family->read_entry != NULL)
		return family->read_entry(reader, entry);
	tuple = fetch_row(reader, family, entry->oid);
	if (!HeapTupleIsValid(tuple) ||
		!identify(reader, family, tuple, &now) ||
		now.namespace != entry->namespace ||
		sdr_item_cmp(&now.item, &entry->item) != 0)
		return NULL;

	if (OidIsValid(now.namespace))
		parent = sdr_object_new(SDR_KIND_SCHEMA,
								pstrdup(sdr_name(reader, NamespaceRelationId,
												 now.namespace)->name),
								NULL);
	object = sdr_object_new(now.item.kind->id, now.item.name, parent);
	object->oid = entry->oid;
	if (now.of_extension)
		family->read_user_parts(reader, tuple, object);
	else
	{
		family->read(reader, tuple, object);
		sdr_common_read(reader, object, family->catalog, entry->oid, 0, tuple);
	}
	return object;
}

/* What there was is not read again. */
static SdrObject *
read_once(SdrReader *reader, const SdrEntry *entry)
{
	SdrObject  *object;

	CHECK_FOR_INTERRUPTS();
	object = read_entry(reader, entry);
	if (object != NULL)
		sdr_object_sort(object);
	return object;
}

/*
 * Read an object with all its parts, sorted.  NULL if it has gone, or has
 * another name by now.
 */
SdrObject *
sdr_read(SdrReader *reader, const SdrEntry *entry)
{
	reader->unknown = false;
	if (entry->item.kind->id == SDR_KIND_SCHEMA)
		return sdr_read_schema(reader, entry);
	if (reader->fixed)
		return read_once(reader, entry);
	for (int try = 1;; try++)
	{
		SdrObject  *object;

		CHECK_FOR_INTERRUPTS();
		reader->last_try = try == SDR_READ_TRIES;
		object = read_entry(reader, entry);
		reader->last_try = false;
		if (!reader->stale && object != NULL)
		{
			sdr_object_sort(object);
			return object;
		}
		if (reader->stale)
			sdr_reader_renew(reader);
		else if (try > 1)
			return NULL;

		/* it may have been replaced by another of the same name */
		entry = sdr_find(reader, entry->item.kind->id, entry->namespace,
						 entry->item.name);
		if (entry == NULL)
			return NULL;
	}
}
