/* sql/schemadrift--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION schemadrift" to load this file. \quit

-- Tables and views of the extension; functions are in pg_catalog.
CREATE SCHEMA schemadrift;
GRANT USAGE ON SCHEMA schemadrift TO PUBLIC;
COMMENT ON SCHEMA schemadrift IS
	'tables and views of the extension schemadrift';

CREATE FUNCTION pg_catalog.schemadrift_ignore_rule_known(
	kind text,
	attribute text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'schemadrift_ignore_rule_known'
LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION pg_catalog.schemadrift_ignore_rule_known(text, text) IS
	'true if a rule with this kind and attribute can match anything, else an error that says why not';

-- Drift that is meant to be.  Patterns: * stands for any text, ? for one
-- character; NULL matches everything.  The key cannot collide after a restore.
CREATE TABLE schemadrift.ignore_rule (
	id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
	kind text,
	schema_pattern text,
	name_pattern text,
	part_pattern text,
	attribute text,
	reason text NOT NULL CHECK (reason OPERATOR(pg_catalog.<>) ''),
	added_by name NOT NULL DEFAULT SESSION_USER,
	added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	expires_at timestamptz,
	CONSTRAINT ignore_rule_not_empty CHECK (pg_catalog.num_nonnulls(
		kind, schema_pattern, name_pattern, part_pattern, attribute) OPERATOR(pg_catalog.>) 0),
	CONSTRAINT ignore_rule_known CHECK (pg_catalog.schemadrift_ignore_rule_known(kind, attribute))
);
SELECT pg_catalog.pg_extension_config_dump('schemadrift.ignore_rule', '');
GRANT SELECT ON schemadrift.ignore_rule TO PUBLIC;

COMMENT ON TABLE schemadrift.ignore_rule IS
	'drift that schemadrift_check() does not report, but counts; NULL matches everything';
COMMENT ON COLUMN schemadrift.ignore_rule.kind IS
	'kind of the object, as in schemadrift_kinds()';
COMMENT ON COLUMN schemadrift.ignore_rule.schema_pattern IS
	'name of the schema, with * for any text and ? for one character';
COMMENT ON COLUMN schemadrift.ignore_rule.name_pattern IS
	'name of the table or other top-level object, a pattern as well';
COMMENT ON COLUMN schemadrift.ignore_rule.part_pattern IS
	'name of the column, constraint, index or other part, a pattern as well';
COMMENT ON COLUMN schemadrift.ignore_rule.attribute IS
	'attribute, a pattern as well; rows about whole objects have none';
COMMENT ON COLUMN schemadrift.ignore_rule.reason IS
	'why this is no drift';
COMMENT ON COLUMN schemadrift.ignore_rule.expires_at IS
	'when the rule ends by itself; NULL for never';

-- All functions below read only, and what they read is open to everybody, so
-- PUBLIC keeps EXECUTE.  They are PARALLEL UNSAFE because they use
-- subtransactions, and not STRICT because no rows must mean no drift.

CREATE FUNCTION pg_catalog.schemadrift_snapshot(
	schemas text[] DEFAULT NULL,
	global boolean DEFAULT false)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'schemadrift_snapshot'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_snapshot(text[], boolean) IS
	'the live schema as a document: of the schemas named, or of the whole database';

CREATE FUNCTION pg_catalog.schemadrift_objects(
	schemas text[] DEFAULT NULL,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT identity text,
	OUT definition jsonb,
	OUT fingerprint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_objects'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 1000;

COMMENT ON FUNCTION pg_catalog.schemadrift_objects(text[]) IS
	'the live schema, a row for each top-level object, with its definition and fingerprint';

CREATE FUNCTION pg_catalog.schemadrift_fingerprint(
	schemas text[] DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_fingerprint'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_fingerprint(text[]) IS
	'one text that is equal for equal schemas, whatever server they are on';

CREATE FUNCTION pg_catalog.schemadrift_check(
	expected jsonb,
	options jsonb DEFAULT '{}',
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_check'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_check(jsonb, jsonb) IS
	'the differences between a document and the live schema, a row each; no rows mean no drift';

CREATE FUNCTION pg_catalog.schemadrift_diff(
	expected jsonb,
	actual jsonb,
	options jsonb DEFAULT '{}',
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_diff'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_diff(jsonb, jsonb, jsonb) IS
	'the differences between two documents, a row each';

CREATE FUNCTION pg_catalog.schemadrift_prisma(
	schema_prisma text,
	target_schema text DEFAULT 'public',
	options jsonb DEFAULT '{}')
RETURNS jsonb
AS 'MODULE_PATHNAME', 'schemadrift_prisma'
LANGUAGE C STABLE PARALLEL SAFE COST 10000;

COMMENT ON FUNCTION pg_catalog.schemadrift_prisma(text, text, jsonb) IS
	'the document that a Prisma schema stands for';

CREATE FUNCTION pg_catalog.schemadrift_prisma_lint(
	schema_prisma text,
	rules jsonb DEFAULT '{}',
	OUT rule text,
	OUT object text,
	OUT line integer,
	OUT message text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_prisma_lint'
LANGUAGE C STABLE PARALLEL SAFE COST 10000 ROWS 10;

COMMENT ON FUNCTION pg_catalog.schemadrift_prisma_lint(text, jsonb) IS
	'the places of a Prisma schema that break rules, a row each';

CREATE FUNCTION pg_catalog.schemadrift_kinds(
	OUT kind text,
	OUT node text,
	OUT attribute text,
	OUT type text,
	OUT default_value text,
	OUT since integer,
	OUT severity text,
	OUT derived boolean,
	OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_kinds'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION pg_catalog.schemadrift_kinds() IS
	'the kinds of objects that documents know, with their attributes';

-- Tables that only the extension writes.  Statements by hand meet the trigger
-- schemadrift_protect, owners and superusers too; what a restore needs, a
-- superuser's INSERT or COPY, goes through.  It is always enabled, as
-- session_replication_role would switch it off otherwise.
CREATE FUNCTION pg_catalog.schemadrift_protect()
RETURNS trigger
AS 'MODULE_PATHNAME', 'schemadrift_protect'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_protect() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_protect() IS
	'trigger that refuses changes by hand to tables of the extension';

-- Runs of migrations by hand.  People read the view schemadrift.ledger, whose
-- state is the true one: a row that says running may be of a backend that is
-- gone.  The key cannot collide after a restore.
CREATE TABLE schemadrift.run (
	id uuid PRIMARY KEY,
	name text NOT NULL CHECK (name OPERATOR(pg_catalog.<>) ''),
	kind text NOT NULL DEFAULT 'manual' CHECK (kind OPERATOR(pg_catalog.=) ANY ('{manual,prisma}')),
	number numeric,
	suffix text,
	checksum text,
	script text,
	method text NOT NULL CHECK (method OPERATOR(pg_catalog.=) ANY ('{apply,begin,adopt,resolve}')),
	state text NOT NULL CHECK (state OPERATOR(pg_catalog.=) ANY ('{running,applied,failed,interrupted,rolled_back,claimed}')),
	proof text CHECK (proof OPERATOR(pg_catalog.=) ANY ('{run,effect,claim}')),
	started_at timestamptz NOT NULL,
	finished_at timestamptz,
	duration interval GENERATED ALWAYS AS (finished_at OPERATOR(pg_catalog.-) started_at) STORED,
	applied_by name NOT NULL,
	applied_as name NOT NULL,
	application_name text,
	client_addr inet,
	backend_pid integer,
	backend_start timestamptz,
	xid xid8,
	system_identifier bigint NOT NULL,
	database_oid oid NOT NULL,
	statements integer,
	error text,
	sqlstate text,
	deviations text[],
	fingerprint_before text,
	fingerprint_after text,
	allow_destructive boolean NOT NULL DEFAULT false,
	note text,
	resolved_by name,
	resolved_at timestamptz
);
CREATE INDEX run_name_index ON schemadrift.run (name, started_at);
CREATE INDEX run_running_index ON schemadrift.run (started_at)
	WHERE state OPERATOR(pg_catalog.=) 'running';
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.run
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.run ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.run', '');
GRANT SELECT ON schemadrift.run TO PUBLIC;

COMMENT ON TABLE schemadrift.run IS
	'runs of migrations by hand as they were recorded; schemadrift.ledger tells their true state';
COMMENT ON COLUMN schemadrift.run.name IS
	'name of the migration: its file without directories and .sql';
COMMENT ON COLUMN schemadrift.run.number IS
	'number at the beginning of the name';
COMMENT ON COLUMN schemadrift.run.suffix IS
	'letters behind the number, the b of 17b';
COMMENT ON COLUMN schemadrift.run.checksum IS
	'SHA-256 of the script in lower-case hex; NULL when the script is not known';
COMMENT ON COLUMN schemadrift.run.method IS
	'what made the row: apply, begin, adopt or resolve';
COMMENT ON COLUMN schemadrift.run.state IS
	'state as it was recorded last; interrupted runs may say running';
COMMENT ON COLUMN schemadrift.run.proof IS
	'why it counts as applied: it was run, its effect was seen to be there, or somebody said so';
COMMENT ON COLUMN schemadrift.run.applied_by IS
	'role that had logged in';
COMMENT ON COLUMN schemadrift.run.applied_as IS
	'role that ran the script';
COMMENT ON COLUMN schemadrift.run.xid IS
	'transaction of a run that is one transaction';
COMMENT ON COLUMN schemadrift.run.system_identifier IS
	'cluster that backend_pid and xid are about';
COMMENT ON COLUMN schemadrift.run.statements IS
	'how many statements have been run';
COMMENT ON COLUMN schemadrift.run.deviations IS
	'what was run between begin and end and is not in the script, and the reverse';
COMMENT ON COLUMN schemadrift.run.allow_destructive IS
	'whether the guard was to let destructive statements through';
COMMENT ON COLUMN schemadrift.run.resolved_by IS
	'who settled a failed or interrupted run with schemadrift_resolve()';

CREATE FUNCTION pg_catalog.schemadrift_run_state(
	state text,
	backend_pid integer,
	backend_start timestamptz,
	xid xid8,
	system_identifier bigint,
	database_oid oid)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_run_state'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_run_state(text, integer, timestamptz, xid8, bigint, oid) IS
	'the true state of a run that was recorded as running';

CREATE VIEW schemadrift.ledger AS
SELECT id, name, kind, number, suffix, checksum, script, method,
	CASE WHEN state OPERATOR(pg_catalog.=) 'running'
		THEN pg_catalog.schemadrift_run_state(state, backend_pid, backend_start,
			xid, system_identifier, database_oid)
		ELSE state END AS state,
	proof, started_at, finished_at, duration, applied_by, applied_as,
	application_name, client_addr, backend_pid, backend_start, xid,
	system_identifier, database_oid, statements, error, sqlstate, deviations,
	fingerprint_before, fingerprint_after, allow_destructive, note,
	resolved_by, resolved_at
FROM schemadrift.run;
GRANT SELECT ON schemadrift.ledger TO PUBLIC;

COMMENT ON VIEW schemadrift.ledger IS
	'runs of migrations by hand, a row each, with the state they are in now';

-- The registered directories: what should exist.  A row whose file has changed
-- or gone since stays, with replaced_at.
CREATE TABLE schemadrift.migration_file (
	id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
	directory text NOT NULL,
	path text NOT NULL,
	entry text NOT NULL CHECK (entry OPERATOR(pg_catalog.=) ANY ('{migration,rollback,other}')),
	kind text CHECK (kind OPERATOR(pg_catalog.=) ANY ('{manual,prisma}')),
	folder text NOT NULL,
	name text NOT NULL CHECK (name OPERATOR(pg_catalog.<>) ''),
	number numeric,
	suffix text,
	companion_of text,
	content text,
	checksum text,
	checksums text[] NOT NULL,
	digest text,
	empty boolean NOT NULL,
	opaque boolean NOT NULL,
	effects jsonb NOT NULL,
	note text,
	registered_by name NOT NULL,
	registered_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	replaced_at timestamptz
);
CREATE UNIQUE INDEX migration_file_path_index ON schemadrift.migration_file (directory, path)
	WHERE replaced_at IS NULL;
CREATE INDEX migration_file_name_index ON schemadrift.migration_file (name);
CREATE INDEX migration_file_replaced_index ON schemadrift.migration_file (kind)
	WHERE replaced_at IS NOT NULL;
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.migration_file
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.migration_file ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.migration_file', '');
GRANT SELECT ON schemadrift.migration_file TO PUBLIC;

COMMENT ON TABLE schemadrift.migration_file IS
	'the registered directories of migrations: what should exist, and what did';
COMMENT ON COLUMN schemadrift.migration_file.directory IS
	'what was registered by one call, which replaces all of it';
COMMENT ON COLUMN schemadrift.migration_file.path IS
	'path below the directory';
COMMENT ON COLUMN schemadrift.migration_file.entry IS
	'migration, rollback for a companion that undoes one, other for the rest';
COMMENT ON COLUMN schemadrift.migration_file.kind IS
	'prisma or manual; NULL for the rest';
COMMENT ON COLUMN schemadrift.migration_file.folder IS
	'path of the folder that the migration stands in';
COMMENT ON COLUMN schemadrift.migration_file.name IS
	'name of the migration: of the folder for Prisma''s, of the file without .sql for those by hand';
COMMENT ON COLUMN schemadrift.migration_file.companion_of IS
	'name of the migration that a rollback undoes';
COMMENT ON COLUMN schemadrift.migration_file.content IS
	'content as text; NULL for a directory, for what is no script, and where this database cannot hold it';
COMMENT ON COLUMN schemadrift.migration_file.checksum IS
	'SHA-256 of the content as Prisma reads it';
COMMENT ON COLUMN schemadrift.migration_file.checksums IS
	'every checksum that is taken for that of the content';
COMMENT ON COLUMN schemadrift.migration_file.digest IS
	'SHA-256 of the content without comments and blanks';
COMMENT ON COLUMN schemadrift.migration_file.empty IS
	'whether it has no statements';
COMMENT ON COLUMN schemadrift.migration_file.opaque IS
	'whether it runs code, such as a DO block, that is not looked into';
COMMENT ON COLUMN schemadrift.migration_file.effects IS
	'what its statements make (+) and remove (-): kind, schema, name, part';
COMMENT ON COLUMN schemadrift.migration_file.note IS
	'what is odd about the file';
COMMENT ON COLUMN schemadrift.migration_file.replaced_at IS
	'when a later registration found it changed or gone';

CREATE FUNCTION pg_catalog.schemadrift_register(
	files jsonb,
	directory text DEFAULT '',
	OUT path text,
	OUT name text,
	OUT kind text,
	OUT entry text,
	OUT action text,
	OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_register'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_register(jsonb, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_register(jsonb, text) IS
	'registers files, given as paths and contents, as all that is in a migrations directory';

CREATE FUNCTION pg_catalog.schemadrift_register_directory(
	directory text,
	OUT path text,
	OUT name text,
	OUT kind text,
	OUT entry text,
	OUT action text,
	OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_register_directory'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_register_directory(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_register_directory(text) IS
	'registers a migrations directory of the server; its caller must be a member of pg_read_server_files';

-- Migrations that may be run, by checksum.
CREATE TABLE schemadrift.approval (
	id uuid PRIMARY KEY,
	name text NOT NULL CHECK (name OPERATOR(pg_catalog.<>) ''),
	checksum text NOT NULL CHECK (checksum OPERATOR(pg_catalog.~) '^[0-9a-f]{64}$'),
	allow_destructive boolean NOT NULL DEFAULT false,
	note text,
	approved_by name NOT NULL,
	approved_at timestamptz NOT NULL,
	revoked_by name,
	revoked_at timestamptz
);
CREATE UNIQUE INDEX approval_standing_index ON schemadrift.approval (name, checksum)
	WHERE revoked_at IS NULL;
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.approval
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.approval ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.approval', '');
GRANT SELECT ON schemadrift.approval TO PUBLIC;

COMMENT ON TABLE schemadrift.approval IS
	'migrations that were approved, by name and checksum, also those revoked since';
COMMENT ON COLUMN schemadrift.approval.allow_destructive IS
	'whether the guard lets destructive statements of it through';

-- Changes by hand that schemadrift.ledger_override let through.
CREATE TABLE schemadrift.override_log (
	id uuid PRIMARY KEY,
	at timestamptz NOT NULL,
	session_role name NOT NULL,
	role name NOT NULL,
	application_name text,
	client_addr inet,
	backend_pid integer,
	table_name name NOT NULL,
	operation text NOT NULL,
	statement text
);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.override_log
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.override_log ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.override_log', '');
GRANT SELECT ON schemadrift.override_log TO PUBLIC;

COMMENT ON TABLE schemadrift.override_log IS
	'statements that changed tables of the extension by hand, under schemadrift.ledger_override';

-- Functions that run migrations run them as whoever calls.  They are for the
-- roles that a superuser grants them to.
CREATE FUNCTION pg_catalog.schemadrift_apply(
	name text,
	script text,
	allow_destructive boolean DEFAULT false,
	note text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_apply'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_apply(text, text, boolean, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_apply(text, text, boolean, text) IS
	'runs a migration by hand as one transaction, as the caller, with a row in schemadrift.ledger';

CREATE FUNCTION pg_catalog.schemadrift_begin(
	name text,
	script text DEFAULT NULL,
	allow_destructive boolean DEFAULT false)
RETURNS uuid
AS 'MODULE_PATHNAME', 'schemadrift_begin'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_begin(text, text, boolean) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_begin(text, text, boolean) IS
	'what this session does until schemadrift_end() is the migration';

CREATE FUNCTION pg_catalog.schemadrift_end(
	note text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_end'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_end(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_end(text) IS
	'ends the migration that schemadrift_begin() has begun in this session';

CREATE FUNCTION pg_catalog.schemadrift_approve(
	name text,
	script text DEFAULT NULL,
	checksum text DEFAULT NULL,
	allow_destructive boolean DEFAULT false,
	note text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'schemadrift_approve'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_approve(text, text, text, boolean, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_approve(text, text, text, boolean, text) IS
	'approves a migration, Prisma''s or by hand, by its script or checksum';

CREATE FUNCTION pg_catalog.schemadrift_revoke(
	name text,
	checksum text DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'schemadrift_revoke'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_revoke(text, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_revoke(text, text) IS
	'takes back approvals of a migration';

CREATE FUNCTION pg_catalog.schemadrift_resolve(
	name text,
	outcome text,
	kind text DEFAULT NULL,
	note text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_resolve'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_resolve(text, text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_resolve(text, text, text, text) IS
	'settles a failed or interrupted migration, Prisma''s or by hand, as applied or rolled back';

CREATE FUNCTION pg_catalog.schemadrift_dry_run(
	name text,
	script text,
	OUT report text,
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text,
	OUT message text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_dry_run'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_dry_run(text, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_dry_run(text, text) IS
	'what a migration would change, which locks it takes, and what a second run does; all of it is rolled back';

CREATE FUNCTION pg_catalog.schemadrift_adopt(
	name text,
	script text,
	evidence text DEFAULT 'effect',
	OUT outcome text,
	OUT message text,
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_adopt'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_adopt(text, text, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_adopt(text, text, text) IS
	'records a migration as applied if running it changes nothing';

CREATE FUNCTION pg_catalog.schemadrift_adopt_all(
	evidence text DEFAULT 'effect',
	OUT name text,
	OUT path text,
	OUT outcome text,
	OUT message text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_adopt_all'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_adopt_all(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_adopt_all(text) IS
	'adopts the registered files of migrations by hand, in order, a row each';

-- end of the functions that write the ledger

-- The history: files, Prisma's tables and the ledger together.  It reads with
-- the privileges of its caller.
CREATE FUNCTION pg_catalog.schemadrift_migrations(
	OUT place bigint,
	OUT name text,
	OUT kind text,
	OUT state text,
	OUT out_of_order boolean,
	OUT duplicate_number boolean,
	OUT gap boolean,
	OUT next text,
	OUT number numeric,
	OUT suffix text,
	OUT path text,
	OUT history text,
	OUT proof text,
	OUT attempts integer,
	OUT started_at timestamptz,
	OUT finished_at timestamptz,
	OUT applied_by text,
	OUT recorded_checksum text,
	OUT file_checksum text,
	OUT error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_migrations'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 10000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_migrations() IS
	'the migrations of this database, Prisma''s and those by hand, in order, with their states';

CREATE VIEW schemadrift.migrations AS
SELECT place, name, kind, state, out_of_order, duplicate_number, gap, next,
	number, suffix, path, history, proof, attempts, started_at, finished_at,
	applied_by, recorded_checksum, file_checksum, error
FROM pg_catalog.schemadrift_migrations();
GRANT SELECT ON schemadrift.migrations TO PUBLIC;

COMMENT ON VIEW schemadrift.migrations IS
	'the migrations of this database, Prisma''s and those by hand, in order, with their states';


CREATE FUNCTION pg_catalog.schemadrift_reconcile(
	OUT finding text,
	OUT severity text,
	OUT kind text,
	OUT name text,
	OUT place text,
	OUT detail text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_reconcile'
LANGUAGE C STABLE PARALLEL UNSAFE COST 1000000 ROWS 10;

COMMENT ON FUNCTION pg_catalog.schemadrift_reconcile() IS
	'everything in which files, Prisma''s tables, the ledger and the schema do not agree; no rows mean that they do';

-- The guard.  What happens to DDL, one row for each object of a statement.
-- The key cannot collide after a restore.
CREATE TABLE schemadrift.ddl_log (
	id uuid PRIMARY KEY,
	statement_id uuid NOT NULL,
	logged_at timestamptz NOT NULL,
	role name,
	session_role name,
	application_name text,
	client_addr inet,
	backend_pid integer,
	xid xid8,
	virtual_xid text,
	command_tag text NOT NULL,
	act text,
	kind text,
	schema_name text,
	object_name text,
	identity text,
	class_id oid,
	object_id oid,
	sub_id integer,
	part boolean,
	statement text,
	parent_statement text,
	mode text,
	verdict text NOT NULL,
	reason text NOT NULL,
	run_id uuid,
	migration text,
	unlock_id uuid,
	outcome text NOT NULL,
	details jsonb,
	changes jsonb
);
CREATE INDEX ddl_log_logged_at_index ON schemadrift.ddl_log (logged_at);
CREATE INDEX ddl_log_object_id_index ON schemadrift.ddl_log (object_id);
CREATE INDEX ddl_log_old_name_index ON schemadrift.ddl_log ((details OPERATOR(pg_catalog.->>) 'old_name'::text))
	WHERE (details OPERATOR(pg_catalog.->>) 'old_name'::text) IS NOT NULL;
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.ddl_log
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.ddl_log ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.ddl_log', '');
GRANT SELECT ON schemadrift.ddl_log TO pg_read_all_stats;

COMMENT ON TABLE schemadrift.ddl_log IS
	'DDL that the guard has seen, a row for each object of a statement; readable like other users'' statements in pg_stat_activity';
COMMENT ON COLUMN schemadrift.ddl_log.statement_id IS
	'the same in all rows of a statement';
COMMENT ON COLUMN schemadrift.ddl_log.role IS
	'role that the statement was run as';
COMMENT ON COLUMN schemadrift.ddl_log.session_role IS
	'role that had logged in';
COMMENT ON COLUMN schemadrift.ddl_log.xid IS
	'transaction; NULL for a rejected statement of one that had written nothing';
COMMENT ON COLUMN schemadrift.ddl_log.act IS
	'create, alter, drop, grant, revoke, comment, label or truncate';
COMMENT ON COLUMN schemadrift.ddl_log.kind IS
	'kind of the object, as the server calls it';
COMMENT ON COLUMN schemadrift.ddl_log.identity IS
	'name as the server writes it; NULL where only the statement''s own words are known';
COMMENT ON COLUMN schemadrift.ddl_log.class_id IS
	'catalog of the object; with object_id and sub_id as in pg_depend';
COMMENT ON COLUMN schemadrift.ddl_log.part IS
	'comes along with what the statement names: an index of a new constraint, what a cascade drops';
COMMENT ON COLUMN schemadrift.ddl_log.statement IS
	'the statement''s own text, without secrets; of a rejected one at most 8 kB';
COMMENT ON COLUMN schemadrift.ddl_log.parent_statement IS
	'what the client sent, where that was not the statement itself';
COMMENT ON COLUMN schemadrift.ddl_log.verdict IS
	'tracked, untracked, exempt or rejected';
COMMENT ON COLUMN schemadrift.ddl_log.run_id IS
	'run of schemadrift.ledger that it was part of';
COMMENT ON COLUMN schemadrift.ddl_log.migration IS
	'name of the migration, by hand or of Prisma';
COMMENT ON COLUMN schemadrift.ddl_log.unlock_id IS
	'row of schemadrift.guard_event that had unlocked the session';
COMMENT ON COLUMN schemadrift.ddl_log.details IS
	'what else the statement says: grantees, privileges, new names';
COMMENT ON COLUMN schemadrift.ddl_log.changes IS
	'what it has changed of the object and its parts, an element each: change (added, removed, changed or renamed), kind, identity, part, attribute, before, after; NULL where it was not compared, as for what is created or dropped';

CREATE TABLE schemadrift.guard_event (
	id uuid PRIMARY KEY,
	at timestamptz NOT NULL,
	act text NOT NULL,
	mode text,
	reason text,
	expires_at timestamptz,
	role name NOT NULL,
	session_role name NOT NULL,
	application_name text,
	client_addr inet,
	backend_pid integer NOT NULL,
	binding text NOT NULL
);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.guard_event
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.guard_event ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.guard_event', '');
GRANT SELECT ON schemadrift.guard_event TO PUBLIC;

COMMENT ON TABLE schemadrift.guard_event IS
	'who has armed, disarmed, unlocked or pruned, and why';
COMMENT ON COLUMN schemadrift.guard_event.act IS
	'arm, disarm, unlock, lock or prune';
COMMENT ON COLUMN schemadrift.guard_event.binding IS
	'cluster and database in which it was done';

CREATE FUNCTION pg_catalog.schemadrift_arm(mode text DEFAULT 'reject')
RETURNS void
AS 'MODULE_PATHNAME', 'schemadrift_arm'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_arm(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_arm(text) IS
	'guards this database from now on, in mode log, warn or reject';

CREATE FUNCTION pg_catalog.schemadrift_disarm(reason text)
RETURNS void
AS 'MODULE_PATHNAME', 'schemadrift_disarm'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_disarm(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_disarm(text) IS
	'ends guarding this database, on record';

CREATE FUNCTION pg_catalog.schemadrift_unlock(reason text, duration interval DEFAULT '15 minutes')
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'schemadrift_unlock'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_unlock(text, interval) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_unlock(text, interval) IS
	'lets all DDL of this session pass for some time, on record; returns when that ends';

CREATE FUNCTION pg_catalog.schemadrift_lock()
RETURNS boolean
AS 'MODULE_PATHNAME', 'schemadrift_lock'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_lock() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_lock() IS
	'ends what schemadrift_unlock() has begun; tells whether the session was unlocked';

CREATE FUNCTION pg_catalog.schemadrift_commands(
	OUT command_tag text,
	OUT class text,
	OUT act text,
	OUT kind text,
	OUT event_trigger boolean,
	OUT known boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_commands'
LANGUAGE C STABLE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION pg_catalog.schemadrift_commands() IS
	'the commands of this server, and what the guard takes them for';

CREATE FUNCTION pg_catalog.schemadrift_doctor(
	OUT check_name text,
	OUT status text,
	OUT detail text,
	OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_doctor'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000 ROWS 20;

COMMENT ON FUNCTION pg_catalog.schemadrift_doctor() IS
	'is everything as it should be: a row for each check, with status ok, warning or error';

CREATE FUNCTION pg_catalog.schemadrift_prune(keep interval)
RETURNS bigint
AS 'MODULE_PATHNAME', 'schemadrift_prune'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_prune(interval) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_prune(interval) IS
	'removes older rows of schemadrift.ddl_log, on record; returns how many';

CREATE FUNCTION pg_catalog.schemadrift_queue(
	OUT size bigint,
	OUT used bigint,
	OUT messages bigint,
	OUT written bigint,
	OUT dropped bigint,
	OUT failed bigint,
	OUT last_dropped timestamptz,
	OUT dispatched boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_queue'
LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 1;

COMMENT ON FUNCTION pg_catalog.schemadrift_queue() IS
	'the queue of records of rejected statements; no row where the library is not preloaded';

CREATE VIEW schemadrift.queue AS
SELECT messages, written, dropped, last_dropped, failed, size, used, dispatched
FROM pg_catalog.schemadrift_queue();
GRANT SELECT ON schemadrift.queue TO PUBLIC;

COMMENT ON VIEW schemadrift.queue IS
	'records of rejected statements since the server started, and how many of them were dropped; no row where the library is not preloaded';

CREATE FUNCTION pg_catalog.schemadrift_ddl_command_start()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'schemadrift_ddl_command_start'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_ddl_command_start() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_ddl_command_start() IS
	'event trigger of the guard: decides about a statement';

CREATE FUNCTION pg_catalog.schemadrift_ddl_command_end()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'schemadrift_ddl_command_end'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_ddl_command_end() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_ddl_command_end() IS
	'event trigger of the guard: notes the objects made and changed';

CREATE FUNCTION pg_catalog.schemadrift_sql_drop()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'schemadrift_sql_drop'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_sql_drop() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_sql_drop() IS
	'event trigger of the guard: notes the objects dropped';

CREATE FUNCTION pg_catalog.schemadrift_table_rewrite()
RETURNS event_trigger
AS 'MODULE_PATHNAME', 'schemadrift_table_rewrite'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_table_rewrite() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_table_rewrite() IS
	'event trigger of the guard: notes tables written anew';

-- Always enabled, as session_replication_role would switch them off otherwise.
CREATE EVENT TRIGGER schemadrift_ddl_command_start ON ddl_command_start
	EXECUTE FUNCTION pg_catalog.schemadrift_ddl_command_start();
ALTER EVENT TRIGGER schemadrift_ddl_command_start ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER schemadrift_ddl_command_start IS
	'the guard of the extension schemadrift';
CREATE EVENT TRIGGER schemadrift_ddl_command_end ON ddl_command_end
	EXECUTE FUNCTION pg_catalog.schemadrift_ddl_command_end();
ALTER EVENT TRIGGER schemadrift_ddl_command_end ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER schemadrift_ddl_command_end IS
	'the guard of the extension schemadrift';
CREATE EVENT TRIGGER schemadrift_sql_drop ON sql_drop
	EXECUTE FUNCTION pg_catalog.schemadrift_sql_drop();
ALTER EVENT TRIGGER schemadrift_sql_drop ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER schemadrift_sql_drop IS
	'the guard of the extension schemadrift';
CREATE EVENT TRIGGER schemadrift_table_rewrite ON table_rewrite
	EXECUTE FUNCTION pg_catalog.schemadrift_table_rewrite();
ALTER EVENT TRIGGER schemadrift_table_rewrite ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER schemadrift_table_rewrite IS
	'the guard of the extension schemadrift';

-- The baseline: what the database is held to.  A row of baseline_object is of
-- a top-level object, from set_at to ended_at; its history is never rewritten.
CREATE TABLE schemadrift.baseline_change (
	id uuid PRIMARY KEY,
	changed_at timestamptz NOT NULL,
	changed_by name NOT NULL,
	changed_as name NOT NULL,
	method text NOT NULL CHECK (method OPERATOR(pg_catalog.=) ANY ('{accept,expect,migration}')),
	run_id uuid,
	migration text,
	note text
);
CREATE INDEX baseline_change_changed_at_index ON schemadrift.baseline_change (changed_at);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.baseline_change
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.baseline_change ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.baseline_change', '');
GRANT SELECT ON schemadrift.baseline_change TO PUBLIC;

COMMENT ON TABLE schemadrift.baseline_change IS
	'who or what has changed the baseline';
COMMENT ON COLUMN schemadrift.baseline_change.changed_by IS
	'role that had logged in';
COMMENT ON COLUMN schemadrift.baseline_change.changed_as IS
	'role that changed it';
COMMENT ON COLUMN schemadrift.baseline_change.method IS
	'accept, expect or migration';
COMMENT ON COLUMN schemadrift.baseline_change.run_id IS
	'run of schemadrift.ledger that moved it';
COMMENT ON COLUMN schemadrift.baseline_change.migration IS
	'name of the migration, by hand or of Prisma, that moved it';

CREATE TABLE schemadrift.baseline_object (
	id uuid PRIMARY KEY,
	kind text NOT NULL,
	schema_name text,
	object_name text NOT NULL,
	definition jsonb NOT NULL,
	fingerprint text NOT NULL,
	set_by uuid NOT NULL,
	set_at timestamptz NOT NULL,
	ended_by uuid,
	ended_at timestamptz
);
CREATE UNIQUE INDEX baseline_object_current_index ON schemadrift.baseline_object
	(kind, COALESCE(schema_name, ''), object_name)
	WHERE ended_by IS NULL;
CREATE INDEX baseline_object_object_name_index ON schemadrift.baseline_object
	(object_name);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.baseline_object
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.baseline_object ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.baseline_object', '');
GRANT SELECT ON schemadrift.baseline_object TO PUBLIC;

COMMENT ON TABLE schemadrift.baseline_object IS
	'the baseline and its history, a row for each top-level object and the time that it stood';
COMMENT ON COLUMN schemadrift.baseline_object.kind IS
	'kind of the object; document for what is said of the whole';
COMMENT ON COLUMN schemadrift.baseline_object.schema_name IS
	'schema of the object; NULL outside schemas';
COMMENT ON COLUMN schemadrift.baseline_object.definition IS
	'node of a document';
COMMENT ON COLUMN schemadrift.baseline_object.fingerprint IS
	'SHA-256 of the definition, in hex';
COMMENT ON COLUMN schemadrift.baseline_object.set_by IS
	'change that set it';
COMMENT ON COLUMN schemadrift.baseline_object.ended_by IS
	'change that replaced it or took it away; NULL if it stands';

-- Which object is meant, by oid: so that one that is renamed is known again.
-- No part of a dump, as a restored copy has other oids; the next change of the
-- baseline there fills it.
CREATE TABLE schemadrift.baseline_identity (
	object uuid PRIMARY KEY,
	class_id oid NOT NULL,
	object_id oid NOT NULL,
	columns jsonb
);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.baseline_identity
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.baseline_identity ENABLE ALWAYS TRIGGER schemadrift_protect;
GRANT SELECT ON schemadrift.baseline_identity TO PUBLIC;

COMMENT ON TABLE schemadrift.baseline_identity IS
	'the oids of objects of the baseline, by which they are known when they are renamed; not part of a dump';
COMMENT ON COLUMN schemadrift.baseline_identity.object IS
	'row of schemadrift.baseline_object';
COMMENT ON COLUMN schemadrift.baseline_identity.columns IS
	'numbers of the columns by name';

CREATE VIEW schemadrift.baseline AS
SELECT o.kind, o.schema_name, o.object_name, o.definition, o.fingerprint,
	o.set_at, c.method, c.migration, c.changed_by AS set_by, c.note, c.run_id
FROM schemadrift.baseline_object AS o
JOIN schemadrift.baseline_change AS c ON c.id OPERATOR(pg_catalog.=) o.set_by
WHERE o.ended_by IS NULL;
GRANT SELECT ON schemadrift.baseline TO PUBLIC;

COMMENT ON VIEW schemadrift.baseline IS
	'what the database is held to, a row for each top-level object, and who or what has set it';

CREATE FUNCTION pg_catalog.schemadrift_document_objects(
	document jsonb,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT definition jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_document_objects'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 1000;

COMMENT ON FUNCTION pg_catalog.schemadrift_document_objects(jsonb) IS
	'a document in rows, one for each top-level object';

CREATE FUNCTION pg_catalog.schemadrift_merge(
	before jsonb,
	after jsonb,
	base jsonb,
	renamed jsonb DEFAULT '{}')
RETURNS jsonb
AS 'MODULE_PATHNAME', 'schemadrift_merge'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION pg_catalog.schemadrift_merge(jsonb, jsonb, jsonb, jsonb) IS
	'a definition of an object, moved by the difference between two others';

CREATE FUNCTION pg_catalog.schemadrift_accept(
	note text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'schemadrift_accept'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_accept(text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_accept(text) IS
	'takes the present schema as what is expected';

CREATE FUNCTION pg_catalog.schemadrift_expect(
	document jsonb,
	note text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'schemadrift_expect'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_expect(jsonb, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_expect(jsonb, text) IS
	'takes a document as what is expected';

CREATE FUNCTION pg_catalog.schemadrift_baseline()
RETURNS jsonb
AS 'MODULE_PATHNAME', 'schemadrift_baseline'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000;

COMMENT ON FUNCTION pg_catalog.schemadrift_baseline() IS
	'what is expected of the database, as a document';

CREATE FUNCTION pg_catalog.schemadrift_object_ids(
	kinds text[],
	schemas text[],
	names text[],
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT class_id oid,
	OUT object_id oid,
	OUT columns jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_object_ids'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 1000;

COMMENT ON FUNCTION pg_catalog.schemadrift_object_ids(text[], text[], text[]) IS
	'the oids of those of these top-level objects that exist, and the numbers of their columns';

CREATE FUNCTION pg_catalog.schemadrift_object_names(
	class_ids oid[],
	object_ids oid[],
	OUT class_id oid,
	OUT object_id oid,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_object_names'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000 ROWS 1000;

COMMENT ON FUNCTION pg_catalog.schemadrift_object_names(oid[], oid[]) IS
	'what those of these top-level objects that exist are called';

CREATE FUNCTION pg_catalog.schemadrift_renamed()
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE COST 10000
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	WITH b AS MATERIALIZED (
		SELECT o.kind, o.schema_name, o.object_name, i.class_id, i.object_id, i.columns
		FROM schemadrift.baseline_object AS o
		JOIN schemadrift.baseline_identity AS i ON i.object = o.id
		WHERE o.ended_by IS NULL
	), n AS (
		SELECT n.*
		FROM (SELECT array_agg(b.class_id) AS classes, array_agg(b.object_id) AS objects FROM b) AS a
		CROSS JOIN LATERAL schemadrift_object_names(a.classes, a.objects) AS n
	), c AS (
		SELECT b.class_id, b.object_id, jsonb_object_agg(e.key, a.attname) AS columns
		FROM b
		LEFT JOIN pg_type AS t ON b.class_id = 'pg_type'::regclass AND t.oid = b.object_id
		CROSS JOIN LATERAL jsonb_each_text(b.columns) AS e
		JOIN pg_attribute AS a ON a.attrelid = coalesce(nullif(t.typrelid, 0), b.object_id) AND a.attnum = e.value::integer
		WHERE a.attname <> e.key AND NOT a.attisdropped
		GROUP BY b.class_id, b.object_id
	)
	SELECT jsonb_build_object('renamed', coalesce(jsonb_agg(jsonb_build_object('kind', b.kind,
		'from', jsonb_build_array(b.schema_name, b.object_name),
		'to', jsonb_build_array(n.schema_name, n.object_name),
		'columns', coalesce(c.columns, '{}')) ORDER BY b.kind, b.schema_name, b.object_name), '[]'))
	FROM b
	JOIN n ON n.class_id = b.class_id AND n.object_id = b.object_id AND n.kind = b.kind
	LEFT JOIN c ON c.class_id = b.class_id AND c.object_id = b.object_id
	WHERE n.object_name <> b.object_name OR n.schema_name IS DISTINCT FROM b.schema_name OR c.columns IS NOT NULL;
END;

COMMENT ON FUNCTION pg_catalog.schemadrift_renamed() IS
	'which objects of the baseline are called otherwise now, as an option of schemadrift_check()';

CREATE INDEX ddl_log_object_name_index ON schemadrift.ddl_log (object_name);

-- The history of drift: what has appeared, changed and gone, and when
-- schemadrift_observe() has seen it.
CREATE TABLE schemadrift.drift_event (
	id uuid PRIMARY KEY,
	at timestamptz NOT NULL,
	event text NOT NULL CHECK (event OPERATOR(pg_catalog.=) ANY ('{appeared,changed,resolved}')),
	drift text NOT NULL,
	kind text NOT NULL,
	identity text NOT NULL,
	attribute text,
	schema_name text,
	object_name text,
	part_name text,
	expected text,
	actual text,
	severity text NOT NULL
);
CREATE INDEX drift_event_identity_index ON schemadrift.drift_event
	(drift, kind, identity, attribute, at);
CREATE INDEX drift_event_object_name_index ON schemadrift.drift_event (object_name);
CREATE TRIGGER schemadrift_protect
	BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON schemadrift.drift_event
	FOR EACH STATEMENT EXECUTE FUNCTION pg_catalog.schemadrift_protect();
ALTER TABLE schemadrift.drift_event ENABLE ALWAYS TRIGGER schemadrift_protect;
SELECT pg_catalog.pg_extension_config_dump('schemadrift.drift_event', '');
GRANT SELECT ON schemadrift.drift_event TO PUBLIC;

COMMENT ON TABLE schemadrift.drift_event IS
	'what drift has appeared, changed and been resolved, as schemadrift_observe() has seen it';
COMMENT ON COLUMN schemadrift.drift_event.event IS
	'appeared, changed or resolved';

CREATE FUNCTION pg_catalog.schemadrift_observe(
	OUT appeared integer,
	OUT changed integer,
	OUT resolved integer)
RETURNS record
AS 'MODULE_PATHNAME', 'schemadrift_observe'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_observe() FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_observe() IS
	'notes in schemadrift.drift_event what drift has appeared, changed or been resolved since the last time';

CREATE FUNCTION pg_catalog.schemadrift_observer(
	OUT database name,
	OUT pid integer,
	OUT has_baseline boolean,
	OUT started_at timestamptz,
	OUT observed_at timestamptz,
	OUT looked_at text,
	OUT milliseconds double precision,
	OUT observations bigint,
	OUT whole_observations bigint,
	OUT failed_at timestamptz,
	OUT error text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_observer'
LANGUAGE C VOLATILE PARALLEL SAFE ROWS 5;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_observer() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.schemadrift_observer() TO pg_monitor;

COMMENT ON FUNCTION pg_catalog.schemadrift_observer() IS
	'the background workers that observe, by database, and what they have done';

CREATE FUNCTION pg_catalog.schemadrift_assert(
	expected jsonb DEFAULT pg_catalog.schemadrift_baseline(),
	fail_on text[] DEFAULT '{breaking,integrity,security}')
RETURNS void
AS 'MODULE_PATHNAME', 'schemadrift_assert'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_assert(jsonb, text[]) IS
	'raises an error if the schema has drifted';

-- The statement that made a drift, as far as it was recorded.  Of the statements
-- on the object, by whatever name, from the last one on that made or dropped it
-- as a whole: the last one that changed just that; where there is none, the last
-- one of which it is not known what it changed, best one that mentions the part.
-- What was there when the schema was accepted is no drift, so that statements
-- from before are not among them.
CREATE FUNCTION pg_catalog.schemadrift_last_ddl(
	drift text,
	kind text,
	schema_name text,
	object_name text,
	part_name text,
	attribute text,
	identity text)
RETURNS SETOF schemadrift.ddl_log
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
SET search_path = pg_catalog, pg_temp
SET jit = off
BEGIN ATOMIC
	WITH named AS (
		SELECT l.id, l.object_id, l.logged_at,
			l.act IN ('create', 'drop') AND l.changes IS NULL
				AND CASE WHEN $5 IS NULL THEN l.identity = $7
					ELSE l.object_name = $4 AND l.schema_name IS NOT DISTINCT FROM $3 AND l.sub_id = 0 END AS is_whole
		FROM schemadrift.ddl_log AS l
		WHERE (l.object_name = ANY (ARRAY[$4, split_part($4, '(', 1), $5, $4 || '.' || $5, $7])
				OR l.details ->> 'old_name' = ANY (ARRAY[$4, split_part($4, '(', 1), $5]))
			AND (l.identity = $7
				OR l.details ->> 'old_name' = coalesce($5, split_part($4, '(', 1)) AND l.schema_name = $3
				OR l.object_name IN ($4, split_part($4, '(', 1), $4 || '.' || $5)
					AND (l.schema_name = $3 OR l.schema_name IS NULL)
					AND (l.identity IS NULL OR strpos($4, '(') = 0)
				OR l.changes @> jsonb_build_array(jsonb_build_object('identity', $7)))
			AND l.verdict <> 'rejected'
	), candidate AS (
		SELECT l.*
		FROM schemadrift.ddl_log AS l
		WHERE l.id IN (
				SELECT n.id FROM named AS n
				UNION
				SELECT o.id FROM schemadrift.ddl_log AS o
				WHERE o.object_id IN (SELECT n.object_id FROM named AS n WHERE n.object_id <> 0)
					AND o.verdict <> 'rejected')
			AND l.logged_at >= coalesce((SELECT max(n.logged_at) FROM named AS n WHERE n.is_whole), '-infinity')
			AND l.logged_at >= coalesce((
				SELECT CASE b.method WHEN 'accept' THEN b.changed_at END
				FROM schemadrift.baseline_change AS b
				WHERE b.method <> 'migration'
				ORDER BY b.changed_at DESC
				LIMIT 1), '-infinity')
	), part AS (
		SELECT $5 AS name
		UNION
		SELECT e.value ->> 'before'
		FROM candidate AS c, jsonb_array_elements(c.changes) AS e
		WHERE e.value ->> 'change' = 'renamed' AND e.value ->> 'part' = $5
	), ranked AS (
		SELECT c.id, c.logged_at,
			CASE
				WHEN c.changes IS NULL AND c.identity = $7 AND c.act IN ('create', 'drop') THEN 3
				WHEN EXISTS (
						SELECT FROM jsonb_array_elements(c.changes) AS e
						WHERE e.value ->> 'kind' = $2
							AND (e.value ->> 'part' IS NULL AND $5 IS NULL
								OR e.value ->> 'part' IN (SELECT p.name FROM part AS p)
								OR e.value ->> 'change' = 'renamed' AND e.value ->> 'before' = $5)
							AND CASE $1
								WHEN 'missing' THEN e.value ->> 'change' IN ('removed', 'renamed')
								WHEN 'unexpected' THEN e.value ->> 'change' IN ('added', 'renamed')
								WHEN 'renamed' THEN e.value ->> 'change' = 'renamed'
								ELSE e.value ->> 'attribute' = $6 END) THEN 3
				WHEN c.changes IS NOT NULL THEN 0
				WHEN $5 IS NULL OR c.identity = $7
					OR c.statement ~* ('(^|\W)' || regexp_replace($5, '(\W)', '\\\1', 'g') || '(\W|$)') THEN 2
				ELSE 1
			END AS rank
		FROM candidate AS c
	)
	SELECT l.*
	FROM ranked AS r
	JOIN schemadrift.ddl_log AS l ON l.id = r.id
	WHERE r.rank > 0
	ORDER BY r.rank DESC, r.logged_at DESC, l.part NULLS FIRST
	LIMIT 1;
END;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_last_ddl(text, text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.schemadrift_last_ddl(text, text, text, text, text, text, text) TO pg_read_all_stats;

COMMENT ON FUNCTION pg_catalog.schemadrift_last_ddl(text, text, text, text, text, text, text) IS
	'the recorded statement that a difference from the baseline comes from';

CREATE VIEW schemadrift.drift AS
SELECT d.drift, d.kind, d.identity, d.attribute, d.expected, d.actual, d.severity,
	(SELECT pg_catalog.max(e.at) FROM schemadrift.drift_event AS e
		WHERE e.event OPERATOR(pg_catalog.=) 'appeared'
			AND e.drift OPERATOR(pg_catalog.=) d.drift
			AND e.kind OPERATOR(pg_catalog.=) d.kind
			AND e.identity OPERATOR(pg_catalog.=) d.identity
			AND COALESCE(e.attribute, '') OPERATOR(pg_catalog.=) COALESCE(d.attribute, '')) AS first_seen,
	l.logged_at AS last_ddl_at, l.session_role AS last_ddl_by,
	COALESCE(l.statement, CASE WHEN l.id IS NULL THEN 'no DDL recorded' END) AS last_ddl,
	l.verdict, l.migration, l.application_name, l.client_addr,
	d.schema_name, d.object_name, d.part_name
FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(), pg_catalog.schemadrift_renamed()) AS d
LEFT JOIN LATERAL pg_catalog.schemadrift_last_ddl(d.drift, d.kind, d.schema_name, d.object_name, d.part_name, d.attribute, d.identity) AS l ON true;
GRANT SELECT ON schemadrift.drift TO pg_read_all_stats;

COMMENT ON VIEW schemadrift.drift IS
	'the differences between the baseline and the live schema, with the DDL that made them';
COMMENT ON COLUMN schemadrift.drift.first_seen IS
	'when schemadrift_observe() first saw it';
COMMENT ON COLUMN schemadrift.drift.last_ddl_by IS
	'role that had logged in';
COMMENT ON COLUMN schemadrift.drift.last_ddl IS
	'the last statement on the object that was recorded';

CREATE VIEW schemadrift.drift_summary AS
WITH d AS MATERIALIZED (
	SELECT severity, kind, drift
	FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(), pg_catalog.schemadrift_renamed())
)
SELECT severity, kind, pg_catalog.count(*) AS differences,
	pg_catalog.count(*) FILTER (WHERE drift OPERATOR(pg_catalog.=) 'missing') AS missing,
	pg_catalog.count(*) FILTER (WHERE drift OPERATOR(pg_catalog.=) 'unexpected') AS unexpected,
	pg_catalog.count(*) FILTER (WHERE drift OPERATOR(pg_catalog.=) 'changed') AS changed,
	pg_catalog.count(*) FILTER (WHERE drift OPERATOR(pg_catalog.=) 'renamed') AS renamed
FROM d
GROUP BY severity, kind
UNION ALL
SELECT 'none', 'no drift', 0, 0, 0, 0, 0
WHERE NOT EXISTS (SELECT FROM d);
GRANT SELECT ON schemadrift.drift_summary TO PUBLIC;

COMMENT ON VIEW schemadrift.drift_summary IS
	'how much drift from the baseline there is, by severity and kind; one line when there is none';

CREATE VIEW schemadrift.missing_columns AS
SELECT schema_name, object_name AS table_name, part_name AS column_name,
	expected AS expected_type, severity
FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(), pg_catalog.schemadrift_renamed())
WHERE drift OPERATOR(pg_catalog.=) 'missing' AND kind OPERATOR(pg_catalog.=) 'column';
GRANT SELECT ON schemadrift.missing_columns TO PUBLIC;

COMMENT ON VIEW schemadrift.missing_columns IS
	'columns that the baseline expects and tables do not have';

CREATE VIEW schemadrift.type_mismatches AS
SELECT schema_name, object_name AS table_name, part_name AS column_name,
	expected AS expected_type, actual AS actual_type, severity
FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(), pg_catalog.schemadrift_renamed())
WHERE kind OPERATOR(pg_catalog.=) 'column' AND attribute OPERATOR(pg_catalog.=) 'type';
GRANT SELECT ON schemadrift.type_mismatches TO PUBLIC;

COMMENT ON VIEW schemadrift.type_mismatches IS
	'columns of another type than the baseline expects';

CREATE VIEW schemadrift.enum_mismatches AS
SELECT schema_name, object_name AS enum_name, drift,
	expected AS expected_labels, actual AS actual_labels, severity
FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(), pg_catalog.schemadrift_renamed())
WHERE kind OPERATOR(pg_catalog.=) 'enum'
	AND (attribute OPERATOR(pg_catalog.=) 'labels' OR attribute IS NULL);
GRANT SELECT ON schemadrift.enum_mismatches TO PUBLIC;

COMMENT ON VIEW schemadrift.enum_mismatches IS
	'enums that are missing, unexpected, or have other labels than the baseline expects';

CREATE VIEW schemadrift.suppressed_drift AS
SELECT drift, kind, identity, attribute, expected, actual, severity,
	schema_name, object_name, part_name
FROM pg_catalog.schemadrift_check(pg_catalog.schemadrift_baseline(),
	pg_catalog.schemadrift_renamed() OPERATOR(pg_catalog.||) '{"suppressed": true}');
GRANT SELECT ON schemadrift.suppressed_drift TO PUBLIC;

COMMENT ON VIEW schemadrift.suppressed_drift IS
	'drift from the baseline that rules of schemadrift.ignore_rule hide';

CREATE VIEW schemadrift.untracked_ddl AS
SELECT logged_at, session_role AS role, verdict, command_tag, kind,
	COALESCE(identity, object_name) AS object, statement, outcome,
	application_name, client_addr, reason
FROM schemadrift.ddl_log
WHERE verdict OPERATOR(pg_catalog.=) ANY ('{untracked,rejected}') AND part IS NOT TRUE;
GRANT SELECT ON schemadrift.untracked_ddl TO pg_read_all_stats;

COMMENT ON VIEW schemadrift.untracked_ddl IS
	'statements that were no part of a migration, done or rejected';

CREATE VIEW schemadrift.migration_status AS
SELECT kind, state, pg_catalog.count(*) AS migrations,
	pg_catalog.min(name) AS first_name, pg_catalog.max(name) AS last_name,
	pg_catalog.max(finished_at) AS last_finished_at, pg_catalog.min(next) AS next
FROM schemadrift.migrations
GROUP BY kind, state;
GRANT SELECT ON schemadrift.migration_status TO PUBLIC;

COMMENT ON VIEW schemadrift.migration_status IS
	'how many migrations of each kind are in which state';

-- What a statement has changed of an object, or of parts of it, in lines.
CREATE FUNCTION pg_catalog.schemadrift_changes_text(
	changes jsonb,
	parts text[] DEFAULT NULL)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT string_agg(
		CASE WHEN $2 IS NULL AND c.part IS NOT NULL AND c.change <> 'renamed' THEN c.kind || ' ' || c.part || ': ' ELSE '' END
		|| CASE c.change
			WHEN 'added' THEN 'added' || coalesce(', ' || c.after, '')
			WHEN 'removed' THEN 'removed' || coalesce(', was ' || c.before, '')
			WHEN 'renamed' THEN 'renamed'
				|| CASE WHEN $2 IS NULL AND c.part IS NOT NULL THEN ' ' || c.kind ELSE '' END
				|| ' from ' || c.before || ' to ' || c.after
			ELSE c.attribute || ' ' || coalesce(c.before, 'null') || ' -> ' || coalesce(c.after, 'null') END,
		E'\n' ORDER BY e.ordinality)
	FROM jsonb_array_elements($1) WITH ORDINALITY AS e
	CROSS JOIN LATERAL (
		SELECT e.value ->> 'change' AS change, e.value ->> 'kind' AS kind,
			e.value ->> 'part' AS part, e.value ->> 'attribute' AS attribute,
			CASE WHEN length(b.text) > 60 THEN left(b.text, 57) || '...' ELSE b.text END AS before,
			CASE WHEN length(a.text) > 60 THEN left(a.text, 57) || '...' ELSE a.text END AS after
		FROM regexp_replace(e.value ->> 'before', '\s+', ' ', 'g') AS b (text),
			regexp_replace(e.value ->> 'after', '\s+', ' ', 'g') AS a (text)
	) AS c
	WHERE $2 IS NULL OR c.part = ANY ($2);
END;

COMMENT ON FUNCTION pg_catalog.schemadrift_changes_text(jsonb, text[]) IS
	'the column changes of schemadrift.ddl_log as lines, each from before to after';

-- Statements on an object are those on its oid, so that it is found by its old
-- names too.  Of a column or another part, those count that have changed it, by
-- whatever name, and of those of which it is not known, those that mention it.
CREATE FUNCTION pg_catalog.schemadrift_blame(
	object text DEFAULT NULL,
	OUT identity text,
	OUT done_at timestamptz,
	OUT done_by name,
	OUT what_changed text,
	OUT statement text,
	OUT verdict text,
	OUT migration text,
	OUT application_name text,
	OUT client_addr inet,
	OUT parent_statement text,
	OUT on_object text,
	OUT changes jsonb,
	OUT details jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL UNSAFE COST 100000 ROWS 100
SET search_path = pg_catalog, pg_temp
SET jit = off
BEGIN ATOMIC
	WITH RECURSIVE subject AS (
		SELECT $1 AS identity WHERE $1 IS NOT NULL
		UNION
		SELECT d.identity FROM schemadrift.drift AS d WHERE $1 IS NULL
	), change AS MATERIALIZED (
		SELECT l.id, coalesce((e.value ->> 'class_id')::oid, l.class_id) AS class_id,
			coalesce((e.value ->> 'object_id')::oid, l.object_id) AS object_id,
			e.value ->> 'identity' AS identity, e.value ->> 'change' AS change,
			e.value ->> 'part' AS part, e.value ->> 'before' AS before
		FROM schemadrift.ddl_log AS l
		CROSS JOIN LATERAL jsonb_array_elements(l.changes) AS e
		WHERE l.verdict <> 'rejected'
	), known AS (
		SELECT s.identity, l.class_id, l.object_id, l.sub_id, NULL AS part
		FROM subject AS s
		JOIN schemadrift.ddl_log AS l ON l.identity = s.identity AND l.object_id <> 0
		UNION
		SELECT s.identity, c.class_id, c.object_id, 0, c.part
		FROM subject AS s
		JOIN change AS c ON c.identity = s.identity
		WHERE c.part IS NOT NULL AND c.object_id <> 0
	), mentioned AS (
		SELECT s.identity, l.class_id, l.object_id,
			CASE WHEN p.part ~ '^".*"$' THEN replace(substr(p.part, 2, length(p.part) - 2), '""', '"') ELSE p.part END AS part
		FROM subject AS s
		JOIN schemadrift.ddl_log AS l ON l.object_id <> 0 AND l.sub_id = 0 AND l.kind <> 'schema'
		CROSS JOIN LATERAL (
			SELECT substr(s.identity, length(l.identity) + 2) AS part
			WHERE starts_with(s.identity, l.identity || '.')
			UNION ALL
			SELECT left(s.identity, length(s.identity) - length(l.identity) - 4)
			WHERE right(s.identity, length(l.identity) + 4) = ' on ' || l.identity
		) AS p
	), called AS (
		SELECT k.identity, k.class_id, k.object_id, k.part
		FROM known AS k
		WHERE k.part IS NOT NULL
		UNION
		SELECT m.identity, m.class_id, m.object_id, m.part
		FROM mentioned AS m
		UNION
		-- what the part was called before
		SELECT k.identity, k.class_id, k.object_id, c.before
		FROM called AS k
		JOIN change AS c ON c.class_id = k.class_id AND c.object_id = k.object_id
			AND c.part = k.part AND c.change = 'renamed'
	), found AS (
		SELECT k.identity, l.id
		FROM known AS k
		JOIN schemadrift.ddl_log AS l ON l.class_id = k.class_id AND l.object_id = k.object_id
			AND (k.sub_id = 0 OR l.sub_id = k.sub_id)
		WHERE k.part IS NULL
		UNION
		SELECT k.identity, c.id
		FROM known AS k
		JOIN change AS c ON c.class_id = k.class_id AND c.object_id = k.object_id
		WHERE k.part IS NULL AND k.sub_id = 0
		UNION
		SELECT k.identity, c.id
		FROM called AS k
		JOIN change AS c ON c.class_id = k.class_id AND c.object_id = k.object_id AND c.part = k.part
		UNION
		SELECT s.identity, c.id
		FROM subject AS s
		JOIN change AS c ON c.identity = s.identity
		UNION
		SELECT m.identity, l.id
		FROM mentioned AS m
		JOIN schemadrift.ddl_log AS l ON l.class_id = m.class_id AND l.object_id = m.object_id
			AND l.changes IS NULL AND l.part IS NOT TRUE AND l.statement ~* ('(^|\W)' || regexp_replace(m.part, '(\W)', '\\\1', 'g') || '(\W|$)')
		UNION
		SELECT s.identity, l.id
		FROM subject AS s
		JOIN schemadrift.ddl_log AS l ON l.identity = s.identity
			OR (l.object_id IS NULL OR l.object_id = 0)
				AND s.identity IN (l.object_name, l.schema_name || '.' || l.object_name)
	), told AS (
		SELECT DISTINCT ON (f.identity, l.statement_id) f.identity AS subject, l.*,
			(SELECT array_agg(k.part) FROM called AS k WHERE k.identity = f.identity) AS parts,
			EXISTS (SELECT FROM known AS k WHERE k.identity = f.identity AND k.part IS NULL
				AND k.class_id = l.class_id AND k.object_id = l.object_id AND k.sub_id = l.sub_id) AS is_subject
		FROM found AS f
		JOIN schemadrift.ddl_log AS l ON l.id = f.id
		ORDER BY f.identity, l.statement_id, l.changes IS NULL, l.identity = f.identity DESC, l.part, l.identity
	)
	SELECT t.subject, t.logged_at::timestamptz(0), t.session_role,
		CASE
			WHEN t.outcome <> 'done' THEN t.outcome
			WHEN t.changes = '[]' THEN 'nothing'
			WHEN t.changes IS NOT NULL THEN schemadrift_changes_text(t.changes, t.parts)
			WHEN t.act IN ('create', 'drop') THEN
				CASE t.act WHEN 'create' THEN 'created' ELSE 'dropped' END
				|| CASE WHEN coalesce(t.identity, t.subject) = t.subject THEN ''
					WHEN t.is_subject THEN ' as ' || t.identity
					ELSE ' with ' || t.kind || ' ' || t.identity END
		END,
		t.statement, t.verdict, t.migration, t.application_name, t.client_addr, t.parent_statement,
		coalesce(t.identity, t.object_name), t.changes, t.details
	FROM told AS t
	ORDER BY t.subject, t.logged_at, t.id;
END;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_blame(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.schemadrift_blame(text) TO pg_read_all_stats;

COMMENT ON FUNCTION pg_catalog.schemadrift_blame(text) IS
	'the story of an object, or of every one that has drifted: each recorded statement on it in order, who ran it, from where, and what it changed';

CREATE FUNCTION pg_catalog.schemadrift_report(
	format text DEFAULT 'markdown',
	expected jsonb DEFAULT pg_catalog.schemadrift_baseline())
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_report'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_report(text, jsonb) IS
	'the drift as one text, for people or programs: markdown, text or json';

CREATE FUNCTION pg_catalog.schemadrift_fingerprints(
	schemas text[] DEFAULT NULL,
	OUT kind text,
	OUT identity text,
	OUT fingerprint text)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL UNSAFE COST 100000 ROWS 1000
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT o.kind, o.identity, o.fingerprint
	FROM schemadrift_objects($1) AS o;
END;

COMMENT ON FUNCTION pg_catalog.schemadrift_fingerprints(text[]) IS
	'the fingerprint of each top-level object; equal in two databases where the object is';

CREATE FUNCTION pg_catalog.schemadrift_compare_schemas(
	template text,
	pattern text,
	OUT schema_name text,
	OUT drift text,
	OUT kind text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_compare_schemas'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_compare_schemas(text, text) IS
	'what is different between a schema and those that are to be like it';

CREATE FUNCTION pg_catalog.schemadrift_compare_schemas_summary(
	template text,
	pattern text,
	OUT schema_name text,
	OUT differences bigint,
	OUT missing bigint,
	OUT unexpected bigint,
	OUT changed bigint,
	OUT worst_severity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_compare_schemas_summary'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_compare_schemas_summary(text, text) IS
	'how many differences there are between a schema and each of those that are to be like it';

CREATE FUNCTION pg_catalog.schemadrift_metrics(
	OUT name text,
	OUT labels jsonb,
	OUT value double precision)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL UNSAFE COST 100000 ROWS 20
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT 'schemadrift_differences', jsonb_build_object('severity', s.severity),
		coalesce((SELECT sum(d.differences) FROM schemadrift.drift_summary AS d WHERE d.severity = s.severity), 0)
	FROM unnest('{breaking,integrity,security,behaviour,cosmetic}'::text[]) AS s (severity)
	WHERE EXISTS (SELECT FROM schemadrift.baseline)
	UNION ALL
	SELECT 'schemadrift_has_baseline', '{}', (EXISTS (SELECT FROM schemadrift.baseline))::integer
	UNION ALL
	SELECT 'schemadrift_migrations', jsonb_build_object('kind', m.kind, 'state', m.state), m.migrations
	FROM schemadrift.migration_status AS m
	UNION ALL
	SELECT 'schemadrift_ddl_total', jsonb_build_object('verdict', v.verdict),
		(SELECT count(DISTINCT l.statement_id) FROM schemadrift.ddl_log AS l WHERE l.verdict = v.verdict)
	FROM unnest('{tracked,untracked,exempt,rejected}'::text[]) AS v (verdict)
	UNION ALL
	SELECT 'schemadrift_records_total', jsonb_build_object('outcome', r.outcome), r.records
	FROM schemadrift_queue() AS q,
		LATERAL (VALUES ('written', q.written), ('dropped', q.dropped), ('failed', q.failed)) AS r (outcome, records)
	UNION ALL
	SELECT 'schemadrift_doctor', jsonb_build_object('status', t.status),
		(SELECT count(*) FROM schemadrift_doctor() AS c WHERE c.status = t.status)
	FROM unnest('{ok,warning,error}'::text[]) AS t (status);
END;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_metrics() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.schemadrift_metrics() TO pg_monitor;

COMMENT ON FUNCTION pg_catalog.schemadrift_metrics() IS
	'numbers for monitoring: drift, migrations, statements, checks of schemadrift_doctor()';

CREATE FUNCTION pg_catalog.schemadrift_repair(
	expected jsonb DEFAULT pg_catalog.schemadrift_baseline(),
	options jsonb DEFAULT '{}',
	OUT step integer,
	OUT sql text,
	OUT kind text,
	OUT identity text,
	OUT mends text[],
	OUT risk text,
	OUT lock text,
	OUT transactional boolean,
	OUT note text,
	OUT verdict text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_repair'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_repair(jsonb, jsonb) IS
	'the statements that mend the drift from a document, in the order in which they run';

CREATE FUNCTION pg_catalog.schemadrift_repair_apply(
	expected jsonb DEFAULT pg_catalog.schemadrift_baseline(),
	options jsonb DEFAULT '{}',
	name text DEFAULT NULL,
	remark text DEFAULT NULL,
	OUT step integer,
	OUT sql text,
	OUT kind text,
	OUT identity text,
	OUT mends text[],
	OUT risk text,
	OUT lock text,
	OUT transactional boolean,
	OUT note text,
	OUT verdict text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_repair_apply'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000 ROWS 100;
REVOKE ALL ON FUNCTION pg_catalog.schemadrift_repair_apply(jsonb, jsonb, text, text) FROM PUBLIC;

COMMENT ON FUNCTION pg_catalog.schemadrift_repair_apply(jsonb, jsonb, text, text) IS
	'runs the steps that mend the drift from a document as a migration, as the caller, with a row in schemadrift.ledger';

CREATE FUNCTION pg_catalog.schemadrift_migration(
	name text,
	expected jsonb DEFAULT pg_catalog.schemadrift_baseline(),
	style text DEFAULT 'manual',
	options jsonb DEFAULT '{}',
	OUT path text,
	OUT sql text)
RETURNS record
AS 'MODULE_PATHNAME', 'schemadrift_migration'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_migration(text, jsonb, text, jsonb) IS
	'the migration that turns the schema of a document into the live one, as a file';
