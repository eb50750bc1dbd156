/*-------------------------------------------------------------------------
 *
 * canonical_name.c
 *	  Names of other objects that people write.
 *
 * These run where canonical.c asks its questions.  A name without a schema
 * leads where it would in a statement run in the schema of the object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/canonical.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"

const SdrWrapping sdr_name_wrapping = {"COMMENT ON COLLATION ", " IS NULL",
RAW_PARSE_DEFAULT};

/* The parts of a name; none if the text is more than that. */
static List *
name_parts(const char *text)
{
	CommentStmt *stmt = castNode(CommentStmt,
								 sdr_parse_wrapped(&sdr_name_wrapping, text));

	return stmt->comment == NULL ? castNode(List, stmt->object) : NIL;
}

/* The name that the server finds, quoted; qualified unless in pg_catalog. */
static const char *
resolve(SdrReader *reader, SdrAttrType type, List *names)
{
	if (type == SDR_TYPE_COLLATION)
		return sdr_name_text(reader, CollationRelationId,
							 get_collation_oid(names, false));
	if (type == SDR_TYPE_FUNCTION_NAME)
		return sdr_name_text(reader, ProcedureRelationId,
							 LookupFuncName(names, 0, NULL, false));
	return sdr_name_text(reader, RelationRelationId,
						 RangeVarGetRelid(makeRangeVarFromNameList(names),
										  NoLock, false));
}

/*
 * Without a live object: a name without a schema is that of an object in the
 * schema at hand, or in pg_catalog, whose names are written so.
 */
static const char *
qualify(SdrQuestion *question, List *names, int parts)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	if (list_length(names) < parts)
		names = lcons(makeString(pstrdup(sdr_question_schema(question))),
					  names);
	foreach(lc, names)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? "." : "",
						 quote_identifier(strVal(lfirst(lc))));
	return buf.data;
}

void
sdr_ask_name(SdrQuestion *question)
{
	SdrAttrType type = question->attr->type;
	int			parts = type == SDR_TYPE_COLUMN_NAME ? 3 : 2;
	List	   *names = name_parts(question->expected);
	const char *suffix = "";
	const char *canonical;

	if (names == NIL)
		return;
	if (!OidIsValid(question->actual->oid))
	{
		question->same = strcmp(qualify(question, names, parts),
								qualify(question, name_parts(question->found),
										parts)) == 0;
		return;
	}
	if (type == SDR_TYPE_COLUMN_NAME)
	{
		suffix = psprintf(".%s", quote_identifier(strVal(llast(names))));
		names = list_truncate(list_copy(names), list_length(names) - 1);
	}
	canonical = resolve(question->reader, type, names);
	sdr_answer(question, psprintf("%s%s", canonical, suffix));
}
