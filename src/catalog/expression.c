/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Stored expressions as SQL text.
 *
 * The server's deparser does the work.  It is given the column names of our
 * snapshot, as for EXPLAIN (deparse_context_for_plan_tree), because the way
 * that pg_get_expr() goes would lock the table and show its newest state.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/live.h"
#include "catalog/heap.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/plannodes.h"
#include "nodes/readfuncs.h"
#include "tsearch/ts_cache.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

/* Texts of expressions that are remembered; they repeat a lot. */
#define SDR_MAX_EXPRESSIONS		20000

typedef struct ExpressionEntry
{
	uint64		hash;			/* key */
	const char *stored;
	const char *text;
} ExpressionEntry;

/* What the walker finds in an expression. */
typedef struct Survey
{
	int			depth;			/* of the query at hand */
	AttrNumber	natts;			/* of the relation, for system columns */
	List	   *regclasses;		/* constants that show as a relation's name */
} Survey;

/*
 * What a stored expression refers to that can be dropped.  Oids stand in its
 * text as numbers; other numbers that large only make us careful.
 */
List *
sdr_user_objects(const char *stored)
{
	List	   *oids = NIL;

	for (const char *p = strpbrk(stored, "0123456789"); p != NULL;
		 p = strpbrk(p, "0123456789"))
	{
		char	   *end;
		unsigned long long number = strtoull(p, &end, 10);

		if (number >= FirstNormalObjectId && number <= OID_MAX)
			oids = list_append_unique_oid(oids, (Oid) number);
		p = end;
	}
	return oids;
}

/*
 * What the deparser has made of an expression that refers to these objects.
 * It shows the newest names; where one of them is not that of the snapshot,
 * the text is from another time.
 */
static const char *
checked_text(SdrReader *reader, const char *text, const List *oids)
{
	if (sdr_same_names(reader, oids))
		return text;
	if (reader->fixed)
		return sdr_unknown(reader, text);
	sdr_reader_gone(reader);
	return text;
}

/*
 * Learn what an expression refers to.  On the way, turn system columns into
 * ordinary ones behind the last, where deparse_context() has their names: the
 * deparser would look for them in a relation, and it has none.
 */
static bool
survey_walker(Node *node, Survey *survey)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		/* a subquery has relations of its own, which have them */
		if (var->varattno < 0 && var->varlevelsup == survey->depth)
		{
			var->varattno = survey->natts - var->varattno;
			var->varattnosyn = var->varattno;
		}
		return false;
	}
	if (IsA(node, Const))
	{
		Const	   *con = (Const *) node;

		if (con->consttype == REGCLASSOID && !con->constisnull)
			survey->regclasses = lappend_oid(survey->regclasses,
											 DatumGetObjectId(con->constvalue));
		return false;
	}
	if (IsA(node, Query))
	{
		survey->depth++;
		(void) sdr_compat_query_tree_walker((Query *) node, survey_walker,
											survey, 0);
		survey->depth--;
		return false;
	}
	/* it has only constants, and is no node for the walker */
	if (IsA(node, PartitionBoundSpec))
		return false;
	return sdr_compat_expression_tree_walker(node, survey_walker, survey);
}

/* The relation with the names of its columns for the deparser. */
static RangeTblEntry *
make_rte(SdrRelation *relation, char *alias)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	List	   *names = NIL;

	for (int i = 0; i < relation->natts; i++)
		names = lappend(names, makeString(relation->columns[i].dropped ?
										  "" : relation->columns[i].name));
	for (int i = -1; i > FirstLowInvalidHeapAttributeNumber; i--)
		names = lappend(names, makeString(pstrdup(NameStr(SystemAttributeDefinition(i)->attname))));

	rte->rtekind = RTE_NAMEDTUPLESTORE;
	rte->enrname = alias;
	rte->eref = makeAlias(alias, names);
	return rte;
}

static List *
deparse_context(SdrRelation *relation)
{
	if (relation->deparse_context == NIL)
	{
		PlannedStmt *plan = makeNode(PlannedStmt);

		plan->rtable = list_make1(make_rte(relation, relation->name));
		relation->deparse_context =
			deparse_context_for_plan_tree(plan, list_make1(relation->name));
	}
	return relation->deparse_context;
}

typedef struct Deparse
{
	Node	   *node;
	List	   *context;
	bool		prefix;			/* qualify every column */
	char	   *text;
} Deparse;

static void
deparse_callback(void *arg)
{
	Deparse    *work = arg;

	work->text = deparse_expression(sdr_normal_expression(work->node),
									work->context, work->prefix, false);
}

/*
 * Run a deparser that may meet what has gone since the snapshot was taken;
 * false if it has, and the reader is stale, or unknown if it is fixed.
 */
bool
sdr_guarded(SdrReader *reader, void (*callback) (void *arg), void *arg)
{
	ErrorData  *error;

	if (sdr_guard(callback, arg, &error))
		return true;
	if (reader->last_try)
		ReThrowError(error);
	if (reader->fixed)
		reader->unknown = true;
	else
		reader->stale = true;
	return false;
}

/* The node comes from stored; it is scribbled on. */
static const char *
deparse(SdrRelation *relation, Node *node, const char *stored, List *context,
		bool prefix)
{
	Survey		found = {.natts = relation->natts};
	Deparse		work = {node, context, prefix, ""};
	List	   *oids = sdr_user_objects(stored);

	(void) survey_walker(node, &found);
	if (oids == NIL)
		deparse_callback(&work);
	else if (!sdr_guarded(relation->reader, deparse_callback, &work) &&
			 relation->reader->fixed)
		return sdr_unknown(relation->reader, NULL);
	return checked_text(relation->reader, work.text,
						list_concat_unique_oid(oids, found.regclasses));
}

/*
 * An expression over the columns of the relation as text.  It comes from
 * stored; the node is scribbled on.
 */
const char *
sdr_deparse_node(SdrRelation *relation, Node *node, const char *stored)
{
	return deparse(relation, node, stored, deparse_context(relation), false);
}

/*
 * The stored condition of a trigger or rule, over the old and the new row.
 * Relations in its subqueries get other names than those in the list.
 */
const char *
sdr_deparse_when(SdrRelation *relation, Datum node_text, List *taken)
{
	char	   *stored = TextDatumGetCString(node_text);
	PlannedStmt *plan = makeNode(PlannedStmt);
	SdrRelation none = {.name = ""};
	List	   *context;
	ListCell   *lc;

	/* PRS2_OLD_VARNO is 1, PRS2_NEW_VARNO 2 */
	plan->rtable = list_make2(make_rte(relation, "old"),
							  make_rte(relation, "new"));
	foreach(lc, taken)
		plan->rtable = lappend(plan->rtable, make_rte(&none, lfirst(lc)));
	context = deparse_context_for_plan_tree(plan,
											list_concat(list_make2("old", "new"),
														taken));
	return deparse(relation, stringToNode(stored), stored, context, true);
}

/*
 * Blank the places in the source text that nodes carry before PostgreSQL 17,
 * so that equal expressions have equal texts.
 */
static void
blank_locations(char *text)
{
	static const char field[] = " :location ";
	char	   *to = strstr(text, field);
	char	   *from = to;

	if (to == NULL)
		return;
	while (*from != '\0')
	{
		if (*from == ' ' && strncmp(from, field, sizeof(field) - 1) == 0)
		{
			memmove(to, from, sizeof(field) - 1);
			to += sizeof(field) - 1;
			*to++ = '0';
			from += sizeof(field) - 1;
			from += strspn(from, "-0123456789");
		}
		else
			*to++ = *from++;
	}
	*to = '\0';
}

static ExpressionEntry *
recall_expression(SdrReader *reader, const char *stored)
{
	uint64		hash = DatumGetUInt64(hash_any_extended((const unsigned char *) stored,
														strlen(stored), 0));
	ExpressionEntry *entry;
	bool		known;

	if (reader->expressions == NULL)
	{
		HASHCTL		ctl;

		ctl.keysize = sizeof(uint64);
		ctl.entrysize = sizeof(ExpressionEntry);
		ctl.hcxt = reader->memo;
		reader->expressions = hash_create("schemadrift expressions", 256, &ctl,
										  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	if (hash_get_num_entries(reader->expressions) >= SDR_MAX_EXPRESSIONS)
		return hash_search(reader->expressions, &hash, HASH_FIND, NULL);

	entry = hash_search(reader->expressions, &hash, HASH_ENTER, &known);
	if (!known)
	{
		entry->stored = NULL;
		entry->text = NULL;
	}
	return entry;
}

/*
 * A stored expression (pg_node_tree) as text.  Those without columns are
 * remembered: a schema has few different defaults.
 */
const char *
sdr_deparse(SdrRelation *relation, Datum node_text)
{
	SdrReader  *reader = relation->reader;
	char	   *stored = TextDatumGetCString(node_text);
	ExpressionEntry *entry = NULL;
	const char *text;

	if (strstr(stored, "{VAR ") == NULL)
	{
		blank_locations(stored);
		entry = recall_expression(reader, stored);
		if (entry != NULL && entry->stored != NULL &&
			strcmp(entry->stored, stored) == 0)
			return entry->text;
	}

	text = sdr_deparse_node(relation, stringToNode(stored), stored);

	if (entry != NULL && entry->stored == NULL && !reader->stale)
	{
		entry->stored = MemoryContextStrdup(reader->memo, stored);
		entry->text = MemoryContextStrdup(reader->memo, text);
	}
	return text;
}

/* A stored list of expressions without columns, each as text. */
List *
sdr_deparse_list(SdrReader *reader, Datum node_text)
{
	SdrRelation none = {.reader = reader};
	char	   *stored = TextDatumGetCString(node_text);
	List	   *list = castNode(List, stringToNode(stored));
	ListCell   *lc;

	foreach(lc, list)
		lfirst(lc) = unconstify(char *, deparse(&none, lfirst(lc), stored,
												NIL, false));
	return list;
}

typedef struct TokenTypes
{
	Oid			parser;
	LexDescr   *types;
} TokenTypes;

static void
token_types_callback(void *arg)
{
	TokenTypes *work = arg;
	TSParserCacheEntry *entry = lookup_ts_parser_cache(work->parser);

	work->types = (LexDescr *)
		DatumGetPointer(OidFunctionCall1(entry->lextypeOid, (Datum) 0));
}

/*
 * The types of tokens that a text search parser knows, ended by one with id
 * 0; NULL if the parser has gone.  The parser itself is asked, a function that
 * only a superuser can have made.
 */
const LexDescr *
sdr_token_types(SdrReader *reader, Oid parser)
{
	TokenTypes	work = {parser, NULL};

	return sdr_guarded(reader, token_types_callback, &work) ? work.types : NULL;
}
