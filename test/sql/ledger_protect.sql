-- Only the extension's functions write its tables, and only some may call them.
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE ROLE regress_ledger_plain;
CREATE ROLE regress_ledger_migrator;
CREATE ROLE regress_ledger_owner SUPERUSER;
CREATE SCHEMA regress_ledger_protect;
SET search_path = regress_ledger_protect;
SELECT schemadrift_apply('01', 'SELECT 1');

-- By hand, nobody changes anything.
UPDATE schemadrift.run SET state = 'failed';
DELETE FROM schemadrift.run;
TRUNCATE schemadrift.run;
UPDATE schemadrift.ledger SET note = 'x';
DELETE FROM schemadrift.ledger;
DELETE FROM schemadrift.migration_file;
UPDATE schemadrift.approval SET note = 'x';
DELETE FROM schemadrift.override_log;
SET session_replication_role = replica;
DELETE FROM schemadrift.run;
RESET session_replication_role;
MERGE INTO schemadrift.run r USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE;
WITH d AS (DELETE FROM schemadrift.run RETURNING 1) SELECT * FROM d;
-- Neither does the owner, who is no superuser here.
CREATE FUNCTION owner_of(text) RETURNS text LANGUAGE sql AS
	'SELECT relowner::regrole::text FROM pg_class WHERE oid = $1::regclass';
BEGIN;
ALTER TABLE schemadrift.run OWNER TO regress_ledger_plain;
SET ROLE regress_ledger_plain;
SAVEPOINT a;
UPDATE schemadrift.run SET state = 'failed';
ROLLBACK TO a;
INSERT INTO schemadrift.run (id, name, method, state, started_at, applied_by, applied_as, system_identifier, database_oid)
	VALUES (gen_random_uuid(), 'forged', 'apply', 'applied', now(), 'x', 'x', 0, 0);
ROLLBACK TO a;
SET schemadrift.ledger_override = on;
ROLLBACK;
-- The functions still write then.
BEGIN;
ALTER TABLE schemadrift.run OWNER TO regress_ledger_plain;
SELECT schemadrift_adopt('02', 'SELECT 1');
ROLLBACK;

-- A superuser may, on record; the record stays when the change does not.
SELECT count(*) AS overrides FROM schemadrift.override_log \gset
BEGIN;
SET LOCAL schemadrift.ledger_override = on;
UPDATE schemadrift.run SET note = 'by hand' WHERE name = '01';
ROLLBACK;
SELECT note FROM schemadrift.ledger;
SET ROLE regress_ledger_owner;
SET schemadrift.ledger_override = on;
UPDATE schemadrift.run SET note = 'by hand' WHERE name = '01';
RESET schemadrift.ledger_override;
RESET ROLE;
SELECT note FROM schemadrift.ledger;
SELECT session_role = session_user AS by_me, role = session_user AS as_me, application_name, backend_pid = pg_backend_pid() AS this_backend,
	at <= clock_timestamp() AS at, table_name, operation, statement
  FROM schemadrift.override_log ORDER BY at OFFSET :overrides;
-- A superuser's INSERT is what a restore does.
COPY schemadrift.approval (id, name, checksum, approved_by, approved_at) FROM stdin;
00000000-0000-4000-8000-000000000001	restored	aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa	nobody	2026-01-01 00:00:00+00
\.
SELECT name, approved_by FROM schemadrift.approval WHERE name = 'restored';
-- The trigger function is for triggers.
SELECT schemadrift_protect();

-- An ordinary role reads, and that is all.
SET ROLE regress_ledger_plain;
SELECT name, state, script FROM schemadrift.ledger;
SELECT count(*) FROM schemadrift.migration_file;
SELECT name FROM schemadrift.approval;
SELECT count(*) > 0 AS overrides FROM schemadrift.override_log;
UPDATE schemadrift.run SET state = 'failed';
UPDATE schemadrift.ledger SET state = 'failed';
INSERT INTO schemadrift.run (id, name, method, state, started_at, applied_by, applied_as, system_identifier, database_oid)
	VALUES (gen_random_uuid(), 'forged', 'apply', 'applied', now(), 'x', 'x', 0, 0);
SELECT schemadrift_apply('x', 'SELECT 1');
SELECT schemadrift_begin('x');
SELECT schemadrift_end();
SELECT schemadrift_approve('x', 'SELECT 1');
SELECT schemadrift_revoke('x');
SELECT schemadrift_resolve('x', 'applied');
SELECT schemadrift_dry_run('x', 'SELECT 1');
SELECT schemadrift_adopt('x', 'SELECT 1');
SELECT schemadrift_adopt_all();
SET schemadrift.ledger_override = on;
SET schemadrift.strict_scripts = on;
SET schemadrift.lock_timeout = '1s';
RESET ROLE;

-- Who may call runs as himself, not as the extension's owner.
GRANT EXECUTE ON FUNCTION schemadrift_apply, schemadrift_begin, schemadrift_end, schemadrift_adopt TO regress_ledger_migrator;
GRANT USAGE, CREATE ON SCHEMA regress_ledger_protect TO regress_ledger_migrator;
REVOKE SELECT ON schemadrift.run, schemadrift.ledger, schemadrift.approval FROM PUBLIC;
SET ROLE regress_ledger_migrator;
SELECT schemadrift_apply('03', 'CREATE TABLE t (a integer)');
SELECT owner_of('t');
SELECT schemadrift_apply('04', 'DELETE FROM schemadrift.run');
SELECT schemadrift_apply('04', 'CREATE SCHEMA regress_ledger_x');
SELECT schemadrift_apply('03', 'CREATE TABLE t (a integer)');
SELECT schemadrift_begin('05') IS NOT NULL AS begun;
SELECT schemadrift_end();
RESET ROLE;
GRANT SELECT ON schemadrift.run, schemadrift.ledger, schemadrift.approval TO PUBLIC;
SELECT name, state, proof, applied_by = session_user AS by_session_user, applied_as
  FROM schemadrift.ledger WHERE applied_as = 'regress_ledger_migrator' ORDER BY started_at;

-- Names that a caller puts in front do not mislead the functions.
CREATE SCHEMA regress_ledger_shadow;
CREATE FUNCTION regress_ledger_shadow.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT '1999-01-01'::timestamptz$$;
CREATE FUNCTION regress_ledger_shadow.schemadrift_fingerprint(text[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$SELECT 'forged'$$;
CREATE FUNCTION regress_ledger_shadow.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR regress_ledger_shadow.= (FUNCTION = regress_ledger_shadow.eq, LEFTARG = text, RIGHTARG = text);
SET search_path = regress_ledger_shadow, pg_catalog;
SELECT schemadrift_apply('06', 'SELECT 1');
SELECT pg_catalog.count(*) FROM schemadrift.ledger l
 WHERE l.name OPERATOR(pg_catalog.=) '06' AND l.started_at > '2026-01-01' AND l.fingerprint_before NOT LIKE 'forged' AND l.state OPERATOR(pg_catalog.=) 'applied';
RESET search_path;

SET client_min_messages = warning;
DROP SCHEMA regress_ledger_protect, regress_ledger_shadow CASCADE;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.approval;
REVOKE ALL ON FUNCTION schemadrift_apply, schemadrift_begin, schemadrift_end, schemadrift_adopt FROM regress_ledger_migrator;
DROP ROLE regress_ledger_plain, regress_ledger_migrator, regress_ledger_owner;
