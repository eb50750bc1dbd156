--
-- Acts that schemadrift.protect names: refused in a migration, unless its call
-- allows what is destructive; and what a cascade takes along.
--
\pset format unaligned
\pset tuples_only on
\pset null -
SET client_min_messages = error;
LOAD 'schemadrift';
CREATE SCHEMA regress_protect;
SET search_path = regress_protect;
-- What becomes of a statement: done (and undone), or which error.
CREATE FUNCTION try(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE sql;
	RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ000';
EXCEPTION
	WHEN SQLSTATE 'ZZ000' THEN RETURN 'done';
	WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE TABLE act (name text, sql text, n serial);
INSERT INTO act (name, sql) VALUES
	('drop_table', 'DROP TABLE t'),
	('drop_table', 'DROP TABLE IF EXISTS t, nothing'),
	('drop_table', 'DROP SCHEMA regress_protect_2 CASCADE'),
	('drop_table', 'DROP OWNED BY regress_protect_role'),
	('drop_column', 'ALTER TABLE t DROP COLUMN b'),
	('drop_column', 'ALTER TYPE composite DROP ATTRIBUTE a'),
	('drop_column', 'ALTER TABLE t ADD COLUMN x int, DROP COLUMN IF EXISTS b'),
	('drop_column', 'DROP TYPE e CASCADE'),
	('drop_constraint', 'ALTER TABLE t DROP CONSTRAINT t_b_check'),
	('drop_constraint', 'ALTER DOMAIN d DROP CONSTRAINT d_check'),
	('drop_constraint', 'DROP TABLE t CASCADE'),
	('drop_schema', 'DROP SCHEMA regress_protect_2 CASCADE'),
	('drop_view', 'DROP VIEW v'),
	('drop_view', 'DROP TABLE t CASCADE'),
	('drop_index', 'DROP INDEX i'),
	('drop_sequence', 'DROP SEQUENCE s'),
	('drop_type', 'DROP TYPE e CASCADE'),
	('drop_function', 'DROP FUNCTION f()'),
	('drop_policy', 'DROP POLICY p ON t'),
	('drop_trigger', 'DROP TRIGGER tr ON t'),
	('drop_role', 'DROP ROLE regress_protect_role'),
	('drop_database', 'DROP DATABASE regress_nothing'),
	('drop_extension', 'DROP EXTENSION plpgsql'),
	('alter_type', 'ALTER TABLE t ALTER b TYPE bigint'),
	('truncate', 'TRUNCATE u'),
	('disable_row_security', 'ALTER TABLE t DISABLE ROW LEVEL SECURITY'),
	('disable_row_security', 'ALTER TABLE t NO FORCE ROW LEVEL SECURITY'),
	('disable_trigger', 'ALTER TABLE t DISABLE TRIGGER ALL');
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TYPE e AS ENUM ('a');
CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0), c e);
CREATE TABLE u (a int REFERENCES t);
CREATE TABLE owner_of_sequence (a serial);
CREATE INDEX i ON t (b);
CREATE SEQUENCE s;
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE POLICY p ON t;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE SCHEMA regress_protect_2;
CREATE TABLE regress_protect_2.t (a int);
CREATE ROLE regress_protect_role;
CREATE TYPE composite AS (a int, b int);
CREATE TABLE regress_protect_2.owned ();
ALTER TABLE regress_protect_2.owned OWNER TO regress_protect_role;
SELECT schemadrift_arm('reject');

-- one act at a time: nothing else is in the way, and nothing else is refused
SELECT schemadrift_begin('01_protect.sql') IS NOT NULL;
CREATE FUNCTION protected(act text, sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('schemadrift.protect', act, true);
	RETURN try(sql);
END $$;
SELECT name, sql, protected(name, sql) AS protected, protected('drop_statistics', sql) AS else_ FROM act ORDER BY n;
-- a sequence that belongs to a column is a part of the table
SELECT protected('drop_sequence', 'DROP TABLE owner_of_sequence');
SELECT schemadrift_end();

-- what is allowed
SELECT schemadrift_begin('02_protect.sql', allow_destructive => true) IS NOT NULL;
SELECT name, protected(name, sql) FROM act WHERE protected(name, sql) <> 'done' ORDER BY n;
SELECT schemadrift_end();
SET schemadrift.protect = 'truncate, drop_table';
SELECT schemadrift_apply('03_protect.sql', 'TRUNCATE regress_protect.u');
SELECT schemadrift_apply('03_protect.sql', 'TRUNCATE regress_protect.u', allow_destructive => true);
SELECT schemadrift_approve('04_protect', 'DROP TABLE regress_protect.u', allow_destructive => true) IS NOT NULL;
SELECT schemadrift_apply('04_protect.sql', 'DROP TABLE regress_protect.u', allow_destructive => true);
-- whoever is unlocked may, on record
SELECT schemadrift_unlock('a test') IS NOT NULL;
DROP TABLE regress_protect_2.t;
SELECT schemadrift_lock();
SELECT command_tag, verdict, reason FROM schemadrift.ddl_log WHERE schema_name = 'regress_protect_2' AND verdict = 'exempt';
RESET schemadrift.protect;

SELECT schemadrift_disarm('end of test');
SET search_path = DEFAULT;
DROP SCHEMA regress_protect, regress_protect_2 CASCADE;
DROP ROLE regress_protect_role;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.approval;
RESET schemadrift.ledger_override;
