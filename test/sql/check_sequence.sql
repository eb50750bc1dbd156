--
-- Sequences: missing, unexpected, and every attribute.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_sequence;
SET search_path = regress_check_sequence;
CREATE SEQUENCE s;
CREATE SEQUENCE down INCREMENT -1;
CREATE SEQUENCE full_one AS integer START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 100 CACHE 20 CYCLE;
CREATE TABLE t (a serial, b bigserial, c int GENERATED ALWAYS AS IDENTITY, d int);

-- The sequence of the identity column is none of its own.
SELECT object_name, definition - 'owner' - 'privileges' AS definition FROM schemadrift_objects('{regress_check_sequence}')
 WHERE kind = 'sequence';

SELECT schemadrift_snapshot('{regress_check_sequence}') AS doc \gset
:check;

-- The value is data, no schema.
SELECT nextval('s'), nextval('s'), setval('full_one', 55);
:check;

-- missing
DROP SEQUENCE full_one;
DROP SEQUENCE down;
:check;
CREATE SEQUENCE full_one AS integer START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 100 CACHE 20 CYCLE;
CREATE SEQUENCE down INCREMENT -1;
:check;

-- unexpected
CREATE SEQUENCE extra AS smallint;
:check;
DROP SEQUENCE extra;

-- renamed
ALTER SEQUENCE s RENAME TO "S";
:check;
ALTER SEQUENCE "S" RENAME TO s;

-- type: the bounds follow it, when nothing is said of them
ALTER SEQUENCE s AS smallint;
:check;
ALTER SEQUENCE s AS bigint;
:check;
ALTER SEQUENCE full_one AS bigint;
:check;
ALTER SEQUENCE full_one AS integer;

-- start
ALTER SEQUENCE s START 7;
:check;
ALTER SEQUENCE s START 1;
ALTER SEQUENCE full_one START 11;
:check;
ALTER SEQUENCE full_one START 10;

-- increment
ALTER SEQUENCE s INCREMENT 2;
:check;
ALTER SEQUENCE s INCREMENT 1;
ALTER SEQUENCE full_one INCREMENT 1;
:check;
ALTER SEQUENCE full_one INCREMENT 5;

-- min, max
ALTER SEQUENCE s MINVALUE 0;
:check;
ALTER SEQUENCE s MINVALUE -9223372036854775808 MAXVALUE 1000;
:check;
ALTER SEQUENCE s NO MINVALUE NO MAXVALUE;
:check;
ALTER SEQUENCE full_one MINVALUE 6;
:check;
ALTER SEQUENCE full_one MINVALUE 5 MAXVALUE 200;
:check;
ALTER SEQUENCE full_one MAXVALUE 100;
ALTER SEQUENCE down MINVALUE -10;
:check;
ALTER SEQUENCE down NO MINVALUE MAXVALUE 0;
:check;
ALTER SEQUENCE down NO MAXVALUE;

-- cache
ALTER SEQUENCE s CACHE 50;
:check;
ALTER SEQUENCE s CACHE 1;
ALTER SEQUENCE full_one CACHE 1;
:check;
ALTER SEQUENCE full_one CACHE 20;

-- cycle
ALTER SEQUENCE s CYCLE;
:check;
ALTER SEQUENCE s NO CYCLE;
ALTER SEQUENCE full_one NO CYCLE;
:check;
ALTER SEQUENCE full_one CYCLE;

-- owned_by
ALTER SEQUENCE s OWNED BY t.d;
:check;
ALTER SEQUENCE s OWNED BY NONE;
ALTER SEQUENCE t_a_seq OWNED BY NONE;
:check;
ALTER SEQUENCE t_a_seq OWNED BY t.d;
:check;
ALTER SEQUENCE t_a_seq OWNED BY t.a;
-- the name is that of today
ALTER TABLE t RENAME COLUMN b TO "B b";
SELECT drift, kind, identity, attribute, expected, actual, severity
  FROM schemadrift_check(:'doc') WHERE kind = 'sequence';
ALTER TABLE t RENAME COLUMN "B b" TO b;

-- unlogged
ALTER SEQUENCE s SET UNLOGGED;
:check;
SELECT schemadrift_snapshot('{regress_check_sequence}') AS unlogged_doc \gset
ALTER SEQUENCE s SET LOGGED;
:check;
SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:'unlogged_doc');

-- All at once: a row each.
CREATE OR REPLACE VIEW v AS SELECT 1 AS one;
DROP SEQUENCE full_one;
CREATE SEQUENCE full_one;
:check;
DROP SEQUENCE full_one;
DROP VIEW v;
-- Another kind of object under the name.
CREATE VIEW full_one AS SELECT 1 AS one;
:check;
DROP VIEW full_one;
CREATE SEQUENCE full_one AS integer START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 100 CACHE 20 CYCLE;
:check;

-- By hand: what is not said is not checked, other spellings of the type are the same.
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_sequence": {"sequences": {
	"full_one": {"type": "int4", "max": 100}, "s": {"type": "int8"}, "nope": null}}}}');
SELECT drift, kind, identity, attribute, expected, actual, severity
  FROM schemadrift_check('{"schemas": {"regress_check_sequence": {"sequences": {
	"full_one": {"start": 1, "max": 9223372036854775807, "cycle": false, "owned_by": null, "unlogged": true},
	"s": {"exact": true, "start": 2}, "down": null}}}}');
-- exact: what is left out has its default
SELECT drift, kind, identity, attribute, expected, actual, severity
  FROM schemadrift_check('{"schemas": {"regress_check_sequence": {"sequences": {
	"full_one": {"exact": true}, "s": {"exact": true}}}}}');

SET client_min_messages = warning;
DROP SCHEMA regress_check_sequence CASCADE;
