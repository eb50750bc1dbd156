/*-------------------------------------------------------------------------
 *
 * querytext.c
 *	  Stored queries as SQL text: views, rules and parsed bodies of functions.
 *
 * The server's deparser writes each query; what stands around it is written
 * here, from the rows of our snapshot.  It takes ACCESS SHARE on what a query
 * reads, which is given back at once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "compat.h"
#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
#include "rewrite/rewriteManip.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

/* Numbers of parameters from here on are to be written with the function. */
#define QUALIFIED_PARAMETER		1000000

typedef struct DeparseQuery
{
	Query	   *query;
	bool		is_view;
	char	   *text;
} DeparseQuery;

static void
deparse_query_callback(void *arg)
{
	DeparseQuery *work = arg;

	work->text = sdr_query_text(work->query, work->is_view);
}

/*
 * A query as text, in normal form.  What it reads is locked, and an error is
 * raised where something in it has gone.
 */
char *
sdr_query_text(Query *query, bool is_view)
{
	return pg_get_querydef(sdr_normal_query(query, is_view), false);
}

/*
 * What the deparser makes in *text, or NULL; with a reader that is fixed
 * unknown, not only if something has gone, but also if it is called otherwise
 * by now.
 */
static char *
guarded_text(SdrReader *reader, void (*callback) (void *arg), void *arg,
			 char **text, const List *oids)
{
	bool		done = sdr_guarded(reader, callback, arg);

	if (!reader->fixed)
		return done ? *text : NULL;
	if (!done)
		return sdr_unknown(reader, NULL);
	return sdr_same_names(reader, oids) ? *text : sdr_unknown(reader, *text);
}

/* The query of a view as text; NULL if something in it has gone. */
char *
sdr_deparse_query(SdrReader *reader, Query *query)
{
	DeparseQuery work = {query, true, NULL};

	return guarded_text(reader, deparse_query_callback, &work, &work.text,
						reader->fixed ?
						sdr_user_objects(nodeToString(query)) : NIL);
}

/* The statements that a rule runs, as they follow DO. */
static char *
rule_actions(SdrReader *reader, List *actions)
{
	bool		many = list_length(actions) > 1;
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	if (many)
		appendStringInfoChar(&buf, '(');
	foreach(lc, actions)
	{
		char	   *text = sdr_deparse_query(reader, lfirst_node(Query, lc));

		if (text == NULL)
			return NULL;
		appendStringInfo(&buf, "%s;%s", text, many ? "\n" : "");
	}
	if (many)
		appendStringInfoString(&buf, ");");
	return buf.data;
}

static bool
has_name(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/*
 * The names that the deparser gives to what the first statement of a rule
 * reads beside the old and the new row.  In the text, the condition of the
 * rule stands where these are known.
 */
static List *
names_in_action(SdrReader *reader, Query *action)
{
	List	   *names = NIL;
	ListCell   *lc;

	action = getInsertSelectQuery(action, NULL);
	for_each_from(lc, action->rtable, 2)
	{
		RangeTblEntry *rte = lfirst_node(RangeTblEntry, lc);
		const SdrName *relation = rte->rtekind == RTE_RELATION ?
		sdr_name(reader, RelationRelationId, rte->relid) : NULL;
		const char *name = rte->alias != NULL ? rte->alias->aliasname :
		relation != NULL ? relation->name : rte->eref->aliasname;
		char	   *unique = pstrdup(name);

		/* a join without a name has none */
		if (rte->rtekind == RTE_JOIN && rte->alias == NULL)
			continue;
		for (int n = 1; has_name(names, unique); n++)
			unique = psprintf("%s_%d", name, n);
		names = lappend(names, unique);
	}
	return names;
}

static const char *
event_words(char event)
{
	switch (event)
	{
		case CMD_SELECT + '0':
			return "SELECT";
		case CMD_UPDATE + '0':
			return "UPDATE";
		case CMD_INSERT + '0':
			return "INSERT";
		case CMD_DELETE + '0':
			return "DELETE";
	}
	elog(ERROR, "unrecognized rule event: %c", event);
}

/*
 * A rule, given by its row in pg_rewrite, as the statement that makes it, in
 * the form of pg_get_ruledef(); NULL if something has gone.
 */
char *
sdr_deparse_rule(SdrRelation *relation, HeapTuple tuple)
{
	SdrReader  *reader = relation->reader;
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
	bool		isnull;
	Datum		condition = sdr_get(reader, RewriteRelationId, tuple,
									Anum_pg_rewrite_ev_qual, &isnull);
	Datum		action = sdr_get(reader, RewriteRelationId, tuple,
								 Anum_pg_rewrite_ev_action, &isnull);
	List	   *queries = stringToNode(TextDatumGetCString(action));
	char	   *actions = rule_actions(reader, queries);
	StringInfoData buf;

	if (actions == NULL)
		return NULL;
	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE RULE %s AS\n    ON %s TO %s",
					 quote_identifier(NameStr(form->rulename)),
					 event_words(form->ev_type),
					 quote_qualified_identifier(sdr_name(reader,
														 RelationRelationId,
														 relation->oid)->schema,
												relation->name));
	if (strcmp(TextDatumGetCString(condition), "<>") != 0)
		appendStringInfo(&buf, "\n   WHERE %s",
						 sdr_deparse_when(relation, condition,
										  names_in_action(reader,
														  linitial(queries))));
	appendStringInfo(&buf, " DO %s%s", form->is_instead ? "INSTEAD " : "",
					 actions);
	return buf.data;
}

/* In a query that reads something, parameters are written with the function. */
static bool
mark_parameters_walker(Node *node, void *context)
{
	bool		qualify = *(bool *) context;

	if (node == NULL)
		return false;
	if (IsA(node, Param))
	{
		Param	   *param = (Param *) node;

		if (qualify && param->paramkind == PARAM_EXTERN)
			param->paramid += QUALIFIED_PARAMETER;
		return false;
	}
	if (IsA(node, Query))
	{
		qualify |= ((Query *) node)->rtable != NIL;
		return sdr_compat_query_tree_walker((Query *) node,
											mark_parameters_walker,
											&qualify, 0);
	}
	return sdr_compat_expression_tree_walker(node, mark_parameters_walker,
											 &qualify);
}

/* The end of a quoted text, with its quotes. */
static const char *
end_of_quotes(const char *text)
{
	char		quote = *text;

	for (text++; *text != '\0'; text++)
	{
		/* a doubled quote ends one and begins another */
		if (*text == quote)
			return text + 1;
		/* the deparser writes E'' for what has backslashes, and doubles them */
	}
	return text;
}

/* Replace $1 and so on, as the deparser writes them, by names. */
static char *
name_parameters(const char *text, const char *function, char **names, int n)
{
	StringInfoData buf;

	initStringInfo(&buf);
	while (*text != '\0')
	{
		const char *end = text + 1;

		if (*text == '\'' || *text == '"')
			end = end_of_quotes(text);
		else if (*text == '$')
		{
			int			number = strtol(text + 1, (char **) &end, 10);
			bool		qualify = number > QUALIFIED_PARAMETER;

			if (qualify)
				number -= QUALIFIED_PARAMETER;
			if (number < 1 || number > n || names == NULL ||
				names[number - 1] == NULL || names[number - 1][0] == '\0')
				appendStringInfo(&buf, "$%d", number);
			else
				appendStringInfo(&buf, "%s%s%s",
								 qualify ? quote_identifier(function) : "",
								 qualify ? "." : "",
								 quote_identifier(names[number - 1]));
			text = end;
			continue;
		}
		appendBinaryStringInfo(&buf, text, end - text);
		text = end;
	}
	return buf.data;
}

typedef struct DeparseBody
{
	SdrReader  *reader;
	HeapTuple	tuple;
	Node	   *body;
	char	   *text;
} DeparseBody;

/* The names of the arguments that the body can speak of. */
static int
input_names(DeparseBody *work, char ***names)
{
	bool		no_names;
	bool		no_modes;
	Datum		all = sdr_get(work->reader, ProcedureRelationId, work->tuple,
							  Anum_pg_proc_proargnames, &no_names);
	Datum		modes = sdr_get(work->reader, ProcedureRelationId, work->tuple,
								Anum_pg_proc_proargmodes, &no_modes);

	*names = NULL;
	return no_names ? 0 :
		get_func_input_arg_names(all, no_modes ? (Datum) 0 : modes, names);
}

static void
deparse_body_callback(void *arg)
{
	DeparseBody *work = arg;
	List	   *queries = sdr_body_statements(work->body);
	char	  **names;
	int			n = input_names(work, &names);
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, queries)
	{
		Query	   *query = lfirst_node(Query, lc);
		bool		qualify = false;

		(void) mark_parameters_walker((Node *) query, &qualify);
		appendStringInfo(&buf, IsA(work->body, List) ? "%s;\n" : "%s",
						 sdr_query_text(query, false));
	}
	work->text = name_parameters(sdr_trim(buf.data),
								 NameStr(((Form_pg_proc) GETSTRUCT(work->tuple))->proname),
								 names, n);
	if (IsA(work->body, List))
		work->text = psprintf("BEGIN ATOMIC\n %s\nEND", work->text);
}

/* The statements of BEGIN ATOMIC, or the one of RETURN. */
List *
sdr_body_statements(Node *body)
{
	return IsA(body, List) ? linitial_node(List, (List *) body) :
		list_make1(body);
}

/* The parsed body of a function, given by its row in pg_proc; NULL if none. */
Node *
sdr_body(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, ProcedureRelationId, tuple,
								Anum_pg_proc_prosqlbody, &isnull);

	return isnull ? NULL : stringToNode(TextDatumGetCString(value));
}

/* The same as text; NULL if something in it has gone. */
char *
sdr_deparse_body(SdrReader *reader, HeapTuple tuple)
{
	DeparseBody work = {reader, tuple, sdr_body(reader, tuple), NULL};

	return guarded_text(reader, deparse_body_callback, &work, &work.text,
						reader->fixed ?
						sdr_user_objects(nodeToString(work.body)) : NIL);
}
