/*-------------------------------------------------------------------------
 *
 * entry.c
 *	  Which objects there are, and reading one of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* An object that changes under our hands is read this often. */
#define SDR_READ_TRIES		5

/* The schema of the extension's own objects. */
#define SDR_OWN_SCHEMA		"schemadrift"

static const SdrFamily *const families[] = {
	&sdr_extension_family,
	&sdr_enum_family,
	&sdr_relation_family,
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

SdrEntry *
sdr_entry_new(SdrKindId kind, const char *name, Oid namespace, Oid oid)
{
	SdrEntry   *entry = palloc(sizeof(SdrEntry));

	entry->item.kind = sdr_kind(kind);
	entry->item.name = pstrdup(name);
	entry->namespace = namespace;
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
bool
sdr_is_user_schema(SdrReader *reader, Oid namespace)
{
	const SdrName *name = sdr_name(reader, NamespaceRelationId, namespace);

	return name != NULL && is_user_schema_name(name->name);
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

static List *
all_entries(SdrReader *reader)
{
	if (reader->entries == NIL)
	{
		MemoryContext old = MemoryContextSwitchTo(reader->context);

		for (int i = 0; i < lengthof(families); i++)
			reader->entries = families[i]->list(reader, reader->entries);
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
			schemas = lappend(schemas, sdr_entry_new(SDR_KIND_SCHEMA, name,
													 form->oid, form->oid));
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

/* One top-level object by name; NULL if there is none. */
SdrEntry *
sdr_find(SdrReader *reader, SdrKindId kind, Oid namespace, const char *name)
{
	Oid			oid = family_of(kind)->find(reader, kind, namespace, name);

	return OidIsValid(oid) ? sdr_entry_new(kind, name, namespace, oid) : NULL;
}

/*
 * Read an object with all its parts, sorted.  NULL if it has gone, or has
 * another name by now.
 */
SdrObject *
sdr_read(SdrReader *reader, const SdrEntry *entry)
{
	const SdrFamily *family = family_of(entry->item.kind->id);

	for (int try = 1;; try++)
	{
		SdrObject  *parent = NULL;
		SdrObject  *object = NULL;
		const SdrName *schema = NULL;

		CHECK_FOR_INTERRUPTS();
		reader->last_try = try == SDR_READ_TRIES;
		if (OidIsValid(entry->namespace))
		{
			schema = sdr_name(reader, NamespaceRelationId, entry->namespace);
			if (schema != NULL)
				parent = sdr_object_new(SDR_KIND_SCHEMA, pstrdup(schema->name),
										NULL);
		}
		if (parent != NULL || !OidIsValid(entry->namespace))
			object = family->read(reader, entry, parent);
		reader->last_try = false;
		if (!reader->stale)
		{
			if (object != NULL)
				sdr_object_sort(object);
			return object;
		}
		sdr_reader_renew(reader);
	}
}
