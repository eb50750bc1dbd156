-- What a document leaves open: conditions in complete, optional, any_name and
-- any_of.
\set cols 'drift, kind, identity, attribute, expected, actual'
SET client_min_messages = warning;
CREATE SCHEMA regress_alternatives;
SET search_path = regress_alternatives;

CREATE TABLE t (a integer PRIMARY KEY, b text CONSTRAINT filled CHECK (b <> ''), c text UNIQUE);
CREATE INDEX plain ON t (b);
CREATE INDEX partial ON t (c) WHERE b IS NULL;

-- one schema, expected to be as the document says
CREATE FUNCTION pg_temp.drift(schema_document jsonb,
	OUT drift text, OUT kind text, OUT identity text, OUT attribute text, OUT expected text, OUT actual text)
RETURNS SETOF record LANGUAGE sql SET search_path = pg_catalog AS $$
	SELECT drift, kind, identity, attribute, expected, actual
	FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_alternatives', schema_document)))
$$;

-- conditions: the check and the partial index are nobody's business
SELECT * FROM pg_temp.drift('{"complete": [{"constraint": {"type": ["primary key", "unique"]}, "index": {"where": null}}], "tables": {"t": {}}}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": {"unique": true}}, {"constraint": {"type": "check"}}], "tables": {"t": {}}}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": {"unique": false, "where": null}}], "tables": {"t": {"indexes": {"plain": {}}}}}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": {}}], "tables": {"t": {"complete": false}}}');
-- a kind that is derived is meant by name only
SELECT * FROM pg_temp.drift('{"tables": {"t": {"complete": ["column index"], "column_indexes": {"btree (b)": {}}}}}');
SELECT count(*) FROM pg_temp.drift('{"tables": {"t": {"complete": true}}}') WHERE kind = 'column index';

-- optional: it may be missing, and is compared if it is there
SELECT * FROM pg_temp.drift('{"tables": {"nope": {"optional": true}, "t": {"columns": {"d": {"optional": true, "type": "text"}, "a": {"optional": true, "type": "text"}}}}}');
SELECT * FROM pg_temp.drift('{"complete": ["column"], "tables": {"t": {"columns": {"a": {"optional": true}, "b": {}, "c": {"optional": false}, "d": {"optional": false}}}}}');

-- any_name: one like it will do, but not one that the document names
SELECT * FROM pg_temp.drift('{"tables": {"t": {"indexes": {"other": {"any_name": true, "keys": ["b"], "where": null}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"complete": ["index"], "constraints": {"t_pkey": {}, "t_c_key": {}}, "indexes": {"other": {"any_name": true, "keys": ["b"]}, "partial": {}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"indexes": {"other": {"any_name": true, "keys": ["b"]}, "plain": {"keys": ["b"]}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"indexes": {"other": {"any_name": true, "keys": ["a", "b"]}}}}}');
-- one for each of two
SELECT * FROM pg_temp.drift('{"tables": {"t": {"indexes": {"one": {"any_name": true, "keys": ["b"]}, "two": {"any_name": true, "keys": ["b"]}}}}}');

-- any_of: drift is from the one that is nearest
SELECT * FROM pg_temp.drift('{"tables": {"t": {"columns": {"a": {"not_null": true, "any_of": [{"type": "text"}, {"type": "integer"}]}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"columns": {"a": {"not_null": false, "any_of": [{"type": "text"}, {"type": "integer"}]}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"columns": {"b": {"any_of": [{"type": "integer", "not_null": true}, {"type": "bigint"}]}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"u": {"any_of": [{"columns": {"a": {}}}, {}]}}}');

-- bad ones
\set VERBOSITY default
SELECT * FROM pg_temp.drift('{"complete": [{"index": {"nope": true}}]}');
SELECT * FROM pg_temp.drift('{"complete": [{"column": {"base_type": "text"}}]}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": true}]}');
SELECT * FROM pg_temp.drift('{"complete": [{"indexes": {}}]}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": {"where": 1}}]}');
SELECT * FROM pg_temp.drift('{"complete": [{"index": {"where": {"a": 1}}}]}');
SELECT * FROM pg_temp.drift('{"optional": true}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"optional": 1}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"any_name": true}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"columns": {"a": {"any_name": null}}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"any_of": {}}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"any_of": []}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"any_of": [true]}}}');
SELECT * FROM pg_temp.drift('{"tables": {"t": {"any_of": [{"any_of": [{}]}]}}}');
DROP SCHEMA regress_alternatives CASCADE;
