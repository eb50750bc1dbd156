-- The baseline: what sets it, how migrations move it, what shows its drift.
\pset null -
SET client_min_messages = warning;
CREATE SCHEMA regress_baseline;
SET search_path = regress_baseline;
\set cols 'drift, kind, identity, attribute, expected, actual'
-- of the other objects that the database has, nothing is expected
CREATE FUNCTION expectation() RETURNS jsonb LANGUAGE sql AS
	$$ SELECT pg_catalog.schemadrift_snapshot('{regress_baseline}') $$;

-- there is none yet
SELECT schemadrift_baseline();
SELECT count(*) FROM schemadrift.drift;
SELECT schemadrift_assert();
SELECT schemadrift_report();
SELECT * FROM schemadrift.baseline;
SELECT * FROM schemadrift_observe();
SELECT name, labels, value FROM schemadrift_metrics() WHERE name IN ('schemadrift_has_baseline', 'schemadrift_differences');

CREATE TABLE t (a integer PRIMARY KEY, b text, c text);
CREATE TABLE u (x integer);
CREATE TYPE mood AS ENUM ('fine', 'sad');
CREATE VIEW v AS SELECT a FROM t;
SELECT schemadrift_expect(expectation(), 'day one');
SELECT kind, schema_name, object_name, method, migration, note, set_by = session_user AS by_me FROM schemadrift.baseline ORDER BY kind, object_name COLLATE "C";
SELECT schemadrift_baseline() = expectation() AS same;
SELECT * FROM schemadrift.drift_summary;
SELECT schemadrift_assert();
SELECT schemadrift_report();
-- the same again writes no object
SELECT schemadrift_expect(expectation(), 'once more');
SELECT count(*) AS rows, count(ended_by) AS ended FROM schemadrift.baseline_object;

-- drift from before a migration stays, also on what the migration touches
ALTER TABLE t ALTER b SET NOT NULL, DROP COLUMN c;
ALTER TABLE t ADD z integer;
ALTER TYPE mood ADD VALUE 'angry';
CREATE TABLE stray (y integer);
COMMENT ON VIEW v IS 'from nowhere';
SELECT :cols FROM schemadrift.drift;
SELECT schemadrift_apply('01_more', $$
	ALTER TABLE regress_baseline.t ADD d integer DEFAULT 3;
	ALTER TABLE regress_baseline.t RENAME b TO "B b";
	ALTER TABLE regress_baseline.t RENAME z TO zz;
	ALTER TABLE regress_baseline.u RENAME TO "U u";
	ALTER TABLE regress_baseline.stray ADD more text;
	CREATE TABLE regress_baseline.n (id integer PRIMARY KEY);
	CREATE INDEX ON regress_baseline.t (d);
	GRANT SELECT ON regress_baseline.v TO PUBLIC;
$$);
SELECT :cols FROM schemadrift.drift;
SELECT method, migration, run_id IS NOT NULL AS has_run FROM schemadrift.baseline_change ORDER BY changed_at;
SELECT kind, object_name, migration FROM schemadrift.baseline WHERE method = 'migration' ORDER BY object_name COLLATE "C";
-- names change places
SELECT schemadrift_apply('02_swap', $$
	ALTER TABLE regress_baseline.n RENAME TO m; ALTER TABLE regress_baseline."U u" RENAME TO n; ALTER TABLE regress_baseline.m RENAME TO "U u";
$$);
SELECT :cols FROM schemadrift.drift;
SELECT object_name, jsonb_object_keys(definition -> 'columns') FROM schemadrift.baseline WHERE object_name IN ('n', 'U u') ORDER BY 1;
-- one that fails moves nothing, nor does one that changes nothing
SELECT schemadrift_apply('03_fails', 'DROP TABLE regress_baseline.n; SELECT 1/0');
SELECT schemadrift_apply('04_nothing', 'SELECT 1');
SELECT :cols FROM schemadrift.drift;
SELECT count(*) FROM schemadrift.baseline_change;
-- nor does what is rolled back
BEGIN;
SELECT schemadrift_apply('05_undone', 'DROP TABLE regress_baseline.n');
ROLLBACK;
SELECT count(*) FROM schemadrift.baseline_change;
-- between begin and end
SELECT schemadrift_begin('06_begin') IS NOT NULL AS begun;
DROP TABLE n;
DROP TABLE nope;
DROP VIEW v;
ALTER TABLE t ALTER a TYPE bigint;
SELECT schemadrift_end();
SELECT :cols FROM schemadrift.drift;
SELECT schemadrift_begin('07_begin') IS NOT NULL AS begun;
CREATE TABLE n (id bigint);
CREATE INDEX CONCURRENTLY early ON t (a);
SELECT schemadrift_end();
SELECT :cols FROM schemadrift.drift;

-- merging
SELECT schemadrift_merge('{"a": 1}', '{"a": 1}', '{"b": 2}');
SELECT schemadrift_merge('{"a": 1}', '{"a": 2}', '{"a": 3, "b": 2}');
SELECT schemadrift_merge('{"a": 1, "c": 1}', '{"a": 1, "d": 1}', '{"c": 3, "b": 2}');
SELECT schemadrift_merge('{"columns": {"x": {"type": "a"}, "y": {"type": "a"}}}', '{"columns": {"x": {"type": "b"}, "y": {"type": "b"}, "z": {}}}', '{"columns": {"x": {"type": "c", "not_null": true}}}');
SELECT schemadrift_merge('{"options": {"x": "1"}}', '{"options": {"x": "1", "y": "2"}}', '{}');
SELECT schemadrift_merge('{"x": [1]}', '{"x": [2]}', 'null');
SELECT schemadrift_merge(NULL, '{}', '{}');
-- of what was renamed
\set renamed '{"names": [["a", "b"]]}'
SELECT schemadrift_merge('{"x": "a > 1", "y": "a"}', '{"x": "b > 1", "y": "c"}', '{"x": "a > 2", "y": "d"}', :'renamed');
SELECT schemadrift_merge('{"x": ["a", "c"]}', '{"x": ["b", "c"]}', $${"x": ["a", "lower(a)", "'a'", "\"a\"", "a.a_1"]}$$, :'renamed');
SELECT schemadrift_merge('{"constraints": {"a": {"t": 1}, "z": {}}}', '{"constraints": {"b": {"t": 1}}}', '{"constraints": {"a": {"t": 2}, "z": {}}}', :'renamed');
SELECT schemadrift_merge('{"x": "a"}', '{"x": "b"}', '{"x": "c"}', '{"names": [["a"], 7, ["a", 1], ["a", "b", "c", "d"]]}');
SELECT schemadrift_merge('{"x": "a.t"}', '{"x": "b.t"}', '{"x": "a.t + a.u + t.a"}', '{"names": [["a", "b", "t"]]}');
SELECT schemadrift_merge('{"x": "a"}', '{"x": "b"}', '{"x": "c"}', '[1]');
SELECT schemadrift_merge('{"x": "a"}', '{"x": "b"}', '{"x": "c"}', '{"names": {"a": "b"}}');

-- the views
CREATE TABLE regress_baseline.late (a integer);
SELECT severity, kind, differences, missing, unexpected, changed FROM schemadrift.drift_summary ORDER BY severity, kind;
SELECT * FROM schemadrift.missing_columns;
SELECT * FROM schemadrift.type_mismatches;
SELECT * FROM schemadrift.enum_mismatches;
SELECT identity, last_ddl FROM schemadrift.drift WHERE kind = 'table' ORDER BY identity;
INSERT INTO schemadrift.ignore_rule (kind, schema_pattern, name_pattern, reason) VALUES ('table', 'regress_baseline', 'late', 'a test');
SELECT drift, kind, identity FROM schemadrift.suppressed_drift;
SELECT count(*) FROM schemadrift.drift WHERE identity = 'regress_baseline.late';
DELETE FROM schemadrift.ignore_rule WHERE reason = 'a test';

-- the history of drift
SELECT * FROM schemadrift_observe();
SELECT * FROM schemadrift_observe();
DROP TABLE late;
ALTER TABLE t ALTER "B b" SET DEFAULT 'x';
ALTER TYPE mood ADD VALUE 'glad';
SELECT * FROM schemadrift_observe();
SELECT event, drift, identity, attribute, actual FROM schemadrift.drift_event ORDER BY at, identity COLLATE "C", attribute COLLATE "C";
SELECT identity, attribute, first_seen IS NOT NULL AS seen FROM schemadrift.drift;

-- gates
\set SHOW_CONTEXT never
SELECT schemadrift_assert();
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_assert(fail_on => '{security}');
SELECT schemadrift_assert('{"tables": {"nope": {}}}', '{breaking}');
SELECT schemadrift_assert(NULL);
SELECT schemadrift_assert(fail_on => '{nope}');
SELECT schemadrift_assert(fail_on => NULL);
SELECT schemadrift_assert(fail_on => ARRAY[NULL::text]);
SELECT schemadrift_assert(fail_on => '{}');
SELECT schemadrift_report();
SELECT schemadrift_report('text');
SELECT jsonb_pretty(schemadrift_report('json', '{"tables": {"a|b": {}}}')::jsonb);
SELECT schemadrift_report('markdown', '{"tables": {"a|b": {}}}');
SELECT schemadrift_report('html');
SELECT schemadrift_report(NULL);

-- what else a baseline can be
SELECT schemadrift_expect('{"tables": {"short": {"columns": {"a": "text"}}}, "schemas": {"no such": null}, "complete": ["enum"]}');
SELECT kind, schema_name, object_name, definition FROM schemadrift.baseline ORDER BY kind, object_name;
SELECT schemadrift_baseline();
SELECT drift, kind, identity FROM schemadrift.drift WHERE schema_name IN ('public', 'regress_baseline', 'no such');
SELECT schemadrift_expect('{"tables": {"t": {"colums": {}}}}');
SELECT schemadrift_expect(NULL);
SELECT kind, schema_name, object_name, definition FROM schemadrift_document_objects('{"enums": {"e": ["a"]}, "schemas": {"public": {"owner": "x", "tables": {"T": {}}}}, "extensions": {"x": {}}, "exact": true}');
SELECT * FROM schemadrift_document_objects('{"nope": 1}');
BEGIN READ ONLY; SELECT schemadrift_accept(); ROLLBACK;

-- rights
CREATE ROLE regress_baseline_user;
SET ROLE regress_baseline_user;
SELECT schemadrift_accept();
SELECT schemadrift_expect('{}');
SELECT schemadrift_observe();
SELECT count(*) FROM schemadrift.drift;
SELECT * FROM schemadrift_blame();
SELECT count(*) > 0 FROM schemadrift.baseline;
SELECT schemadrift_assert('{}');
INSERT INTO schemadrift.baseline_object DEFAULT VALUES;
RESET ROLE;
DELETE FROM schemadrift.baseline_object;
DELETE FROM schemadrift.drift_event;

-- schemas that are to be alike
CREATE SCHEMA regress_like; CREATE SCHEMA "regress_like Two"; CREATE SCHEMA regress_like3;
DO $$
DECLARE
	s text;
BEGIN
	FOREACH s IN ARRAY '{regress_like,regress_like Two,regress_like3}'::text[] LOOP
		EXECUTE format('CREATE TYPE %1$I.m AS ENUM (''x''); CREATE TABLE %1$I.u (id serial PRIMARY KEY, m %1$I.m, s text DEFAULT ''regress_like.x'');
			CREATE TABLE %1$I.v (u integer REFERENCES %1$I.u); CREATE VIEW %1$I.w AS SELECT * FROM %1$I.u;
			CREATE FUNCTION %1$I.f(%1$I.m) RETURNS %1$I.u LANGUAGE sql AS ''SELECT * FROM %1$I.u'';
			CREATE POLICY p ON %1$I.u USING (id IN (SELECT u FROM %1$I.v));', s);
	END LOOP;
END $$;
SELECT * FROM schemadrift_compare_schemas('regress_like', 'regress_like*');
ALTER TABLE regress_like3.u ADD x integer; DROP VIEW "regress_like Two".w; CREATE TABLE "regress_like Two".more ();
SELECT * FROM schemadrift_compare_schemas('regress_like', 'regress_like*');
SELECT schema_name, count(*) FROM schemadrift_compare_schemas('regress_like3', 'regress_lik?') GROUP BY 1;
SELECT * FROM schemadrift_compare_schemas('regress_like', 'regress_lik_');
SELECT * FROM schemadrift_compare_schemas('regress none', '*');
SELECT * FROM schemadrift_compare_schemas(NULL, '*');
SELECT kind, identity, fingerprint = (SELECT o.fingerprint FROM schemadrift_objects('{regress_like}') AS o WHERE o.identity = f.identity) AS same FROM schemadrift_fingerprints('{regress_like}') AS f;

DROP SCHEMA regress_like CASCADE; DROP SCHEMA "regress_like Two" CASCADE; DROP SCHEMA regress_like3 CASCADE;
DROP SCHEMA regress_baseline CASCADE;
-- nothing is expected any more
SELECT schemadrift_expect('{}');
SELECT * FROM schemadrift.drift_summary;
DROP ROLE regress_baseline_user;
