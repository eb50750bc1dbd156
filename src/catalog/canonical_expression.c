/*-------------------------------------------------------------------------
 *
 * canonical_expression.c
 *	  Data types, expressions and queries that people write.
 *
 * These run where canonical.c asks its questions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/canonical.h"
#include "catalog/heap.h"
#include "catalog/partition.h"
#include "access/table.h"
#include "compat.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parse_utilcmd.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

pg_noreturn static void
not_an_expression(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("not an expression")));
}

static bool
is_star(Node *node)
{
	return IsA(node, ColumnRef) &&
		IsA(llast(((ColumnRef *) node)->fields), A_Star);
}

/* A text that is an expression and nothing more. */
static Node *
parse_expression(const char *text)
{
	static const SdrWrapping wrapping = {"", "", RAW_PARSE_PLPGSQL_EXPR};
	SelectStmt *select = castNode(SelectStmt, sdr_parse_wrapped(&wrapping, text));
	SelectStmt *bare = makeNode(SelectStmt);
	ResTarget  *target;

	bare->targetList = select->targetList;
	bare->limitOption = select->limitOption;
	if (list_length(select->targetList) != 1 || !equal(bare, select))
		not_an_expression();

	/* the grammar of a select list has more, which transformExpr() has not */
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL || is_star(target->val))
		not_an_expression();
	return target->val;
}

/* In the constraints of a domain, the column VALUE is the value. */
static Node *
domain_value_hook(ParseState *pstate, ColumnRef *column)
{
	Form_pg_type domain = pstate->p_ref_hook_state;
	CoerceToDomainValue *value;

	if (list_length(column->fields) != 1 ||
		strcmp(strVal(linitial(column->fields)), "value") != 0)
		return NULL;
	value = makeNode(CoerceToDomainValue);
	value->typeId = domain->typbasetype;
	value->typeMod = domain->typtypmod;
	value->collation = get_typcollation(domain->typbasetype);
	value->location = column->location;
	return (Node *) value;
}

ParseState *
sdr_question_state(SdrQuestion *question)
{
	ParseState *pstate = make_parsestate(NULL);

	if (question->domain != NULL)
	{
		pstate->p_pre_columnref_hook = domain_value_hook;
		pstate->p_ref_hook_state = question->domain;
		return pstate;
	}
	addNSItemToQuery(pstate,
					 addRangeTableEntryForRelation(pstate, question->rel,
												   AccessShareLock, NULL,
												   false, true),
					 true, true, true);
	return pstate;
}

/* The analysed expression as text, with everything qualified. */
const char *
sdr_question_text(SdrQuestion *question, Node *node)
{
	List	   *context = NIL;

	if (question->rel != NULL)
		context = deparse_context_for(RelationGetRelationName(question->rel),
									  RelationGetRelid(question->rel));
	return deparse_expression(sdr_normal_expression(node), context, false,
							  false);
}

void
sdr_ask_type(SdrQuestion *question)
{
	Oid			type;
	Oid			found_type;
	int32		typmod;
	int32		found_typmod;

	sdr_compat_parse_type(question->expected, &type, &typmod);
	/* that of a document is written in any way */
	sdr_compat_parse_type(question->found, &found_type, &found_typmod);
	question->same = type == found_type && typmod == found_typmod;
}

/* A default as the server would store it. */
static Node *
cook_default(SdrQuestion *question, const char *text)
{
	Node	   *expr = parse_expression(text);
	Form_pg_attribute att;

	if (question->domain != NULL)
		return cookDefault(make_parsestate(NULL), expr,
						   question->domain->typbasetype,
						   question->domain->typtypmod,
						   question->actual->name, '\0');
	att = TupleDescAttr(RelationGetDescr(question->rel),
						question->actual->attnum - 1);
	return cookDefault(make_parsestate(NULL), expr, att->atttypid,
					   att->atttypmod, NameStr(att->attname), '\0');
}

/*
 * Do two defaults give the same constant?  0, 0.00 and '0' do so for a column
 * of type numeric(10,2).
 */
static bool
same_constant(Node *a, Node *b)
{
	const Const *x;
	const Const *y;

	a = eval_const_expressions(NULL, a);
	b = eval_const_expressions(NULL, b);
	if (!IsA(a, Const) || !IsA(b, Const))
		return false;
	x = (const Const *) a;
	y = (const Const *) b;
	if (x->consttype != y->consttype || x->constisnull || y->constisnull)
		return false;
	if (x->consttype == NUMERICOID)
		return DatumGetBool(DirectFunctionCall2(numeric_eq, x->constvalue,
												y->constvalue));
	return datum_image_eq(x->constvalue, y->constvalue, x->constbyval,
						  x->constlen);
}

void
sdr_ask_default(SdrQuestion *question)
{
	Node	   *node;

	/* what fills a column may be either; see derive.c */
	if (question->rel != NULL &&
		TupleDescAttr(RelationGetDescr(question->rel),
					  question->actual->attnum - 1)->attgenerated != '\0')
	{
		sdr_ask_generated(question);
		return;
	}
	node = cook_default(question, question->expected);
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, sdr_question_text(question, node));
	if (!question->same)
		question->same = same_constant(node,
									   cook_default(question,
													question->found));
}

/* Not by cookDefault(), which runs immutable functions to find mutable ones. */
void
sdr_ask_generated(SdrQuestion *question)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(question->rel),
										  question->actual->attnum - 1);
	ParseState *pstate = sdr_question_state(question);
	Node	   *node;

	node = transformExpr(pstate, parse_expression(question->expected),
						 EXPR_KIND_GENERATED_COLUMN);
	node = coerce_to_target_type(pstate, node, exprType(node), att->atttypid,
								 att->atttypmod, COERCION_ASSIGNMENT,
								 COERCE_IMPLICIT_CAST, -1);
	if (node == NULL)
		return;
	assign_expr_collations(pstate, node);
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, sdr_question_text(question, node));
}

void
sdr_ask_condition(SdrQuestion *question)
{
	ParseState *pstate = sdr_question_state(question);
	Node	   *node;

	node = transformExpr(pstate, parse_expression(question->expected),
						 question->attr->type == SDR_TYPE_POLICY ?
						 EXPR_KIND_POLICY :
						 question->domain != NULL ? EXPR_KIND_DOMAIN_CHECK :
						 EXPR_KIND_CHECK_CONSTRAINT);
	node = coerce_to_boolean(pstate, node, "CHECK");
	assign_expr_collations(pstate, node);
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, sdr_question_text(question, node));
}

/* A condition over the old and the new row of a trigger. */
void
sdr_ask_when(SdrQuestion *question)
{
	ParseState *pstate = make_parsestate(NULL);
	PlannedStmt *plan = makeNode(PlannedStmt);
	static const char *const names[] = {"old", "new"};
	Node	   *node;

	for (int i = 0; i < lengthof(names); i++)
		addNSItemToQuery(pstate,
						 addRangeTableEntryForRelation(pstate, question->rel,
													   AccessShareLock,
													   makeAlias(names[i], NIL),
													   false, false),
						 false, true, true);
	node = transformExpr(pstate, parse_expression(question->expected),
						 EXPR_KIND_TRIGGER_WHEN);
	node = coerce_to_boolean(pstate, node, "WHEN");
	assign_expr_collations(pstate, node);

	plan->rtable = pstate->p_rtable;
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question,
			   deparse_expression(sdr_normal_expression(node),
								  deparse_context_for_plan_tree(plan,
																list_make2("old", "new")),
								  true, false));
}

const SdrWrapping sdr_bound_wrapping = {"ALTER TABLE x ATTACH PARTITION y ",
"", RAW_PARSE_DEFAULT};

void
sdr_ask_bound(SdrQuestion *question)
{
	AlterTableStmt *stmt = castNode(AlterTableStmt,
									sdr_parse_wrapped(&sdr_bound_wrapping,
													  question->expected));
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	PartitionBoundSpec *bound = castNode(PartitionCmd, cmd->def)->bound;
	Oid			parent = get_partition_parent(RelationGetRelid(question->rel),
											  false);

	bound = transformPartitionBound(make_parsestate(NULL),
									table_open(parent, AccessShareLock),
									bound);
	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, sdr_question_text(question, (Node *) bound));
}

const SdrWrapping sdr_query_wrapping = {"", "", RAW_PARSE_DEFAULT};

void
sdr_ask_query(SdrQuestion *question)
{
	RawStmt    *raw = makeNode(RawStmt);
	Query	   *query;

	raw->stmt = sdr_parse_wrapped(&sdr_query_wrapping, question->expected);
	if (!IsA(raw->stmt, SelectStmt))
		return;
	query = transformTopLevelStmt(make_parsestate(NULL), raw);
	if (query->commandType != CMD_SELECT)
		return;

	sdr_set_search_path("pg_catalog, pg_temp");
	sdr_answer(question, sdr_trim(sdr_query_text(query, true)));
}
