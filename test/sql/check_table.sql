--
-- Tables: missing, unexpected, and every attribute but those of partitions.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_table;
SET search_path = regress_check_table;
SET client_min_messages = warning;
CREATE FOREIGN DATA WRAPPER regress_check_table_fdw;
CREATE SERVER regress_check_table_srv FOREIGN DATA WRAPPER regress_check_table_fdw;
CREATE SERVER "regress_check_table Srv" FOREIGN DATA WRAPPER regress_check_table_fdw;

CREATE TABLE plain (id bigint, note text);
CREATE TABLE "Odd.Name" (id int, "Col" text);
CREATE TABLE no_columns ();
CREATE UNLOGGED TABLE quick (id int);
CREATE TABLE tuned (id int, t text) WITH (fillfactor = 70, autovacuum_enabled = off);
CREATE TABLE parent1 (a int, b int);
CREATE TABLE parent2 (b int, c int);
CREATE TABLE child (d int) INHERITS (parent1, parent2);
CREATE FOREIGN TABLE far (id int, t text) SERVER regress_check_table_srv
	OPTIONS (table_name 'x', "Odd ""key" 'a=b, ''c''');
CREATE TABLE guarded (id int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;

SELECT schemadrift_snapshot('{regress_check_table}') AS doc \gset
:check;

-- Rows are data.
INSERT INTO plain VALUES (1, 'x');
ANALYZE plain;
:check;

-- missing: one row, none for its parts
DROP TABLE plain, "Odd.Name", no_columns;
DROP FOREIGN TABLE far;
:check;
CREATE TABLE plain (id bigint, note text);
CREATE TABLE "Odd.Name" (id int, "Col" text);
CREATE TABLE no_columns ();
CREATE FOREIGN TABLE far (id int, t text) SERVER regress_check_table_srv
	OPTIONS ("Odd ""key" 'a=b, ''c''', table_name 'x');
:check;

-- unexpected
CREATE TABLE extra (id int PRIMARY KEY, n int UNIQUE);
CREATE FOREIGN TABLE extra_far (id int) SERVER regress_check_table_srv;
:check;
DROP TABLE extra;
DROP FOREIGN TABLE extra_far;

-- renamed
ALTER TABLE plain RENAME TO "Plain";
:check;
ALTER TABLE "Plain" RENAME TO plain;

-- another kind of object under the name
DROP TABLE plain;
CREATE VIEW plain AS SELECT 1::bigint AS id, ''::text AS note;
:check;
DROP VIEW plain;
CREATE SEQUENCE plain;
:check;
DROP SEQUENCE plain;
CREATE TYPE plain AS (id bigint, note text);
:check;
DROP TYPE plain;
CREATE TABLE plain (id bigint, note text);
:check;

-- An index, a sequence behind an identity column and a temporary table are no
-- objects of the schema.
CREATE TEMP TABLE temporary (id int);
ALTER TABLE plain ADD COLUMN i int GENERATED ALWAYS AS IDENTITY;
:check;
ALTER TABLE plain DROP COLUMN i;

-- inherits
ALTER TABLE child NO INHERIT parent2;
:check;
ALTER TABLE child INHERIT parent2;
:check;
ALTER TABLE child NO INHERIT parent1;
ALTER TABLE child INHERIT parent1;
:check;
DROP TABLE child;
CREATE TABLE child (d int) INHERITS (parent1, parent2);
:check;
CREATE TABLE other_child (a int, b int);
SELECT schemadrift_snapshot('{regress_check_table}') AS doc2 \gset
ALTER TABLE other_child INHERIT parent1;
SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:'doc2');
DROP TABLE other_child;
:check;
-- the parent under its new name
ALTER TABLE parent2 RENAME TO "Parent2";
:check;
ALTER TABLE "Parent2" RENAME TO parent2;
:check;

-- unlogged
ALTER TABLE plain SET UNLOGGED;
ALTER TABLE quick SET LOGGED;
:check;
ALTER TABLE plain SET LOGGED;
ALTER TABLE quick SET UNLOGGED;

-- server, foreign_options
DROP FOREIGN TABLE far;
CREATE FOREIGN TABLE far (id int, t text) SERVER "regress_check_table Srv"
	OPTIONS (table_name 'x', "Odd ""key" 'a=b, ''c''');
:check;
DROP FOREIGN TABLE far;
CREATE TABLE far (id int, t text);
:check;
DROP TABLE far;
DROP TABLE plain;
CREATE FOREIGN TABLE plain (id bigint, note text) SERVER regress_check_table_srv OPTIONS (a '');
CREATE FOREIGN TABLE far (id int, t text) SERVER regress_check_table_srv
	OPTIONS (table_name 'x', "Odd ""key" 'a=b, ''c''');
:check;
DROP FOREIGN TABLE plain;
CREATE TABLE plain (id bigint, note text);
:check;
ALTER FOREIGN TABLE far OPTIONS (SET table_name 'y');
:check;
ALTER FOREIGN TABLE far OPTIONS (SET table_name 'x', ADD updatable 'false');
:check;
ALTER FOREIGN TABLE far OPTIONS (DROP updatable, DROP "Odd ""key", DROP table_name);
:check;
ALTER FOREIGN TABLE far OPTIONS (ADD table_name 'x', ADD "Odd ""key" 'a=b, ''c''');
:check;
-- a renamed server
ALTER SERVER regress_check_table_srv RENAME TO regress_check_table_srv2;
:check;
ALTER SERVER regress_check_table_srv2 RENAME TO regress_check_table_srv;

-- options: their order does not count
ALTER TABLE plain SET (fillfactor = 90);
ALTER TABLE tuned RESET (fillfactor);
:check;
ALTER TABLE plain RESET (fillfactor);
ALTER TABLE tuned SET (fillfactor = 70);
:check;
ALTER TABLE tuned SET (autovacuum_enabled = on);
:check;
ALTER TABLE tuned RESET (autovacuum_enabled, fillfactor);
:check;
ALTER TABLE tuned SET (fillfactor = 70, autovacuum_enabled = off);
:check;
-- those of the TOAST table are options of the table too, with a prefix
ALTER TABLE tuned SET (toast.autovacuum_enabled = off);
:check;
ALTER TABLE tuned RESET (toast.autovacuum_enabled);
:check;

-- row_security, force_row_security
ALTER TABLE plain ENABLE ROW LEVEL SECURITY;
:check;
ALTER TABLE plain DISABLE ROW LEVEL SECURITY;
ALTER TABLE plain FORCE ROW LEVEL SECURITY;
:check;
ALTER TABLE plain NO FORCE ROW LEVEL SECURITY;
ALTER TABLE guarded DISABLE ROW LEVEL SECURITY;
:check;
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded NO FORCE ROW LEVEL SECURITY;
:check;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
:check;

-- By hand: {} and null, what is not said is not checked, options as numbers
-- and booleans.
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_table": {"tables": {
	"plain": {}, "guarded": {"row_security": true}, "none": null,
	"tuned": {"options": {"fillfactor": 70, "autovacuum_enabled": "off"}},
	"child": {"inherits": ["regress_check_table.parent1", "regress_check_table.parent2"]},
	"far": {"server": "regress_check_table_srv"}}}}}');
SELECT drift, kind, schema_name, object_name, part_name, attribute, expected, actual, severity, identity
  FROM schemadrift_check('{"schemas": {"regress_check_table": {"tables": {
	"plain": null, "none": {}, "Odd.Name": {"unlogged": true, "row_security": true, "server": "x"},
	"tuned": {"options": {"fillfactor": 71}}, "child": {"inherits": []},
	"far": {"foreign_options": {}, "server": null}}}}}');
-- exact: what is left out has its default
SELECT drift, kind, identity, attribute, expected, actual, severity
  FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_table": {"tables": {
	"plain": {}, "guarded": {}, "quick": {}, "tuned": {}, "child": {}, "far": {}}}}}');

DROP SCHEMA regress_check_table CASCADE;
DROP FOREIGN DATA WRAPPER regress_check_table_fdw CASCADE;
