--
-- Triggers, rules, row-level security and policies.  Each attribute alone is
-- in test/matrix.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

SET client_min_messages = warning;
CREATE ROLE regress_trigger_policy_a;
CREATE ROLE "regress_trigger_policy B";
CREATE SCHEMA regress_trigger_policy;
SET search_path = regress_trigger_policy;
CREATE TABLE t (id int, name text, at timestamptz);
CREATE VIEW v AS SELECT id, name FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER touch BEFORE UPDATE OF name, at ON t FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name AND NEW.id > 0) EXECUTE FUNCTION f('a', 'it''s');
CREATE TRIGGER "Log" AFTER INSERT ON t REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION g();
CREATE TRIGGER v_insert INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE keep AS ON DELETE TO t WHERE OLD.id = 1 DO INSTEAD NOTHING;
CREATE RULE v_delete AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE t.id = OLD.id;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON t USING (name = CURRENT_USER AND id > 0) WITH CHECK (id IN (1, 2));
CREATE POLICY strict ON t AS RESTRICTIVE FOR SELECT TO "regress_trigger_policy B", regress_trigger_policy_a USING (at < '2030-01-01 00:00+00');

SELECT jsonb_pretty(jsonb_strip_nulls(jsonb_build_object('triggers', definition->'triggers', 'rules', definition->'rules', 'policies', definition->'policies')))
  FROM schemadrift_objects('{regress_trigger_policy}') WHERE kind IN ('table', 'view');
SELECT schemadrift_snapshot('{regress_trigger_policy}') AS doc \gset
:check;

-- missing
DROP TRIGGER touch ON t;
DROP TRIGGER v_insert ON v;
DROP RULE keep ON t;
DROP POLICY strict ON t;
:check;
CREATE TRIGGER touch BEFORE UPDATE OF name, at ON t FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name AND NEW.id > 0) EXECUTE FUNCTION f('a', 'it''s');
CREATE TRIGGER v_insert INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE keep AS ON DELETE TO t WHERE OLD.id = 1 DO INSTEAD NOTHING;
CREATE POLICY strict ON t AS RESTRICTIVE FOR SELECT TO "regress_trigger_policy B", regress_trigger_policy_a USING (at < '2030-01-01 00:00+00');
:check;

-- unexpected; what a foreign key makes for itself is no trigger of the schema
CREATE TRIGGER extra AFTER TRUNCATE ON t EXECUTE FUNCTION g();
CREATE RULE "Extra" AS ON UPDATE TO t DO ALSO NOTIFY x;
CREATE POLICY extra ON t;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent);
:check;
DROP TRIGGER extra ON t;
DROP RULE "Extra" ON t;
DROP POLICY extra ON t;
DROP TABLE child, parent;
:check;

-- renamed: one goes, one comes
ALTER TRIGGER touch ON t RENAME TO touched;
ALTER POLICY own ON t RENAME TO mine;
ALTER RULE keep ON t RENAME TO kept;
:check;
ALTER TRIGGER touched ON t RENAME TO touch;
ALTER POLICY mine ON t RENAME TO own;
ALTER RULE kept ON t RENAME TO keep;
:check;

-- changed: a trigger
CREATE OR REPLACE TRIGGER touch AFTER INSERT OR UPDATE OF name ON t FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION g('b');
ALTER TABLE t DISABLE TRIGGER "Log";
:check;
CREATE OR REPLACE TRIGGER touch BEFORE UPDATE OF name, at ON t FOR EACH ROW WHEN (NEW.id > 0 AND OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION f('a', 'it''s');
ALTER TABLE t ENABLE TRIGGER "Log";
:check;
CREATE OR REPLACE TRIGGER touch BEFORE UPDATE OF name, at ON t FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name AND NEW.id > 0) EXECUTE FUNCTION f('a', 'it''s');
ALTER TRIGGER v_insert ON v RENAME TO v_insert_2;
CREATE TRIGGER v_insert INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f();
:check;
DROP TRIGGER v_insert ON v;
ALTER TRIGGER v_insert_2 ON v RENAME TO v_insert;
:check;

-- WHEN and conditions can be written differently; functions are named with
-- their schema.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_trigger_policy": {"tables": {"t": {
	"triggers": {"touch": {"function": "regress_trigger_policy.f", "timing": "BEFORE", "events": ["update"], "for_each": "row", "when": "old.name is distinct from new.name and (new.id>0)"}},
	"rules": {"keep": {"instead": true, "event": "delete"}},
	"policies": {"own": {"using": "name = current_user and (id > 0)", "check": "id = ANY (ARRAY[1,2])"},
		"strict": {"permissive": false, "command": "SELECT", "using": "at < timestamptz ''2030-01-01 02:00+02''"}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_trigger_policy": {"tables": {"t": {
	"triggers": {"touch": {"when": "old.name is distinct from new.name and new.id >= 0"}, "Log": {"when": "true"}},
	"policies": {"own": {"using": "name = session_user and id > 0", "check": "no_such_column > 1"}, "strict": {"using": null}}}}}}}');

-- changed: a rule, a policy
CREATE OR REPLACE RULE keep AS ON DELETE TO t WHERE OLD.id = 2 DO INSTEAD NOTHING;
ALTER TABLE t DISABLE RULE keep;
ALTER POLICY own ON t USING (name = CURRENT_USER);
ALTER POLICY strict ON t TO PUBLIC USING (true);
:check;
CREATE OR REPLACE RULE keep AS ON DELETE TO t WHERE OLD.id = 1 DO INSTEAD NOTHING;
ALTER TABLE t ENABLE RULE keep;
ALTER POLICY own ON t USING (name = CURRENT_USER AND id > 0);
ALTER POLICY strict ON t TO regress_trigger_policy_a, "regress_trigger_policy B" USING (at < '2030-01-01 00:00+00');
:check;
DROP POLICY own ON t;
CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE TO regress_trigger_policy_a USING (name = CURRENT_USER AND id > 0) WITH CHECK (id IN (1, 2));
:check;
-- row-level security itself, and a role under another name
ALTER TABLE t DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER ROLE regress_trigger_policy_a RENAME TO regress_trigger_policy_c;
:check;
ALTER ROLE regress_trigger_policy_c RENAME TO regress_trigger_policy_a;
ALTER TABLE t ENABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
DROP POLICY own ON t;
CREATE POLICY own ON t USING (name = CURRENT_USER AND id > 0) WITH CHECK (id IN (1, 2));
:check;

-- What a document says, and what it does not.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_trigger_policy": {"tables": {"t": {"complete": ["policy"], "triggers": {"touch": {}, "Log": null, "x": {"function": "f"}, "y": null},
	"rules": {"keep": null, "x": {"event": "update"}}, "policies": {"own": {}, "x": {"command": "delete"}, "y": null}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_trigger_policy": {"exact": true, "tables": {"t": {"row_security": true,
	"triggers": {"touch": {}, "Log": {}}, "policies": {"own": {}, "strict": {}}}}}}}') WHERE kind <> 'table';

DROP SCHEMA regress_trigger_policy CASCADE;
DROP ROLE regress_trigger_policy_a, "regress_trigger_policy B";
