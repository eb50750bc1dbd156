/*-------------------------------------------------------------------------
 *
 * sqlname.c
 *	  Names that are SQL: f(integer), +(integer,integer), (a AS b) and the like.
 *
 * They are made of what rows of the catalogs refer to, in the form of
 * pg_identify_object(), but that types and functions of pg_catalog are not
 * qualified; and out of what people write in documents, by way of the parser.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

/*
 * A data type where a modifier cannot be: bit and character are then not the
 * names of types with length 1.
 */
const char *
sdr_type_text(SdrReader *reader, Oid type)
{
	if (type < FirstNormalObjectId)
		return format_type_be(type);
	return sdr_type(reader, type, -1)->text;
}

/* f(a,b) */
const char *
sdr_routine_name(SdrReader *reader, const char *name, const Oid *types, int n)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s(", name);
	for (int i = 0; i < n; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "," : "",
						 sdr_type_text(reader, types[i]));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* +(a,b), with the operand that a prefix operator has not as NONE */
const char *
sdr_operator_name(SdrReader *reader, const char *name, Oid left, Oid right)
{
	return psprintf("%s(%s,%s)", name,
					OidIsValid(left) ? sdr_type_text(reader, left) : "NONE",
					OidIsValid(right) ? sdr_type_text(reader, right) : "NONE");
}

/* (a AS b) */
const char *
sdr_cast_name(SdrReader *reader, Oid source, Oid target)
{
	return psprintf("(%s AS %s)", sdr_type_text(reader, source),
					sdr_type_text(reader, target));
}

/* for a on language b */
const char *
sdr_transform_name(SdrReader *reader, Oid type, const char *language)
{
	return psprintf("for %s on language %s", sdr_type_text(reader, type),
					quote_identifier(language));
}

/* a USING b */
const char *
sdr_using_name(const char *name, const char *method)
{
	return psprintf("%s USING %s", quote_identifier(name),
					quote_identifier(method));
}

/* Of a qualified name, the dot before the last part; NULL if it has none. */
const char *
sdr_last_dot(const char *name)
{
	const char *dot = NULL;
	bool		quoted = false;

	for (; *name != '\0'; name++)
	{
		if (*name == '"')
			quoted = !quoted;
		else if (*name == '.' && !quoted)
			dot = name;
	}
	return dot;
}

/*
 * A function, qualified unless it is in pg_catalog; NULL for InvalidOid.  That
 * is enough where its arguments follow from what it is for.
 */
const char *
sdr_function_name(SdrReader *reader, Oid function)
{
	return OidIsValid(function) ?
		sdr_name_text(reader, ProcedureRelationId, function) : NULL;
}

/* The same with its arguments. */
const char *
sdr_function_text(SdrReader *reader, Oid function)
{
	HeapTuple	tuple;
	Form_pg_proc form;

	if (!OidIsValid(function))
		return NULL;
	tuple = sdr_fetch(reader, ProcedureRelationId, ProcedureOidIndexId,
					  Anum_pg_proc_oid, function);
	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return "";
	}
	form = (Form_pg_proc) GETSTRUCT(tuple);
	return sdr_routine_name(reader, sdr_function_name(reader, function),
							form->proargtypes.values, form->pronargs);
}

/* An operator, qualified in the same way; NULL for InvalidOid. */
const char *
sdr_operator_text(SdrReader *reader, Oid operator)
{
	const SdrName *name;

	if (!OidIsValid(operator))
		return NULL;
	name = sdr_name(reader, OperatorRelationId, operator);
	if (name == NULL)
	{
		sdr_reader_gone(reader);
		return "";
	}
	if (strcmp(name->schema, "pg_catalog") == 0)
		return pstrdup(name->name);
	return psprintf("%s.%s", quote_identifier(name->schema), name->name);
}

/*
 * Is the type there for this session only?  What is made of such types goes
 * away with them.
 */
bool
sdr_type_is_temporary(SdrReader *reader, Oid type)
{
	return type >= FirstNormalObjectId &&
		strncmp(sdr_type(reader, type, -1)->text, "pg_temp_", 8) == 0;
}

/* A name under consideration. */
typedef struct Question
{
	SdrReader  *reader;
	SdrKindId	kind;
	Oid			namespace;
	List	   *types;			/* of the name, by oid */
	const char *plain;			/* the identifier in it */
} Question;

/* Note a type; what does not exist raises an error. */
static void
add_type(Question *question, TypeName *type_name)
{
	Type		tuple;

	if (type_name == NULL)
	{
		question->types = lappend_oid(question->types, InvalidOid);
		return;
	}
	tuple = LookupTypeName(NULL, type_name, NULL, false);
	if (tuple == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("type \"%s\" does not exist",
						TypeNameToString(type_name))));
	question->types = lappend_oid(question->types, typeTypeId(tuple));
	ReleaseSysCache(tuple);
}

static void
add_identifier(Question *question, List *names)
{
	if (list_length(names) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("name is qualified")));
	question->plain = strVal(linitial(names));
}

/*
 * The name of the only routine of the schema that is called so; NULL if there
 * is none.
 */
static const char *
only_routine(Question *question)
{
	SdrReader  *reader = question->reader;
	ScanKeyData key;
	NameData	name;
	SysScanDesc scan;
	HeapTuple	tuple;
	const char *found = NULL;
	int			n = 0;

	namestrcpy(&name, question->plain);
	ScanKeyInit(&key, Anum_pg_proc_proname, BTEqualStrategyNumber, F_NAMEEQ,
				NameGetDatum(&name));
	scan = sdr_scan(reader, ProcedureRelationId, ProcedureNameArgsNspIndexId,
					1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

		if (form->pronamespace != question->namespace ||
			sdr_routine_kind(form->prokind) != question->kind)
			continue;
		found = sdr_routine_name(reader, quote_identifier(question->plain),
								 form->proargtypes.values, form->pronargs);
		n++;
	}
	systable_endscan(scan);
	if (n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_AMBIGUOUS_FUNCTION),
				 errmsg("name \"%s\" is not unique", question->plain)));
	return found;
}

static void
understand_routine(Question *question, Node *object)
{
	ObjectWithArgs *with = castNode(ObjectWithArgs, object);
	ListCell   *lc;

	add_identifier(question, with->objname);
	foreach(lc, with->objargs)
		add_type(question, lfirst(lc));
}

static const char *
routine_text(Question *question, Node *object)
{
	Oid		   *types = palloc(sizeof(Oid) * (list_length(question->types) + 1));
	ListCell   *lc;

	if (castNode(ObjectWithArgs, object)->args_unspecified)
		return only_routine(question);
	foreach(lc, question->types)
		types[foreach_current_index(lc)] = lfirst_oid(lc);
	return sdr_routine_name(question->reader,
							quote_identifier(question->plain), types,
							list_length(question->types));
}

static const char *
operator_text(Question *question, Node *object)
{
	return sdr_operator_name(question->reader, question->plain,
							 linitial_oid(question->types),
							 lsecond_oid(question->types));
}

static void
understand_cast(Question *question, Node *object)
{
	List	   *types = castNode(List, object);

	add_type(question, linitial_node(TypeName, types));
	add_type(question, lsecond_node(TypeName, types));
}

static const char *
cast_text(Question *question, Node *object)
{
	return sdr_cast_name(question->reader, linitial_oid(question->types),
						 lsecond_oid(question->types));
}

static void
understand_transform(Question *question, Node *object)
{
	List	   *parts = castNode(List, object);

	add_type(question, linitial_node(TypeName, parts));
	question->plain = strVal(lsecond(parts));
}

static const char *
transform_text(Question *question, Node *object)
{
	return sdr_transform_name(question->reader, linitial_oid(question->types),
							  question->plain);
}

/* The access method comes first. */
static void
understand_using(Question *question, Node *object)
{
	add_identifier(question, list_copy_tail(castNode(List, object), 1));
}

static const char *
using_text(Question *question, Node *object)
{
	return sdr_using_name(question->plain,
						  strVal(linitial(castNode(List, object))));
}

/*
 * For each kind the words that COMMENT ON has for it, what to take from the
 * object that the parser makes of the name, while the schema is on the
 * search_path, and how to write that.
 */
static const struct
{
	SdrKindId	kind;
	ObjectType	type;
	const char *words;
	void		(*understand) (Question *question, Node *object);
	const char *(*text) (Question *question, Node *object);
}			forms[] = {

	{SDR_KIND_FUNCTION, OBJECT_FUNCTION, "FUNCTION",
	understand_routine, routine_text},
	{SDR_KIND_PROCEDURE, OBJECT_PROCEDURE, "PROCEDURE",
	understand_routine, routine_text},
	{SDR_KIND_AGGREGATE, OBJECT_AGGREGATE, "AGGREGATE",
	understand_routine, routine_text},
	{SDR_KIND_OPERATOR, OBJECT_OPERATOR, "OPERATOR",
	understand_routine, operator_text},
	{SDR_KIND_OPERATOR_FAMILY, OBJECT_OPFAMILY, "OPERATOR FAMILY",
	understand_using, using_text},
	{SDR_KIND_OPERATOR_CLASS, OBJECT_OPCLASS, "OPERATOR CLASS",
	understand_using, using_text},
	{SDR_KIND_CAST, OBJECT_CAST, "CAST",
	understand_cast, cast_text},
	{SDR_KIND_TRANSFORM, OBJECT_TRANSFORM, "TRANSFORM",
	understand_transform, transform_text},
};

/* The grammar has no "on" in front of the language of a transform. */
static const char *
without_on(const char *name)
{
	static const char words[] = " on language ";
	size_t		len = strlen(words);

	for (const char *p = name + strlen(name); p > name; p--)
	{
		if (pg_strncasecmp(p, words, len) == 0)
			return psprintf("%.*s%s", (int) (p - name), name,
							p + strlen(" on"));
	}
	return name;
}

/*
 * What the parser makes of a name.  One that starts with more words could
 * turn the operator into an operator class.
 */
static Node *
parse_name(ObjectType type, const char *words, const char *name)
{
	List	   *statements = raw_parser(psprintf("COMMENT ON %s %s\n IS NULL",
												 words, name),
										RAW_PARSE_DEFAULT);
	CommentStmt *stmt;

	if (list_length(statements) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("more than one statement")));
	stmt = castNode(CommentStmt, linitial_node(RawStmt, statements)->stmt);
	if (stmt->objtype != type)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("name of another kind of object")));
	return stmt->object;
}

/*
 * The name as the object has it, of any kind whose name is SQL.  Raises an
 * error, or returns the name as it is, if it cannot be understood; see
 * SdrFamily.
 */
const char *
sdr_sql_name(SdrReader *reader, const SdrItem *item, Oid namespace)
{
	Question	question = {reader, item->kind->id, namespace, NIL, NULL};
	const char *name = item->name;
	const char *canonical;
	Node	   *object;
	int			i = 0;

	while (forms[i].kind != item->kind->id)
	{
		if (++i == lengthof(forms))
			elog(ERROR, "kind %d has no names in SQL", (int) item->kind->id);
	}
	if (item->kind->id == SDR_KIND_TRANSFORM)
		name = without_on(name);

	object = parse_name(forms[i].type, forms[i].words, name);
	forms[i].understand(&question, object);
	sdr_set_search_path("pg_catalog, pg_temp");
	canonical = forms[i].text(&question, object);
	return canonical == NULL ? item->name : canonical;
}
