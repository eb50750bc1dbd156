/*-------------------------------------------------------------------------
 *
 * parse_field.c
 *	  Fields, enum values and properties of a Prisma schema.
 *
 *-------------------------------------------------------------------------
 */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "prisma/parser.h"

static bool parse_field_type(SdrPrismaParser *parser, SdrPrismaField *field);
static void parse_arity(SdrPrismaParser *parser, SdrPrismaField *field,
						const char *type_at);

/*
 * name Type @attribute ...
 */
SdrPrismaField *
sdr_prisma_parse_field(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField *field = palloc0(sizeof(SdrPrismaField));
	const char *start = lexer->at;

	field->name = sdr_prisma_lex_name(lexer);
	if (field->name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_FIELD);
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_BLOCK_ATTR);
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_BLOCK);
		return NULL;
	}
	field->pos = sdr_prisma_lex_pos(lexer, start);
	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_sees(lexer, ':'))
	{
		error_at(parser, lexer->at,
				 "syntax error at or near \":\": expected the type of field \"%s\" without it",
				 field->name);
		lexer->at++;
		sdr_prisma_lex_blanks(lexer);
	}

	/* Prisma reads a field without a type, and rejects it then. */
	start = lexer->at;
	if (!parse_field_type(parser, field))
	{
		lexer->at = start;
		error_at(parser, start, "syntax error %s: expected the type of field \"%s\"",
				 sdr_prisma_lex_offending(lexer, start), field->name);
	}
	return sdr_prisma_parse_attributes(parser, &field->attrs) ? field : NULL;
}

/*
 * VALUE @attribute ...
 */
SdrPrismaField *
sdr_prisma_parse_enum_value(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField *field = palloc0(sizeof(SdrPrismaField));
	const char *start = lexer->at;

	field->name = sdr_prisma_lex_name(lexer);
	if (field->name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_ENUM_VALUE);
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_BLOCK_ATTR);
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_BLOCK);
		return NULL;
	}
	field->pos = sdr_prisma_lex_pos(lexer, start);
	return sdr_prisma_parse_attributes(parser, &field->attrs) ? field : NULL;
}

/*
 * name = value
 */
SdrPrismaField *
sdr_prisma_parse_property(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField *field = palloc0(sizeof(SdrPrismaField));
	const char *start = lexer->at;

	field->name = sdr_prisma_lex_name(lexer);
	if (field->name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_PROPERTY);
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_BLOCK);
		return NULL;
	}
	field->pos = sdr_prisma_lex_pos(lexer, start);
	sdr_prisma_lex_blanks(lexer);
	if (!sdr_prisma_lex_expect(lexer, "=", SDR_PRISMA_WANT_EQUALS))
		return NULL;
	sdr_prisma_lex_blanks(lexer);
	start = lexer->at;
	field->value = sdr_prisma_parse_expr(parser, false);
	if (field->value == NULL)
		lexer->at = start;
	return field;
}

/*
 * Type, Type?, Type[], Unsupported("type"), and what Prisma once had
 */
static bool
parse_field_type(SdrPrismaParser *parser, SdrPrismaField *field)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;

	if (sdr_prisma_lex_literal(lexer, "["))
	{
		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_parse_base_type(parser, field))
			return false;
		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_lex_expect(lexer, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
			return false;
		field->arity = SDR_PRISMA_LIST;
		error_at(parser, start,
				 "syntax error at or near \"[\": expected \"%s[]\" for a list",
				 field->type);
		return true;
	}
	if (!sdr_prisma_parse_base_type(parser, field))
		return false;
	parse_arity(parser, field, start);
	return true;
}

/*
 * The type without what makes it a list or optional
 */
bool
sdr_prisma_parse_base_type(SdrPrismaParser *parser, SdrPrismaField *field)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;

	if (sdr_prisma_lex_literal(lexer, "Unsupported("))
	{
		sdr_prisma_lex_blanks(lexer);
		field->unsupported = sdr_prisma_lex_string(lexer);
		if (field->unsupported == NULL)
		{
			sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_STRING);
			return false;
		}
		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_lex_expect(lexer, ")", SDR_PRISMA_WANT_CLOSE_PAREN))
			return false;
		field->type = "Unsupported";
	}
	else
		field->type = sdr_prisma_lex_name(lexer);
	if (field->type == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_TYPE);
		return false;
	}
	field->type_pos = sdr_prisma_lex_pos(lexer, start);
	return true;
}

/*
 * What stands behind the type and belongs to it, if anything does
 */
static void
parse_arity(SdrPrismaParser *parser, SdrPrismaField *field, const char *type_at)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;

	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_literal(lexer, "[]"))
	{
		const char *behind = lexer->at;

		field->arity = SDR_PRISMA_LIST;
		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_sees(lexer, '?'))
		{
			error_at(parser, lexer->at,
					 "syntax error at or near \"?\": expected \"%s[]\" or \"%s?\", as a list is never optional",
					 field->type, field->type);
			lexer->at++;
		}
		else
			lexer->at = behind;
	}
	else if (sdr_prisma_lex_literal(lexer, "?"))
		field->arity = SDR_PRISMA_OPTIONAL;
	else if (sdr_prisma_lex_sees(lexer, '!'))
	{
		error_at(parser, lexer->at,
				 "syntax error at or near \"!\": expected \"%s\", which is required without it",
				 field->type);
		lexer->at++;
	}
	else
	{
		if (sdr_prisma_lex_sees(lexer, '['))
			sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_LIST);
		lexer->at = start;
	}
}

/*
 * All the attributes of a field, there may be none
 */
bool
sdr_prisma_parse_attributes(SdrPrismaParser *parser, SdrPrismaAttr **next)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	for (;;)
	{
		SdrPrismaAttr *attr;
		const char *start = lexer->at;

		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_lex_expect(lexer, "@", SDR_PRISMA_WANT_ATTR))
		{
			lexer->at = start;
			return true;
		}
		attr = sdr_prisma_parse_attribute(parser);
		if (attr == NULL)
			return false;
		*next = attr;
		next = &attr->next;
	}
}

/*
 * An attribute from its name on
 */
SdrPrismaAttr *
sdr_prisma_parse_attribute(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaAttr *attr = palloc0(sizeof(SdrPrismaAttr));
	const char *start;

	sdr_prisma_lex_blanks(lexer);
	start = lexer->at;
	attr->name = sdr_prisma_lex_path(lexer);
	if (attr->name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_ATTR_NAME);
		return NULL;
	}
	attr->pos = sdr_prisma_lex_pos(lexer, start);

	start = lexer->at;
	sdr_prisma_lex_blanks(lexer);
	if (!sdr_prisma_lex_sees(lexer, '('))
		lexer->at = start;
	else if (!sdr_prisma_parse_args(parser, &attr->args, strchr(attr->name, '.') == NULL))
		return NULL;
	return attr;
}
