--
-- Enums: missing, unexpected, labels.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_enum;
SET search_path = regress_check_enum;
CREATE TYPE color AS ENUM ('red', 'green', 'blue');
CREATE TYPE "Odd Name" AS ENUM ('it''s', 'a "b"', 'back\slash', ' ', 'größe');
CREATE TYPE nothing AS ENUM ();

SELECT schemadrift_snapshot('{regress_check_enum}') AS doc \gset
:check;

-- missing
DROP TYPE "Odd Name";
DROP TYPE nothing;
:check;
CREATE TYPE nothing AS ENUM ();
CREATE TYPE "Odd Name" AS ENUM ('it''s', 'a "b"', 'back\slash', ' ', 'größe');
:check;

-- unexpected
CREATE TYPE extra AS ENUM ('x', 'y');
:check;
DROP TYPE extra;

-- renamed: the old one is missing, the new one unexpected
ALTER TYPE color RENAME TO colour;
:check;
ALTER TYPE colour RENAME TO color;
:check;

-- moved elsewhere: missing here
CREATE SCHEMA regress_check_enum_2;
ALTER TYPE color SET SCHEMA regress_check_enum_2;
:check;
ALTER TYPE regress_check_enum_2.color SET SCHEMA regress_check_enum;
DROP SCHEMA regress_check_enum_2;

-- changed: a label renamed
ALTER TYPE color RENAME VALUE 'green' TO 'GREEN';
:check;
ALTER TYPE color RENAME VALUE 'GREEN' TO 'green';
:check;
-- one added at the end, at the start, in the middle
ALTER TYPE color ADD VALUE 'white';
:check;
ALTER TYPE color ADD VALUE 'black' BEFORE 'red';
ALTER TYPE color ADD VALUE 'pink' AFTER 'red';
:check;
ALTER TYPE nothing ADD VALUE 'something';
:check;
-- one gone, the order changed
DROP TYPE color, nothing;
CREATE TYPE color AS ENUM ('red', 'blue');
CREATE TYPE nothing AS ENUM ();
:check;
DROP TYPE color;
CREATE TYPE color AS ENUM ('blue', 'green', 'red');
:check;
-- the labels are the same however they came about
DROP TYPE color;
CREATE TYPE color AS ENUM ('blue');
ALTER TYPE color ADD VALUE 'red' BEFORE 'blue';
ALTER TYPE color ADD VALUE 'green' BEFORE 'blue';
:check;

-- Types of other sorts are no enums: nothing unexpected, but missing.
DROP TYPE color;
CREATE DOMAIN color AS text;
:check;
DROP DOMAIN color;
CREATE TYPE color AS ENUM ('red', 'green', 'blue');
:check;

-- By hand: the short form, and what is not said.
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_enum": {"enums": {"color": ["red", "green", "blue"]}}}}');
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_enum": {"enums": {"color": {}, "nothing": []}}}}');
SELECT drift, kind, schema_name, object_name, part_name, attribute, expected, actual, severity, identity
  FROM schemadrift_check('{"schemas": {"regress_check_enum": {"enums": {
	"color": ["red"], "nothing": null, "Odd Name": {"labels": []}, "missing": ["a"]}}}}');

SET client_min_messages = warning;
DROP SCHEMA regress_check_enum CASCADE;
