/*-------------------------------------------------------------------------
 *
 * identify.c
 *	  SQL functions between names and oids of top-level objects:
 *	  schemadrift_object_ids(), schemadrift_object_names().
 *
 * Both take many objects at a time, as a reader costs more than a look-up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_object_ids);
PG_FUNCTION_INFO_V1(schemadrift_object_names);

/*
 * An array argument, taken apart; its length must be that of the first.  NULL
 * has no elements.
 */
typedef struct Elements
{
	Datum	   *values;
	bool	   *nulls;
	int			n;
} Elements;

static Elements
elements_arg(FunctionCallInfo fcinfo, int arg, Oid type, int expected)
{
	Elements	elements = {0};

	if (PG_ARGISNULL(arg))
		elements.n = 0;
	else if (type == TEXTOID)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(arg), TEXTOID, -1, false,
						  TYPALIGN_INT, &elements.values, &elements.nulls,
						  &elements.n);
	else
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(arg), OIDOID, sizeof(Oid),
						  true, TYPALIGN_INT, &elements.values,
						  &elements.nulls, &elements.n);
	if (expected >= 0 && elements.n != expected)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays must have the same length")));
	return elements;
}

/* Is it a kind of objects that stand in a catalog of their own? */
static bool
is_findable(const SdrKind *kind)
{
	return kind != NULL && kind->id != SDR_KIND_CHANGED_PRIVILEGES &&
		(kind->parents & SDR_DERIVED) == 0 &&
		(kind->parents & (SDR_IN(DOCUMENT) | SDR_IN(SCHEMA))) != 0;
}

static SdrEntry *
find_entry(SdrReader *reader, const char *kind_name, const char *schema,
		   const char *name)
{
	const SdrKind *kind = sdr_kind_by_name(kind_name);
	Oid			namespace = InvalidOid;

	if (kind != NULL && kind->id == SDR_KIND_SCHEMA)
	{
		namespace = sdr_find_schema(reader, name);
		return OidIsValid(namespace) ? sdr_schema_entry(name, namespace) :
			NULL;
	}
	if (!is_findable(kind))
		return NULL;
	if (schema != NULL &&
		!OidIsValid(namespace = sdr_find_schema(reader, schema)))
		return NULL;
	return sdr_find(reader, kind->id, namespace, name);
}

/* The relation that has the columns of the object; InvalidOid if none. */
static Oid
relation_of(SdrReader *reader, Oid catalog, Oid oid)
{
	HeapTuple	tuple;

	if (catalog != TypeRelationId)
		return catalog == RelationRelationId ? oid : InvalidOid;
	tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
					  Anum_pg_type_oid, oid);
	return !HeapTupleIsValid(tuple) ? InvalidOid :
		((Form_pg_type) GETSTRUCT(tuple))->typrelid;
}

/* Numbers of columns by name, as JSON; NULL where there are no columns. */
static char *
columns_text(SdrReader *reader, Oid relation)
{
	StringInfoData buf;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	if (!OidIsValid(relation))
		return NULL;
	initStringInfo(&buf);
	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber,
				F_INT2GT, Int16GetDatum(0));
	scan = sdr_scan(reader, AttributeRelationId, AttributeRelidNumIndexId, 2,
					keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

		if (form->attisdropped)
			continue;
		appendStringInfoString(&buf, buf.len == 0 ? "{" : ", ");
		sdr_json_string(&buf, NameStr(form->attname));
		appendStringInfo(&buf, ": %d", form->attnum);
	}
	systable_endscan(scan);
	if (buf.len == 0)
		return NULL;
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

/* Put a row for element i of the arguments, if it leads to an object. */
typedef void (*PutRow) (ReturnSetInfo *rsinfo, SdrReader *reader,
						const Elements *args, int i);

static Datum
put_rows(FunctionCallInfo fcinfo, const Elements *args, PutRow put_row)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context;
	SdrReader  *reader;

	InitMaterializedSRF(fcinfo, 0);
	reader = sdr_reader_open();
	reader->kinds = SDR_ALL_KINDS;
	context = AllocSetContextCreate(CurrentMemoryContext, "schemadrift object",
									ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < args[0].n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		put_row(rsinfo, reader, args, i);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	sdr_reader_close(reader);
	return (Datum) 0;
}

static void
put_ids(ReturnSetInfo *rsinfo, SdrReader *reader, const Elements *args, int i)
{
	const Elements *kinds = &args[0];
	const Elements *schemas = &args[1];
	const Elements *names = &args[2];
	SdrEntry   *entry = kinds->nulls[i] || names->nulls[i] ? NULL :
	find_entry(reader, TextDatumGetCString(kinds->values[i]),
			   schemas->nulls[i] ? NULL :
			   TextDatumGetCString(schemas->values[i]),
			   TextDatumGetCString(names->values[i]));

	if (entry != NULL)
	{
		Oid			catalog = sdr_catalog_of(entry->item.kind->id);
		char	   *columns = columns_text(reader,
										   relation_of(reader, catalog,
													   entry->oid));
		Datum		values[6] = {kinds->values[i], schemas->values[i],
			names->values[i], ObjectIdGetDatum(catalog),
		ObjectIdGetDatum(entry->oid)};
		bool		nulls[6] = {false, schemas->nulls[i]};

		nulls[5] = columns == NULL;
		if (columns != NULL)
			values[5] = DirectFunctionCall1(jsonb_in, CStringGetDatum(columns));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/*
 * schemadrift_object_ids(kinds text[], schemas text[], names text[]) - a row
 * for each of these objects that exists, with its oid and those numbers of its
 * columns.
 */
Datum
schemadrift_object_ids(PG_FUNCTION_ARGS)
{
	Elements	args[3];

	args[0] = elements_arg(fcinfo, 0, TEXTOID, -1);
	args[1] = elements_arg(fcinfo, 1, TEXTOID, args[0].n);
	args[2] = elements_arg(fcinfo, 2, TEXTOID, args[0].n);
	return put_rows(fcinfo, args, put_ids);
}

static void
put_name(ReturnSetInfo *rsinfo, SdrReader *reader, const Elements *args, int i)
{
	ObjectAddress address;
	SdrEntry   *entry = NULL;

	if (!args[0].nulls[i] && !args[1].nulls[i])
	{
		ObjectAddressSet(address, DatumGetObjectId(args[0].values[i]),
						 DatumGetObjectId(args[1].values[i]));
		entry = sdr_entry_of(reader, &address);
	}
	if (entry != NULL)
	{
		const SdrName *schema = OidIsValid(entry->namespace) ?
		sdr_name(reader, NamespaceRelationId, entry->namespace) : NULL;
		Datum		values[5] = {args[0].values[i], args[1].values[i],
			CStringGetTextDatum(entry->item.kind->name), (Datum) 0,
		CStringGetTextDatum(entry->item.name)};
		bool		nulls[5] = {false};

		nulls[3] = schema == NULL;
		if (schema != NULL)
			values[3] = CStringGetTextDatum(schema->name);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/*
 * schemadrift_object_names(class_ids oid[], object_ids oid[]) - a row for each
 * of these objects that exists, with what it is called.
 */
Datum
schemadrift_object_names(PG_FUNCTION_ARGS)
{
	Elements	args[2];

	args[0] = elements_arg(fcinfo, 0, OIDOID, -1);
	args[1] = elements_arg(fcinfo, 1, OIDOID, args[0].n);
	return put_rows(fcinfo, args, put_name);
}
