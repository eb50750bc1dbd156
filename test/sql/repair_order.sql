-- Repair: what stands on something that changes goes first, what loses data last.
CREATE ROLE regress_repair_orderer SUPERUSER;
SET SESSION AUTHORIZATION regress_repair_orderer;
CREATE SCHEMA regress_repair_order;
CREATE SCHEMA regress_repair_tool;
SET search_path = regress_repair_order, regress_repair_tool;
SET client_min_messages = warning;
-- runs a repair in one transaction, as a migration does
CREATE FUNCTION regress_repair_tool.run(expected jsonb, options jsonb DEFAULT '{"destructive": true}')
RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	FOR r IN SELECT * FROM schemadrift_repair(expected, options) WHERE sql IS NOT NULL ORDER BY step
	LOOP
		EXECUTE r.sql;
	END LOOP;
	RETURN QUERY SELECT concat_ws(' ', drift, kind, identity, attribute) FROM schemadrift_check(expected);
END
$$;

-- a column that is replaced: the old one is lost, last of all
CREATE TABLE a (id integer PRIMARY KEY, b integer, c integer GENERATED ALWAYS AS (b * 2) STORED);
CREATE INDEX a_c ON a (c);
SELECT schemadrift_snapshot('{regress_repair_order}') AS expected \gset
INSERT INTO a (id, b) VALUES (1, 2);
ALTER TABLE a ALTER c DROP EXPRESSION;
ALTER TABLE a ADD c_replaced integer;
UPDATE a SET c = 7;
SELECT sql, risk, note FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql, risk, note FROM schemadrift_repair(:'expected', '{"destructive": true, "count_loss": true}') ORDER BY step;
SELECT run(:'expected');
SELECT * FROM a;

-- the name of a table is needed by a view, and that of another by nothing
CREATE VIEW v AS SELECT id FROM a;
SELECT schemadrift_snapshot('{regress_repair_order}') AS expected \gset
DROP VIEW v;
CREATE TABLE aa (i integer);
CREATE TABLE v (i integer);
SELECT sql, risk, note FROM schemadrift_repair(:'expected', '{"destructive": true}') ORDER BY step;
SELECT run(:'expected');

-- labels of an enum that are used in the transaction in which they come
CREATE TYPE e AS ENUM ('one', 'three');
CREATE TABLE t (e e DEFAULT 'one', CHECK (e <> 'three'));
INSERT INTO t VALUES ('one');
SELECT schemadrift_snapshot('{regress_repair_order}') AS before \gset
ALTER TYPE e ADD VALUE 'two' BEFORE 'three';
SELECT schemadrift_snapshot('{regress_repair_order}') AS unused \gset
ALTER TABLE t ALTER e SET DEFAULT 'two';
CREATE INDEX t_e ON t (e) WHERE e = ANY ('{one,two}');
SELECT schemadrift_snapshot('{regress_repair_order}') AS used \gset
SELECT run(:'before');
SELECT sql FROM schemadrift_repair(:'unused') ORDER BY step;
SELECT sql, transactional, note FROM schemadrift_repair(:'used', '{"concurrently": true}') WHERE identity LIKE '%.e' ORDER BY step;
SELECT sql, transactional, verdict FROM schemadrift_repair(:'used', '{"verify": true}') ORDER BY step;
SELECT run(:'used');
SELECT * FROM t;
DROP TABLE t;
DROP TYPE e;

-- a foreign key between columns that both get another type, and what stands on its key
CREATE TABLE parent (id integer PRIMARY KEY, name text);
CREATE TABLE child (id integer REFERENCES parent);
CREATE VIEW grouped AS SELECT id, name FROM parent GROUP BY id;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM child WHERE id > 0);
CREATE POLICY p ON a USING (id IN (SELECT child.id FROM child));
GRANT SELECT ON grouped TO PUBLIC;
COMMENT ON VIEW grouped IS 'by its key';
SELECT schemadrift_snapshot('{regress_repair_order}') AS expected \gset
DROP POLICY p ON a;
DROP FUNCTION counted();
ALTER TABLE child DROP CONSTRAINT child_id_fkey;
DROP VIEW grouped;
ALTER TABLE parent DROP CONSTRAINT parent_pkey;
ALTER TABLE parent ALTER id TYPE text, ADD CONSTRAINT other PRIMARY KEY (id);
ALTER TABLE child ALTER id TYPE text, ADD CONSTRAINT child_id_fkey FOREIGN KEY (id) REFERENCES parent;
CREATE VIEW grouped AS SELECT id, name FROM parent GROUP BY id;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM child WHERE id > '0');
CREATE POLICY p ON a USING (id IN (SELECT child.id::integer FROM child));
INSERT INTO parent VALUES ('1');
INSERT INTO child VALUES ('1');
SELECT schemadrift_snapshot('{regress_repair_order}') AS other \gset
SELECT run(:'expected');
SELECT run(:'other');
SELECT run(:'expected');
SELECT * FROM child;

-- the same as a migration, from a document that has all of it
SELECT sql FROM schemadrift_repair(:'other', '{"adopt": true, "destructive": true}') ORDER BY step;
SELECT run(:'other');

-- what means the same as long as the column has its type is as the document says in the end
DROP SCHEMA regress_repair_order CASCADE;
CREATE SCHEMA regress_repair_order;
CREATE TABLE n (i integer CHECK (i > 5));
CREATE INDEX n_i ON n ((i + 1));
CREATE STATISTICS n_s ON (i + 1) FROM n;
CREATE VIEW n_v AS SELECT i FROM n WHERE i > 5;
SELECT schemadrift_snapshot('{regress_repair_order}') AS expected \gset
DROP SCHEMA regress_repair_order CASCADE;
CREATE SCHEMA regress_repair_order;
CREATE TABLE n (i numeric CHECK (i > 5));
CREATE INDEX n_i ON n ((i + 1));
CREATE STATISTICS n_s ON (i + 1) FROM n;
CREATE VIEW n_v AS SELECT i FROM n WHERE i > 5;
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
SELECT run(:'expected');
DROP SCHEMA regress_repair_order, regress_repair_tool CASCADE;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_repair_orderer;
