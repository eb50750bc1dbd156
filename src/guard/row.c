/*-------------------------------------------------------------------------
 *
 * row.c
 *	  Rows of schemadrift.ddl_log, as they are made of statements.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "guard/row.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

/* How much of a statement that is rejected is recorded, in bytes. */
#define CLIP_AT		8192
#define CLIPPED		" [...]"

/* Between the server's epoch and that of Unix, in milliseconds. */
#define UNIX_EPOCH_OFFSET_MS \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * 1000)

static const Oid column_types[SDR_LOG_NCOLUMNS] = {
	UUIDOID, UUIDOID, TIMESTAMPTZOID, NAMEOID, NAMEOID, TEXTOID, INETOID,
	INT4OID, XID8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, OIDOID, OIDOID, INT4OID, BOOLOID, TEXTOID, TEXTOID, TEXTOID,
	TEXTOID, TEXTOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, JSONBOID, JSONBOID
};

static void
set(SdrLogRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
set_text(SdrLogRow *row, int column, const char *value)
{
	row->nulls[column] = value == NULL;
	row->values[column] = value == NULL ? (Datum) 0 :
		CStringGetTextDatum(value);
}

static void
set_role(SdrLogRow *row, int column, Oid role)
{
	char	   *rolename = GetUserNameFromId(role, true);

	if (rolename != NULL)
		set(row, column, DirectFunctionCall1(namein, CStringGetDatum(rolename)));
}

static void
set_uuid(SdrLogRow *row, int column, const pg_uuid_t *uuid)
{
	if (uuid != NULL)
		set(row, column, UUIDPGetDatum(uuid));
}

/*
 * The key of a row, as RFC 9562 has it (version 7): the time comes first, so
 * that the index grows at its end.  Random bytes are drawn for many keys at
 * once, as a call for those of each one costs more than the index does.
 */
static pg_uuid_t *
new_id(TimestampTz at)
{
	static uint8 pool[64][UUID_LEN];
	static int	used = lengthof(pool);
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	uint64		ms = (uint64) (at / 1000 + UNIX_EPOCH_OFFSET_MS);

	if (used == lengthof(pool))
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random values")));
		used = 0;
	}
	memcpy(id->data, pool[used++], UUID_LEN);
	for (int i = 0; i < 6; i++)
		id->data[i] = (uint8) (ms >> (40 - 8 * i));
	id->data[6] = (id->data[6] & 0x0f) | 0x70;	/* version */
	id->data[8] = (id->data[8] & 0x3f) | 0x80;	/* variant */
	return id;
}

/* The client's address, NULL over a Unix socket; the same in all rows. */
static void
set_client(SdrLogRow *row)
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
		set(row, SDR_LOG_CLIENT_ADDR, address);
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
set_statement(SdrLogRow *row, const SdrFrame *frame, bool rejected)
{
	size_t		limit = rejected ? CLIP_AT : MaxAllocSize;
	bool		changed = false;
	bool		dummy;

	if (frame->statement != NULL)
		set_text(row, SDR_LOG_STATEMENT,
				 clip(sdr_redact(frame->statement, false, &changed), limit));
	/* a secret may have come as any constant of the outer statement */
	if (frame->parent != NULL)
		set_text(row, SDR_LOG_PARENT_STATEMENT,
				 clip(sdr_redact(frame->parent, changed, &dummy), limit));
}

/* DETAILS: those of the statement, and what has been seen meanwhile. */
static void
set_details(SdrLogRow *row, const SdrFrame *frame, uint64 lost)
{
	StringInfoData buf;
	ListCell   *lc;

	if (frame->facts.details == NULL && frame->rewritten == NIL &&
		frame->members == 0 && lost == 0)
		return;
	initStringInfo(&buf);
	if (frame->facts.details != NULL)
		appendBinaryStringInfo(&buf, frame->facts.details,
							   strlen(frame->facts.details) - 1);
	if (frame->members > 0)
		appendStringInfo(&buf, "%s\"member_statements\": %d",
						 buf.len == 0 ? "{" : ", ", frame->members);
	if (lost > 0)
		appendStringInfo(&buf, "%s\"unrecorded_before\": " UINT64_FORMAT,
						 buf.len == 0 ? "{" : ", ", lost);
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
	set(row, SDR_LOG_DETAILS,
		DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/* See row.h. */
void
sdr_row_begin(SdrLogRow *row, const SdrFrame *frame, bool rejected, uint64 lost)
{
	const SdrUnlock *unlock = sdr_unlock_current();
	FullTransactionId xid = GetTopFullTransactionIdIfAny();

	for (int i = 0; i < SDR_LOG_NCOLUMNS; i++)
		row->nulls[i] = true;
	set_uuid(row, SDR_LOG_STATEMENT_ID, new_id(frame->at));
	set(row, SDR_LOG_LOGGED_AT, TimestampTzGetDatum(frame->at));
	set_role(row, SDR_LOG_ROLE, GetUserId());
	set_role(row, SDR_LOG_SESSION_ROLE, GetSessionUserId());
	set_text(row, SDR_LOG_APPLICATION_NAME, application_name);
	set_client(row);
	set(row, SDR_LOG_BACKEND_PID, Int32GetDatum(MyProcPid));
	if (!rejected)
		xid = GetTopFullTransactionId();
	if (FullTransactionIdIsValid(xid))
		set(row, SDR_LOG_XID, FullTransactionIdGetDatum(xid));
	set_text(row, SDR_LOG_VIRTUAL_XID,
			 psprintf("%d/%u", (int) SDR_COMPAT_VXID_BACKEND,
					  SDR_COMPAT_VXID_LOCAL));
	set_text(row, SDR_LOG_COMMAND_TAG, GetCommandTagName(frame->tag));
	set_statement(row, frame, rejected);
	set_text(row, SDR_LOG_MODE, sdr_mode_names[frame->mode]);
	set_text(row, SDR_LOG_VERDICT, sdr_verdict_name(frame->decision.verdict));
	set_text(row, SDR_LOG_REASON, sdr_reason_name(frame->decision.reason));
	set_uuid(row, SDR_LOG_RUN_ID, frame->proof.run);
	set_text(row, SDR_LOG_MIGRATION, frame->proof.migration);
	if (unlock != NULL)
		set_uuid(row, SDR_LOG_UNLOCK_ID, &unlock->id);
	set_text(row, SDR_LOG_OUTCOME, rejected ? "rejected" : "done");
	set_details(row, frame, lost);
}

/* See row.h. */
void
sdr_row_object(SdrLogRow *row, const SdrLogObject *object)
{
	const ObjectAddress *address = &object->address;

	set_uuid(row, SDR_LOG_ID,
			 new_id(DatumGetTimestampTz(row->values[SDR_LOG_LOGGED_AT])));
	set_text(row, SDR_LOG_ACT, object->act);
	set_text(row, SDR_LOG_KIND, object->kind);
	set_text(row, SDR_LOG_SCHEMA_NAME, object->schema);
	set_text(row, SDR_LOG_OBJECT_NAME, object->name);
	set_text(row, SDR_LOG_IDENTITY, object->identity);
	row->nulls[SDR_LOG_CLASS_ID] = row->nulls[SDR_LOG_OBJECT_ID] =
		row->nulls[SDR_LOG_SUB_ID] = !OidIsValid(address->objectId);
	row->values[SDR_LOG_CLASS_ID] = ObjectIdGetDatum(address->classId);
	row->values[SDR_LOG_OBJECT_ID] = ObjectIdGetDatum(address->objectId);
	row->values[SDR_LOG_SUB_ID] = Int32GetDatum(address->objectSubId);
	set(row, SDR_LOG_PART, BoolGetDatum(object->part));
	row->nulls[SDR_LOG_CHANGES] = object->changes == NULL;
	if (object->changes != NULL)
		row->values[SDR_LOG_CHANGES] =
			DirectFunctionCall1(jsonb_in, CStringGetDatum(object->changes));
}

/* See row.h. */
bool
sdr_row_fits(TupleDesc desc)
{
	if (desc->natts != SDR_LOG_NCOLUMNS)
		return false;
	for (int i = 0; i < SDR_LOG_NCOLUMNS; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped ||
			TupleDescAttr(desc, i)->atttypid != column_types[i])
			return false;
	}
	return true;
}
