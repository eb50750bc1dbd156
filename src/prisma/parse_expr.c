/*-------------------------------------------------------------------------
 *
 * parse_expr.c
 *	  Values in a Prisma schema, and the arguments that hold them.
 *
 *-------------------------------------------------------------------------
 */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "prisma/parser.h"

static bool parse_arg(SdrPrismaParser *parser, SdrPrismaArg **arg,
					  bool strict);
static bool parse_word(SdrPrismaParser *parser, SdrPrismaExpr *expr);
static bool parse_nested(SdrPrismaParser *parser, SdrPrismaExpr *expr,
						 bool strict);
static bool parse_array(SdrPrismaParser *parser, SdrPrismaArg **next,
						bool strict);
static bool parse_object(SdrPrismaParser *parser, SdrPrismaArg **next,
						 bool strict);
static SdrPrismaArg *parse_member(SdrPrismaParser *parser, bool strict);

/*
 * Arguments in parentheses.  Prisma reads a comma before the ")" and a name
 * without a value everywhere, and rejects them then, but not in the arguments
 * of native types and in configuration, where it does not look: not strict.
 */
bool
sdr_prisma_parse_args(SdrPrismaParser *parser, SdrPrismaArg **next, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *comma = NULL;

	lexer->at++;				/* the "(" */
	for (;;)
	{
		SdrPrismaArg *arg;
		const char *start;

		sdr_prisma_lex_blanks(lexer);
		start = lexer->at;
		if (!parse_arg(parser, &arg, strict))
		{
			lexer->at = start;
			if (comma == NULL && sdr_prisma_lex_literal(lexer, ","))
				comma = start;
			break;
		}
		if (arg != NULL)
		{
			*next = arg;
			next = &arg->next;
		}
		sdr_prisma_lex_blanks(lexer);
		comma = lexer->at;
		if (!sdr_prisma_lex_expect(lexer, ",", SDR_PRISMA_WANT_COMMA))
		{
			comma = NULL;
			break;
		}
	}

	sdr_prisma_lex_blanks(lexer);
	if (!sdr_prisma_lex_expect(lexer, ")", SDR_PRISMA_WANT_CLOSE_PAREN))
		return false;
	if (comma != NULL && strict)
		error_at(parser, comma,
				 "syntax error at or near \",\": expected \")\" or an argument behind it");
	return true;
}

/*
 * An argument; NULL is one that has only a name
 */
static bool
parse_arg(SdrPrismaParser *parser, SdrPrismaArg **arg, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	const char *name = sdr_prisma_lex_label(lexer);
	const char *value_at;

	*arg = palloc0(sizeof(SdrPrismaArg));
	(*arg)->pos = sdr_prisma_lex_pos(lexer, start);
	(*arg)->name = name;
	value_at = lexer->at;
	sdr_prisma_lex_blanks(lexer);
	(*arg)->value = sdr_prisma_parse_expr(parser, strict);
	if ((*arg)->value != NULL)
		return true;

	*arg = NULL;
	lexer->at = value_at;
	if (name != NULL && strict)
		error_at(parser, start,
				 "syntax error at or near \"%s\": expected a value behind \"%s:\"",
				 name, name);
	return name != NULL;
}

/*
 * A value of any form
 */
SdrPrismaExpr *
sdr_prisma_parse_expr(SdrPrismaParser *parser, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaExpr *expr = palloc0(sizeof(SdrPrismaExpr));

	expr->pos = sdr_prisma_lex_pos(lexer, lexer->at);
	if (sdr_prisma_lex_sees(lexer, '"'))
	{
		expr->tag = SDR_PRISMA_STRING;
		expr->text = sdr_prisma_lex_string(lexer);
		return expr->text != NULL ? expr : NULL;
	}
	if (sdr_prisma_lex_sees(lexer, '['))
		expr->tag = SDR_PRISMA_ARRAY;
	else if (sdr_prisma_lex_sees(lexer, '{'))
		expr->tag = SDR_PRISMA_OBJECT;
	else if (!parse_word(parser, expr))
		return NULL;

	if ((expr->tag == SDR_PRISMA_ARRAY || expr->tag == SDR_PRISMA_OBJECT ||
		 expr->tag == SDR_PRISMA_CALL) &&
		!parse_nested(parser, expr, strict))
		return NULL;
	return expr;
}

/*
 * A call up to its "(", a number, or a name: tried in this order, as a name
 * may begin with a digit.
 */
static bool
parse_word(SdrPrismaParser *parser, SdrPrismaExpr *expr)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	const char *path = sdr_prisma_lex_path(lexer);
	const char *behind = lexer->at;

	if (path != NULL)
	{
		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_sees(lexer, '('))
		{
			expr->tag = SDR_PRISMA_CALL;
			expr->text = path;
			return true;
		}
	}

	lexer->at = start;
	expr->tag = SDR_PRISMA_NUMBER;
	expr->text = sdr_prisma_lex_number(lexer);
	if (expr->text != NULL)
		return true;

	lexer->at = behind;
	expr->tag = SDR_PRISMA_NAME;
	expr->text = path;
	if (path == NULL)
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_VALUE);
	return path != NULL;
}

/*
 * What stands in a call, an array or an object
 */
static bool
parse_nested(SdrPrismaParser *parser, SdrPrismaExpr *expr, bool strict)
{
	bool		done;

	if (parser->depth >= SDR_PRISMA_MAX_DEPTH)
	{
		sdr_prisma_lex_want(&parser->lexer, SDR_PRISMA_WANT_LESS_NESTING);
		return false;
	}
	parser->depth++;
	if (expr->tag == SDR_PRISMA_CALL)
		done = sdr_prisma_parse_args(parser, &expr->args, strict);
	else if (expr->tag == SDR_PRISMA_ARRAY)
		done = parse_array(parser, &expr->args, strict);
	else
		done = parse_object(parser, &expr->args, strict);
	parser->depth--;
	return done;
}

/*
 * [value, ...]
 */
static bool
parse_array(SdrPrismaParser *parser, SdrPrismaArg **next, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	lexer->at++;
	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_expect(lexer, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
		return true;
	for (;;)
	{
		SdrPrismaArg *element = palloc0(sizeof(SdrPrismaArg));

		element->pos = sdr_prisma_lex_pos(lexer, lexer->at);
		element->value = sdr_prisma_parse_expr(parser, strict);
		if (element->value == NULL)
			return false;
		*next = element;
		next = &element->next;

		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_expect(lexer, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
			return true;
		if (!sdr_prisma_lex_expect(lexer, ",", SDR_PRISMA_WANT_COMMA))
			return false;
		sdr_prisma_lex_blanks(lexer);
	}
}

/*
 * {name: value, ...}
 */
static bool
parse_object(SdrPrismaParser *parser, SdrPrismaArg **next, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	lexer->at++;
	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_expect(lexer, "}", SDR_PRISMA_WANT_CLOSE_BRACE))
		return true;
	for (;;)
	{
		SdrPrismaArg *member = parse_member(parser, strict);

		if (member == NULL)
			return false;
		*next = member;
		next = &member->next;

		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_expect(lexer, "}", SDR_PRISMA_WANT_CLOSE_BRACE))
			return true;
		if (!sdr_prisma_lex_expect(lexer, ",", SDR_PRISMA_WANT_COMMA))
			return false;
		sdr_prisma_lex_blanks(lexer);
	}
}

static SdrPrismaArg *
parse_member(SdrPrismaParser *parser, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaArg *member = palloc0(sizeof(SdrPrismaArg));

	member->pos = sdr_prisma_lex_pos(lexer, lexer->at);
	member->name = sdr_prisma_lex_name(lexer);
	if (member->name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_MEMBER);
		return NULL;
	}
	sdr_prisma_lex_blanks(lexer);
	if (!sdr_prisma_lex_expect(lexer, ":", SDR_PRISMA_WANT_COLON))
		return NULL;
	sdr_prisma_lex_blanks(lexer);
	member->value = sdr_prisma_parse_expr(parser, strict);
	return member->value != NULL ? member : NULL;
}
