/*-------------------------------------------------------------------------
 *
 * state.c
 *	  The true state of a run.
 *
 * A row that says running was written by a backend that may have died since,
 * in a cluster that may not be this one.  What it says is therefore never
 * taken for true.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xlog.h"
#include "compat.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/xid8.h"

PG_FUNCTION_INFO_V1(schemadrift_run_state);

/* Arguments of schemadrift_run_state(). */
enum
{
	ARG_STATE,
	ARG_PID,
	ARG_START,
	ARG_XID,
	ARG_SYSTEM,
	ARG_DATABASE
};

/* Is there a backend with this process id, started at that time? */
static bool
backend_is_alive(int pid, TimestampTz start)
{
	int			n;

	/* what this transaction has seen of the others may be old */
	pgstat_clear_backend_activity_snapshot();
	n = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= n; i++)
	{
		LocalPgBackendStatus *entry = sdr_compat_local_beentry(i);

		if (entry != NULL && entry->backendStatus.st_procpid == pid)
			return entry->backendStatus.st_proc_start_timestamp == start;
	}
	return false;
}

/* pg_xact_status(), which returns NULL for what is long ago. */
static const char *
xact_status(FullTransactionId xid)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		status;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = FullTransactionIdGetDatum(xid);
	fcinfo->args[0].isnull = false;
	status = pg_xact_status(fcinfo);
	return fcinfo->isnull ? "" : TextDatumGetCString(status);
}

/*
 * What is true of a row that says running.  A run that is one transaction is
 * over with it; one that is not lives as long as its backend.
 */
static const char *
running_state(FunctionCallInfo fcinfo)
{
	const char *status = "";
	bool		alive;

	if (PG_ARGISNULL(ARG_SYSTEM) || PG_ARGISNULL(ARG_DATABASE) ||
		(uint64) PG_GETARG_INT64(ARG_SYSTEM) != GetSystemIdentifier() ||
		PG_GETARG_OID(ARG_DATABASE) != MyDatabaseId)
		return "interrupted";

	if (!PG_ARGISNULL(ARG_XID))
	{
		status = xact_status(PG_GETARG_FULLTRANSACTIONID(ARG_XID));
		if (strcmp(status, "in progress") == 0)
			return "running";
	}
	else if (RecoveryInProgress())
		return "running";		/* only the primary knows its backends */

	alive = !PG_ARGISNULL(ARG_PID) && !PG_ARGISNULL(ARG_START) &&
		backend_is_alive(PG_GETARG_INT32(ARG_PID),
						 PG_GETARG_TIMESTAMPTZ(ARG_START));
	if (!alive)
		return "interrupted";
	if (PG_ARGISNULL(ARG_XID))
		return "running";
	return strcmp(status, "aborted") == 0 ? "rolled_back" : "interrupted";
}

/*
 * schemadrift_run_state(state text, backend_pid integer, backend_start
 * timestamptz, xid xid8, system_identifier bigint, database_oid oid)
 */
Datum
schemadrift_run_state(PG_FUNCTION_ARGS)
{
	char	   *state;

	if (PG_ARGISNULL(ARG_STATE))
		PG_RETURN_NULL();
	state = text_to_cstring(PG_GETARG_TEXT_PP(ARG_STATE));
	if (strcmp(state, "running") == 0)
		PG_RETURN_TEXT_P(cstring_to_text(running_state(fcinfo)));
	PG_RETURN_TEXT_P(cstring_to_text(state));
}
