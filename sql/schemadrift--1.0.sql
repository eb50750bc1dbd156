/* sql/schemadrift--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION schemadrift" to load this file. \quit

-- Tables and views of the extension; functions are in pg_catalog.
CREATE SCHEMA schemadrift;
GRANT USAGE ON SCHEMA schemadrift TO PUBLIC;
COMMENT ON SCHEMA schemadrift IS
	'tables and views of the extension schemadrift';

-- Drift that is meant to be.  Patterns: * stands for any text, ? for one
-- character; NULL matches everything.  The key cannot collide after a restore.
CREATE TABLE schemadrift.ignore_rule (
	id uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
	kind text,
	schema_pattern text,
	name_pattern text,
	part_pattern text,
	attribute text,
	reason text NOT NULL CHECK (reason OPERATOR(pg_catalog.<>) ''),
	added_by name NOT NULL DEFAULT SESSION_USER,
	added_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	expires_at timestamptz,
	CONSTRAINT ignore_rule_not_empty CHECK (pg_catalog.num_nonnulls(
		kind, schema_pattern, name_pattern, part_pattern, attribute) OPERATOR(pg_catalog.>) 0)
);
SELECT pg_catalog.pg_extension_config_dump('schemadrift.ignore_rule', '');
GRANT SELECT ON schemadrift.ignore_rule TO PUBLIC;

COMMENT ON TABLE schemadrift.ignore_rule IS
	'drift that schemadrift_check() does not report, but counts; NULL matches everything';
COMMENT ON COLUMN schemadrift.ignore_rule.kind IS
	'kind of the object, as in schemadrift_kinds()';
COMMENT ON COLUMN schemadrift.ignore_rule.schema_pattern IS
	'name of the schema, with * for any text and ? for one character';
COMMENT ON COLUMN schemadrift.ignore_rule.name_pattern IS
	'name of the table or other top-level object, a pattern as well';
COMMENT ON COLUMN schemadrift.ignore_rule.part_pattern IS
	'name of the column, constraint, index or other part, a pattern as well';
COMMENT ON COLUMN schemadrift.ignore_rule.attribute IS
	'attribute, a pattern as well; rows about whole objects have none';
COMMENT ON COLUMN schemadrift.ignore_rule.reason IS
	'why this is no drift';
COMMENT ON COLUMN schemadrift.ignore_rule.expires_at IS
	'when the rule ends by itself; NULL for never';

-- All functions below read only, and what they read is open to everybody, so
-- PUBLIC keeps EXECUTE.  They are PARALLEL UNSAFE because they use
-- subtransactions, and not STRICT because no rows must mean no drift.

CREATE FUNCTION pg_catalog.schemadrift_snapshot(
	schemas text[] DEFAULT NULL,
	global boolean DEFAULT false)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'schemadrift_snapshot'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_snapshot(text[], boolean) IS
	'the live schema as a document: of the schemas named, or of the whole database';

CREATE FUNCTION pg_catalog.schemadrift_objects(
	schemas text[] DEFAULT NULL,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT identity text,
	OUT definition jsonb,
	OUT fingerprint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_objects'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 1000;

COMMENT ON FUNCTION pg_catalog.schemadrift_objects(text[]) IS
	'the live schema, a row for each top-level object, with its definition and fingerprint';

CREATE FUNCTION pg_catalog.schemadrift_fingerprint(
	schemas text[] DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'schemadrift_fingerprint'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000;

COMMENT ON FUNCTION pg_catalog.schemadrift_fingerprint(text[]) IS
	'one text that is equal for equal schemas, whatever server they are on';

CREATE FUNCTION pg_catalog.schemadrift_check(
	expected jsonb,
	options jsonb DEFAULT '{}',
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_check'
LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_check(jsonb, jsonb) IS
	'the differences between a document and the live schema, a row each; no rows mean no drift';

CREATE FUNCTION pg_catalog.schemadrift_diff(
	expected jsonb,
	actual jsonb,
	options jsonb DEFAULT '{}',
	OUT drift text,
	OUT kind text,
	OUT schema_name text,
	OUT object_name text,
	OUT part_name text,
	OUT attribute text,
	OUT expected text,
	OUT actual text,
	OUT severity text,
	OUT identity text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_diff'
LANGUAGE C STABLE PARALLEL UNSAFE COST 10000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_diff(jsonb, jsonb, jsonb) IS
	'the differences between two documents, a row each';

CREATE FUNCTION pg_catalog.schemadrift_kinds(
	OUT kind text,
	OUT node text,
	OUT attribute text,
	OUT type text,
	OUT default_value text,
	OUT since integer,
	OUT severity text,
	OUT description text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_kinds'
LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 200;

COMMENT ON FUNCTION pg_catalog.schemadrift_kinds() IS
	'the kinds of objects that documents know, with their attributes';

CREATE FUNCTION pg_catalog.schemadrift_repair(
	expected jsonb,
	options jsonb DEFAULT '{}',
	OUT step integer,
	OUT sql text,
	OUT kind text,
	OUT identity text,
	OUT mends text[],
	OUT risk text,
	OUT lock text,
	OUT transactional boolean,
	OUT note text,
	OUT verdict text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'schemadrift_repair'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 100;

COMMENT ON FUNCTION pg_catalog.schemadrift_repair(jsonb, jsonb) IS
	'the statements that mend the drift from a document, in the order in which they run';
