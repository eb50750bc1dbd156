/*-------------------------------------------------------------------------
 *
 * parser.h
 *	  What the files of the parser share.
 *
 * A function that reads a part of the grammar leaves the lexer behind it, or
 * returns NULL or false with the lexer anywhere: who can go on otherwise has
 * saved the place.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_PARSER_H
#define SDR_PARSER_H

#include "prisma/lexer.h"

/* What may stand in a block. */
typedef enum SdrPrismaContents
{
	SDR_PRISMA_FIELDS,
	SDR_PRISMA_ENUM_VALUES,
	SDR_PRISMA_PROPERTIES
} SdrPrismaContents;

typedef struct SdrPrismaBlockKind
{
	const char *keyword;
	SdrPrismaBlockTag tag;
	SdrPrismaContents contents;
} SdrPrismaBlockKind;

typedef struct SdrPrismaParser
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

	/* The block that begins where the parser stands and is never closed */
	const SdrPrismaBlockKind *unclosed;
	const char *unclosed_name;
} SdrPrismaParser;

/* The errors up to here, to forget those that come later. */
typedef struct SdrPrismaErrorMark
{
	SdrPrismaError *last;
	int			nerrors;
} SdrPrismaErrorMark;

/* Adds an error at a place in the source. */
#define error_at(parser, at, ...) \
	sdr_prisma_error((parser)->schema, \
					 sdr_prisma_lex_pos(&(parser)->lexer, at), __VA_ARGS__)

/* parse_field.c */
extern SdrPrismaField *sdr_prisma_parse_field(SdrPrismaParser *parser);
extern SdrPrismaField *sdr_prisma_parse_enum_value(SdrPrismaParser *parser);
extern SdrPrismaField *sdr_prisma_parse_property(SdrPrismaParser *parser);
extern bool sdr_prisma_parse_base_type(SdrPrismaParser *parser,
									   SdrPrismaField *field);
extern bool sdr_prisma_parse_attributes(SdrPrismaParser *parser,
										SdrPrismaAttr **next);
extern SdrPrismaAttr *sdr_prisma_parse_attribute(SdrPrismaParser *parser);

/* parse_expr.c */
extern SdrPrismaExpr *sdr_prisma_parse_expr(SdrPrismaParser *parser,
											bool strict);
extern bool sdr_prisma_parse_args(SdrPrismaParser *parser,
								  SdrPrismaArg **next, bool strict);

/* errors.c */
extern SdrPrismaErrorMark sdr_prisma_mark_errors(SdrPrismaSchema *schema);
extern void sdr_prisma_forget_errors(SdrPrismaSchema *schema,
									 SdrPrismaErrorMark mark);

#endif							/* SDR_PARSER_H */
