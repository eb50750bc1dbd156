/*-------------------------------------------------------------------------
 *
 * redact.c
 *	  Statements without the secrets in them.
 *
 * Secrets are string constants: passwords of roles, connection strings,
 * options of foreign servers and user mappings.  The server's own scanner
 * finds the constants, so that no way of quoting hides one; what stands before
 * a constant, or in it, tells whether it is a secret.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "model/model.h"
#include "parser/scanner.h"
#include "utils/memutils.h"

#define REDACTED		"'<redacted>'"

/* How deep bodies in bodies are read. */
#define MAX_DEPTH		4

/* Words after which a constant is a secret whatever it looks like. */
static const char *const secret_words[] = {"password", "connection"};

/* The word before a constant, in lower case; empty for what is no word. */
typedef struct Word
{
	char		text[NAMEDATALEN];
} Word;

typedef struct Redaction
{
	const char *text;
	bool		everything;		/* all constants, secret or not */
	int			depth;
	bool		changed;
	bool		failed;			/* not SQL, or none that can be scanned */
	StringInfoData out;
} Redaction;

static void redact(Redaction *redaction);

static void
set_word(Word *word, const char *token, size_t len)
{
	if (len >= NAMEDATALEN)
		len = NAMEDATALEN - 1;
	for (size_t i = 0; i < len; i++)
		word->text[i] = pg_tolower((unsigned char) token[i]);
	word->text[len] = '\0';
}

/* '...', E'...', U&'...', N'...' */
static bool
is_quoted(const char *token)
{
	if (*token == 'U' || *token == 'u')
		return token[1] == '&' && token[2] == '\'';
	if (strchr("EeNn", *token) != NULL && *token != '\0')
		token++;
	return *token == '\'';
}

/* $$...$$, $tag$...$tag$, but no parameter, nor a $ by itself */
static bool
is_dollar_quoted(const char *token)
{
	return *token == '$' && token[1] != '\0' &&
		!(token[1] >= '0' && token[1] <= '9');
}

/*
 * Is the value a statement, for EXECUTE or another server, that holds a
 * secret?  What is no SQL does if it speaks of one.
 */
static bool
is_secret_statement(const Redaction *redaction, const char *value)
{
	Redaction	inner = {.text = value,.depth = redaction->depth + 1};

	if (redaction->depth >= MAX_DEPTH || strpbrk(value, "'$") == NULL)
		return false;
	redact(&inner);
	return inner.failed ? sdr_secret_option(value, "?") : inner.changed;
}

/* Is the constant one behind a word such as PASSWORD, or like a secret? */
static bool
is_secret(const Redaction *redaction, const Word *word, const char *value)
{
	if (redaction->everything)
		return true;
	for (int i = 0; i < lengthof(secret_words); i++)
	{
		if (strcmp(secret_words[i], word->text) == 0)
			return true;
	}
	return sdr_secret_option(word->text, value);
}

/* A body of a function or of DO: only what is secret in it goes. */
static void
redact_body(Redaction *redaction, const char *token, int len)
{
	const char *begin = strchr(token + 1, '$') + 1;
	int			quote = begin - token;
	Redaction	inner = {.depth = redaction->depth + 1};

	inner.text = pnstrdup(begin, len - 2 * quote);
	redact(&inner);
	appendBinaryStringInfo(&redaction->out, token, quote);
	appendStringInfoString(&redaction->out, inner.out.data);
	appendBinaryStringInfo(&redaction->out, token, quote);
	redaction->changed |= inner.changed;
}

/*
 * Take over one token.  word is the last word before it that can be the name
 * of an option or a setting: "=" and TO between them do not count.
 */
static void
put_token(Redaction *redaction, const char *token, int len,
		  const char *value, Word *word)
{
	bool		dollar = is_dollar_quoted(token);

	if (!dollar && !is_quoted(token))
	{
		appendBinaryStringInfo(&redaction->out, token, len);
		if (strcmp(token, "=") != 0 && pg_strcasecmp(token, "to") != 0)
			set_word(word, token[0] == '"' ? value : token,
					 token[0] == '"' ? strlen(value) : len);
		return;
	}
	if (dollar && !redaction->everything && redaction->depth < MAX_DEPTH &&
		!is_secret(redaction, word, ""))
		redact_body(redaction, token, len);
	else if (is_secret(redaction, word, value) ||
			 is_secret_statement(redaction, value))
	{
		appendStringInfoString(&redaction->out, REDACTED);
		redaction->changed = true;
	}
	else
		appendBinaryStringInfo(&redaction->out, token, len);
	word->text[0] = '\0';
}

static void
scan(Redaction *redaction)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(redaction->text, &extra,
										 &ScanKeywords, ScanKeywordTokens);
	Word		word = {""};
	int			done = 0;

	/* the user has been told of that, or will be */
	sdr_compat_scan_quietly(&extra);
	for (;;)
	{
		core_YYSTYPE value;
		YYLTYPE		location;
		int			token = core_yylex(&value, &location, scanner);
		char	   *text;
		int			len;

		if (token == 0)
			break;

		/* the scanner ends the text of its current token with a zero byte */
		text = extra.scanbuf + location;
		len = strlen(text);
		appendBinaryStringInfo(&redaction->out, redaction->text + done,
							   location - done);
		put_token(redaction, text, len,
				  is_quoted(text) || is_dollar_quoted(text) || text[0] == '"' ?
				  value.str : "", &word);
		done = location + len;
	}
	appendStringInfoString(&redaction->out, redaction->text + done);
	scanner_finish(scanner);
}

/* What cannot be scanned may hold anything, so nothing of it is kept. */
static void
redact(Redaction *redaction)
{
	MemoryContext context = CurrentMemoryContext;

	check_stack_depth();
	initStringInfo(&redaction->out);
	PG_TRY();
	{
		scan(redaction);
	}
	PG_CATCH();
	{
		ErrorData  *edata;
		int			category;

		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		category = ERRCODE_TO_CATEGORY(edata->sqlerrcode);
		if (category != ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
			category != ERRCODE_DATA_EXCEPTION &&
			category != ERRCODE_FEATURE_NOT_SUPPORTED)
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(edata);
		resetStringInfo(&redaction->out);
		appendStringInfoString(&redaction->out, "<redacted>");
		redaction->changed = redaction->failed = true;
	}
	PG_END_TRY();
}

/*
 * The text without secrets, or with no constants at all; changed is set when
 * it is not the same.  The result may be the argument.
 */
char *
sdr_redact(const char *text, bool everything, bool *changed)
{
	Redaction	redaction = {.text = text,.everything = everything};

	*changed = false;
	if (strpbrk(text, "'$") == NULL)
		return (char *) text;
	redact(&redaction);
	*changed = redaction.changed;
	return redaction.out.data;
}
