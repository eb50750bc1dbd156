/*-------------------------------------------------------------------------
 *
 * places.c
 *	  The places that an observation of some objects is about.
 *
 * What was renamed is expected at another place than where it is.  Whoever
 * compares the one must compare the other, and so on where names have changed
 * places.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "observe/watch.h"
#include "record/record.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"

#define RENAMED_SQL \
	"SELECT jsonb_build_object('renamed', coalesce(jsonb_agg(option), '[]'))," \
	" coalesce(array_agg(object_id), '{}') FROM schemadrift_renames($1)"

/* What RENAMED_SQL returns, in the context given. */
typedef struct Renamed
{
	MemoryContext context;
	Datum		values[2];
} Renamed;

static void
copy_renamed(void *arg, HeapTuple tuple, TupleDesc desc)
{
	Renamed    *result = arg;
	MemoryContext old = MemoryContextSwitchTo(result->context);

	for (int i = 0; i < lengthof(result->values); i++)
	{
		bool		isnull;

		result->values[i] = PointerGetDatum(PG_DETOAST_DATUM_COPY(heap_getattr(tuple, i + 1, desc, &isnull)));
	}
	MemoryContextSwitchTo(old);
}

Jsonb *
sdr_observe_renamed(bool all, const List *objects, Datum *renamed)
{
	Renamed		result = {.context = CurrentMemoryContext};
	Oid			type = OIDARRAYOID;
	int			n = list_length(objects);
	Datum	   *oids = palloc(sizeof(Datum) * Max(n, 1));
	Datum		array;

	for (int i = 0; i < n; i++)
		oids[i] = ObjectIdGetDatum(list_nth_oid(objects, i));
	array = PointerGetDatum(construct_array(oids, n, OIDOID, sizeof(Oid), true,
											TYPALIGN_INT));
	(void) sdr_query(RENAMED_SQL, 1, &type, &array, all ? "n" : " ",
					 copy_renamed, &result);
	*renamed = result.values[1];
	return DatumGetJsonbP(result.values[0]);
}

List *
sdr_observe_add_objects(List *objects, Datum more)
{
	Datum	   *oids;
	bool	   *nulls;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(more), OIDOID, sizeof(Oid), true,
					  TYPALIGN_INT, &oids, &nulls, &n);
	for (int i = 0; i < n; i++)
		objects = lappend_oid(objects, DatumGetObjectId(oids[i]));
	return objects;
}

/* ---------- places ---------- */

static int
compare_places(const ListCell *a, const ListCell *b)
{
	const SdrPlace *x = lfirst(a);
	const SdrPlace *y = lfirst(b);

	if (x->namespace != y->namespace)
		return x->namespace < y->namespace ? -1 : 1;
	return strcmp(x->name, y->name);
}

static List *
without_duplicates(List *places)
{
	List	   *result = NIL;

	list_sort(places, compare_places);
	for (int i = 0; i < list_length(places); i++)
	{
		if (i == 0 || compare_places(list_nth_cell(places, i),
									 list_nth_cell(places, i - 1)) != 0)
			result = lappend(result, list_nth(places, i));
	}
	return result;
}

static bool
has_place(const List *places, const SdrPlace *wanted)
{
	int			low = 0;
	int			high = list_length(places);

	while (low < high)
	{
		int			middle = (low + high) / 2;
		ListCell	cell = {.ptr_value = unconstify(SdrPlace *, wanted)};
		int			order = compare_places(list_nth_cell(places, middle), &cell);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* The schema as it is called now. */
static const char *
schema_now(const List *renamed, const char *schema)
{
	ListCell   *lc;

	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);

		if (r->kind->id == SDR_KIND_SCHEMA && strcmp(r->old_name, schema) == 0)
			return r->new_name;
	}
	return schema;
}

/* A place in a schema, or with NULL outside; false if there is none such. */
static bool
place_at(SdrReader *reader, const char *schema, const char *name,
		 SdrPlace *place)
{
	place->namespace = schema == NULL ? InvalidOid :
		sdr_find_schema(reader, schema);
	place->name = name;
	return schema == NULL || OidIsValid(place->namespace);
}

List *
sdr_renamed_places(SdrReader *reader, const List *renamed, List *places)
{
	bool		added;

	do
	{
		ListCell   *lc;
		List	   *more = NIL;

		places = without_duplicates(places);
		foreach(lc, renamed)
		{
			const SdrRenamed *r = lfirst(lc);
			SdrPlace   *ends = palloc(sizeof(SdrPlace) * 2);
			bool		exists[2];
			bool		has[2];

			if (r->kind->id == SDR_KIND_SCHEMA)
				continue;
			exists[0] = place_at(reader, r->old_schema == NULL ? NULL :
								 schema_now(renamed, r->old_schema),
								 r->old_name, &ends[0]);
			exists[1] = place_at(reader, r->new_schema, r->new_name, &ends[1]);
			for (int i = 0; i < 2; i++)
				has[i] = exists[i] && has_place(places, &ends[i]);
			for (int i = 0; i < 2; i++)
			{
				if (has[1 - i] && exists[i] && !has[i])
					more = lappend(more, &ends[i]);
			}
		}
		added = more != NIL;
		places = list_concat(places, more);
	} while (added);
	return places;
}

/* ---------- arrays ---------- */

typedef struct Arrays
{
	ArrayBuildState *schemas;
	ArrayBuildState *names;
} Arrays;

static void
begin_arrays(Arrays *arrays)
{
	arrays->schemas = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	arrays->names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
}

static void
add_to_arrays(Arrays *arrays, const char *schema, const char *name)
{
	accumArrayResult(arrays->schemas, schema == NULL ? (Datum) 0 :
					 CStringGetTextDatum(schema), schema == NULL, TEXTOID,
					 CurrentMemoryContext);
	accumArrayResult(arrays->names, CStringGetTextDatum(name), false, TEXTOID,
					 CurrentMemoryContext);
}

static void
end_arrays(const Arrays *arrays, Datum *result)
{
	result[0] = makeArrayResult(arrays->schemas, CurrentMemoryContext);
	result[1] = makeArrayResult(arrays->names, CurrentMemoryContext);
}

static const char *
schema_of(SdrReader *reader, const SdrPlace *place)
{
	const SdrName *name = !OidIsValid(place->namespace) ? NULL :
	sdr_name(reader, NamespaceRelationId, place->namespace);

	return name == NULL ? NULL : name->name;
}

void
sdr_places_arrays(SdrReader *reader, const List *places, Datum *arrays)
{
	Arrays		build;
	ListCell   *lc;

	begin_arrays(&build);
	foreach(lc, places)
		add_to_arrays(&build, schema_of(reader, lfirst(lc)),
					  ((SdrPlace *) lfirst(lc))->name);
	end_arrays(&build, arrays);
}

void
sdr_expected_arrays(SdrReader *reader, const List *places,
					const List *renamed, Datum *arrays)
{
	Arrays		build;
	ListCell   *lc;
	ListCell   *lc2;

	begin_arrays(&build);
	foreach(lc, places)
	{
		const SdrPlace *place = lfirst(lc);
		const char *schema = schema_of(reader, place);
		bool		is_another = false;

		foreach(lc2, renamed)
		{
			const SdrRenamed *r = lfirst(lc2);

			if (schema == NULL || r->kind->id != SDR_KIND_SCHEMA)
				continue;
			is_another = is_another || strcmp(r->old_name, schema) == 0;
			if (strcmp(r->new_name, schema) == 0)
				add_to_arrays(&build, r->old_name, place->name);
		}
		if (!is_another)
			add_to_arrays(&build, schema, place->name);
	}

	/* what has come from a schema that is no more */
	foreach(lc, renamed)
	{
		const SdrRenamed *r = lfirst(lc);
		SdrPlace	place;

		if (r->kind->id != SDR_KIND_SCHEMA && r->old_schema != NULL &&
			place_at(reader, r->new_schema, r->new_name, &place) &&
			has_place(places, &place) &&
			!place_at(reader, schema_now(renamed, r->old_schema), r->old_name,
					  &place))
			add_to_arrays(&build, r->old_schema, r->old_name);
	}
	end_arrays(&build, arrays);
}
