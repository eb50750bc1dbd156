-- The ledger's functions in every place that they can be called from, with
-- every script that somebody may give them.
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE SCHEMA regress_ledger_context;
SET search_path = regress_ledger_context;
CREATE VIEW runs AS
SELECT name, method, state, statements, sqlstate
  FROM schemadrift.ledger ORDER BY started_at;
CREATE TABLE t (name text, script text);
SELECT count(*) AS rows_before FROM schemadrift.run \gset

-- A transaction that is aborted already.
BEGIN;
SELECT 1/0;
SELECT schemadrift_apply('01', 'SELECT 1');
SELECT schemadrift_begin('01');
SELECT schemadrift_end();
SELECT schemadrift_adopt('01', 'SELECT 1');
ROLLBACK;
SELECT count(*) - :rows_before AS rows_more FROM schemadrift.run;

-- Inside functions, of whatever volatility.
CREATE FUNCTION apply(name text, script text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN schemadrift_apply(name, script); END';
CREATE FUNCTION apply_stable(name text, script text) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN schemadrift_apply(name, script); END';
CREATE FUNCTION begin_(name text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN schemadrift_begin(name) IS NOT NULL; END';
CREATE FUNCTION end_() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN schemadrift_end(); END';
SELECT apply('10', 'CREATE TABLE t10 (a integer)');
SELECT apply('11', 'CREATE TABLE t11 (a integer); SELECT 1/0');
SELECT apply_stable('12', 'CREATE TABLE t12 (a integer)');
SELECT begin_('13');
SELECT end_();
-- The one that is left alone stays what it is.
SELECT schemadrift_begin('14_' || i) IS NOT NULL AS begun FROM generate_series(1, 2) i;
SELECT schemadrift_end();
SELECT schemadrift_begin('15') IS NOT NULL AS begun, schemadrift_end();
SELECT name, method, state, statements, sqlstate FROM runs WHERE name >= '10';

-- In DO blocks, subtransactions, procedures that commit.
DO $$ BEGIN
	PERFORM schemadrift_apply('20', 'CREATE TABLE t20 (a integer)');
	PERFORM schemadrift_begin('21');
END $$;
DO $$ BEGIN
	PERFORM schemadrift_begin('21');
END $$;
DO $$ BEGIN
	PERFORM schemadrift_end();
END $$;
DO $$ BEGIN
	PERFORM schemadrift_begin('22');
EXCEPTION WHEN division_by_zero THEN NULL;
END $$;
DO $$ BEGIN
	PERFORM schemadrift_adopt('23', 'SELECT 1');
	BEGIN
		PERFORM schemadrift_adopt('24', 'SELECT 1');
		RAISE division_by_zero;
	EXCEPTION WHEN division_by_zero THEN NULL;
	END;
END $$;
CREATE PROCEDURE applies() LANGUAGE plpgsql AS $$ BEGIN
	PERFORM schemadrift_apply('25', 'CREATE TABLE t25 (a integer)');
	COMMIT;
	PERFORM schemadrift_apply('26', 'CREATE TABLE t26 (a integer)');
	ROLLBACK;
END $$;
CALL applies();
SELECT * FROM runs WHERE name >= '20';

-- Prepared, by a cursor, by a trigger, explained.
PREPARE apply (text, text) AS SELECT schemadrift_apply($1, $2);
EXECUTE apply('30', 'CREATE TABLE t30 (a integer)');
EXECUTE apply('31', 'SELECT 1/0');
EXECUTE apply('31', 'CREATE TABLE t31 (a integer)');
DEALLOCATE apply;
BEGIN;
DECLARE c CURSOR FOR SELECT schemadrift_apply('32_' || i, 'SELECT 1') FROM generate_series(1, 3) i;
FETCH c;
FETCH c;
COMMIT;
CREATE FUNCTION apply_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM schemadrift_apply(NEW.name, NEW.script); RETURN NEW; END';
CREATE TRIGGER apply BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION apply_row();
INSERT INTO t VALUES ('33', 'CREATE TABLE t33 (a integer)');
INSERT INTO t VALUES ('34', 'ALTER TABLE t ADD a integer');
EXPLAIN (COSTS OFF) SELECT schemadrift_apply('35', 'SELECT 1');
-- Not where others' rights are at work.
CREATE MATERIALIZED VIEW m AS SELECT schemadrift_apply('36', 'SELECT 1');
CREATE MATERIALIZED VIEW m AS SELECT outcome FROM schemadrift_adopt('36', 'SELECT 1');
SELECT * FROM runs WHERE name >= '30';

-- Several statements in one string are one transaction.
SELECT schemadrift_begin('40')\; SELECT 1\; SELECT schemadrift_end();
SELECT schemadrift_apply('40', 'SELECT 1')\; SELECT schemadrift_apply('41', 'SELECT 1/0');
SELECT * FROM runs WHERE name >= '40';

-- DISCARD ALL is what a pooler sends between clients: the run ends with the
-- first one's session.
SELECT schemadrift_begin('50') IS NOT NULL AS begun;
SELECT 1 AS one;
DISCARD ALL;
SET search_path = regress_ledger_context;
SELECT schemadrift_end();
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';
SELECT state, error FROM schemadrift.ledger WHERE name = '50';
-- With the error that came before it.
SELECT schemadrift_begin('51') IS NOT NULL AS begun;
SELECT 1/0;
DISCARD ALL;
SET search_path = regress_ledger_context;
SELECT state, error FROM schemadrift.ledger WHERE name = '51';
-- Refused, it is not done.
SELECT schemadrift_begin('52') IS NOT NULL AS begun;
BEGIN;
DISCARD ALL;
ROLLBACK;
DISCARD TEMP;
SELECT schemadrift_end();
-- When the script says so, it is part of the run.
SELECT schemadrift_begin('53', E'SELECT 1;\nDISCARD ALL;') IS NOT NULL AS begun;
SELECT 1;
DISCARD ALL;
SET search_path = regress_ledger_context;
SELECT schemadrift_end();
SELECT name, state, deviations FROM schemadrift.ledger WHERE name IN ('52', '53') ORDER BY 1;

-- A migration cannot take away what records it.
SELECT schemadrift_apply('60', E'CREATE TABLE t60 (a integer);\nDROP EXTENSION schemadrift CASCADE');
SELECT schemadrift_apply('61', $$DO 'BEGIN DROP EXTENSION schemadrift CASCADE; END'$$);
SELECT schemadrift_apply('62', 'DROP EXTENSION schemadrift CASCADE; CREATE EXTENSION schemadrift');
SELECT schemadrift_dry_run('63', 'DROP EXTENSION schemadrift CASCADE');
SELECT outcome, message FROM schemadrift_adopt('64', 'DROP EXTENSION schemadrift CASCADE');
-- Nor what else the functions need.
SELECT schemadrift_apply('65', 'SELECT pg_advisory_unlock_all()');
SELECT schemadrift_apply('66', 'SET transaction_read_only = on');
SELECT schemadrift_apply('67', $$SET SESSION AUTHORIZATION pg_monitor; SET statement_timeout = '1s'; SET search_path = ''$$);
SELECT schemadrift_apply('68', 'LISTEN x; NOTIFY x; UNLISTEN x; PREPARE q AS SELECT 1; EXECUTE q; DEALLOCATE q; DECLARE c CURSOR FOR SELECT 1; CLOSE c');
SELECT schemadrift_apply('69', $$SELECT schemadrift_end()$$);
SELECT * FROM runs WHERE name >= '60';

-- Data and commands for psql.
\set VERBOSITY default
SELECT count(*) AS rows_before FROM schemadrift.run \gset
SELECT schemadrift_apply('70', E'COPY t FROM STDIN;\n1\tit''s\n\\.\n');
SELECT schemadrift_apply('70', E'SELECT 1;\nCOPY t (name, script) FROM STDIN WITH (FORMAT csv);\na,b;c\n\\.\nSELECT 1;');
SELECT schemadrift_adopt('70', E'COPY t FROM STDIN;\n1\t2\n\\.\n');
SELECT schemadrift_begin('70''s', E'COPY t FROM STDIN;\n1\t2\n\\.\n');
SELECT schemadrift_dry_run('70', E'\\connect x\nSELECT 1');
SELECT schemadrift_apply('70', E'SELECT 1 \\gset');
SELECT schemadrift_apply('70', E'SELECT :"name"');
SELECT schemadrift_apply('70', E'COPY t TO STDOUT; SELEC 1');
SELECT schemadrift_apply('70', E'COPY "from" TO ''stdin''; SELEC 1');
-- Texts that do not end.
SELECT schemadrift_apply('70', E'SELECT 1;\nSELECT ''x');
SELECT schemadrift_apply('70', E'SELECT 1;\nSELECT $a$x');
SELECT schemadrift_apply('70', E'SELECT 1;\n/* x');
-- Transactions inside.
SELECT schemadrift_apply('70', 'SAVEPOINT a');
SELECT schemadrift_apply('70', $$PREPARE TRANSACTION 'x'$$);
-- Too long, too deep.
SELECT schemadrift_apply('70', repeat('-', 134217729));
SELECT left(message, 60) AS message FROM schemadrift_adopt('70', 'SELECT ' || repeat('1+', 100000) || '1');
SELECT count(*) - :rows_before AS rows_more FROM schemadrift.run;
SELECT schemadrift_apply('71', 'SELECT $1');
SELECT schemadrift_apply('72', $$DO 'BEGIN COMMIT; END'$$);
SELECT * FROM runs WHERE name >= '70';
-- Many statements, of which none is run.
SELECT schemadrift_begin('73', repeat(E'SELECT 1;\n', 1000)) IS NOT NULL AS begun;
SELECT schemadrift_end();
SELECT cardinality(deviations), deviations[1], deviations[100:] AS last FROM schemadrift.ledger WHERE name = '73';
SELECT schemadrift_apply('74', repeat(E'SELECT 1;\n', 1000));
SELECT * FROM runs WHERE name = '74';

-- A role with the functions and nothing else.
CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
	migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
	started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', 'y', '20260101000000_a', 'an error');
CREATE ROLE regress_ledger_context;
GRANT EXECUTE ON FUNCTION schemadrift_apply, schemadrift_begin, schemadrift_end, schemadrift_adopt, schemadrift_adopt_all,
	schemadrift_dry_run, schemadrift_resolve, schemadrift_approve, schemadrift_revoke, schemadrift_register, schemadrift_register_directory
	TO regress_ledger_context;
SELECT count(*) AS rows_before FROM schemadrift.run \gset
SET ROLE regress_ledger_context;
SELECT schemadrift_apply('80', 'SELECT 1');
SELECT schemadrift_apply('81', 'CREATE TABLE public.t81 (a integer)');
SELECT schemadrift_begin('82') IS NOT NULL AS begun;
SELECT schemadrift_end();
SELECT outcome FROM schemadrift_adopt('83', 'SELECT 1');
SELECT outcome, message FROM schemadrift_adopt('84', 'TABLE regress_ledger_context.t');
SELECT schemadrift_dry_run('84', 'TABLE regress_ledger_context.t');
SELECT report, actual FROM schemadrift_dry_run('84', 'SELECT 1');
SELECT schemadrift_resolve('81', 'rolled_back');
SELECT schemadrift_resolve('20260101000000_a', 'applied');
SELECT schemadrift_approve('85', 'SELECT 1') IS NOT NULL AS approved;
SELECT schemadrift_revoke('85');
SELECT path, action FROM schemadrift_register('{"86.sql": "SELECT 1", "87.sql": "TABLE regress_ledger_context.t"}');
SELECT name, outcome, message FROM schemadrift_adopt_all();
SELECT schemadrift_register_directory('/tmp');
RESET ROLE;
SELECT name, state, sqlstate FROM runs OFFSET :rows_before;
SELECT count(*) AS locks FROM pg_locks WHERE locktype = 'advisory';

SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA regress_ledger_context CASCADE;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.approval;
DELETE FROM schemadrift.migration_file;
DROP OWNED BY regress_ledger_context;
DROP ROLE regress_ledger_context;
