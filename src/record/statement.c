/*-------------------------------------------------------------------------
 *
 * statement.c
 *	  The statements that records run.
 *
 * They run with search_path = pg_catalog, and what is not there is qualified.
 * What another backend is, its own row in pg_stat_get_activity() tells.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "record/record.h"

/*
 * A new run.  Rows of runs that are over without having said so are settled on
 * the way, while the server still knows what became of their transactions.
 */
#define RUN_STARTED \
	"WITH settled AS (" \
	" UPDATE schemadrift.run SET state = schemadrift_run_state(state," \
	"  backend_pid, backend_start, xid, system_identifier, database_oid)" \
	" WHERE state = 'running' AND schemadrift_run_state(state, backend_pid," \
	"  backend_start, xid, system_identifier, database_oid)" \
	"  IN ('interrupted', 'rolled_back'))" \
	" INSERT INTO schemadrift.run (id, name, kind, number, suffix, checksum," \
	"  script, method, state, proof, started_at, finished_at, applied_by," \
	"  applied_as, application_name, client_addr, backend_pid," \
	"  backend_start, xid, system_identifier, database_oid, statements," \
	"  error, sqlstate, deviations, fingerprint_before, fingerprint_after," \
	"  allow_destructive, note, resolved_by, resolved_at)" \
	" SELECT p.id, p.name, coalesce(p.kind, 'manual'), p.number, p.suffix," \
	"  p.checksum, p.script, p.method, p.state, p.proof," \
	"  coalesce(p.started_at, clock_timestamp())," \
	"  CASE WHEN p.state <> 'running'" \
	"   THEN coalesce(p.finished_at, clock_timestamp()) END," \
	"  p.applied_by, p.applied_as, a.application_name, a.client_addr," \
	"  p.backend_pid, a.backend_start, p.xid, p.system_identifier," \
	"  p.database_oid, p.statements, p.error, p.sqlstate, p.deviations," \
	"  p.fingerprint_before, p.fingerprint_after," \
	"  coalesce(p.allow_destructive, false), p.note, p.resolved_by," \
	"  p.resolved_at" \
	" FROM jsonb_populate_record(NULL::schemadrift.run, $1) p" \
	"  LEFT JOIN pg_stat_get_activity(p.backend_pid) a ON true"

/* The payload's columns replace those of the row. */
#define RUN_ENDED \
	"UPDATE schemadrift.run r SET (state, proof, finished_at, statements," \
	"  error, sqlstate, deviations, fingerprint_after, note) =" \
	" (SELECT p.state, p.proof, clock_timestamp(), p.statements, p.error," \
	"  p.sqlstate, p.deviations, p.fingerprint_after, p.note" \
	"  FROM jsonb_populate_record(r, $1) p)" \
	" WHERE r.id = ($1->>'id')::uuid"

/* Not if the run has got another state meanwhile. */
#define RUN_OVER(state) \
	"UPDATE schemadrift.run SET state = '" state "'," \
	"  finished_at = clock_timestamp(), error = coalesce(error, $1->>'error')" \
	" WHERE id = ($1->>'id')::uuid AND state = 'running'"

#define OVERRIDE \
	"INSERT INTO schemadrift.override_log (id, at, session_role, role," \
	"  application_name, client_addr, backend_pid, table_name, operation," \
	"  statement)" \
	" SELECT gen_random_uuid(), clock_timestamp(), p.session_role, p.role," \
	"  a.application_name, a.client_addr, p.backend_pid, p.table_name," \
	"  p.operation, p.statement" \
	" FROM jsonb_populate_record(NULL::schemadrift.override_log, $1) p" \
	"  LEFT JOIN pg_stat_get_activity(p.backend_pid) a ON true"

/* A statement that the guard has rejected; whoever listens is told. */
#define DDL \
	"WITH logged AS (" \
	" INSERT INTO schemadrift.ddl_log" \
	"  SELECT p.* FROM jsonb_populate_record(NULL::schemadrift.ddl_log, $1) p" \
	" RETURNING verdict, command_tag, reason, session_role, schema_name," \
	"  object_name)" \
	" SELECT pg_notify('schemadrift', jsonb_strip_nulls(jsonb_build_object(" \
	"  'verdict', verdict, 'command', command_tag, 'reason', reason," \
	"  'role', session_role, 'schema', schema_name, 'name', object_name))" \
	"  ::text)" \
	" FROM logged WHERE current_setting('schemadrift.notify')::boolean"

static const char *const statements[SDR_NRECORDS] = {
	[SDR_RECORD_RUN_STARTED] = RUN_STARTED,
	[SDR_RECORD_RUN_ENDED] = RUN_ENDED,
	[SDR_RECORD_RUN_ROLLED_BACK] = RUN_OVER("rolled_back"),
	[SDR_RECORD_RUN_INTERRUPTED] = RUN_OVER("interrupted"),
	[SDR_RECORD_OVERRIDE] = OVERRIDE,
	[SDR_RECORD_DDL] = DDL,
};

/* The SQL of a record, whose only parameter, $1, is the payload. */
const char *
sdr_record_sql(SdrRecordKind kind)
{
	Assert(kind < SDR_NRECORDS);
	return statements[kind];
}
