--
-- The guard: what it does in each mode, what counts as tracked, what is exempt,
-- and which rows it leaves.
--
\pset format unaligned
\pset tuples_only on
\pset null -
LOAD 'schemadrift';
SET client_min_messages = warning;
SELECT count(*) AS earlier FROM schemadrift.guard_event \gset
CREATE ROLE regress_guard_user;
CREATE SCHEMA regress_guard AUTHORIZATION regress_guard_user;
SET search_path = regress_guard;
-- one row for each object since the last call
CREATE TABLE seen (at timestamptz);
INSERT INTO seen VALUES (clock_timestamp());
CREATE FUNCTION rows(OUT command_tag text, OUT act text, OUT kind text, OUT name text, OUT identity text, OUT part boolean,
	OUT verdict text, OUT reason text, OUT details jsonb) RETURNS SETOF record LANGUAGE sql AS $$
	WITH moved AS (UPDATE seen SET at = clock_timestamp() RETURNING 1)
	SELECT command_tag, act, kind, concat_ws('.', schema_name, object_name), identity, part, verdict, reason, details
	  FROM schemadrift.ddl_log, moved WHERE logged_at > (SELECT max(at) FROM seen)
	 ORDER BY logged_at, verdict COLLATE "C", part, act COLLATE "C", kind COLLATE "C", identity COLLATE "C"
$$;

-- Off is what nobody has armed, and leaves nothing.
CREATE TABLE t (a int);
SELECT * FROM rows();
SELECT schemadrift_arm(NULL);
SELECT schemadrift_arm('off');
SELECT schemadrift_arm('Reject');
SELECT schemadrift_arm('log');

-- Mode log: what each statement leaves.
DROP TABLE t;
CREATE TABLE t (id int PRIMARY KEY, other int REFERENCES t, note text CHECK (note <> ''));
SELECT * FROM rows();
ALTER TABLE t ADD b int UNIQUE, ADD c int;
SELECT * FROM rows();
ALTER TABLE t DROP COLUMN b;
SELECT * FROM rows();
CREATE VIEW v AS SELECT id FROM t;
CREATE OR REPLACE VIEW v AS SELECT id, c FROM t;
ALTER TABLE t ALTER other TYPE bigint;
ALTER TABLE t RENAME note TO remark;
ALTER TABLE t RENAME TO "T 2";
ALTER TABLE "T 2" SET SCHEMA public;
ALTER TABLE public."T 2" SET SCHEMA regress_guard;
SELECT * FROM rows();
GRANT SELECT, UPDATE (id, c) ON "T 2", v TO PUBLIC, regress_guard_user WITH GRANT OPTION;
SELECT * FROM rows();
GRANT SELECT, UPDATE (id, c) ON "T 2", v TO regress_guard_user WITH GRANT OPTION;
REVOKE GRANT OPTION FOR ALL ON v FROM regress_guard_user CASCADE;
REVOKE ALL ON ALL TABLES IN SCHEMA regress_guard FROM regress_guard_user CASCADE;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_guard_user IN SCHEMA regress_guard GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_guard_user IN SCHEMA regress_guard REVOKE SELECT ON TABLES FROM PUBLIC;
CREATE ROLE regress_guard_group;
GRANT regress_guard_group TO regress_guard_user;
REVOKE regress_guard_group FROM regress_guard_user;
ALTER ROLE regress_guard_group SET work_mem = 64;
DROP ROLE regress_guard_group;
COMMENT ON COLUMN "T 2".id IS 'key';
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f(int, text) RENAME TO g;
DROP FUNCTION g;
CREATE TYPE mood AS ENUM ('a');
ALTER TYPE mood ADD VALUE 'b';
ALTER TYPE mood OWNER TO regress_guard_user;
CREATE INDEX CONCURRENTLY i ON "T 2" (c);
CREATE TRIGGER tr BEFORE UPDATE ON "T 2" FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE POLICY p ON "T 2";
TRUNCATE "T 2";
SELECT * FROM rows();
DROP TABLE "T 2" CASCADE;
SELECT * FROM rows();
CREATE SCHEMA regress_guard_2 CREATE TABLE t1 (a int) CREATE VIEW v1 AS SELECT a FROM t1;
DROP SCHEMA regress_guard_2 CASCADE;
SELECT * FROM rows();
-- a rolled-back statement leaves none, a part of a transaction neither
BEGIN;
CREATE TABLE t (a int);
SAVEPOINT s;
CREATE TABLE t3 (a int);
ROLLBACK TO s;
COMMIT;
BEGIN;
DROP TABLE t;
ROLLBACK;
SELECT * FROM rows();

-- A statement's own text, and what executes it.
CREATE TABLE a1 (a int)\; /* a comment */ CREATE TABLE a2 (a int) -- behind
\; DROP TABLE a1, a2;
DO $$ BEGIN CREATE TABLE a3 (a int); EXECUTE 'DROP TABLE a3'; END $$;
SELECT statement, parent_statement FROM schemadrift.ddl_log WHERE identity ~ '\.a[123]$' ORDER BY logged_at, identity COLLATE "C";
SELECT count(DISTINCT statement_id), count(*) FROM schemadrift.ddl_log WHERE identity ~ '\.a[123]$';
SELECT DISTINCT role, session_role = session_user, application_name, backend_pid = pg_backend_pid(), xid IS NOT NULL,
	virtual_xid ~ '^\d+/\d+$', mode, outcome, run_id, migration, unlock_id, client_addr IS NOT DISTINCT FROM inet_client_addr()
	FROM schemadrift.ddl_log WHERE identity ~ '\.a[123]$' AND role = current_user;
SELECT count(*) FROM schemadrift.ddl_log l WHERE identity ~ '\.a[123]$' AND class_id = 'pg_class'::regclass AND object_id > 0 AND sub_id = 0;

-- Secrets.
CREATE ROLE regress_guard_secret PASSWORD 'secret1' VALID UNTIL '2100-01-01';
ALTER ROLE regress_guard_secret PASSWORD $$secret2$$;
ALTER ROLE regress_guard_secret ENCRYPTED PASSWORD E'secr\x65t3';
ALTER ROLE regress_guard_secret PASSWORD U&'secret\0034';
DO $$ BEGIN EXECUTE 'ALTER ROLE regress_guard_secret PASSWORD ' || quote_literal('secret5'); END $$;
ALTER ROLE regress_guard_secret SET app.token = 'secret6';
CREATE FOREIGN DATA WRAPPER regress_guard_fdw;
CREATE SERVER regress_guard_server FOREIGN DATA WRAPPER regress_guard_fdw OPTIONS (host 'h', password 'secret7', url 'http://u:secret8@h/');
CREATE USER MAPPING FOR PUBLIC SERVER regress_guard_server OPTIONS (user 'u', "password" 'secret9');
CREATE TABLE ctas AS SELECT 'host=h password=secret10' AS dsn;
CREATE FUNCTION body() RETURNS text LANGUAGE sql AS $f$ SELECT 'postgresql://u:secret11@h/db' || 'harmless' $f$;
COMMENT ON FUNCTION body() IS 'the password: secret12';
SELECT statement, parent_statement FROM schemadrift.ddl_log WHERE statement ~ 'redacted' AND statement ~ 'regress_guard|ctas|body' ORDER BY logged_at;
SELECT statement, parent_statement FROM schemadrift.ddl_log WHERE statement ~ 'secret\d' OR parent_statement ~ 'secret\d' OR details::text ~ 'secret\d';
DROP SERVER regress_guard_server CASCADE;
DROP FOREIGN DATA WRAPPER regress_guard_fdw;
DROP ROLE regress_guard_secret;
DROP FUNCTION body();
DROP TABLE ctas;

-- What looks like the beginning of a secret, or of a quoted text, and is none.
CREATE TABLE paths (a jsonb CHECK (a @? '$.a ? (@ > $b)'), b jsonb CHECK (b @? '$'), c text DEFAULT 'a$b$', d text DEFAULT $$'$$);
SELECT statement FROM schemadrift.ddl_log WHERE object_name = 'paths' AND act = 'create';
DROP TABLE paths;

-- Exempt: temporary objects and members of extensions leave no row.
SELECT count(*) FROM rows();
CREATE TEMPORARY TABLE tt (a int PRIMARY KEY);
CREATE INDEX ON tt (a);
DROP TABLE tt;
SELECT * FROM rows();
SET schemadrift.exempt = 'replication';
CREATE TEMPORARY TABLE tt (a int PRIMARY KEY);
DROP TABLE tt;
SELECT * FROM rows();
SET schemadrift.exempt = 'temporary, global, data';
CREATE ROLE regress_guard_group;
DROP ROLE regress_guard_group;
TRUNCATE t;
SELECT * FROM rows();
RESET schemadrift.exempt;
SELECT * FROM rows();
SET schemadrift.exempt = 'temporary, everything';
SET schemadrift.exempt = 'a b';
SET schemadrift.exempt_roles = 'a b';
SET schemadrift.protect = 'drop_everything';
SET schemadrift.guard = 'on';
SET schemadrift.gard = 'off';

-- What the server makes for itself is exempt, by a rule of its own.
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a;
CREATE UNIQUE INDEX ON mv (a);
SELECT count(*) FROM rows();
SET schemadrift.exempt = 'internal';
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
SELECT * FROM rows();
SET schemadrift.exempt = '';
REFRESH MATERIALIZED VIEW CONCURRENTLY mv;
SELECT DISTINCT verdict, parent_statement FROM schemadrift.ddl_log WHERE parent_statement ~ '^REFRESH';
RESET schemadrift.exempt;
DROP MATERIALIZED VIEW mv;
SELECT count(*) > 0 FROM rows();

-- Warn.
RESET client_min_messages;
SELECT schemadrift_arm('warn');
ALTER TABLE t ADD b int;
CREATE TEMPORARY TABLE tt (a int);
DROP TABLE tt;
-- what a cascade takes along too
CREATE TEMPORARY TABLE tt (a int);
SET client_min_messages = error;
CREATE FUNCTION on_temp(tt) RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET client_min_messages;
\set VERBOSITY terse
DROP TABLE tt CASCADE;
SET schemadrift.protect = drop_view;
SELECT schemadrift_apply('00_warn.sql', 'CREATE TABLE w (a int); CREATE VIEW wv AS TABLE w; DROP TABLE w CASCADE;') IS NOT NULL;
\set VERBOSITY default
RESET schemadrift.protect;
SELECT verdict, reason, act, identity, part FROM schemadrift.ddl_log WHERE identity ~ '\.(tt|on_temp|w|wv)\M' ORDER BY logged_at, part, identity COLLATE "C";
SET client_min_messages = warning;

-- Reject: before anything is done.  In the same session, and in others.
SELECT schemadrift_arm('reject');
\set SHOW_CONTEXT never
DROP TABLE t;
\set VERBOSITY sqlstate
DROP TABLE t;
ALTER EVENT TRIGGER schemadrift_sql_drop DISABLE;
\set VERBOSITY terse
SELECT locktype FROM pg_locks WHERE relation = 't'::regclass;
BEGIN;
DROP TABLE IF EXISTS nothing;
COMMIT;
DO $$ BEGIN DROP TABLE t; EXCEPTION WHEN OTHERS THEN RAISE WARNING 'swallowed: %', SQLSTATE; END $$;
CREATE TABLE IF NOT EXISTS t (a int);
EXPLAIN (ANALYZE, COSTS off) CREATE TABLE t5 AS SELECT 1;
TRUNCATE t;
CREATE TEMPORARY TABLE t (a int);
ALTER TABLE t ADD b int;
DROP TABLE t, regress_guard.t;
DROP TABLE t;
DROP TABLE t;
-- what a cascade takes along is not temporary
CREATE TEMPORARY TABLE tt (a int);
SELECT schemadrift_unlock('a function on a temporary type') > now();
CREATE FUNCTION on_temp(tt) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT schemadrift_lock(), schemadrift_lock();
DROP TABLE tt CASCADE;
SELECT count(*) FROM pg_proc WHERE proname = 'on_temp';
SELECT * FROM rows() WHERE verdict <> 'untracked';
SELECT statement, parent_statement FROM schemadrift.ddl_log WHERE verdict = 'rejected' AND mode = 'reject' AND parent_statement IS NOT NULL
	AND statement = 'DROP TABLE t';

-- Unlocking: with a reason, for some time, and only by who may.
\set VERBOSITY default
SELECT schemadrift_unlock(NULL);
SELECT schemadrift_unlock(' ');
SELECT schemadrift_unlock('x', NULL);
SELECT schemadrift_unlock('x', '-1 second');
SELECT schemadrift_unlock('x', '61 minutes');
SELECT schemadrift_unlock('x', '1000000 years');
SELECT schemadrift_disarm(NULL);
SELECT schemadrift_disarm('');
SET ROLE regress_guard_user;
SELECT schemadrift_unlock('let me');
SELECT schemadrift_disarm('let me');
SELECT schemadrift_arm('log');
SELECT schemadrift_lock();
SET schemadrift.guard = off;
SET schemadrift.exempt_roles = 'regress_guard_user';
SELECT set_config('schemadrift.guard', 'off', false);
RESET ROLE;
SELECT schemadrift_unlock('mend it', '1 minute') BETWEEN now() + '59 seconds' AND now() + '61 seconds';
DROP FUNCTION on_temp(tt);
SELECT schemadrift_lock();
BEGIN;
SELECT schemadrift_unlock('not committed') > now();
CREATE TABLE t6 (a int);
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT schemadrift_unlock('not committed either') > now();
ROLLBACK TO s;
\set VERBOSITY terse
CREATE TABLE t6 (a int);
ROLLBACK;
SELECT schemadrift_unlock('short', '1 millisecond') > now() - interval '1 hour';
SELECT pg_sleep(0.01);
CREATE TABLE t6 (a int);
SELECT l.command_tag, l.verdict, l.reason, e.reason FROM schemadrift.ddl_log l JOIN schemadrift.guard_event e ON e.id = l.unlock_id ORDER BY logged_at;
SELECT act, mode, reason, role = current_user FROM schemadrift.guard_event ORDER BY at OFFSET :earlier;

-- Roles that are exempt: by login, not by what they have become.
SET schemadrift.exempt_roles = 'regress_guard_user, regress_nobody';
SET ROLE regress_guard_user;
CREATE TABLE t7 (a int);
RESET ROLE;
SET SESSION AUTHORIZATION regress_guard_user;
CREATE TABLE t7 (a int);
RESET SESSION AUTHORIZATION;
RESET schemadrift.exempt_roles;
SELECT * FROM rows() WHERE reason = 'exempt role' OR command_tag = 'SET';

-- Tracked: what schemadrift runs.
SELECT schemadrift_apply('01_tables.sql', 'CREATE TABLE m1 (a int); DO $$ BEGIN ALTER TABLE m1 ADD b int; END $$;') IS NOT NULL;
SELECT schemadrift_begin('02_more.sql') IS NOT NULL;
CREATE TABLE m2 (a int);
SELECT schemadrift_end();
CREATE TABLE m3 (a int);
SELECT command_tag, act, identity, verdict, l.reason, migration, r.name FROM schemadrift.ddl_log l LEFT JOIN schemadrift.run r ON r.id = run_id
	WHERE coalesce(identity, object_name) ~ 'm\d' ORDER BY logged_at, identity COLLATE "C";

-- What schemadrift makes itself: Prisma's table, and what is only tried.
SELECT count(*) FROM schemadrift_register('{"20260101000000_x/migration.sql": "SELECT 1"}') WHERE name IS NOT NULL;
SELECT schemadrift_resolve('20260101000000_x', 'applied');
SELECT count(*) > 0 FROM schemadrift_dry_run('20260102000000_y', 'CREATE TABLE dry (a int)');
SELECT command_tag, identity, verdict, reason FROM schemadrift.ddl_log WHERE identity ~ '_prisma_migrations$|\.dry$' ORDER BY logged_at, identity COLLATE "C";

-- Protected acts, also those of a cascade.
SET schemadrift.protect = 'drop_table, drop_column, alter_type, truncate, drop_view';
\set VERBOSITY default
SELECT schemadrift_apply('03_drop.sql', 'CREATE TABLE m4 (a int); DROP TABLE m1;');
\set VERBOSITY terse
SELECT schemadrift_apply('04_drop.sql', 'ALTER TABLE m1 ADD c int, DROP b;');
SELECT schemadrift_apply('05_drop.sql', 'ALTER TABLE m1 ALTER b TYPE text;');
SELECT schemadrift_apply('06_drop.sql', 'TRUNCATE m1;');
SELECT schemadrift_apply('07_view.sql', 'CREATE VIEW m1v AS SELECT m1 FROM m1; CREATE TYPE m1t AS (a int); CREATE TABLE m5 (a m1t, b int);') IS NOT NULL;
\set VERBOSITY default
SELECT schemadrift_apply('08_drop.sql', 'DROP TYPE m1t CASCADE;');
\set VERBOSITY sqlstate
SELECT schemadrift_apply('08_drop.sql', 'DROP TYPE m1t CASCADE;');
\set VERBOSITY terse
SELECT schemadrift_apply('09_drop.sql', 'DROP SEQUENCE IF EXISTS none; ALTER TABLE m1 DROP CONSTRAINT IF EXISTS none;') IS NOT NULL;
SELECT schemadrift_apply('10_drop.sql', 'DROP TABLE m1 CASCADE;', allow_destructive => true) IS NOT NULL;
-- the guard itself too
SELECT schemadrift_apply('11_own.sql', 'ALTER EVENT TRIGGER schemadrift_sql_drop DISABLE;');
SELECT schemadrift_apply('12_own.sql', 'DROP SCHEMA schemadrift CASCADE;');
-- also where search_path leads to it
SET search_path = schemadrift;
SELECT schemadrift_apply('12_own.sql', 'ALTER TABLE ddl_log DISABLE TRIGGER ALL;');
SELECT schemadrift_apply('12_own.sql', 'DROP TRIGGER schemadrift_protect ON ddl_log;');
SELECT schemadrift_apply('12_own.sql', 'CREATE TABLE another (a int);');
SET search_path = regress_guard;
RESET schemadrift.protect;

-- Approved migrations alone.
SET schemadrift.require_approval = on;
\set VERBOSITY default
SELECT schemadrift_apply('13_approved.sql', 'CREATE TABLE m6 (a int);');
\set VERBOSITY sqlstate
SELECT schemadrift_apply('13_approved.sql', 'CREATE TABLE m6 (a int);');
\set VERBOSITY terse
RESET schemadrift.require_approval;

-- A superuser who lowers the mode leaves tracks.
SELECT count(*) > 0 FROM rows();
SET schemadrift.guard = off;
CREATE TABLE m7 (a int);
RESET schemadrift.guard;
SELECT set_config('schemadrift.guard', 'log', false);
DROP TABLE m7;
RESET schemadrift.guard;
DROP TABLE m2;
SELECT * FROM rows();

-- The log is nobody's to change.
INSERT INTO schemadrift.ddl_log (id, statement_id, logged_at, command_tag, verdict, reason, outcome)
	SELECT gen_random_uuid(), gen_random_uuid(), 'epoch', 'CREATE TABLE', 'tracked', 'x', 'done' WHERE false;
UPDATE schemadrift.ddl_log SET verdict = 'tracked';
DELETE FROM schemadrift.ddl_log;
TRUNCATE schemadrift.ddl_log;
UPDATE schemadrift.guard_event SET reason = 'x';
SET ROLE regress_guard_user;
SELECT count(*) FROM schemadrift.ddl_log;
RESET ROLE;
SELECT schemadrift_ddl_command_start();

SELECT schemadrift_disarm('end of test');
SELECT * FROM rows() LIMIT 0;
DROP TABLE IF EXISTS m3;
DROP SCHEMA regress_guard CASCADE;
DROP ROLE regress_guard_user;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
RESET schemadrift.ledger_override;
