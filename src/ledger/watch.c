/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Looks at the statements between schemadrift_begin() and
 *	  schemadrift_end().
 *
 * Statements that the client sends are counted and, when a script was given,
 * compared with it: token by token, so that comments and white space do not
 * count.  What functions and triggers do is part of the statement that calls
 * them.  An error of the session makes the run a failed one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "compat.h"
#include "executor/executor.h"
#include "ledger/ledger.h"
#include "mb/pg_wchar.h"
#include "nodes/plannodes.h"
#include "parser/scansup.h"
#include "record/record.h"
#include "settings.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"

/* How much of a statement a deviation shows, in bytes. */
#define SHOWN			200

/* More deviations than this are only counted. */
#define MAX_DEVIATIONS	100

/* A statement of the script that was given. */
typedef struct Expected
{
	char	   *digest;			/* of its tokens */
	int			line;
} Expected;

static struct
{
	MemoryContext context;		/* NULL when nothing is watched */
	Expected   *expected;		/* NULL when no script was given */
	int			nexpected;
	int			next;			/* the one that should come now */
	int			committed;		/* the same, as of the last commit */
	int			statements;
	int			ndeviations;
	List	   *deviations;		/* of char * */
	char	   *error;			/* the first one, or NULL */
	int			sqlerrcode;
	bool		as_scripted;	/* this one is what the script says */
	bool		rolling_back;	/* because the client has said so */
	bool		refusing;		/* the error to come is ours */
}			watch;

/* How deep we are in utility statements, of those that the run has seen. */
static int	nesting = 0;

static ExecutorStart_hook_type prev_ExecutorStart = NULL;
static emit_log_hook_type prev_emit_log = NULL;

static void
add_deviation(const char *text)
{
	MemoryContext old = MemoryContextSwitchTo(watch.context);

	if (watch.ndeviations++ < MAX_DEVIATIONS)
		watch.deviations = lappend(watch.deviations, pstrdup(text));
	MemoryContextSwitchTo(old);
}

/* The text of a statement, cut out of the string that it was sent in. */
static char *
statement_text(const char *source, const PlannedStmt *pstmt)
{
	if (pstmt->stmt_location < 0)
		return pstrdup(source);
	source += pstmt->stmt_location;
	return pstmt->stmt_len > 0 ? pnstrdup(source, pstmt->stmt_len) :
		pstrdup(source);
}

/* Its beginning, on one line, for people. */
static char *
shown_text(const char *text)
{
	char	   *shown;
	int			len;

	while (scanner_isspace(*text))
		text++;
	len = strlen(text);
	while (len > 0 && scanner_isspace(text[len - 1]))
		len--;
	text = pnstrdup(text, len);
	len = pg_mbcliplen(text, len, SHOWN);
	shown = psprintf("%.*s%s", len, text, text[len] == '\0' ? "" : "...");
	for (char *p = shown; *p != '\0'; p++)
	{
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	}
	return shown;
}

static int
find_expected(const char *digest, int from, int to)
{
	for (int i = from; i < to; i++)
	{
		if (strcmp(watch.expected[i].digest, digest) == 0)
			return i;
	}
	return -1;
}

/*
 * Something other than the next statement of the script is about to be run.
 * When it is refused, nothing has happened, so the run goes on as if it had
 * not been sent.
 */
static void
deviate(const char *problem)
{
	if (!sdr_strict_scripts)
	{
		add_deviation(problem);
		return;
	}
	add_deviation(psprintf(_("refused: %s"), problem));
	watch.refusing = true;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("statement is not the next one of migration \"%s\"",
					sdr_run_current()->name),
			 errdetail("It is %s", problem),
			 watch.next < watch.nexpected ?
			 errhint("The next one is in line %d of the script.  schemadrift.strict_scripts = off would let this one through.",
					 watch.expected[watch.next].line) :
			 errhint("The script has no more statements.  schemadrift.strict_scripts = off would let this one through.")));
}

static bool
is_rollback(const PlannedStmt *pstmt)
{
	TransactionStmt *stmt = (TransactionStmt *) pstmt->utilityStmt;

	return stmt != NULL && IsA(stmt, TransactionStmt) &&
		(stmt->kind == TRANS_STMT_ROLLBACK ||
		 stmt->kind == TRANS_STMT_ROLLBACK_TO);
}

/* Does the statement end the session, as far as the server knows? */
static bool
is_discard_all(const PlannedStmt *pstmt)
{
	DiscardStmt *stmt = (DiscardStmt *) pstmt->utilityStmt;

	return IsA(stmt, DiscardStmt) && stmt->target == DISCARD_ALL;
}

/* Compare a statement with what the script says comes next. */
static void
compare(const char *text, bool may_deviate)
{
	SdrScript	script;
	int			found;

	sdr_script_read(text, &script);
	if (script.empty)
		return;
	found = script.digest == NULL ? -1 :
		find_expected(script.digest, watch.next, watch.nexpected);
	if (found < 0 && may_deviate)
		return;
	if (found < 0)
	{
		bool		again = script.digest != NULL &&
		find_expected(script.digest, 0, watch.next) >= 0;

		deviate(psprintf(again ? _("run again or out of order: %s") :
						 _("not in the script: %s"), shown_text(text)));
		return;
	}
	if (found > watch.next)
	{
		if (sdr_strict_scripts)
			deviate(psprintf(_("too early: %s"), shown_text(text)));
		for (int i = watch.next; i < found; i++)
			add_deviation(psprintf(_("left out: the statement in line %d"),
								   watch.expected[i].line));
	}
	watch.next = found + 1;
	watch.as_scripted = true;
}

/*
 * Has the client sent the statement?  If so, its portal is executing it.  What
 * functions execute is in no portal, or in one for a cursor, whose text is not
 * what the client has sent; EXECUTE, EXPLAIN and DECLARE CURSOR, whose text it
 * may be, are utility statements.
 */
static bool
is_of_client(const PlannedStmt *pstmt)
{
	return nesting == 0 && ActivePortal != NULL &&
		list_member_ptr(ActivePortal->stmts, pstmt) &&
		ActivePortal->sourceText != NULL && debug_query_string != NULL &&
		strcmp(ActivePortal->sourceText, debug_query_string) == 0;
}

/* A statement of the client is about to be run. */
static void
watch_statement(const char *source, const PlannedStmt *pstmt)
{
	watch.refusing = false;
	watch.as_scripted = false;
	watch.rolling_back = is_rollback(pstmt);
	if (watch.expected != NULL)
		compare(statement_text(source, pstmt), watch.rolling_back);
	watch.statements++;
}

/* Is it SELECT schemadrift_end(), and nothing else? */
static bool
is_end(const PlannedStmt *pstmt)
{
	Plan	   *plan = pstmt->planTree;
	Node	   *call = NULL;
	char	   *name;

	if (pstmt->commandType != CMD_SELECT || plan == NULL ||
		list_length(pstmt->rtable) > 1)
		return false;
	if (IsA(plan, Result) && plan->lefttree == NULL &&
		list_length(plan->targetlist) == 1)
		call = (Node *) linitial_node(TargetEntry, plan->targetlist)->expr;
	else if (IsA(plan, FunctionScan) &&
			 list_length(((FunctionScan *) plan)->functions) == 1)
		call = linitial_node(RangeTblFunction,
							 ((FunctionScan *) plan)->functions)->funcexpr;
	if (call == NULL || !IsA(call, FuncExpr) ||
		get_func_namespace(((FuncExpr *) call)->funcid) != PG_CATALOG_NAMESPACE)
		return false;
	name = get_func_name(((FuncExpr *) call)->funcid);
	return name != NULL && strcmp(name, "schemadrift_end") == 0;
}

static void
watch_ExecutorStart(QueryDesc *query, int flags)
{
	if (watch.context != NULL && (flags & EXEC_FLAG_EXPLAIN_ONLY) == 0 &&
		is_of_client(query->plannedstmt) && !is_end(query->plannedstmt))
		watch_statement(query->sourceText, query->plannedstmt);
	if (prev_ExecutorStart)
		prev_ExecutorStart(query, flags);
	else
		standard_ExecutorStart(query, flags);
}

/* A utility statement of a run: one of the client's, or of a function. */
static void
watch_utility(SdrUtility *utility)
{
	if (is_of_client(utility->pstmt))
	{
		watch_statement(utility->source, utility->pstmt);
		/* before it gives up the lock, but not if it is going to be refused */
		if (!watch.as_scripted && is_discard_all(utility->pstmt) &&
			!IsInTransactionBlock(utility->context == PROCESS_UTILITY_TOPLEVEL))
			sdr_session_discarded();
	}
	nesting++;
	PG_TRY();
	{
		sdr_utility_next(utility);
	}
	PG_FINALLY();
	{
		nesting--;
	}
	PG_END_TRY();
}

/* Called for every utility statement. */
void
sdr_watch_utility(SdrUtility *utility)
{
	if (watch.context != NULL)
		watch_utility(utility);
	else
		sdr_utility_next(utility);
}

/* Remember the first error of a run, as the client and the log get it. */
static void
watch_emit_log(ErrorData *edata)
{
	if (watch.context != NULL && watch.error == NULL && !watch.refusing &&
		edata->elevel >= ERROR && edata->message != NULL)
	{
		watch.error = MemoryContextStrdup(watch.context, edata->message);
		watch.sqlerrcode = edata->sqlerrcode;
	}
	if (prev_emit_log)
		prev_emit_log(edata);
}

/*
 * A statement that is rolled back may come again.  An error that the server's
 * log does not get (log_min_messages) has not been seen before.
 */
static void
at_xact_end(XactEvent event, void *arg)
{
	if (watch.context == NULL)
		return;
	if (event == XACT_EVENT_COMMIT)
		watch.committed = watch.next;
	if (event != XACT_EVENT_ABORT)
		return;
	watch.next = watch.committed;
	if (!watch.rolling_back && !watch.refusing && watch.error == NULL)
	{
		watch.error = MemoryContextStrdup(watch.context,
										  "a statement has failed; the server does not log errors");
		watch.sqlerrcode = ERRCODE_INTERNAL_ERROR;
	}
	watch.refusing = false;
}

/* Only sessions that run migrations have these hooks, from the first on. */
static void
install(void)
{
	static bool installed = false;

	if (installed)
		return;
	prev_ExecutorStart = ExecutorStart_hook;
	ExecutorStart_hook = watch_ExecutorStart;
	prev_emit_log = emit_log_hook;
	emit_log_hook = watch_emit_log;
	RegisterXactCallback(at_xact_end, NULL);
	installed = true;
}

/* From the next statement on, look at what the client runs. */
void
sdr_watch_start(const SdrGiven *migration)
{
	ListCell   *lc;

	install();
	memset(&watch, 0, sizeof(watch));
	watch.context = AllocSetContextCreate(TopMemoryContext, "schemadrift run",
										  ALLOCSET_SMALL_SIZES);
	if (migration->script == NULL)
		return;
	watch.nexpected = list_length(migration->statements);
	watch.expected = MemoryContextAlloc(watch.context,
										watch.nexpected * sizeof(Expected));
	foreach(lc, migration->statements)
	{
		const SdrStatement *statement = lfirst(lc);
		Expected   *expected = &watch.expected[foreach_current_index(lc)];
		SdrScript	script;

		sdr_script_read(statement->text, &script);
		expected->digest = MemoryContextStrdup(watch.context, script.digest);
		expected->line = statement->line;
	}
}

/* What was found is forgotten. */
void
sdr_watch_stop(void)
{
	MemoryContext context = watch.context;

	memset(&watch, 0, sizeof(watch));
	if (context != NULL)
		MemoryContextDelete(context);
}

int
sdr_watch_statements(void)
{
	return watch.statements;
}

/* The first error since the run has begun, or NULL. */
const char *
sdr_watch_error(void)
{
	return watch.error;
}

const char *
sdr_watch_sqlstate(void)
{
	return watch.error == NULL ? NULL : unpack_sql_state(watch.sqlerrcode);
}

/* How the session has not kept to the script, as sentences. */
List *
sdr_watch_deviations(void)
{
	List	   *deviations = list_copy(watch.deviations);
	int			left_out = watch.nexpected - watch.next;

	if (!sdr_lock_is_held())
		deviations = lappend(deviations, pstrdup(_("the lock that migrations share was given up")));
	if (watch.ndeviations > MAX_DEVIATIONS)
		deviations = lappend(deviations, psprintf(_("and %d more"), watch.ndeviations - MAX_DEVIATIONS));
	for (int i = 0; i < Min(left_out, MAX_DEVIATIONS); i++)
		deviations = lappend(deviations, psprintf(_("left out: the statement in line %d"), watch.expected[watch.next + i].line));
	if (left_out > MAX_DEVIATIONS)
		deviations = lappend(deviations, psprintf(_("left out: %d more statements"), left_out - MAX_DEVIATIONS));
	return deviations;
}
