-- schemadrift_begin() and schemadrift_end(): what psql runs itself.
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE SCHEMA regress_ledger_session;
SET search_path = regress_ledger_session;
CREATE VIEW runs AS
SELECT name, method, state, proof, statements, error, sqlstate, deviations, note
  FROM schemadrift.ledger ORDER BY started_at;

-- Without the script: statements are counted.
SELECT schemadrift_begin('01_index') IS NOT NULL AS begun;
CREATE TABLE t (a integer);
CREATE INDEX CONCURRENTLY i ON t (a);
VACUUM t;
BEGIN;
INSERT INTO t VALUES (1);
COMMIT;
TABLE runs;
SELECT mode, granted FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 72707369 AND objsubid = 1;
SELECT schemadrift_end('built');
TABLE runs;
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';
SELECT checksum, script, fingerprint_before <> fingerprint_after AS schema_changed, xid, duration > '0' AS took_time
  FROM schemadrift.ledger;
-- The same is not begun twice.
SELECT schemadrift_begin('01_index.sql');
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';

-- With the script, statements are compared with it; comments and blanks do not
-- count, and neither does what functions do.
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (2); DELETE FROM t WHERE a = 2';
\set script 'CREATE TABLE u (a integer);\n/* hm */ SELECT f();\nDROP TABLE u;'
SELECT schemadrift_begin('02', :'script') IS NOT NULL AS begun;
CREATE TABLE
	u (a integer) -- here
;
SELECT f()

;
DROP TABLE u;
SELECT schemadrift_end();
SELECT name, state, statements, deviations FROM runs WHERE name = '02';
SELECT checksum = encode(sha256(:'script'), 'hex') AS same_checksum, script = :'script' AS same_script
  FROM schemadrift.ledger WHERE name = '02';

-- Anything else is reported.
SELECT schemadrift_begin('03', :'script') IS NOT NULL AS begun;
SELECT 'between';
CREATE TABLE u (a integer);
DROP TABLE u;
CREATE TABLE u (a integer);
SELECT pg_advisory_unlock_all();
SELECT schemadrift_end();
SELECT state, statements, unnest(deviations) AS deviation FROM runs WHERE name = '03';
DROP TABLE u;
SELECT schemadrift_begin('04', :'script') IS NOT NULL AS begun;
SELECT schemadrift_end();
SELECT state, statements, unnest(deviations) AS deviation FROM runs WHERE name = '04';

-- Or refused.
SET schemadrift.strict_scripts = on;
SELECT schemadrift_begin('05', :'script') IS NOT NULL AS begun;
DROP TABLE u;
CREATE TABLE u (b integer);
CREATE TABLE u (a integer);
CREATE TABLE u (a integer);
SELECT f();
BEGIN;
DROP TABLE u;
SELECT f();
SELECT schemadrift_end();
SELECT state, statements, unnest(deviations) AS deviation FROM runs WHERE name = '05';
RESET schemadrift.strict_scripts;

-- An error does not end the run, but it fails.
SELECT schemadrift_begin('06', E'CREATE TABLE v (a integer);\nDROP TABLE v;') IS NOT NULL AS begun;
SELECT 1/0;
CREATE TABLE v (a integer);
SELECT no_such_column FROM v;
BEGIN;
DROP TABLE v;
ROLLBACK;
DROP TABLE v;
SELECT schemadrift_end('so far');
TABLE runs OFFSET 5;
-- It has to be resolved before it can be begun again.
SELECT schemadrift_begin('06');
SELECT schemadrift_apply('06', 'SELECT 1');
SELECT schemadrift_resolve('06', 'rolled_back');
SELECT schemadrift_begin('06') IS NOT NULL AS begun;
-- The client's own ROLLBACK is no error.
BEGIN;
CREATE TABLE v (a integer);
ROLLBACK;
SELECT schemadrift_end();

-- Where they cannot be called.
SELECT schemadrift_end();
BEGIN;
SELECT schemadrift_begin('07');
ROLLBACK;
SELECT schemadrift_begin('07') IS NOT NULL AS begun;
SELECT schemadrift_begin('08');
SELECT schemadrift_apply('08', 'SELECT 1');
BEGIN;
SELECT schemadrift_end();
ROLLBACK;
DO $$ BEGIN
	CREATE TABLE w (a integer);
	PERFORM schemadrift_end();
END $$;
SELECT * FROM schemadrift_end('with errors');
SELECT name, state, error, sqlstate FROM runs WHERE name >= '07';

-- Bad input.
SELECT schemadrift_begin(NULL);
SELECT schemadrift_begin('09', '-- nothing');
SELECT schemadrift_begin('09', 'SELEC 1');
BEGIN READ ONLY;
SELECT schemadrift_begin('09');
ROLLBACK;
SELECT count(*) FROM runs WHERE name = '09';
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';

-- Many deviations are counted, not kept.
SELECT schemadrift_begin('10', 'SELECT 1 AS script') IS NOT NULL AS begun;
\o /dev/null
\set ECHO none
SELECT format('SELECT %s', i) FROM generate_series(1, 105) i \gexec
\set ECHO all
\o
SELECT 1 AS script;
SELECT schemadrift_end();
SELECT statements, cardinality(deviations) AS deviations, deviations[1] AS first, deviations[101] AS last
  FROM runs WHERE name = '10';

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA regress_ledger_session CASCADE;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
