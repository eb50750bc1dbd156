-- Repair: statements for drift, in an order in which they run.
CREATE ROLE regress_repairer SUPERUSER;
SET SESSION AUTHORIZATION regress_repairer;
CREATE SCHEMA regress_repair;
CREATE TYPE regress_repair.state AS ENUM ('open', 'paid', 'it''s late');
CREATE TABLE regress_repair.customer (id integer PRIMARY KEY, "Full Name" text NOT NULL DEFAULT 'it''s "me"');
CREATE TABLE regress_repair."Order" (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	customer integer REFERENCES regress_repair.customer,
	state regress_repair.state NOT NULL DEFAULT 'open',
	amount numeric(10,2) CHECK (amount > 0));
CREATE INDEX order_open ON regress_repair."Order" (customer) WHERE state = 'open';
CREATE VIEW regress_repair.late AS SELECT id, amount FROM regress_repair."Order" WHERE state = 'it''s late';
CREATE VIEW regress_repair.latest AS SELECT max(id) AS id FROM regress_repair.late;
COMMENT ON VIEW regress_repair.late IS 'what''s late';
GRANT SELECT ON regress_repair.late TO PUBLIC;
INSERT INTO regress_repair.customer VALUES (1);
INSERT INTO regress_repair."Order" (customer, amount) VALUES (1, 2.50);
SELECT schemadrift_snapshot('{regress_repair}') AS expected \gset

-- no drift, no statement
SELECT * FROM schemadrift_repair(:'expected');

-- what hangs on a column goes before its type changes, and comes back as it was
ALTER TABLE regress_repair.customer ALTER "Full Name" DROP NOT NULL, ALTER "Full Name" SET DEFAULT 'x';
DROP INDEX regress_repair.order_open;
DROP VIEW regress_repair.latest, regress_repair.late;
ALTER TABLE regress_repair."Order" ALTER amount TYPE numeric(10,1);
CREATE VIEW regress_repair.late AS SELECT id, amount FROM regress_repair."Order" WHERE state = 'it''s late';
CREATE VIEW regress_repair.latest AS SELECT max(id) AS id FROM regress_repair.late;
COMMENT ON VIEW regress_repair.late IS 'what''s late';
GRANT SELECT ON regress_repair.late TO PUBLIC;
SELECT step, sql, risk, lock, transactional, note FROM schemadrift_repair(:'expected');
SELECT step, kind, identity, mends FROM schemadrift_repair(:'expected');

-- tried, checked again, and rolled back
SELECT step, sql, verdict FROM schemadrift_repair(:'expected', '{"verify": true}') ORDER BY step;
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- it mends all of it
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- labels of an enum: added in their place, and taken away by a new type
ALTER TYPE regress_repair.state RENAME TO old;
CREATE TYPE regress_repair.state AS ENUM ('open', 'it''s late');
ALTER TABLE regress_repair."Order" ALTER state DROP DEFAULT;
DROP VIEW regress_repair.latest, regress_repair.late;
DROP INDEX regress_repair.order_open;
ALTER TABLE regress_repair."Order" ALTER state TYPE regress_repair.state USING state::text::regress_repair.state, ALTER state SET DEFAULT 'open';
DROP TYPE regress_repair.old;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
ALTER TYPE regress_repair.state ADD VALUE 'lost' BEFORE 'paid';
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
SELECT id, customer, state, amount FROM regress_repair."Order";

-- what holds data goes only when that is asked for
CREATE TABLE regress_repair.extra (a integer);
ALTER TABLE regress_repair.customer ADD extra integer;
SELECT sql, risk, note FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql, risk, note FROM schemadrift_repair(:'expected', '{"destructive": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected', '{"destructive": true}') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- nobody waits longer than need be
DROP INDEX regress_repair.order_open;
ALTER TABLE regress_repair."Order" DROP CONSTRAINT "Order_customer_fkey";
SELECT sql, risk, lock, transactional FROM schemadrift_repair(:'expected',
	'{"concurrently": true, "validate_later": true}') ORDER BY step;
SELECT sql, verdict FROM schemadrift_repair(:'expected',
	'{"concurrently": true, "verify": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected', '{"validate_later": true}') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- nor while NOT NULL is made sure of: a check says so first
ALTER TABLE regress_repair.customer ALTER "Full Name" DROP NOT NULL;
SELECT sql, risk, lock FROM schemadrift_repair(:'expected', '{"validate_later": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected', '{"validate_later": true, "idempotent": true}') ORDER BY step \g (format=unaligned tuples_only=on)
SELECT sql FROM schemadrift_repair(:'expected', '{"validate_later": true}') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
SELECT conname FROM pg_constraint WHERE conrelid = 'regress_repair.customer'::regclass AND contype <> 'n' ORDER BY conname;

-- never silent: what no statement mends has a reason, and a step that fails says so
CREATE TABLE regress_repair.moved (b integer, a integer);
SELECT sql, kind, identity, note FROM schemadrift_repair(
	'{"schemas": {"regress_repair": {"tables": {"moved": {"columns": {"a": {"type": "integer", "position": 1}, "b": {"type": "integer", "position": 2}}}}}}}');
INSERT INTO regress_repair.moved (a) VALUES (NULL);
SELECT sql, note, verdict FROM schemadrift_repair(
	'{"schemas": {"regress_repair": {"tables": {"moved": {"columns": {"a": {"type": "integer", "not_null": true}}}}}}}',
	'{"verify": true}');

-- options
SELECT * FROM schemadrift_repair(:'expected', '{"verify": 1}');
SELECT * FROM schemadrift_repair(:'expected', '{"nothing": true}');
SELECT * FROM schemadrift_repair(NULL);

SET client_min_messages = warning;
DROP SCHEMA regress_repair CASCADE;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_repairer;
