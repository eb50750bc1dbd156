-- Texts that mean the same: names of other objects, the normal form of
-- expressions and queries, and what documents say of each other.
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual'
SET client_min_messages = warning;
CREATE SCHEMA regress_meaning;
CREATE SCHEMA "regress_meaning Other";
SET search_path = regress_meaning;

CREATE COLLATION german (LOCALE = 'C');
CREATE COLLATION "regress_meaning Other".german (LOCALE = 'POSIX');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE "Parent" (a varchar COLLATE german, b integer, c boolean, CONSTRAINT listed CHECK (a IN ('x', 'y')),
	CONSTRAINT mixed CHECK (b BETWEEN 1 AND 2 AND c), CONSTRAINT deep CHECK (a = ANY (ARRAY[a COLLATE "C", 'x'])));
CREATE TABLE child (d text COLLATE "C") INHERITS ("Parent");
CREATE TABLE parted (a integer) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE SEQUENCE numbers OWNED BY "Parent".b;
CREATE TRIGGER touch BEFORE UPDATE ON "Parent" FOR EACH ROW WHEN (OLD.a IN ('x', 'y')) EXECUTE FUNCTION touch();
CREATE RULE copy AS ON INSERT TO part WHERE EXISTS (SELECT FROM part WHERE part.a = NEW.a) DO INSTEAD UPDATE part SET a = 2 WHERE a BETWEEN 1 AND 2 AND true;
CREATE VIEW listed AS SELECT a IN ('x', 'y') AS q, (SELECT 'z') AS r FROM "Parent";
CREATE FUNCTION named(p varchar, "Q" integer, OUT o integer) LANGUAGE sql BEGIN ATOMIC
	SELECT b FROM "Parent" WHERE a IN ('x', p, '$1', 'it''s "$2"') AND b = "Q";
END;
CREATE FUNCTION unnamed(varchar, q integer) RETURNS boolean LANGUAGE sql RETURN $1 IN ('x', E'\\''$2') AND q = 1;
CREATE DOMAIN word AS varchar COLLATE german CHECK (VALUE IN ('x', 'y'));

-- the normal form of what there is
SELECT kind, object_name, (definition - 'owner' - 'privileges') #>> '{}' FROM schemadrift_objects('{regress_meaning}')
 WHERE kind IN ('view', 'domain') ORDER BY kind COLLATE "C", object_name COLLATE "C";
SELECT c.key, c.value ->> 'expression' FROM schemadrift_objects('{regress_meaning}') AS o,
	jsonb_each(o.definition -> 'constraints') AS c WHERE o.object_name = 'Parent' ORDER BY c.key COLLATE "C";
SELECT definition #>> '{triggers,touch,when}' FROM schemadrift_objects('{regress_meaning}') WHERE object_name = 'Parent';
SELECT definition #>> '{rules,copy,definition}' FROM schemadrift_objects('{regress_meaning}') WHERE object_name = 'part';
SELECT object_name, definition ->> 'sql_body' FROM schemadrift_objects('{regress_meaning}') WHERE definition ? 'sql_body' ORDER BY object_name COLLATE "C";

-- names as people write them
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {
	"domains": {"word": {"collation": "german"}},
	"sequences": {"numbers": {"owned_by": "\"Parent\".b"}},
	"tables": {"Parent": {"columns": {"a": {"collation": "\"german\""}}, "triggers": {"touch": {"function": "touch"}}},
		"child": {"inherits": ["\"Parent\""], "columns": {"d": {"collation": "pg_catalog.\"C\""}}},
		"part": {"partition_of": "parted"}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {
	"domains": {"word": {"collation": "regress_meaning . german"}},
	"sequences": {"numbers": {"owned_by": "REGRESS_MEANING.\"Parent\".B"}},
	"tables": {"child": {"inherits": ["regress_meaning.\"Parent\""], "columns": {"d": {"collation": "\"C\""}}},
		"part": {"partition_of": "\"regress_meaning\".\"parted\""}}}}}');
-- others, and what is no name
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {
	"domains": {"word": {"collation": "\"regress_meaning Other\".german"}},
	"sequences": {"numbers": {"owned_by": "parent.b"}},
	"tables": {"Parent": {"columns": {"a": {"collation": "german IS NULL; SELECT 1 --"}}, "triggers": {"touch": {"function": "touch()"}}},
		"child": {"inherits": ["Parent"], "columns": {"d": {"collation": "german"}}},
		"part": {"partition_of": "part"}}}}}');
-- between documents, a name without a schema is in that of the object
SELECT :cols FROM schemadrift_diff('{"tables": {"t": {"partition_of": "a", "inherits": ["b"]}}, "sequences": {"s": {"owned_by": "t.c"}}}',
	'{"tables": {"t": {"partition_of": "\"public\".a", "inherits": ["public.b"]}}, "sequences": {"s": {"owned_by": "public.t.\"c\""}}}');
SELECT :cols FROM schemadrift_diff('{"tables": {"t": {"partition_of": "a", "inherits": ["b"]}}}',
	'{"tables": {"t": {"partition_of": "other.a", "inherits": ["b", "c"]}}}');

-- what the server picks itself, stated by one document only
SELECT :cols FROM schemadrift_diff(
	'{"exact": true, "tables": {"t": {"columns": {"a": {"type": "text"}, "b": {"type": "numeric", "storage": "main"}, "c": {"type": "int4", "storage": "plain"}}}},
	  "functions": {"f(int)": {"language": "sql", "cost": 100}}}',
	'{"exact": true, "tables": {"t": {"access_method": "heap", "columns": {"a": {"type": "text", "storage": "extended"}, "b": {"type": "numeric"}, "c": "integer"}}},
	  "functions": {"f(integer)": {"language": "sql"}}}');
SELECT :cols FROM schemadrift_diff('{"exact": true, "tables": {"t": {"columns": {"a": "text"}}}, "functions": {"f()": {"language": "c"}}}',
	'{"exact": true, "tables": {"t": {"columns": {"a": {"type": "text", "storage": "external"}}}}, "functions": {"f()": {"language": "c", "cost": 100}}}');
-- names that are SQL, between documents
SELECT :cols FROM schemadrift_diff('{"functions": {"f(int, varchar)": {"strict": true}, "g(timestamptz)": null}, "operators": {"+(int,int)": {}}}',
	'{"functions": {"f(integer,character varying)": {"strict": true}, "g(timestamp with time zone)": {}}, "operators": {"+(integer,int4)": {}}}');
SELECT :cols FROM schemadrift_diff('{"functions": {"f(int)": {}, "f(int4)": {}}}', '{"functions": {}}');

-- that nothing of a name exists needs a name
CREATE FUNCTION twice() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION twice(integer) RETURNS void LANGUAGE sql AS '';
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"functions": {"touch": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"functions": {"twice(text)": null, "no": null, "f(no_such_type)": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"functions": {"twice": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"functions": {"twice(": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"functions": {"regress_meaning.twice(int)": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_meaning": {"complete": ["unmodelled"]}}}');

-- rules that would ignore nothing
INSERT INTO schemadrift.ignore_rule (kind, reason) VALUES ('tables', 'x');
INSERT INTO schemadrift.ignore_rule (kind, attribute, reason) VALUES ('table', 'not_null', 'x');
INSERT INTO schemadrift.ignore_rule (attribute, reason) VALUES ('colour', 'x');
BEGIN;
INSERT INTO schemadrift.ignore_rule (kind, attribute, reason) VALUES ('column', 'identity.*', 'x'), (NULL, 'name', 'x'), ('unmodelled', NULL, 'x');
UPDATE schemadrift.ignore_rule SET kind = 'colum' WHERE kind = 'column';
ROLLBACK;
SELECT :cols FROM schemadrift_check('{}', '{"ignore": [{"kind": "table", "attribute": "not_null"}]}');
SELECT :cols FROM schemadrift_check('{}', '{"ignore": [{"attribute": "colour*"}]}');
SELECT :cols FROM schemadrift_check('{}', '{"ignore": [{"kind": "column", "attribute": "not_*"}, {"attribute": "*"}]}');

DROP SCHEMA regress_meaning, "regress_meaning Other" CASCADE;
