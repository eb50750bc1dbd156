/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Extended statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_statistic_ext.h"
#include "nodes/readfuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"

static bool
statistics_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	FormData_pg_class class;

	/* those of a temporary table can be in any schema */
	if (sdr_relation_form(reader, form->stxrelid, &class) &&
		class.relpersistence == RELPERSISTENCE_TEMP)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_STATISTICS);
	entry->item.name = pstrdup(NameStr(form->stxname));
	return true;
}

/* Not listed: what the server keeps for expressions, whether asked or not. */
static const struct
{
	char		kind;
	char	   *name;
}			stxkinds[] = {
	{STATS_EXT_NDISTINCT, "ndistinct"},
	{STATS_EXT_DEPENDENCIES, "dependencies"},
	{STATS_EXT_MCV, "mcv"},
};

static Datum
get(SdrReader *reader, HeapTuple tuple, AttrNumber attr, bool *isnull)
{
	return sdr_get(reader, StatisticExtRelationId, tuple, attr, isnull);
}

static List *
read_kinds(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	ArrayType  *array = DatumGetArrayTypeP(get(reader, tuple,
											   Anum_pg_statistic_ext_stxkind,
											   &isnull));
	List	   *kinds = NIL;

	for (int i = 0; i < lengthof(stxkinds); i++)
	{
		if (memchr(ARR_DATA_PTR(array), stxkinds[i].kind,
				   ARR_DIMS(array)[0]) != NULL)
			kinds = lappend(kinds, stxkinds[i].name);
	}
	return kinds;
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

static List *
read_columns(SdrRelation *relation, const int2vector *keys)
{
	List	   *columns = NIL;

	for (int i = 0; i < keys->dim1; i++)
	{
		AttrNumber	attnum = keys->values[i];

		if (attnum > 0 && attnum <= relation->natts &&
			!relation->columns[attnum - 1].dropped)
			columns = lappend(columns, relation->columns[attnum - 1].name);
	}
	list_sort(columns, compare_names);
	return columns;
}

static List *
read_expressions(SdrRelation *relation, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = get(relation->reader, tuple,
							Anum_pg_statistic_ext_stxexprs, &isnull);
	List	   *expressions = NIL;
	char	   *stored;
	ListCell   *lc;

	if (isnull)
		return NIL;
	stored = TextDatumGetCString(value);
	foreach(lc, (List *) stringToNode(stored))
	{
		Node	   *node = lfirst(lc);
		const char *text = sdr_deparse_node(relation, node, stored);

		expressions = lappend(expressions,
							  unconstify(char *, sdr_index_expression(text,
																	  node)));
	}
	return expressions;
}

static void
statistics_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);
	SdrRelation *relation = palloc0(sizeof(SdrRelation));
	FormData_pg_class class;
	Datum		target;
	bool		isnull;

	if (!sdr_relation_form(reader, form->stxrelid, &class))
	{
		sdr_reader_gone(reader);
		return;
	}
	relation->reader = reader;
	relation->object = object;
	relation->oid = form->stxrelid;
	relation->name = pstrdup(NameStr(class.relname));
	relation->natts = class.relnatts;
	(void) sdr_columns_gather(relation);

	/* expressions are over the columns of this table */
	object->oid = form->stxrelid;

	sdr_set_text(object, SDR_STATISTICS_TABLE,
				 sdr_name_text(reader, RelationRelationId, form->stxrelid));
	sdr_set_list(object, SDR_STATISTICS_KINDS, read_kinds(reader, tuple));
	sdr_set_list(object, SDR_STATISTICS_COLUMNS,
				 read_columns(relation, &form->stxkeys));
	sdr_set_list(object, SDR_STATISTICS_EXPRESSIONS,
				 read_expressions(relation, tuple));

	/* 32 bits until PostgreSQL 16, where -1 is for the default; 16 bits since */
	target = get(reader, tuple, Anum_pg_statistic_ext_stxstattarget, &isnull);
	if (isnull || DatumGetInt16(target) < 0)
		sdr_set_text(object, SDR_STATISTICS_STATISTICS_TARGET, NULL);
	else
		sdr_set_int(object, SDR_STATISTICS_STATISTICS_TARGET,
					DatumGetInt16(target));
}

const SdrFamily sdr_statistics_family = {
	.kinds = SDR_IN(STATISTICS),
	.catalog = StatisticExtRelationId,
	.name_index = StatisticExtNameIndexId,
	.identify = statistics_identify,
	.read = statistics_read,
};
