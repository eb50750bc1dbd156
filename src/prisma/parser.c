/*-------------------------------------------------------------------------
 *
 * parser.c
 *	  Reads the text of a Prisma schema into a syntax tree.
 *
 * It accepts what Prisma's own parser accepts, oddities included: the keyword
 * need not be set off from the name ("models {" is the model "s"), what stands
 * behind the "{" of a block is skipped, and a block that is never closed is
 * none.  Where a line cannot be read, that line is skipped and the next one
 * tried: so every error is reported, on the lines where Prisma reports it.
 *
 * Each function that reads a part of the grammar moves the lexer behind it, or
 * returns NULL or false with the lexer anywhere: who can go on otherwise has
 * saved the place.
 *
 *-------------------------------------------------------------------------
 */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "prisma/lexer.h"

/* What may stand in a block: fields, enum values or properties. */
typedef enum Contents
{
	FIELDS,
	ENUM_VALUES,
	PROPERTIES
} Contents;

typedef struct BlockKind
{
	const char *keyword;
	SdrPrismaBlockTag tag;
	Contents	contents;
} BlockKind;

/* The kinds of blocks, in the order in which Prisma tries them. */
static const BlockKind block_kinds[] = {
	{"model", SDR_PRISMA_MODEL, FIELDS},
	{"type", SDR_PRISMA_TYPE, FIELDS},
	{"view", SDR_PRISMA_VIEW, FIELDS},
	{"enum", SDR_PRISMA_ENUM, ENUM_VALUES},
	{"datasource", SDR_PRISMA_DATASOURCE, PROPERTIES},
	{"generator", SDR_PRISMA_GENERATOR, PROPERTIES}
};

typedef struct Parser
{
	SdrPrismaLexer lexer;
	SdrPrismaSchema *schema;
	SdrPrismaBlock **next_block;	/* where to link it */
	StringInfoData doc;			/* documentation before the next block */
	int			depth;			/* levels of nested expressions */

	/*
	 * For each place in the source the contents, as bits, that were tried
	 * there.  Being there again means that the block was not closed then and
	 * will not be now: without it many unclosed blocks take quadratic time.
	 */
	unsigned char *tried;
	bool		no_brace;		/* the rest of the source has no "}" */

	/* The block that begins where parse_top stands and is never closed */
	const BlockKind *unclosed;
	const char *unclosed_name;
} Parser;

/* The errors up to here, to forget those that come later. */
typedef struct ErrorMark
{
	SdrPrismaError *last;
	int			nerrors;
} ErrorMark;

static bool check_source(SdrPrismaSchema *schema, const char *source,
						 size_t len);
static void parse_top(Parser *parser);
static bool parse_comments(Parser *parser);
static bool parse_block(Parser *parser);
static bool parse_block_of_kind(Parser *parser, int kind);
static bool parse_contents(Parser *parser, SdrPrismaBlock *block,
						   Contents contents);
static bool parse_item(Parser *parser, SdrPrismaBlock *block,
					   Contents contents, SdrPrismaField ***next_field,
					   SdrPrismaAttr ***next_attr);
static bool parse_type_alias(Parser *parser);
static bool parse_unknown_block(Parser *parser);
static SdrPrismaField *parse_field(Parser *parser);
static SdrPrismaField *parse_enum_value(Parser *parser);
static SdrPrismaField *parse_property(Parser *parser);
static bool parse_field_type(Parser *parser, SdrPrismaField *field);
static bool parse_base_type(Parser *parser, SdrPrismaField *field);
static void parse_arity(Parser *parser, SdrPrismaField *field,
						const char *type_at);
static bool parse_attributes(Parser *parser, SdrPrismaAttr **next);
static SdrPrismaAttr *parse_attribute(Parser *parser);
static bool parse_args(Parser *parser, SdrPrismaArg **next, bool strict);
static bool parse_arg(Parser *parser, SdrPrismaArg **arg, bool strict);
static SdrPrismaExpr *parse_expr(Parser *parser, bool strict);
static bool parse_nested(Parser *parser, SdrPrismaExpr *expr, bool strict);
static bool parse_array(Parser *parser, SdrPrismaArg **next, bool strict);
static bool parse_object(Parser *parser, SdrPrismaArg **next, bool strict);
static SdrPrismaArg *parse_member(Parser *parser, bool strict);
static bool parse_end_of_line(Parser *parser);
static bool take(Parser *parser, const char *literal, SdrPrismaExpect want);
static bool looking_at(Parser *parser, char c);
static void syntax_error_in_line(Parser *parser, const char *line);
static void error_at(Parser *parser, const char *at,
					 const char *format,...) pg_attribute_printf(3, 4);
static ErrorMark mark_errors(Parser *parser);
static void forget_errors(Parser *parser, ErrorMark mark);

/*
 * Reads the text of a schema, of one file or several behind each other.
 * Never fails: what is wrong stands in the errors of the result.
 */
SdrPrismaSchema *
sdr_prisma_parse(const char *source, size_t len)
{
	SdrPrismaSchema *schema = palloc0(sizeof(SdrPrismaSchema));
	Parser		parser = {0};

	if (!check_source(schema, source, len))
		return schema;

	sdr_prisma_lex_start(&parser.lexer, schema, source, len);
	parser.schema = schema;
	parser.next_block = &schema->blocks;
	initStringInfo(&parser.doc);
	parser.tried = palloc0(len + 1);

	sdr_prisma_lex_blanks(&parser.lexer);
	while (parser.lexer.at < parser.lexer.end)
	{
		parse_top(&parser);
		sdr_prisma_lex_blanks(&parser.lexer);
	}
	return schema;
}

/*
 * Can that be read at all?
 */
static bool
check_source(SdrPrismaSchema *schema, const char *source, size_t len)
{
	SdrPrismaPos pos = {1, 1};
	SdrPrismaLexer lexer;
	size_t		valid;

	if (len > SDR_PRISMA_MAX_SOURCE)
	{
		sdr_prisma_error(schema, pos,
						 "schema of %zu bytes is too long: expected at most %d bytes",
						 len, SDR_PRISMA_MAX_SOURCE);
		return false;
	}
	valid = pg_encoding_verifymbstr(PG_UTF8, source, len);
	if (valid < len)
	{
		sdr_prisma_lex_start(&lexer, schema, source, valid);
		sdr_prisma_error(schema,
						 sdr_prisma_lex_pos(&lexer, source + valid),
						 "invalid byte 0x%02x: expected text in UTF-8",
						 (unsigned char) source[valid]);
		return false;
	}
	if (len >= 3 && memcmp(source, "\xEF\xBB\xBF", 3) == 0)
	{
		sdr_prisma_error(schema, pos,
						 "schema begins with a byte order mark: expected text in UTF-8 without it");
		return false;
	}
	return true;
}

/*
 * Adds an error, in the order of places.
 */
void
sdr_prisma_error(SdrPrismaSchema *schema, SdrPrismaPos pos,
				 const char *format,...)
{
	SdrPrismaError *error;
	SdrPrismaError *last = schema->last_error;
	SdrPrismaError **link = &schema->errors;
	StringInfoData message;
	bool		full = schema->nerrors >= SDR_PRISMA_MAX_ERRORS;

#define BEHIND(other) \
	(pos.line > (other)->pos.line || \
	 (pos.line == (other)->pos.line && pos.column >= (other)->pos.column))

	schema->nerrors++;
	if (last != NULL && BEHIND(last))
	{
		if (full)
			return;
		link = &last->next;
	}
	while (*link != NULL && BEHIND(*link))
		link = &(*link)->next;

	initStringInfo(&message);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&message, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&message, needed);
	}

	error = palloc0(sizeof(SdrPrismaError));
	error->pos = pos;
	error->message = message.data;
	error->next = *link;
	*link = error;
	if (error->next == NULL)
		schema->last_error = error;
	if (full)
	{
		/* The last one falls out. */
		while (error->next != schema->last_error)
			error = error->next;
		error->next = NULL;
		schema->last_error = error;
	}
#undef BEHIND
}

/*
 * One thing outside of blocks; there is one.
 */
static void
parse_top(Parser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *line = lexer->at;

	sdr_prisma_lex_forget(lexer);
	parser->unclosed = NULL;
	if (sdr_prisma_lex_newline(lexer))
	{
		/* A comment documents only what follows without an empty line. */
		resetStringInfo(&parser->doc);
		return;
	}
	if (parse_comments(parser) || parse_block(parser))
		return;
	resetStringInfo(&parser->doc);
	if (parse_type_alias(parser) || parse_unknown_block(parser))
		return;

	if (parser->unclosed != NULL)
	{
		error_at(parser, line,
				 "\"%s %s\" is never closed: expected \"}\" at the beginning of a line",
				 parser->unclosed->keyword, parser->unclosed_name);
		sdr_prisma_lex_to_end_of_line(lexer);
		(void) sdr_prisma_lex_newline(lexer);
		return;
	}
	sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_KEYWORD);
	syntax_error_in_line(parser, line);
}

/*
 * Comments, each with the end of its line if that follows; false if there is
 * none
 */
static bool
parse_comments(Parser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	bool		found = false;

	if (looking_at(parser, '/'))
		resetStringInfo(&parser->doc);
	for (;;)
	{
		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_lex_comment(lexer, &parser->doc))
			return found;
		(void) sdr_prisma_lex_newline(lexer);
		found = true;
	}
}

/*
 * A block of any kind, if one stands here; else the lexer stays.
 */
static bool
parse_block(Parser *parser)
{
	const char *start = parser->lexer.at;

	for (int i = 0; i < lengthof(block_kinds); i++)
	{
		ErrorMark	mark = mark_errors(parser);

		if (parse_block_of_kind(parser, i))
			return true;
		forget_errors(parser, mark);
		parser->lexer.at = start;
	}
	return false;
}

static bool
parse_block_of_kind(Parser *parser, int kind)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	const char *name_at;
	SdrPrismaBlock *block;
	const char *name;

	if (!sdr_prisma_lex_literal(lexer, block_kinds[kind].keyword))
		return false;
	sdr_prisma_lex_blanks(lexer);
	name_at = lexer->at;
	name = sdr_prisma_lex_name(lexer);
	if (name == NULL)
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_BLOCK_NAME);
		return false;
	}
	sdr_prisma_lex_blanks(lexer);
	if (!take(parser, "{", SDR_PRISMA_WANT_OPEN_BRACE))
		return false;
	sdr_prisma_lex_to_end_of_line(lexer);
	if (!sdr_prisma_lex_newline(lexer))
	{
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_LINE);
		return false;
	}

	block = palloc0(sizeof(SdrPrismaBlock));
	block->tag = block_kinds[kind].tag;
	block->pos = sdr_prisma_lex_pos(lexer, name_at);
	block->name = name;
	if (!parse_contents(parser, block, block_kinds[kind].contents))
	{
		parser->unclosed = &block_kinds[kind];
		parser->unclosed_name = name;
		return false;
	}

	for (SdrPrismaField *property = block->fields; property != NULL;
		 property = property->next)
	{
		if (block_kinds[kind].contents == PROPERTIES &&
			property->value == NULL)
			error_at(parser, start,
					 "property \"%s\" of \"%s %s\" has no value: expected one behind the \"=\"",
					 property->name, block_kinds[kind].keyword, block->name);
	}
	if (parser->doc.len > 0)
		block->doc = pstrdup(parser->doc.data);
	resetStringInfo(&parser->doc);
	*parser->next_block = block;
	parser->next_block = &block->next;
	return true;
}

/*
 * The lines of a block and the "}" that closes it; false if none does.  A
 * line that is wrong is an error and skipped.
 */
static bool
parse_contents(Parser *parser, SdrPrismaBlock *block, Contents contents)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField **next_field = &block->fields;
	SdrPrismaAttr **next_attr = &block->attrs;
	unsigned char bit = 1 << contents;

	for (;;)
	{
		const char *line;
		ErrorMark	mark = mark_errors(parser);

		sdr_prisma_lex_blanks(lexer);
		line = lexer->at;
		if (line >= lexer->end ||
			(parser->tried[line - lexer->source] & bit) != 0)
			return false;
		if (sdr_prisma_lex_literal(lexer, "}"))
			return true;
		parser->tried[line - lexer->source] |= bit;

		sdr_prisma_lex_forget(lexer);
		if (sdr_prisma_lex_newline(lexer) ||
			sdr_prisma_lex_comment(lexer, NULL) ||
			parse_item(parser, block, contents, &next_field, &next_attr))
			continue;
		forget_errors(parser, mark);
		lexer->at = line;
		syntax_error_in_line(parser, line);
	}
}

/*
 * One line of a block, linked where it belongs
 */
static bool
parse_item(Parser *parser, SdrPrismaBlock *block, Contents contents,
		   SdrPrismaField ***next_field, SdrPrismaAttr ***next_attr)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField *field = NULL;

	if (contents != PROPERTIES && sdr_prisma_lex_literal(lexer, "@@"))
	{
		SdrPrismaAttr *attr = parse_attribute(parser);

		if (attr == NULL || !parse_end_of_line(parser))
			return false;
		attr->is_block = true;
		**next_attr = attr;
		*next_attr = &attr->next;
		return true;
	}

	switch (contents)
	{
		case FIELDS:
			field = parse_field(parser);
			break;
		case ENUM_VALUES:
			field = parse_enum_value(parser);
			break;
		case PROPERTIES:
			field = parse_property(parser);
			break;
	}
	if (field == NULL || !parse_end_of_line(parser))
		return false;
	**next_field = field;
	*next_field = &field->next;
	return true;
}

/*
 * type Name = Other, which Prisma once had: an error
 */
static bool
parse_type_alias(Parser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	ErrorMark	mark = mark_errors(parser);
	SdrPrismaField field = {0};
	const char *furthest = lexer->furthest;
	uint32		wanted = lexer->wanted;
	const char *equals;

	if (sdr_prisma_lex_literal(lexer, "type"))
	{
		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_name(lexer) != NULL)
		{
			sdr_prisma_lex_blanks(lexer);
			equals = lexer->at;
			if (sdr_prisma_lex_literal(lexer, "="))
			{
				sdr_prisma_lex_blanks(lexer);
				if (parse_base_type(parser, &field) &&
					parse_attributes(parser, &field.attrs))
				{
					/* That there is no such thing is error enough. */
					forget_errors(parser, mark);
					error_at(parser, equals,
							 "syntax error at or near \"=\": expected \"{\"");
					return true;
				}
			}
		}
	}
	forget_errors(parser, mark);
	lexer->at = start;
	lexer->furthest = furthest;
	lexer->wanted = wanted;
	return false;
}

/*
 * A block whose keyword is missing or wrong: one error for all of it.
 */
static bool
parse_unknown_block(Parser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	const char *brace = NULL;

	if (!parser->no_brace && sdr_prisma_lex_name(lexer) != NULL)
	{
		sdr_prisma_lex_blanks(lexer);
		if (sdr_prisma_lex_literal(lexer, "{"))
		{
			sdr_prisma_lex_to_end_of_line(lexer);
			brace = memchr(lexer->at, '}', lexer->end - lexer->at);
			parser->no_brace = brace == NULL;
		}
	}
	if (brace == NULL)
	{
		lexer->at = start;
		return false;
	}

	sdr_prisma_lex_forget(lexer);
	lexer->at = start;
	sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_KEYWORD);
	error_at(parser, start, "syntax error %s: expected %s",
			 sdr_prisma_lex_offending(lexer, start),
			 sdr_prisma_lex_wanted(lexer));
	lexer->at = brace + 1;
	return true;
}

/*
 * name Type @attribute ...
 */
static SdrPrismaField *
parse_field(Parser *parser)
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
	if (looking_at(parser, ':'))
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
	return parse_attributes(parser, &field->attrs) ? field : NULL;
}

/*
 * VALUE @attribute ...
 */
static SdrPrismaField *
parse_enum_value(Parser *parser)
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
	return parse_attributes(parser, &field->attrs) ? field : NULL;
}

/*
 * name = value
 */
static SdrPrismaField *
parse_property(Parser *parser)
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
	if (!take(parser, "=", SDR_PRISMA_WANT_EQUALS))
		return NULL;
	sdr_prisma_lex_blanks(lexer);
	start = lexer->at;
	field->value = parse_expr(parser, false);
	if (field->value == NULL)
		lexer->at = start;
	return field;
}

/*
 * Type, Type?, Type[], Unsupported("type"), and what Prisma once had
 */
static bool
parse_field_type(Parser *parser, SdrPrismaField *field)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;

	if (sdr_prisma_lex_literal(lexer, "["))
	{
		sdr_prisma_lex_blanks(lexer);
		if (!parse_base_type(parser, field))
			return false;
		sdr_prisma_lex_blanks(lexer);
		if (!take(parser, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
			return false;
		field->arity = SDR_PRISMA_LIST;
		error_at(parser, start,
				 "syntax error at or near \"[\": expected \"%s[]\" for a list",
				 field->type);
		return true;
	}
	if (!parse_base_type(parser, field))
		return false;
	parse_arity(parser, field, start);
	return true;
}

/*
 * The type without what makes it a list or optional
 */
static bool
parse_base_type(Parser *parser, SdrPrismaField *field)
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
		if (!take(parser, ")", SDR_PRISMA_WANT_CLOSE_PAREN))
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
parse_arity(Parser *parser, SdrPrismaField *field, const char *type_at)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;

	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_literal(lexer, "[]"))
	{
		const char *behind = lexer->at;

		field->arity = SDR_PRISMA_LIST;
		sdr_prisma_lex_blanks(lexer);
		if (looking_at(parser, '?'))
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
	else if (looking_at(parser, '!'))
	{
		error_at(parser, lexer->at,
				 "syntax error at or near \"!\": expected \"%s\", which is required without it",
				 field->type);
		lexer->at++;
	}
	else
	{
		if (looking_at(parser, '['))
			sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_LIST);
		lexer->at = start;
	}
}

/*
 * All the attributes of a field, there may be none
 */
static bool
parse_attributes(Parser *parser, SdrPrismaAttr **next)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	for (;;)
	{
		SdrPrismaAttr *attr;
		const char *start = lexer->at;

		sdr_prisma_lex_blanks(lexer);
		if (!take(parser, "@", SDR_PRISMA_WANT_ATTR))
		{
			lexer->at = start;
			return true;
		}
		attr = parse_attribute(parser);
		if (attr == NULL)
			return false;
		*next = attr;
		next = &attr->next;
	}
}

/*
 * An attribute from its name on
 */
static SdrPrismaAttr *
parse_attribute(Parser *parser)
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
	if (!looking_at(parser, '('))
		lexer->at = start;
	else if (!parse_args(parser, &attr->args, strchr(attr->name, '.') == NULL))
		return NULL;
	return attr;
}

/*
 * Arguments in parentheses.  Prisma reads a comma before the ")" and a name
 * without a value everywhere, and rejects them then, but not in the arguments
 * of native types and in configuration, where it does not look: not strict.
 */
static bool
parse_args(Parser *parser, SdrPrismaArg **next, bool strict)
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
		if (!take(parser, ",", SDR_PRISMA_WANT_COMMA))
		{
			comma = NULL;
			break;
		}
	}

	sdr_prisma_lex_blanks(lexer);
	if (!take(parser, ")", SDR_PRISMA_WANT_CLOSE_PAREN))
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
parse_arg(Parser *parser, SdrPrismaArg **arg, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	const char *name = sdr_prisma_lex_name(lexer);
	const char *value_at;

	if (name != NULL)
	{
		sdr_prisma_lex_blanks(lexer);
		if (!sdr_prisma_lex_literal(lexer, ":"))
		{
			name = NULL;
			lexer->at = start;
		}
	}

	*arg = palloc0(sizeof(SdrPrismaArg));
	(*arg)->pos = sdr_prisma_lex_pos(lexer, start);
	(*arg)->name = name;
	value_at = lexer->at;
	sdr_prisma_lex_blanks(lexer);
	(*arg)->value = parse_expr(parser, strict);
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
static SdrPrismaExpr *
parse_expr(Parser *parser, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaExpr *expr = palloc0(sizeof(SdrPrismaExpr));
	const char *start = lexer->at;

	expr->pos = sdr_prisma_lex_pos(lexer, start);
	if (looking_at(parser, '"'))
	{
		expr->tag = SDR_PRISMA_STRING;
		expr->text = sdr_prisma_lex_string(lexer);
		return expr->text != NULL ? expr : NULL;
	}
	if (looking_at(parser, '['))
		expr->tag = SDR_PRISMA_ARRAY;
	else if (looking_at(parser, '{'))
		expr->tag = SDR_PRISMA_OBJECT;
	else
	{
		/* A call has a name like any other, which may begin with a digit. */
		expr->text = sdr_prisma_lex_path(lexer);
		if (expr->text != NULL)
		{
			const char *behind = lexer->at;

			sdr_prisma_lex_blanks(lexer);
			if (looking_at(parser, '('))
				expr->tag = SDR_PRISMA_CALL;
			else
			{
				lexer->at = behind;
				expr->tag = SDR_PRISMA_NAME;
			}
		}
		if (expr->tag != SDR_PRISMA_CALL)
		{
			const char *behind = lexer->at;
			const char *number;

			lexer->at = start;
			number = sdr_prisma_lex_number(lexer);
			if (number != NULL)
			{
				expr->tag = SDR_PRISMA_NUMBER;
				expr->text = number;
			}
			else if (expr->text != NULL)
				lexer->at = behind;
			else
			{
				sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_VALUE);
				return NULL;
			}
			return expr;
		}
	}
	return parse_nested(parser, expr, strict) ? expr : NULL;
}

/*
 * What stands in a call, an array or an object
 */
static bool
parse_nested(Parser *parser, SdrPrismaExpr *expr, bool strict)
{
	bool		done;

	if (parser->depth >= SDR_PRISMA_MAX_DEPTH)
	{
		sdr_prisma_lex_want(&parser->lexer, SDR_PRISMA_WANT_LESS_NESTING);
		return false;
	}
	parser->depth++;
	if (expr->tag == SDR_PRISMA_CALL)
		done = parse_args(parser, &expr->args, strict);
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
parse_array(Parser *parser, SdrPrismaArg **next, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	lexer->at++;
	sdr_prisma_lex_blanks(lexer);
	if (take(parser, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
		return true;
	for (;;)
	{
		SdrPrismaArg *element = palloc0(sizeof(SdrPrismaArg));

		element->pos = sdr_prisma_lex_pos(lexer, lexer->at);
		element->value = parse_expr(parser, strict);
		if (element->value == NULL)
			return false;
		*next = element;
		next = &element->next;

		sdr_prisma_lex_blanks(lexer);
		if (take(parser, "]", SDR_PRISMA_WANT_CLOSE_BRACKET))
			return true;
		if (!take(parser, ",", SDR_PRISMA_WANT_COMMA))
			return false;
		sdr_prisma_lex_blanks(lexer);
	}
}

/*
 * {name: value, ...}
 */
static bool
parse_object(Parser *parser, SdrPrismaArg **next, bool strict)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	lexer->at++;
	sdr_prisma_lex_blanks(lexer);
	if (take(parser, "}", SDR_PRISMA_WANT_CLOSE_BRACE))
		return true;
	for (;;)
	{
		SdrPrismaArg *member = parse_member(parser, strict);

		if (member == NULL)
			return false;
		*next = member;
		next = &member->next;

		sdr_prisma_lex_blanks(lexer);
		if (take(parser, "}", SDR_PRISMA_WANT_CLOSE_BRACE))
			return true;
		if (!take(parser, ",", SDR_PRISMA_WANT_COMMA))
			return false;
		sdr_prisma_lex_blanks(lexer);
	}
}

static SdrPrismaArg *
parse_member(Parser *parser, bool strict)
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
	if (!take(parser, ":", SDR_PRISMA_WANT_COLON))
		return NULL;
	sdr_prisma_lex_blanks(lexer);
	member->value = parse_expr(parser, strict);
	return member->value != NULL ? member : NULL;
}

/*
 * The end of a line in a block, perhaps with a comment before it
 */
static bool
parse_end_of_line(Parser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;

	sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_comment(lexer, NULL))
		sdr_prisma_lex_blanks(lexer);
	if (sdr_prisma_lex_newline(lexer))
		return true;
	sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_LINE);
	return false;
}

/*
 * Moves behind these characters, or notes what they would have been.
 */
static bool
take(Parser *parser, const char *literal, SdrPrismaExpect want)
{
	if (sdr_prisma_lex_literal(&parser->lexer, literal))
		return true;
	sdr_prisma_lex_want(&parser->lexer, want);
	return false;
}

static bool
looking_at(Parser *parser, char c)
{
	return parser->lexer.at < parser->lexer.end && *parser->lexer.at == c;
}

/*
 * Reports what was expected and not found in the line that begins there, and
 * skips it.
 */
static void
syntax_error_in_line(Parser *parser, const char *line)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *furthest = lexer->furthest;
	const char *place = furthest;

	lexer->at = line;
	sdr_prisma_lex_to_end_of_line(lexer);

	/* A comment leads to later lines, but Prisma rejects the first one. */
	if (place > lexer->at)
		place = line;
	error_at(parser, place, "syntax error %s: expected %s",
			 sdr_prisma_lex_offending(lexer, furthest),
			 sdr_prisma_lex_wanted(lexer));
	(void) sdr_prisma_lex_newline(lexer);
}

/*
 * Adds an error at a place in the source.
 */
static void
error_at(Parser *parser, const char *at, const char *format,...)
{
	StringInfoData message;
	va_list		args;
	int			needed;

	initStringInfo(&message);
	do
	{
		va_start(args, format);
		needed = appendStringInfoVA(&message, format, args);
		va_end(args);
		if (needed != 0)
			enlargeStringInfo(&message, needed);
	} while (needed != 0);
	sdr_prisma_error(parser->schema,
					 sdr_prisma_lex_pos(&parser->lexer, at),
					 "%s", message.data);
}

static ErrorMark
mark_errors(Parser *parser)
{
	ErrorMark	mark;

	mark.last = parser->schema->last_error;
	mark.nerrors = parser->schema->nerrors;
	return mark;
}

/*
 * Forgets the errors since the mark: what they were found in has turned out
 * to be something else.
 */
static void
forget_errors(Parser *parser, ErrorMark mark)
{
	SdrPrismaSchema *schema = parser->schema;

	if (mark.last != NULL)
		mark.last->next = NULL;
	else
		schema->errors = NULL;
	schema->last_error = mark.last;
	schema->nerrors = mark.nerrors;
}
