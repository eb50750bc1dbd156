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
#include "access/transam.h"
#include "catalog/canonical.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Whose oid is that of a relation, and whose is that of a type. */
#define RELATION_KINDS \
	(SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE) | \
	 SDR_IN(STATISTICS) | SDR_IN(PUBLICATION))
#define TYPE_KINDS \
	(SDR_IN(DOMAIN) | SDR_IN(COMPOSITE) | SDR_IN(RANGE) | SDR_IN(BASE))

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
Node *
sdr_parse_wrapped(const SdrWrapping *wrapping, const char *text)
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

/* The answer: is the canonical form of the expected text the one found? */
void
sdr_answer(SdrQuestion *question, const char *canonical)
{
	question->same = strcmp(canonical, question->found) == 0;
}

static const SdrWrapping expression_wrapping = {"", "", RAW_PARSE_PLPGSQL_EXPR};

/* For each type from SDR_TYPE_TYPE on, in their order. */
static const struct
{
	SdrAttrType type;
	const SdrWrapping *wrapping;	/* to compare what both sides parse to */
	bool		needs_context;	/* columns, or the value of a domain */
	void		(*ask) (SdrQuestion *question);
}			askers[] = {
	{SDR_TYPE_TYPE, NULL, false, sdr_ask_type},
	{SDR_TYPE_DEFAULT, &expression_wrapping, true, sdr_ask_default},
	{SDR_TYPE_GENERATED, &expression_wrapping, true, sdr_ask_generated},
	{SDR_TYPE_CONDITION, &expression_wrapping, true, sdr_ask_condition},
	{SDR_TYPE_KEYS, &sdr_key_wrapping, true, sdr_ask_key},
	{SDR_TYPE_PARTKEY, &sdr_partkey_wrapping, true, sdr_ask_partition_key},
	{SDR_TYPE_BOUND, &sdr_bound_wrapping, true, sdr_ask_bound},
	{SDR_TYPE_QUERY, &sdr_query_wrapping, false, sdr_ask_query},
	{SDR_TYPE_POLICY, &expression_wrapping, true, sdr_ask_condition},
	{SDR_TYPE_WHEN, &expression_wrapping, true, sdr_ask_when},
	{SDR_TYPE_STATEMENT, &sdr_query_wrapping, false, NULL},
	{SDR_TYPE_ARGUMENTS, &sdr_argument_wrapping, false, sdr_ask_argument},
	{SDR_TYPE_RESULT, &sdr_result_wrapping, false, sdr_ask_result},
	{SDR_TYPE_BODY, &sdr_body_wrapping, false, sdr_ask_body},
	{SDR_TYPE_COLLATION, &sdr_name_wrapping, false, sdr_ask_name},
	{SDR_TYPE_RELATION, &sdr_name_wrapping, false, sdr_ask_name},
	{SDR_TYPE_RELATIONS, &sdr_name_wrapping, false, sdr_ask_name},
	{SDR_TYPE_COLUMN_NAME, &sdr_name_wrapping, false, sdr_ask_name},
	{SDR_TYPE_FUNCTION_NAME, &sdr_name_wrapping, false, sdr_ask_name},
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
open_context(SdrQuestion *question, const SdrObject *top, bool needs_context)
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
const char *
sdr_question_schema(const SdrQuestion *question)
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
	SdrQuestion *question = arg;
	const SdrObject *top = top_object(question->actual);
	int			i = question->attr->type - SDR_TYPE_TYPE;

	Assert(askers[i].type == question->attr->type);

	/* what the parser has to say of long names is not for the caller */
	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (askers[i].wrapping != NULL &&
		equal(sdr_parse_wrapped(askers[i].wrapping, question->expected),
			  sdr_parse_wrapped(askers[i].wrapping, question->found)))
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
								 quote_identifier(sdr_question_schema(question))));
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
	SdrQuestion question = {
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
