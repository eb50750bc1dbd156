/*-------------------------------------------------------------------------
 *
 * identify.c
 *	  SQL functions between names and oids of top-level objects:
 *	  schemadrift_object_ids(), schemadrift_new_names().
 *
 * Both take many objects at a time, as a reader costs more than a look-up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/pg_namespace.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_object_ids);
PG_FUNCTION_INFO_V1(schemadrift_new_names);

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
elements_arg(FunctionCallInfo fcinfo, int arg, int expected)
{
	Elements	elements = {0};
	ArrayType  *array;
	int16		len;
	bool		by_value;
	char		align;

	if (PG_ARGISNULL(arg))
		elements.n = 0;
	else
	{
		array = PG_GETARG_ARRAYTYPE_P(arg);
		get_typlenbyvalalign(ARR_ELEMTYPE(array), &len, &by_value, &align);
		deconstruct_array(array, ARR_ELEMTYPE(array), len, by_value, align,
						  &elements.values, &elements.nulls, &elements.n);
	}
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
		Datum		values[6] = {kinds->values[i], schemas->values[i],
			names->values[i],
			ObjectIdGetDatum(sdr_catalog_of(entry->item.kind->id)),
		ObjectIdGetDatum(entry->oid)};
		bool		nulls[6] = {false, schemas->nulls[i]};

		values[5] = parts_of(reader, entry, &nulls[5]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/*
 * schemadrift_object_ids(kinds text[], schemas text[], names text[]) - a row
 * for each of these objects that exists, with its oid and what its parts are
 * known by.
 */
Datum
schemadrift_object_ids(PG_FUNCTION_ARGS)
{
	Elements	args[3];

	args[0] = elements_arg(fcinfo, 0, -1);
	args[1] = elements_arg(fcinfo, 1, args[0].n);
	args[2] = elements_arg(fcinfo, 2, args[0].n);
	return put_rows(fcinfo, args, put_ids);
}

/* An array of schemadrift_new_names(); a column of its result, or two. */
enum
{
	KIND, CLASS, OBJECT, SCHEMA, NAME, PARTS, NARRAYS
};

static bool
same_text(Datum a, bool a_null, const char *b)
{
	return a_null || b == NULL ? a_null && b == NULL :
		strcmp(TextDatumGetCString(a), b) == 0;
}

static bool
same_jsonb(Datum a, bool a_null, Datum b, bool b_null)
{
	return a_null || b_null ? a_null && b_null :
		DatumGetInt32(DirectFunctionCall2(jsonb_cmp, a, b)) == 0;
}

/* Put a row about the object at i, if it is there with other names. */
static void
put_new_name(ReturnSetInfo *rsinfo, SdrReader *reader, const Elements *arrays,
			 int i)
{
	Datum		values[8];
	bool		nulls[8];
	ObjectAddress address;
	SdrEntry   *entry;
	const char *schema;
	Datum		old[NARRAYS];
	bool		is_null[NARRAYS];

	for (int j = 0; j < NARRAYS; j++)
	{
		old[j] = arrays[j].values[i];
		is_null[j] = arrays[j].nulls[i];
		if (is_null[j] && j != SCHEMA && j != PARTS)
			return;
	}
	ObjectAddressSet(address, DatumGetObjectId(old[CLASS]),
					 DatumGetObjectId(old[OBJECT]));
	entry = sdr_entry_of(reader, &address);
	if (entry == NULL || !same_text(old[KIND], false, entry->item.kind->name))
		return;
	schema = entry->item.kind->id == SDR_KIND_SCHEMA ? entry->item.name :
		!OidIsValid(entry->namespace) ? NULL :
		sdr_name(reader, NamespaceRelationId, entry->namespace)->name;
	values[7] = parts_of(reader, entry, &nulls[7]);
	if (same_text(old[NAME], false, entry->item.name) &&
		same_text(old[SCHEMA], is_null[SCHEMA], schema) &&
		same_jsonb(old[PARTS], is_null[PARTS], values[7], nulls[7]))
		return;
	memset(nulls, 0, 7);
	values[0] = old[KIND];
	values[1] = old[OBJECT];
	values[2] = old[SCHEMA];
	nulls[2] = is_null[SCHEMA];
	values[3] = old[NAME];
	nulls[4] = schema == NULL;
	values[4] = schema == NULL ? (Datum) 0 : CStringGetTextDatum(schema);
	values[5] = CStringGetTextDatum(entry->item.name);
	values[6] = old[PARTS];
	nulls[6] = is_null[PARTS];
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * schemadrift_new_names(kinds text[], class_ids oid[], object_ids oid[],
 * schemas text[], names text[], parts jsonb[]) - a row for each of these
 * objects that is there and is called otherwise, or of which a part may be.
 */
Datum
schemadrift_new_names(PG_FUNCTION_ARGS)
{
	Elements	arrays[NARRAYS];

	for (int i = 0; i < NARRAYS; i++)
		arrays[i] = elements_arg(fcinfo, i, i == 0 ? -1 : arrays[0].n);
	return put_rows(fcinfo, arrays, put_new_name);
}
