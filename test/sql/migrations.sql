--
-- schemadrift.migrations: every state, every flag, whatever Prisma's tables
-- look like.
--
LOAD 'schemadrift';
\pset format unaligned
\pset null -
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA regress_migrations;
SET search_path = regress_migrations;
CREATE VIEW states AS
SELECT place, name, kind, state, concat_ws(' ', CASE WHEN out_of_order THEN 'out_of_order' END, CASE WHEN duplicate_number THEN 'duplicate_number' END, CASE WHEN gap THEN 'gap' END) AS flags,
	proof, attempts, history, error, next
  FROM schemadrift.migrations ORDER BY place;
CREATE FUNCTION sha(script text) RETURNS text LANGUAGE sql AS $$SELECT encode(sha256(convert_to(script, 'UTF8')), 'hex')$$;

-- Nothing at all.
TABLE states;

-- Prisma's table, and no files: that is not to be mistaken for files that miss.
CREATE TABLE _prisma_migrations (
	id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT,
	rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) VALUES ('1', repeat('a', 64), '20260101000000_first', '2026-01-01', '2026-01-01', 1);
TABLE states;
TRUNCATE _prisma_migrations;

-- Every state of Prisma's.
CREATE TABLE there (i int, CONSTRAINT there_check CHECK (i > 0));
SELECT count(*) FROM schemadrift_register(jsonb_build_object(
	'01_applied/migration.sql', 'SELECT 1;', '02_crlf/migration.sql', E'SELECT 2;\r\nSELECT 2;\r\n', '03_lf/migration.sql', E'SELECT 3;\nSELECT 3;\n',
	'04_mixed/migration.sql', E'SELECT 4;\r\nSELECT 4;\n', '05_old_form/migration.sql', 'SELECT 5;', '06_failed/migration.sql', 'SELECT 6;', '07_killed/migration.sql', 'SELECT 7;',
	'08_killed_there/migration.sql', 'CREATE TABLE there (i int);', '09_killed_absent/migration.sql', 'CREATE TABLE absent (i int);', '10_rolled_back/migration.sql', 'SELECT 10;',
	'11_again/migration.sql', 'SELECT 11;', '12_edited/migration.sql', 'SELECT 12;', '13_comments/migration.sql', E'-- old\nSELECT 13;') || jsonb_build_object('14_empty', NULL, '15_empty_applied', NULL,
	'16_no_statement/migration.sql', '-- This is an empty migration.', '17_claimed/migration.sql', 'CREATE TABLE not_there (i int); ALTER TABLE there ADD COLUMN j int;',
	'18_resolved/migration.sql', 'CREATE TABLE there (i int, CONSTRAINT there_check CHECK (i > 0));', '19_junk/migration.sql', 'SELECT 19;', '20_empty_checksum/migration.sql', 'SELECT 20;',
	'21_upper/migration.sql', 'SELECT 21;', '22_finished_and_rolled_back/migration.sql', 'SELECT 22;', '23_first_counts/migration.sql', 'SELECT 23;', '24_pending/migration.sql', 'SELECT 24;',
	'28_o''dd $x/migration.sql', 'SELECT 28;', '26_claimed_dropped/migration.sql', 'CREATE TABLE shortlived (i int); CREATE TABLE renamed (i int);', '27_drops/migration.sql', 'DROP TABLE shortlived; ALTER TABLE renamed RENAME TO there;'));
SELECT count(*) FROM schemadrift_register((SELECT jsonb_object_agg(path, CASE WHEN name = '13_comments' THEN E'-- new\nSELECT  13;' ELSE content END)
	FROM schemadrift.migration_file WHERE replaced_at IS NULL));
CREATE FUNCTION add(name text, checksum text, steps int DEFAULT 1, logs text DEFAULT NULL, finished timestamptz DEFAULT '2026-01-01', rolled_back timestamptz DEFAULT NULL, started timestamptz DEFAULT '2026-01-01')
RETURNS void LANGUAGE sql AS $$
INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count, logs, rolled_back_at) VALUES (gen_random_uuid(), $2, $1, $7, $5, $3, $4, $6)$$;
\set error '\'A migration failed to apply. New migrations cannot be applied before…\n\nMigration name: 06_failed\n\nDatabase error code: 42P01\n\nDatabase error:\nERROR: relation \"x\" does not exist\n\nDbError { severity: …}\''
SELECT add('01_applied', sha('SELECT 1;')), add('02_crlf', sha(E'SELECT 2;\nSELECT 2;\n')), add('03_lf', sha(E'SELECT 3;\r\nSELECT 3;\r\n')), add('04_mixed', sha(E'SELECT 4;\nSELECT 4;\n')),
	add('05_old_form', regexp_replace(sha('SELECT 5;'), '0(.)|(..)', '\1\2', 'g')), add('06_failed', sha('SELECT 6;'), 0, :error, NULL), add('07_killed', sha('SELECT 7;'), 0, NULL, NULL),
	add('08_killed_there', sha('CREATE TABLE there (i int);'), 0, NULL, NULL), add('09_killed_absent', sha('CREATE TABLE absent (i int);'), 0, NULL, NULL),
	add('10_rolled_back', sha('SELECT 10;'), 0, 'an error', NULL, '2026-01-02'),
	add('11_again', sha('SELECT 11;'), 0, 'an error', NULL, '2026-01-02'), add('11_again', sha('SELECT 11;'), started => '2026-01-03', finished => '2026-01-03'),
	add('12_edited', sha('SELECT 12')), add('13_comments', sha(E'-- old\nSELECT 13;')), add('15_empty_applied', sha('')), add('17_claimed', sha('CREATE TABLE not_there (i int); ALTER TABLE there ADD COLUMN j int;'), 0, ''),
	add('18_resolved', sha('CREATE TABLE there (i int, CONSTRAINT there_check CHECK (i > 0));'), 0, ''), add('19_junk', 'manual'), add('20_empty_checksum', ''), add('21_upper', upper(sha('SELECT 21;'))),
	add('22_finished_and_rolled_back', sha('SELECT 22;'), rolled_back => '2026-01-02'), add('23_first_counts', sha('other')), add('23_first_counts', sha('SELECT 23;'), started => '2026-01-02', finished => '2026-01-02'),
	add('25_no_file', sha('SELECT 25;')), add('25_no_file_rolled_back', sha('SELECT 25;'), rolled_back => '2026-01-02'), add('26_claimed_dropped', sha('CREATE TABLE shortlived (i int); CREATE TABLE renamed (i int);'), 0, ''),
	add('27_drops', sha('DROP TABLE shortlived; ALTER TABLE renamed RENAME TO there;')), add('28_o''dd $x', sha('SELECT 28;'), 0, NULL, NULL) \g (tuples_only=on) /dev/null
TABLE states;
SELECT length(checksum) < 64 AS shorter FROM _prisma_migrations WHERE migration_name = '05_old_form';
-- While somebody holds Prisma's lock, an unfinished row is one that runs.
SELECT pg_advisory_lock(72707369);
SELECT name, state, next FROM states WHERE name ~ 'killed';
SELECT pg_advisory_unlock(72707369);
-- a lock of other numbers, or of another sort, is not it
SELECT pg_advisory_lock(0, 72707369), pg_advisory_lock_shared(727073690);
SELECT DISTINCT state FROM states WHERE name ~ 'killed';
SELECT pg_advisory_unlock_all();
-- A column that is absent: what old versions had.
ALTER TABLE _prisma_migrations DROP applied_steps_count, DROP logs;
SELECT name, state, proof FROM states WHERE name IN ('01_applied', '06_failed', '17_claimed');
ALTER TABLE _prisma_migrations ALTER finished_at TYPE timestamp, ALTER id TYPE text, ALTER checksum DROP NOT NULL, ALTER migration_name DROP NOT NULL, ALTER started_at DROP NOT NULL, ADD script text, ADD applied_steps_count bigint;
INSERT INTO _prisma_migrations (id) VALUES ('nothing');
UPDATE _prisma_migrations SET checksum = NULL WHERE migration_name = '01_applied';
SELECT name, state, recorded_checksum, next FROM schemadrift.migrations WHERE name = '01_applied';

-- Other tables of the name, in other schemas.
CREATE SCHEMA regress_migrations_2;
CREATE TABLE regress_migrations_2._prisma_migrations (LIKE _prisma_migrations);
SELECT history, count(*), count(*) FILTER (WHERE state = 'pending') AS pending FROM schemadrift.migrations GROUP BY 1 ORDER BY 1;
INSERT INTO regress_migrations_2._prisma_migrations (id, checksum, migration_name, started_at, finished_at) VALUES ('1', sha('x'), 'of_another_application', '2026-01-01', '2026-01-01');
SELECT history, count(*) FROM schemadrift.migrations GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM schemadrift_register('{"apps/two/of_another_application/migration.sql": "x", "apps/two/0_init/migration.sql": "x", "apps/one/0_init/migration.sql": "y"}', 'regress_apps');
SELECT name, state, path, history FROM schemadrift.migrations WHERE path ~ 'apps' ORDER BY path COLLATE "C";
SELECT count(*) FROM schemadrift_register('{}', 'regress_apps');
-- Shapes that are not Prisma's, views, and what else has the name.
CREATE SCHEMA "regress_Migrations 3";
CREATE TABLE "regress_Migrations 3"._prisma_migrations (id int, checksum text, migration_name text);
SELECT count(*) FROM schemadrift.migrations WHERE history ~ '3';
DROP TABLE "regress_Migrations 3"._prisma_migrations;
CREATE VIEW "regress_Migrations 3"._prisma_migrations AS SELECT * FROM regress_migrations._prisma_migrations;
SELECT count(*) FROM schemadrift.migrations WHERE history ~ '3';
DROP VIEW "regress_Migrations 3"._prisma_migrations;
CREATE TABLE "regress_Migrations 3"._prisma_migrations (id uuid, checksum char(64), migration_name name, started_at date, finished_at date, rolled_back_at timestamp, logs varchar, applied_steps_count smallint) PARTITION BY LIST (id);
CREATE TABLE "regress_Migrations 3".p PARTITION OF "regress_Migrations 3"._prisma_migrations DEFAULT;
INSERT INTO "regress_Migrations 3"._prisma_migrations VALUES (gen_random_uuid(), sha('x'), 'other', '2026-01-01', '2026-01-02', NULL, NULL, 1);
SELECT name, state, started_at, finished_at, history FROM schemadrift.migrations WHERE name = 'other';
CREATE TEMP TABLE _prisma_migrations (id text, checksum text, migration_name text);
INSERT INTO pg_temp._prisma_migrations VALUES ('1', 'x', 'temporary');
SELECT count(*) FROM schemadrift.migrations WHERE name = 'temporary';
DROP TABLE pg_temp._prisma_migrations;

-- Who may not read a table is not told what is not true; who may is.
CREATE ROLE regress_migrations_nobody;
GRANT USAGE ON SCHEMA regress_migrations TO regress_migrations_nobody;
GRANT SELECT ON states TO regress_migrations_nobody;
SET ROLE regress_migrations_nobody;
SELECT kind, state, history, next, count(*) FROM schemadrift.migrations GROUP BY 1, 2, 3, 4;
SELECT finding, severity, place, detail, hint FROM schemadrift_reconcile() WHERE finding ~ 'table' ORDER BY place COLLATE "C";
RESET ROLE;
GRANT SELECT (id, checksum, migration_name, started_at, finished_at, rolled_back_at, applied_steps_count) ON _prisma_migrations TO regress_migrations_nobody;
SET ROLE regress_migrations_nobody;
SELECT name, state FROM schemadrift.migrations WHERE name = '02_crlf';
RESET ROLE;
ALTER TABLE _prisma_migrations ENABLE ROW LEVEL SECURITY;
SET ROLE regress_migrations_nobody;
SELECT name, state FROM schemadrift.migrations WHERE name = '02_crlf';
SELECT finding, detail FROM schemadrift_reconcile() WHERE place = 'regress_migrations._prisma_migrations';
RESET ROLE;
ALTER TABLE _prisma_migrations DISABLE ROW LEVEL SECURITY;
DROP SCHEMA regress_migrations_2, "regress_Migrations 3" CASCADE;
DROP TABLE _prisma_migrations;
SELECT count(*) FROM schemadrift_register('{}');

-- Every state of those made by hand.  INSERT is what a restore does.
SELECT count(*) FROM schemadrift_register('{"01_applied.sql": "SELECT 1;", "02_failed.sql": "SELECT 2;", "03_interrupted.sql": "SELECT 3;", "04_rolled_back.sql": "SELECT 4;", "05_edited.sql": "SELECT 5;",
	"06_comments.sql": "-- new\nSELECT 6;", "07_empty.sql": "-- nothing", "08_claimed_absent.sql": "CREATE TABLE not_there (i int);", "09_claimed_there.sql": "CREATE TABLE there (i int);", "10_unknown_script.sql": "SELECT 10;",
	"11_adopted.sql": "SELECT 11;", "12_pending.sql": "SELECT 12;", "no_number.sql": "SELECT 14;", "not_run.sql": "SELECT 15;", "16_from_psql.sql": "SELECT 16;\n", "18_again.sql": "SELECT 18;", "19_o''dd $x.sql": "SELECT 19;"}');
CREATE FUNCTION run(name text, state text, proof text, script text, started timestamptz DEFAULT '2026-01-01', error text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
INSERT INTO schemadrift.run (id, name, checksum, script, method, state, proof, started_at, finished_at, applied_by, applied_as, system_identifier, database_oid, error)
VALUES (gen_random_uuid(), $1, regress_migrations.sha($4), $4, 'apply', $2, $3, $5, $5, 'me', 'me', 0, 0, $6)$$;
SELECT run('01_applied', 'applied', 'run', 'SELECT 1;'), run('02_failed', 'failed', NULL, 'SELECT 2;', error => 'division by zero'), run('03_interrupted', 'running', NULL, 'SELECT 3;'),
	run('04_rolled_back', 'rolled_back', NULL, 'SELECT 4;'), run('05_edited', 'applied', 'run', 'SELECT 55;'), run('06_comments', 'applied', 'run', E'-- old\nSELECT   6;'),
	run('08_claimed_absent', 'claimed', 'claim', 'CREATE TABLE not_there (i int);'), run('09_claimed_there', 'claimed', 'claim', 'CREATE TABLE there (i int);'), run('10_unknown_script', 'applied', 'run', NULL),
	run('11_adopted', 'applied', 'effect', 'SELECT 11;'), run('13_missing', 'applied', 'run', 'SELECT 13;'), run('no_number', 'applied', 'run', 'SELECT 14;'), run('16_from_psql', 'applied', 'run', 'SELECT 16;'),
	run('17_missing_claim', 'claimed', 'claim', 'CREATE TABLE not_there_either (i int);'), run('18_again', 'failed', NULL, 'SELECT 18;'), run('18_again', 'applied', 'run', 'SELECT 18;', '2026-01-02'), run('19_o''dd $x', 'interrupted', NULL, 'SELECT 19;') \g (tuples_only=on) /dev/null
TABLE states;
-- its own running
SELECT schemadrift_begin('12_pending', 'SELECT 12;') IS NOT NULL AS begun;
SELECT name, state, next FROM states WHERE name = '12_pending';
-- which is not taken for Prisma's
CREATE TABLE _prisma_migrations (id text, checksum text, migration_name text, finished_at timestamptz);
INSERT INTO _prisma_migrations VALUES ('1', sha('x'), '20260101000000_killed');
SELECT name, state FROM states WHERE name ~ 'killed';
DROP TABLE _prisma_migrations;
SELECT 12;
SELECT schemadrift_end();
SELECT name, state, next FROM states WHERE name = '12_pending';

-- Statement by statement a part of it may be there, which one transaction leaves nothing of.
SELECT schemadrift_begin('20_stepwise') IS NOT NULL AS begun;
SELECT 1/0;
SELECT schemadrift_end();
CREATE FUNCTION broken_off(name text, script text) RETURNS void LANGUAGE sql AS $$
INSERT INTO schemadrift.run (id, name, checksum, script, method, state, started_at, applied_by, applied_as, system_identifier, database_oid)
VALUES (gen_random_uuid(), $1, regress_migrations.sha($2), $2, 'begin', 'interrupted', now(), 'me', 'me', 0, 0)$$;
SELECT broken_off('21_there', 'CREATE TABLE there (i int);'), broken_off('22_absent', 'CREATE TABLE not_there (i int);'), broken_off('23_o''dd $x', 'SELECT 1;') \g (tuples_only=on) /dev/null
SELECT name, state, next FROM states WHERE name > '20' AND kind = 'manual' AND state IN ('failed', 'interrupted');
SELECT name, state, next FROM states WHERE name ~ '^(02|03)';

-- What is no SQL.
SELECT count(*) FROM schemadrift_register('{"01_psql.sql": "\\set x 1\nSELECT :x;", "20260101000000_slip/migration.sql": "SELEC 1;"}');
SELECT name, state, next FROM states WHERE name IN ('01_psql', '20260101000000_slip');

-- Numbers and times.
SET schemadrift.ledger_override = on;
TRUNCATE schemadrift.run;
RESET schemadrift.ledger_override;
CREATE FUNCTION register(VARIADIC names text[]) RETURNS bigint LANGUAGE sql AS $$
SELECT count(*) FROM schemadrift_register((SELECT jsonb_object_agg(n || '.sql', 'SELECT 1;') FROM unnest($1) n))$$;
SELECT register('1_a', '2_b', '3_c', '3_d', '03_e', '3b_f', '3b_g', '5_h', '17_i', '17B_j', '17b_k', '20260101000000_l', '20260101000001_m', '99999999_n');
SELECT name, flags FROM states WHERE flags <> '';
SELECT register('10_a', '20_b', '40_c', '050_d');
SELECT name, flags FROM states WHERE flags <> '';
SELECT register('10_a', '11_b', '13_c');
SELECT name, flags FROM states WHERE flags <> '';
SELECT register('7_a');
SELECT name, flags FROM states WHERE flags <> '';
SELECT register('1_a', '2_b', '3_c', '4_d', '5_e', '6_f');
SELECT run('1_a', 'applied', 'run', 'SELECT 1;', '2026-01-01'), run('2_b', 'applied', 'run', 'SELECT 1;', '2026-01-05'), run('4_d', 'applied', 'run', 'SELECT 1;', '2026-01-03'), run('5_e', 'applied', 'effect', 'SELECT 1;', '2026-01-02') \g (tuples_only=on) /dev/null
SELECT name, state, flags FROM states;
-- The kinds stand in the order in which they came into the schema.
CREATE TABLE _prisma_migrations (id text, checksum text, migration_name text, started_at timestamptz, finished_at timestamptz);
INSERT INTO _prisma_migrations VALUES ('1', sha('x'), '20251231000000_before', '2025-12-31', '2025-12-31'), ('2', sha('x'), '20260102000000_between', '2026-01-02 12:00', '2026-01-02 12:00'), ('3', sha('x'), '20260106000000_after', '2026-01-06', '2026-01-06');
SELECT place, name, kind, state FROM states;
-- Prisma's own order is that of its file system, which is not that of numbers.
TRUNCATE _prisma_migrations;
INSERT INTO _prisma_migrations SELECT n, sha('x'), n, '2026-01-01', '2026-01-01' FROM unnest('{10_b,2_a,_z,a_y,B_x,b_x,a-y,aa,20240101_x,1}'::text[]) n;
SELECT string_agg(name, ' ' ORDER BY place) FROM states WHERE kind = 'prisma';

-- In a transaction of any sort, on whatever search_path, under whatever settings.
BEGIN READ ONLY;
SELECT count(*) FROM schemadrift.migrations;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM schemadrift.migrations;
COMMIT;
SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Kolkata'; SET standard_conforming_strings = on; SET quote_all_identifiers = on;
SET search_path = '';
SELECT pg_catalog.count(*) FROM schemadrift.migrations;
SELECT pg_catalog.count(*) FROM pg_catalog.schemadrift_migrations();
RESET DateStyle; RESET TimeZone; RESET quote_all_identifiers;
RESET search_path;

-- Nothing is left.
DROP SCHEMA regress_migrations CASCADE;
DROP ROLE regress_migrations_nobody;
SET schemadrift.ledger_override = on;
TRUNCATE schemadrift.migration_file, schemadrift.run;
