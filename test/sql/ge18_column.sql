--
-- Columns as PostgreSQL 18 has them: virtual generated ones, and NOT NULL kept
-- as a constraint.  Runs after the schedule, so it brings its own extension.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'
SET client_min_messages = warning;
CREATE EXTENSION schemadrift;
CREATE SCHEMA regress_ge18_column;
SET search_path = regress_ge18_column;

CREATE TABLE t (a int, v int GENERATED ALWAYS AS (a * 2) VIRTUAL, s int GENERATED ALWAYS AS (a * 2) STORED);
SELECT definition->'columns' FROM schemadrift_objects('{regress_ge18_column}') WHERE kind = 'table';
SELECT schemadrift_snapshot('{regress_ge18_column}') AS doc \gset
:check;

-- virtual
DROP TABLE t;
CREATE TABLE t (a int, v int GENERATED ALWAYS AS (a * 2) STORED, s int GENERATED ALWAYS AS (a * 2));
:check;
DROP TABLE t;
CREATE TABLE t (a int, v int GENERATED ALWAYS AS (a * 3) VIRTUAL, s int);
:check;
DROP TABLE t;
CREATE TABLE t (a int, v int GENERATED ALWAYS AS (a * 2), s int GENERATED ALWAYS AS (a * 2) STORED);
:check;
ALTER TABLE t ALTER v SET EXPRESSION AS (a * 4);
:check;
ALTER TABLE t ALTER v SET EXPRESSION AS (a * 2);
-- by hand, in another spelling
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_column": {"tables": {"t": {"columns": {
	"v": {"generated": "a*2", "virtual": true}, "s": {"generated": "(A * 2)", "virtual": false}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_column": {"tables": {"t": {"columns": {
	"v": {"generated": "a+2", "virtual": false}, "s": {"virtual": true}, "a": {"virtual": true}}}}}}}');
-- a document of a server that did not know them
SELECT :cols FROM schemadrift_check('{"server": 150000, "exact": true, "schemas": {"regress_ge18_column": {"tables": {"t": {"columns": {
	"a": {"type": "int", "position": 1}, "v": {"type": "int", "generated": "(a * 2)"}, "s": {"type": "int", "generated": "(a * 2)"}}}}}}}');

-- NOT NULL is an attribute of the column, whatever the constraint is called
ALTER TABLE t ALTER a SET NOT NULL;
SELECT definition->'constraints' FROM schemadrift_objects('{regress_ge18_column}') WHERE kind = 'table';
:check;
ALTER TABLE t DROP CONSTRAINT t_a_not_null;
ALTER TABLE t ADD CONSTRAINT "not null" NOT NULL a;
:check;
ALTER TABLE t RENAME CONSTRAINT "not null" TO other;
:check;
ALTER TABLE t ALTER a DROP NOT NULL;
:check;
-- one of a parent, and one that stays when a key goes
CREATE TABLE p (k int NOT NULL);
CREATE TABLE c () INHERITS (p);
CREATE TABLE key (id int PRIMARY KEY);
SELECT definition - 'owner' - 'privileges' AS definition FROM schemadrift_objects('{regress_ge18_column}') WHERE object_name IN ('c', 'key');
SELECT schemadrift_snapshot('{regress_ge18_column}') AS doc \gset
ALTER TABLE key DROP CONSTRAINT key_pkey;
:check;
ALTER TABLE key ADD PRIMARY KEY (id);
:check;

-- not_null_validated, not_null_no_inherit
CREATE TABLE n (a int, b int, d int NOT NULL, CONSTRAINT d_check CHECK (d > 0));
SELECT schemadrift_snapshot('{regress_ge18_column}') AS doc \gset
ALTER TABLE n ADD CONSTRAINT a_null NOT NULL a NOT VALID;
ALTER TABLE n ADD CONSTRAINT b_null NOT NULL b NO INHERIT;
:check;
SELECT schemadrift_snapshot('{regress_ge18_column}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE n VALIDATE CONSTRAINT a_null;
ALTER TABLE n ALTER CONSTRAINT b_null INHERIT;
SELECT :cols FROM schemadrift_check(:'doc2');
:check;
ALTER TABLE n DROP CONSTRAINT a_null, DROP CONSTRAINT b_null;
:check;
SELECT :cols FROM schemadrift_check(:'doc2');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_column": {"tables": {"n": {"columns": {
	"a": {"not_null": false}, "d": {"not_null": true, "not_null_validated": true, "not_null_no_inherit": false}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_column": {"tables": {"n": {"columns": {
	"d": {"not_null": true, "not_null_validated": false, "not_null_no_inherit": true}}}}}}}');

DROP SCHEMA regress_ge18_column CASCADE;
DROP EXTENSION schemadrift;
