/*-------------------------------------------------------------------------
 *
 * doctor.c
 *	  schemadrift_doctor(): is everything as it should be?
 *
 * A row for each check.  Those about the guard ask its own state, the others
 * are queries that return what is wrong, as a text, or NULL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "model/model.h"
#include "observe/observe.h"
#include "record/record.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_doctor);
PG_FUNCTION_INFO_V1(schemadrift_prune);

#define OK			"ok"
#define CONCERN		"warning"
#define FAULT		"error"

/* What is shown of the objects that a query finds. */
#define LIST(expression, more) \
	"SELECT CASE WHEN n > 0 THEN n || ': ' || names END FROM (SELECT" \
	" pg_catalog.count(*) AS n, pg_catalog.string_agg(name, ', ' ORDER BY name)" \
	" FILTER (WHERE place <= 5) AS names FROM (SELECT name," \
	" pg_catalog.row_number() OVER (ORDER BY name) AS place FROM (SELECT " \
	expression " AS name " more ") a) b) c"

/* A check that is a query, and what to do when it finds something. */
typedef struct QueryCheck
{
	const char *name;
	const char *status;			/* when something is found */
	const char *fine;			/* detail when nothing is */
	const char *hint;
	const char *sql;
} QueryCheck;

static const QueryCheck query_checks[] = {
	{
		"event_triggers", FAULT, "All four are there and always enabled.",
		"ALTER EVENT TRIGGER ... ENABLE ALWAYS; if one is missing, create the extension anew.",
		LIST("w.name", "FROM (VALUES ('schemadrift_ddl_command_start'),"
			 " ('schemadrift_ddl_command_end'), ('schemadrift_sql_drop'),"
			 " ('schemadrift_table_rewrite')) w(name) LEFT JOIN"
			 " pg_catalog.pg_event_trigger t ON t.evtname = w.name"
			 " AND 'schemadrift_' || t.evtevent = w.name"
			 " AND t.evtfoid = pg_catalog.to_regproc('pg_catalog.' || w.name)"
			 " WHERE t.evtenabled IS DISTINCT FROM 'A'")
	},
	{
		"event_triggers_setting", FAULT, "Event triggers are not switched off.",
		"RESET event_triggers, or take it out of the configuration.",
		"SELECT 'The setting event_triggers is off.'"
		" WHERE pg_catalog.current_setting('event_triggers', true) = 'off'"
	},
	{
		"replication_role", CONCERN, "session_replication_role is origin.",
		"The guard works nevertheless; triggers and foreign keys of tables do not.",
		"SELECT 'session_replication_role is ' || s || '.'"
		" FROM pg_catalog.current_setting('session_replication_role') s"
		" WHERE s <> 'origin'"
	},
	{
		"extension_version", FAULT, "Extension and library have the same version.",
		"ALTER EXTENSION schemadrift UPDATE, or install the library of that version.",
		"SELECT 'The extension has version ' || extversion ||"
		" ', the library " SCHEMADRIFT_VERSION ".' FROM pg_catalog.pg_extension"
		" WHERE extname = 'schemadrift' AND extversion <> '" SCHEMADRIFT_VERSION "'"
	},
	{
		"failed_migrations", FAULT, "No migration has failed or was interrupted.",
		"See the view schemadrift.migrations; schemadrift_resolve() or \"prisma migrate resolve\" settles them.",
		LIST("DISTINCT name", "FROM schemadrift.ledger l WHERE state IN"
			 " ('failed', 'interrupted') AND resolved_at IS NULL AND NOT EXISTS"
			 " (SELECT FROM schemadrift.run r WHERE r.name = l.name"
			 " AND r.state IN ('applied', 'claimed')"
			 " AND r.started_at > l.started_at)")
	},
	{
		"unfinished_begin", CONCERN, "No schemadrift_begin() is waiting for its end.",
		"schemadrift_end() in that session ends it, and so does its end.",
		LIST("name || ' (' || backend_pid || ')'", "FROM schemadrift.ledger"
			 " WHERE state = 'running' AND method = 'begin'")
	},
	{
		"invalid_indexes", CONCERN, "All indexes are valid.",
		"Drop the index and build it again, or REINDEX INDEX CONCURRENTLY.",
		LIST("i.indexrelid::pg_catalog.regclass::text",
			 "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c"
			 " ON c.oid = i.indexrelid WHERE NOT (i.indisvalid AND i.indisready)"
			 " AND c.relkind = 'i' AND c.relpersistence <> 't'"
			 " AND c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace"
			 " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p"
			 " WHERE p.index_relid = i.indexrelid AND p.datid = (SELECT oid FROM"
			 " pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))")
	},
	{
		"not_validated", CONCERN, "All constraints are validated.",
		"ALTER TABLE ... VALIDATE CONSTRAINT.",
		LIST("coalesce(conrelid::pg_catalog.regclass::text, '') || '.' || conname",
			 "FROM pg_catalog.pg_constraint WHERE NOT convalidated"
			 " AND coalesce((pg_catalog.to_jsonb(pg_constraint)->>'conenforced')::boolean, true)"
			 " AND (conrelid <> 0 OR contypid <> 0)")
	},
	{
		"disabled_triggers", CONCERN, "No trigger is disabled.",
		"ALTER TABLE ... ENABLE TRIGGER.",
		LIST("tgrelid::pg_catalog.regclass || '.' || tgname",
			 "FROM pg_catalog.pg_trigger WHERE tgenabled = 'D'")
	},
	{
		"collation_versions", CONCERN, "Collations are of the version that the system has.",
		"REINDEX what depends on them, then ALTER COLLATION or ALTER DATABASE ... REFRESH VERSION.",
		LIST("name", "FROM (SELECT 'database ' || datname, datcollversion,"
			 " pg_catalog.pg_database_collation_actual_version(oid)"
			 " FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
			 " UNION ALL SELECT oid::pg_catalog.regcollation::text, collversion,"
			 " pg_catalog.pg_collation_actual_version(oid)"
			 " FROM pg_catalog.pg_collation WHERE collversion IS NOT NULL"
			 " AND collencoding IN (-1, (SELECT encoding FROM pg_catalog.pg_database"
			 " WHERE datname = pg_catalog.current_database())))"
			 " v(name, stored, actual) WHERE stored IS DISTINCT FROM actual")
	},
};

static void
put(ReturnSetInfo *rsinfo, const char *check, const char *status,
	const char *detail, const char *hint)
{
	const char *texts[] = {check, status, detail, hint};
	Datum		values[lengthof(texts)];
	bool		nulls[lengthof(texts)];

	for (int i = 0; i < lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Where the mode of this session comes from. */
static const char *
source_text(GucSource source, bool armed)
{
	if (source >= PGC_S_CLIENT)
		return "this session";
	if (source == PGC_S_USER || source == PGC_S_DATABASE_USER)
		return "the role";
	if (armed)
		return "the database";
	return source == PGC_S_DEFAULT ? "the default" :
		source <= PGC_S_ARGV ? "the server's configuration" : "the database";
}

/* What is set for this database, beside what schemadrift_arm() has said. */
static void
check_armed(ReturnSetInfo *rsinfo)
{
	SdrGuardMode mode;
	bool		bound = sdr_guard_armed(&mode);
	SdrArming	last;

	sdr_arming_last(&last);
	if (last.armed && last.here && (!bound || mode != last.mode))
		put(rsinfo, "armed", mode != SDR_GUARD_OFF && bound ? CONCERN : FAULT,
			psprintf("schemadrift_arm() has set the mode %s, but the settings of this database have been changed to %s since.",
					 sdr_mode_names[last.mode],
					 sdr_mode_names[bound ? mode : SDR_GUARD_OFF]),
			"schemadrift_arm() sets them again.");
	else if (bound && mode != SDR_GUARD_OFF)
		put(rsinfo, "armed", OK,
			psprintf("This database is armed: %s.", sdr_mode_names[mode]),
			NULL);
	else if (last.armed || (!bound && mode != SDR_GUARD_OFF))
		put(rsinfo, "armed", CONCERN,
			"The guard was armed in another database, of which this one is a copy, and sleeps here.",
			"schemadrift_arm() arms it, schemadrift_disarm() leaves it as it is.");
	else
		put(rsinfo, "armed", CONCERN, "This database is not armed.",
			"schemadrift_arm() arms it.");
}

/* The mode of this session, and what has set it. */
static void
check_mode(ReturnSetInfo *rsinfo)
{
	SdrGuardMode armed_mode;
	bool		lowered;
	SdrGuardMode mode = sdr_guard_mode(&lowered);
	const SdrUnlock *unlock = sdr_unlock_current();

	put(rsinfo, "mode", lowered ? CONCERN : OK,
		psprintf("The mode is %s, by %s.", sdr_mode_names[mode],
				 source_text(sdr_guard_mode_source(),
							 sdr_guard_armed(&armed_mode))),
		lowered ? "RESET schemadrift.guard, as the database is armed with a stronger mode." :
		NULL);
	put(rsinfo, "unlocked", unlock != NULL ? CONCERN : OK,
		unlock == NULL ? "This session is not unlocked." :
		psprintf("This session is unlocked until %s.",
				 timestamptz_to_str(unlock->expires_at)),
		unlock != NULL ? "schemadrift_lock() ends that." : NULL);
}

/*
 * As long as Prisma has no table, whoever makes it is taken for Prisma, unless
 * it is said who that is or each migration has to be approved.
 */
static void
check_prisma_roles(ReturnSetInfo *rsinfo)
{
	bool		lowered;

	if (sdr_guard_mode(&lowered) != SDR_GUARD_REJECT)
		put(rsinfo, "prisma_roles", OK, "The mode is not reject.", NULL);
	else if (sdr_prisma_roles != NULL && sdr_prisma_roles[0] != '\0')
		put(rsinfo, "prisma_roles", OK,
			"The setting schemadrift.prisma_roles names the roles that run Prisma.",
			NULL);
	else if (sdr_require_approval)
		put(rsinfo, "prisma_roles", OK,
			"Migrations have to be approved, whoever runs them.", NULL);
	else if (sdr_prisma_table_exists())
		put(rsinfo, "prisma_roles", OK,
			"Who may write the table _prisma_migrations runs Prisma.", NULL);
	else
		put(rsinfo, "prisma_roles", CONCERN,
			"There is no table _prisma_migrations, and schemadrift.prisma_roles is empty: whoever may create tables can be the first to make one, and pass for Prisma.",
			"Set schemadrift.prisma_roles to the role that deploys; to a role that nobody has, where Prisma is not used.");
}

/* Is the library loaded by every session, or by this one because of us? */
static void
check_layers(ReturnSetInfo *rsinfo)
{
	SdrQueueStatus queue;
	const char *session = GetConfigOption("session_preload_libraries", true,
										  false);

	if (sdr_queue_status(&queue))
		put(rsinfo, "layers", OK,
			"Event triggers, and the utility hook in every session.", NULL);
	else if (session != NULL && strstr(session, "schemadrift") != NULL)
		put(rsinfo, "layers", OK,
			"Event triggers, and the utility hook in sessions that preload the library.",
			NULL);
	else
		put(rsinfo, "layers", CONCERN,
			"Event triggers alone, and the utility hook in sessions once they have used the library.",
			"Put schemadrift into shared_preload_libraries: event triggers do not see roles, databases, TRUNCATE and more.");
}

static void
check_log_channel(ReturnSetInfo *rsinfo)
{
	SdrQueueStatus queue;

	if (RecoveryInProgress())
		put(rsinfo, "log_channel", OK, "A standby records nothing.", NULL);
	else if (!sdr_queue_status(&queue))
		put(rsinfo, "log_channel", CONCERN,
			psprintf("Each rejected statement needs a background worker of its own. This session could not record " UINT64_FORMAT "; of other sessions that is not known here.",
					 sdr_log_unrecorded()),
			"Put schemadrift into shared_preload_libraries. The server's log has a line for each that could not be recorded.");
	else if (!queue.dispatched)
		put(rsinfo, "log_channel", FAULT,
			"The dispatcher of the queue is not running.",
			"The server's log tells why; max_worker_processes may be too low.");
	else if (queue.dropped + queue.failed > 0)
		put(rsinfo, "log_channel", CONCERN,
			psprintf(UINT64_FORMAT " records of rejected statements have been dropped and " UINT64_FORMAT " could not be written since the server started.",
					 queue.dropped, queue.failed),
			"The server's log has them; schemadrift.queue_size can be raised.");
	else
		put(rsinfo, "log_channel", OK,
			psprintf("The queue has written " UINT64_FORMAT " of " UINT64_FORMAT " records.",
					 queue.written, queue.messages), NULL);
}

/* Does a worker keep the history of drift? */
static void
check_observer(ReturnSetInfo *rsinfo)
{
	SdrObserverStatus status;

	if (RecoveryInProgress())
		put(rsinfo, "observer", OK, "A standby observes nothing.", NULL);
	else if (!sdr_observer_preloaded() || sdr_observe_interval == 0)
		put(rsinfo, "observer", OK, "No background worker observes.", NULL);
	else if (!sdr_observer_status(MyDatabaseId, &status) || status.pid == 0)
		put(rsinfo, "observer", CONCERN,
			"No background worker observes this database now.",
			"See schemadrift.observe_databases, max_worker_processes and the server's log.");
	else if (status.failed_at != 0)
		put(rsinfo, "observer", CONCERN,
			psprintf("The background worker failed at %s: %s.",
					 timestamptz_to_str(status.failed_at), status.error),
			"It tries again, less and less often; a reload of the configuration makes it try at once.");
	else if (status.observed_at == 0)
		put(rsinfo, "observer", status.has_baseline ? OK : CONCERN,
			"The background worker has observed nothing yet.",
			status.has_baseline ? NULL :
			"schemadrift_accept() sets a baseline.");
	else
		put(rsinfo, "observer", OK,
			psprintf("The background worker observed last at %s.",
					 timestamptz_to_str(status.observed_at)), NULL);
}

static void
run_query(ReturnSetInfo *rsinfo, const QueryCheck *check)
{
	char	   *found = NULL;

	if (SPI_execute(check->sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "check \"%s\" failed", check->name);
	if (SPI_processed > 0)
		found = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	put(rsinfo, check->name, found != NULL ? check->status : OK,
		found != NULL ? found : check->fine,
		found != NULL ? check->hint : NULL);
	SPI_freetuptable(SPI_tuptable);
}

/* schemadrift_doctor() */
Datum
schemadrift_doctor(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int			guc_level = NewGUCNestLevel();

	InitMaterializedSRF(fcinfo, 0);
	check_armed(rsinfo);
	check_mode(rsinfo);
	check_prisma_roles(rsinfo);
	check_layers(rsinfo);
	check_log_channel(rsinfo);
	check_observer(rsinfo);
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	SPI_connect();
	for (int i = 0; i < lengthof(query_checks); i++)
		run_query(rsinfo, &query_checks[i]);
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}

/*
 * schemadrift_prune(keep interval): removes rows of ddl_log that are older,
 * and leaves one in guard_event that says so.  Returns how many.
 */
Datum
schemadrift_prune(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TIMESTAMPTZOID};
	Datum		values[1];
	uint64		removed;

	sdr_require_arg(fcinfo, 0, "keep");
	PreventCommandIfReadOnly("schemadrift_prune()");
	values[0] = DirectFunctionCall2(timestamptz_mi_interval,
									TimestampTzGetDatum(GetCurrentTimestamp()),
									PG_GETARG_DATUM(0));
	if (DatumGetTimestampTz(values[0]) > GetCurrentTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must not be negative", "keep")));
	removed = sdr_write("DELETE FROM schemadrift.ddl_log WHERE logged_at OPERATOR(pg_catalog.<) $1",
						1, types, values, NULL);
	sdr_guard_event("prune", psprintf("rows before %s: " UINT64_FORMAT,
									  timestamptz_to_str(DatumGetTimestampTz(values[0])),
									  removed));
	PG_RETURN_INT64((int64) removed);
}
