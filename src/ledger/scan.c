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
try_script(void (*callback) (const char *text, SdrScript *script),
		   const char *text, SdrScript *script)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile caught = NULL;

	PG_TRY();
	{
		callback(text, script);
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
scan_tokens(const char *text, SdrScript *script)
{
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

static void
parse_effects(const char *text, SdrScript *script)
{
	sdr_effects_collect(raw_parser(text, RAW_PARSE_DEFAULT), script);
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
