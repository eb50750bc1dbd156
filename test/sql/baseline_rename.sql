-- Renaming by a migration what has drifted: the drift is there afterwards, with
-- the new names, and no other.
\set VERBOSITY default
SET client_min_messages = warning;
CREATE SCHEMA regress_rename;
SET search_path = regress_rename, public;

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION g(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t (
	id integer CONSTRAINT t_pkey PRIMARY KEY,
	amount integer DEFAULT f(1),
	other integer DEFAULT f(1),
	m mood DEFAULT 'sad',
	CONSTRAINT positive CHECK (amount > 0),
	CONSTRAINT sane CHECK (amount < 1000)
);
CREATE INDEX t_low ON t (amount, other) WHERE amount < 10;
CREATE INDEX t_high ON t (f(amount)) WHERE amount > 10;
CREATE TABLE u (id integer PRIMARY KEY, "T" integer, CONSTRAINT u_fkey FOREIGN KEY (id) REFERENCES t);
CREATE VIEW v AS SELECT a.id, b.amount FROM t a, t b WHERE a.id = b.other;
CREATE VIEW w AS SELECT t.id, t_1.id AS id2 FROM t, t t_1 WHERE t.id = 1;
CREATE VIEW x AS SELECT f(id) AS fid FROM u WHERE "T" = 1;
CREATE POLICY p ON t USING (amount > 1 AND EXISTS (SELECT FROM u WHERE u.id = t.id));
SELECT schemadrift_expect(schemadrift_snapshot('{regress_rename}'));

CREATE VIEW pg_temp.drifted AS
	SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift.drift
	WHERE schema_name = 'regress_rename' ORDER BY identity COLLATE "C", attribute COLLATE "C";
CREATE FUNCTION pg_temp.migrate(name text, script text) RETURNS SETOF pg_temp.drifted LANGUAGE plpgsql
	SET search_path = regress_rename, public AS $$
BEGIN
	PERFORM schemadrift_apply(name, script);
	RETURN QUERY SELECT * FROM pg_temp.drifted;
END $$;
\pset format unaligned
\pset tuples_only on

-- nothing has drifted
SELECT * FROM pg_temp.migrate('01', 'ALTER TABLE t RENAME TO t2');
SELECT * FROM pg_temp.migrate('02', 'ALTER TABLE t2 RENAME amount TO "Amount"');
SELECT * FROM pg_temp.migrate('03', 'ALTER FUNCTION f(integer) RENAME TO f2');
SELECT * FROM pg_temp.migrate('04', 'ALTER TYPE mood RENAME TO feeling; ALTER TABLE u RENAME TO u2');
SELECT * FROM pg_temp.migrate('05', 'ALTER TABLE t2 RENAME CONSTRAINT sane TO small; ALTER INDEX t_low RENAME TO t_little');
SELECT * FROM pg_temp.migrate('06', 'ALTER TYPE feeling RENAME VALUE ''sad'' TO ''blue''');

-- by hand
ALTER TABLE t2 DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK ("Amount" > 5);
ALTER TABLE t2 DROP CONSTRAINT small, ADD CONSTRAINT small CHECK ("Amount" < 99);
ALTER TABLE t2 ALTER other SET DEFAULT f2(2), ALTER m SET DEFAULT 'happy';
DROP INDEX t_little;
CREATE INDEX t_little ON t2 ("Amount") WHERE "Amount" < 20;
DROP INDEX t_high;
CREATE INDEX t_high ON t2 (f2("Amount" + 1)) WHERE "Amount" > 10;
CREATE OR REPLACE VIEW v AS SELECT a.id, b."Amount" AS amount FROM t2 a, t2 b WHERE a.id = b.id;
CREATE OR REPLACE VIEW w AS SELECT t2.id, t2_1.id AS id2 FROM t2, t2 t2_1 WHERE t2.id = 2;
ALTER POLICY p ON t2 USING ("Amount" > 2 AND EXISTS (SELECT FROM u2 WHERE u2.id = t2.id));
SELECT * FROM pg_temp.drifted;

-- and renamed by migrations: of a table
SELECT * FROM pg_temp.migrate('11', 'ALTER TABLE t2 RENAME TO t3');
-- functions, one of which is what nothing shows
SELECT * FROM pg_temp.migrate('12', 'ALTER FUNCTION f2(integer) RENAME TO f3; ALTER FUNCTION g(integer) RENAME TO g3');
-- what belongs to a table
SELECT * FROM pg_temp.migrate('13', 'ALTER TABLE t3 RENAME CONSTRAINT small TO little; ALTER INDEX t_little RENAME TO t_small; ALTER POLICY p ON t3 RENAME TO p3');
-- the schema that all is in, and back
SELECT schemadrift_apply('14', 'ALTER SCHEMA regress_rename RENAME TO regress_rename_9');
SELECT * FROM pg_temp.migrate('15', 'ALTER SCHEMA regress_rename_9 RENAME TO regress_rename');
-- a migration that changes the same attribute has its way; a view that is expected to show the column is expected as it is
SELECT * FROM pg_temp.migrate('16', 'ALTER TABLE t3 RENAME other TO another; ALTER TABLE t3 ALTER another SET DEFAULT 7');
-- columns: what shows them is
SELECT * FROM pg_temp.migrate('17', 'ALTER TABLE t3 RENAME "Amount" TO total');
-- what was done by hand is undone by hand
ALTER TABLE t3 DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (total > 0);
ALTER TABLE t3 DROP CONSTRAINT little, ADD CONSTRAINT little CHECK (total < 1000);
ALTER TABLE t3 ALTER m SET DEFAULT 'blue';
DROP INDEX t_small;
CREATE INDEX t_small ON t3 (total, another) WHERE total < 10;
DROP INDEX t_high;
CREATE INDEX t_high ON t3 (f3(total)) WHERE total > 10;
ALTER POLICY p3 ON t3 USING (total > 1 AND EXISTS (SELECT FROM u2 WHERE u2.id = t3.id));
CREATE OR REPLACE VIEW w AS SELECT t3.id, t_1.id AS id2 FROM t3, t3 t_1 WHERE t3.id = 1;
SELECT * FROM pg_temp.drifted;

DROP SCHEMA regress_rename CASCADE;
SELECT schemadrift_expect('{}');
