--
-- Rules for drift that is meant to be: schemadrift.ignore_rule, and the options
-- ignore and suppressed.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set check 'SELECT drift, kind, identity, attribute FROM schemadrift_check(:''doc'''

SET client_min_messages = warning;
CREATE ROLE regress_ignore_nobody;
CREATE SCHEMA regress_ignore;
SET search_path = regress_ignore;
CREATE TABLE events_p1 (id int, note text);
CREATE TABLE events_p22 (id int, note text);
CREATE TABLE "Größe" (id int, "a*b" int);
RESET client_min_messages;
SELECT schemadrift_snapshot('{regress_ignore}') AS doc \gset
:check);
CREATE TABLE events_p3 (id int);
ALTER TABLE events_p1 ALTER note SET DEFAULT 'x', ALTER id SET NOT NULL;
ALTER TABLE events_p22 ALTER note SET DEFAULT 'x';
ALTER TABLE "Größe" DROP "a*b", ENABLE ROW LEVEL SECURITY;
CREATE INDEX events_p1_id ON events_p1 (id);
:check);

-- The table: each member narrows the rule; patterns are anchored, and know case.
BEGIN;
INSERT INTO schemadrift.ignore_rule (schema_pattern, reason) VALUES ('regress_ignore', 'all of it');
:check);
ROLLBACK;
BEGIN;
INSERT INTO schemadrift.ignore_rule (schema_pattern, name_pattern, reason) VALUES
	('regress_ignor', '*', 'nothing'), ('Regress_ignore', '*', 'nothing'), ('regress%', '%', 'nothing'), ('', '*', 'nothing'),
	('regress_ignore', 'events', 'nothing'), ('regress_ignore', 'events_p???', 'nothing');
:check);
INSERT INTO schemadrift.ignore_rule (schema_pattern, name_pattern, reason) VALUES ('regress_ignore', 'events_p?', 'one character');
:check);
INSERT INTO schemadrift.ignore_rule (schema_pattern, name_pattern, reason) VALUES ('r*_ig*re', 'Gr??e', 'of several bytes');
:check);
INSERT INTO schemadrift.ignore_rule (schema_pattern, name_pattern, reason) VALUES ('*regress_ignore*', '*p*2*', 'any text, and none');
:check);
ROLLBACK;
BEGIN;
INSERT INTO schemadrift.ignore_rule (kind, schema_pattern, part_pattern, attribute, reason) VALUES
	('column', 'regress_ignore', 'note', NULL, 'a part'), ('column', 'regress_ignore', NULL, 'not_*', 'an attribute'),
	('view', 'regress_ignore', NULL, NULL, 'nothing of this kind');
:check);
-- a star in a name is what the star in the pattern matches
INSERT INTO schemadrift.ignore_rule (schema_pattern, part_pattern, reason) VALUES ('regress_ignore', 'a*b', 'x');
:check);
-- an attribute: not the rows about whole objects
INSERT INTO schemadrift.ignore_rule (schema_pattern, attribute, reason) VALUES ('regress_ignore', '*', 'x');
:check);
ROLLBACK;
-- expiry
BEGIN;
INSERT INTO schemadrift.ignore_rule (schema_pattern, reason, expires_at) VALUES ('regress_ignore', 'over', now() - interval '1 second');
SELECT count(*) FROM schemadrift_check(:'doc');
UPDATE schemadrift.ignore_rule SET expires_at = now() + interval '1 day';
SELECT count(*) FROM schemadrift_check(:'doc');
UPDATE schemadrift.ignore_rule SET expires_at = '-infinity';
SELECT count(*) FROM schemadrift_check(:'doc');
UPDATE schemadrift.ignore_rule SET expires_at = 'infinity';
SELECT count(*) FROM schemadrift_check(:'doc');
ROLLBACK;
-- What it does not take: no reason, an empty one, a rule that says nothing.
\set VERBOSITY terse
INSERT INTO schemadrift.ignore_rule (kind) VALUES ('table');
INSERT INTO schemadrift.ignore_rule (kind, reason) VALUES ('table', '');
INSERT INTO schemadrift.ignore_rule (reason) VALUES ('everything');
\set VERBOSITY default
SELECT count(*) FROM schemadrift.ignore_rule;

-- Option ignore: the same in the call.
:check, '{"ignore": []}');
:check, '{"ignore": [{"schema": "regress_ignore"}]}');
:check, '{"ignore": [{"name": "events*"}]}');
:check, '{"ignore": [{"kind": "table", "name": "events*"}, {"kind": "column", "schema": "*", "name": "events_p1", "part": "id", "attribute": "not_null"}, {"kind": "index", "part": "nope"}]}');
-- rows that another option leaves out are not counted
:check, '{"ignore": [{"name": "events*"}], "severity": ["integrity", "security"]}');
-- one row that two rules ignore counts once; both kinds of rules count
BEGIN;
INSERT INTO schemadrift.ignore_rule (kind, schema_pattern, reason) VALUES ('index', 'regress_ignore', 'x') RETURNING kind, added_by = session_user, added_at = now(), expires_at;
:check, '{"ignore": [{"kind": "index"}, {"kind": "column", "part": "?d"}]}');
-- Option suppressed: those rows, and only those, without a notice.
:check, '{"ignore": [{"kind": "column"}], "suppressed": true}');
:check, '{"ignore": [{"kind": "column"}], "suppressed": false}');
:check, '{"suppressed": true}');
:check, '{"suppressed": true, "severity": ["breaking"]}');
ROLLBACK;
:check, '{"suppressed": true}');
-- schemadrift_diff has the options, and nothing of the table
BEGIN;
INSERT INTO schemadrift.ignore_rule (schema_pattern, reason) VALUES ('regress_ignore', 'x');
SELECT drift, kind, identity, attribute FROM schemadrift_diff('{"schemas": {"regress_ignore": {"tables": {"t": {"unlogged": true, "row_security": true}}}}}',
	'{"schemas": {"regress_ignore": {"tables": {"t": {}}}}}', '{"ignore": [{"attribute": "unlogged"}]}');
SELECT drift, kind, identity, attribute FROM schemadrift_diff('{"schemas": {"regress_ignore": {"tables": {"t": {"unlogged": true, "row_security": true}}}}}',
	'{"schemas": {"regress_ignore": {"tables": {"t": {}}}}}', '{"ignore": [{"attribute": "unlogged"}], "suppressed": true}');
ROLLBACK;

-- Who may not read the table gets the same rows; only its owner writes it.
BEGIN;
INSERT INTO schemadrift.ignore_rule (kind, schema_pattern, reason) VALUES ('column', 'regress_ignore', 'x');
REVOKE ALL ON schemadrift.ignore_rule FROM PUBLIC;
REVOKE ALL ON SCHEMA schemadrift FROM PUBLIC;
:check);
SET ROLE regress_ignore_nobody;
:check);
:check, '{"suppressed": true}');
ROLLBACK;
SET ROLE regress_ignore_nobody;
SELECT count(*) FROM schemadrift.ignore_rule;
INSERT INTO schemadrift.ignore_rule (schema_pattern, reason) VALUES ('*', 'let me');
UPDATE schemadrift.ignore_rule SET expires_at = NULL;
DELETE FROM schemadrift.ignore_rule;
RESET ROLE;

-- Bad input.
CREATE FUNCTION pg_temp.bad(options jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	hint text;
BEGIN
	PERFORM * FROM schemadrift_check('{}', options);
	RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN state || ' ' || message || E'\n  ' || hint;
END
$$;
SELECT o, pg_temp.bad(o) FROM (VALUES ('{"ignore": {}}'::jsonb), ('{"ignore": null}'), ('{"ignore": "table"}'), ('{"ignore": true}'),
	('{"ignore": ["table"]}'), ('{"ignore": [null]}'), ('{"ignore": [[]]}'), ('{"ignore": [[{"kind": "table"}]]}'), ('{"ignore": [{}]}'),
	('{"ignore": [{"kind": "table"}, {}]}'), ('{"ignore": [{"kind": 1}]}'), ('{"ignore": [{"kind": null}]}'), ('{"ignore": [{"kind": {}}]}'),
	('{"ignore": [{"kind": {"name": "x"}}]}'), ('{"ignore": [{"name": ["x"]}]}'), ('{"ignore": [{"name": []}]}'),
	('{"ignore": [{"kind": "tables"}]}'), ('{"ignore": [{"kind": "*"}]}'), ('{"ignore": [{"kind": ""}]}'), ('{"ignore": [{"object": "x"}]}'),
	('{"ignore": [{"Name": "x"}]}'), ('{"ignore": [{"name": "x", "reason": "y"}]}'), ('{"suppressed": "true"}'), ('{"suppressed": null}'),
	('{"suppressed": 1}'), ('{"suppressed": []}'), ('{"supressed": true}'), ('{"suppressed": true, "ignore": []}')) AS v(o);

SET client_min_messages = warning;
DROP SCHEMA regress_ignore CASCADE;
DROP ROLE regress_ignore_nobody;
