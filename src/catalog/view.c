/*-------------------------------------------------------------------------
 *
 * view.c
 *	  Views and materialized views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "nodes/readfuncs.h"
#include "parser/parsetree.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* The query of the view's rule, with the names that its columns have now. */
static Query *
read_query(SdrRelation *relation)
{
	SdrReader  *reader = relation->reader;
	SysScanDesc scan = sdr_scan_oid(reader, RewriteRelationId,
									RewriteRelRulenameIndexId,
									Anum_pg_rewrite_ev_class, relation->oid);
	Query	   *query = NULL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		action;

		if (((Form_pg_rewrite) GETSTRUCT(tuple))->ev_type != CMD_SELECT + '0')
			continue;
		action = sdr_get(reader, RewriteRelationId, tuple,
						 Anum_pg_rewrite_ev_action, &isnull);
		query = linitial_node(Query, (List *) stringToNode(TextDatumGetCString(action)));
		sdr_compat_strip_view_query(query);
	}
	systable_endscan(scan);
	return query;
}

static void rename_columns(SdrRelation *relation, Query *query);

/* The same for the queries that a UNION and the like is made of. */
static void
rename_set_operation(SdrRelation *relation, Query *query, Node *node)
{
	if (IsA(node, SetOperationStmt))
	{
		rename_set_operation(relation, query, ((SetOperationStmt *) node)->larg);
		rename_set_operation(relation, query, ((SetOperationStmt *) node)->rarg);
	}
	else if (IsA(node, RangeTblRef))
		rename_columns(relation, rt_fetch(((RangeTblRef *) node)->rtindex,
										  query->rtable)->subquery);
}

/*
 * ALTER VIEW RENAME COLUMN leaves the query as it was.  Of a UNION all parts
 * get the names, as the server writes them for pg_dump.
 */
static void
rename_columns(SdrRelation *relation, Query *query)
{
	ListCell   *lc;
	int			i = 0;

	foreach(lc, query->targetList)
	{
		TargetEntry *tle = lfirst_node(TargetEntry, lc);

		if (tle->resjunk)
			continue;
		if (i < relation->natts && !relation->columns[i].dropped)
			tle->resname = relation->columns[i].name;
		i++;
	}
	if (query->setOperations != NULL)
		rename_set_operation(relation, query, query->setOperations);
}

/* A text without the blanks around it; scribbled on. */
char *
sdr_trim(char *text)
{
	int			len;

	while (scanner_isspace(*text))
		text++;
	len = strlen(text);
	while (len > 0 && scanner_isspace(text[len - 1]))
		text[--len] = '\0';
	return text;
}

/*
 * The deparser writes VALUES with a blank in front when it stands in a
 * subquery, as it does once a view over bare VALUES was dumped and restored.
 */
static void
squeeze_values(char *text)
{
	static const char blank[] = "( VALUES (";
	char	   *found;

	while ((found = strstr(text, blank)) != NULL)
		memmove(found + 1, found + 2, strlen(found + 2) + 1);
}

/* Views have options of their own, each an attribute. */
static void
read_view_options(SdrRelation *relation, HeapTuple class_tuple)
{
	SdrObject  *object = relation->object;
	ListCell   *lc;
	bool		isnull;
	Datum		value = sdr_get(relation->reader, RelationRelationId,
								class_tuple, Anum_pg_class_reloptions, &isnull);

	sdr_set_bool(object, SDR_VIEW_SECURITY_INVOKER, false);
	sdr_set_bool(object, SDR_VIEW_SECURITY_BARRIER, false);
	sdr_set_text(object, SDR_VIEW_CHECK_OPTION, NULL);
	foreach(lc, sdr_options(value, isnull))
	{
		SdrPair    *pair = lfirst(lc);
		bool		on = false;

		(void) parse_bool(pair->value, &on);
		if (strcmp(pair->key, "security_invoker") == 0)
			sdr_set_bool(object, SDR_VIEW_SECURITY_INVOKER, on);
		else if (strcmp(pair->key, "security_barrier") == 0)
			sdr_set_bool(object, SDR_VIEW_SECURITY_BARRIER, on);
		else if (strcmp(pair->key, "check_option") == 0)
			sdr_set_text(object, SDR_VIEW_CHECK_OPTION, pair->value);
	}
}

/* Read columns, query and, of views, options. */
void
sdr_view_read(SdrRelation *relation, HeapTuple class_tuple)
{
	bool		is_view = relation->relkind == RELKIND_VIEW;
	char	   *definition = NULL;
	Query	   *query;

	sdr_columns_read(relation);
	query = read_query(relation);
	if (query == NULL)
		sdr_reader_gone(relation->reader);
	else
	{
		rename_columns(relation, query);
		definition = sdr_deparse_query(relation->reader, query);
		if (definition != NULL)
		{
			definition = sdr_trim(definition);
			squeeze_values(definition);
		}
	}
	sdr_set_text(relation->object,
				 is_view ? SDR_VIEW_DEFINITION : SDR_MATVIEW_DEFINITION,
				 definition);
	if (is_view)
		read_view_options(relation, class_tuple);
}
