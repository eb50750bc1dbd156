/*-------------------------------------------------------------------------
 *
 * canonical_routine.c
 *	  What people write of functions, as the server understands it.
 *
 * These run where canonical.c asks its questions: what does not exist raises
 * an error, no function is run, and the search_path that is set stays so until
 * the answer is there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/canonical.h"
#include "catalog/indexing.h"
#include "catalog/pg_proc.h"
#include "executor/functions.h"
#include "nodes/readfuncs.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

/* The default of a parameter, analysed as CREATE FUNCTION does. */
static Node *
analyse_default(Node *expression, Oid type)
{
	ParseState *pstate = make_parsestate(NULL);
	Node	   *node;

	if (expression == NULL)
		return NULL;
	node = transformExpr(pstate, expression, EXPR_KIND_FUNCTION_DEFAULT);
	node = coerce_to_specific_type(pstate, node, type, "DEFAULT");
	assign_expr_collations(pstate, node);
	return node;
}

/*
 * The arguments of a routine of this kind, each as live ones have it, of what
 * the parser makes of them.
 */
static List *
canonical_arguments(SdrReader *reader, SdrKindId kind, List *parameters)
{
	List	   *types = NIL;
	List	   *defaults = NIL;
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, parameters)
	{
		FunctionParameter *param = lfirst_node(FunctionParameter, lc);
		Oid			type = typenameTypeId(NULL, param->argType);

		types = lappend_oid(types, type);
		defaults = lappend(defaults, analyse_default(param->defexpr, type));
	}

	sdr_set_search_path("pg_catalog, pg_temp");
	foreach(lc, parameters)
	{
		FunctionParameter *param = lfirst_node(FunctionParameter, lc);
		int			i = foreach_current_index(lc);
		Node	   *dflt = list_nth(defaults, i);
		const char *text;

		text = sdr_argument_text(kind,
								 param->mode == FUNC_PARAM_DEFAULT ?
								 FUNC_PARAM_IN : param->mode,
								 param->name,
								 sdr_type_text(reader, list_nth_oid(types, i)),
								 dflt == NULL ? NULL :
								 deparse_expression(sdr_normal_expression(dflt),
													NIL, false, false));
		texts = lappend(texts, unconstify(char *, text));
	}
	return texts;
}

/* The same for what follows RETURNS; columns are those of TABLE. */
static const char *
canonical_result(SdrReader *reader, TypeName *type_name, List *columns)
{
	Oid			type = typenameTypeId(NULL, type_name);
	List	   *texts = canonical_arguments(reader, SDR_KIND_FUNCTION,
											columns);

	return sdr_result_text(sdr_type_text(reader, type), type_name->setof,
						   texts);
}

/* The statements of a body, analysed with the arguments of a function. */
static List *
analyse_body(List *statements, HeapTuple function)
{
	SQLFunctionParseInfoPtr info = prepare_sql_fn_parse_info(function, NULL,
															 InvalidOid);
	List	   *queries = NIL;
	ListCell   *lc;

	foreach(lc, statements)
	{
		ParseState *pstate = make_parsestate(NULL);

		sql_fn_parser_setup(pstate, info);
		queries = lappend(queries, transformStmt(pstate, lfirst(lc)));
	}
	return queries;
}

/*
 * Is this what the parsed body of a live function was made of?  Both are
 * compared with the numbers of arguments in place of their names.
 */
static bool
same_body(SdrReader *reader, Oid function, Node *expected)
{
	HeapTuple	tuple = sdr_fetch(reader, ProcedureRelationId,
								  ProcedureOidIndexId, Anum_pg_proc_oid,
								  function);
	Node	   *found = HeapTupleIsValid(tuple) ? sdr_body(reader, tuple) :
	NULL;
	List	   *queries;
	ListCell   *lc;
	ListCell   *lc2;

	if (expected == NULL || found == NULL ||
		IsA(expected, List) != IsA(found, List) ||
		list_length(sdr_body_statements(expected)) !=
		list_length(sdr_body_statements(found)))
		return false;

	queries = analyse_body(sdr_body_statements(expected), tuple);
	sdr_set_search_path("pg_catalog, pg_temp");
	forboth(lc, queries, lc2, sdr_body_statements(found))
	{
		if (strcmp(sdr_query_text(lfirst(lc), false),
				   sdr_query_text(lfirst(lc2), false)) != 0)
			return false;
	}
	return true;
}

const SdrWrapping sdr_argument_wrapping = {"CREATE FUNCTION x(",
") RETURNS int", RAW_PARSE_DEFAULT};

void
sdr_ask_argument(SdrQuestion *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										sdr_parse_wrapped(&sdr_argument_wrapping,
														  question->expected));
	List	   *texts = canonical_arguments(question->reader,
											question->actual->kind->id,
											stmt->parameters);

	if (list_length(texts) == 1)
		sdr_answer(question, linitial(texts));
}

const SdrWrapping sdr_result_wrapping = {"CREATE FUNCTION x() RETURNS ", "",
RAW_PARSE_DEFAULT};

void
sdr_ask_result(SdrQuestion *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										sdr_parse_wrapped(&sdr_result_wrapping,
														  question->expected));

	sdr_answer(question,
			   canonical_result(question->reader, stmt->returnType,
								stmt->parameters));
}

const SdrWrapping sdr_body_wrapping = {"CREATE FUNCTION x() RETURNS int ", "",
RAW_PARSE_DEFAULT};

void
sdr_ask_body(SdrQuestion *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										sdr_parse_wrapped(&sdr_body_wrapping,
														  question->expected));

	question->same = same_body(question->reader, question->actual->oid,
							   stmt->sql_body);
}
