-- Repair: statements for drift, in an order in which they run.
CREATE ROLE regress_mend SUPERUSER;
SET SESSION AUTHORIZATION regress_mend;
CREATE SCHEMA mend;
CREATE TYPE mend.state AS ENUM ('open', 'paid', 'it''s late');
CREATE TABLE mend.customer (id integer PRIMARY KEY, "Full Name" text NOT NULL DEFAULT 'it''s "me"');
CREATE TABLE mend."Order" (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	customer integer REFERENCES mend.customer,
	state mend.state NOT NULL DEFAULT 'open',
	amount numeric(10,2) CHECK (amount > 0));
CREATE INDEX order_open ON mend."Order" (customer) WHERE state = 'open';
CREATE VIEW mend.late AS SELECT id, amount FROM mend."Order" WHERE state = 'it''s late';
CREATE VIEW mend.latest AS SELECT max(id) AS id FROM mend.late;
COMMENT ON VIEW mend.late IS 'what''s late';
GRANT SELECT ON mend.late TO PUBLIC;
INSERT INTO mend.customer VALUES (1);
INSERT INTO mend."Order" (customer, amount) VALUES (1, 2.50);
SELECT schemadrift_snapshot('{mend}') AS expected \gset

-- no drift, no statement
SELECT * FROM schemadrift_repair(:'expected');

-- what hangs on a column goes before its type changes, and comes back as it was
ALTER TABLE mend.customer ALTER "Full Name" DROP NOT NULL, ALTER "Full Name" SET DEFAULT 'x';
DROP INDEX mend.order_open;
DROP VIEW mend.latest, mend.late;
ALTER TABLE mend."Order" ALTER amount TYPE numeric(10,1);
CREATE VIEW mend.late AS SELECT id, amount FROM mend."Order" WHERE state = 'it''s late';
CREATE VIEW mend.latest AS SELECT max(id) AS id FROM mend.late;
COMMENT ON VIEW mend.late IS 'what''s late';
GRANT SELECT ON mend.late TO PUBLIC;
SELECT step, sql, risk, lock, transactional, note FROM schemadrift_repair(:'expected');
SELECT step, kind, identity, mends FROM schemadrift_repair(:'expected');

-- tried, checked again, and rolled back
SELECT step, sql, verdict FROM schemadrift_repair(:'expected', '{"verify": true}') ORDER BY step;
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- it mends all of it
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- labels of an enum: added in their place, and taken away by a new type
ALTER TYPE mend.state RENAME TO old;
CREATE TYPE mend.state AS ENUM ('open', 'it''s late');
ALTER TABLE mend."Order" ALTER state DROP DEFAULT;
DROP VIEW mend.latest, mend.late;
DROP INDEX mend.order_open;
ALTER TABLE mend."Order" ALTER state TYPE mend.state USING state::text::mend.state, ALTER state SET DEFAULT 'open';
DROP TYPE mend.old;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
ALTER TYPE mend.state ADD VALUE 'lost' BEFORE 'paid';
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');
SELECT id, customer, state, amount FROM mend."Order";

-- what holds data goes only when that is asked for
CREATE TABLE mend.extra (a integer);
ALTER TABLE mend.customer ADD extra integer;
SELECT sql, risk, note FROM schemadrift_repair(:'expected') ORDER BY step;
SELECT sql, risk, note FROM schemadrift_repair(:'expected', '{"destructive": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected', '{"destructive": true}') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- nobody waits longer than need be
DROP INDEX mend.order_open;
ALTER TABLE mend."Order" DROP CONSTRAINT "Order_customer_fkey";
SELECT sql, risk, lock, transactional FROM schemadrift_repair(:'expected',
	'{"concurrently": true, "validate_later": true}') ORDER BY step;
SELECT sql, verdict FROM schemadrift_repair(:'expected',
	'{"concurrently": true, "verify": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'expected', '{"validate_later": true}') ORDER BY step \gexec
SELECT drift, kind, identity, attribute FROM schemadrift_check(:'expected');

-- never silent: what no statement mends has a reason, and a step that fails says so
CREATE TABLE mend.moved (b integer, a integer);
SELECT sql, kind, identity, note FROM schemadrift_repair(
	'{"schemas": {"mend": {"tables": {"moved": {"columns": {"a": {"type": "integer", "position": 1}, "b": {"type": "integer", "position": 2}}}}}}}');
INSERT INTO mend.moved (a) VALUES (NULL);
SELECT sql, note, verdict FROM schemadrift_repair(
	'{"schemas": {"mend": {"tables": {"moved": {"columns": {"a": {"type": "integer", "not_null": true}}}}}}}',
	'{"verify": true}');

-- options
SELECT * FROM schemadrift_repair(:'expected', '{"verify": 1}');
SELECT * FROM schemadrift_repair(:'expected', '{"nothing": true}');
SELECT * FROM schemadrift_repair(NULL);

SET client_min_messages = warning;
DROP SCHEMA mend CASCADE;
RESET SESSION AUTHORIZATION;
DROP ROLE regress_mend;
