/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  A script as the server's scanner and parser see it: is there anything
 *	  in it, is it the same as another but for comments and blanks, and which
 *	  objects does it make and remove.
 *
 * Nothing here looks into catalogs, and no script is an error: what cannot be
 * scanned or parsed (psql's own commands, data behind COPY) is said so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ledger/history.h"
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "parser/scanner.h"

/* Errors that are about the script; all others go on. */
static bool
is_about_script(int sqlerrcode)
{
	int			category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
		category == ERRCODE_DATA_EXCEPTION ||
		category == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/* The line of a cursor position, in characters, of an error. */
static int
line_of(const char *text, int position)
{
	int			line = 1;

	for (int i = 1; i < position && *text != '\0'; i++)
	{
		if (*text == '\n')
			line++;
		text += pg_mblen(text);
	}
	return line;
}

/*
 * Call what scans or parses.  Neither touches the state of the transaction, so
 * that no subtransaction is needed to go on after an error.  Returns that, or
 * NULL.
 */
static ErrorData *
try_script(void (*callback) (const char *text, void *arg), const char *text,
		   void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile caught = NULL;

	PG_TRY();
	{
		callback(text, arg);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		caught = CopyErrorData();
		if (!is_about_script(caught->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return caught;
}

/*
 * Put the tokens of the script together, each with its length in front, and
 * hash that.
 */
static void
scan_tokens(const char *text, void *arg)
{
	SdrScript  *script = arg;
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(text, &extra, &ScanKeywords,
										 ScanKeywordTokens);
	StringInfoData tokens;

	initStringInfo(&tokens);
	script->empty = true;
	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		int			token = core_yylex(&value, &location, scanner);
		int			len;

		if (token == 0)
			break;
		if (token != ';')
			script->empty = false;

		/* the scanner ends the text of its current token with a zero byte */
		len = strlen(extra.scanbuf + location);
		appendStringInfo(&tokens, "%d:", len);
		appendBinaryStringInfo(&tokens, extra.scanbuf + location, len);
	}
	scanner_finish(scanner);
	script->digest = sdr_checksum(tokens.data, tokens.len);
	pfree(tokens.data);
}

/* Call back for each word of a text: letters, digits, _ and $, small. */
static void
split_words(const char *text, int len, bool is_quoted,
			void (*word) (void *arg, const char *word, bool is_quoted),
			void *arg)
{
	char		buf[NAMEDATALEN];
	int			n = 0;

	for (int i = 0; i <= len; i++)
	{
		unsigned char c = i < len ? text[i] : '\0';

		if (IS_HIGHBIT_SET(c) || isalnum(c) || c == '_' || c == '$')
		{
			if (n < NAMEDATALEN - 1)
				buf[n++] = pg_ascii_tolower(c);
		}
		else if (n > 0)
		{
			buf[n] = '\0';
			word(arg, buf, is_quoted);
			n = 0;
		}
	}
}

/*
 * Is the token a text: '...', E'...' and the like, or $$...$$?  Numbers of
 * tokens are not among the server's headers.
 */
static bool
is_quoted_text(const char *token)
{
	if (*token == '$')
		return !isdigit((unsigned char) token[1]);
	return *token != '"' && strcspn(token, "'") <= 2 &&
		strchr(token, '\'') != NULL;
}

/* What is to be done with the words of a script. */
typedef struct Words
{
	void		(*word) (void *arg, const char *word, bool is_quoted);
	void	   *arg;
} Words;

static void
scan_words(const char *text, void *arg)
{
	const Words *words = arg;
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(text, &extra, &ScanKeywords,
										 ScanKeywordTokens);

	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		const char *token;

		if (core_yylex(&value, &location, scanner) == 0)
			break;
		token = extra.scanbuf + location;
		split_words(token, strlen(token), is_quoted_text(token), words->word,
					words->arg);
	}
	scanner_finish(scanner);
}

/*
 * Call back for each word of a script that is in no comment, in small letters,
 * and say whether it stands in a quoted text, as the bodies of DO blocks and
 * functions do.
 */
void
sdr_script_words(const char *text,
				 void (*word) (void *arg, const char *word, bool is_quoted),
				 void *arg)
{
	Words		words = {word, arg};

	if (try_script(scan_words, text, &words) != NULL)
		split_words(text, strlen(text), false, word, arg);
}

static void
parse_effects(const char *text, void *arg)
{
	sdr_effects_collect(raw_parser(text, RAW_PARSE_DEFAULT), arg);
}

/*
 * Scan and parse a script.  The settings that its meaning depends on must have
 * been pinned.  A byte order mark in front is no part of it.
 */
void
sdr_script_read(const char *text, SdrScript *script)
{
	ErrorData  *error;

	memset(script, 0, sizeof(*script));
	if (GetDatabaseEncoding() == PG_UTF8 &&
		strncmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	error = try_script(scan_tokens, text, script);
	if (error != NULL)
	{
		script->digest = NULL;
		script->empty = false;
	}
	else if (!script->empty)
		error = try_script(parse_effects, text, script);
	if (error != NULL)
	{
		script->effects = NIL;
		script->problem =
			error->cursorpos > 0 ? psprintf("line %d: %s", line_of(text, error->cursorpos), error->message)
			: pstrdup(error->message);
		FreeErrorData(error);
	}
}
