--
-- Views: missing, unexpected, every attribute, and their columns.
--
\pset format unaligned
\pset tuples_only on
\pset null -
-- queries are deparsed on several lines
\set cols 'drift, kind, identity, attribute, regexp_replace(expected, ''\\s+'', '' '', ''g'') AS expected, regexp_replace(actual, ''\\s+'', '' '', ''g'') AS actual, severity'
\set check 'SELECT :cols FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_view;
SET search_path = regress_check_view;
SET client_min_messages = warning;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE a (id int, name text, m mood);
CREATE TABLE "B b" (id int, "N" numeric);
CREATE VIEW v AS SELECT a.id, a.name, b."N" FROM a JOIN "B b" b ON a.id = b.id WHERE a.m = 'good';
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
CREATE VIEW safe WITH (security_barrier, security_invoker = on) AS SELECT 1 AS one;
CREATE VIEW checked AS SELECT id FROM a WHERE id > 0 WITH LOCAL CHECK OPTION;

SELECT schemadrift_snapshot('{regress_check_view}') AS doc \gset
:check;

-- missing, unexpected
DROP VIEW v, "V 2";
CREATE VIEW extra AS SELECT 2 AS two;
:check;
DROP VIEW extra;
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
CREATE VIEW v AS SELECT a.id, a.name, b."N" FROM a JOIN "B b" b ON a.id = b.id WHERE a.m = 'good';
:check;
-- renamed
ALTER VIEW v RENAME TO "V";
:check;
ALTER VIEW "V" RENAME TO v;
-- a table of the name, a materialized view of the name
DROP VIEW "V 2";
CREATE TABLE "V 2" (one int, "Two" text);
:check;
DROP TABLE "V 2";
CREATE MATERIALIZED VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
:check;
DROP MATERIALIZED VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
:check;

-- definition
CREATE OR REPLACE VIEW v AS SELECT a.id, a.name, b."N" FROM a JOIN "B b" b ON a.id = b.id WHERE a.m = 'bad';
CREATE OR REPLACE VIEW "V 2" AS SELECT 2 AS one, 'x'::text AS "Two";
:check;
CREATE OR REPLACE VIEW v AS SELECT a.id, a.name, b."N" FROM a LEFT JOIN "B b" b USING (id) WHERE a.m = 'good' ORDER BY 1;
:check;
-- the same query written in another way
CREATE OR REPLACE VIEW v AS
	select a.id, a.name as name, "N" from regress_check_view.a inner join "B b" as b on (a.id = b.id) where 'good' = a.m;
:check;
CREATE OR REPLACE VIEW v AS
	select a.id, a.name as name, "N" from regress_check_view.a inner join "B b" as b on (a.id = b.id) where a.m = 'good'::mood;
CREATE OR REPLACE VIEW "V 2" AS SELECT 1 AS one, text 'x' AS "Two";
:check;
-- what it reads under a new name
ALTER TABLE a RENAME COLUMN name TO "Name";
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'view';
ALTER TABLE a RENAME COLUMN "Name" TO name;
ALTER TABLE "B b" RENAME TO b2;
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'view';
ALTER TABLE b2 RENAME TO "B b";
:check;
-- a column more in a table that it reads is no change
ALTER TABLE a ADD COLUMN extra int;
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind <> 'column';
ALTER TABLE a DROP COLUMN extra;
:check;

-- columns: more, renamed, of another type
CREATE OR REPLACE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two", 3 AS three;
:check;
DROP VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
ALTER VIEW "V 2" RENAME COLUMN one TO "One";
:check;
ALTER VIEW "V 2" RENAME COLUMN "One" TO one;
:check;
DROP VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 1::bigint AS one, 'x'::varchar(3) AS "Two";
:check;
DROP VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 'x'::text AS "Two", 1 AS one;
:check;
DROP VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text COLLATE "C" AS "Two";
:check;
DROP VIEW "V 2";
CREATE VIEW "V 2" AS SELECT 1 AS one, 'x'::text AS "Two";
-- a column of a view can have a default
ALTER VIEW "V 2" ALTER COLUMN one SET DEFAULT 7;
:check;
ALTER VIEW "V 2" ALTER COLUMN one DROP DEFAULT;
:check;

-- security_invoker
ALTER VIEW v SET (security_invoker = true);
ALTER VIEW safe SET (security_invoker = off);
:check;
ALTER VIEW v SET (security_invoker = false);
ALTER VIEW safe SET (security_invoker);
:check;
ALTER VIEW safe RESET (security_invoker);
:check;
ALTER VIEW safe SET (security_invoker = yes);
-- security_barrier
ALTER VIEW v SET (security_barrier = 1);
ALTER VIEW safe SET (security_barrier = no);
:check;
ALTER VIEW v RESET (security_barrier);
ALTER VIEW safe SET (security_barrier);
:check;

-- check_option
ALTER VIEW checked SET (check_option = cascaded);
:check;
ALTER VIEW checked RESET (check_option);
:check;
CREATE OR REPLACE VIEW checked AS SELECT id FROM a WHERE id > 0 WITH LOCAL CHECK OPTION;
:check;
SELECT schemadrift_snapshot('{regress_check_view}') AS doc2 \gset
CREATE VIEW plain AS SELECT id FROM a WHERE id > 0;
SELECT schemadrift_snapshot('{regress_check_view}') AS doc2 \gset
ALTER VIEW plain SET (check_option = local);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP VIEW plain;

-- A recursive view, a query with a WITH, a window, a set operation, a lateral
-- sub-query: found again as they were.
CREATE RECURSIVE VIEW rec (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM rec WHERE n < 5;
CREATE VIEW big AS
	WITH w AS MATERIALIZED (SELECT id, count(*) FILTER (WHERE name LIKE 'a%') AS c FROM a GROUP BY ROLLUP (id) HAVING count(*) > 1)
	SELECT w.id, row_number() OVER win AS rn, x.*, CASE WHEN w.c > 1 THEN 'many' ELSE 'few' END AS how, a.m::text
	  FROM w CROSS JOIN LATERAL (SELECT b."N" * w.c AS nc FROM "B b" b WHERE b.id = w.id LIMIT 3) x
	  JOIN a USING (id)
	WINDOW win AS (PARTITION BY x.nc ORDER BY w.id DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
	UNION ALL
	(SELECT id, 0, 0, 'none', 'good' FROM a EXCEPT SELECT 1, 2, 3, 'x', 'y' ORDER BY 1 DESC OFFSET 1 FETCH FIRST 2 ROWS WITH TIES);
SELECT schemadrift_snapshot('{regress_check_view}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc2');
DROP VIEW rec, big;

-- By hand: a bare string is the query.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_view": {"views": {
	"V 2": "SELECT 1 AS one, ''x''::text AS \"Two\"", "nope": null, "safe": {"security_invoker": true},
	"v": {"columns": {"id": "int4", "name": {}, "N": "numeric"}}, "checked": {"check_option": "LOCAL"}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_view": {"views": {
	"V 2": "SELECT 2 AS one, ''x''::text AS \"Two\"", "nope": "SELECT 1", "v": {"security_invoker": true, "columns": {"id": "text", "x": {}}},
	"safe": null, "checked": {"check_option": null}}}}}');
-- exact
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_view": {"views": {
	"safe": "SELECT 1 AS one", "V 2": {"definition": "SELECT 1 AS one, ''x''::text AS \"Two\"", "check_option": null}}}}}');

DROP SCHEMA regress_check_view CASCADE;
