--
-- Documents written by hand: short forms, what is said and what is not,
-- "complete" and "exact" at every level, names of all sorts.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

CREATE SCHEMA regress_check_document;
CREATE SCHEMA "regress_check_document.""Odd"" Schema";
SET search_path = regress_check_document;
SET client_min_messages = warning;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE t (id bigint NOT NULL, name text, m mood DEFAULT 'good', CONSTRAINT t_pkey PRIMARY KEY (id), CONSTRAINT t_check CHECK (name <> ''));
CREATE INDEX t_name ON t (name);
CREATE TABLE u (id bigint);
CREATE SEQUENCE s;
CREATE VIEW v AS SELECT 1 AS one, 2 AS two;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
CREATE INDEX mv_one ON mv (one);

-- An empty document says nothing.
SELECT :cols FROM schemadrift_check('{}');
SELECT :cols FROM schemadrift_check('{"format": "schemadrift/1", "server": 150004, "exact": true, "complete": false}');
SELECT :cols FROM schemadrift_check('{"schemas": {}, "extensions": {}, "complete": []}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"tables": {}, "views": {}, "enums": {}}}}');

-- {} is "must exist", null "must not exist", at every level.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {
	"enums": {"mood": {}, "x": null}, "sequences": {"s": {}, "x": null}, "views": {"v": {"columns": {"one": {}, "x": null}}, "x": null},
	"materialized_views": {"mv": {"columns": {"one": {}, "x": null}, "indexes": {"mv_one": {}, "x": null}}, "x": null},
	"tables": {"t": {"columns": {"id": {}, "x": null}, "constraints": {"t_pkey": {}, "x": null}, "indexes": {"t_name": {}, "x": null}}, "x": null}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {
	"enums": {"mood": null, "x": {}}, "sequences": {"s": null, "x": {}}, "views": {"v": {"columns": {"one": null, "x": {}}}, "x": {}},
	"materialized_views": {"mv": {"columns": {"one": null, "x": {}}, "indexes": {"mv_one": null, "x": {}}}, "x": {}},
	"tables": {"t": {"columns": {"id": null, "x": {}}, "constraints": {"t_pkey": null, "x": {}}, "indexes": {"t_name": null, "x": {}}}, "u": null, "x": {}}}}}');

-- Short forms: a column as its type, an enum as its labels, a view as its
-- query, an index as its keys, an identity as its generation.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {
	"enums": {"mood": ["good", "bad"]}, "views": {"v": "SELECT 1 AS one, 2 AS two"}, "materialized_views": {"mv": "SELECT 1 AS one"},
	"tables": {"t": {"columns": {"id": "bigint", "name": "text", "m": "mood"}, "indexes": {"t_name": ["name"]}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {
	"enums": {"mood": ["good"]}, "views": {"v": "SELECT 1"}, "materialized_views": {"mv": "SELECT 2"},
	"tables": {"t": {"columns": {"id": "int", "name": "text[]"}, "indexes": {"t_name": ["id"]}}}}}}');

-- What stands at the top is about schema public.
CREATE TYPE public.regress_check_document_mood AS ENUM ('x');
CREATE TABLE public.regress_check_document_t (id int, m public.regress_check_document_mood);
CREATE SEQUENCE public.regress_check_document_s;
CREATE VIEW public.regress_check_document_v AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW public.regress_check_document_mv AS SELECT 1 AS one;
SELECT :cols FROM schemadrift_check('{"tables": {"regress_check_document_t": {"columns": {"id": "int", "m": "regress_check_document_mood"}}},
	"enums": {"regress_check_document_mood": ["x"]}, "sequences": {"regress_check_document_s": {}},
	"views": {"regress_check_document_v": "SELECT 1 AS one"}, "materialized_views": {"regress_check_document_mv": {}}}');
SELECT drift, kind, schema_name, object_name, part_name, attribute, expected, actual, severity, identity
  FROM schemadrift_check('{"tables": {"regress_check_document_t": {"columns": {"id": "text", "n": {}}}},
	"enums": {"regress_check_document_mood": []}, "sequences": {"regress_check_document_s": null},
	"views": {"regress_check_document_w": {}}, "materialized_views": {"regress_check_document_mv": null}}');
-- both ways in one document
SELECT :cols FROM schemadrift_check('{"tables": {"regress_check_document_a": {}}, "sequences": {"regress_check_document_b": {}},
	"schemas": {"public": {"tables": {"regress_check_document_c": {}}, "views": {"regress_check_document_d": {}}}}}');
DROP MATERIALIZED VIEW public.regress_check_document_mv;
DROP VIEW public.regress_check_document_v;
DROP SEQUENCE public.regress_check_document_s;
DROP TABLE public.regress_check_document_t;
DROP TYPE public.regress_check_document_mood;

-- complete: nothing else stands beside what is listed, in the whole subtree
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": true}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": true, "tables": {"t": {}}, "views": {"v": {}}, "materialized_views": {"mv": {}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": true, "tables": {"t": {"columns": {"name": {}}}}, "views": {"v": {"complete": false}}, "materialized_views": {"mv": {"complete": false}}}}}');
-- unless a node below says otherwise
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": true, "tables": {"t": {"complete": false}, "u": {}}, "enums": {"mood": {}},
	"sequences": {"s": {}}, "views": {"v": {"complete": ["index"]}}, "materialized_views": {"mv": {"complete": ["index"], "indexes": {}}}}}}');
-- a list of kinds
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": ["table"], "tables": {"t": {}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": ["table", "column"], "tables": {"t": {"columns": {"id": {}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": ["enum", "materialized view", "view", "sequence"]}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": ["constraint", "extension", "schema"], "tables": {"t": {}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": []}}}');
-- of one object only
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"tables": {"t": {"complete": true, "columns": {"id": {}, "name": {}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"tables": {"t": {"complete": ["index"]}, "u": {"complete": true}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"tables": {"t": {"complete": ["column"], "columns": {"id": {"complete": true}, "name": null, "m": {}}}}}}}');
-- at the top: it goes for the schemas and all that is in them
SELECT :cols FROM schemadrift_check('{"complete": ["table"], "schemas": {"regress_check_document": {"tables": {"u": {}}}, "regress_check_document.\"Odd\" Schema": {}}}');
SELECT :cols FROM schemadrift_check('{"complete": true, "schemas": {"regress_check_document": {"complete": ["view"]}}}') WHERE schema_name = 'regress_check_document';
-- with null: it is unexpected once
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"complete": ["table"], "tables": {"t": {}, "u": null}}}}');

-- exact: what is left out has its default; the same way down
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"exact": true, "tables": {"t": {"columns": {"id": "bigint", "m": "mood", "name": "text"}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"exact": true, "tables": {"t": {"exact": false, "columns": {"id": "bigint", "m": {"exact": true, "type": "mood"}}}}}}}');
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_document": {"tables": {"t": {"columns": {
	"id": {"type": "bigint", "not_null": true}, "m": {"type": "mood", "default": "''good''"}}}}}}}');

-- Names of all sorts.
CREATE TABLE "regress_check_document.""Odd"" Schema"."a.b" ("x""y" int, "select" int, "größe" text, "Пример" int, " " int, "\" int, "tab	tab" int, "'" int,
	CONSTRAINT "c o n" PRIMARY KEY ("select"));
CREATE INDEX "i.d""x" ON "regress_check_document.""Odd"" Schema"."a.b" ("größe", " ");
CREATE TABLE "regress_check_document.""Odd"" Schema"."T" (id int);
CREATE TABLE "regress_check_document.""Odd"" Schema"."t" ();
CREATE TYPE "regress_check_document.""Odd"" Schema"."complete" AS ENUM ('exact');
CREATE TABLE "regress_check_document.""Odd"" Schema"."columns" ("complete" int, "exact" int, "columns" int);
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document.\"Odd\" Schema": {"complete": true,
	"enums": {"complete": ["exact"]},
	"tables": {"a.b": {"columns": {"x\"y": "int", "select": "int", "größe": "text", "\u041f\u0440\u0438\u043c\u0435\u0440": "int", " ": "int", "\\": "int", "tab\ttab": "int", "''": "int"},
		"constraints": {"c o n": {"columns": ["select"]}}, "indexes": {"i.d\"x": ["\"größe\"", "\" \""]}},
	"T": {"columns": {"id": "int"}}, "t": {}, "columns": {"columns": {"complete": "int", "exact": "int", "columns": "int"}}}}}}');
SELECT drift, kind, schema_name, object_name, part_name, identity
  FROM schemadrift_check('{"schemas": {"regress_check_document.\"Odd\" Schema": {"complete": true, "tables": {"a.b": {}, "T": null, "A.B": {}, "": {}}}}}');
SELECT schemadrift_snapshot(ARRAY['regress_check_document."Odd" Schema']) AS doc \gset
SELECT :cols FROM schemadrift_check(:'doc');

-- Several schemas: rows come by schema, kind and name, bytewise.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document_9": {"tables": {"z": {}}}, "regress_check_document": {"views": {"a": {}, "B": {}}, "tables": {"z": {}, "ä": {}, "a": {}, "Z": {}, "_": {}}, "enums": {"zz": []}},
	"regress_check_document.\"Odd\" Schema": {"tables": {"nope": {}}}}}');

-- An object of another kind has the name.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"views": {"t": {}, "s": {}}, "tables": {"v": {}, "mv": {}, "s": {}, "t_name": {}, "mood": {}}, "sequences": {"t": {}},
	"enums": {"t": {}}, "materialized_views": {"v": {}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_document": {"tables": {"t": {"constraints": {"t_name": {}}, "indexes": {"t_pkey": {}}}}}}}');

-- The server's version is what the document was taken on; it changes nothing
-- of what is said.
SELECT :cols FROM schemadrift_check('{"server": 150000, "schemas": {"regress_check_document": {"tables": {"t": {"columns": {"id": "bigint"}}}}}}');
SELECT :cols FROM schemadrift_check('{"server": 990000, "schemas": {"regress_check_document": {"tables": {"t": {"columns": {"id": "int"}}}}}}');

-- Only some severities.
\set doc '{"schemas": {"regress_check_document": {"tables": {"t": {"row_security": true, "unlogged": true, "columns": {"id": "int", "name": {"default": "1", "position": 1}, "m": {"position": 0}}}}}}}'
SELECT :cols FROM schemadrift_check(:'doc');
SELECT :cols FROM schemadrift_check(:'doc', '{}');
SELECT :cols FROM schemadrift_check(:'doc', '{"severity": ["breaking"]}');
SELECT :cols FROM schemadrift_check(:'doc', '{"severity": ["cosmetic", "security", "cosmetic"]}');
SELECT :cols FROM schemadrift_check(:'doc', '{"severity": ["integrity", "behaviour"]}');
SELECT :cols FROM schemadrift_check(expected => :'doc', options => '{"severity": ["security"]}');

-- The rows are a relation like any other.
SELECT severity, count(*) FROM schemadrift_check(:'doc') GROUP BY severity ORDER BY severity COLLATE "C";
SELECT d.identity, c.count FROM (VALUES ('t'), ('u')) AS x(name),
	LATERAL (SELECT count(*) FROM schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_check_document',
		jsonb_build_object('tables', jsonb_build_object(x.name, NULL)))))) AS c,
	LATERAL schemadrift_check(jsonb_build_object('schemas', jsonb_build_object('regress_check_document',
		jsonb_build_object('tables', jsonb_build_object(x.name, NULL))))) AS d ORDER BY 1;

DROP SCHEMA regress_check_document, "regress_check_document.""Odd"" Schema" CASCADE;
