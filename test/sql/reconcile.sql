--
-- schemadrift_reconcile(): everything that does not agree; nothing if all does.
--
LOAD 'schemadrift';
\pset format unaligned
\pset null -
SET client_min_messages = warning;
-- The whole database is looked at, so this is one of its own.
CREATE DATABASE regress_reconcile TEMPLATE template0;
\c regress_reconcile
LOAD 'schemadrift';
\pset format unaligned
\pset null -
SET client_min_messages = warning;
CREATE EXTENSION schemadrift;
CREATE VIEW schemadrift_findings AS SELECT finding, severity, kind, name, place, detail FROM schemadrift_reconcile();
ALTER VIEW schemadrift_findings SET SCHEMA schemadrift;
CREATE FUNCTION pg_temp.sha(script text) RETURNS text LANGUAGE sql AS $$SELECT encode(sha256(convert_to(script, 'UTF8')), 'hex')$$;
-- Nothing, and so nothing that does not agree.
SELECT * FROM schemadrift_reconcile();

-- A history of both kinds that agrees in all.
CREATE TABLE _prisma_migrations (
	id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT,
	rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
\set init 'CREATE TABLE "Track" ("id" SERIAL PRIMARY KEY, "title" VARCHAR(50) NOT NULL UNIQUE, bpm integer CHECK (bpm > 0)); CREATE INDEX ON "Track" (bpm); CREATE TYPE "Mood" AS ENUM (\'CALM\'); CREATE TABLE old_name (x int, y int REFERENCES "Track");'
:init
INSERT INTO _prisma_migrations VALUES ('1', pg_temp.sha(:'init'), '2026-01-01', '20260101000000_init', NULL, NULL, '2026-01-01', 1);
\set one 'DO $do$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY[\'Track\'] LOOP EXECUTE format(\'CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql AS $x$BEGIN RETURN NEW; END$x$\', lower(t) || \'_touch\'); EXECUTE format(\'CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION %I()\', t || \'_touch\', t, lower(t) || \'_touch\'); END LOOP; EXECUTE \'DROP TYPE "Mood"\'; END $do$;'
\set two 'ALTER TABLE old_name RENAME TO new_name; ALTER TABLE new_name ADD z int, DROP x; CREATE VIEW v AS SELECT y FROM new_name; CREATE TABLE parts (i int) PARTITION BY RANGE (i); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (2); CREATE INDEX parts_i ON parts (i); CREATE TABLE copy (LIKE "Track" INCLUDING ALL); CREATE TABLE made AS SELECT 1 AS anything;'
SELECT action, count(*) FROM schemadrift_register(jsonb_build_object('20260101000000_init/migration.sql', :'init', '01_one.sql', :'one', '02_two.sql', :'two', 'README.md', 'x')) GROUP BY 1;
SELECT schemadrift_apply('01_one', :'one');
SELECT schemadrift_apply('02_two', :'two');
SELECT * FROM schemadrift_reconcile();
SELECT name, state FROM schemadrift.migrations ORDER BY place;

-- Changes by hand, which no `prisma migrate status` tells of.
BEGIN;
ALTER TABLE "Track" ADD updated_at timestamptz;
TABLE schemadrift.schemadrift_findings;
ROLLBACK;
BEGIN;
ALTER TABLE "Track" DROP bpm;
DROP VIEW v;
-- of a table that is gone its columns are not told, too
DROP TABLE copy, made;
TABLE schemadrift.schemadrift_findings;
ROLLBACK;
BEGIN;
CREATE TABLE quick_fix (i int PRIMARY KEY, j int UNIQUE);
CREATE INDEX hot ON "Track" (title, bpm);
CREATE INDEX ON "Track" (title DESC);
CREATE TYPE quick_type AS ENUM ('a');
CREATE DOMAIN quick_domain AS int;
CREATE FUNCTION quick() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE quick_seq;
CREATE VIEW quick_view AS SELECT 1;
CREATE SCHEMA quick_schema CREATE TABLE inside (i int);
CREATE POLICY quick_policy ON "Track";
CREATE TRIGGER quick_trigger BEFORE INSERT ON "Track" FOR EACH ROW EXECUTE FUNCTION track_touch();
ALTER TABLE "Track" ADD CONSTRAINT quick_check CHECK (id > 0);
-- what the server names itself says nothing
ALTER TABLE "Track" ADD CHECK (id > -1), ADD FOREIGN KEY (bpm) REFERENCES "Track";
TABLE schemadrift.schemadrift_findings;
ROLLBACK;
-- Nothing has a new name, yet the schema is not what the last run left.
BEGIN;
ALTER TABLE "Track" ALTER bpm SET DEFAULT 120;
TABLE schemadrift.schemadrift_findings;
-- Prisma has written since: nobody can tell
UPDATE _prisma_migrations SET finished_at = now() + interval '1 day';
TABLE schemadrift.schemadrift_findings;
ROLLBACK;

-- The story is not whole: then no object is said to come from nowhere.
BEGIN;
CREATE TABLE quick_fix (i int);
INSERT INTO _prisma_migrations VALUES ('2', pg_temp.sha('x'), '2026-01-02', '20260102000000_gone', NULL, NULL, '2026-01-02', 1);
TABLE schemadrift.schemadrift_findings;
ROLLBACK;

-- It is whole when the script of a file that is gone was registered before.
BEGIN;
CREATE TABLE quick_fix (i int);
SELECT action FROM schemadrift_register('{"20260102000000_gone/migration.sql": "CREATE TABLE gone (i int);"}', 'other');
CREATE TABLE gone (i int);
INSERT INTO _prisma_migrations VALUES ('2', pg_temp.sha('CREATE TABLE gone (i int);'), '2026-01-02', '20260102000000_gone', NULL, NULL, '2026-01-02', 1);
SELECT action FROM schemadrift_register('{}', 'other');
TABLE schemadrift.schemadrift_findings;
ROLLBACK;

-- Files against rows.
BEGIN;
SELECT count(*) FROM schemadrift_register(jsonb_build_object('20260101000000_init/migration.sql', :'init' || ' --', '01_one.sql', :'one' || 'SELECT 1;', '02_two.sql', '-- x' || chr(10) || :'two', '03_bad.sql', E'SELECT 1;\nSELEC',
	'sub/01_one.sql', 'SELECT 1;', '20260105000000_failed/migration.sql', 'x', '20260106000000_killed/migration.sql', 'CREATE TABLE k (i int)', '20260107000000_claimed/migration.sql', 'CREATE TABLE c1 (i int); CREATE TABLE c2 (i int);',
	'20260108000000_back/migration.sql', 'x', '20260109000000_empty/migration.sql', '', '20260110000000_next/migration.sql', 'SELECT 1') || '{"20260111000000_folder": null}');
INSERT INTO _prisma_migrations VALUES ('2', pg_temp.sha('x'), '2026-01-02', '20260102000000_gone', NULL, NULL, '2026-01-02', 1), ('5', pg_temp.sha('x'), NULL, '20260105000000_failed', 'short', NULL, '2026-01-02', 0),
	('6', pg_temp.sha('CREATE TABLE k (i int)'), NULL, '20260106000000_killed', NULL, NULL, '2026-01-02', 0), ('7', pg_temp.sha('CREATE TABLE c1 (i int); CREATE TABLE c2 (i int);'), '2026-01-02', '20260107000000_claimed', '', NULL, '2026-01-02', 0),
	('8', pg_temp.sha('x'), NULL, '20260108000000_back', NULL, '2026-01-03', '2026-01-02', 0), ('9', pg_temp.sha('SELECT 1'), '2026-01-02', '20260110000000_next', NULL, NULL, '2026-01-02', 1), ('10', pg_temp.sha('SELECT 1'), '2026-01-03', '20260110000000_next', NULL, NULL, '2026-01-03', 1);
ALTER TABLE _prisma_migrations ALTER migration_name DROP NOT NULL;
INSERT INTO _prisma_migrations VALUES ('n', 'x', NULL, NULL, NULL, NULL, '2026-01-02', 0);
SELECT finding, severity, kind, name, place, left(detail, 110) AS detail FROM schemadrift_reconcile() WHERE finding NOT IN ('missing_object');
ROLLBACK;

-- Nothing registered; other relations of the name; a run that went its own way.
BEGIN;
SELECT count(*) FROM schemadrift_register('{}');
TABLE schemadrift.schemadrift_findings;
ROLLBACK;
CREATE SCHEMA IF NOT EXISTS two;
CREATE VIEW two._prisma_migrations AS SELECT 1 AS id;
SELECT * FROM schemadrift_reconcile() WHERE place ~ 'two';
DROP VIEW two._prisma_migrations;
CREATE TABLE two._prisma_migrations (id text, checksum text, migration_name text[]);
SELECT * FROM schemadrift_reconcile() WHERE place ~ 'two';
DROP TABLE two._prisma_migrations;
CREATE TABLE two._prisma_migrations (id text);
SELECT * FROM schemadrift_reconcile() WHERE place ~ 'two';
CREATE MATERIALIZED VIEW public.other AS SELECT 1;
DROP SCHEMA two CASCADE;
DROP MATERIALIZED VIEW other;
SELECT schemadrift_begin('03_watched', 'SELECT 3;') IS NOT NULL AS begun;
SELECT 'something else';
SELECT schemadrift_end();
SELECT * FROM schemadrift_reconcile() WHERE name = '03_watched';

-- A role without any rights; a read-only transaction.
CREATE ROLE regress_reconcile_nobody;
SET ROLE regress_reconcile_nobody;
SELECT finding, place, detail FROM schemadrift_reconcile() WHERE finding <> 'missing_file' ORDER BY 1;
RESET ROLE;
DROP ROLE regress_reconcile_nobody;
BEGIN READ ONLY;
SELECT count(*) > 0 FROM schemadrift_reconcile();
COMMIT;
SET search_path = '';
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 FROM pg_catalog.schemadrift_reconcile();
\c postgres
DROP DATABASE regress_reconcile;
