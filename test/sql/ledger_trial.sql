-- schemadrift_dry_run(), schemadrift_adopt() and schemadrift_adopt_all().
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE SCHEMA regress_ledger_trial;
SET search_path = regress_ledger_trial;
CREATE TABLE t (a integer PRIMARY KEY, b text);
INSERT INTO t VALUES (1, 'x'), (2, 'y');
CREATE TABLE parted (a integer) PARTITION BY RANGE (a);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (10);
CREATE VIEW v AS SELECT a FROM t;
SELECT schemadrift_fingerprint() AS before, (SELECT count(*) FROM schemadrift.run) AS runs \gset

-- What would change, what it would lock, and that it is no good a second time.
SELECT report, drift, kind, identity, attribute, actual, severity, message
  FROM schemadrift_dry_run('01', E'ALTER TABLE t ADD COLUMN c integer;\nUPDATE t SET b = a;\nDELETE FROM t WHERE a = 2;\nCREATE TABLE new (a integer);\nINSERT INTO new SELECT a FROM v;');
-- The same, idempotent.
SELECT report, drift, kind, identity, attribute, actual, message
  FROM schemadrift_dry_run('01', E'ALTER TABLE t ADD COLUMN IF NOT EXISTS c integer;\nUPDATE t SET b = ''z'' WHERE b = ''x'';');
-- It runs a second time, but changes something again.
SELECT report, drift, kind, identity, attribute, actual, message
  FROM schemadrift_dry_run('01', E'INSERT INTO t SELECT max(a) + 1 FROM t;\nTRUNCATE part;');
-- Nothing at all.
SELECT * FROM schemadrift_dry_run('01', 'SELECT a FROM t');
-- Beyond the database.
SELECT report, drift, kind, identity FROM schemadrift_dry_run('01', 'CREATE ROLE regress_ledger_role') WHERE report = 'change';
-- What a transaction cannot do is tried in another way, where it can be.
SELECT report, drift, kind, identity, attribute, actual, message
  FROM schemadrift_dry_run('02', E'BEGIN;\nSELECT 1;\nCOMMIT;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (b);\nREINDEX TABLE CONCURRENTLY t;\nVACUUM t;\nCLUSTER;');
SELECT report, drift, kind, identity, attribute, actual, message
  FROM schemadrift_dry_run('02', 'ALTER TABLE parted DETACH PARTITION part CONCURRENTLY') WHERE report <> 'lock';
SELECT schemadrift_dry_run('02', 'CREATE DATABASE x');
SELECT schemadrift_dry_run('02', E'SELECT 1;\nSAVEPOINT a');
-- An error of the script is one of the call; constraints that wait are looked at.
SELECT schemadrift_dry_run('02', E'SELECT 1;\nSELECT 1/0');
SELECT schemadrift_dry_run('02', E'CREATE TABLE r (a integer REFERENCES t DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO r VALUES (77)');
SELECT schemadrift_dry_run('02', '--');
SELECT schemadrift_dry_run('02', NULL);
SELECT schemadrift_dry_run('02', $$SELECT schemadrift_apply('03', 'SELECT 1')$$);
-- Nothing is left.
SELECT schemadrift_fingerprint() = :'before' AS same_schema, count(*) - :runs AS new_runs FROM schemadrift.run;
TABLE t;
SHOW track_counts;

-- Adopted by its effect: it changes nothing.
SELECT * FROM schemadrift_adopt('01', E'CREATE TABLE IF NOT EXISTS t (a integer PRIMARY KEY, b text);\nUPDATE t SET b = '''' WHERE b IS NULL;');
SELECT name, state, proof, method, statements, fingerprint_before = fingerprint_after AS same_schema, finished_at >= started_at AS finished FROM schemadrift.ledger;
SELECT * FROM schemadrift_adopt('01', E'CREATE TABLE IF NOT EXISTS t (a integer PRIMARY KEY, b text);\nUPDATE t SET b = '''' WHERE b IS NULL;');
SELECT * FROM schemadrift_adopt('01', 'SELECT 1');
SELECT schemadrift_apply('01', E'CREATE TABLE IF NOT EXISTS t (a integer PRIMARY KEY, b text);\nUPDATE t SET b = '''' WHERE b IS NULL;');
-- Refused: the rows it would have made.
SELECT * FROM schemadrift_adopt('02', E'ALTER TABLE t ADD COLUMN IF NOT EXISTS c integer;\nUPDATE t SET b = ''z'';');
SELECT * FROM schemadrift_adopt('02', 'CREATE TABLE t (a integer)');
SELECT * FROM schemadrift_adopt('02', E'SELECT 1;\nSAVEPOINT a');
-- Schema the same, but rows are not: no proof.
SELECT * FROM schemadrift_adopt('02', 'TRUNCATE t');
SELECT * FROM schemadrift_adopt('02', 'DROP VIEW v; DROP TABLE t; CREATE TABLE t (a integer PRIMARY KEY, b text); CREATE VIEW v AS SELECT a FROM t');
SELECT * FROM schemadrift_adopt('02', 'UPDATE t SET b = b');
-- A rule to ignore drift does not make a proof.
INSERT INTO schemadrift.ignore_rule (kind, reason) VALUES ('column', 'test');
SELECT outcome, identity FROM schemadrift_adopt('02', 'ALTER TABLE t ADD COLUMN IF NOT EXISTS c integer');
DELETE FROM schemadrift.ignore_rule;
SELECT count(*) AS rows FROM t;
-- Somebody's word.
SELECT * FROM schemadrift_adopt('02', 'ALTER TABLE t ADD COLUMN c integer', 'claim');
SELECT * FROM schemadrift_adopt('03', E'\\i other.sql', evidence => 'claim');
SELECT name, state, proof, statements FROM schemadrift.ledger WHERE name > '01' ORDER BY name;
SELECT * FROM schemadrift_adopt('04', '-- nothing', 'claim');
SELECT * FROM schemadrift_adopt('04', 'SELECT 1', 'word');
SELECT * FROM schemadrift_adopt('04', 'SELECT 1', NULL);
SELECT * FROM schemadrift_adopt('04', E'\\i other.sql');
-- It goes with its transaction, as nothing was run.
BEGIN;
SELECT outcome FROM schemadrift_adopt('05', 'SELECT 1');
ROLLBACK;
SELECT count(*) FROM schemadrift.ledger WHERE name = '05';

-- What the guard writes is not the script's doing.
BEGIN;
SELECT schemadrift_arm('log');
SELECT report, identity, actual FROM schemadrift_dry_run('40', 'ALTER TABLE t ADD COLUMN guarded integer') WHERE report <> 'second run';
ROLLBACK;

-- All registered files, in order.
SELECT path FROM schemadrift_register($${
	"01.sql": "SELECT 'edited'",
	"06_there.sql": "CREATE TABLE IF NOT EXISTS regress_ledger_trial.t ()",
	"9_syntax.sql": "SELEC 1",
	"10_missing.sql": "CREATE TABLE regress_ledger_trial.u (a integer); CREATE TABLE regress_ledger_trial.w ()",
	"11_rows.sql": "UPDATE regress_ledger_trial.t SET b = b",
	"12_fails.sql": "CREATE TABLE regress_ledger_trial.t ()",
	"13_empty.sql": "-- nothing",
	"14_savepoint.sql": "SAVEPOINT a",
	"15_there.sql": "BEGIN; CREATE TABLE IF NOT EXISTS regress_ledger_trial.t (); COMMIT;",
	"20260101000000_p/migration.sql": "SELECT 1"}$$);
SET client_min_messages = warning;
SELECT * FROM schemadrift_adopt_all();
SELECT name, state, proof, method FROM schemadrift.ledger WHERE name > '05' ORDER BY started_at;
SELECT name, outcome FROM schemadrift_adopt_all('claim');
SELECT name, state, proof FROM schemadrift.ledger WHERE name > '05' ORDER BY started_at;
-- Files below a directory.
SELECT count(*) FROM schemadrift_register('{"31_below.sql": "SELECT 31"}', 'db/sql');
SELECT * FROM schemadrift_adopt_all() WHERE name = '31_below';
SELECT schemadrift_adopt_all('word');
SELECT schemadrift_adopt_all(NULL);

RESET search_path;
DROP SCHEMA regress_ledger_trial CASCADE;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
