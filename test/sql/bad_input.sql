--
-- Whatever is given that is no document, no option, no schema: an error that
-- says what is wrong and where, and never a server that is down.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set VERBOSITY default

CREATE SCHEMA regress_bad_input;
SET search_path = regress_bad_input;
CREATE TABLE t (id int);

-- NULL is no document and no options: no rows must mean no drift.
SELECT * FROM schemadrift_check(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_check('{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_diff(NULL, '{}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_diff('{}', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_diff('{}', '{}', NULL);
\echo :LAST_ERROR_SQLSTATE

-- No object.
SELECT * FROM schemadrift_check('[]');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_check('"x"');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_check('null');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_diff('{}', '[{}]');
\echo :LAST_ERROR_SQLSTATE

-- From here on the parts of the messages in a row, for many documents.
CREATE FUNCTION bad(doc jsonb, options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; detail text; hint text; state text; n bigint;
BEGIN
	SELECT count(*) INTO n FROM schemadrift_check(doc, options);
	RETURN 'no error, rows: ' || n;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
		hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
	RETURN concat_ws(E'\n  ', state || ' ' || message, NULLIF(detail, ''), NULLIF(hint, ''));
END $$;
-- a document that says one thing of a table
CREATE FUNCTION of_table(said jsonb) RETURNS jsonb LANGUAGE sql AS
$$ SELECT jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('t', said)))) $$;

SELECT d, bad(d) FROM (VALUES ('[]'::jsonb), ('[{}]'), ('7'), ('true'), ('"{}"'), ('null')) AS v(d);

-- Unknown keys, at every level.
SELECT bad('{"nope": 1}');
SELECT bad('{"Tables": {}}');
SELECT bad('{"columns": {}}');
SELECT bad('{"": {}}');
SELECT bad('{"schemas": {"public": {"nope": {}}}}');
SELECT bad('{"schemas": {"a.b \"c": {"extensions": {}}}}');
SELECT bad('{"extensions": {"x": {"nope": 1}}}');
SELECT bad('{"enums": {"x": {"label": []}}}');
SELECT bad('{"sequences": {"x": {"minimum": 1}}}');
SELECT bad('{"tables": {"x": {"column": {}}}}');
SELECT bad('{"tables": {"x": {"labels": []}}}');
SELECT bad('{"views": {"x": {"query": "SELECT 1"}}}');
SELECT bad('{"views": {"x": {"constraints": {}}}}');
SELECT bad('{"materialized_views": {"x": {"security_invoker": true}}}');
SELECT bad('{"tables": {"x": {"columns": {"odd \"name\"": {"notnull": true}}}}}');
SELECT bad('{"tables": {"x": {"columns": {"0": {"identity": {"maximum": 1}}}}}}');
SELECT bad('{"tables": {"x": {"constraints": {"c": {"references": {"name": "x"}}}}}}');
SELECT bad('{"tables": {"x": {"constraints": {"c": {"check": "true"}}}}}');
SELECT bad('{"tables": {"x": {"indexes": {"größe": {"columns": []}}}}}');
-- an attribute of a group is no key of its own
SELECT bad('{"tables": {"x": {"constraints": {"c": {"references.table": "x"}}}}}');
-- nothing hides behind a long key, an empty object, or what says "no such object"
SELECT bad(jsonb_build_object('tables', jsonb_build_object('x', jsonb_build_object(repeat('k', 100), 1))));
SELECT bad('{"schemas": {"regress_bad_input_none": {"nope": {}}}}');
-- also where the schema, or the table, does not exist
SELECT bad('{"schemas": {"regress_bad_input_none": {"tables": {"x": {"nope": 1}}}}}');
SELECT bad('{"schemas": {"regress_bad_input_none": {"enums": {"e": ["a", 1]}}}}');
SELECT bad('{"schemas": {"regress_bad_input": {"tables": {"none": {"nope": 1}}}}}');

-- Wrong types: of nodes
SELECT d, bad(d) FROM (VALUES ('{"schemas": []}'::jsonb), ('{"schemas": "public"}'),
	('{"schemas": {"public": "x"}}'), ('{"schemas": {"public": []}}'), ('{"schemas": {"public": true}}'),
	('{"schemas": null}'), ('{"tables": null}'), ('{"tables": []}'), ('{"tables": {"x": "text"}}'),
	('{"tables": {"x": []}}'), ('{"tables": {"x": 1}}'), ('{"tables": {"x": false}}'),
	('{"tables": {"x": {"columns": []}}}'), ('{"tables": {"x": {"columns": null}}}'),
	('{"tables": {"x": {"columns": {"c": []}}}}'), ('{"tables": {"x": {"columns": {"c": 1}}}}'),
	('{"tables": {"x": {"columns": {"c": true}}}}'),
	('{"tables": {"x": {"constraints": {"c": "unique"}}}}'), ('{"tables": {"x": {"indexes": {"i": "a"}}}}'),
	('{"enums": {"e": "a"}}'), ('{"enums": {"e": {"labels": {}}}}'), ('{"sequences": {"s": "bigint"}}'),
	('{"sequences": {"s": []}}'),
	('{"views": {"v": []}}'), ('{"materialized_views": {"m": 1}}'), ('{"extensions": {"x": []}}'), ('{"extensions": []}')) AS v(d);
-- of values: boolean, integer, string, word, list, map, position, type,
-- expression, keys
SELECT d, bad(of_table(d)) FROM (VALUES ('{"unlogged": "true"}'::jsonb), ('{"unlogged": 1}'),
	('{"unlogged": null}'), ('{"row_security": []}'),
	('{"server": 1}'), ('{"server": {}}'), ('{"partition_of": true}'), ('{"inherits": "x"}'), ('{"inherits": {}}'),
	('{"inherits": [1]}'), ('{"inherits": [null]}'), ('{"inherits": [["x"]]}'), ('{"inherits": [{}]}'), ('{"inherits": null}'),
	('{"options": []}'), ('{"options": "x"}'), ('{"options": null}'), ('{"options": {"fillfactor": null}}'),
	('{"options": {"fillfactor": []}}'), ('{"options": {"fillfactor": {}}}'), ('{"partition_by": 1}'), ('{"partition_bound": []}'),
	('{"columns": {"c": {"type": 1}}}'), ('{"columns": {"c": {"type": null}}}'),
	('{"columns": {"c": {"type": ["text"]}}}'), ('{"columns": {"c": {"default": 1}}}'),
	('{"columns": {"c": {"default": true}}}'), ('{"columns": {"c": {"generated": {}}}}'),
	('{"columns": {"c": {"position": "1"}}}'), ('{"columns": {"c": {"position": 1.5}}}'),
	('{"columns": {"c": {"position": 1e2}}}'), ('{"columns": {"c": {"position": 99999999999999999999}}}'),
	('{"columns": {"c": {"position": null}}}'), ('{"columns": {"c": {"statistics": "x"}}}'),
	('{"columns": {"c": {"statistics": true}}}'),
	('{"columns": {"c": {"identity": true}}}'), ('{"columns": {"c": {"identity": []}}}'),
	('{"columns": {"c": {"identity": {"start": "1"}}}}'), ('{"columns": {"c": {"identity": {"cycle": 0}}}}'),
	('{"columns": {"c": {"identity": {"start": null}}}}'), ('{"columns": {"c": {"storage": 1}}}'),
	('{"columns": {"c": {"storage": null}}}'), ('{"columns": {"c": {"collation": []}}}'),
	('{"constraints": {"c": {"type": 1}}}'), ('{"constraints": {"c": {"type": null}}}'),
	('{"constraints": {"c": {"columns": "id"}}}'), ('{"constraints": {"c": {"references": "x"}}}'),
	('{"constraints": {"c": {"references": []}}}'), ('{"constraints": {"c": {"references": {"columns": "id"}}}}'),
	('{"constraints": {"c": {"expression": 1}}}'), ('{"constraints": {"c": {"keys": "id"}}}'),
	('{"constraints": {"c": {"keys": [1]}}}'), ('{"constraints": {"c": {"on_delete": null}}}'),
	('{"indexes": {"i": {"keys": {}}}}'), ('{"indexes": {"i": [1]}}'), ('{"indexes": {"i": {"unique": "yes"}}}'),
	('{"indexes": {"i": {"where": true}}}')) AS v(d);
-- where null is a value
SELECT bad(of_table('{"partition_by": null, "partition_of": null, "partition_bound": null, "server": null, "columns": {"id": {"default": null, "generated": null, "identity": null, "collation": null, "compression": null, "statistics": null}}}'));
SELECT d, bad(of_table(d)) FROM (VALUES ('{"row_type": null}'::jsonb), ('{"constraints": {"c": {"index": null}}}')) AS v (d);

-- Words.
SELECT d, bad(of_table(d)) FROM (VALUES ('{"columns": {"c": {"identity": "sometimes"}}}'::jsonb),
	('{"columns": {"c": {"identity": {"generation": ""}}}}'), ('{"columns": {"c": {"storage": "default"}}}'),
	('{"columns": {"c": {"compression": "zstd"}}}'),
	('{"constraints": {"c": {"type": "not null"}}}'), ('{"constraints": {"c": {"type": "primary  key"}}}'),
	('{"constraints": {"c": {"on_delete": "SETNULL"}}}'), ('{"constraints": {"c": {"on_update": "nothing"}}}'),
	('{"constraints": {"c": {"match": "best"}}}')) AS v(d);
SELECT bad('{"views": {"v": {"check_option": "global"}}}');

-- complete, exact, format, server.
SELECT d, bad(d) FROM (VALUES ('{"complete": "yes"}'::jsonb), ('{"complete": null}'), ('{"complete": 1}'),
	('{"complete": {}}'), ('{"complete": ["tables"]}'), ('{"complete": ["nope"]}'), ('{"complete": ["document"]}'),
	('{"complete": [1]}'), ('{"complete": ["table", null]}'), ('{"complete": [["table"]]}'),
	('{"schemas": {"public": {"complete": "all"}}}'), ('{"tables": {"x": {"complete": ["Column"]}}}'),
	('{"tables": {"x": {"columns": {"c": {"complete": 0}}}}}'),
	('{"exact": "true"}'), ('{"exact": null}'), ('{"exact": ["table"]}'), ('{"schemas": {"public": {"exact": 1}}}'),
	('{"tables": {"x": {"columns": {"c": {"exact": {}}}}}}'),
	('{"format": "schemadrift/2"}'), ('{"format": ""}'), ('{"format": 1}'), ('{"format": null}'),
	('{"format": "schemadrift/10"}'), ('{"schemas": {"public": {"format": "schemadrift/1"}}}'),
	('{"server": "150020"}'), ('{"server": 15}'), ('{"server": 15.2}'), ('{"server": -150020}'), ('{"server": 1e30}'),
	('{"server": 4294967446}'), ('{"server": 4295117316}'), ('{"server": null}'), ('{"server": []}')) AS v(d);

-- Contradictions.
SELECT bad('{"schemas": {"public": null}, "tables": {"x": {}}}');
SELECT bad('{"schemas": {"public": null}, "sequences": {"x": {}}}');
SELECT bad('{"schemas": {"public": {"tables": {"x": {}}}}, "tables": {"x": {}}}');
SELECT bad('{"schemas": {"public": {"tables": {"x": {}}}}, "tables": {"x": null}}');

-- Names over 63 bytes are compared as the server keeps them, which is said in
-- a row of its own.
SELECT repeat('x', 63) AS x63, repeat('x', 70) AS x70, repeat('ä', 31) AS a62, repeat('ä', 40) AS a80 \gset
SET client_min_messages = error;
CREATE TABLE :x70 (:a80 int, CONSTRAINT c_:x70 CHECK (:a80 > 0));
CREATE INDEX i_:x70 ON :x70 (:a80);
CREATE TYPE e_:x70 AS ENUM ('a');
RESET client_min_messages;
SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(
	jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('complete', '["enum"]'::jsonb,
		'tables', jsonb_build_object(:'x70', jsonb_build_object('columns', jsonb_build_object(:'a80', 'int'),
			'constraints', jsonb_build_object('c_' || :'x70', '{}'::jsonb), 'indexes', jsonb_build_object('i_' || :'x70', '{}'::jsonb))),
		'enums', jsonb_build_object('e_' || :'x70', '["a"]'::jsonb)))));
SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(
	jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object(
		'tables', jsonb_build_object(:'x63', jsonb_build_object('columns', jsonb_build_object(:'a62', 'int', :'x70', NULL)), 'y' || :'x70', '{}'::jsonb)), 's' || :'x70', '{}'::jsonb)));
-- two names that are one after that
SELECT bad(jsonb_build_object('tables', jsonb_build_object(:'x70', '{}'::jsonb, :'x63', '{}'::jsonb)));
SELECT bad(jsonb_build_object('schemas', jsonb_build_object(:'x70', '{}'::jsonb, :'x70' || 'y', NULL)));
SELECT bad(jsonb_build_object('extensions', jsonb_build_object(:'x70', '{}'::jsonb, :'x70' || 'y', NULL)));
SELECT bad(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('t',
	jsonb_build_object('columns', jsonb_build_object(:'x63' || 'a', 'int', :'x63' || 'b', 'int')))))));
SELECT bad(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('none',
	jsonb_build_object('indexes', jsonb_build_object(:'a80' || 'a', '["x"]'::jsonb, :'a80' || 'b', '["x"]'::jsonb)))))));

-- Documents nested deep, where anything could stand.
DO $$
DECLARE
	deep text := repeat('{"tables":', 5000) || '{}' || repeat('}', 5000);
	doc text;
	n bigint;
BEGIN
	FOREACH doc IN ARRAY ARRAY[deep, '{"tables": {"x": ' || deep || '}}', '{"nope": ' || deep || '}', '{"complete": ' || deep || '}',
		'{"tables": {"x": {"inherits": [' || deep || ']}}}', '{"tables": {"x": {"options": {"a": ' || deep || '}}}}', '{"schemas": {"a": ' || deep || '}}',
		'{"tables": {"x": {"columns": {"c": {"identity": ' || deep || '}}}}}', repeat('[', 5000) || repeat(']', 5000)]
	LOOP
		BEGIN
			SELECT count(*) INTO n FROM schemadrift_check(doc::jsonb);
			RAISE NOTICE 'no error';
		EXCEPTION WHEN invalid_parameter_value THEN
			RAISE NOTICE '%', left(SQLERRM, 70);
		END;
	END LOOP;
END $$;
-- deeper than the JSON parser may want to go: whoever complains, the server is
-- alive
DO $$
BEGIN
	PERFORM * FROM schemadrift_check((repeat('{"a":', 10000) || '{}' || repeat('}', 10000))::jsonb);
	RAISE NOTICE 'no error';
EXCEPTION WHEN invalid_parameter_value OR statement_too_complex THEN
	RAISE NOTICE 'an error';
END $$;
SELECT 1;

-- Texts that go deeper than any parser wants to: drift, and no error.
CREATE INDEX t_i ON t ((id + 1));
CREATE VIEW v AS SELECT 1 AS one;
SELECT drift, kind, attribute, length(expected), actual FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object(
	'tables', jsonb_build_object('t', jsonb_build_object(
		'columns', jsonb_build_object('id', jsonb_build_object('type', 'int' || repeat('[]', 100000))),
		'indexes', jsonb_build_object('t_i', jsonb_build_object('keys', jsonb_build_array(repeat('-(', 3000) || 'id' || repeat(')', 3000)))))),
	'views', jsonb_build_object('v', repeat('SELECT * FROM (', 3000) || 'SELECT 1' || repeat(') x', 3000))))));
ALTER TABLE t ALTER id SET DEFAULT 5;
SELECT drift, kind, attribute, length(expected), actual FROM (VALUES (repeat('(', 100000) || '5' || repeat(')', 100000)), ('5' || repeat('+1', 100000)), (repeat('NOT ', 100000) || 'true')) AS x(deep),
	schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object(
	'tables', jsonb_build_object('t', jsonb_build_object('columns', jsonb_build_object('id', jsonb_build_object('default', deep))))))));
SELECT 1;

-- What the parser has to say of a text is not said to the caller.
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('t',
	jsonb_build_object('columns', jsonb_build_object('id', jsonb_build_object('default', repeat('x', 70), 'type', 't.id%TYPE'))))))));

-- Large ones, 50 MB each: many tables, a long text, a long name.
SELECT drift, kind, count(*) FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables',
	(SELECT jsonb_object_agg('t' || i, jsonb_build_object('columns', jsonb_build_object('id', jsonb_build_object('default', repeat('x', 2500))))) FROM generate_series(1, 20000) i)))))
 GROUP BY 1, 2;
SELECT drift, kind, attribute, length(expected), actual FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('t',
	jsonb_build_object('columns', jsonb_build_object('id', jsonb_build_object('default', quote_literal(repeat('x', 50 * 1024 * 1024))))))))));
SELECT bad(jsonb_build_object('nope', repeat('x', 50 * 1024 * 1024)));
-- and a table of many columns
SELECT drift, kind, count(*) FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_bad_input', jsonb_build_object('tables', jsonb_build_object('t', jsonb_build_object('columns',
	(SELECT jsonb_object_agg('c' || i, 'text') FROM generate_series(1, 50000) i)))))))
 GROUP BY 1, 2;
SELECT 1;

-- Options.
SELECT o, bad('{}', o) FROM (VALUES ('[]'::jsonb), ('"severity"'), ('null'), ('{"nope": 1}'), ('{"Severity": []}'),
	('{"severity": "breaking"}'), ('{"severity": null}'), ('{"severity": {}}'), ('{"severity": []}'),
	('{"severity": [1]}'), ('{"severity": [null]}'), ('{"severity": ["Breaking"]}'),
	('{"severity": ["breaking", "fatal"]}'), ('{"severity": [["breaking"]]}'), ('{"severity": ["breaking"], "x": 1}')) AS v(o);
SELECT * FROM schemadrift_diff('{}', '{}', '{"severity": "all"}');
\echo :LAST_ERROR_SQLSTATE

-- Schemas of the other functions.
SELECT schemadrift_snapshot(ARRAY['regress_bad_input', NULL]);
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_snapshot('{regress_bad_input_none}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_snapshot('{pg_catalog}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM schemadrift_objects('{information_schema}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_fingerprint('{pg_toast}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_fingerprint('{""}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_fingerprint('{pg_temp}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_snapshot('{"Regress_bad_input"}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_snapshot('{{regress_bad_input,nope}}');
\echo :LAST_ERROR_SQLSTATE
SELECT schemadrift_snapshot('{regress_bad_input}', global => NULL);
\echo :LAST_ERROR_SQLSTATE
-- with what belongs to the whole cluster
SELECT schemadrift_snapshot('{regress_bad_input}', global => true) ?& '{global,database,roles,schemas}';
-- the same one twice is one, no schemas is none
SELECT jsonb_object_keys(schemadrift_snapshot('{regress_bad_input,regress_bad_input}')->'schemas');
SELECT schemadrift_snapshot('{}')->'schemas';

-- All the errors left nothing behind.
SELECT count(*) FROM schemadrift_check(schemadrift_snapshot('{regress_bad_input}'));

SET client_min_messages = warning;
DROP SCHEMA regress_bad_input CASCADE;
