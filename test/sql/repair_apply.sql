-- Repairs that are run, migrations that are written, losses that are counted.
SET client_min_messages = warning;
CREATE SCHEMA fixed;
CREATE TYPE fixed.state AS ENUM ('open', 'paid');
CREATE TABLE fixed.customer (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE fixed.bill (id integer PRIMARY KEY, state fixed.state, customer integer);
CREATE TABLE fixed.note (id integer);
CREATE VIEW fixed.names AS SELECT id, name FROM fixed.customer;
INSERT INTO fixed.customer VALUES (1, 'a'), (2, 'b');
SELECT schemadrift_snapshot('{fixed}') AS expected \gset

-- what somebody did without a migration
ALTER TABLE fixed.customer ADD mail text, ADD score integer GENERATED ALWAYS AS (id * 2) STORED;
UPDATE fixed.customer SET mail = 'a@example.org' WHERE id = 1;
ALTER TABLE fixed.bill ADD CONSTRAINT bill_customer_fkey FOREIGN KEY (customer) REFERENCES fixed.customer;
ALTER TYPE fixed.state ADD VALUE 'late';
CREATE TYPE fixed.kind AS ENUM ('x');
CREATE DOMAIN fixed.positive AS integer CONSTRAINT is_positive CHECK (VALUE > 0);
CREATE FUNCTION fixed.twice(a integer) RETURNS integer LANGUAGE sql RETURN a * 2;
CREATE POLICY mine ON fixed.customer USING (id > 0);
CREATE TABLE fixed.extra (a integer, b fixed.positive);
INSERT INTO fixed.extra SELECT i, 1 FROM generate_series(1, 7) i;
CREATE SEQUENCE fixed.counter;
SELECT nextval('fixed.counter');
DROP TABLE fixed.note;

-- steps that lose data are left out, and say how much they would lose
SELECT step, sql, kind, identity, risk, note
FROM schemadrift_repair(:'expected', '{"count_loss": true}') WHERE sql IS NULL;
SELECT step, sql, risk, note
FROM schemadrift_repair(:'expected', '{"count_loss": true, "destructive": true}') WHERE risk = 'destructive';
CREATE ROLE regress_repair_reader;
GRANT USAGE ON SCHEMA fixed TO regress_repair_reader;
SET ROLE regress_repair_reader;
SELECT identity, note FROM schemadrift_repair(:'expected', '{"count_loss": true}')
WHERE sql IS NULL AND kind = 'table';
RESET ROLE;
REVOKE USAGE ON SCHEMA fixed FROM regress_repair_reader;

-- the migration that was not written, without and with what loses data
SELECT path, sql FROM schemadrift_migration('20_forgotten', :'expected');
SELECT path FROM schemadrift_migration('20b_forgotten.sql', :'expected');
SELECT path ~ '^[0-9]{2,}_forgotten\.sql$' AS numbered FROM schemadrift_migration('forgotten', :'expected');
SELECT path ~ '^20[0-9]{12}_forgotten/migration\.sql$' AS stamped, sql IS NOT NULL AS has_text
FROM schemadrift_migration('forgotten', :'expected', 'prisma');
SELECT sql AS migration FROM schemadrift_migration('20_forgotten', :'expected', 'manual', '{"destructive": true}') \gset
SELECT schemadrift_snapshot('{fixed}') AS live \gset
-- nothing to do, no text
SELECT path, sql FROM schemadrift_migration('21_nothing', :'live');

-- a repair is a run of the ledger
SELECT step, sql, kind, verdict FROM schemadrift_repair_apply(:'expected', '{}', '30_repair', 'by hand');
SELECT step, sql, kind, identity, verdict
FROM schemadrift_repair_apply(:'expected', '{"destructive": true}', '31_repair');
SELECT * FROM schemadrift_check(:'expected');
SELECT * FROM schemadrift_repair_apply(:'expected', '{}', '32_nothing');
SELECT name, state, method, allow_destructive, note, error FROM schemadrift.ledger WHERE name ~ '^3[0-9]_' ORDER BY name;
SELECT * FROM fixed.customer ORDER BY id;

-- the migration leads to what was live, and does nothing the second time
SELECT schemadrift_apply('20_forgotten', :'migration', true);
SELECT * FROM schemadrift_check(:'live');
SELECT schemadrift_fingerprint('{fixed}') AS fingerprint \gset
UPDATE fixed.customer SET mail = 'b@example.org';
SELECT schemadrift_apply('20b_again', :'migration', true);
SELECT schemadrift_fingerprint('{fixed}') = :'fingerprint' AS is_same;
SELECT * FROM fixed.customer ORDER BY id;
SELECT report, attribute, actual, message FROM schemadrift_dry_run('20c', :'migration')
WHERE attribute = 'idempotent';

-- a step that fails undoes all, and the row says why
UPDATE fixed.customer SET name = 'long';
SELECT jsonb_set(:'live', '{schemas,fixed,tables,customer,columns,name,type}', '"integer"') AS wrong \gset
\set VERBOSITY terse
SELECT * FROM schemadrift_repair_apply(:'wrong', '{}', '33_wrong');
SELECT name, state, error ~ 'invalid input syntax' AS says_why FROM schemadrift.ledger WHERE name = '33_wrong';
SELECT * FROM schemadrift_check(:'live');

-- indexes without blocking are left to whoever can run them
CREATE INDEX bill_customer ON fixed.bill (customer);
SELECT schemadrift_snapshot('{fixed}') AS indexed \gset
DROP INDEX fixed.bill_customer;
SELECT sql, transactional, verdict FROM schemadrift_repair_apply(:'indexed', '{"concurrently": true}', '34_index');
SELECT sql FROM schemadrift_migration('35_index', '{"schemas": {"fixed": {"tables": {"bill": {"indexes": {"bill_customer": null}}}}}}');

-- errors
\set VERBOSITY default
SELECT * FROM schemadrift_repair_apply(NULL);
SELECT * FROM schemadrift_repair_apply('{}', NULL);
SELECT * FROM schemadrift_repair_apply('{}', '{"adopt": true}');
SELECT * FROM schemadrift_repair_apply('{}', '{"verify": true}');
SELECT * FROM schemadrift_repair_apply('{}', '{"destructive": 1}');
SELECT * FROM schemadrift_repair_apply('{}', '{"destroy": true}');
SELECT * FROM schemadrift_repair_apply('{}', '[]');
SELECT * FROM schemadrift_repair_apply(:'expected', '{}', 'a/b');
SELECT * FROM schemadrift_repair_apply(:'expected', '{}', '');
SELECT * FROM schemadrift_migration(NULL, '{}');
SELECT * FROM schemadrift_migration('20_x', NULL);
SELECT * FROM schemadrift_migration('20_x', '{}', 'flyway');
SELECT * FROM schemadrift_migration('20_x', '{}', NULL);
SELECT * FROM schemadrift_migration('20_x', '{}', 'manual', NULL);
SELECT * FROM schemadrift_migration('20_x', '{}', 'manual', '{"destructive": "yes"}');
SELECT * FROM schemadrift_migration('../20_x', '{}');
BEGIN READ ONLY;
SELECT * FROM schemadrift_repair_apply('{}');
ROLLBACK;
SET ROLE regress_repair_reader;
SELECT * FROM schemadrift_repair_apply('{}');
RESET ROLE;

DROP SCHEMA fixed CASCADE;
DROP ROLE regress_repair_reader;
