--
-- Schemas: missing and unexpected; owner and privileges.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

-- Missing: one row, whatever the document says of its contents.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": {}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": {
	"complete": true,
	"enums": {"e": ["a"]},
	"tables": {"t": {"columns": {"id": "bigint"}}, "u": null}}}}');

-- One that must not exist and does not.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": null}}');

CREATE SCHEMA regress_check_schema;

-- It exists.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": {}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": {"complete": true}}}');

-- One that must not exist and does; its contents are not listed.
CREATE TABLE regress_check_schema.t (id bigint);
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": null}}');

-- All columns of such rows.
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_schema": null, "regress_check_schema_2": {}}}');
SELECT * FROM schemadrift_check('{"schemas": {"regress_check_schema": {"tables": {"t": {"columns": {"id": "int", "x": {}}}}}}}');

-- A schema that a complete document does not name is unexpected, and one row.
-- Other tests have schemas of their own at the same time.
SELECT :cols FROM schemadrift_check('{"complete": true}')
 WHERE schema_name LIKE 'regress\_check\_schema%';
SELECT :cols FROM schemadrift_check('{"complete": ["schema"]}')
 WHERE schema_name LIKE 'regress\_check\_schema%';
SELECT :cols FROM schemadrift_check('{"complete": ["table", "extension"]}')
 WHERE schema_name LIKE 'regress\_check\_schema%';
-- named, so expected; what is in it is not, as "complete" goes for the subtree
SELECT :cols FROM schemadrift_check('{"complete": true, "schemas": {"regress_check_schema": {}}}')
 WHERE schema_name LIKE 'regress\_check\_schema%';
SELECT :cols FROM schemadrift_check('{"complete": true, "schemas": {"regress_check_schema": {"complete": false}}}')
 WHERE schema_name LIKE 'regress\_check\_schema%';

-- The server's own schemas and that of the extension are never unexpected.
SELECT count(*) FROM schemadrift_check('{"complete": true}')
 WHERE schema_name ~ '^(pg_|information_schema$|schemadrift$)';
-- Nor are temporary ones.
CREATE TEMP TABLE regress_check_schema_temp (id int);
SELECT count(*) FROM schemadrift_check('{"complete": true}')
 WHERE schema_name LIKE 'pg\_temp%' OR identity LIKE '%regress\_check\_schema\_temp';

-- owner, privileges, comment
SET client_min_messages = warning;
CREATE ROLE regress_check_schema_a;
CREATE ROLE regress_check_schema_b;
ALTER SCHEMA regress_check_schema OWNER TO regress_check_schema_a;
GRANT USAGE ON SCHEMA regress_check_schema TO PUBLIC;
SELECT definition FROM schemadrift_objects('{regress_check_schema}') WHERE kind = 'schema';
SELECT schemadrift_snapshot('{regress_check_schema}') AS doc \gset
SELECT :cols FROM schemadrift_check(:'doc');
GRANT CREATE, USAGE ON SCHEMA regress_check_schema TO regress_check_schema_b WITH GRANT OPTION;
COMMENT ON SCHEMA regress_check_schema IS 'x';
SELECT :cols FROM schemadrift_check(:'doc');
REVOKE ALL ON SCHEMA regress_check_schema FROM regress_check_schema_b, PUBLIC;
COMMENT ON SCHEMA regress_check_schema IS NULL;
ALTER SCHEMA regress_check_schema OWNER TO regress_check_schema_b;
SELECT :cols FROM schemadrift_check(:'doc');
-- a document that says nothing of them does not mind
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_schema": {}}}');
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_schema": {}}}');

-- A renamed schema is missing under one name and unexpected under the other.
SELECT schemadrift_snapshot('{regress_check_schema}') AS doc \gset
SELECT jsonb_set(:'doc', '{complete}', '["schema"]') AS doc \gset
SELECT :cols FROM schemadrift_check(:'doc')
 WHERE schema_name LIKE 'regress\_check\_schema%';
ALTER SCHEMA regress_check_schema RENAME TO "regress_check_schema Other";
SELECT :cols FROM schemadrift_check(:'doc')
 WHERE schema_name LIKE 'regress\_check\_schema%';
ALTER SCHEMA "regress_check_schema Other" RENAME TO regress_check_schema;
SELECT :cols FROM schemadrift_check(:'doc')
 WHERE schema_name LIKE 'regress\_check\_schema%';

-- Names that differ in their first bytes only by what LIKE takes as a wildcard
-- are users' names.
CREATE SCHEMA pgxregress_check_schema;
SELECT :cols FROM schemadrift_check('{"complete": true}')
 WHERE schema_name LIKE 'pgxregress\_check\_schema%';
DROP SCHEMA pgxregress_check_schema;

DROP SCHEMA regress_check_schema CASCADE;
SELECT :cols FROM schemadrift_check(:'doc')
 WHERE schema_name LIKE 'regress\_check\_schema%';
DROP ROLE regress_check_schema_a, regress_check_schema_b;
