--
-- schemadrift_doctor(): what is wrong, one check after the other.
--
\pset format unaligned
\pset tuples_only on
\pset null -
SET client_min_messages = error;
CREATE SCHEMA regress_doctor;
SET search_path = regress_doctor;
CREATE FUNCTION doctor(text) RETURNS TABLE (status text, detail text, hint text) LANGUAGE sql AS
	$$ SELECT status, detail, hint FROM pg_catalog.schemadrift_doctor() WHERE check_name = $1 $$;

-- All of them, but for two that depend on how the server was started.
SELECT schemadrift_disarm('nothing is guarded');
SELECT * FROM schemadrift_doctor() WHERE check_name NOT IN ('layers', 'log_channel', 'observer');
SELECT check_name FROM schemadrift_doctor() WHERE check_name IN ('layers', 'log_channel', 'observer');

-- The guard.
SELECT schemadrift_arm('log');
SELECT * FROM doctor('armed');
SELECT * FROM doctor('mode');
SELECT * FROM doctor('prisma_roles');
SELECT schemadrift_arm('reject');
SELECT * FROM doctor('armed');
SELECT * FROM doctor('prisma_roles');
SET schemadrift.prisma_roles = regress_doctor_deploy;
SELECT * FROM doctor('prisma_roles');
RESET schemadrift.prisma_roles;
SET schemadrift.require_approval = on;
SELECT * FROM doctor('prisma_roles');
RESET schemadrift.require_approval;
SELECT schemadrift_apply('01_doctor.sql', 'CREATE TABLE regress_doctor._prisma_migrations (id int)') IS NOT NULL;
SELECT * FROM doctor('prisma_roles');
SELECT schemadrift_apply('02_doctor.sql', 'DROP TABLE regress_doctor._prisma_migrations') IS NOT NULL;
CREATE TEMPORARY TABLE _prisma_migrations (id int);
SELECT status FROM doctor('prisma_roles');
DROP TABLE pg_temp._prisma_migrations;
SET schemadrift.guard = log;
SELECT * FROM doctor('mode');
RESET schemadrift.guard;
SELECT schemadrift_unlock('a test') IS NOT NULL;
SELECT status, detail ~ '^This session is unlocked until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d', hint FROM doctor('unlocked');
SELECT schemadrift_lock();
SELECT * FROM doctor('unlocked');
SELECT schemadrift_disarm('the rest is about objects');
SELECT * FROM doctor('armed');

-- Event triggers, and what makes triggers silent.
ALTER EVENT TRIGGER schemadrift_sql_drop DISABLE;
ALTER EVENT TRIGGER schemadrift_table_rewrite ENABLE;
SELECT * FROM doctor('event_triggers');
ALTER EVENT TRIGGER schemadrift_sql_drop ENABLE ALWAYS;
ALTER EVENT TRIGGER schemadrift_table_rewrite ENABLE ALWAYS;
SELECT status FROM doctor('event_triggers');
SET session_replication_role = replica;
SELECT * FROM doctor('replication_role');
RESET session_replication_role;
BEGIN;
UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'schemadrift';
SELECT * FROM doctor('extension_version');
ROLLBACK;

-- Migrations.
SELECT schemadrift_apply('03_doctor.sql', 'SELECT 1/0');
SELECT * FROM doctor('failed_migrations');
SELECT schemadrift_resolve('03_doctor', 'rolled_back');
SELECT status FROM doctor('failed_migrations');
SELECT schemadrift_begin('04_doctor.sql') IS NOT NULL;
SELECT status, regexp_replace(detail, '\d+\)$', 'PID)'), hint FROM doctor('unfinished_begin');
SELECT schemadrift_end();
SELECT status FROM doctor('unfinished_begin');

-- Objects that are there and do not do what they should.  Of many, five are named.
CREATE TABLE t (a int, b int);
INSERT INTO t VALUES (1), (1);
CREATE UNIQUE INDEX CONCURRENTLY "t Twice" ON t (a);
SELECT * FROM doctor('invalid_indexes');
DROP INDEX "t Twice";
SELECT status FROM doctor('invalid_indexes');
ALTER TABLE t ADD CONSTRAINT c1 CHECK (a > 0) NOT VALID, ADD CONSTRAINT c2 CHECK (a > 1) NOT VALID, ADD CONSTRAINT c3 CHECK (a > 2) NOT VALID,
	ADD CONSTRAINT c4 CHECK (a > 3) NOT VALID, ADD CONSTRAINT c5 CHECK (a > 4) NOT VALID, ADD CONSTRAINT c6 CHECK (a > 5) NOT VALID;
SELECT * FROM doctor('not_validated');
ALTER TABLE t DROP CONSTRAINT c1, DROP CONSTRAINT c2, DROP CONSTRAINT c3, DROP CONSTRAINT c4, DROP CONSTRAINT c5, DROP CONSTRAINT c6;
SELECT status FROM doctor('not_validated');
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE t DISABLE TRIGGER tr;
SELECT * FROM doctor('disabled_triggers');
DROP TABLE t;
SELECT status FROM doctor('disabled_triggers');
CREATE COLLATION old (LOCALE = 'C');
UPDATE pg_collation SET collversion = '0' WHERE collname = 'old';
SELECT * FROM doctor('collation_versions');
DROP COLLATION old;
SELECT status FROM doctor('collation_versions');

-- Retention: what is older goes, on record.
SELECT schemadrift_prune(NULL);
SELECT schemadrift_prune('-1 day');
SELECT schemadrift_prune('1000000 years');
BEGIN READ ONLY;
SELECT schemadrift_prune('1 day');
ROLLBACK;
SELECT count(*) AS rows FROM schemadrift.ddl_log \gset
SELECT schemadrift_prune('1 day'), (SELECT count(*) FROM schemadrift.ddl_log) = :rows AS same;
BEGIN;
SELECT schemadrift_prune('0') = :rows AS removed, :rows > 0 AS some;
SELECT count(*) FROM schemadrift.ddl_log;
SELECT act, regexp_replace(reason, 'before .*: ' || :rows, 'before TIME: ROWS') FROM schemadrift.guard_event WHERE act = 'prune' ORDER BY at DESC LIMIT 1;
ROLLBACK;
SELECT count(*) = :rows AS same FROM schemadrift.ddl_log;

-- Everybody may ask, under whatever search_path; what is in it is not called.
CREATE ROLE regress_doctor_user;
CREATE VIEW pg_index AS SELECT 1/0 AS indexrelid;
GRANT USAGE ON SCHEMA regress_doctor TO regress_doctor_user;
SET ROLE regress_doctor_user;
SET search_path = regress_doctor, pg_catalog;
SELECT count(*) FROM schemadrift_doctor();
SELECT schemadrift_prune('1 day');
RESET ROLE;

SET search_path = DEFAULT;
DROP SCHEMA regress_doctor CASCADE;
DROP ROLE regress_doctor_user;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
RESET schemadrift.ledger_override;
