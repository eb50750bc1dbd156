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
	jsonb_build_object('version', :'version', 'schema', 'pg_catalog'))));

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

-- This extension is no part of the schema that it watches.  By name it can be
-- asked for.
SELECT * FROM schemadrift_check('{"extensions": {"schemadrift": {"schema": "pg_catalog"}}}');
SELECT count(*) FROM schemadrift_objects() WHERE kind = 'extension' AND object_name = 'schemadrift';

-- Outside schemas: in the snapshot of the whole database, not in that of a schema.
SELECT jsonb_path_exists(schemadrift_snapshot(), '$.extensions.plpgsql'),
	schemadrift_snapshot('{}') ? 'extensions';
