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

#include "catalog/live.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_object_ids);
PG_FUNCTION_INFO_V1(schemadrift_object_names);

/* An array argument, taken apart; its length must be that of the first. */
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
		return elements;
	if (type == TEXTOID)
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

/* Its parts by what they are known by, as jsonb. */
static Datum
parts_of(SdrReader *reader, const SdrEntry *entry, bool *isnull)
{
	char	   *parts = sdr_part_ids(reader,
									 sdr_catalog_of(entry->item.kind->id),
									 entry->oid);

	*isnull = parts == NULL;
	return parts == NULL ? (Datum) 0 :
		DirectFunctionCall1(jsonb_in, CStringGetDatum(parts));
}

/*
 * schemadrift_object_ids(kinds text[], schemas text[], names text[]) - a row
 * for each of these objects that exists, with its oid and what its parts are
 * known by.
 */
Datum
schemadrift_object_ids(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Elements	kinds = elements_arg(fcinfo, 0, TEXTOID, -1);
	Elements	schemas = elements_arg(fcinfo, 1, TEXTOID, kinds.n);
	Elements	names = elements_arg(fcinfo, 2, TEXTOID, kinds.n);
	MemoryContext context;
	SdrReader  *reader;

	InitMaterializedSRF(fcinfo, 0);
	reader = sdr_reader_open();
	reader->kinds = SDR_ALL_KINDS;
	context = AllocSetContextCreate(CurrentMemoryContext, "schemadrift object",
									ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < kinds.n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		SdrEntry   *entry;

		CHECK_FOR_INTERRUPTS();
		entry = kinds.nulls[i] || names.nulls[i] ? NULL :
			find_entry(reader, TextDatumGetCString(kinds.values[i]),
					   schemas.nulls[i] ? NULL :
					   TextDatumGetCString(schemas.values[i]),
					   TextDatumGetCString(names.values[i]));
		if (entry != NULL)
		{
			Datum		values[6] = {kinds.values[i], schemas.values[i],
				names.values[i],
				ObjectIdGetDatum(sdr_catalog_of(entry->item.kind->id)),
			ObjectIdGetDatum(entry->oid)};
			bool		nulls[6] = {false, schemas.nulls[i]};

			values[5] = parts_of(reader, entry, &nulls[5]);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	sdr_reader_close(reader);
	return (Datum) 0;
}

/*
 * schemadrift_object_names(class_ids oid[], object_ids oid[]) - a row for each
 * of these objects that exists, with what it and its parts are called.
 */
Datum
schemadrift_object_names(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Elements	classes = elements_arg(fcinfo, 0, OIDOID, -1);
	Elements	objects = elements_arg(fcinfo, 1, OIDOID, classes.n);
	MemoryContext context;
	SdrReader  *reader;

	InitMaterializedSRF(fcinfo, 0);
	reader = sdr_reader_open();
	context = AllocSetContextCreate(CurrentMemoryContext, "schemadrift object",
									ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < classes.n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(context);
		ObjectAddress address;
		SdrEntry   *entry;

		CHECK_FOR_INTERRUPTS();
		ObjectAddressSet(address, DatumGetObjectId(classes.values[i]),
						 DatumGetObjectId(objects.values[i]));
		entry = classes.nulls[i] || objects.nulls[i] ? NULL :
			sdr_entry_of(reader, &address);
		if (entry != NULL)
		{
			Datum		values[6] = {classes.values[i], objects.values[i],
				CStringGetTextDatum(entry->item.kind->name), (Datum) 0,
			CStringGetTextDatum(entry->item.name)};
			bool		nulls[6] = {false};

			nulls[3] = !OidIsValid(entry->namespace);
			if (!nulls[3])
				values[3] = CStringGetTextDatum(sdr_name(reader,
														 NamespaceRelationId,
														 entry->namespace)->name);
			values[5] = parts_of(reader, entry, &nulls[5]);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
								 nulls);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	sdr_reader_close(reader);
	return (Datum) 0;
}
