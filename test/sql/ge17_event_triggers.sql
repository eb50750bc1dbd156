--
-- Where event triggers are switched off (PostgreSQL 17 and later), the hook
-- decides and records by itself; before the library is there, nothing does.
-- Runs after the schedule, so it brings its own extension.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE EXTENSION schemadrift;
CREATE SCHEMA regress_ge17;
CREATE TABLE regress_ge17.keep (a int);
CREATE ROLE regress_ge17_user;
GRANT ALL ON SCHEMA regress_ge17 TO regress_ge17_user;
SELECT status, detail FROM schemadrift_doctor() WHERE check_name = 'event_triggers_setting';
SELECT schemadrift_arm('reject');

-- A new session, which has not used the library.
\connect -
\set SHOW_CONTEXT never
SET event_triggers = off;
CREATE TABLE regress_ge17.unseen (a int);
DROP TABLE regress_ge17.unseen;
SELECT count(*) FROM schemadrift.ddl_log;
SELECT status, detail, hint FROM schemadrift_doctor() WHERE check_name = 'event_triggers_setting';
-- now it has
DROP TABLE regress_ge17.keep;
\set VERBOSITY terse
DO $$ BEGIN DROP TABLE regress_ge17.keep; END $$;
CREATE ROLE regress_ge17_more;
TRUNCATE regress_ge17.keep;
ALTER EVENT TRIGGER schemadrift_sql_drop DISABLE;
SET schemadrift.guard = log;
SELECT schemadrift_arm('warn');
RESET schemadrift.guard;
DROP TABLE regress_ge17.keep;
SELECT schemadrift_arm('reject');
SELECT verdict, command_tag, act, kind, schema_name, object_name, statement, parent_statement
  FROM schemadrift.ddl_log WHERE verdict = 'rejected' ORDER BY logged_at;

-- What is recorded: names, from the parse tree; what is changed with its identity.
SELECT schemadrift_apply('01_ge17.sql', 'CREATE TABLE regress_ge17.t (a int PRIMARY KEY); ALTER TABLE regress_ge17.t ADD b int UNIQUE; CREATE VIEW regress_ge17.v AS TABLE regress_ge17.t; ALTER VIEW regress_ge17.v RENAME TO w;');
CREATE TEMPORARY TABLE tt (a int PRIMARY KEY);
DROP TABLE tt;
SELECT schemadrift_unlock('a test') > now();
DROP TABLE regress_ge17.t CASCADE;
SELECT schemadrift_lock();
SELECT verdict, reason, command_tag, act, kind, schema_name, object_name, identity, part, changes IS NOT NULL AS changed, migration
  FROM schemadrift.ddl_log WHERE verdict <> 'rejected' ORDER BY logged_at;
-- acts that a statement names are protected all the same
SET schemadrift.protect = drop_view, drop_table;
SELECT schemadrift_apply('02_ge17.sql', 'CREATE VIEW regress_ge17.v AS SELECT 1 AS a; DROP VIEW regress_ge17.v;');
RESET schemadrift.protect;

-- Nobody but superusers can.
RESET event_triggers;
SET ROLE regress_ge17_user;
SET event_triggers = off;
CREATE TABLE regress_ge17.mine (a int);
RESET ROLE;

SELECT schemadrift_disarm('end of test');
DROP SCHEMA regress_ge17 CASCADE;
DROP ROLE regress_ge17_user;
DROP EXTENSION schemadrift;
