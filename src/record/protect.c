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

#include "catalog/pg_authid.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "record/record.h"
#include "settings.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(schemadrift_protect);

static bool writing = false;

void
sdr_prevent_unwritable(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandDuringRecovery(function);
	PreventCommandIfParallelMode(function);
}

static SPIPlanPtr
prepare(const char *sql, int nargs, Oid *types, int options)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(sql, nargs, types, options);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s",
			 SPI_result_code_string(SPI_result));
	return plan;
}

/* The plan of a statement that the session keeps. */
static SPIPlanPtr
kept_plan(SdrKept *kept, const char *sql, int nargs, Oid *types)
{
	if (kept->plan == NULL)
	{
		SPIPlanPtr	plan = prepare(sql, nargs, types, CURSOR_OPT_GENERIC_PLAN);

		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		kept->plan = plan;
	}
	return kept->plan;
}

/*
 * Run the statement with the newest snapshot, as a row that another backend
 * has just written for this one must be found in every isolation level.
 */
static uint64
execute(SdrKept *kept, const char *sql, int nargs, Oid *types, Datum *values,
		const char *nulls, SdrRowCallback callback, void *arg)
{
	SPIPlanPtr	plan;
	uint64		processed;
	int			rc;

	SPI_connect();
	plan = kept != NULL ? kept_plan(kept, sql, nargs, types) :
		prepare(sql, nargs, types, 0);
	rc = SPI_execute_snapshot(plan, values, nulls, GetLatestSnapshot(),
							  InvalidSnapshot, false, true, 0);
	if (rc < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s",
			 SPI_result_code_string(rc));
	processed = SPI_processed;
	for (uint64 i = 0; callback != NULL && i < processed; i++)
		callback(arg, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	SPI_finish();
	return processed;
}

/*
 * Run a fixed statement that reads or writes tables of the extension, and call
 * back for each row it returns.  The abort of a transaction resets role and
 * settings, so only the flag needs care.
 */
uint64
sdr_query_kept(SdrKept *kept, const char *sql, int nargs, Oid *types,
			   Datum *values, const char *nulls, SdrRowCallback callback,
			   void *arg)
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
		processed = execute(kept, sql, nargs, types, values, nulls, callback,
							arg);
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

uint64
sdr_query(const char *sql, int nargs, Oid *types, Datum *values,
		  const char *nulls, SdrRowCallback callback, void *arg)
{
	return sdr_query_kept(NULL, sql, nargs, types, values, nulls, callback, arg);
}

/* The same for one that returns no rows. */
uint64
sdr_write(const char *sql, int nargs, Oid *types, Datum *values,
		  const char *nulls)
{
	return sdr_query(sql, nargs, types, values, nulls, NULL, NULL);
}

static const char *
operation_name(TriggerEvent event)
{
	return TRIGGER_FIRED_BY_INSERT(event) ? "INSERT" :
		TRIGGER_FIRED_BY_UPDATE(event) ? "UPDATE" :
		TRIGGER_FIRED_BY_DELETE(event) ? "DELETE" : "TRUNCATE";
}

/* Leave a row about the change, which stays if the change does not. */
static void
record_override(const char *table, const char *operation)
{
	StringInfoData buf;

	initStringInfo(&buf);
	sdr_payload_int(&buf, "backend_pid", MyProcPid);
	sdr_payload_text(&buf, "session_role",
					 GetUserNameFromId(GetSessionUserId(), false));
	sdr_payload_text(&buf, "role", GetUserNameFromId(GetUserId(), false));
	sdr_payload_text(&buf, "table_name", table);
	sdr_payload_text(&buf, "operation", operation);
	sdr_payload_text(&buf, "statement", debug_query_string);
	sdr_record(SDR_RECORD_OVERRIDE, sdr_payload_end(&buf));
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
	table = RelationGetRelationName(trigger->tg_relation);

	/* who observes need not look through it to see that it has changed */
	if (strcmp(table, "baseline_object") == 0)
		CacheInvalidateRelcache(trigger->tg_relation);
	if (writing)
		return PointerGetDatum(NULL);

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
