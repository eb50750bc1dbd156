/*-------------------------------------------------------------------------
 *
 * script.c
 *	  Migrations as callers give them: name, script, statements, and what
 *	  cannot be run as one transaction.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "compat.h"
#include "ledger/ledger.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "parser/scansup.h"
#include "utils/builtins.h"

#define MAX_NAME		255		/* as long as Prisma's */
#define SQL_SUFFIX		".sql"

/*
 * In bytes.  A script is a string of a jsonb document on its way to its row,
 * and as text, with escapes, that must fit into one allocation.
 */
#define MAX_SCRIPT		(128 * 1024 * 1024)

/*
 * The name of a migration as the ledger has it: that of the file, without
 * .sql.
 */
char *
sdr_migration_name(const char *name)
{
	size_t		len = strlen(name);
	size_t		suffix = strlen(SQL_SUFFIX);

	if (strpbrk(name, "/\\") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("name of a migration must not be a path: \"%s\"", name),
				 errhint("Give the name of the file, with or without .sql.")));
	for (size_t i = 0; i < len; i++)
	{
		if ((unsigned char) name[i] < ' ' || name[i] == 0x7f)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_NAME),
					 errmsg("name of a migration must not contain control characters")));
	}
	if (len >= suffix && pg_strcasecmp(name + len - suffix, SQL_SUFFIX) == 0)
		len -= suffix;
	if (strspn(name, " ") >= len)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("name of a migration must not be empty")));
	if (len > MAX_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name of a migration is too long"),
				 errdetail("It has %zu bytes; %d are allowed.", len, MAX_NAME)));
	return pnstrdup(name, len);
}

/* The arguments name and script, the first two of a function. */
void
sdr_given_read(FunctionCallInfo fcinfo, SdrGiven *migration,
			   bool script_required)
{
	memset(migration, 0, sizeof(*migration));
	migration->name = sdr_migration_name(sdr_text_arg(fcinfo, 0, "name"));
	if (script_required || !PG_ARGISNULL(1))
		sdr_given_script(migration, sdr_text_arg(fcinfo, 1, "script"));
}

/* Give the migration its script. */
void
sdr_given_script(SdrGiven *migration, char *script)
{
	size_t		len = strlen(script);
	char	   *utf8;

	if (len > MAX_SCRIPT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("script of migration \"%s\" is too long",
						migration->name),
				 errdetail("It has %zu bytes; %d are allowed.",
						   len, MAX_SCRIPT),
				 errhint("Run it with psql between schemadrift_begin() and schemadrift_end(), without giving it to them.")));
	utf8 = GetDatabaseEncoding() == PG_SQL_ASCII ? script :
		pg_server_to_any(script, len, PG_UTF8);
	migration->script = script;
	sdr_checksums_of(&migration->checksums, utf8, strlen(utf8), false);
}

/* Is this the checksum of the migration's script? */
bool
sdr_given_same(const SdrGiven *migration, const char *checksum)
{
	return sdr_checksum_matches(checksum,
								(const char *const *) migration->checksums.hex,
								migration->checksums.n);
}

/*
 * Is there a COPY ... FROM STDIN among these statements?  Then what follows
 * may be its data.  The text must be one that the scanner has been over.
 */
static bool
has_copy_from_stdin(const char *text, int len)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(pnstrdup(text, len), &extra,
										 &ScanKeywords, ScanKeywordTokens);
	core_YYSTYPE value;
	YYLTYPE		location;
	int			token;
	int			n = 0;			/* tokens of this statement so far */
	bool		is_copy = false;
	bool		after_from = false;
	bool		found = false;

	sdr_compat_scan_quietly(&extra);
	while (!found && (token = core_yylex(&value, &location, scanner)) != 0)
	{
		const char *word = extra.scanbuf + location;

		if (n++ == 0)
			is_copy = pg_strcasecmp(word, "copy") == 0;
		found = is_copy && after_from && pg_strcasecmp(word, "stdin") == 0;
		after_from = pg_strcasecmp(word, "from") == 0;
		if (token == ';')
			n = 0;
	}
	scanner_finish(scanner);
	return found;
}

/* What is being parsed. */
typedef struct Parsing
{
	const char *name;
	const char *script;
} Parsing;

/* Errors of the parser tell their place in the script, not in the call. */
static void
parser_error(void *arg)
{
	const Parsing *parsing = arg;
	const char *script = parsing->script;
	const char *p = script;
	int			position = geterrposition();

	if (position <= 0)
		return;
	errposition(0);
	internalerrposition(position);
	internalerrquery(script);
	for (int i = 1; i < position && *p != '\0'; i++)
		p += pg_mblen(p);
	if (has_copy_from_stdin(script, p - script))
		errhint("Data of COPY ... FROM STDIN is no SQL: run such a script with psql between schemadrift_begin(%s) and schemadrift_end().",
				quote_literal_cstr(parsing->name));
	else if (*p == '\\' || *p == ':')
		errhint("Commands and variables of psql are no SQL: run such a script with psql between schemadrift_begin(%s) and schemadrift_end().",
				quote_literal_cstr(parsing->name));
}

/* Where the first token of a text is. */
static int
first_token(const char *text)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner;
	core_YYSTYPE value;
	YYLTYPE		location;
	int			token;

	/* most statements begin right here */
	if (isalpha((unsigned char) text[0]))
		return 0;
	scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
	token = core_yylex(&value, &location, scanner);
	scanner_finish(scanner);
	return token == 0 ? 0 : location;
}

/* The text that belongs to a parse tree, which may have blanks around it. */
static SdrStatement *
make_statement(const char *script, const RawStmt *raw, int *line,
			   const char **counted)
{
	SdrStatement *statement = palloc(sizeof(SdrStatement));
	char	   *text = raw->stmt_len > 0 ?
	pnstrdup(script + raw->stmt_location, raw->stmt_len) :
	pstrdup(script + raw->stmt_location);
	int			skip = first_token(text);
	int			len = strlen(text);

	for (; *counted < script + raw->stmt_location + skip; (*counted)++)
	{
		if (**counted == '\n')
			(*line)++;
	}
	while (len > 0 && scanner_isspace(text[len - 1]))
		text[--len] = '\0';
	statement->stmt = raw->stmt;
	statement->text = text + skip;
	statement->line = *line;
	return statement;
}

/* Complain of a script that does nothing. */
void
sdr_given_empty(const SdrGiven *migration)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("script of migration \"%s\" is empty", migration->name),
			 errdetail("There is nothing in it but white space and comments.")));
}

/*
 * Parse the script into statements.  A syntax error is raised with its place
 * in the script; a script without statements is an error too.
 */
void
sdr_given_parse(SdrGiven *migration)
{
	const char *script = migration->script;
	const char *counted = script;
	int			line = 1;
	List	   *raws;
	ListCell   *lc;
	Parsing		parsing = {.name = migration->name};
	ErrorContextCallback callback = {
		.callback = parser_error,
		.arg = &parsing,
		.previous = error_context_stack
	};

	/* psql passes no byte order mark either */
	if (GetDatabaseEncoding() == PG_UTF8 &&
		strncmp(script, "\xEF\xBB\xBF", 3) == 0)
		script += 3;
	parsing.script = script;
	error_context_stack = &callback;
	raws = raw_parser(script, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;

	migration->statements = NIL;
	counted = script;
	foreach(lc, raws)
		migration->statements = lappend(migration->statements,
										make_statement(script, lfirst(lc), &line, &counted));
	if (migration->statements == NIL)
		sdr_given_empty(migration);
}

static bool
has_option(const List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, name) == 0)
			return defGetBoolean(option);
	}
	return false;
}

static bool
detaches_concurrently(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);

		if (cmd->subtype == AT_DetachPartition &&
			castNode(PartitionCmd, cmd->def)->concurrent)
			return true;
	}
	return false;
}

static bool
moves_database(const AlterDatabaseStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		if (strcmp(((DefElem *) lfirst(lc))->defname, "tablespace") == 0)
			return true;
	}
	return false;
}

/*
 * The command, if the server runs it in a transaction of its own only.  What
 * depends on more than the parse tree (CREATE SUBSCRIPTION, CALL) is left to
 * the server, which refuses it with SQLSTATE 25001.
 */
const char *
sdr_needs_own_transaction(Node *stmt)
{
	switch (nodeTag(stmt))
	{
		case T_IndexStmt:
			return ((IndexStmt *) stmt)->concurrent ?
				"CREATE INDEX CONCURRENTLY" : NULL;
		case T_DropStmt:
			return ((DropStmt *) stmt)->concurrent ?
				"DROP INDEX CONCURRENTLY" : NULL;
		case T_ReindexStmt:
			{
				ReindexStmt *reindex = (ReindexStmt *) stmt;

				if (has_option(reindex->params, "concurrently"))
					return "REINDEX CONCURRENTLY";
				return reindex->kind == REINDEX_OBJECT_SCHEMA ? "REINDEX SCHEMA" :
					reindex->kind == REINDEX_OBJECT_SYSTEM ? "REINDEX SYSTEM" :
					reindex->kind == REINDEX_OBJECT_DATABASE ? "REINDEX DATABASE" :
					NULL;
			}
		case T_AlterTableStmt:
			return detaches_concurrently((AlterTableStmt *) stmt) ?
				"ALTER TABLE ... DETACH PARTITION CONCURRENTLY" : NULL;
		case T_VacuumStmt:
			return ((VacuumStmt *) stmt)->is_vacuumcmd ? "VACUUM" : NULL;
		case T_CreatedbStmt:
			return "CREATE DATABASE";
		case T_DropdbStmt:
			return "DROP DATABASE";
		case T_AlterDatabaseStmt:
			return moves_database((AlterDatabaseStmt *) stmt) ?
				"ALTER DATABASE SET TABLESPACE" : NULL;
		case T_CreateTableSpaceStmt:
			return "CREATE TABLESPACE";
		case T_DropTableSpaceStmt:
			return "DROP TABLESPACE";
		case T_AlterSystemStmt:
			return "ALTER SYSTEM";
		case T_DiscardStmt:
			return ((DiscardStmt *) stmt)->target == DISCARD_ALL ?
				"DISCARD ALL" : NULL;
		default:
			return sdr_compat_cluster_all(stmt);
	}
}

/* What a script may not do when it is to be one transaction. */
static void
check_statement(const SdrGiven *migration, const SdrStatement *statement)
{
	const char *command = sdr_needs_own_transaction(statement->stmt);

	if (command != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction", command),
				 errdetail("Line %d of migration \"%s\" needs a transaction of its own.",
						   statement->line, migration->name),
				 errhint("Run the script with psql between schemadrift_begin() and schemadrift_end().")));
	if (IsA(statement->stmt, TransactionStmt))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("transaction commands are not allowed in a script that runs as one transaction"),
				 errdetail("There is one in line %d of migration \"%s\".",
						   statement->line, migration->name),
				 errhint("Leave them out, or run the script with psql between schemadrift_begin() and schemadrift_end().")));
	if (IsA(statement->stmt, CopyStmt) &&
		((CopyStmt *) statement->stmt)->filename == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY without a file is not possible here"),
				 errdetail("Line %d of migration \"%s\" needs a client that sends or takes the data.",
						   statement->line, migration->name),
				 errhint("Run the script with psql between schemadrift_begin() and schemadrift_end().")));
}

/* Refuse what cannot be run as one transaction, before anything is done. */
void
sdr_given_check_apply(const SdrGiven *migration)
{
	ListCell   *lc;

	foreach(lc, migration->statements)
		check_statement(migration, lfirst(lc));
}
