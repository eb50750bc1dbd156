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
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "guard/guard.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "settings.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

/* How much of a statement that is rejected is recorded, in bytes. */
#define CLIP_AT		8192
#define CLIPPED		" [...]"

/* The columns of schemadrift.ddl_log. */
enum
{
	LOG_ID,
	LOG_STATEMENT_ID,
	LOG_LOGGED_AT,
	LOG_ROLE,
	LOG_SESSION_ROLE,
	LOG_APPLICATION_NAME,
	LOG_CLIENT_ADDR,
	LOG_BACKEND_PID,
	LOG_XID,
	LOG_VIRTUAL_XID,
	LOG_COMMAND_TAG,
	LOG_ACT,
	LOG_KIND,
	LOG_SCHEMA_NAME,
	LOG_OBJECT_NAME,
	LOG_IDENTITY,
	LOG_CLASS_ID,
	LOG_OBJECT_ID,
	LOG_SUB_ID,
	LOG_PART,
	LOG_STATEMENT,
	LOG_PARENT_STATEMENT,
	LOG_MODE,
	LOG_VERDICT,
	LOG_REASON,
	LOG_RUN_ID,
	LOG_MIGRATION,
	LOG_UNLOCK_ID,
	LOG_OUTCOME,
	LOG_DETAILS,
	LOG_CHANGES,
	LOG_NCOLUMNS
};

static const Oid column_types[LOG_NCOLUMNS] = {
	UUIDOID, UUIDOID, TIMESTAMPTZOID, NAMEOID, NAMEOID, TEXTOID, INETOID,
	INT4OID, XID8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, OIDOID, OIDOID, INT4OID, BOOLOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, TEXTOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, JSONBOID, JSONBOID
};

/* A row before it is a tuple. */
typedef struct LogRow
{
	Datum		values[LOG_NCOLUMNS];
	bool		nulls[LOG_NCOLUMNS];
} LogRow;

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

/* ---------- rows ---------- */

static void
set(LogRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
set_text(LogRow *row, int column, const char *value)
{
	row->nulls[column] = value == NULL;
	row->values[column] = value == NULL ? (Datum) 0 :
		CStringGetTextDatum(value);
}

static void
set_role(LogRow *row, int column, Oid role)
{
	char	   *rolename = GetUserNameFromId(role, true);

	if (rolename != NULL)
		set(row, column, DirectFunctionCall1(namein, CStringGetDatum(rolename)));
}

static void
set_uuid(LogRow *row, int column, const pg_uuid_t *uuid)
{
	if (uuid != NULL)
		set(row, column, UUIDPGetDatum(uuid));
}

static pg_uuid_t *
new_uuid(void)
{
	return DatumGetUUIDP(DirectFunctionCall1(gen_random_uuid, (Datum) 0));
}

/* The client's address, NULL over a Unix socket; the same in all rows. */
static void
set_client(LogRow *row)
{
	static bool known = false;
	static Datum address = 0;

	if (!known)
	{
		LOCAL_FCINFO(fcinfo, 0);
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

		InitFunctionCallInfoData(*fcinfo, NULL, 0, InvalidOid, NULL, NULL);
		address = inet_client_addr(fcinfo);
		if (fcinfo->isnull)
			address = 0;
		MemoryContextSwitchTo(old);
		known = true;
	}
	if (address != 0)
		set(row, LOG_CLIENT_ADDR, address);
}

/* The text, without its end if it is longer than that. */
static const char *
clip(const char *text, size_t limit)
{
	size_t		len = strlen(text);

	if (len <= limit)
		return text;
	return psprintf("%.*s" CLIPPED,
					pg_mbcliplen(text, (int) len, (int) limit), text);
}

/*
 * Texts of the statement and of the one that executes it, without secrets.
 * Those of what is rejected are clipped, as they must fit into the queue: a
 * long comment must not keep an attempt from being recorded.
 */
static void
set_statement(LogRow *row, const SdrFrame *frame, bool rejected)
{
	size_t		limit = rejected ? CLIP_AT : MaxAllocSize;
	bool		changed = false;
	bool		dummy;

	if (frame->statement != NULL)
		set_text(row, LOG_STATEMENT,
				 clip(sdr_redact(frame->statement, false, &changed), limit));
	/* a secret may have come as any constant of the outer statement */
	if (frame->parent != NULL)
		set_text(row, LOG_PARENT_STATEMENT,
				 clip(sdr_redact(frame->parent, changed, &dummy), limit));
}

/* DETAILS: those of the statement, and what has been seen meanwhile. */
static void
set_details(LogRow *row, const SdrFrame *frame, bool rejected)
{
	uint64		before = rejected ? unrecorded_since : 0;
	StringInfoData buf;
	ListCell   *lc;

	if (frame->facts.details == NULL && frame->rewritten == NIL &&
		frame->members == 0 && before == 0)
		return;
	initStringInfo(&buf);
	if (frame->facts.details != NULL)
		appendBinaryStringInfo(&buf, frame->facts.details,
							   strlen(frame->facts.details) - 1);
	if (frame->members > 0)
		appendStringInfo(&buf, "%s\"member_statements\": %d",
						 buf.len == 0 ? "{" : ", ", frame->members);
	if (before > 0)
		appendStringInfo(&buf, "%s\"unrecorded_before\": " UINT64_FORMAT,
						 buf.len == 0 ? "{" : ", ", before);
	foreach(lc, frame->rewritten)
	{
		if (foreach_current_index(lc) == 0)
			appendStringInfo(&buf, "%s\"rewritten\": [",
							 buf.len == 0 ? "{" : ", ");
		else
			appendStringInfoString(&buf, ", ");
		sdr_json_string(&buf, lfirst(lc));
	}
	appendStringInfoString(&buf, frame->rewritten != NIL ? "]}" : "}");
	set(row, LOG_DETAILS,
		DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* What all rows of a statement have in common. */
static void
begin_row(LogRow *row, const SdrFrame *frame, bool rejected)
{
	const SdrUnlock *unlock = sdr_unlock_current();
	FullTransactionId xid = GetTopFullTransactionIdIfAny();

	for (int i = 0; i < LOG_NCOLUMNS; i++)
		row->nulls[i] = true;
	set_uuid(row, LOG_STATEMENT_ID, new_uuid());
	set(row, LOG_LOGGED_AT, TimestampTzGetDatum(frame->at));
	set_role(row, LOG_ROLE, GetUserId());
	set_role(row, LOG_SESSION_ROLE, GetSessionUserId());
	set_text(row, LOG_APPLICATION_NAME, application_name);
	set_client(row);
	set(row, LOG_BACKEND_PID, Int32GetDatum(MyProcPid));
	if (!rejected)
		xid = GetTopFullTransactionId();
	if (FullTransactionIdIsValid(xid))
		set(row, LOG_XID, FullTransactionIdGetDatum(xid));
	set_text(row, LOG_VIRTUAL_XID,
			 psprintf("%d/%u", (int) SDR_COMPAT_VXID_BACKEND,
					  SDR_COMPAT_VXID_LOCAL));
	set_text(row, LOG_COMMAND_TAG, GetCommandTagName(frame->tag));
	set_statement(row, frame, rejected);
	set_text(row, LOG_MODE, sdr_mode_names[frame->mode]);
	set_text(row, LOG_VERDICT, sdr_verdict_name(frame->decision.verdict));
	set_text(row, LOG_REASON, sdr_reason_name(frame->decision.reason));
	set_uuid(row, LOG_RUN_ID, frame->proof.run);
	set_text(row, LOG_MIGRATION, frame->proof.migration);
	if (unlock != NULL)
		set_uuid(row, LOG_UNLOCK_ID, &unlock->id);
	set_text(row, LOG_OUTCOME, rejected ? "rejected" : "done");
	set_details(row, frame, rejected);
}

static void
set_object(LogRow *row, const SdrLogObject *object)
{
	const ObjectAddress *address = &object->address;

	set_uuid(row, LOG_ID, new_uuid());
	set_text(row, LOG_ACT, object->act);
	set_text(row, LOG_KIND, object->kind);
	set_text(row, LOG_SCHEMA_NAME, object->schema);
	set_text(row, LOG_OBJECT_NAME, object->name);
	set_text(row, LOG_IDENTITY, object->identity);
	row->nulls[LOG_CLASS_ID] = row->nulls[LOG_OBJECT_ID] =
		row->nulls[LOG_SUB_ID] = !OidIsValid(address->objectId);
	row->values[LOG_CLASS_ID] = ObjectIdGetDatum(address->classId);
	row->values[LOG_OBJECT_ID] = ObjectIdGetDatum(address->objectId);
	row->values[LOG_SUB_ID] = Int32GetDatum(address->objectSubId);
	set(row, LOG_PART, BoolGetDatum(object->part));
	row->nulls[LOG_CHANGES] = object->changes == NULL;
	if (object->changes != NULL)
		row->values[LOG_CHANGES] =
			DirectFunctionCall1(jsonb_in, CStringGetDatum(object->changes));
}

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

/* Is the table as this library knows it? */
static bool
has_known_shape(TupleDesc desc)
{
	if (desc->natts != LOG_NCOLUMNS)
		return false;
	for (int i = 0; i < LOG_NCOLUMNS; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped ||
			TupleDescAttr(desc, i)->atttypid != column_types[i])
			return false;
	}
	return true;
}

/* Open the table; false if there is none, as where DROP EXTENSION was run. */
static bool
open_table(LogTable *table)
{
	Oid			relid = sdr_own_relation("ddl_log");

	table->rel = OidIsValid(relid) ?
		try_table_open(relid, RowExclusiveLock) : NULL;
	if (table->rel == NULL)
		return false;
	if (!has_known_shape(RelationGetDescr(table->rel)))
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
put(LogTable *table, const LogRow *row)
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
	LogRow		row;
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
		begin_row(&row, frame, false);
		foreach(lc, objects)
		{
			set_object(&row, lfirst(lc));
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
	LogRow		row;
	HeapTuple	tuple;
	char	   *json = NULL;

	if (rel == NULL)
		return NULL;
	if (has_known_shape(RelationGetDescr(rel)))
	{
		begin_row(&row, frame, true);
		set_object(&row, object);
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
