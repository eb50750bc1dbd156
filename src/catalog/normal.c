/*-------------------------------------------------------------------------
 *
 * normal.c
 *	  Expressions and queries in the form that the server would store had it
 *	  read them from its own text.
 *
 * What pg_dump writes is what the deparser makes of a stored expression, and
 * after psql has read it the stored expression can be another one that means
 * the same: the parser takes shorter ways for what it meets again.  Deparsing
 * the normal form gives the same text before and after.  Known are
 *
 * - a cast of ARRAY[...], which the parser does to each element.  A check of
 *	 the form  varchar_column IN ('a', 'b')  has one;
 * - AND in front of AND, and OR in front of OR, which the grammar makes one,
 *	 as in  a BETWEEN 1 AND 2 AND b;
 * - names of output columns that nobody can refer to, such as those of a
 *	 subquery in an expression: 'a'  has none,  'a'::text  is called text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"

static Node *normal_mutator(Node *node, void *context);

/* Put the element in place of what stands for it in the cast of an array. */
static Node *
replace_element_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	if (IsA(node, CaseTestExpr))
		return copyObject((Node *) context);
	return sdr_compat_expression_tree_mutator(node, replace_element_mutator,
											  context);
}

/*
 * The deparser shows the implicit cast of an element, but not one inside of
 * another cast.
 */
static Node *
make_explicit(Node *node)
{
	CoercionForm *format = NULL;

	if (IsA(node, FuncExpr))
		format = &((FuncExpr *) node)->funcformat;
	else if (IsA(node, RelabelType))
		format = &((RelabelType *) node)->relabelformat;
	else if (IsA(node, CoerceViaIO))
		format = &((CoerceViaIO *) node)->coerceformat;
	else if (IsA(node, ArrayCoerceExpr))
		format = &((ArrayCoerceExpr *) node)->coerceformat;
	else if (IsA(node, ConvertRowtypeExpr))
		format = &((ConvertRowtypeExpr *) node)->convertformat;
	else if (IsA(node, CoerceToDomain))
		format = &((CoerceToDomain *) node)->coercionformat;
	if (format != NULL && *format == COERCE_IMPLICIT_CAST)
		*format = COERCE_EXPLICIT_CAST;
	return node;
}

/* One element of ARRAY[...] with the cast that was on the whole. */
static Node *
cast_element(Node *element, const ArrayCoerceExpr *cast, bool is_array)
{
	ArrayCoerceExpr *outer;

	/* the cast goes below COLLATE, which vanishes where it makes no sense */
	if (IsA(element, CollateExpr))
	{
		CollateExpr *collate = (CollateExpr *) element;

		while (IsA(collate->arg, CollateExpr))
			collate->arg = ((CollateExpr *) collate->arg)->arg;
		collate->arg = (Expr *) cast_element((Node *) collate->arg, cast,
											 is_array);
		return type_is_collatable(get_element_type(cast->resulttype)) ?
			element : (Node *) collate->arg;
	}
	if (!is_array)
	{
		/* done already, as the parser sees */
		if (cast->resulttypmod >= 0 &&
			exprTypmod(element) == cast->resulttypmod &&
			exprType(element) == get_element_type(cast->resulttype))
			return element;
		return replace_element_mutator((Node *) cast->elemexpr,
									   make_explicit(element));
	}
	outer = makeNode(ArrayCoerceExpr);
	memcpy(outer, cast, sizeof(ArrayCoerceExpr));
	outer->arg = (Expr *) make_explicit(element);
	outer->coerceformat = COERCE_EXPLICIT_CAST;
	return (Node *) outer;
}

/* CAST(ARRAY[a, b] AS t[]) as ARRAY[CAST(a AS t), CAST(b AS t)] */
static Node *
push_cast(ArrayCoerceExpr *cast)
{
	ArrayExpr  *array = (ArrayExpr *) cast->arg;
	ListCell   *lc;

	/* ARRAY[] is written with a cast of its own */
	if (!IsA(array, ArrayExpr) || array->elements == NIL)
		return (Node *) cast;
	foreach(lc, array->elements)
	{
		Node	   *element = cast_element(lfirst(lc), cast, array->multidims);

		if (IsA(element, ArrayCoerceExpr))
			element = push_cast((ArrayCoerceExpr *) element);
		lfirst(lc) = element;
	}
	array->array_typeid = cast->resulttype;
	array->array_collid = cast->resultcollid;
	array->element_typeid = get_element_type(cast->resulttype);
	return (Node *) array;
}

/* (a AND b) AND c as a AND b AND c; the grammar looks to the left only. */
static Node *
flatten(BoolExpr *expression)
{
	BoolExpr   *first = linitial(expression->args);

	if (expression->boolop != NOT_EXPR && IsA(first, BoolExpr) &&
		first->boolop == expression->boolop)
		expression->args = list_concat(list_copy(first->args),
									   list_copy_tail(expression->args, 1));
	return (Node *) expression;
}

/*
 * Does the parser take a name from the type that is written, or may it do so
 * with what is inside?
 */
static bool
is_named_by_type(Node *node)
{
	switch (nodeTag(node))
	{
		case T_Const:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_ConvertRowtypeExpr:
		case T_CoerceToDomain:
		case T_CollateExpr:
		case T_SubscriptingRef:
		case T_SubLink:
			return true;
		case T_FuncExpr:
			return ((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CALL &&
				((FuncExpr *) node)->funcformat != COERCE_SQL_SYNTAX;
		default:
			return false;
	}
}

static void
drop_list_names(List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (!IsA(tle->expr, Var) && tle->resname != NULL &&
			(strcmp(tle->resname, "?column?") == 0 ||
			 is_named_by_type((Node *) tle->expr)))
			tle->resname = NULL;
	}
}

static void drop_names(Query *query);

/* The same for the queries that a UNION and the like is made of. */
static void
drop_set_names(Query *query, Node *node)
{
	if (IsA(node, SetOperationStmt))
	{
		drop_set_names(query, ((SetOperationStmt *) node)->larg);
		drop_set_names(query, ((SetOperationStmt *) node)->rarg);
	}
	else
		drop_names(rt_fetch(castNode(RangeTblRef, node)->rtindex,
							query->rtable)->subquery);
}

/* Take away the names of output columns that come and go. */
static void
drop_names(Query *query)
{
	if (query->setOperations != NULL)
		drop_set_names(query, query->setOperations);
	else if (query->commandType == CMD_SELECT)
		drop_list_names(query->targetList);
	drop_list_names(query->returningList);
}

/* Of a UNION, only the names of the first part count. */
static void
drop_later_names(Query *query)
{
	Node	   *node = query->setOperations;

	while (node != NULL && IsA(node, SetOperationStmt))
	{
		drop_set_names(query, ((SetOperationStmt *) node)->rarg);
		node = ((SetOperationStmt *) node)->larg;
	}
}

/* So they do nowhere in the query that INSERT takes its rows from. */
static void
drop_source_names(Query *query)
{
	ListCell   *lc;

	if (query->commandType != CMD_INSERT)
		return;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);

		if (rte->rtekind == RTE_SUBQUERY)
			drop_names(rte->subquery);
	}
}

static Query *
normal_query(Query *query)
{
	query = sdr_compat_query_tree_mutator(query, normal_mutator, NULL, 0);
	drop_source_names(query);
	return query;
}

static Node *
normal_mutator(Node *node, void *context)
{
	if (node == NULL)
		return NULL;
	/* it has only constants, and is no node for the mutator */
	if (IsA(node, PartitionBoundSpec))
		return node;
	if (IsA(node, Query))
	{
		Query	   *query = normal_query((Query *) node);

		drop_later_names(query);
		return (Node *) query;
	}
	node = sdr_compat_expression_tree_mutator(node, normal_mutator, context);
	if (IsA(node, ArrayCoerceExpr))
		return push_cast((ArrayCoerceExpr *) node);
	if (IsA(node, BoolExpr))
		return flatten((BoolExpr *) node);
	if (IsA(node, SubLink))
		drop_names((Query *) ((SubLink *) node)->subselect);
	return node;
}

/* A copy of the expression in normal form. */
Node *
sdr_normal_expression(Node *node)
{
	return normal_mutator(node, NULL);
}

/*
 * A copy of the query in normal form.  Are the names of its columns those of
 * a view, which the server writes in all parts of a UNION?
 */
Query *
sdr_normal_query(Query *query, bool is_view)
{
	query = normal_query(query);
	if (!is_view)
		drop_names(query);
	return query;
}
