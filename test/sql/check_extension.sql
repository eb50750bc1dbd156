--
-- Extensions: missing, unexpected, version, schema.  plpgsql is always there;
-- the documents differ, not the database.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

SELECT extversion AS version FROM pg_extension WHERE extname = 'plpgsql' \gset

-- as it is
SELECT * FROM schemadrift_check('{"extensions": {"plpgsql": {}}}');
SELECT * FROM schemadrift_check(jsonb_build_object('extensions', jsonb_build_object('plpgsql',
	jsonb_build_object('version', :'version', 'schema', 'pg_catalog'))));
SELECT * FROM schemadrift_check(jsonb_build_object('extensions', jsonb_build_object('plpgsql', :'version')));
SELECT * FROM schemadrift_check(jsonb_build_object('exact', true, 'extensions', jsonb_build_object('plpgsql',
	jsonb_build_object('version', :'version', 'schema', 'pg_catalog', 'comment', 'PL/pgSQL procedural language'))));
-- exact: the comment that is left out is no comment
SELECT :cols FROM schemadrift_check('{"exact": true, "extensions": {"plpgsql": {}}}');

-- changed: version, schema
SELECT drift, kind, schema_name, object_name, part_name, attribute, expected, actual = :'version' AS actual, severity, identity
  FROM schemadrift_check('{"extensions": {"plpgsql": {"version": "0.1"}}}');
SELECT drift, kind, identity, attribute, expected, actual = :'version' AS actual, severity
  FROM schemadrift_check('{"extensions": {"plpgsql": "0.1"}}');
SELECT :cols FROM schemadrift_check('{"extensions": {"plpgsql": {"schema": "public"}}}');
SELECT drift, kind, identity, attribute, expected, CASE WHEN attribute <> 'version' THEN actual END, severity
  FROM schemadrift_check('{"extensions": {"plpgsql": {"schema": "public", "version": ""}}}');

-- missing, unexpected
SELECT :cols FROM schemadrift_check('{"extensions": {"regress_none": {}, "Regress None": "1.0",
	"regress_none2": {"version": "2", "schema": "x"}, "regress_none3": null}}');
SELECT drift, kind, identity, attribute, expected, actual = :'version' AS actual, severity
  FROM schemadrift_check('{"extensions": {"plpgsql": null}}');
SELECT drift, kind, identity, attribute, expected, actual = :'version' AS actual, severity
  FROM schemadrift_check('{"complete": ["extension"], "extensions": {"regress_none": {}}}')
 WHERE object_name IN ('plpgsql', 'schemadrift', 'regress_none');
SELECT :cols FROM schemadrift_check('{"complete": ["extension"], "extensions": {"plpgsql": {}}}')
 WHERE object_name IN ('plpgsql', 'schemadrift');
SELECT :cols FROM schemadrift_check('{"complete": ["table"], "extensions": {}}')
 WHERE object_name = 'plpgsql';

-- This extension is one like any other; its own schema and functions are its
-- members.
SELECT * FROM schemadrift_check('{"extensions": {"schemadrift": {"schema": "pg_catalog"}}}');
SELECT count(*) FROM schemadrift_objects() WHERE kind = 'extension' AND object_name = 'schemadrift';
SELECT kind, identity FROM schemadrift_objects() WHERE schema_name = 'schemadrift' OR object_name LIKE 'schemadrift\_%';

-- Outside schemas: in the snapshot of the whole database, not in that of a schema.
SELECT jsonb_path_exists(schemadrift_snapshot(), '$.extensions.plpgsql'),
	schemadrift_snapshot('{}') ? 'extensions';

-- What belongs to an extension is no object of the schema, nor is a schema of
-- an extension that holds nothing else.
SET client_min_messages = warning;
CREATE SCHEMA regress_check_extension;
SET search_path = regress_check_extension;
CREATE TYPE member_enum AS ENUM ('a');
CREATE TABLE member (id int PRIMARY KEY);
CREATE SEQUENCE member_seq;
CREATE VIEW member_view AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW member_matview AS SELECT 1 AS one;
SELECT kind, object_name FROM schemadrift_objects('{regress_check_extension}');
SELECT count(*) FROM schemadrift_check('{"complete": true}') WHERE schema_name = 'regress_check_extension';
ALTER EXTENSION plpgsql ADD SCHEMA regress_check_extension;
ALTER EXTENSION plpgsql ADD TYPE member_enum;
ALTER EXTENSION plpgsql ADD TABLE member;
ALTER EXTENSION plpgsql ADD SEQUENCE member_seq;
ALTER EXTENSION plpgsql ADD VIEW member_view;
ALTER EXTENSION plpgsql ADD MATERIALIZED VIEW member_matview;
SELECT kind, object_name FROM schemadrift_objects('{regress_check_extension}');
SELECT kind, object_name FROM schemadrift_objects() WHERE schema_name = 'regress_check_extension';
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_extension": {"complete": true}}}');
SELECT count(*) FROM schemadrift_check('{"complete": true}') WHERE schema_name = 'regress_check_extension';
-- somebody's own in it
CREATE TABLE own (id int);
SELECT kind, object_name FROM schemadrift_objects() WHERE schema_name = 'regress_check_extension';
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_extension": {"complete": true}}}');
SELECT :cols FROM schemadrift_check('{"complete": true}') WHERE schema_name = 'regress_check_extension';
ALTER EXTENSION plpgsql DROP SCHEMA regress_check_extension;
ALTER EXTENSION plpgsql DROP TYPE member_enum;
ALTER EXTENSION plpgsql DROP TABLE member;
ALTER EXTENSION plpgsql DROP SEQUENCE member_seq;
ALTER EXTENSION plpgsql DROP VIEW member_view;
ALTER EXTENSION plpgsql DROP MATERIALIZED VIEW member_matview;
DROP SCHEMA regress_check_extension CASCADE;
