/*-------------------------------------------------------------------------
 *
 * canonical_index.c
 *	  Elements of indexes and partition keys that people write.
 *
 * These run where canonical.c asks its questions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/canonical.h"
#include "catalog/namespace.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "commands/defrem.h"
#include "compat.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * A column in parentheses, with or without COLLATE, is a column to the server
 * (ComputeIndexAttrs() of commands/indexcmds.c).
 */
static void
unwrap_column(SdrQuestion *question, SdrIndexElement *element, Node **node)
{
	Node	   *inner = *node;
	Form_pg_attribute att;

	while (IsA(inner, CollateExpr))
		inner = (Node *) ((CollateExpr *) inner)->arg;
	if (!IsA(inner, Var) || ((Var *) inner)->varattno <= 0)
		return;
	att = TupleDescAttr(RelationGetDescr(question->rel),
						((Var *) inner)->varattno - 1);
	element->text = quote_identifier(pstrdup(NameStr(att->attname)));
	element->collation = exprCollation(*node);
	element->own_collation = att->attcollation;
	*node = NULL;
}

/* Names and expression of an index or partition key element, resolved. */
static void
resolve_element(SdrQuestion *question, const char *name, Node *expr,
				List *collation, List *opclass, const char *method,
				SdrIndexElement *element, Node **node)
{
	if (name != NULL)
	{
		AttrNumber	attnum = get_attnum(RelationGetRelid(question->rel), name);
		Form_pg_attribute att;

		if (attnum <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" does not exist", name)));
		att = TupleDescAttr(RelationGetDescr(question->rel), attnum - 1);
		element->text = quote_identifier(name);
		element->type = att->atttypid;
		element->own_collation = att->attcollation;
	}
	else
	{
		ParseState *pstate = sdr_question_state(question);

		*node = transformExpr(pstate, expr, EXPR_KIND_INDEX_EXPRESSION);
		assign_expr_collations(pstate, *node);
		element->type = exprType(*node);
		element->own_collation = exprCollation(*node);
		unwrap_column(question, element, node);
	}
	if (collation != NIL)
		element->collation = get_collation_oid(collation, false);
	if (opclass != NIL)
		element->opclass = ResolveOpClass(opclass, element->type, method,
										  get_am_oid(method, false));
}

/* The element as SQL, once the search_path is that of deparsing. */
static const char *
element_text(SdrQuestion *question, SdrIndexElement *element, Node *node)
{
	if (node != NULL)
		element->text = sdr_index_expression(sdr_question_text(question, node), node);
	return sdr_index_element(question->reader, element);
}

static const char *
index_method(const SdrObject *object)
{
	SdrAttrId	attr = sdr_attr_by_name(object->kind, "method", 6);
	const SdrValue *value;

	/* expressions of statistics have no method */
	if (attr == SDR_ATTR_NONE)
		return "btree";
	value = sdr_value(object, attr);
	return value->tag == SDR_VALUE_TEXT ? value->u.text : "btree";
}

static int16
sort_order(const IndexElem *elem)
{
	bool		desc = elem->ordering == SORTBY_DESC;
	bool		nulls_first = elem->nulls_ordering == SORTBY_NULLS_DEFAULT ?
	desc : elem->nulls_ordering == SORTBY_NULLS_FIRST;

	return (desc ? INDOPTION_DESC : 0) |
		(nulls_first ? INDOPTION_NULLS_FIRST : 0);
}

const SdrWrapping sdr_key_wrapping = {"CREATE INDEX ON x (", ")",
RAW_PARSE_DEFAULT};

void
sdr_ask_key(SdrQuestion *question)
{
	IndexStmt  *stmt = castNode(IndexStmt, sdr_parse_wrapped(&sdr_key_wrapping,
															 question->expected));
	SdrIndexElement element = {0};
	IndexElem  *elem;
	Node	   *node = NULL;
	ListCell   *lc;

	if (list_length(stmt->indexParams) != 1 || stmt->whereClause != NULL ||
		stmt->indexIncludingParams != NIL || stmt->options != NIL ||
		stmt->tableSpace != NULL)
		return;
	elem = linitial_node(IndexElem, stmt->indexParams);
	resolve_element(question, elem->name, elem->expr, elem->collation,
					elem->opclass, index_method(question->actual), &element,
					&node);
	foreach(lc, elem->opclassopts)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		element.opclass_options = sdr_map_add(element.opclass_options,
											  def->defname, defGetString(def));
	}
	element.order = sort_order(elem);
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, element_text(question, &element, node));
}

const SdrWrapping sdr_partkey_wrapping = {"CREATE TABLE x () PARTITION BY ",
"", RAW_PARSE_DEFAULT};

void
sdr_ask_partition_key(SdrQuestion *question)
{
	CreateStmt *stmt = castNode(CreateStmt, sdr_parse_wrapped(&sdr_partkey_wrapping,
															  question->expected));
	int			n = list_length(stmt->partspec->partParams);
	SdrIndexElement *elements = palloc0(sizeof(SdrIndexElement) * n);
	Node	  **nodes = palloc0(sizeof(Node *) * n);
	char		strategy = sdr_compat_partition_strategy(stmt->partspec);
	StringInfoData buf;

	if (stmt->options != NIL || stmt->tablespacename != NULL ||
		stmt->accessMethod != NULL)
		return;
	for (int i = 0; i < n; i++)
	{
		PartitionElem *elem = list_nth_node(PartitionElem,
											stmt->partspec->partParams, i);

		resolve_element(question, elem->name, elem->expr, elem->collation,
						elem->opclass,
						strategy == PARTITION_STRATEGY_HASH ? "hash" : "btree",
						&elements[i], &nodes[i]);
	}

	sdr_set_search_path("pg_catalog, pg_temp");
	initStringInfo(&buf);
	appendStringInfo(&buf, "%s (", sdr_partition_strategy(strategy));
	for (int i = 0; i < n; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "",
						 element_text(question, &elements[i], nodes[i]));
	appendStringInfoChar(&buf, ')');
	sdr_answer(question, buf.data);
}
