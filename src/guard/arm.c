/*-------------------------------------------------------------------------
 *
 * arm.c
 *	  Arming and disarming the guard, and unlocking a session.
 *
 * Whoever has been granted EXECUTE on these functions may do it, superuser or
 * not; PUBLIC has not.  Each call leaves a row in schemadrift.guard_event.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/makefuncs.h"
#include "record/record.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(schemadrift_arm);
PG_FUNCTION_INFO_V1(schemadrift_disarm);
PG_FUNCTION_INFO_V1(schemadrift_unlock);
PG_FUNCTION_INFO_V1(schemadrift_lock);

#define GUARD_EVENT \
	"INSERT INTO schemadrift.guard_event (id, at, act, mode, reason," \
	"  expires_at, role, session_role, application_name, client_addr," \
	"  backend_pid, binding)" \
	" SELECT $1, pg_catalog.clock_timestamp(), $2, $3, $4, $5, $6, $7," \
	"  pg_catalog.current_setting('application_name')," \
	"  pg_catalog.inet_client_addr(), pg_catalog.pg_backend_pid(), $8"

/* Columns of schemadrift.guard_event that count here, from 1. */
enum
{
	EVENT_AT = 2,
	EVENT_ACT,
	EVENT_MODE,
	EVENT_BINDING = 12
};

/* A row of schemadrift.guard_event; what is NULL there is here too. */
typedef struct GuardEvent
{
	pg_uuid_t  *id;
	const char *act;
	const char *mode;
	const char *reason;
	TimestampTz expires_at;		/* 0 for none */
} GuardEvent;

static pg_uuid_t *
new_uuid(void)
{
	return DatumGetUUIDP(DirectFunctionCall1(gen_random_uuid, (Datum) 0));
}

static Datum
text_or_null(const char *value, char *null)
{
	*null = value == NULL ? 'n' : ' ';
	return value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
}

static Datum
role_datum(Oid role)
{
	return DirectFunctionCall1(namein,
							   CStringGetDatum(GetUserNameFromId(role, false)));
}

static void
record_event(const GuardEvent *event)
{
	Oid			types[] = {UUIDOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
	NAMEOID, NAMEOID, TEXTOID};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];

	memset(nulls, ' ', sizeof(nulls));
	values[0] = UUIDPGetDatum(event->id);
	values[1] = CStringGetTextDatum(event->act);
	values[2] = text_or_null(event->mode, &nulls[2]);
	values[3] = text_or_null(event->reason, &nulls[3]);
	values[4] = TimestampTzGetDatum(event->expires_at);
	nulls[4] = event->expires_at == 0 ? 'n' : ' ';
	values[5] = role_datum(GetUserId());
	values[6] = role_datum(GetSessionUserId());
	values[7] = CStringGetTextDatum(sdr_guard_token());
	(void) sdr_write(GUARD_EVENT, lengthof(types), types, values, nulls);
}

/* A row of schemadrift.guard_event with nothing but a reason. */
void
sdr_guard_event(const char *act, const char *reason)
{
	GuardEvent	event = {.act = act,.reason = reason};

	event.id = new_uuid();
	record_event(&event);
}

/* Set a setting of this database, as ALTER DATABASE does. */
static void
set_for_database(const char *name, const char *value)
{
	VariableSetStmt *stmt = makeNode(VariableSetStmt);
	A_Const    *constant = makeNode(A_Const);

	constant->val.sval = *makeString((char *) value);
	constant->location = -1;
	stmt->kind = VAR_SET_VALUE;
	stmt->name = (char *) name;
	stmt->args = list_make1(constant);
	AlterSetting(MyDatabaseId, InvalidOid, stmt);
	CommandCounterIncrement();
}

/* Set mode and binding of this database; the sessions that are there notice. */
static void
set_mode(const char *mode)
{
	Oid			userid;
	int			sec_context;

	if (!OidIsValid(sdr_own_relation("guard_event")))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"schemadrift.guard_event\" does not exist"),
				 errhint("ALTER EXTENSION schemadrift UPDATE may be due.")));
	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   sec_context | SECURITY_LOCAL_USERID_CHANGE);
	set_for_database("schemadrift.guard", mode);
	set_for_database("schemadrift.guard_binding", sdr_guard_token());
	SetUserIdAndSecContext(userid, sec_context);
	sdr_guard_recheck();
}

/* An argument that must say something. */
static char *
required_text(FunctionCallInfo fcinfo, int n, const char *name)
{
	char	   *value = sdr_text_arg(fcinfo, n, name);

	if (value[strspn(value, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must not be empty", name)));
	return value;
}

/* schemadrift_arm(mode text) */
Datum
schemadrift_arm(PG_FUNCTION_ARGS)
{
	char	   *mode = required_text(fcinfo, 0, "mode");
	GuardEvent	event = {.act = "arm",.mode = mode};

	PreventCommandIfReadOnly("schemadrift_arm()");
	if (strcmp(mode, "log") != 0 && strcmp(mode, "warn") != 0 &&
		strcmp(mode, "reject") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid mode \"%s\"", mode),
				 errhint("Modes are log, warn and reject; schemadrift_disarm() ends guarding.")));
	set_mode(mode);
	event.id = new_uuid();
	record_event(&event);
	ereport(LOG,
			(errmsg("schemadrift has been armed by role \"%s\": %s",
					GetUserNameFromId(GetSessionUserId(), false), mode)));
	PG_RETURN_VOID();
}

/* schemadrift_disarm(reason text) */
Datum
schemadrift_disarm(PG_FUNCTION_ARGS)
{
	GuardEvent	event = {.act = "disarm",.mode = "off"};

	PreventCommandIfReadOnly("schemadrift_disarm()");
	event.reason = required_text(fcinfo, 0, "reason");
	set_mode("off");
	event.id = new_uuid();
	record_event(&event);
	ereport(LOG,
			(errmsg("schemadrift has been disarmed by role \"%s\": %s",
					GetUserNameFromId(GetSessionUserId(), false),
					event.reason)));
	PG_RETURN_VOID();
}

/* When an unlocking for that long ends. */
static TimestampTz
unlock_end(Interval *duration)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz end =
	DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
											TimestampTzGetDatum(now),
											IntervalPGetDatum(duration)));

	if (end <= now)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("duration must be positive")));
	if (TIMESTAMP_NOT_FINITE(end) ||
		(end - now) / USECS_PER_SEC > (int64) sdr_unlock_limit * SECS_PER_MINUTE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("duration is too long"),
				 errdetail("The setting schemadrift.unlock_limit allows %d minutes.",
						   sdr_unlock_limit)));
	return end;
}

/*
 * schemadrift_unlock(reason text, duration interval): this session, until
 * then.  Returns when it ends.
 */
Datum
schemadrift_unlock(PG_FUNCTION_ARGS)
{
	GuardEvent	event = {.act = "unlock"};
	SdrUnlock	unlock;

	PreventCommandIfReadOnly("schemadrift_unlock()");
	event.reason = required_text(fcinfo, 0, "reason");
	sdr_require_arg(fcinfo, 1, "duration");
	event.expires_at = unlock_end(PG_GETARG_INTERVAL_P(1));
	event.id = new_uuid();
	record_event(&event);
	unlock.id = *event.id;
	unlock.expires_at = event.expires_at;
	sdr_unlock_set(&unlock);
	ereport(LOG,
			(errmsg("session of role \"%s\" has been unlocked until %s: %s",
					GetUserNameFromId(GetSessionUserId(), false),
					timestamptz_to_str(unlock.expires_at), event.reason)));
	PG_RETURN_TIMESTAMPTZ(unlock.expires_at);
}

/* schemadrift_lock(): ends unlocking before its time; was it unlocked? */
Datum
schemadrift_lock(PG_FUNCTION_ARGS)
{
	GuardEvent	event = {.act = "lock"};
	bool		was_unlocked = sdr_unlock_current() != NULL;

	sdr_unlock_set(NULL);
	if (was_unlocked && !XactReadOnly)
	{
		event.id = new_uuid();
		record_event(&event);
	}
	PG_RETURN_BOOL(was_unlocked);
}

static char *
event_text(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return isnull ? pstrdup("") : TextDatumGetCString(value);
}

/* The search for the last event of arming or disarming. */
typedef struct LastArming
{
	SdrArming  *arming;
	const char *token;
	TimestampTz at;
} LastArming;

static bool
look_at_event(void *arg, TupleTableSlot *slot)
{
	LastArming *last = arg;
	SdrArming  *arming = last->arming;
	char	   *act = event_text(slot, EVENT_ACT);
	bool		isnull;
	TimestampTz at = DatumGetTimestampTz(slot_getattr(slot, EVENT_AT,
													  &isnull));

	if (at < last->at ||
		(strcmp(act, "arm") != 0 && strcmp(act, "disarm") != 0))
		return true;
	last->at = at;
	arming->armed = strcmp(act, "arm") == 0;
	arming->here = strcmp(event_text(slot, EVENT_BINDING), last->token) == 0;
	arming->mode = SDR_GUARD_OFF;
	(void) sdr_mode_by_name(event_text(slot, EVENT_MODE), &arming->mode);
	return true;
}

/*
 * What schemadrift.guard_event says of arming.  A copy of another database has
 * that one's rows.
 */
void
sdr_arming_last(SdrArming *arming)
{
	LastArming	last = {arming, sdr_guard_token(), DT_NOBEGIN};

	memset(arming, 0, sizeof(*arming));
	sdr_scan_own_rows("guard_event", look_at_event, &last);
}
