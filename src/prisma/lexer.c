/*-------------------------------------------------------------------------
 *
 * lexer.c
 *	  The terminals of Prisma's grammar.
 *
 * The source is valid UTF-8 without zero bytes when it comes here.
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

/* More of the offending text than this is not shown. */
#define MAX_OFFENDING 40

/* Texts of SdrPrismaExpect, in its order */
static const char *const want_texts[] = {
	"\"model\", \"view\", \"enum\", \"type\", \"datasource\" or \"generator\"",
	"a name for the block",
	"\"{\"",
	"a field",
	"an enum value",
	"a property",
	"an attribute with \"@@\"",
	"the name of an attribute",
	"a type",
	"\"[]\"",
	"\"=\"",
	"a value",
	"a string",
	"a digit",
	"a member \"name: value\"",
	"\":\"",
	"\",\"",
	"\")\"",
	"\"]\"",
	"\"}\"",
	"the \"}\" of the block",
	"an attribute",
	"the end of the line",
	"the closing quote",
	"the \"*/\" of this comment",
	"at most 64 levels of nesting"
};

StaticAssertDecl(lengthof(want_texts) == SDR_PRISMA_WANT_LESS_NESTING + 1,
				 "want_texts must match SdrPrismaExpect");
StaticAssertDecl(SDR_PRISMA_MAX_DEPTH == 64,
				 "want_texts must match SDR_PRISMA_MAX_DEPTH");

/* Where one of these is expected, nothing else is worth to be named. */
#define WANTED_ALONE (~(((uint32) 1 << SDR_PRISMA_WANT_CLOSING_QUOTE) - 1))

/* Characters of Unicode's category Zs beyond ASCII: blanks to Prisma. */
static const uint32 spaces[][2] = {
	{0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x202F, 0x202F},
	{0x205F, 0x205F}, {0x3000, 0x3000}
};

static bool is_space(uint32 codepoint);
static bool is_digit(const SdrPrismaLexer *lexer, const char *at);
static int	name_length(const SdrPrismaLexer *lexer, const char *at,
						bool first);
static const char *skip_name(const SdrPrismaLexer *lexer, const char *at);
static const char *skip_path(const SdrPrismaLexer *lexer, const char *at);
static const char *string_end(SdrPrismaLexer *lexer, const char *at);
static const char *unescape(SdrPrismaLexer *lexer, const char *from,
							const char *to, StringInfo result);
static const char *unescape_unicode(SdrPrismaLexer *lexer, const char *from,
									const char *to, StringInfo result);
static int	code_unit(const char *from, const char *to, uint32 *unit);
static const char *comment_end(SdrPrismaLexer *lexer, const char *from);
static void append_trimmed(StringInfo doc, const char *from, const char *to,
						   bool both_ends);

/*
 * Makes ready to read that source; errors go to the schema.
 */
void
sdr_prisma_lex_start(SdrPrismaLexer *lexer, SdrPrismaSchema *schema,
					 const char *source, size_t len)
{
	const char *at;
	int			nlines = 1;

	memset(lexer, 0, sizeof(*lexer));
	lexer->schema = schema;
	lexer->source = source;
	lexer->end = source + len;
	lexer->at = source;

	for (at = source; (at = memchr(at, '\n', lexer->end - at)) != NULL; at++)
		nlines++;
	lexer->lines = palloc(nlines * sizeof(*lexer->lines));
	lexer->lines[lexer->nlines++] = source;
	for (at = source; (at = memchr(at, '\n', lexer->end - at)) != NULL; at++)
		lexer->lines[lexer->nlines++] = at + 1;
	lexer->last_at = source;
	lexer->last_column = 1;
}

/*
 * Line and column of a place in the source.  Cheap for places that come in
 * order, also within a line that is very long.
 */
SdrPrismaPos
sdr_prisma_lex_pos(SdrPrismaLexer *lexer, const char *at)
{
	SdrPrismaPos pos;
	int			low = lexer->last_line;
	int			high = lexer->nlines - 1;
	const char *from;
	int			column = 1;

	/* The last line that begins not behind the place */
	if (at < lexer->lines[low])
		low = 0;
	else if (low == high || at < lexer->lines[low + 1])
		high = low;
	while (low < high)
	{
		int			middle = low + (high - low + 1) / 2;

		if (lexer->lines[middle] <= at)
			low = middle;
		else
			high = middle - 1;
	}

	from = lexer->lines[low];
	if (lexer->last_line == low && lexer->last_at <= at)
	{
		from = lexer->last_at;
		column = lexer->last_column;
	}
	for (; from < at; from++)
	{
		/* A character counts at its first byte. */
		if ((*from & 0xC0) != 0x80)
			column++;
	}

	lexer->last_line = low;
	lexer->last_at = at;
	lexer->last_column = column;
	pos.line = low + 1;
	pos.column = column;
	return pos;
}

/*
 * Notes that this was expected where the lexer stands.
 */
void
sdr_prisma_lex_want(SdrPrismaLexer *lexer, SdrPrismaExpect want)
{
	if (lexer->furthest == NULL || lexer->at > lexer->furthest)
	{
		lexer->furthest = lexer->at;
		lexer->wanted = 0;
	}
	if (lexer->at == lexer->furthest)
		lexer->wanted |= ((uint32) 1) << want;
}

/*
 * Forgets what was expected: something new begins.
 */
void
sdr_prisma_lex_forget(SdrPrismaLexer *lexer)
{
	lexer->furthest = NULL;
	lexer->wanted = 0;
}

/*
 * What stands at a place, for an error message: "at or near ..." or "at end
 * of ...".
 */
char *
sdr_prisma_lex_offending(SdrPrismaLexer *lexer, const char *at)
{
	const char *to = at;

	if (at >= lexer->end)
		return pstrdup("at end of file");
	if (*at == '\n' || *at == '\r')
		return pstrdup("at end of line");
	if ((unsigned char) *at < ' ' || *at == 0x7F)
		return psprintf("at or near \"\\u%04X\"", (unsigned char) *at);

	if (*at == '"')
	{
		/* the string, or what is there of it */
		for (to++; to < lexer->end && *to != '"' &&
			 (unsigned char) *to >= ' '; to++)
			;
		if (to < lexer->end && *to == '"')
			to++;
	}
	else
	{
		to = skip_path(lexer, at);
		if (to == at && lexer->end - at >= 2 &&
			(memcmp(at, "/*", 2) == 0 || memcmp(at, "//", 2) == 0 ||
			 memcmp(at, "@@", 2) == 0))
			to = at + 2;
		else if (to == at)
			to = at + pg_utf_mblen((const unsigned char *) at);
	}

	if (to - at > MAX_OFFENDING)
	{
		to = at + MAX_OFFENDING;
		while ((*to & 0xC0) == 0x80)
			to--;
		return psprintf("at or near \"%.*s...\"", (int) (to - at), at);
	}
	return psprintf("at or near \"%.*s\"", (int) (to - at), at);
}

/*
 * What was expected at the furthest place: "a, b or c".
 */
char *
sdr_prisma_lex_wanted(SdrPrismaLexer *lexer)
{
	StringInfoData buf;
	uint32		left = lexer->wanted;

	if ((left & WANTED_ALONE) != 0)
		left &= WANTED_ALONE;
	initStringInfo(&buf);
	for (int i = 0; i < lengthof(want_texts) && left != 0; i++)
	{
		uint32		bit = ((uint32) 1) << i;

		if ((left & bit) == 0)
			continue;
		left &= ~bit;
		if (buf.len > 0)
			appendStringInfoString(&buf, left != 0 ? ", " : " or ");
		appendStringInfoString(&buf, want_texts[i]);
	}
	return buf.data;
}

/*
 * Skips what is white space to Prisma; a line's end is none.
 */
void
sdr_prisma_lex_blanks(SdrPrismaLexer *lexer)
{
	while (lexer->at < lexer->end)
	{
		if (*lexer->at == ' ' || *lexer->at == '\t')
			lexer->at++;
		else if (IS_HIGHBIT_SET(*lexer->at) &&
				 is_space(utf8_to_unicode((const unsigned char *) lexer->at)))
			lexer->at += pg_utf_mblen((const unsigned char *) lexer->at);
		else
			break;
	}
}

static bool
is_space(uint32 codepoint)
{
	for (int i = 0; i < lengthof(spaces); i++)
	{
		if (codepoint >= spaces[i][0] && codepoint <= spaces[i][1])
			return true;
	}
	return false;
}

/*
 * The end of a line, in any of its three forms.
 */
bool
sdr_prisma_lex_newline(SdrPrismaLexer *lexer)
{
	if (lexer->at < lexer->end && *lexer->at == '\n')
		lexer->at++;
	else if (lexer->at < lexer->end && *lexer->at == '\r')
	{
		lexer->at++;
		if (lexer->at < lexer->end && *lexer->at == '\n')
			lexer->at++;
	}
	else
		return false;
	return true;
}

/*
 * Skips all up to the line's end, and not that.
 */
void
sdr_prisma_lex_to_end_of_line(SdrPrismaLexer *lexer)
{
	while (lexer->at < lexer->end && *lexer->at != '\n' && *lexer->at != '\r')
		lexer->at++;
}

/*
 * These characters, whatever comes behind them
 */
bool
sdr_prisma_lex_literal(SdrPrismaLexer *lexer, const char *literal)
{
	size_t		len = strlen(literal);

	if ((size_t) (lexer->end - lexer->at) < len ||
		memcmp(lexer->at, literal, len) != 0)
		return false;
	lexer->at += len;
	return true;
}

/*
 * The same; where they are missing, notes what they would have been.
 */
bool
sdr_prisma_lex_expect(SdrPrismaLexer *lexer, const char *literal,
					  SdrPrismaExpect want)
{
	if (sdr_prisma_lex_literal(lexer, literal))
		return true;
	sdr_prisma_lex_want(lexer, want);
	return false;
}

/*
 * Does that character stand here?
 */
bool
sdr_prisma_lex_sees(SdrPrismaLexer *lexer, char c)
{
	return lexer->at < lexer->end && *lexer->at == c;
}

static bool
is_digit(const SdrPrismaLexer *lexer, const char *at)
{
	return at < lexer->end && *at >= '0' && *at <= '9';
}

/*
 * Bytes of the character there if it may be in a name, else 0.  A name begins
 * with a letter or a digit.
 */
static int
name_length(const SdrPrismaLexer *lexer, const char *at, bool first)
{
	unsigned char c;

	if (at >= lexer->end)
		return 0;
	c = *at;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || (!first && (c == '_' || c == '-')))
		return 1;
	if (IS_HIGHBIT_SET(c) &&
		sdr_prisma_is_letter(utf8_to_unicode((const unsigned char *) at)))
		return pg_utf_mblen((const unsigned char *) at);
	return 0;
}

static const char *
skip_name(const SdrPrismaLexer *lexer, const char *at)
{
	int			len;

	for (bool first = true; (len = name_length(lexer, at, first)) > 0;
		 first = false)
		at += len;
	return at;
}

/* Names with dots between and behind them, as Prisma has it */
static const char *
skip_path(const SdrPrismaLexer *lexer, const char *at)
{
	const char *from = at;

	at = skip_name(lexer, at);
	while (at > from && at < lexer->end && *at == '.')
		at = skip_name(lexer, at + 1);
	return at;
}

/*
 * A name, or NULL
 */
const char *
sdr_prisma_lex_name(SdrPrismaLexer *lexer)
{
	const char *from = lexer->at;

	lexer->at = skip_name(lexer, from);
	return lexer->at > from ? pnstrdup(from, lexer->at - from) : NULL;
}

/*
 * A name and the ":" behind it: the name, or NULL
 */
const char *
sdr_prisma_lex_label(SdrPrismaLexer *lexer)
{
	const char *from = lexer->at;
	const char *to = skip_name(lexer, from);

	lexer->at = to;
	sdr_prisma_lex_blanks(lexer);
	if (to > from && sdr_prisma_lex_literal(lexer, ":"))
		return pnstrdup(from, to - from);
	lexer->at = from;
	return NULL;
}

/*
 * A name that may have dots in it, or NULL
 */
const char *
sdr_prisma_lex_path(SdrPrismaLexer *lexer)
{
	const char *from = lexer->at;

	lexer->at = skip_path(lexer, from);
	return lexer->at > from ? pnstrdup(from, lexer->at - from) : NULL;
}

/*
 * A number as it is written, or NULL
 */
const char *
sdr_prisma_lex_number(SdrPrismaLexer *lexer)
{
	const char *from = lexer->at;
	const char *at = from;

	if (at < lexer->end && *at == '-')
		at++;
	if (!is_digit(lexer, at))
	{
		if (at > from)
		{
			lexer->at = at;
			sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_DIGIT);
			lexer->at = from;
		}
		return NULL;
	}
	while (is_digit(lexer, at))
		at++;
	if (at < lexer->end && *at == '.' && is_digit(lexer, at + 1))
	{
		for (at++; is_digit(lexer, at); at++)
			;
	}
	lexer->at = at;
	return pnstrdup(from, at - from);
}

/*
 * A string, without its quotes and with its escapes resolved, or NULL.  An
 * escape that does not exist is an error, but the string is one.
 */
const char *
sdr_prisma_lex_string(SdrPrismaLexer *lexer)
{
	const char *from = lexer->at + 1;
	const char *to;
	StringInfoData buf;

	if (lexer->at >= lexer->end || *lexer->at != '"')
		return NULL;
	to = string_end(lexer, from);
	if (to == NULL)
		return NULL;
	lexer->at = to + 1;

	if (memchr(from, '\\', to - from) == NULL)
		return pnstrdup(from, to - from);
	initStringInfo(&buf);
	while (from < to)
	{
		if (*from == '\\')
			from = unescape(lexer, from, to, &buf);
		else
			appendStringInfoChar(&buf, *from++);
	}
	return buf.data;
}

/*
 * The closing quote, or NULL.  A string holds no control characters, though a
 * backslash takes any character along.
 */
static const char *
string_end(SdrPrismaLexer *lexer, const char *at)
{
	const char *from = lexer->at;

	while (at < lexer->end && *at != '"' && (unsigned char) *at >= ' ')
	{
		if (*at == '\\' && at + 1 < lexer->end)
			at++;
		else if (*at == '\\')
			break;
		at++;
	}
	if (at < lexer->end && *at == '"')
		return at;
	lexer->at = Min(at, lexer->end);
	sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_CLOSING_QUOTE);
	lexer->at = from;
	return NULL;
}

/*
 * The escape at "from" in a string that ends at "to"; returns where it ends.
 */
static const char *
unescape(SdrPrismaLexer *lexer, const char *from, const char *to,
		 StringInfo result)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	char		c = from[1];
	const char *found;
	int			len;

	if (c == 'u')
		return unescape_unicode(lexer, from, to, result);
	found = strchr(names, c);
	if (found != NULL)
	{
		appendStringInfoChar(result, values[found - names]);
		return from + 2;
	}

	/* A control character would not do in a message. */
	len = pg_utf_mblen((const unsigned char *) from + 1);
	sdr_prisma_error(lexer->schema, sdr_prisma_lex_pos(lexer, from),
					 "invalid escape \"\\%.*s\": expected \"\\\\\" for a backslash",
					 (unsigned char) c < ' ' ? 0 : len, from + 1);
	return from + 1 + len;
}

/*
 * The same for \uXXXX, and the two of a surrogate pair
 */
static const char *
unescape_unicode(SdrPrismaLexer *lexer, const char *from, const char *to,
				 StringInfo result)
{
	uint32		codepoint;
	uint32		low;
	int			len = code_unit(from, to, &codepoint);
	int			low_len = 0;
	bool		valid = len == 6 && codepoint != 0;
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN];

	if (valid && codepoint >= 0xD800 && codepoint <= 0xDFFF)
	{
		low_len = code_unit(from + 6, to, &low);
		valid = low_len == 6 && is_utf16_surrogate_first(codepoint) &&
			is_utf16_surrogate_second(low);
		if (valid)
			codepoint = surrogate_pair_to_codepoint(codepoint, low);
		/* As Prisma: two that are no pair are one error. */
		if (low_len == 6)
			len += low_len;
	}
	if (!valid)
	{
		sdr_prisma_error(lexer->schema, sdr_prisma_lex_pos(lexer, from),
						 "invalid escape \"%.*s\": expected the code of a character as four hexadecimal digits",
						 len, from);
		return from + len;
	}
	unicode_to_utf8(codepoint, utf8);
	appendBinaryStringInfo(result, (const char *) utf8,
						   pg_utf_mblen(utf8));
	return from + len;
}

/*
 * Reads \uXXXX; returns how many bytes are as they should be, 6 if all are.
 */
static int
code_unit(const char *from, const char *to, uint32 *unit)
{
	int			len = 2;

	*unit = 0;
	if (to - from < 2 || from[0] != '\\' || from[1] != 'u')
		return 0;
	for (; len < 6 && from + len < to; len++)
	{
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, pg_ascii_tolower((unsigned char) from[len]));

		if (digit == NULL)
			break;
		*unit = *unit << 4 | (digit - digits);
	}
	return len;
}

/*
 * One comment of any form, up to the line's end or its own; false if there is
 * none, which includes one that is not closed.  What documents (behind three
 * slashes, or between slash and star) is appended to doc if that is given.
 */
bool
sdr_prisma_lex_comment(SdrPrismaLexer *lexer, StringInfo doc)
{
	const char *from = lexer->at;

	if (sdr_prisma_lex_literal(lexer, "//"))
	{
		bool		documents = sdr_prisma_lex_literal(lexer, "/");

		from = lexer->at;
		sdr_prisma_lex_to_end_of_line(lexer);
		if (documents && doc)
			append_trimmed(doc, from, lexer->at, false);
		return true;
	}
	if (sdr_prisma_lex_literal(lexer, "/*"))
	{
		const char *end = comment_end(lexer, lexer->at);

		if (end != NULL)
		{
			if (doc)
				append_trimmed(doc, lexer->at, end, true);
			lexer->at = end + 2;
			return true;
		}
		lexer->at = from;
		sdr_prisma_lex_want(lexer, SDR_PRISMA_WANT_END_OF_COMMENT);
	}
	return false;
}

/*
 * Where the comment closes whose text begins there, or NULL.  Remembered, as
 * every line of a long comment may ask in vain.
 */
static const char *
comment_end(SdrPrismaLexer *lexer, const char *from)
{
	const char *at;

	if (lexer->comment_from != NULL && from >= lexer->comment_from &&
		(lexer->comment_end == NULL || from <= lexer->comment_end))
		return lexer->comment_end;

	lexer->comment_from = from;
	lexer->comment_end = NULL;
	for (at = from; at < lexer->end &&
		 (at = memchr(at, '*', lexer->end - at)) != NULL; at++)
	{
		if (at + 1 < lexer->end && at[1] == '/')
		{
			lexer->comment_end = at;
			break;
		}
	}
	return lexer->comment_end;
}

/*
 * Adds a line of documentation, without white space before (and behind) it.
 */
static void
append_trimmed(StringInfo doc, const char *from, const char *to,
			   bool both_ends)
{
	while (from < to && strchr(" \t\r\n", *from) != NULL)
		from++;
	while (both_ends && from < to && strchr(" \t\r\n", to[-1]) != NULL)
		to--;
	if (doc->len > 0)
		appendStringInfoChar(doc, '\n');
	appendBinaryStringInfo(doc, from, to - from);
}
