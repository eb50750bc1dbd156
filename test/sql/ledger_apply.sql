-- schemadrift_apply(): one transaction, as the caller, with a row that stays.
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE SCHEMA regress_ledger_apply;
SET search_path = regress_ledger_apply;
CREATE VIEW runs AS
SELECT name, number, suffix, method, state, proof, statements, sqlstate, note
  FROM schemadrift.ledger ORDER BY started_at;

-- It runs, and its row tells of it.
SELECT schemadrift_apply('01_first.sql', E'-- first\nCREATE TABLE t (a integer PRIMARY KEY);\n\nINSERT INTO t VALUES (1);\n', note => 'a note');
TABLE t;
TABLE runs;
SELECT kind, checksum, script, finished_at > started_at AS took_time, duration = finished_at - started_at AS has_duration,
	applied_by = session_user AS by_session_user, applied_as = current_user AS as_current_user,
	application_name, client_addr, backend_pid = pg_backend_pid() AS this_backend,
	xid < pg_snapshot_xmax(pg_current_snapshot()) AS has_xid,
	system_identifier = (SELECT system_identifier FROM pg_control_system()) AS this_cluster,
	database_oid = (SELECT oid FROM pg_database WHERE datname = current_database()) AS this_database,
	error, deviations, fingerprint_before <> fingerprint_after AS schema_changed,
	fingerprint_after = schemadrift_fingerprint() AS schema_is_that, allow_destructive
  FROM schemadrift.ledger;
SELECT backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS this_start
  FROM schemadrift.ledger;

-- Once is enough; line ends do not matter, and neither does the last one.
SELECT schemadrift_apply('01_first', E'-- first\nCREATE TABLE t (a integer PRIMARY KEY);\n\nINSERT INTO t VALUES (1);\n');
SELECT schemadrift_apply('01_first', E'-- first\r\nCREATE TABLE t (a integer PRIMARY KEY);\r\n\r\nINSERT INTO t VALUES (1);\r\n');
SELECT schemadrift_apply('01_first', E'-- first\nCREATE TABLE t (a integer PRIMARY KEY);\n\nINSERT INTO t VALUES (1);');
-- What was edited is refused, even if only comments were.
SELECT schemadrift_apply('01_first', E'CREATE TABLE t (a integer PRIMARY KEY);\n\nINSERT INTO t VALUES (1);\n');
SELECT schemadrift_apply('01_first', 'DROP TABLE t');
SELECT count(*) FROM schemadrift.ledger;

-- An error: everything is rolled back but the record of it.
SELECT schemadrift_apply('17b_second', E'CREATE TABLE u (a integer);\n\n  INSERT INTO t VALUES (1);\nSELECT 1;');
SELECT to_regclass('u');
SELECT name, number, suffix, state, statements, sqlstate FROM runs WHERE name = '17b_second';
SELECT error FROM schemadrift.ledger WHERE name = '17b_second';
-- Corrected, it can be run again, and both rows are there.
SELECT schemadrift_apply('17b_second', 'CREATE TABLE u (a integer);');
SELECT state, statements FROM runs WHERE name = '17b_second';

-- Constraints that wait for the end of the transaction are its errors too.
SELECT schemadrift_apply('03', E'CREATE TABLE v (a integer REFERENCES t DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO v VALUES (7);');
SELECT state, sqlstate, statements FROM runs WHERE name = '03';

-- Inside a larger transaction, that decides.
BEGIN;
SELECT schemadrift_apply('04', 'CREATE TABLE w (a integer)');
SELECT state FROM runs WHERE name = '04';
ROLLBACK;
SELECT state FROM runs WHERE name = '04';
BEGIN;
SAVEPOINT a;
SELECT schemadrift_apply('05', 'CREATE TABLE w (a integer)');
ROLLBACK TO a;
SELECT state FROM runs WHERE name = '05';
COMMIT;
BEGIN;
SAVEPOINT a;
SELECT schemadrift_apply('05', 'CREATE TABLE w (a integer)');
RELEASE a;
COMMIT;
SELECT state FROM runs WHERE name = '05' ORDER BY state;
DO $$ BEGIN
	PERFORM schemadrift_apply('06', 'CREATE TABLE x (a integer)');
	RAISE EXCEPTION 'no';
EXCEPTION WHEN raise_exception THEN RAISE NOTICE 'caught %', SQLERRM;
END $$;
SELECT state FROM runs WHERE name = '06';
DO $$ BEGIN
	PERFORM schemadrift_apply('07', 'SELECT 1; SELECT 1/0');
EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'caught %', SQLERRM;
END $$;
SELECT state, sqlstate FROM runs WHERE name = '07';

-- A snapshot that is older than the row does not hide it.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1 AS snapshot_taken;
SELECT schemadrift_apply('08', 'CREATE TABLE y (a integer)');
COMMIT;
SELECT state FROM runs WHERE name = '08';
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT schemadrift_apply('09', 'CREATE TABLE z (a integer)');
COMMIT;
SELECT state FROM runs WHERE name = '09';

-- Two-phase commit would lose the thread.
BEGIN;
SELECT schemadrift_apply('10', 'CREATE TABLE aa (a integer)');
PREPARE TRANSACTION 'regress_ledger';
SELECT state FROM runs WHERE name = '10';

-- Settings that the script changes are put back; those of the caller hold.
SELECT schemadrift_apply('11', $$SET search_path = pg_catalog; SET work_mem = '9MB'; SET ROLE pg_monitor; SELECT 1$$);
SHOW search_path;
SELECT current_user = session_user AS same_role, current_setting('work_mem') <> '9MB' AS put_back;

-- What cannot be one transaction is refused before anything is done.
SELECT count(*) AS rows_before FROM schemadrift.run \gset
SELECT schemadrift_apply('20', E'CREATE TABLE b1 (a integer);\nCREATE INDEX CONCURRENTLY ON b1 (a)');
SELECT schemadrift_apply('20', 'DROP INDEX CONCURRENTLY i');
SELECT schemadrift_apply('20', 'REINDEX TABLE CONCURRENTLY t');
SELECT schemadrift_apply('20', 'REINDEX SCHEMA regress_ledger_apply');
SELECT schemadrift_apply('20', 'ALTER TABLE p DETACH PARTITION q CONCURRENTLY');
SELECT schemadrift_apply('20', 'VACUUM');
SELECT schemadrift_apply('20', 'CREATE DATABASE x');
SELECT schemadrift_apply('20', 'DROP DATABASE x');
SELECT schemadrift_apply('20', 'ALTER DATABASE x SET TABLESPACE y');
SELECT schemadrift_apply('20', $$CREATE TABLESPACE x LOCATION '/x'$$);
SELECT schemadrift_apply('20', 'DROP TABLESPACE x');
SELECT schemadrift_apply('20', 'ALTER SYSTEM SET work_mem = 1');
SELECT schemadrift_apply('20', 'DISCARD ALL');
SELECT schemadrift_apply('20', 'CLUSTER');
SELECT schemadrift_apply('20', E'BEGIN;\nCREATE TABLE b1 (a integer);\nCOMMIT;');
SELECT schemadrift_apply('20', E'CREATE TABLE b1 (a integer);\nROLLBACK');
SELECT schemadrift_apply('20', E'SELECT 1;\nCOPY t FROM STDIN');
SELECT schemadrift_apply('20', 'COPY t TO STDOUT');
-- Bad input.
SELECT schemadrift_apply('20', E'SELECT 1;\n\nSELEC 2;');
SELECT schemadrift_apply('20', E'SELECT 1;\n\\i other.sql');
SELECT schemadrift_apply('20', 'SELECT :name');
SELECT schemadrift_apply('20', '');
SELECT schemadrift_apply('20', E' \n;; -- nothing\n/* at all */ ;');
SELECT schemadrift_apply('20', NULL);
SELECT schemadrift_apply(NULL, 'SELECT 1');
SELECT schemadrift_apply('', 'SELECT 1');
SELECT schemadrift_apply('.sql', 'SELECT 1');
SELECT schemadrift_apply('  .sql', 'SELECT 1');
SELECT schemadrift_apply('migrations/20.sql', 'SELECT 1');
SELECT schemadrift_apply(E'a\nb', 'SELECT 1');
SELECT schemadrift_apply(repeat('x', 256), 'SELECT 1');
SELECT count(*) - :rows_before AS rows_more FROM schemadrift.run;
-- What only the server can tell has the hint as well.
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT schemadrift_apply('21', 'CALL commits()');

-- One at a time.
SELECT schemadrift_apply('22', $$SELECT schemadrift_apply('23', 'SELECT 1')$$);
SELECT name, state FROM runs WHERE name >= '22';
-- Not where nothing can be written.
BEGIN READ ONLY;
SELECT schemadrift_apply('24', 'SELECT 1');
ROLLBACK;

-- A byte order mark is no part of the script to the server, but to its checksum.
SELECT schemadrift_apply('25', U&'\FEFFSELECT 1;');
-- Names are data.
SELECT schemadrift_apply('26 "it''s" \o/'::text, 'SELECT 1');
SELECT schemadrift_apply('26 "it''s" }', 'SELECT 1');
SELECT name, state FROM runs WHERE name > '24';

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA regress_ledger_apply CASCADE;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
