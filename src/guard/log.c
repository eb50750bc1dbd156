/*-------------------------------------------------------------------------
 *
 * log.c
 *	  Rows of schemadrift.ddl_log.
 *
 * What has been done is recorded in the transaction that did it, so that there
 * is a row if, and only if, it was committed.  What has been rejected is
 * recorded outside, as its transaction goes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "guard/row.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "settings.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/*
 * Rejected statements of this session that could not be recorded: all of them,
 * and those since the last one that could.
 */
static uint64 unrecorded = 0;
static uint64 unrecorded_since = 0;

/* The table while rows are put into it. */
typedef struct LogTable
{
	Relation	rel;
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slot;
} LogTable;

/* ---------- which objects ---------- */

static bool
is_called(const SdrLogObject *object, const SdrTarget *target)
{
	return target->name != NULL && object->name != NULL &&
		strcmp(target->name, object->name) == 0 &&
		(target->schema == NULL || object->schema == NULL ||
		 strcmp(target->schema, object->schema) == 0);
}

/*
 * The object among those that have been changed that a name in the parse tree
 * stands for; NULL if it is not there.  It may have another name now: then it
 * is the only one of its kind.
 */
static SdrLogObject *
take_object(List **changed, const SdrTarget *target, bool is_only_target)
{
	SdrLogObject *found = NULL;
	int			nfound = 0;
	ListCell   *lc;

	foreach(lc, *changed)
	{
		SdrLogObject *object = lfirst(lc);

		if (target->kind == NULL || object->kind == NULL ||
			strcmp(target->kind, object->kind) != 0)
			continue;
		nfound++;
		found = object;
		if (is_called(object, target))
		{
			nfound = 1;
			break;
		}
	}
	if (nfound != 1 || !(is_only_target || is_called(found, target)))
		return NULL;
	*changed = list_delete_ptr(*changed, found);
	found->part = false;
	return found;
}

/*
 * The objects of the statement: what the event triggers have told, or else
 * what the parse tree names, with what has been changed along.
 */
static List *
list_objects(const SdrFrame *frame)
{
	const SdrCommand *command = frame->facts.command;
	List	   *objects = NIL;
	List	   *changed;
	ListCell   *lc;

	foreach(lc, frame->objects)
	{
		if (!((SdrLogObject *) lfirst(lc))->part)
			return frame->objects;
	}
	changed = list_copy(frame->objects);
	foreach(lc, frame->facts.targets)
	{
		const SdrTarget *target = lfirst(lc);
		SdrLogObject *object =
		take_object(&changed, target, list_length(frame->facts.targets) == 1);

		if (object == NULL)
		{
			object = palloc0(sizeof(SdrLogObject));
			object->act = sdr_act_name(command->act);
			object->kind = target->kind;
			object->schema = target->schema;
			object->name = target->name;
		}
		objects = lappend(objects, object);
	}
	if (objects == NIL)
	{
		SdrLogObject *object = palloc0(sizeof(SdrLogObject));

		object->act = sdr_act_name(command->act);
		object->kind = command->kind;
		objects = lappend(objects, object);
	}
	return list_concat(objects, changed);
}

/* ---------- the table ---------- */

/* Open the table; false if there is none, as where DROP EXTENSION was run. */
static bool
open_table(LogTable *table)
{
	Oid			relid = sdr_own_relation("ddl_log");

	table->rel = OidIsValid(relid) ?
		try_table_open(relid, RowExclusiveLock) : NULL;
	if (table->rel == NULL)
		return false;
	if (!sdr_row_fits(RelationGetDescr(table->rel)))
	{
		table_close(table->rel, NoLock);
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("DDL is not recorded: table \"schemadrift.ddl_log\" is not as it was made"),
				 errhint("ALTER EXTENSION schemadrift UPDATE may be due.")));
		return false;
	}
	table->estate = CreateExecutorState();
	table->result = makeNode(ResultRelInfo);
	InitResultRelInfo(table->result, table->rel, 0, NULL, 0);
	ExecOpenIndices(table->result, false);
	table->slot = MakeSingleTupleTableSlot(RelationGetDescr(table->rel),
										   &TTSOpsVirtual);
	return true;
}

static void
put(LogTable *table, const SdrLogRow *row)
{
	TupleTableSlot *slot = table->slot;

	ExecClearTuple(slot);
	memcpy(slot->tts_values, row->values, sizeof(row->values));
	memcpy(slot->tts_isnull, row->nulls, sizeof(row->nulls));
	ExecStoreVirtualTuple(slot);
	ExecSimpleRelationInsert(table->result, table->estate, slot);
}

static void
close_table(LogTable *table)
{
	ExecCloseIndices(table->result);
	ExecDropSingleTupleTableSlot(table->slot);
	FreeExecutorState(table->estate);
	table_close(table->rel, NoLock);
}

/* ---------- notifications ---------- */

/* The payload of the channel: small, as it must be. */
static char *
notification(const SdrFrame *frame, const SdrLogObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"verdict\": ");
	sdr_json_string(&buf, sdr_verdict_name(frame->decision.verdict));
	appendStringInfoString(&buf, ", \"command\": ");
	sdr_json_string(&buf, GetCommandTagName(frame->tag));
	appendStringInfoString(&buf, ", \"reason\": ");
	sdr_json_string(&buf, sdr_reason_name(frame->decision.reason));
	appendStringInfoString(&buf, ", \"role\": ");
	sdr_json_string(&buf, GetUserNameFromId(GetSessionUserId(), false));
	if (object->schema != NULL)
	{
		appendStringInfoString(&buf, ", \"schema\": ");
		sdr_json_string(&buf, object->schema);
	}
	if (object->name != NULL)
	{
		appendStringInfoString(&buf, ", \"name\": ");
		sdr_json_string(&buf, object->name);
	}
	appendStringInfoChar(&buf, '}');
	return buf.data;
}

/* ---------- what is done ---------- */

/* Of roles, and by REASSIGN OWNED, no event trigger is told. */
static void
find_untold_changes(SdrFrame *frame)
{
	const char *kind = frame->facts.command->kind;
	ListCell   *lc;

	if (frame->ended || frame->compared || !sdr_frame_alters(frame) ||
		!IsTransactionState() ||
		frame->local_xid != SDR_COMPAT_VXID_LOCAL)
		return;
	foreach(lc, frame->facts.roles)
	{
		const RoleSpec *role = lfirst(lc);
		Oid			oid = role->roletype == ROLESPEC_PUBLIC ? InvalidOid :
		get_rolespec_oid(role, true);

		if (OidIsValid(oid))
			sdr_frame_touch(frame, AuthIdRelationId, oid);
	}
	if (frame->touched == NIL)
		return;
	CommandCounterIncrement();
	foreach(lc, frame->touched)
	{
		const ObjectAddress *address = lfirst(lc);

		if (kind != NULL && strcmp(kind, "role") == 0 &&
			address->classId == AuthIdRelationId)
			(void) sdr_event_object(frame, address,
									sdr_act_name(frame->facts.command->act),
									false);
	}
	sdr_changes_find(frame);
}

/* Record a statement that has been executed, in its own transaction. */
void
sdr_log_frame(SdrFrame *frame)
{
	MemoryContext old;
	LogTable	table;
	SdrLogRow	row;
	List	   *objects;
	ListCell   *lc;
	bool		pushed = false;

	if (!frame->decision.logged || frame->written || RecoveryInProgress())
		return;
	frame->written = true;
	find_untold_changes(frame);
	old = MemoryContextSwitchTo(frame->context);
	/* commands that commit on the way come back without a snapshot */
	if (!ActiveSnapshotSet())
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		pushed = true;
	}
	objects = list_objects(frame);
	if (open_table(&table))
	{
		sdr_row_begin(&row, frame, false, 0);
		foreach(lc, objects)
		{
			sdr_row_object(&row, lfirst(lc));
			put(&table, &row);
		}
		close_table(&table);
	}
	if (frame->decision.verdict == SDR_VERDICT_UNTRACKED)
		sdr_notify_later(notification(frame, linitial(objects)));
	if (pushed)
		PopActiveSnapshot();
	MemoryContextSwitchTo(old);
}

/* ---------- what is rejected ---------- */

/* The row of the statement as JSON, for a worker to insert. */
static char *
row_as_json(SdrFrame *frame, const SdrLogObject *object)
{
	Oid			relid = sdr_own_relation("ddl_log");
	Relation	rel = OidIsValid(relid) ?
	try_table_open(relid, AccessShareLock) : NULL;
	SdrLogRow	row;
	HeapTuple	tuple;
	char	   *json = NULL;

	if (rel == NULL)
		return NULL;
	if (sdr_row_fits(RelationGetDescr(rel)))
	{
		sdr_row_begin(&row, frame, true, unrecorded_since);
		sdr_row_object(&row, object);
		tuple = heap_form_tuple(RelationGetDescr(rel), row.values, row.nulls);
		json = TextDatumGetCString(DirectFunctionCall1(row_to_json,
													   heap_copy_tuple_as_datum(tuple, RelationGetDescr(rel))));
	}
	table_close(rel, AccessShareLock);
	return json;
}

/* The line of the server's log, which is there whatever else fails. */
static void
log_line(const SdrFrame *frame)
{
	bool		changed = false;
	const SdrTarget *target = frame->facts.targets == NIL ? NULL :
	linitial(frame->facts.targets);

	ereport(LOG,
			(errmsg("rejected %s%s%s of role \"%s\": %s",
					GetCommandTagName(frame->tag),
					target && target->name ? " of " : "",
					target && target->name ? target->name : "",
					GetUserNameFromId(GetSessionUserId(), false),
					sdr_reason_name(frame->decision.reason)),
			 frame->statement == NULL ? 0 :
			 errdetail_log("Statement: %s",
						   sdr_redact(frame->statement, false, &changed)),
			 errhidestmt(true), errhidecontext(frame->secret)));
}

/* Hand the row over; returns what went wrong, or NULL. */
static char *
record(const char *json)
{
	switch (sdr_record_queue(SDR_RECORD_DDL, json))
	{
		case SDR_QUEUE_DONE:
			return NULL;
		case SDR_QUEUE_FULL:
			return pstrdup(_("The queue is full; schemadrift.queue_size limits it."));
		default:
			return sdr_record_try(SDR_RECORD_DDL, json);
	}
}

uint64
sdr_log_unrecorded(void)
{
	return unrecorded;
}

/* Record a statement that is about to be rejected, outside its transaction. */
void
sdr_log_attempt(SdrFrame *frame)
{
	MemoryContext old = MemoryContextSwitchTo(frame->context);
	char	   *error = NULL;
	char	   *json;

	log_line(frame);
	frame->objects = NIL;		/* what a cascade had dropped stays */
	if (!RecoveryInProgress() &&
		(json = row_as_json(frame, linitial(list_objects(frame)))) != NULL)
	{
		error = record(json);
		unrecorded_since = error != NULL ? unrecorded_since + 1 : 0;
	}
	if (error != NULL)
	{
		unrecorded++;
		ereport(LOG,
				(errmsg("could not record the rejected statement in schemadrift.ddl_log"),
				 errdetail("%s It is number " UINT64_FORMAT " of this session.",
						   error, unrecorded),
				 errhidestmt(true)));
	}
	MemoryContextSwitchTo(old);
}

/*
 * Tell the server's log of a statement that changes the guard itself and that
 * is let through: its row may go with what it drops.
 */
void
sdr_log_own(const SdrFrame *frame)
{
	const SdrTarget *target = frame->facts.targets == NIL ? NULL :
	linitial(frame->facts.targets);

	if (!frame->facts.own || !frame->decision.logged ||
		frame->decision.verdict == SDR_VERDICT_REJECTED)
		return;
	ereport(LOG,
			(errmsg("%s%s%s of role \"%s\" changes the guard itself: %s",
					GetCommandTagName(frame->tag),
					target && target->name ? " of " : "",
					target && target->name ? target->name : "",
					GetUserNameFromId(GetSessionUserId(), false),
					sdr_reason_name(frame->decision.reason)),
			 errhidestmt(true)));
}

/* ---------- settings ---------- */

/* Record SET or RESET of a setting of ours, which has been done. */
void
sdr_log_setting(Node *statement, const char *source, int location, int len)
{
	SdrFrame   *frame = sdr_frame_open(statement, CMDTAG_SET, false);
	SdrTarget	target = {"setting", NULL,
	((VariableSetStmt *) statement)->name};

	frame->decision.verdict = SDR_VERDICT_UNTRACKED;
	frame->decision.reason = SDR_REASON_SETTING;
	frame->decision.logged = true;
	frame->mode = sdr_guard_setting;
	frame->facts.targets = list_make1(&target);
	sdr_frame_text(frame, source, location, len, false);
	ereport(LOG,
			(errmsg("role \"%s\" has changed setting \"%s\" in its session",
					GetUserNameFromId(GetSessionUserId(), false),
					target.name)));
	sdr_log_frame(frame);
	sdr_frame_close(frame);
}
