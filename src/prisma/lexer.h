/*-------------------------------------------------------------------------
 *
 * lexer.h
 *	  The terminals of Prisma's grammar.
 *
 * Prisma's grammar is one of the PEG family and has no tokens of its own:
 * what a character means depends on the rule that is being tried.  So there
 * is no stream of tokens here.  Each function tries one terminal where the
 * lexer stands; it moves on and says so, or stays and notes what it expected.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_LEXER_H
#define SDR_LEXER_H

#include "lib/stringinfo.h"

#include "prisma/ast.h"

/*
 * What may be expected somewhere: one bit each, so that several can be noted
 * at one place.  lexer.c has their texts.
 */
typedef enum SdrPrismaExpect
{
	SDR_PRISMA_WANT_KEYWORD,	/* "model", "enum" and so on */
	SDR_PRISMA_WANT_BLOCK_NAME,
	SDR_PRISMA_WANT_OPEN_BRACE,
	SDR_PRISMA_WANT_FIELD,
	SDR_PRISMA_WANT_ENUM_VALUE,
	SDR_PRISMA_WANT_PROPERTY,
	SDR_PRISMA_WANT_BLOCK_ATTR,
	SDR_PRISMA_WANT_ATTR_NAME,
	SDR_PRISMA_WANT_TYPE,
	SDR_PRISMA_WANT_LIST,
	SDR_PRISMA_WANT_EQUALS,
	SDR_PRISMA_WANT_VALUE,
	SDR_PRISMA_WANT_STRING,
	SDR_PRISMA_WANT_DIGIT,
	SDR_PRISMA_WANT_MEMBER,
	SDR_PRISMA_WANT_COLON,
	SDR_PRISMA_WANT_COMMA,
	SDR_PRISMA_WANT_CLOSE_PAREN,
	SDR_PRISMA_WANT_CLOSE_BRACKET,
	SDR_PRISMA_WANT_CLOSE_BRACE,
	SDR_PRISMA_WANT_END_OF_BLOCK,
	SDR_PRISMA_WANT_ATTR,
	SDR_PRISMA_WANT_END_OF_LINE,
	SDR_PRISMA_WANT_CLOSING_QUOTE,
	SDR_PRISMA_WANT_END_OF_COMMENT,
	SDR_PRISMA_WANT_LESS_NESTING
} SdrPrismaExpect;

typedef struct SdrPrismaLexer
{
	SdrPrismaSchema *schema;	/* takes the errors */
	const char *source;
	const char *end;
	const char *at;				/* where it stands */

	/* The furthest place where something was expected and not found. */
	const char *furthest;
	uint32		wanted;			/* bits of SdrPrismaExpect */

	/* For sdr_prisma_lex_pos: where lines begin, and what it last found. */
	const char **lines;
	int			nlines;
	int			last_line;
	const char *last_at;
	int			last_column;

	/* The last search for the end of a comment: from where, and found where. */
	const char *comment_from;
	const char *comment_end;	/* NULL if there is none */
} SdrPrismaLexer;

extern void sdr_prisma_lex_start(SdrPrismaLexer *lexer,
								 SdrPrismaSchema *schema,
								 const char *source, size_t len);
extern SdrPrismaPos sdr_prisma_lex_pos(SdrPrismaLexer *lexer, const char *at);

/* What was expected */
extern void sdr_prisma_lex_want(SdrPrismaLexer *lexer, SdrPrismaExpect want);
extern void sdr_prisma_lex_forget(SdrPrismaLexer *lexer);
extern char *sdr_prisma_lex_offending(SdrPrismaLexer *lexer, const char *at);
extern char *sdr_prisma_lex_wanted(SdrPrismaLexer *lexer);

/* Terminals */
extern void sdr_prisma_lex_blanks(SdrPrismaLexer *lexer);
extern bool sdr_prisma_lex_newline(SdrPrismaLexer *lexer);
extern void sdr_prisma_lex_to_end_of_line(SdrPrismaLexer *lexer);
extern bool sdr_prisma_lex_literal(SdrPrismaLexer *lexer, const char *literal);
extern bool sdr_prisma_lex_expect(SdrPrismaLexer *lexer, const char *literal,
								  SdrPrismaExpect want);
extern bool sdr_prisma_lex_sees(SdrPrismaLexer *lexer, char c);
extern const char *sdr_prisma_lex_name(SdrPrismaLexer *lexer);
extern const char *sdr_prisma_lex_label(SdrPrismaLexer *lexer);
extern const char *sdr_prisma_lex_path(SdrPrismaLexer *lexer);
extern const char *sdr_prisma_lex_number(SdrPrismaLexer *lexer);
extern const char *sdr_prisma_lex_string(SdrPrismaLexer *lexer);
extern bool sdr_prisma_lex_comment(SdrPrismaLexer *lexer, StringInfo doc);

/* letters.c */
extern bool sdr_prisma_is_letter(uint32 codepoint);

#endif							/* SDR_LEXER_H */
