-- A migration of many transactions moves what somebody has renamed by hand
-- before: it stays renamed, and nothing else has drifted.
LOAD 'schemadrift';
SET client_min_messages = warning;
CREATE SCHEMA regress_many;
CREATE SCHEMA regress_else;
SET search_path = regress_many, public;
\pset format unaligned
\pset tuples_only on

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY CONSTRAINT t_pkey PRIMARY KEY, b integer);
CREATE TABLE u (a integer, b integer);
CREATE TABLE v (a integer, b integer);
CREATE TABLE w (a integer, m mood);
CREATE FUNCTION f(i integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA regress_moved CREATE TABLE t (a integer);

CREATE VIEW pg_temp.drifted AS
	SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift.drift
	WHERE schema_name LIKE 'regress%' ORDER BY identity COLLATE "C", attribute COLLATE "C";
SELECT schemadrift_accept();

-- a table, its column, and its constraint
ALTER TABLE t RENAME TO t2;
ALTER TABLE t2 RENAME b TO b2;
ALTER TABLE t2 RENAME CONSTRAINT t_pkey TO t2_pkey;
TABLE pg_temp.drifted;
SELECT schemadrift_begin('m01') IS NOT NULL;
ALTER TABLE t2 ADD c integer;
ALTER TABLE t2 ADD d integer;
ALTER TABLE t2 ALTER b2 SET DEFAULT 1;
ALTER TABLE t2 ALTER b2 SET NOT NULL, ALTER c SET DEFAULT 2;
COMMENT ON CONSTRAINT t2_pkey ON t2 IS 'key';
COMMENT ON CONSTRAINT t2_pkey ON t2 IS 'the key';
SELECT schemadrift_end();
TABLE pg_temp.drifted;

-- one that is undone in between has not given a name
SELECT schemadrift_begin('m02') IS NOT NULL;
ALTER TABLE t2 ADD e integer;
BEGIN;
ALTER TABLE t2 RENAME TO t9;
ALTER TABLE t9 ADD no integer;
ROLLBACK;
ALTER TABLE t2 ADD f integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;

-- the next migration finds it as this one has left it
SELECT schemadrift_begin('m03') IS NOT NULL;
ALTER TABLE t2 ADD g integer;
ALTER TABLE t2 DROP c;
SELECT schemadrift_end();
TABLE pg_temp.drifted;

-- what the migration renames itself has that name from then on
SELECT schemadrift_begin('m04') IS NOT NULL;
ALTER TABLE t2 ADD h integer;
ALTER TABLE t2 RENAME TO t3;
ALTER TABLE t3 ADD i integer;
ALTER TABLE t3 RENAME b2 TO b3;
ALTER TABLE t3 ALTER b3 SET DEFAULT 3;
ALTER TABLE t3 RENAME CONSTRAINT t2_pkey TO t3_pkey;
SELECT schemadrift_end();
TABLE pg_temp.drifted;

-- an enum, and a function whose table is in another schema by now
ALTER TYPE mood RENAME TO feeling;
ALTER TYPE feeling RENAME VALUE 'sad' TO 'blue';
ALTER FUNCTION f(integer) RENAME TO g;
ALTER TABLE w RENAME TO x;
SELECT schemadrift_begin('m05') IS NOT NULL;
ALTER TYPE feeling ADD VALUE 'calm';
ALTER TYPE feeling ADD VALUE 'angry';
ALTER FUNCTION g(integer) COST 7;
ALTER FUNCTION g(integer) STRICT;
ALTER TABLE x SET SCHEMA regress_else;
ALTER TABLE regress_else.x ADD n integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;
ALTER TYPE feeling RENAME VALUE 'blue' TO 'sad';
ALTER TYPE feeling RENAME TO mood;
ALTER FUNCTION g(integer) RENAME TO f;
ALTER TABLE regress_else.x RENAME TO w;
TABLE pg_temp.drifted;

-- tables that have changed places
BEGIN;
ALTER TABLE u RENAME TO was_u;
ALTER TABLE v RENAME TO u;
ALTER TABLE was_u RENAME TO v;
COMMIT;
SELECT schemadrift_begin('m06') IS NOT NULL;
ALTER TABLE u ADD c integer;
ALTER TABLE v ADD d integer;
ALTER TABLE u ADD e integer;
ALTER TABLE v ADD f integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;

-- the name is given to another one: that is expected, and the old one is not
SELECT schemadrift_accept();
ALTER TABLE u RENAME TO old_u;
SELECT schemadrift_begin('m07') IS NOT NULL;
ALTER TABLE old_u ADD z integer;
CREATE TABLE u (new integer);
ALTER TABLE u ADD newer integer;
ALTER TABLE old_u ADD zz integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;
DROP TABLE old_u;
TABLE pg_temp.drifted;

-- schemas: by hand, and by the migration
ALTER SCHEMA regress_moved RENAME TO regress_moved_2;
ALTER TABLE regress_moved_2.t RENAME TO t_2;
SELECT schemadrift_begin('m08') IS NOT NULL;
CREATE TABLE regress_moved_2.new (a integer);
ALTER TABLE regress_moved_2.new ADD b integer;
ALTER TABLE regress_moved_2.t_2 ADD b integer;
ALTER TABLE regress_moved_2.t_2 ADD c integer;
ALTER TABLE v SET SCHEMA regress_moved_2;
ALTER TABLE regress_moved_2.v ADD g integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;
SELECT schemadrift_begin('m09') IS NOT NULL;
ALTER TABLE regress_moved_2.t_2 ADD d integer;
ALTER SCHEMA regress_moved_2 RENAME TO regress_moved_3;
CREATE TABLE regress_moved_3.newer (a integer);
ALTER TABLE regress_moved_3.t_2 ADD e integer;
ALTER TABLE regress_moved_3.new ADD c integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;
-- the same in one transaction
ALTER TABLE regress_moved_3.new RENAME TO not_new;
SELECT schemadrift_apply('m10', 'ALTER SCHEMA regress_moved_3 RENAME TO regress_moved; ALTER TABLE regress_moved.t_2 ADD f integer; ALTER TABLE regress_moved.v SET SCHEMA regress_many');
SELECT schemadrift_apply('m11', 'ALTER TABLE regress_moved.t_2 SET SCHEMA regress_else; ALTER TABLE regress_else.t_2 ADD g integer');
TABLE pg_temp.drifted;
-- all is as expected when the names are
ALTER TABLE regress_else.t_2 RENAME TO t;
ALTER TABLE regress_moved.not_new RENAME TO new;
TABLE pg_temp.drifted;

-- another table that somebody has given the name of one that he has renamed: a
-- migration that changes or drops it does not mean that one
CREATE VIEW over_w AS SELECT n FROM regress_else.w;
SELECT schemadrift_accept();
ALTER TABLE regress_else.w RENAME TO w2;
CREATE TABLE regress_else.w (mine integer);
SELECT schemadrift_begin('m12') IS NOT NULL;
ALTER TABLE regress_else.w ADD yours integer;
ALTER TABLE regress_else.w2 ADD o integer;
DROP TABLE regress_else.w;
ALTER TABLE regress_else.w2 ADD p integer;
SELECT schemadrift_end();
TABLE pg_temp.drifted;
-- what the migration has added is known as well
ALTER TABLE regress_else.w2 RENAME p TO p2;
TABLE pg_temp.drifted;
-- texts that show what somebody had renamed, and the migration renames
SELECT schemadrift_apply('m13', 'ALTER TABLE regress_else.w2 RENAME n TO number; ALTER TABLE regress_else.w2 RENAME TO w3; ALTER TABLE regress_else.w3 SET SCHEMA regress_many');
TABLE pg_temp.drifted;

DROP SCHEMA regress_many, regress_else, regress_moved CASCADE;
SELECT schemadrift_expect('{}');
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run WHERE name ~ '^m\d\d$';
