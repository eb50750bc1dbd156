/*-------------------------------------------------------------------------
 *
 * canonical.h
 *	  What the files of canonical comparison share; see canonical.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_CANONICAL_H
#define SDR_CANONICAL_H

#include "catalog/live.h"
#include "catalog/pg_type.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "utils/rel.h"

/* A question under way. */
typedef struct SdrQuestion
{
	SdrReader  *reader;
	const SdrAttr *attr;
	const SdrObject *actual;
	const char *expected;
	const char *found;
	Relation	rel;			/* live relation, NULL if there is none */
	Form_pg_type domain;		/* live domain, NULL if there is none */
	bool		same;
} SdrQuestion;

/* What makes a statement of a text. */
typedef struct SdrWrapping
{
	const char *prefix;
	const char *suffix;
	RawParseMode mode;
} SdrWrapping;

/* canonical.c */
extern Node *sdr_parse_wrapped(const SdrWrapping *wrapping, const char *text);
extern void sdr_answer(SdrQuestion *question, const char *canonical);
extern const char *sdr_question_schema(const SdrQuestion *question);

/* canonical_expression.c */
extern ParseState *sdr_question_state(SdrQuestion *question);
extern const char *sdr_question_text(SdrQuestion *question, Node *node);
extern void sdr_ask_type(SdrQuestion *question);
extern void sdr_ask_default(SdrQuestion *question);
extern void sdr_ask_generated(SdrQuestion *question);
extern void sdr_ask_condition(SdrQuestion *question);
extern void sdr_ask_when(SdrQuestion *question);
extern const SdrWrapping sdr_bound_wrapping;
extern void sdr_ask_bound(SdrQuestion *question);
extern const SdrWrapping sdr_query_wrapping;
extern void sdr_ask_query(SdrQuestion *question);

/* canonical_index.c */
extern const SdrWrapping sdr_key_wrapping;
extern void sdr_ask_key(SdrQuestion *question);
extern const SdrWrapping sdr_partkey_wrapping;
extern void sdr_ask_partition_key(SdrQuestion *question);

/* canonical_routine.c */
extern const SdrWrapping sdr_argument_wrapping;
extern void sdr_ask_argument(SdrQuestion *question);
extern const SdrWrapping sdr_result_wrapping;
extern void sdr_ask_result(SdrQuestion *question);
extern const SdrWrapping sdr_body_wrapping;
extern void sdr_ask_body(SdrQuestion *question);

/* canonical_name.c */
extern const SdrWrapping sdr_name_wrapping;
extern void sdr_ask_name(SdrQuestion *question);

#endif							/* SDR_CANONICAL_H */
