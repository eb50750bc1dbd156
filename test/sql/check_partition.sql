--
-- Partitioned tables and their partitions: keys, bounds, parents, and what
-- their indexes, constraints and columns get from above.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
-- a partition that was detached keeps the names of its parent's NOT NULL (18)
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'') WHERE attribute IS DISTINCT FROM ''not_null_name'''

CREATE SCHEMA regress_check_partition;
SET search_path = regress_check_partition;
SET client_min_messages = warning;

CREATE TABLE r (id int NOT NULL, at date NOT NULL, note text) PARTITION BY RANGE (at, id);
CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2024-01-01', 0);
CREATE TABLE r2 PARTITION OF r FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', MAXVALUE);
CREATE TABLE r_default PARTITION OF r DEFAULT;

CREATE TABLE l (kind text NOT NULL, n int) PARTITION BY LIST (lower(kind));
CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('a', 'it''s', NULL);
CREATE TABLE l2 PARTITION OF l FOR VALUES IN ('b') PARTITION BY HASH (n);
CREATE TABLE l2_0 PARTITION OF l2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE l2_1 PARTITION OF l2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);

CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH (a, b text_pattern_ops);
CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0);

SELECT object_name, definition->>'partition_by' AS partition_by,
	definition->>'partition_of' AS partition_of,
	definition->>'partition_bound' AS partition_bound
  FROM schemadrift_objects('{regress_check_partition}') WHERE kind = 'table';

SELECT schemadrift_snapshot('{regress_check_partition}') AS doc \gset
:check;

-- missing, unexpected
DROP TABLE r2, l2_1;
:check;
CREATE TABLE r2 PARTITION OF r FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', MAXVALUE);
CREATE TABLE l2_1 PARTITION OF l2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE r3 PARTITION OF r FOR VALUES FROM ('2026-01-01', 0) TO ('2027-01-01', 0);
:check;
DROP TABLE r3;
:check;

-- partition_by: another strategy, key, collation, operator class, or none
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY RANGE (a, b text_pattern_ops);
CREATE TABLE h_0 (a int NOT NULL, b text COLLATE "C");
:check;
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH (b text_pattern_ops, a);
:check;
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH (a, b);
:check;
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH (a, b COLLATE "POSIX" text_pattern_ops);
:check;
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH ((a + 1), b text_pattern_ops);
:check;
DROP TABLE h;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C");
:check;
DROP TABLE h, h_0;
CREATE TABLE h (a int NOT NULL, b text COLLATE "C") PARTITION BY HASH (a, b text_pattern_ops);
CREATE TABLE h_0 PARTITION OF h FOR VALUES WITH (MODULUS 1, REMAINDER 0);
:check;
-- an ordinary table that became partitioned
CREATE TABLE p (id int);
SELECT schemadrift_snapshot('{regress_check_partition}') AS doc2 \gset
DROP TABLE p;
CREATE TABLE p (id int) PARTITION BY LIST (id);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP TABLE p;

-- partition_of and partition_bound: detached, the columns stand on their own
ALTER TABLE r DETACH PARTITION r2;
:check;
ALTER TABLE r ATTACH PARTITION r2 FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', MAXVALUE);
:check;
-- attached with another bound
ALTER TABLE r DETACH PARTITION r2;
ALTER TABLE r ATTACH PARTITION r2 FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', 7);
:check;
ALTER TABLE r DETACH PARTITION r2;
ALTER TABLE r ATTACH PARTITION r2 FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', MAXVALUE);
:check;
ALTER TABLE r DETACH PARTITION r_default;
ALTER TABLE r ATTACH PARTITION r_default FOR VALUES FROM ('2030-01-01', 0) TO ('2031-01-01', 0);
:check;
ALTER TABLE r DETACH PARTITION r_default;
ALTER TABLE r ATTACH PARTITION r_default DEFAULT;
:check;
ALTER TABLE l DETACH PARTITION l1;
ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('it''s', 'a');
:check;
ALTER TABLE l DETACH PARTITION l1;
ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('a', 'it''s', NULL);
:check;
ALTER TABLE l2 DETACH PARTITION l2_1;
ALTER TABLE l2 ATTACH PARTITION l2_1 FOR VALUES WITH (MODULUS 4, REMAINDER 1);
:check;
ALTER TABLE l2 DETACH PARTITION l2_1;
ALTER TABLE l2 ATTACH PARTITION l2_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
:check;
-- attached to another table
ALTER TABLE l DETACH PARTITION l1;
CREATE TABLE other (kind text NOT NULL, n int) PARTITION BY LIST (lower(kind));
ALTER TABLE other ATTACH PARTITION l1 FOR VALUES IN ('a', 'it''s', NULL);
:check;
ALTER TABLE other DETACH PARTITION l1;
ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('a', 'it''s', NULL);
DROP TABLE other;
:check;
-- a table that became a partition, with columns in another order
CREATE TABLE r4 (note text, at date NOT NULL, id int NOT NULL);
SELECT schemadrift_snapshot('{regress_check_partition}') AS doc2 \gset
ALTER TABLE r ATTACH PARTITION r4 FOR VALUES FROM ('2026-01-01', 0) TO ('2027-01-01', 0);
SELECT :cols FROM schemadrift_check(:'doc2');
DROP TABLE r4;

-- What a partition has of its own.
ALTER TABLE r1 ALTER COLUMN note SET DEFAULT 'r1';
ALTER TABLE r1 SET (fillfactor = 50);
:check;
ALTER TABLE r1 ALTER COLUMN note DROP DEFAULT;
ALTER TABLE r1 RESET (fillfactor);
:check;

-- Columns of the parent come down.
ALTER TABLE l2 ADD CONSTRAINT l2_check CHECK (n > 0);
ALTER TABLE l ADD COLUMN extra int DEFAULT 5;
:check;
ALTER TABLE l DROP COLUMN extra;
ALTER TABLE l2 DROP CONSTRAINT l2_check;
:check;

-- Partitioned indexes: one on each partition, attached to its own.
CREATE INDEX r_note ON r (note);
CREATE UNIQUE INDEX r_unique ON r (id, at);
ALTER TABLE l ADD CONSTRAINT l_n_check CHECK (n <> 3);
SELECT schemadrift_snapshot('{regress_check_partition}') AS doc \gset
:check;
SELECT object_name, i.key AS index, i.value AS definition
  FROM schemadrift_objects('{regress_check_partition}') o, jsonb_each(o.definition->'indexes') i
 ORDER BY o.object_name COLLATE "C", i.key COLLATE "C";
DROP INDEX r_note;
:check;
CREATE INDEX r_note ON ONLY r (note);
-- not valid until every partition has one
:check;
CREATE INDEX r1_note_idx ON r1 (note);
CREATE INDEX r2_note_idx ON r2 (note);
CREATE INDEX r_default_note_idx ON r_default (note);
-- all there, none attached
:check;
ALTER INDEX r_note ATTACH PARTITION r1_note_idx;
ALTER INDEX r_note ATTACH PARTITION r2_note_idx;
:check;
ALTER INDEX r_note ATTACH PARTITION r_default_note_idx;
:check;
-- detached with its table
ALTER TABLE r DETACH PARTITION r2;
:check;
ALTER TABLE r ATTACH PARTITION r2 FOR VALUES FROM ('2024-01-01', 0) TO ('2025-01-01', MAXVALUE);
:check;
-- Constraints of the parent come down too.
ALTER TABLE l DROP CONSTRAINT l_n_check;
:check;
ALTER TABLE l1 ADD CONSTRAINT l_n_check CHECK (n <> 3);
ALTER TABLE l ADD CONSTRAINT l_n_check CHECK (n <> 3);
:check;
ALTER TABLE r ADD CONSTRAINT r_pkey PRIMARY KEY (at, id);
:check;
ALTER TABLE r DROP CONSTRAINT r_pkey;
:check;

-- Foreign keys from and to partitioned tables: only the ones that somebody
-- made, not what the server adds for each partition.
ALTER TABLE r ADD CONSTRAINT r_pkey PRIMARY KEY (at, id);
CREATE TABLE one (k int PRIMARY KEY);
CREATE TABLE points (at date, id int, n int,
	CONSTRAINT points_fkey FOREIGN KEY (at, id) REFERENCES r);
ALTER TABLE l ADD CONSTRAINT l_n_fkey FOREIGN KEY (n) REFERENCES one ON DELETE SET NULL;
SELECT schemadrift_snapshot('{regress_check_partition}') AS doc \gset
:check;
SELECT o.object_name, c.key AS name, c.value->'references'->>'table' AS referenced, c.value->'inherited' AS inherited
  FROM schemadrift_objects('{regress_check_partition}') o, jsonb_each(o.definition->'constraints') c
 WHERE c.value->>'type' = 'foreign key'
 ORDER BY o.object_name COLLATE "C", c.key COLLATE "C";
CREATE TABLE r5 PARTITION OF r FOR VALUES FROM ('2026-01-01', 0) TO ('2027-01-01', 0);
:check;
ALTER TABLE r DETACH PARTITION r5;
DROP TABLE r5;
:check;
ALTER TABLE l DROP CONSTRAINT l_n_fkey;
ALTER TABLE points DROP CONSTRAINT points_fkey;
:check;
ALTER TABLE points ADD CONSTRAINT points_fkey FOREIGN KEY (at, id) REFERENCES r ON UPDATE CASCADE;
ALTER TABLE l ADD CONSTRAINT l_n_fkey FOREIGN KEY (n) REFERENCES one;
:check;
ALTER TABLE l DROP CONSTRAINT l_n_fkey;
ALTER TABLE points DROP CONSTRAINT points_fkey;
ALTER TABLE points ADD CONSTRAINT points_fkey FOREIGN KEY (at, id) REFERENCES r;
ALTER TABLE l ADD CONSTRAINT l_n_fkey FOREIGN KEY (n) REFERENCES one ON DELETE SET NULL;
:check;
-- a foreign key to a partition, and one of a partition
ALTER TABLE points ADD CONSTRAINT points_fkey1 FOREIGN KEY (at, id) REFERENCES r1;
ALTER TABLE l1 ADD CONSTRAINT l1_fkey FOREIGN KEY (n) REFERENCES one;
:check;
ALTER TABLE points DROP CONSTRAINT points_fkey1;
ALTER TABLE l1 DROP CONSTRAINT l1_fkey;
-- a partition that is detached keeps its foreign key, as its own now
ALTER TABLE l DETACH PARTITION l1;
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind IN ('table', 'constraint');
ALTER TABLE l ATTACH PARTITION l1 FOR VALUES IN ('a', 'it''s', NULL);
:check;

-- By hand.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_partition": {"tables": {
	"r": {"partition_by": "range (at, id)"},
	"r1": {"partition_of": "regress_check_partition.r"},
	"r_default": {"partition_bound": "default"},
	"one": {"partition_by": null, "partition_of": null, "partition_bound": null}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_partition": {"tables": {
	"r": {"partition_by": null, "partition_of": "l"}, "r1": {"partition_bound": null, "partition_of": null},
	"one": {"partition_by": "LIST (k)", "partition_bound": "DEFAULT"}}}}}');

DROP SCHEMA regress_check_partition CASCADE;
