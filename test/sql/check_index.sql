--
-- Indexes: missing, unexpected, and every attribute.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_index;
SET search_path = regress_check_index;
SET client_min_messages = warning;
CREATE COLLATION coll FROM "C";

CREATE TABLE t (id int, name text, "Mixed" varchar(10), n numeric, tags text[], v tsvector, r int4range, at timestamptz, active boolean);
CREATE INDEX i1 ON t (id);
CREATE UNIQUE INDEX u1 ON t (id, name);
CREATE INDEX "Odd ""index" ON t ("Mixed");
CREATE INDEX e1 ON t (lower(name), (n + 1), COALESCE(id, 0));
CREATE INDEX w1 ON t (id) WHERE active AND n > 0;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one, 2 AS two;
CREATE UNIQUE INDEX m1 ON m (one);

SELECT o.object_name, i.key, i.value
  FROM schemadrift_objects('{regress_check_index}') o, jsonb_each(o.definition->'indexes') i
 ORDER BY o.object_name COLLATE "C", i.key COLLATE "C";
SELECT schemadrift_snapshot('{regress_check_index}') AS doc \gset
:check;

-- missing: a unique one is a matter of integrity
DROP INDEX i1, u1, "Odd ""index", e1, w1, m1;
:check;
CREATE INDEX i1 ON t (id);
CREATE UNIQUE INDEX u1 ON t (id, name);
CREATE INDEX "Odd ""index" ON t ("Mixed");
CREATE INDEX e1 ON t (lower(name), (n + 1), COALESCE(id, 0));
CREATE INDEX w1 ON t (id) WHERE active AND n > 0;
CREATE UNIQUE INDEX m1 ON m (one);
:check;

-- unexpected
CREATE INDEX x1 ON t (name DESC, id);
CREATE UNIQUE INDEX x2 ON t (n);
CREATE INDEX x3 ON m (two);
:check;
DROP INDEX x1, x2, x3;

-- renamed
ALTER INDEX i1 RENAME TO "I1";
:check;
ALTER INDEX "I1" RENAME TO i1;
:check;

-- on another table of the schema
DROP INDEX i1;
CREATE TABLE t2 (id int);
CREATE INDEX i1 ON t2 (id);
:check;
DROP TABLE t2;
CREATE INDEX i1 ON t (id);
:check;

-- keys: columns and their order
DROP INDEX u1, i1;
CREATE UNIQUE INDEX u1 ON t (name, id);
CREATE INDEX i1 ON t (id, n);
:check;
DROP INDEX u1, i1;
CREATE UNIQUE INDEX u1 ON t (id);
CREATE INDEX i1 ON t ("Mixed");
:check;
DROP INDEX u1, i1;
CREATE UNIQUE INDEX u1 ON t (id, name);
CREATE INDEX i1 ON t (id);
:check;
-- expressions
DROP INDEX e1;
CREATE INDEX e1 ON t (upper(name), (n + 2), COALESCE(id, 0));
:check;
DROP INDEX e1;
CREATE INDEX e1 ON t (lower(name), (n + 1), COALESCE(id, 0));
:check;
-- a column under a new name
ALTER TABLE t RENAME COLUMN n TO "N";
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'index';
ALTER TABLE t RENAME COLUMN "N" TO n;
:check;
-- order
DROP INDEX i1;
CREATE INDEX i1 ON t (id DESC);
:check;
DROP INDEX i1;
CREATE INDEX i1 ON t (id DESC NULLS LAST);
:check;
DROP INDEX i1;
CREATE INDEX i1 ON t (id NULLS FIRST);
:check;
DROP INDEX i1;
CREATE INDEX i1 ON t (id ASC NULLS LAST);
:check;
-- collation
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name COLLATE "C");
:check;
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name COLLATE coll DESC);
:check;
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name COLLATE "default");
:check;
-- operator class
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name text_pattern_ops);
:check;
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name COLLATE "C" text_pattern_ops DESC NULLS LAST);
:check;
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id int4_ops, name text_ops);
:check;
DROP INDEX "Odd ""index";
CREATE INDEX "Odd ""index" ON t ("Mixed" varchar_pattern_ops);
:check;
DROP INDEX "Odd ""index";
CREATE INDEX "Odd ""index" ON t ("Mixed" text_ops);
:check;
CREATE OPERATOR CLASS own_ops FOR TYPE int4 USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
DROP INDEX i1;
CREATE INDEX i1 ON t (id own_ops);
:check;
DROP INDEX i1;
DROP OPERATOR FAMILY own_ops USING btree;
CREATE INDEX i1 ON t (id);
:check;
-- options of an operator class
CREATE INDEX g1 ON t USING gist (v tsvector_ops (siglen = 100), r);
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc');
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX g1;
CREATE INDEX g1 ON t USING gist (v tsvector_ops (siglen = 200), r);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX g1;
CREATE INDEX g1 ON t USING gist (v, r);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX g1;

-- method
CREATE INDEX h1 ON t USING hash (id);
CREATE INDEX h2 ON t USING gin (tags);
CREATE INDEX h3 ON t USING brin (at);
CREATE INDEX h4 ON t USING gist (r);
CREATE INDEX h5 ON t USING spgist (name);
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX h1, h2, h3, h4, h5;
CREATE INDEX h1 ON t USING btree (id);
CREATE INDEX h2 ON t USING btree (tags);
CREATE INDEX h3 ON t USING btree (at);
CREATE INDEX h4 ON t USING spgist (r);
CREATE INDEX h5 ON t (name);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX h1, h2, h3, h4, h5;
DROP INDEX i1;
CREATE INDEX i1 ON t USING hash (id);
:check;
DROP INDEX i1;
CREATE INDEX i1 ON t (id);
:check;

-- unique
DROP INDEX i1, u1;
CREATE UNIQUE INDEX i1 ON t (id);
CREATE INDEX u1 ON t (id, name);
:check;
DROP INDEX i1, u1;
CREATE INDEX i1 ON t (id);
CREATE UNIQUE INDEX u1 ON t (id, name);
:check;

-- nulls_not_distinct
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name) NULLS NOT DISTINCT;
:check;
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name);
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- include
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name) INCLUDE (n, "Mixed");
:check;
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name) INCLUDE ("Mixed", n);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP INDEX u1;
CREATE UNIQUE INDEX u1 ON t (id, name);
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- where
DROP INDEX w1, i1;
CREATE INDEX w1 ON t (id) WHERE active AND n >= 0;
CREATE INDEX i1 ON t (id) WHERE name IS NOT NULL AND "Mixed" <> 'it''s';
:check;
DROP INDEX w1, i1;
CREATE INDEX w1 ON t (id);
CREATE INDEX i1 ON t (id);
:check;
DROP INDEX w1;
CREATE INDEX w1 ON t (id) WHERE active AND n > 0;
:check;

-- options
ALTER INDEX i1 SET (fillfactor = 50, deduplicate_items = off);
:check;
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
ALTER INDEX i1 SET (fillfactor = 60);
ALTER INDEX i1 RESET (deduplicate_items);
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER INDEX i1 RESET (fillfactor);
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- partition_of and valid: see check_partition; here once each
CREATE TABLE p (id int) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX pi ON p (id);
SELECT schemadrift_snapshot('{regress_check_index}') AS doc2 \gset
DROP INDEX pi;
CREATE INDEX pi ON ONLY p (id);
CREATE INDEX p1_id_idx ON p1 (id);
SELECT :cols FROM schemadrift_check(:'doc2');
SELECT schemadrift_snapshot('{regress_check_index}') AS doc3 \gset
ALTER INDEX pi ATTACH PARTITION p1_id_idx;
SELECT :cols FROM schemadrift_check(:'doc2');
SELECT :cols FROM schemadrift_check(:'doc3');
DROP TABLE p;
-- a failed CREATE INDEX CONCURRENTLY leaves one that cannot be used
INSERT INTO t (id, name) VALUES (1, 'same'), (1, 'same2');
CREATE UNIQUE INDEX CONCURRENTLY broken ON t (id);
:check;
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_index": {"tables": {"t": {"indexes": {
	"broken": {"keys": ["id"], "unique": true, "valid": true}}}}}}}');
DROP INDEX broken;
TRUNCATE t;
:check;

-- Whatever is in the table, the index is the same after REINDEX or CLUSTER.
REINDEX TABLE t;
CLUSTER t USING i1;
ALTER TABLE t SET WITHOUT CLUSTER;
:check;

-- By hand: a bare array is the keys.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_index": {"tables": {"t": {"indexes": {
	"i1": ["id"], "u1": {"unique": true, "keys": ["id", "name"]}, "nope": null, "e1": {},
	"Odd \"index": ["\"Mixed\""], "w1": {"where": "active AND n > 0", "method": "btree"}}}},
	"materialized_views": {"m": {"indexes": {"m1": {"unique": true}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_index": {"tables": {"t": {"indexes": {
	"i1": ["name"], "u1": {"unique": false, "keys": []}, "nope": ["id"], "nope2": {"unique": true},
	"e1": null, "Odd \"index": ["Mixed"], "w1": {"where": null, "method": "gin", "valid": false}}}},
	"materialized_views": {"m": {"indexes": {"m1": null, "m2": ["x"]}}}}}}');
-- exact
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_index": {"tables": {"t": {
	"exact": false, "indexes": {"w1": {"exact": true, "keys": ["id"]}, "u1": {"exact": true, "keys": ["id", "name"]}}}}}}}');

DROP SCHEMA regress_check_index CASCADE;
