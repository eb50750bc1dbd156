/*-------------------------------------------------------------------------
 *
 * protect.c
 *	  Tables that only the extension writes.
 *
 * The trigger schemadrift_protect() asks a flag in this backend's memory that
 * only sdr_write() sets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "settings.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(schemadrift_protect);

static bool writing = false;

/*
 * Run the statement with the newest snapshot, as a row that another backend
 * has just written for this one must be found in every isolation level.
 */
static uint64
execute(const char *sql, int nargs, Oid *types, Datum *values,
		const char *nulls)
{
	SPIPlanPtr	plan;
	uint64		processed;
	int			rc;

	SPI_connect();
	plan = SPI_prepare(sql, nargs, types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s",
			 SPI_result_code_string(SPI_result));
	rc = SPI_execute_snapshot(plan, values, nulls, GetLatestSnapshot(),
							  InvalidSnapshot, false, true, 0);
	if (rc < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s",
			 SPI_result_code_string(rc));
	processed = SPI_processed;
	SPI_finish();
	return processed;
}

/*
 * Run a fixed statement that writes tables of the extension.  It must qualify
 * every name.  The transaction's own abort resets role and settings, so only
 * the flag needs care.
 */
uint64
sdr_write(const char *sql, int nargs, Oid *types, Datum *values,
		  const char *nulls)
{
	bool		was_writing = writing;
	int			guc_level = NewGUCNestLevel();
	uint64		processed = 0;
	Oid			userid;
	int			sec_context;

	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
						   sec_context | SECURITY_LOCAL_USERID_CHANGE);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	PG_TRY();
	{
		writing = true;
		processed = execute(sql, nargs, types, values, nulls);
	}
	PG_FINALLY();
	{
		writing = was_writing;
	}
	PG_END_TRY();
	AtEOXact_GUC(true, guc_level);
	SetUserIdAndSecContext(userid, sec_context);
	return processed;
}

static const char *
operation_name(TriggerEvent event)
{
	return TRIGGER_FIRED_BY_INSERT(event) ? "INSERT" :
		TRIGGER_FIRED_BY_UPDATE(event) ? "UPDATE" :
		TRIGGER_FIRED_BY_DELETE(event) ? "DELETE" : "TRUNCATE";
}

static void
json_member(StringInfo buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(buf, ", \"%s\": ", name);
	sdr_json_string(buf, value);
}

/* Leave a row about the change, which stays if the change does not. */
static void
record_override(const char *table, const char *operation)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"backend_pid\": %d", MyProcPid);
	json_member(&buf, "session_role",
				GetUserNameFromId(GetSessionUserId(), false));
	json_member(&buf, "role", GetUserNameFromId(GetUserId(), false));
	json_member(&buf, "application_name", application_name);
	json_member(&buf, "table_name", table);
	json_member(&buf, "operation", operation);
	json_member(&buf, "statement", debug_query_string);
	appendStringInfoChar(&buf, '}');
	sdr_record(SDR_RECORD_OVERRIDE, buf.data);
	pfree(buf.data);
}

/*
 * schemadrift_protect() - the trigger, before each statement.
 *
 * A superuser's INSERT is let through because it is what a restore does; it is
 * noted in the server's log.
 */
Datum
schemadrift_protect(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	const char *table;
	const char *operation;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("schemadrift_protect() can only be called as a trigger")));
	if (writing)
		return PointerGetDatum(NULL);

	table = RelationGetRelationName(trigger->tg_relation);
	operation = operation_name(trigger->tg_event);
	if (sdr_ledger_override && superuser())
		record_override(table, operation);
	else if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && superuser())
		ereport(LOG,
				(errmsg("rows are inserted by hand into table \"schemadrift.%s\"",
						table)));
	else
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("%s on table \"schemadrift.%s\" is refused",
						operation, table),
				 errdetail("Only the functions of the extension change its tables."),
				 errhint("A superuser who sets schemadrift.ledger_override to on can, and leaves a row in schemadrift.override_log.")));
	return PointerGetDatum(NULL);
}
