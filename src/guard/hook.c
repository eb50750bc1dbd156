/*-------------------------------------------------------------------------
 *
 * hook.c
 *	  Utility statements, once the library is loaded.
 *
 * The hook sees what event triggers never do: roles, databases, the server's
 * settings, TRUNCATE, event triggers themselves.  It decides before the
 * statement takes a lock.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "commands/defrem.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "settings.h"

static object_access_hook_type previous_access = NULL;
static int	maintenance_depth = 0;

/* EXPLAIN ANALYZE executes what it explains. */
static bool
executes(const ExplainStmt *stmt)
{
	bool		analyze = false;
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		DefElem    *option = lfirst(lc);

		if (strcmp(option->defname, "analyze") == 0)
			analyze = defGetBoolean(option);
	}
	return analyze;
}

/*
 * The statement that counts: that of EXPLAIN ANALYZE CREATE TABLE AS, for
 * which no event trigger fires, is the one inside.
 */
static Node *
effective_statement(Node *statement)
{
	Node	   *query;

	if (!IsA(statement, ExplainStmt) || !executes((ExplainStmt *) statement))
		return statement;
	query = ((ExplainStmt *) statement)->query;
	if (query != NULL && IsA(query, Query) &&
		((Query *) query)->commandType == CMD_UTILITY &&
		IsA(((Query *) query)->utilityStmt, CreateTableAsStmt))
		return ((Query *) query)->utilityStmt;
	return statement;
}

/* SET and RESET of a setting of ours, or of all. */
static bool
sets_own(Node *statement)
{
	VariableSetStmt *set = (VariableSetStmt *) statement;

	return IsA(statement, VariableSetStmt) && set->name != NULL &&
		strncmp(set->name, "schemadrift.", strlen("schemadrift.")) == 0 &&
		set->kind != VAR_SET_CURRENT;
}

/* ALTER DATABASE has been executed: have the sessions of that one look. */
static void
note_setting(Node *statement)
{
	if (sdr_sets_own(statement))
		sdr_guard_recheck();
}

/* Decide about a statement that the guard watches; execute and record it. */
static void
watch(Node *statement, CommandTag tag, SdrUtility *utility)
{
	PlannedStmt *pstmt = utility->pstmt;
	bool		toplevel = utility->context == PROCESS_UTILITY_TOPLEVEL;
	SdrFrame   *frame;

	/* frames of statements that ended without telling */
	if (toplevel)
		sdr_frame_forget();
	frame = sdr_frame_open(statement, tag, true);
	PG_TRY();
	{
		sdr_frame_judge(frame, statement);
		if (frame->decision.logged)
			sdr_frame_text(frame, utility->source, pstmt->stmt_location,
						   pstmt->stmt_len, !toplevel);
		if (frame->decision.verdict == SDR_VERDICT_REJECTED)
			sdr_reject(frame);
		sdr_log_own(frame);
		if (frame->decision.warned)
			sdr_warn(frame);
		sdr_utility_next(utility);
		note_setting(statement);
		sdr_log_frame(frame);
	}
	PG_FINALLY();
	{
		sdr_frame_close(frame);
	}
	PG_END_TRY();
}

/* Record a change of our own settings in the session, once it is made. */
static void
watch_setting(SdrUtility *utility)
{
	Node	   *statement = copyObject(utility->pstmt->utilityStmt);
	int			location = utility->pstmt->stmt_location;
	int			len = utility->pstmt->stmt_len;

	sdr_utility_next(utility);
	sdr_log_setting(statement, utility->source, location, len);
}

bool
sdr_in_maintenance(void)
{
	return maintenance_depth > 0;
}

/* REFRESH ... CONCURRENTLY makes temporary tables by statements of its own. */
static void
maintain(SdrUtility *utility)
{
	maintenance_depth++;
	PG_TRY();
	{
		sdr_utility_next(utility);
	}
	PG_FINALLY();
	{
		maintenance_depth--;
	}
	PG_END_TRY();
}

/*
 * The guard does not watch this database, but perhaps the one whose settings
 * are to be changed: all that can be done from here is a line in the log.
 */
static void
tell_setting(Node *statement)
{
	if (sdr_sets_own(statement))
		ereport(LOG,
				(errmsg("role \"%s\" changes settings of schemadrift: %s",
						GetUserNameFromId(GetSessionUserId(), false),
						GetCommandTagName(CreateCommandTag(statement)))));
}

/* Called for every utility statement. */
void
sdr_guard_utility(SdrUtility *utility)
{
	Node	   *statement = effective_statement(utility->pstmt->utilityStmt);
	CommandTag	tag = CreateCommandTag(statement);
	SdrCommandClass class = sdr_command(tag)->class;
	bool		own_setting = sets_own(statement);

	/* parts of a statement belong to it, and have its verdict */
	if ((class == SDR_CLASS_NONE && !own_setting) ||
		utility->context == PROCESS_UTILITY_SUBCOMMAND)
		sdr_utility_next(utility);
	else if (class == SDR_CLASS_MAINTENANCE)
		maintain(utility);
	else if (!sdr_guard_awake())
	{
		tell_setting(statement);
		sdr_utility_next(utility);
		note_setting(statement);
	}
	else if (own_setting)
		watch_setting(utility);
	else
		watch(statement, tag, utility);
}

/*
 * Objects that come along with ALTER, such as the index of a new UNIQUE
 * column: the event triggers are told of the table alone.
 */
static void
note_created(SdrFrame *frame, Oid class, Oid object, int subid)
{
	MemoryContext old = MemoryContextSwitchTo(frame->context);
	ObjectAddress *address = palloc(sizeof(ObjectAddress));

	ObjectAddressSubSet(*address, class, object, subid);
	frame->created = lappend(frame->created, address);
	MemoryContextSwitchTo(old);
}

static void
access_object(ObjectAccessType access, Oid class, Oid object, int subid,
			  void *arg)
{
	SdrFrame   *frame = sdr_frame_current();

	if (previous_access != NULL)
		previous_access(access, class, object, subid, arg);
	if (access == OAT_POST_CREATE && frame != NULL && frame->decision.logged &&
		frame->facts.command->act == SDR_ACT_ALTER &&
		(class == RelationRelationId || class == ConstraintRelationId) &&
		!((ObjectAccessPostCreate *) arg)->is_internal)
		note_created(frame, class, object, subid);

	/* children of a table, sequences that follow its owner, and the like */
	if ((access == OAT_POST_ALTER || access == OAT_POST_CREATE) &&
		frame != NULL && frame->decision.logged && sdr_log_changes &&
		sdr_frame_alters(frame))
		/* of a default it is told by the relation's oid */
		sdr_frame_touch(frame, class == AttrDefaultRelationId ?
						RelationRelationId : class, object);
}

/* Called once in a session, before its first frame. */
void
sdr_guard_listen(void)
{
	previous_access = object_access_hook;
	object_access_hook = access_object;
}
