/*-------------------------------------------------------------------------
 *
 * canonical.c
 *	  Do two texts mean the same to the server?
 *
 * The expected text is parsed, analysed in the context of the live object and
 * deparsed, and the result compared with what the live object deparses to.
 * What does not parse or names what is not there is not the same: that is
 * drift, no error.
 *
 * The text comes from whoever wrote the document and the names in it lead to
 * what others made, so nothing of either runs with anybody's rights:
 * analysis is done as the owner of the live object, which makes the answer
 * the same for every caller, and a hook stops every function but immutable
 * built-in ones.  Constants can make the server call functions already
 * during analysis, through domains in composite types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/live.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/partition.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "compat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parse_type.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/* A question under way. */
typedef struct Question
{
	SdrReader  *reader;
	const SdrAttr *attr;
	const SdrObject *actual;
	const char *expected;
	const char *found;
	Relation	rel;			/* live relation, NULL if there is none */
	Form_pg_type domain;		/* live domain, NULL if there is none */
	bool		same;
} Question;

/* Whose oid is that of a relation, and whose is that of a type. */
#define RELATION_KINDS \
	(SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE) | \
	 SDR_IN(STATISTICS) | SDR_IN(PUBLICATION))
#define TYPE_KINDS \
	(SDR_IN(DOMAIN) | SDR_IN(COMPOSITE) | SDR_IN(RANGE) | SDR_IN(BASE))

typedef struct Wrapping
{
	const char *prefix;
	const char *suffix;
	RawParseMode mode;
} Wrapping;

static void ask_generated(Question *question);

static object_access_hook_type next_object_access_hook = NULL;

/* Refuse to run what is not harmless, whoever owns it. */
static void
no_execution_hook(ObjectAccessType access, Oid class, Oid object, int subid,
				  void *arg)
{
	if (access == OAT_FUNCTION_EXECUTE &&
		(object >= FirstNormalObjectId ||
		 func_volatile(object) != PROVOLATILE_IMMUTABLE))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("functions are not run while schemas are compared")));
	if (next_object_access_hook)
		next_object_access_hook(access, class, object, subid, arg);
}

/* The statement that a text makes when wrapped. */
static Node *
parse_wrapped(const Wrapping *wrapping, const char *text)
{
	List	   *statements = raw_parser(psprintf("%s%s%s", wrapping->prefix,
												 text, wrapping->suffix),
										wrapping->mode);

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("more than one statement")));
	return linitial_node(RawStmt, statements)->stmt;
}

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
	static const Wrapping wrapping = {"", "", RAW_PARSE_PLPGSQL_EXPR};
	SelectStmt *select = castNode(SelectStmt, parse_wrapped(&wrapping, text));
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

static ParseState *
parse_state(Question *question)
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
static const char *
deparse(Question *question, Node *node)
{
	List	   *context = NIL;

	if (question->rel != NULL)
		context = deparse_context_for(RelationGetRelationName(question->rel),
									  RelationGetRelid(question->rel));
	return deparse_expression(node, context, false, false);
}

static void
compare_found(Question *question, const char *canonical)
{
	question->same = strcmp(canonical, question->found) == 0;
}

static void
ask_type(Question *question)
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
cook_default(Question *question, const char *text)
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

static void
ask_default(Question *question)
{
	Node	   *node;

	/* what fills a column may be either; see derive.c */
	if (question->rel != NULL &&
		TupleDescAttr(RelationGetDescr(question->rel),
					  question->actual->attnum - 1)->attgenerated != '\0')
	{
		ask_generated(question);
		return;
	}
	node = cook_default(question, question->expected);
	sdr_set_search_path("pg_catalog, pg_temp");
	compare_found(question, deparse(question, node));
	if (!question->same)
		question->same = same_constant(node,
									   cook_default(question,
													question->found));
}

/* Not by cookDefault(), which runs immutable functions to find mutable ones. */
static void
ask_generated(Question *question)
{
	Form_pg_attribute att = TupleDescAttr(RelationGetDescr(question->rel),
										  question->actual->attnum - 1);
	ParseState *pstate = parse_state(question);
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
	compare_found(question, deparse(question, node));
}

static void
ask_condition(Question *question)
{
	ParseState *pstate = parse_state(question);
	Node	   *node;

	node = transformExpr(pstate, parse_expression(question->expected),
						 question->attr->type == SDR_TYPE_POLICY ?
						 EXPR_KIND_POLICY :
						 question->domain != NULL ? EXPR_KIND_DOMAIN_CHECK :
						 EXPR_KIND_CHECK_CONSTRAINT);
	node = coerce_to_boolean(pstate, node, "CHECK");
	assign_expr_collations(pstate, node);
	sdr_set_search_path("pg_catalog, pg_temp");
	compare_found(question, deparse(question, node));
}

/* A condition over the old and the new row of a trigger. */
static void
ask_when(Question *question)
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
	compare_found(question,
				  deparse_expression(node,
									 deparse_context_for_plan_tree(plan,
																   list_make2("old", "new")),
									 true, false));
}

/*
 * A column in parentheses, with or without COLLATE, is a column to the server
 * (ComputeIndexAttrs() of commands/indexcmds.c).
 */
static void
unwrap_column(Question *question, SdrIndexElement *element, Node **node)
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
resolve_element(Question *question, const char *name, Node *expr,
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
		ParseState *pstate = parse_state(question);

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
element_text(Question *question, SdrIndexElement *element, Node *node)
{
	if (node != NULL)
		element->text = sdr_index_expression(deparse(question, node), node);
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

static const Wrapping key_wrapping = {"CREATE INDEX ON x (", ")",
RAW_PARSE_DEFAULT};

static void
ask_key(Question *question)
{
	IndexStmt  *stmt = castNode(IndexStmt, parse_wrapped(&key_wrapping,
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
	compare_found(question, element_text(question, &element, node));
}

static const Wrapping partkey_wrapping = {"CREATE TABLE x () PARTITION BY ",
"", RAW_PARSE_DEFAULT};

static void
ask_partition_key(Question *question)
{
	CreateStmt *stmt = castNode(CreateStmt, parse_wrapped(&partkey_wrapping,
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
	compare_found(question, buf.data);
}

static const Wrapping bound_wrapping = {"ALTER TABLE x ATTACH PARTITION y ",
"", RAW_PARSE_DEFAULT};

static void
ask_bound(Question *question)
{
	AlterTableStmt *stmt = castNode(AlterTableStmt,
									parse_wrapped(&bound_wrapping,
												  question->expected));
	AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);
	PartitionBoundSpec *bound = castNode(PartitionCmd, cmd->def)->bound;
	Oid			parent = get_partition_parent(RelationGetRelid(question->rel),
											  false);

	bound = transformPartitionBound(make_parsestate(NULL),
									table_open(parent, AccessShareLock),
									bound);
	sdr_set_search_path("pg_catalog, pg_temp");
	compare_found(question, deparse(question, (Node *) bound));
}

static const Wrapping query_wrapping = {"", "", RAW_PARSE_DEFAULT};

static void
ask_query(Question *question)
{
	RawStmt    *raw = makeNode(RawStmt);
	Query	   *query;

	raw->stmt = parse_wrapped(&query_wrapping, question->expected);
	if (!IsA(raw->stmt, SelectStmt))
		return;
	query = transformTopLevelStmt(make_parsestate(NULL), raw);
	if (query->commandType != CMD_SELECT)
		return;

	sdr_set_search_path("pg_catalog, pg_temp");
	compare_found(question, sdr_trim(pg_get_querydef(query, false)));
}

static const Wrapping argument_wrapping = {"CREATE FUNCTION x(",
") RETURNS int", RAW_PARSE_DEFAULT};

static void
ask_argument(Question *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										parse_wrapped(&argument_wrapping,
													  question->expected));
	List	   *texts = sdr_canonical_arguments(question->reader,
												question->actual->kind->id,
												stmt->parameters);

	if (list_length(texts) == 1)
		compare_found(question, linitial(texts));
}

static const Wrapping result_wrapping = {"CREATE FUNCTION x() RETURNS ", "",
RAW_PARSE_DEFAULT};

static void
ask_result(Question *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										parse_wrapped(&result_wrapping,
													  question->expected));

	compare_found(question,
				  sdr_canonical_result(question->reader, stmt->returnType,
									   stmt->parameters));
}

static const Wrapping body_wrapping = {"CREATE FUNCTION x() RETURNS int ", "",
RAW_PARSE_DEFAULT};

static void
ask_body(Question *question)
{
	CreateFunctionStmt *stmt = castNode(CreateFunctionStmt,
										parse_wrapped(&body_wrapping,
													  question->expected));

	question->same = sdr_same_body(question->reader, question->actual->oid,
								   stmt->sql_body);
}

static const Wrapping expression_wrapping = {"", "", RAW_PARSE_PLPGSQL_EXPR};

/* For each type from SDR_TYPE_TYPE on, in their order. */
static const struct
{
	SdrAttrType type;
	const Wrapping *wrapping;	/* to compare what both sides parse to */
	bool		needs_context;	/* columns, or the value of a domain */
	void		(*ask) (Question *question);
}			askers[] = {
	{SDR_TYPE_TYPE, NULL, false, ask_type},
	{SDR_TYPE_DEFAULT, &expression_wrapping, true, ask_default},
	{SDR_TYPE_GENERATED, &expression_wrapping, true, ask_generated},
	{SDR_TYPE_CONDITION, &expression_wrapping, true, ask_condition},
	{SDR_TYPE_KEYS, &key_wrapping, true, ask_key},
	{SDR_TYPE_PARTKEY, &partkey_wrapping, true, ask_partition_key},
	{SDR_TYPE_BOUND, &bound_wrapping, true, ask_bound},
	{SDR_TYPE_QUERY, &query_wrapping, false, ask_query},
	{SDR_TYPE_POLICY, &expression_wrapping, true, ask_condition},
	{SDR_TYPE_WHEN, &expression_wrapping, true, ask_when},
	{SDR_TYPE_STATEMENT, &query_wrapping, false, NULL},
	{SDR_TYPE_ARGUMENTS, &argument_wrapping, false, ask_argument},
	{SDR_TYPE_RESULT, &result_wrapping, false, ask_result},
	{SDR_TYPE_BODY, &body_wrapping, false, ask_body},
};

/* The object that this one is a part of, or itself; above is its schema. */
static const SdrObject *
top_object(const SdrObject *object)
{
	while (object->parent != NULL &&
		   object->parent->kind->id != SDR_KIND_SCHEMA)
		object = object->parent;
	return object;
}

/* The owner that a live object says it has; InvalidOid if it says none. */
static Oid
owner_of(const SdrObject *object)
{
	SdrAttrId	attr = sdr_attr_by_name(object->kind, "owner", 5);

	if (!OidIsValid(object->oid) || attr == SDR_ATTR_NONE ||
		sdr_value(object, attr)->tag != SDR_VALUE_TEXT)
		return InvalidOid;
	return get_role_oid(sdr_value(object, attr)->u.text, true);
}

/*
 * The question is asked of the relation's newest state.  Are its columns those
 * of the snapshot?
 */
static bool
is_of_snapshot(SdrReader *reader, Oid oid, Relation rel)
{
	TupleDesc	desc;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		same = true;
	int			n = 0;

	if (rel == NULL)
		return false;
	desc = RelationGetDescr(rel);
	scan = sdr_scan_oid(reader, AttributeRelationId, AttributeRelidNumIndexId,
						Anum_pg_attribute_attrelid, oid);
	while (same && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);

		if (form->attnum <= 0)
			continue;
		n++;
		same = form->attnum <= desc->natts &&
			strcmp(NameStr(TupleDescAttr(desc, form->attnum - 1)->attname),
				   NameStr(form->attname)) == 0;
	}
	systable_endscan(scan);
	return same && n == desc->natts;
}

/* Find what the text is in the context of, and act as its owner. */
static void
open_context(Question *question, const SdrObject *top, bool needs_context)
{
	SdrKindSet	kind = SDR_KIND_BIT(top->kind->id);
	Oid			oid = question->actual->oid;
	Oid			owner = InvalidOid;

	if (OidIsValid(oid) && (kind & RELATION_KINDS) != 0)
	{
		HeapTuple	tuple = sdr_fetch(question->reader, RelationRelationId,
									  ClassOidIndexId, Anum_pg_class_oid, oid);

		if (HeapTupleIsValid(tuple))
			owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		if (needs_context)
		{
			question->rel = try_relation_open(oid, AccessShareLock);
			if (!is_of_snapshot(question->reader, oid, question->rel))
				question->reader->stale = true;
		}
	}
	else if (OidIsValid(oid) && (kind & TYPE_KINDS) != 0)
	{
		HeapTuple	tuple = sdr_fetch(question->reader, TypeRelationId,
									  TypeOidIndexId, Anum_pg_type_oid, oid);

		if (HeapTupleIsValid(tuple))
		{
			Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

			owner = form->typowner;
			if ((kind & SDR_IN(DOMAIN)) != 0)
				question->domain = form;
		}
	}
	else
		owner = owner_of(top);
	if (OidIsValid(owner))
		SetUserIdAndSecContext(owner, SECURITY_RESTRICTED_OPERATION);
}

/*
 * The schema whose names the text may leave unqualified: that of the object,
 * or of the relation where an object outside schemas speaks of one.
 */
static const char *
schema_of(const Question *question)
{
	const SdrObject *object = question->actual;

	while (object->parent != NULL)
		object = object->parent;
	if (object->kind->id == SDR_KIND_SCHEMA)
		return object->name;
	return question->rel == NULL ? "pg_catalog" :
		get_namespace_name(RelationGetNamespace(question->rel));
}

/* Runs in a subtransaction that is rolled back, which undoes all settings. */
static void
question_callback(void *arg)
{
	Question   *question = arg;
	const SdrObject *top = top_object(question->actual);
	int			i = question->attr->type - SDR_TYPE_TYPE;

	Assert(askers[i].type == question->attr->type);

	/* what the parser has to say of long names is not for the caller */
	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (askers[i].wrapping != NULL &&
		equal(parse_wrapped(askers[i].wrapping, question->expected),
			  parse_wrapped(askers[i].wrapping, question->found)))
	{
		question->same = true;
		return;
	}

	open_context(question, top, askers[i].needs_context);
	/* one that is gone by now has no answer to give */
	if (askers[i].needs_context && question->rel == NULL &&
		question->domain == NULL)
		return;
	sdr_set_search_path(psprintf("%s, pg_temp",
								 quote_identifier(schema_of(question))));
	if (askers[i].ask != NULL)
		askers[i].ask(question);
}

/*
 * Does the expected text mean the same as the found one, which is the live
 * object's own?  With an object that is not live only the texts themselves
 * are compared, as the parser sees them.
 */
bool
sdr_same_meaning(SdrReader *reader, const SdrAttr *attr,
				 const SdrObject *actual, const char *expected,
				 const char *found)
{
	Question	question = {
		.reader = reader,.attr = attr,.actual = actual,
		.expected = expected,.found = found
	};
	MemoryContext context;
	MemoryContext old;

	context = AllocSetContextCreate(CurrentMemoryContext,
									"schemadrift comparison",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	next_object_access_hook = object_access_hook;
	object_access_hook = no_execution_hook;
	PG_TRY();
	{
		(void) sdr_guard(question_callback, &question, NULL);
	}
	PG_FINALLY();
	{
		object_access_hook = next_object_access_hook;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return question.same;
}
