-- schemadrift_resolve(): what became of a failed or interrupted migration.
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE SCHEMA regress_ledger_resolve;
SET search_path = regress_ledger_resolve;
CREATE VIEW runs AS
SELECT name, method, state, proof, script, resolved_by = session_user AS resolved_by_me, resolved_at >= started_at AS resolved, note, finished_at >= started_at AS finished
  FROM schemadrift.ledger ORDER BY started_at;

-- By hand, rolled back: it may be run again.
SELECT schemadrift_apply('01', 'SELECT 1/0');
SELECT schemadrift_resolve('01', 'rolled_back', note => 'nothing of it is there');
SELECT schemadrift_resolve('01.sql', 'rolled_back');
TABLE runs;
-- By hand, applied: a new row claims it, as Prisma's would.
SELECT schemadrift_begin('02') IS NOT NULL AS begun;
SELECT 1/0;
SELECT schemadrift_end();
SELECT schemadrift_resolve('02', 'applied', 'manual', 'completed by hand');
SELECT * FROM runs WHERE name = '02';
SELECT schemadrift_resolve('02', 'applied');
SELECT schemadrift_resolve('02', 'rolled_back');
-- The registered file is what is claimed.
SELECT schemadrift_apply('03', 'SELECT 3/0');
SELECT count(*) FROM schemadrift_register('{"03.sql": "SELECT 3"}');
SELECT schemadrift_resolve('03', 'applied');
SELECT state, script, checksum = encode(sha256('SELECT 3'), 'hex') AS of_the_file FROM schemadrift.ledger WHERE name = '03' AND state = 'claimed';
SELECT schemadrift_apply('03', 'SELECT 3');
-- A running one is left alone.
SELECT schemadrift_begin('04') IS NOT NULL AS begun;
SELECT schemadrift_resolve('04', 'applied');
SELECT schemadrift_end();
SELECT schemadrift_resolve('04', 'rolled_back');

-- One that was undone, by its companion for one, may be run again.
SELECT schemadrift_apply('08', 'CREATE TABLE eight (i int)');
SELECT schemadrift_resolve('08', 'rolled_back');
DROP TABLE eight;
SELECT schemadrift_resolve('08', 'applied');
SELECT schemadrift_resolve('08', 'rolled_back', note => 'undone');
SELECT * FROM runs WHERE name = '08';
SELECT schemadrift_apply('08', 'CREATE TABLE eight (i int)');
SELECT schemadrift_resolve('08', 'rolled_back');
DROP TABLE eight;

-- Prisma's: rows as `prisma migrate resolve` writes them.
CREATE TABLE _prisma_migrations (
	id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT,
	rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
CREATE VIEW prisma AS
SELECT migration_name, id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' AS uuid, left(checksum, 4) AS checksum,
	finished_at IS NOT NULL AS finished, finished_at = started_at AS at_once, rolled_back_at > started_at AS rolled_back, logs, applied_steps_count AS steps
  FROM _prisma_migrations ORDER BY started_at, id;
INSERT INTO _prisma_migrations (id, checksum, migration_name, logs, started_at) VALUES
	('1', repeat('a', 64), '20260101000000_failed', 'an error', '2026-01-01'),
	('2', repeat('b', 64), '20260102000000_killed', NULL, '2026-01-02'),
	('3', repeat('b', 64), '20260102000000_killed', NULL, '2026-01-03');
INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES
	('4', repeat('c', 64), '20260103000000_applied', '2026-01-04', '2026-01-04', 1);
SELECT schemadrift_resolve('20260101000000_failed', 'rolled_back');
SELECT schemadrift_resolve('20260102000000_killed', 'applied');
TABLE prisma;
-- None left to roll back: it changes nothing, and says so as Prisma does.
SELECT schemadrift_resolve('20260101000000_failed', 'rolled_back');
TABLE prisma;
-- What Prisma refuses.
SELECT schemadrift_resolve('20260103000000_applied', 'applied');
SELECT schemadrift_resolve('20260103000000_applied', 'rolled_back');
SELECT schemadrift_resolve('20260104000000_none', 'rolled_back');
SELECT schemadrift_resolve('20260104000000_none', 'applied');
-- A registered file can be marked as applied, with its checksum.
SELECT count(*) FROM schemadrift_register('{"20260104000000_none/migration.sql": "SELECT 4", "20260102000000_killed/migration.sql": "SELECT 2"}', 'prisma');
SELECT schemadrift_resolve('20260104000000_none', 'rolled_back');
SELECT schemadrift_resolve('20260104000000_none', 'applied');
SELECT migration_name, checksum = encode(sha256('SELECT 4'), 'hex') AS of_the_file, logs, applied_steps_count FROM _prisma_migrations WHERE migration_name ~ 'none';

-- Several tables: the one that Prisma would see, by the search path.
CREATE SCHEMA regress_ledger_other;
CREATE TABLE regress_ledger_other._prisma_migrations (LIKE _prisma_migrations INCLUDING ALL);
INSERT INTO regress_ledger_other._prisma_migrations (id, checksum, migration_name) VALUES ('9', 'x', '20260109000000_there');
INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('9', 'x', '20260109000000_there');
SELECT schemadrift_resolve('20260109000000_there', 'rolled_back');
SELECT count(*) AS still_failed FROM regress_ledger_other._prisma_migrations WHERE rolled_back_at IS NULL;
SET search_path = '';
SELECT pg_catalog.schemadrift_resolve('20260109000000_there', 'rolled_back');
SET search_path = regress_ledger_resolve;
DELETE FROM _prisma_migrations WHERE id = '9';
SELECT schemadrift_resolve('20260109000000_there', 'rolled_back');
SELECT count(*) AS still_failed FROM regress_ledger_other._prisma_migrations WHERE rolled_back_at IS NULL;
-- No table at all: it is made, as Prisma would.
DROP TABLE regress_ledger_other._prisma_migrations;
DROP TABLE _prisma_migrations CASCADE;
SELECT schemadrift_resolve('20260104000000_none', 'applied');
SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) AS dflt
  FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
 WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0 ORDER BY attnum;

-- A name in both histories.
SELECT schemadrift_apply('20260104000000_none', 'SELECT 1/0');
SELECT schemadrift_resolve('20260104000000_none', 'rolled_back');
SELECT schemadrift_resolve('20260104000000_none', 'rolled_back', 'manual');
SELECT schemadrift_resolve('20260104000000_none', 'rolled_back', 'prisma');

-- Bad input.
SELECT schemadrift_resolve('01', 'done');
SELECT schemadrift_resolve('01', NULL);
SELECT schemadrift_resolve(NULL, 'applied');
SELECT schemadrift_resolve('01', 'applied', 'both');
SELECT schemadrift_resolve('05', 'applied');
SELECT schemadrift_resolve('01', 'applied', 'prisma');

-- Prisma's rows are written with the caller's rights.
CREATE ROLE regress_ledger_resolver;
GRANT EXECUTE ON FUNCTION schemadrift_resolve TO regress_ledger_resolver;
GRANT USAGE ON SCHEMA regress_ledger_resolve TO regress_ledger_resolver;
GRANT SELECT ON _prisma_migrations TO regress_ledger_resolver;
INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('7', 'x', '20260107000000_x');
SET ROLE regress_ledger_resolver;
SELECT schemadrift_resolve('20260107000000_x', 'rolled_back');
RESET ROLE;

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA regress_ledger_resolve, regress_ledger_other CASCADE;
REVOKE ALL ON FUNCTION schemadrift_resolve FROM regress_ledger_resolver;
DROP ROLE regress_ledger_resolver;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
