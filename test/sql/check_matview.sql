--
-- Materialized views: missing, unexpected, every attribute, columns, indexes.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, regexp_replace(expected, ''\\s+'', '' '', ''g'') AS expected, regexp_replace(actual, ''\\s+'', '' '', ''g'') AS actual, severity'
\set check 'SELECT :cols FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_matview;
SET search_path = regress_check_matview;
SET client_min_messages = warning;
CREATE TABLE a (id int, name text);
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one, 'x'::text AS "Two";
CREATE INDEX m_idx ON m ("Two", one);
CREATE MATERIALIZED VIEW "M 2" WITH (fillfactor = 70) AS
	SELECT a.id, b.name FROM a JOIN a b ON a.id = b.id WITH NO DATA;

SELECT schemadrift_snapshot('{regress_check_matview}') AS doc \gset
:check;

-- missing, unexpected
DROP MATERIALIZED VIEW m;
CREATE MATERIALIZED VIEW extra AS SELECT 2 AS two;
CREATE INDEX extra_idx ON extra (two);
:check;
DROP MATERIALIZED VIEW extra;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one, 'x'::text AS "Two";
:check;
CREATE INDEX m_idx ON m ("Two", one);
:check;
-- renamed
ALTER MATERIALIZED VIEW m RENAME TO "M";
:check;
ALTER MATERIALIZED VIEW "M" RENAME TO m;
-- a view of the name
DROP MATERIALIZED VIEW m;
CREATE VIEW m AS SELECT 1 AS one, 'x'::text AS "Two";
:check;
DROP VIEW m;

-- definition
CREATE MATERIALIZED VIEW m AS SELECT 2 AS one, 'x'::text AS "Two";
CREATE INDEX m_idx ON m ("Two", one);
:check;
DROP MATERIALIZED VIEW m;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one, text 'x' AS "Two";
CREATE INDEX m_idx ON m ("Two", one);
:check;
ALTER TABLE a RENAME COLUMN name TO "Name";
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'materialized view';
ALTER TABLE a RENAME COLUMN "Name" TO name;
:check;

-- populated
REFRESH MATERIALIZED VIEW "M 2";
REFRESH MATERIALIZED VIEW m WITH NO DATA;
:check;
REFRESH MATERIALIZED VIEW "M 2" WITH NO DATA;
REFRESH MATERIALIZED VIEW m;
:check;

-- options
ALTER MATERIALIZED VIEW m SET (autovacuum_enabled = off);
ALTER MATERIALIZED VIEW "M 2" SET (fillfactor = 71);
:check;
ALTER MATERIALIZED VIEW m RESET (autovacuum_enabled);
ALTER MATERIALIZED VIEW "M 2" RESET (fillfactor);
:check;
ALTER MATERIALIZED VIEW "M 2" SET (fillfactor = 70);
:check;

-- columns and indexes
ALTER MATERIALIZED VIEW m RENAME COLUMN one TO "One";
:check;
ALTER MATERIALIZED VIEW m RENAME COLUMN "One" TO one;
ALTER MATERIALIZED VIEW m ALTER COLUMN "Two" SET STORAGE external;
ALTER MATERIALIZED VIEW m ALTER COLUMN one SET STATISTICS 5;
ALTER MATERIALIZED VIEW m ALTER COLUMN one SET (n_distinct = 2);
ALTER MATERIALIZED VIEW m ALTER COLUMN "Two" SET COMPRESSION pglz;
:check;
ALTER MATERIALIZED VIEW m ALTER COLUMN "Two" SET STORAGE extended;
ALTER MATERIALIZED VIEW m ALTER COLUMN one SET STATISTICS -1;
ALTER MATERIALIZED VIEW m ALTER COLUMN one RESET (n_distinct);
ALTER MATERIALIZED VIEW m ALTER COLUMN "Two" SET COMPRESSION default;
:check;
DROP INDEX m_idx;
CREATE UNIQUE INDEX m_idx ON m ("Two") WHERE one > 0;
CREATE INDEX m_idx2 ON m (one);
:check;
DROP INDEX m_idx, m_idx2;
CREATE INDEX m_idx ON m ("Two", one);
:check;

-- By hand: a bare string is the query.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_matview": {"materialized_views": {
	"m": "SELECT 1 AS one, ''x''::text AS \"Two\"", "nope": null, "M 2": {"populated": false, "options": {"fillfactor": "70"}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_matview": {"materialized_views": {
	"m": {"definition": "SELECT 2", "populated": false, "options": {"fillfactor": 10}}, "nope": "SELECT 1", "M 2": null}}}}');
-- exact
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_matview": {"materialized_views": {
	"M 2": "SELECT a.id, b.name FROM (regress_check_matview.a JOIN regress_check_matview.a b ON ((a.id = b.id)))"}}}}');

DROP SCHEMA regress_check_matview CASCADE;
