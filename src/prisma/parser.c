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
 *-------------------------------------------------------------------------
 */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "mb/pg_wchar.h"

#include "prisma/parser.h"

/* The kinds of blocks, in the order in which Prisma tries them. */
static const SdrPrismaBlockKind block_kinds[] = {
	{"model", SDR_PRISMA_MODEL, SDR_PRISMA_FIELDS},
	{"type", SDR_PRISMA_TYPE, SDR_PRISMA_FIELDS},
	{"view", SDR_PRISMA_VIEW, SDR_PRISMA_FIELDS},
	{"enum", SDR_PRISMA_ENUM, SDR_PRISMA_ENUM_VALUES},
	{"datasource", SDR_PRISMA_DATASOURCE, SDR_PRISMA_PROPERTIES},
	{"generator", SDR_PRISMA_GENERATOR, SDR_PRISMA_PROPERTIES}
};

static bool check_source(SdrPrismaSchema *schema, const char *source,
						 size_t len);
static void parse_top(SdrPrismaParser *parser);
static bool parse_comments(SdrPrismaParser *parser);
static bool parse_block(SdrPrismaParser *parser);
static bool parse_block_of_kind(SdrPrismaParser *parser, int kind);
static bool parse_contents(SdrPrismaParser *parser, SdrPrismaBlock *block,
						   SdrPrismaContents contents);
static bool parse_item(SdrPrismaParser *parser, SdrPrismaBlock *block,
					   SdrPrismaContents contents, SdrPrismaField ***next_field,
					   SdrPrismaAttr ***next_attr);
static bool parse_type_alias(SdrPrismaParser *parser);
static bool parse_unknown_block(SdrPrismaParser *parser);
static bool parse_end_of_line(SdrPrismaParser *parser);
static void syntax_error_in_line(SdrPrismaParser *parser, const char *line);

/*
 * Reads the text of a schema, of one file or several behind each other.
 * Never fails: what is wrong stands in the errors of the result.
 */
SdrPrismaSchema *
sdr_prisma_parse(const char *source, size_t len)
{
	SdrPrismaSchema *schema = palloc0(sizeof(SdrPrismaSchema));
	SdrPrismaParser parser = {0};

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
 * One thing outside of blocks; there is one.
 */
static void
parse_top(SdrPrismaParser *parser)
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
parse_comments(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	bool		found = false;

	if (sdr_prisma_lex_sees(lexer, '/'))
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
parse_block(SdrPrismaParser *parser)
{
	const char *start = parser->lexer.at;

	for (int i = 0; i < lengthof(block_kinds); i++)
	{
		SdrPrismaErrorMark mark = sdr_prisma_mark_errors(parser->schema);

		if (parse_block_of_kind(parser, i))
			return true;
		sdr_prisma_forget_errors(parser->schema, mark);
		parser->lexer.at = start;
	}
	return false;
}

static bool
parse_block_of_kind(SdrPrismaParser *parser, int kind)
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
	if (!sdr_prisma_lex_expect(lexer, "{", SDR_PRISMA_WANT_OPEN_BRACE))
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
		if (block_kinds[kind].contents == SDR_PRISMA_PROPERTIES &&
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
parse_contents(SdrPrismaParser *parser, SdrPrismaBlock *block, SdrPrismaContents contents)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField **next_field = &block->fields;
	SdrPrismaAttr **next_attr = &block->attrs;
	unsigned char bit = 1 << contents;

	for (;;)
	{
		const char *line;
		SdrPrismaErrorMark mark = sdr_prisma_mark_errors(parser->schema);

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
		sdr_prisma_forget_errors(parser->schema, mark);
		lexer->at = line;
		syntax_error_in_line(parser, line);
	}
}

/*
 * One line of a block, linked where it belongs
 */
static bool
parse_item(SdrPrismaParser *parser, SdrPrismaBlock *block, SdrPrismaContents contents,
		   SdrPrismaField ***next_field, SdrPrismaAttr ***next_attr)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	SdrPrismaField *field = NULL;

	if (contents != SDR_PRISMA_PROPERTIES && sdr_prisma_lex_literal(lexer, "@@"))
	{
		SdrPrismaAttr *attr = sdr_prisma_parse_attribute(parser);

		if (attr == NULL || !parse_end_of_line(parser))
			return false;
		attr->is_block = true;
		**next_attr = attr;
		*next_attr = &attr->next;
		return true;
	}

	switch (contents)
	{
		case SDR_PRISMA_FIELDS:
			field = sdr_prisma_parse_field(parser);
			break;
		case SDR_PRISMA_ENUM_VALUES:
			field = sdr_prisma_parse_enum_value(parser);
			break;
		case SDR_PRISMA_PROPERTIES:
			field = sdr_prisma_parse_property(parser);
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
parse_type_alias(SdrPrismaParser *parser)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *start = lexer->at;
	SdrPrismaErrorMark mark = sdr_prisma_mark_errors(parser->schema);
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
				if (sdr_prisma_parse_base_type(parser, &field) &&
					sdr_prisma_parse_attributes(parser, &field.attrs))
				{
					/* That there is no such thing is error enough. */
					sdr_prisma_forget_errors(parser->schema, mark);
					error_at(parser, equals,
							 "syntax error at or near \"=\": expected \"{\"");
					return true;
				}
			}
		}
	}
	sdr_prisma_forget_errors(parser->schema, mark);
	lexer->at = start;
	lexer->furthest = furthest;
	lexer->wanted = wanted;
	return false;
}

/*
 * A block whose keyword is missing or wrong: one error for all of it.
 */
static bool
parse_unknown_block(SdrPrismaParser *parser)
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

	lexer->at = start;
	sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_KEYWORD);
	syntax_error_in_line(parser, start);
	lexer->at = brace + 1;
	return true;
}

/*
 * The end of a line in a block, perhaps with a comment before it
 */
static bool
parse_end_of_line(SdrPrismaParser *parser)
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
 * Reports what was expected and not found in the line that begins there, and
 * skips it.
 */
static void
syntax_error_in_line(SdrPrismaParser *parser, const char *line)
{
	SdrPrismaLexer *lexer = &parser->lexer;
	const char *furthest = lexer->furthest;
	const char *place = furthest;

	lexer->at = line;
	sdr_prisma_lex_to_end_of_line(lexer);

	/* A comment leads to later lines, but Prisma rejects the first one. */
	if (place > lexer->at)
		place = line;
	/* Not worth a text if it would not be kept */
	if (parser->schema->nerrors >= SDR_PRISMA_MAX_ERRORS)
		parser->schema->nerrors++;
	else
		error_at(parser, place, "syntax error %s: expected %s",
				 sdr_prisma_lex_offending(lexer, furthest),
				 sdr_prisma_lex_wanted(lexer));
	(void) sdr_prisma_lex_newline(lexer);
}
