--
-- The answer depends on the schema alone: not on settings, on who asks or in
-- what transaction; and nothing is left behind.
--
\pset format unaligned
\pset tuples_only on
\pset null -
SET client_min_messages = warning;

CREATE ROLE regress_manners_nobody;
CREATE ROLE regress_manners_owner;
CREATE SCHEMA regress_manners;
CREATE SCHEMA regress_manners_hostile;
CREATE SCHEMA regress_manners_docs;
SET search_path = regress_manners;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE FUNCTION lower_it(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
CREATE TABLE t (
	id bigint GENERATED ALWAYS AS IDENTITY,
	m mood DEFAULT 'good',
	d date DEFAULT '2024-03-01',
	ts timestamptz(3) DEFAULT '2024-03-01 12:00:00+00',
	iv interval DEFAULT '1 year 2 mons 3 days 04:05:06',
	f float8 DEFAULT 0.1::float8 + 1e-17::float8,
	f4 real DEFAULT '1.23456789',
	b bytea DEFAULT '\x00ff41',
	s text DEFAULT E'back\\slash\nit''s',
	a text[] DEFAULT ARRAY[NULL, 'NULL', 'x'],
	n int DEFAULT (NULL::numeric IS NULL)::int,
	"größe" text COLLATE "C",
	CONSTRAINT t_check CHECK (ts > '2000-01-01 00:00:00+00' AND iv < '3 days' AND b <> '\x41' AND s <> E'\\'),
	CONSTRAINT t_null CHECK (s = NULL OR f <> 0.3));
CREATE INDEX t_lower ON t (lower_it(s), (d + 1)) WHERE d > '2024-12-31';
CREATE TABLE p (at timestamptz, f float8) PARTITION BY RANGE (at, f);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-03-01 00:00+00', 0.1) TO ('2024-03-01 05:30+05:30', 0.3);
CREATE VIEW v AS SELECT t.id, p.at, '2024-03-01'::date AS d, '1 day'::interval AS i, 0.1::float8 AS f, '\x41'::bytea AS b FROM t CROSS JOIN p;
GRANT USAGE ON SCHEMA regress_manners TO regress_manners_owner;
ALTER TABLE t OWNER TO regress_manners_owner;

-- a snapshot, and a document by hand that says the same in other words, and
-- some things that are not so
CREATE TABLE regress_manners_docs.docs (snapshot jsonb, hand jsonb, fingerprint text, rows text);
GRANT USAGE ON SCHEMA regress_manners_docs TO PUBLIC;
GRANT SELECT ON regress_manners_docs.docs TO PUBLIC;
INSERT INTO regress_manners_docs.docs SELECT schemadrift_snapshot('{regress_manners}'), jsonb_build_object('schemas', jsonb_build_object('regress_manners', jsonb_build_object(
	'enums', '{"mood": ["good", "bad"]}'::jsonb,
	'tables', jsonb_build_object('t', jsonb_build_object('columns', '{
			"id": "int8", "m": {"type": "mood", "default": "''good''"}, "d": {"type": "date", "default": "''20240301''"}, "ts": {"type": "timestamptz(3)", "default": "''2024-03-01 12:00:00+00''"},
			"iv": {"default": "''P1Y2M3DT4H5M6S''"}, "f4": {"type": "float4"}, "b": {"type": "bytea", "default": "''\\x00FF41''"},
			"f": {"default": "0.1::float8+1e-17::float8"}, "s": {"default": "''x''"}, "größe": {"type": "varchar", "collation": "\"C\""}}'::jsonb,
		'constraints', '{"t_null": {"expression": "s = NULL OR f <> 0.3"}, "t_check": {"expression": "ts > ''2000-01-01 00:00:00+00'' and iv < interval ''3 days'' and b <> ''\\x41'' and s <> E''\\\\''"}}'::jsonb,
		'indexes', '{"t_lower": {"keys": ["lower_it(s)", "(d+1)"], "where": "d > date ''2024-12-31''"}}'::jsonb),
	'p1', '{"partition_bound": "for values from (''2024-03-01 00:00+00'', 0.1) to (''2024-03-01 00:00+00'', 0.3)"}'::jsonb),
	'views', '{"v": "select t.id, p.at, date ''2024-03-01'' as d, interval ''1 day'' as i, 0.1::float8 as f, ''\\x41''::bytea as b from t cross join p", "w": {}}'::jsonb)));
UPDATE regress_manners_docs.docs SET fingerprint = schemadrift_fingerprint('{regress_manners}'), rows = (SELECT string_agg(c::text, E'\n') FROM schemadrift_check(hand) c);
ANALYZE regress_manners_docs.docs;
SELECT rows FROM regress_manners_docs.docs;
\set same 'SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.schemadrift_check(snapshot)) AS drift, pg_catalog.schemadrift_snapshot(\'{regress_manners}\') OPERATOR(pg_catalog.=) snapshot AS snapshot, pg_catalog.schemadrift_fingerprint(\'{regress_manners}\') OPERATOR(pg_catalog.=) fingerprint AS fingerprint, (SELECT pg_catalog.string_agg(c::pg_catalog.text, E\'\\n\') FROM pg_catalog.schemadrift_check(hand) c) OPERATOR(pg_catalog.=) rows AS rows FROM regress_manners_docs.docs'
:same;

-- Settings, one after the other and all together.
SET DateStyle = 'SQL, DMY';
:same;
SET IntervalStyle = sql_standard;
:same;
SET TimeZone = 'Asia/Kolkata';
:same;
SET extra_float_digits = -15;
:same;
SET quote_all_identifiers = on;
:same;
SET bytea_output = escape;
:same;
SET array_nulls = off;
:same;
SET transform_null_equals = on;
:same;
SET backslash_quote = off;
-- things of the past from 19 on
DO $$ BEGIN SET escape_string_warning = on; SET standard_conforming_strings = off; EXCEPTION WHEN OTHERS THEN NULL; END $$;
:same;
SET xmlbinary = hex;
SET default_text_search_config = 'pg_catalog.german';
SET row_security = off;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_seqscan = off;
SET plan_cache_mode = force_generic_plan;
SET check_function_bodies = off;
SET default_toast_compression = pglz;
SET session_replication_role = replica;
SET default_transaction_isolation = serializable;
SET default_transaction_read_only = on;
:same;
SET work_mem = '64kB';
SET temp_buffers = 100;
SET statement_timeout = '1min';
:same;
RESET ALL;
SET client_min_messages = warning;
:same;

-- Encoding of the client.
SET client_encoding = LATIN1;
:same;
RESET client_encoding;

-- search_path, and objects that shadow the server's and the schema's.
SET search_path = '';
:same;
SET search_path = pg_temp;
:same;
SET search_path = no_such_schema, "$user";
:same;
SET search_path = regress_manners_hostile, pg_catalog;
CREATE FUNCTION lower_it(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''hostile''';
CREATE FUNCTION now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.now()';
CREATE FUNCTION count(anyelement) RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE TYPE mood AS ENUM ('hostile');
CREATE DOMAIN int8 AS pg_catalog.text;
CREATE DOMAIN timestamptz AS pg_catalog.text;
CREATE DOMAIN date AS pg_catalog.text;
CREATE VIEW pg_class AS SELECT 1 AS oid;
CREATE VIEW pg_attribute AS SELECT 1 AS oid;
CREATE TABLE t (x int);
CREATE OPERATOR = (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = textne);
CREATE OPERATOR > (LEFTARG = pg_catalog.timestamptz, RIGHTARG = pg_catalog.timestamptz, FUNCTION = timestamptz_le);
:same;
-- also in the temporary schema
CREATE TYPE pg_temp.mood AS ENUM ('hostile');
CREATE DOMAIN pg_temp.int8 AS pg_catalog.text;
CREATE DOMAIN pg_temp.date AS pg_catalog.text;
CREATE TEMP TABLE t (x int);
CREATE TEMP TABLE p (x int);
CREATE TEMP TABLE pg_class (x int);
CREATE TEMP TABLE pg_constraint (x int);
CREATE FUNCTION pg_temp.lower_it(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''hostile''';
SET search_path = pg_temp, regress_manners_hostile, pg_catalog;
:same;
SET search_path = pg_temp, regress_manners_hostile;
:same;
RESET search_path;
:same;

-- A role that has no rights at all, not even on the schema.
SET ROLE regress_manners_nobody;
SELECT has_schema_privilege('regress_manners', 'USAGE'), has_table_privilege('regress_manners_docs.docs', 'SELECT');
SELECT count(*) FROM regress_manners.t;
:same;
SET search_path = pg_temp, regress_manners_hostile, pg_catalog;
:same;
RESET search_path;
RESET ROLE;
-- row security does not hide the schema
ALTER TABLE regress_manners.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SET ROLE regress_manners_nobody;
SELECT drift, kind, identity, attribute, expected, actual FROM regress_manners_docs.docs, schemadrift_check(snapshot);
RESET ROLE;
ALTER TABLE regress_manners.t DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
-- the owner of the table
SET ROLE regress_manners_owner;
:same;
RESET ROLE;

-- Transactions: read only, every level, after a savepoint; no transaction id
-- is taken, no lock on a user's relation kept.
BEGIN READ ONLY;
:same;
SAVEPOINT a;
:same;
ROLLBACK TO a;
:same;
RELEASE a;
SELECT pg_current_xact_id_if_assigned() IS NULL;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
:same;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
:same;
COMMIT;
BEGIN;
:same;
SELECT pg_current_xact_id_if_assigned() IS NULL;
SELECT count(*) FROM pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
 WHERE l.pid = pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND c.relnamespace = 'regress_manners'::regnamespace;
SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.locktype NOT IN ('relation', 'virtualxid');
COMMIT;
-- what the transaction itself has done is seen, and gone after a rollback
BEGIN;
CREATE TABLE regress_manners.own (id int);
ALTER TABLE regress_manners.t RENAME COLUMN f4 TO f5;
SELECT drift, kind, identity FROM regress_manners_docs.docs, schemadrift_check(snapshot);
ROLLBACK;
:same;

-- In a function, a DO block, an exception block, a cursor, a prepared
-- statement, a view, a sub-query, and one inside the other.
CREATE FUNCTION regress_manners_docs.in_function() RETURNS bigint LANGUAGE plpgsql STABLE AS
$$ BEGIN RETURN (SELECT count(*) FROM regress_manners_docs.docs, schemadrift_check(snapshot)); END $$;
CREATE FUNCTION regress_manners_docs.in_sql() RETURNS SETOF text LANGUAGE sql SET search_path = '' SET DateStyle = 'German' AS
$$ SELECT c.identity || ' ' || c.attribute FROM regress_manners_docs.docs, pg_catalog.schemadrift_check(hand) c $$;
SELECT regress_manners_docs.in_function();
SELECT * FROM regress_manners_docs.in_sql();
DO $$
DECLARE
	n bigint;
	r record;
BEGIN
	FOR i IN 1..3 LOOP
		BEGIN
			SELECT count(*) INTO n FROM regress_manners_docs.docs, schemadrift_check(snapshot);
			IF i = 2 THEN RAISE EXCEPTION 'rows: %', n; END IF;
		EXCEPTION WHEN raise_exception THEN
			RAISE WARNING 'caught: %', SQLERRM;
		END;
	END LOOP;
	FOR r IN SELECT c.* FROM regress_manners_docs.docs, schemadrift_check(hand) c LOOP
		RAISE WARNING '% %: %', r.identity, r.attribute, (SELECT count(*) FROM regress_manners_docs.docs, schemadrift_check(snapshot));
	END LOOP;
END $$;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT c.identity, c.attribute FROM regress_manners_docs.docs, schemadrift_check(hand) c;
FETCH 1 FROM c;
SAVEPOINT a;
DROP VIEW regress_manners.v;
FETCH ALL FROM c;
ROLLBACK TO a;
FETCH FIRST FROM c;
CLOSE c;
DECLARE h CURSOR WITH HOLD FOR SELECT c.identity FROM regress_manners_docs.docs, schemadrift_objects('{regress_manners}') c;
COMMIT;
FETCH 2 FROM h;
CLOSE h;
PREPARE q(jsonb) AS SELECT count(*) FROM schemadrift_check($1);
EXECUTE q('{"schemas": {"regress_manners": {"tables": {"t": {}, "x": {}}}}}');
ALTER TABLE regress_manners.t RENAME TO x;
EXECUTE q('{"schemas": {"regress_manners": {"tables": {"t": {}, "x": {}}}}}');
ALTER TABLE regress_manners.x RENAME TO t;
DEALLOCATE q;
CREATE VIEW regress_manners_docs.drift AS SELECT c.* FROM regress_manners_docs.docs, schemadrift_check(snapshot) c;
SELECT count(*) FROM regress_manners_docs.drift;
SELECT 1 WHERE NOT EXISTS (SELECT FROM regress_manners_docs.docs, schemadrift_check(snapshot));
SELECT identity FROM regress_manners_docs.docs, schemadrift_check(hand) LIMIT 1;
SELECT (schemadrift_check(hand)).kind FROM regress_manners_docs.docs;

-- Settings are what they were, also after an error.
SET search_path = regress_manners_docs, pg_temp;
SET DateStyle = 'German';
SET extra_float_digits = 0;
CREATE TEMP TABLE settings AS SELECT name, setting FROM pg_settings;
SELECT count(*) FROM docs, schemadrift_check(hand);
SELECT s.name, s.setting, p.setting FROM settings s JOIN pg_settings p USING (name) WHERE s.setting IS DISTINCT FROM p.setting;
SELECT * FROM schemadrift_check('{"schemas": {"regress_manners": {"tables": {"p": {"columns": {"at": {"type": "int"}}}, "t": {"nope": 1}}}}}');
SELECT s.name, s.setting, p.setting FROM settings s JOIN pg_settings p USING (name) WHERE s.setting IS DISTINCT FROM p.setting;
DO $$
BEGIN
	PERFORM * FROM schemadrift_check('{"schemas": {"regress_manners": {"tables": {"p": {"columns": {"at": {"type": "int"}}}, "t": {"nope": 1}}}}}');
EXCEPTION WHEN invalid_parameter_value THEN
	RAISE WARNING '%, %, %', current_setting('search_path'), current_setting('DateStyle'), current_setting('extra_float_digits');
	SET LOCAL extra_float_digits = 2;
	PERFORM * FROM docs, schemadrift_check(hand);
	RAISE WARNING '%, %, %', current_setting('search_path'), current_setting('DateStyle'), current_setting('extra_float_digits');
END $$;
SELECT s.name, s.setting, p.setting FROM settings s JOIN pg_settings p USING (name) WHERE s.setting IS DISTINCT FROM p.setting;
SELECT current_user = session_user;
-- a snapshot that is not allowed, one that fails half way
SELECT schemadrift_snapshot('{regress_manners,nope}');
SELECT s.name, s.setting, p.setting FROM settings s JOIN pg_settings p USING (name) WHERE s.setting IS DISTINCT FROM p.setting;
RESET ALL;

SET client_min_messages = warning;
DROP SCHEMA regress_manners, regress_manners_hostile, regress_manners_docs CASCADE;
DROP ROLE regress_manners_nobody, regress_manners_owner;
