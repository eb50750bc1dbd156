/*-------------------------------------------------------------------------
 *
 * index.c
 *	  Indexes, and partition keys, which are written alike.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_tablespace.h"
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/*
 * An expression as an index element: in parentheses, unless it looks like a
 * function call (looks_like_function() of utils/adt/ruleutils.c).
 */
const char *
sdr_index_expression(const char *text, Node *node)
{
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcformat == COERCE_EXPLICIT_CALL ||
				((FuncExpr *) node)->funcformat == COERCE_SQL_SYNTAX)
				return text;
			break;
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_NullIfExpr:
		case T_SQLValueFunction:
		case T_XmlExpr:
			return text;
		default:
			break;
	}
	return psprintf("(%s)", text);
}

/*
 * An index element as SQL: with collation, operator class, its options and
 * the order, each only where it is not the default.
 */
const char *
sdr_index_element(SdrReader *reader, const SdrIndexElement *element)
{
	StringInfoData buf;
	bool		desc = (element->order & INDOPTION_DESC) != 0;
	bool		nulls_first = (element->order & INDOPTION_NULLS_FIRST) != 0;

	initStringInfo(&buf);
	appendStringInfoString(&buf, element->text);
	if (OidIsValid(element->collation) &&
		element->collation != element->own_collation)
		appendStringInfo(&buf, " COLLATE %s",
						 sdr_name_text(reader, CollationRelationId,
									   element->collation));
	if (OidIsValid(element->opclass) &&
		(element->opclass_options != NIL ||
		 !sdr_opclass_is_default(reader, element->opclass, element->type)))
		appendStringInfo(&buf, " %s",
						 sdr_name_text(reader, OperatorClassRelationId,
									   element->opclass));
	if (element->opclass_options != NIL)
	{
		ListCell   *lc;

		appendStringInfoString(&buf, " (");
		foreach(lc, element->opclass_options)
		{
			SdrPair    *pair = lfirst(lc);

			appendStringInfo(&buf, "%s%s=%s",
							 foreach_current_index(lc) > 0 ? ", " : "",
							 quote_identifier(pair->key),
							 quote_literal_cstr(pair->value));
		}
		appendStringInfoChar(&buf, ')');
	}
	if (desc)
		appendStringInfoString(&buf, " DESC");
	if (nulls_first != desc)
		appendStringInfoString(&buf, nulls_first ? " NULLS FIRST" :
							   " NULLS LAST");
	return buf.data;
}

/* The expressions of a key, in the order of the elements that have one. */
typedef struct Expressions
{
	const char *stored;
	List	   *nodes;
	int			next;
} Expressions;

static void
read_expressions(Expressions *expressions, Datum value, bool isnull)
{
	expressions->stored = isnull ? "" : TextDatumGetCString(value);
	expressions->nodes = isnull ? NIL : stringToNode(expressions->stored);
	expressions->next = 0;
}

/* Text, type and collation of the next element, a column or expression. */
static void
describe_element(SdrRelation *relation, AttrNumber attnum,
				 Expressions *expressions, SdrIndexElement *element)
{
	if (attnum > 0 && attnum <= relation->natts)
	{
		SdrColumn  *column = &relation->columns[attnum - 1];

		element->text = column->dropped ? "" : quote_identifier(column->name);
		element->type = column->type;
		element->own_collation = column->collation;
	}
	else if (expressions->next < list_length(expressions->nodes))
	{
		Node	   *node = list_nth(expressions->nodes, expressions->next++);
		const char *text = sdr_deparse_node(relation, node,
											expressions->stored);

		element->type = exprType(node);
		element->own_collation = exprCollation(node);
		element->text = sdr_index_expression(text, node);
	}
	else
		elog(ERROR, "too few expressions in the key of relation %u",
			 relation->oid);
}

/* Collect the relation's indexes. */
List *
sdr_indexes_gather(SdrRelation *relation)
{
	SdrReader  *reader = relation->reader;
	SysScanDesc scan = sdr_scan_oid(reader, IndexRelationId,
									IndexIndrelidIndexId,
									Anum_pg_index_indrelid, relation->oid);
	List	   *indexes = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		SdrIndex   *index = palloc0(sizeof(SdrIndex));

		index->oid = ((Form_pg_index) GETSTRUCT(tuple))->indexrelid;
		index->index_tuple = heap_copytuple(tuple);
		index->class_tuple = sdr_fetch(reader, RelationRelationId,
									   ClassOidIndexId, Anum_pg_class_oid,
									   index->oid);
		if (HeapTupleIsValid(index->class_tuple))
			indexes = lappend(indexes, index);
		else
			sdr_reader_gone(reader);
	}
	systable_endscan(scan);
	return indexes;
}

/* A column of the index's row in pg_index. */
Datum
sdr_index_attr(SdrRelation *relation, SdrIndex *index, AttrNumber attr,
			   bool *isnull)
{
	return sdr_get(relation->reader, IndexRelationId, index->index_tuple, attr,
				   isnull);
}

/* The tablespace of a relation; NULL for that of the database. */
const char *
sdr_tablespace(SdrReader *reader, HeapTuple class_tuple)
{
	Oid			tablespace = ((Form_pg_class) GETSTRUCT(class_tuple))->reltablespace;
	const SdrName *name;

	if (!OidIsValid(tablespace))
		return NULL;
	name = sdr_name(reader, TableSpaceRelationId, tablespace);
	if (name == NULL)
		sdr_reader_gone(reader);
	return name == NULL ? NULL : pstrdup(name->name);
}

static const char *
index_name(SdrIndex *index)
{
	return NameStr(((Form_pg_class) GETSTRUCT(index->class_tuple))->relname);
}

/* The index that CLUSTER uses; NULL if none is set. */
const char *
sdr_index_clustered(List *indexes)
{
	ListCell   *lc;

	foreach(lc, indexes)
	{
		SdrIndex   *index = lfirst(lc);

		if (((Form_pg_index) GETSTRUCT(index->index_tuple))->indisclustered)
			return index_name(index);
	}
	return NULL;
}

/* REPLICA IDENTITY of a table. */
const char *
sdr_replica_identity(HeapTuple class_tuple, List *indexes)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(class_tuple);
	ListCell   *lc;

	/* foreign tables have no choice, and the server says nothing for them */
	if (form->relkind == RELKIND_FOREIGN_TABLE)
		return "default";
	switch (form->relreplident)
	{
		case REPLICA_IDENTITY_NOTHING:
			return "nothing";
		case REPLICA_IDENTITY_FULL:
			return "full";
		case REPLICA_IDENTITY_INDEX:
			foreach(lc, indexes)
			{
				SdrIndex   *index = lfirst(lc);

				if (((Form_pg_index) GETSTRUCT(index->index_tuple))->indisreplident)
					return psprintf("index %s",
									quote_identifier(index_name(index)));
			}
			/* its index was dropped, which leaves it with none */
			return "nothing";
		default:
			return "default";
	}
}

/*
 * Statistics targets of an index's expressions, by position.  Those of columns
 * cannot be set.
 */
List *
sdr_index_statistics(SdrRelation *relation, SdrIndex *index)
{
	SdrReader  *reader = relation->reader;
	List	   *map = NIL;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		isnull;

	(void) sdr_index_attr(relation, index, Anum_pg_index_indexprs, &isnull);
	if (isnull)
		return NIL;
	scan = sdr_scan_oid(reader, AttributeRelationId, AttributeRelidNumIndexId,
						Anum_pg_attribute_attrelid, index->oid);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int			target;

		if (sdr_statistics_target(reader, tuple, &target))
			map = sdr_map_add(map,
							  psprintf("%d", ((Form_pg_attribute) GETSTRUCT(tuple))->attnum),
							  psprintf("%d", target));
	}
	systable_endscan(scan);
	return map;
}

/* Options of the operator classes, by position; most indexes have none. */
static void
read_opclass_options(SdrReader *reader, Oid index, List **options, int n)
{
	SysScanDesc scan = sdr_scan_oid(reader, AttributeRelationId,
									AttributeRelidNumIndexId,
									Anum_pg_attribute_attrelid, index);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int			i = ((Form_pg_attribute) GETSTRUCT(tuple))->attnum - 1;
		bool		isnull;
		Datum		value = sdr_get(reader, AttributeRelationId, tuple,
									Anum_pg_attribute_attoptions, &isnull);

		if (i >= 0 && i < n)
			options[i] = sdr_options(value, isnull);
	}
	systable_endscan(scan);
}

/* The key elements of an index as SQL. */
List *
sdr_index_keys(SdrRelation *relation, SdrIndex *index)
{
	SdrReader  *reader = relation->reader;
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->index_tuple);
	List	  **options = palloc0(sizeof(List *) * form->indnatts);
	Expressions expressions;
	List	   *keys = NIL;
	oidvector  *opclasses;
	oidvector  *collations;
	int2vector *orders;
	bool		isnull;
	Datum		value;

	opclasses = (oidvector *) DatumGetPointer(sdr_index_attr(relation, index,
															 Anum_pg_index_indclass,
															 &isnull));
	collations = (oidvector *) DatumGetPointer(sdr_index_attr(relation, index,
															  Anum_pg_index_indcollation,
															  &isnull));
	orders = (int2vector *) DatumGetPointer(sdr_index_attr(relation, index,
														   Anum_pg_index_indoption,
														   &isnull));
	value = sdr_index_attr(relation, index, Anum_pg_index_indexprs, &isnull);
	read_expressions(&expressions, value, isnull);
	read_opclass_options(reader, index->oid, options, form->indnatts);

	for (int i = 0; i < form->indnkeyatts; i++)
	{
		SdrIndexElement element = {0};
		AttrNumber	attnum = form->indkey.values[i];

		describe_element(relation, attnum, &expressions, &element);
		element.collation = collations->values[i];
		element.opclass = opclasses->values[i];
		element.opclass_options = options[i];
		element.order = orders->values[i];
		keys = lappend(keys, unconstify(char *, sdr_index_element(reader,
																  &element)));
	}
	return keys;
}

/* The INCLUDE columns of an index. */
List *
sdr_index_include(SdrRelation *relation, SdrIndex *index)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->index_tuple);
	List	   *include = NIL;

	for (int i = form->indnkeyatts; i < form->indnatts; i++)
	{
		AttrNumber	attnum = form->indkey.values[i];

		if (attnum > 0 && attnum <= relation->natts &&
			!relation->columns[attnum - 1].dropped)
			include = lappend(include, relation->columns[attnum - 1].name);
	}
	return include;
}

/* The partitioned index that this one is attached to; NULL if none. */
const char *
sdr_index_parent(SdrReader *reader, SdrIndex *index)
{
	SysScanDesc scan;
	HeapTuple	tuple;
	const char *parent = NULL;

	if (!((Form_pg_class) GETSTRUCT(index->class_tuple))->relispartition)
		return NULL;
	scan = sdr_scan_oid(reader, InheritsRelationId, InheritsRelidSeqnoIndexId,
						Anum_pg_inherits_inhrelid, index->oid);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		parent = sdr_name_text(reader, RelationRelationId,
							   ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
	systable_endscan(scan);
	return parent;
}

static void
read_index(SdrRelation *relation, SdrIndex *index)
{
	SdrReader  *reader = relation->reader;
	Form_pg_class class_form = (Form_pg_class) GETSTRUCT(index->class_tuple);
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index->index_tuple);
	const SdrName *method = sdr_name(reader, AccessMethodRelationId,
									 class_form->relam);
	SdrObject  *object;
	Datum		value;
	bool		isnull;

	object = sdr_object_new(SDR_KIND_INDEX, pstrdup(NameStr(class_form->relname)),
							relation->object);
	sdr_set_list(object, SDR_INDEX_KEYS, sdr_index_keys(relation, index));
	sdr_set_bool(object, SDR_INDEX_UNIQUE, form->indisunique);
	sdr_set_bool(object, SDR_INDEX_NULLS_NOT_DISTINCT,
				 form->indnullsnotdistinct);
	if (method == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, SDR_INDEX_METHOD, pstrdup(method->name));
	sdr_set_list(object, SDR_INDEX_INCLUDE, sdr_index_include(relation, index));
	value = sdr_index_attr(relation, index, Anum_pg_index_indpred, &isnull);
	sdr_set_text(object, SDR_INDEX_WHERE,
				 isnull ? NULL : sdr_deparse(relation, value));
	value = sdr_get(reader, RelationRelationId, index->class_tuple,
					Anum_pg_class_reloptions, &isnull);
	sdr_set_map(object, SDR_INDEX_OPTIONS, sdr_options(value, isnull));
	sdr_set_text(object, SDR_INDEX_PARTITION_OF, sdr_index_parent(reader, index));
	sdr_set_bool(object, SDR_INDEX_VALID, form->indisvalid);
	sdr_set_map(object, SDR_INDEX_STATISTICS,
				sdr_index_statistics(relation, index));
	sdr_set_text(object, SDR_INDEX_TABLESPACE,
				 sdr_tablespace(reader, index->class_tuple));
	sdr_common_read(reader, object, RelationRelationId, index->oid, 0,
					index->class_tuple);
}

/* Read the indexes that are not part of a constraint. */
void
sdr_indexes_read(SdrRelation *relation, List *indexes)
{
	ListCell   *lc;

	foreach(lc, indexes)
	{
		SdrIndex   *index = lfirst(lc);

		if (!index->of_constraint)
			read_index(relation, index);
	}
}

/* A partition strategy as SQL writes it. */
const char *
sdr_partition_strategy(char strategy)
{
	switch (strategy)
	{
		case PARTITION_STRATEGY_HASH:
			return "HASH";
		case PARTITION_STRATEGY_LIST:
			return "LIST";
		case PARTITION_STRATEGY_RANGE:
			return "RANGE";
	}
	elog(ERROR, "unrecognized partition strategy: %c", strategy);
}

/* What follows PARTITION BY. */
const char *
sdr_partition_key(SdrRelation *relation)
{
	SdrReader  *reader = relation->reader;
	HeapTuple	tuple = sdr_fetch(reader, PartitionedRelationId,
								  PartitionedRelidIndexId,
								  Anum_pg_partitioned_table_partrelid,
								  relation->oid);
	Form_pg_partitioned_table form;
	oidvector  *opclasses;
	oidvector  *collations;
	Expressions expressions;
	StringInfoData buf;
	Datum		value;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return "";
	}
	form = (Form_pg_partitioned_table) GETSTRUCT(tuple);
	value = sdr_get(reader, PartitionedRelationId, tuple,
					Anum_pg_partitioned_table_partclass, &isnull);
	opclasses = (oidvector *) DatumGetPointer(value);
	value = sdr_get(reader, PartitionedRelationId, tuple,
					Anum_pg_partitioned_table_partcollation, &isnull);
	collations = (oidvector *) DatumGetPointer(value);
	value = sdr_get(reader, PartitionedRelationId, tuple,
					Anum_pg_partitioned_table_partexprs, &isnull);
	read_expressions(&expressions, value, isnull);

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s (", sdr_partition_strategy(form->partstrat));
	for (int i = 0; i < form->partnatts; i++)
	{
		SdrIndexElement element = {0};
		AttrNumber	attnum = form->partattrs.values[i];

		describe_element(relation, attnum, &expressions, &element);
		element.collation = collations->values[i];
		element.opclass = opclasses->values[i];
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 sdr_index_element(reader, &element));
	}
	appendStringInfoChar(&buf, ')');
	return buf.data;
}
