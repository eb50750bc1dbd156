--
-- Two documents: every rule of check, for objects that exist nowhere.  The
-- second document is a state: what it does not list is not there, and what it
-- does not say has its default.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

CREATE FUNCTION pg_temp.diff(expected jsonb, actual jsonb, options jsonb DEFAULT '{}',
	OUT drift text, OUT kind text, OUT identity text, OUT attribute text, OUT expected_value text, OUT actual_value text, OUT severity text)
RETURNS SETOF record LANGUAGE sql AS
$$ SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_diff($1, $2, $3) $$;

-- Nothing said, nothing there.
SELECT * FROM pg_temp.diff('{}', '{}');
SELECT * FROM pg_temp.diff('{"exact": true, "complete": true}', '{}');
SELECT * FROM pg_temp.diff('{}', '{"tables": {"a": {"columns": {"id": "int"}}}, "extensions": {"x": "1"}, "schemas": {"s": {"enums": {"e": ["x"]}}}}');

-- Missing, unexpected, changed, of every kind.
\set full '{"extensions": {"e": {"version": "1", "schema": "public"}}, "schemas": {"s": {"enums": {"en": ["a", "b"]}, "sequences": {"sq": {"max": 9}}, "views": {"v": {"definition": "SELECT 1", "columns": {"c": "int"}}}, "materialized_views": {"m": {"definition": "SELECT 1", "columns": {"c": "int"}, "indexes": {"mi": ["c"]}}}, "tables": {"t": {"columns": {"c": {"type": "int", "not_null": true}}, "constraints": {"p": {"type": "primary key", "columns": ["c"]}}, "indexes": {"i": {"unique": true, "keys": ["c"]}}}}}}}'
SELECT * FROM pg_temp.diff(:'full', :'full');
SELECT * FROM pg_temp.diff(:'full', '{}');
SELECT * FROM pg_temp.diff(:'full', '{"schemas": {"s": {}}}');
SELECT * FROM pg_temp.diff(:'full', '{"schemas": {"s": {"tables": {"t": {}}, "views": {"v": {}}, "materialized_views": {"m": {}}}}}');
SELECT * FROM pg_temp.diff('{"complete": true}', :'full');
SELECT * FROM pg_temp.diff('{"schemas": {"s": {"complete": true}}}', :'full');
SELECT * FROM pg_temp.diff('{"complete": true, "schemas": {"s": {"tables": {"t": {}}, "views": {"v": {}}, "materialized_views": {"m": {}}}}}', :'full');
SELECT * FROM pg_temp.diff('{"schemas": {"s": null}, "extensions": {"e": null}}', :'full');
SELECT * FROM pg_temp.diff('{"schemas": {"s": {"tables": {"t": {"columns": {"c": null}, "constraints": {"p": null}, "indexes": {"i": null}}}, "views": {"v": null}, "enums": {"en": null}, "sequences": {"sq": null}, "materialized_views": {"m": {"columns": {"c": null}, "indexes": {"mi": null}}}}}}', :'full');
SELECT * FROM pg_temp.diff('{"extensions": {"e": "2"}, "schemas": {"s": {"enums": {"en": ["b", "a"]}, "sequences": {"sq": {"max": 10, "cycle": true}}, "views": {"v": "SELECT 2"}, "materialized_views": {"m": {"definition": "SELECT 2", "columns": {"c": "text"}, "indexes": {"mi": ["d"]}}},
	"tables": {"t": {"unlogged": true, "columns": {"c": {"type": "text", "not_null": false, "default": "1"}}, "constraints": {"p": {"type": "unique", "columns": ["c", "d"]}}, "indexes": {"i": {"unique": false, "keys": ["c", "d"]}}}}}}}', :'full');
SELECT drift, kind, schema_name, object_name, part_name, attribute, expected, actual, severity, identity
  FROM schemadrift_diff('{"schemas": {"Odd S": {"tables": {"t.t": {"columns": {"C": "text", "x": {}}, "constraints": {"k": {}}, "indexes": {"i": null}}}}, "gone": {}}, "extensions": {"e": null}}',
	'{"schemas": {"Odd S": {"tables": {"t.t": {"columns": {"C": "int"}, "indexes": {"i": ["a"]}}}}}, "extensions": {"e": {}}}');

-- null in the second document is "not there".
SELECT * FROM pg_temp.diff(:'full', '{"schemas": {"s": {"tables": {"t": {"columns": {"c": null}, "constraints": {"p": null}}}, "views": {"v": null}, "enums": {"en": null}}}, "extensions": {"e": null}}');
SELECT * FROM pg_temp.diff('{"schemas": {"s": {}}}', '{"schemas": {"s": null}}');
SELECT * FROM pg_temp.diff('{"complete": true, "schemas": {"s": null}, "tables": {"t": {"columns": {"c": null}}, "u": null}}', '{"schemas": {"s": null, "r": null}, "tables": {"t": {"columns": {"c": null, "d": null}}, "u": null, "w": null}}');

-- What the second document does not say has its default.
SELECT * FROM pg_temp.diff('{"tables": {"t": {"unlogged": false, "row_security": false, "inherits": [], "options": {}, "partition_by": null, "columns": {"c": {"not_null": false, "default": null, "identity": null, "statistics": null}},
	"constraints": {"k": {"on_delete": "no action", "match": "simple", "validated": true, "deferrable": false, "columns": []}}, "indexes": {"i": {"method": "btree", "unique": false, "valid": true, "where": null}}}}, "sequences": {"s": {"type": "bigint", "increment": 1, "cycle": false, "owned_by": null}}}',
	'{"tables": {"t": {"columns": {"c": {}}, "constraints": {"k": {}}, "indexes": {"i": {}}}}, "sequences": {"s": {}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"unlogged": true, "row_security": true, "inherits": ["p"], "options": {"fillfactor": 70}, "partition_by": "LIST (c)", "columns": {"c": {"not_null": true, "default": "1", "identity": "always", "statistics": 7}},
	"constraints": {"k": {"on_delete": "cascade", "match": "full", "validated": false, "deferrable": true, "columns": ["c"]}}, "indexes": {"i": {"method": "hash", "unique": true, "valid": false, "where": "c"}}}}, "sequences": {"s": {"type": "int", "increment": 2, "cycle": true, "owned_by": "t.c"}}}',
	'{"tables": {"t": {"columns": {"c": {}}, "constraints": {"k": {}}, "indexes": {"i": {}}}}, "sequences": {"s": {}}}');
-- Some attributes have no default at all, and of others it depends: it is what
-- the server would take.
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"c": {"type": "int"}}}}, "enums": {"e": ["a"]}}',
	'{"tables": {"t": {"columns": {"c": {}}}}, "enums": {"e": {}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"c": {"type": "int", "storage": "plain"}}}}, "sequences": {"s": {"start": 1}}}',
	'{"exact": true, "tables": {"t": {"columns": {"c": {"type": "int"}}}}, "sequences": {"s": {}}}');
SELECT * FROM pg_temp.diff('{"exact": true, "tables": {"t": {"columns": {"c": {"type": "text", "storage": "external"}, "i": {"type": "int", "identity": {"generation": "always", "start": 5, "max": 99, "cycle": true}}}}}, "sequences": {"s": {"start": 5, "min": 2, "max": 9}}}',
	'{"exact": true, "tables": {"t": {"columns": {"c": {"type": "text"}, "i": {"type": "int", "identity": "always"}}}}, "sequences": {"s": {}}}');
SELECT * FROM pg_temp.diff('{"exact": true, "tables": {"t": {"columns": {"c": {"type": "text"}, "i": {"type": "int", "identity": "always"}}}}, "sequences": {"s": {}}}',
	'{"exact": true, "tables": {"t": {"columns": {"c": {"type": "text", "storage": "external"}, "i": {"type": "int", "identity": {"generation": "always", "start": 5, "max": 99, "cycle": true}}}}}, "sequences": {"s": {"start": 5, "min": 2, "max": 9}}}');

-- exact in the first document: what it leaves out must have its default.
SELECT * FROM pg_temp.diff('{"exact": true, "tables": {"t": {"columns": {"c": "int"}}, "u": {"exact": false}}}',
	'{"tables": {"t": {"unlogged": true, "options": {"a": "b"}, "columns": {"c": {"type": "int", "not_null": true, "default": "1"}}}, "u": {"unlogged": true}}}');
SELECT * FROM pg_temp.diff('{"exact": true, "tables": {"t": {"columns": {"c": "int"}}}}',
	'{"tables": {"t": {"unlogged": false, "options": {}, "inherits": [], "columns": {"c": {"type": "int", "not_null": false, "default": null, "statistics": null}}}}}');

-- Spelling: types of the server mean the same, expressions are compared as the
-- parser sees them.
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"a": "int4", "b": "varchar(20)", "c": "timestamptz(3)", "d": "text []", "e": "numeric(10, 2)", "f": "no_such_type", "g": "int8", "h": "integer", "i": "text[]"}}}}',
	'{"tables": {"t": {"columns": {"h": "int", "i": "_text", "a": "integer", "b": "character varying(20)", "c": "timestamp(3) with time zone", "d": "text[]", "e": "decimal(10,2)", "f": "no_such_type2", "g": "int4"}}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"a": {"default": "now()"}, "b": {"default": "1+1"}, "c": {"default": "1 + 2"}, "d": {"default": ")"}, "e": {"generated": "a||b"}},
	"constraints": {"k1": {"expression": "a>0 and b<1"}, "k2": {"expression": "(a > 0)"}, "k3": {"keys": ["a desc"], "where": "x is null"}}, "indexes": {"i1": {"keys": ["lower(a)", "b  DESC"], "where": "(a)"}, "i2": ["c"]}, "partition_by": "list (a)"},
	"u": {"partition_bound": "for values in (1,2)"}}, "views": {"v": "select  1", "w": "SELECT 1;"}}',
	'{"tables": {"t": {"columns": {"a": {"default": "NOW( )"}, "b": {"default": "1 + 1"}, "c": {"default": "1 + 3"}, "d": {"default": "("}, "e": {"generated": "a || b"}},
	"constraints": {"k1": {"expression": "a > 0 AND b < 1"}, "k2": {"expression": "a > 0"}, "k3": {"keys": ["a DESC"], "where": "x IS NULL"}}, "indexes": {"i1": {"keys": ["LOWER(a)", "b DESC"], "where": "a"}, "i2": ["d"]}, "partition_by": "LIST (a)"},
	"u": {"partition_bound": "FOR VALUES IN (1, 2)"}}, "views": {"v": "SELECT 1", "w": "select 1"}}');
-- words in any case, options as numbers
SELECT * FROM pg_temp.diff('{"tables": {"t": {"options": {"fillfactor": 70, "x": true}, "constraints": {"k": {"type": "PRIMARY KEY"}}}}, "views": {"v": {"check_option": "Local"}}}',
	'{"tables": {"t": {"options": {"x": "true", "fillfactor": "70"}, "constraints": {"k": {"type": "primary key"}}}}, "views": {"v": {"check_option": "local"}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"options": {"fillfactor": 70}}}}', '{"tables": {"t": {"options": {"fillfactor": 70, "x": 1}}}}');

-- Order of columns.
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"a": {"position": 1}, "b": {"position": 2}, "c": {"position": 3}, "d": {"position": 4}}}}}',
	'{"tables": {"t": {"columns": {"a": {"position": 40}, "b": {"position": 10}, "c": {"position": 20}, "d": {"position": 30}}}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"a": {"position": 1}, "b": {"position": 2}, "c": {"position": 3}}}}}',
	'{"tables": {"t": {"columns": {"a": {"position": 1}, "x": {"position": 2}, "b": {"position": 3}, "c": {}}}}}');

-- Attributes that the server of the second document did not have are not
-- compared.
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"c": {"virtual": true}}, "constraints": {"k": {"without_overlaps": true, "enforced": false}}}}}', '{"server": 170000, "tables": {"t": {"columns": {"c": {}}, "constraints": {"k": {}}}}}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"columns": {"c": {"virtual": true}}, "constraints": {"k": {"without_overlaps": true, "enforced": false}}}}}', '{"server": 180000, "tables": {"t": {"columns": {"c": {}}, "constraints": {"k": {}}}}}');
SELECT * FROM pg_temp.diff('{"server": 150000, "exact": true, "tables": {"t": {"columns": {"c": {"type": "int"}}, "constraints": {"k": {}}}}}', '{"server": 180000, "tables": {"t": {"columns": {"c": {"type": "int", "virtual": true}}, "constraints": {"k": {"without_overlaps": true, "enforced": false}}}}}');

-- Names of over 63 bytes, in both.
SELECT repeat('x', 63) AS x63, repeat('x', 70) AS x70 \gset
SELECT * FROM pg_temp.diff(jsonb_build_object('tables', jsonb_build_object(:'x70', '{"unlogged": true}'::jsonb)), jsonb_build_object('tables', jsonb_build_object(:'x63', '{}'::jsonb)));
SELECT * FROM pg_temp.diff(jsonb_build_object('tables', jsonb_build_object(:'x63', '{"unlogged": true}'::jsonb)), jsonb_build_object('tables', jsonb_build_object(:'x70', '{}'::jsonb)));

-- Severities.
SELECT * FROM pg_temp.diff(:'full', '{"schemas": {"s": {}}}', '{"severity": ["behaviour", "integrity"]}');
SELECT * FROM pg_temp.diff('{"tables": {"t": {"indexes": {"u": {"unique": true, "keys": ["a"]}, "i": ["a"]}, "constraints": {"k": {"type": "unique"}}}}}', '{"tables": {"t": {}}}', '{"severity": ["integrity"]}');

-- An error in either document, wherever it is.
SELECT * FROM schemadrift_diff('{"tables": {"t": {"nope": 1}}}', '{}');
SELECT * FROM schemadrift_diff('{"tables": {"t": {}}}', '{"tables": {"t": {"nope": 1}}}');
SELECT * FROM schemadrift_diff('{}', '{"nope": 1}');
SELECT * FROM schemadrift_diff('{}', '{"tables": {"t": {"nope": 1}}}');
SELECT * FROM schemadrift_diff('{"tables": {"t": null}}', '{"tables": {"t": {"columns": {"c": {"nope": 1}}}}}');
SELECT * FROM schemadrift_diff('{}', '{"schemas": {"a": {"tables": {"t": {"columns": {"c": 1}}}}}}');

-- Live objects do not matter: the enum of the name is not asked.
CREATE SCHEMA regress_diff;
CREATE TABLE regress_diff.t (id int);
CREATE TYPE regress_diff.mood AS ENUM ('a');
SELECT * FROM pg_temp.diff('{"schemas": {"regress_diff": {"tables": {"t": {"columns": {"id": "text"}}, "u": {}}}}}', '{"schemas": {"regress_diff": {"tables": {"t": {"columns": {"id": "text"}}}}}}');
-- A snapshot and the one before.
SELECT schemadrift_snapshot('{regress_diff}') AS before \gset
ALTER TABLE regress_diff.t ADD COLUMN m regress_diff.mood DEFAULT 'a', ALTER id TYPE bigint;
CREATE INDEX t_id ON regress_diff.t (id);
SELECT schemadrift_snapshot('{regress_diff}') AS after \gset
SELECT * FROM pg_temp.diff(:'before', :'after');
SELECT * FROM pg_temp.diff(:'after', :'before');
-- the same as check says
SELECT :cols FROM schemadrift_check(:'before');
SET client_min_messages = warning;
DROP SCHEMA regress_diff CASCADE;
