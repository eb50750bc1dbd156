--
-- schemadrift_register(): a migrations folder as it is in the wild.
--
\pset format unaligned
\pset null -

-- What every team has, and some have.
SELECT * FROM schemadrift_register('{
	"20240101000000_init/migration.sql": "CREATE TABLE a (id integer PRIMARY KEY, \"B\" text);\nCREATE INDEX ON a (\"B\");\nCREATE TYPE e AS ENUM (''x'');\n",
	"20240101000000_init/down.sql": "DROP TABLE a;",
	"20240101000000_init/notes.sql": "SELECT 1;",
	"20240102000000_two/migration.sql": "ALTER TABLE a ADD COLUMN c integer;",
	"20240103000000_empty_folder": null,
	"empty_folder/": null,
	"migration_lock.toml": "provider = \"postgresql\"\n",
	"README.md": "# Migrations",
	"01_a.sql": "-- x\nALTER TABLE a ADD d integer; DO $$BEGIN NULL; END$$;",
	"2_b.sql": "SELECT 1;",
	"10_c.sql": "SELECT 1;",
	"017_old.sql": "SELECT 1;",
	"17_new.sql": "SELECT 1;",
	"17b_fix.sql": "SELECT 1;",
	"17a_fix.sql": "SELECT 1;",
	"17.1_fix.sql": "SELECT 1;",
	"17.10_fix.sql": "SELECT 1;",
	"17.2_fix.sql": "SELECT 1;",
	"018.sql": "SELECT 1;",
	"19-dashed.SQL": "SELECT 1;",
	"20 with blanks.sql": "SELECT 1;",
	"99999999999999999999999999999_long.sql": "SELECT 1;",
	"21_empty.sql": "",
	"22_comment.sql": "-- nothing /* here */\n;;",
	"23_x.down.sql": "SELECT 1;",
	"23_x.up.sql": "SELECT 1;",
	"24_y.sql": "SELECT 1;",
	"24_y_rollback.sql": "SELECT 1;",
	"24_rollback_y.sql": "SELECT 1;",
	"25_rollback_prices.sql": "SELECT 1;",
	"26_drop_down_menu.sql": "SELECT 1;",
	"rollbacks/24_y.sql": "SELECT 1;",
	"down.sql": "SELECT 1;",
	"sub/folder/27_deep.sql": "SELECT 1;",
	"28_crlf.sql": "SELECT 1;\r\nSELECT 2;\r\n",
	"29_bom.sql": "\ufeffSELECT 1;",
	"30_psql.sql": "\\set x 1\nSELECT :x;",
	"31_syntax.sql": "SELECT 1;\nSELEC 2;\n",
	"32_unterminated.sql": "SELECT 1;\nSELECT ''abc",
	"33_größe.sql": "SELECT 1;",
	"2fa_tables.sql": "SELECT 1;",
	"seed.sql": "INSERT INTO a VALUES (1);",
	"01_a.sql.bak": "SELECT 1;",
	".gitkeep": "",
	"./34_dot.sql": "SELECT 1;",
	"36_latin1.sql": "SELECT ''gr\ufffd\ufffde'';",
	"sub//35_slashes.sql": "SELECT 1;"}');

-- Numbers, companions, contents.
SELECT name, number, suffix, companion_of, empty, opaque, effects
  FROM schemadrift.migration_file WHERE kind IS NOT NULL AND replaced_at IS NULL
 ORDER BY path COLLATE "C";
SELECT path, content IS NULL AS no_content, checksum IS NULL AS no_checksum, cardinality(checksums), digest IS NULL AS no_digest
  FROM schemadrift.migration_file
 WHERE replaced_at IS NULL AND (content IS NULL OR digest IS NULL OR cardinality(checksums) > 1)
 ORDER BY path COLLATE "C";

-- Checksums are Prisma's: of the text, with LF, with CRLF; by hand without the
-- newline at the end, too, which psql takes away.
WITH f AS (
	SELECT name, content AS t, checksums FROM schemadrift.migration_file WHERE name IN ('28_crlf', '20240101000000_init', '29_bom'))
SELECT name, array_agg(position IS NOT NULL ORDER BY n) AS known
  FROM f, LATERAL (VALUES (1, t), (2, replace(t, E'\r\n', E'\n')), (3, replace(t, E'\n', E'\r\n')), (4, rtrim(t, E'\n')), (5, t || ' ')) AS v(n, form),
	array_position(checksums, encode(sha256(convert_to(form, 'UTF8')), 'hex')) AS position
 GROUP BY name ORDER BY name COLLATE "C";

-- A digest is the same when only comments and blanks differ.
SELECT name, action FROM schemadrift_register('{
	"1_a.sql": "CREATE TABLE t (a integer); SELECT ''x'' -- y",
	"2_a.sql": "/* nested /* comment */ */ CREATE  TABLE\n\tt(a integer);SELECT ''x''",
	"3_a.sql": "CREATE TABLE t (a integer); SELECT ''x '' -- y",
	"4_a.sql": "CREATE TABLE T (a integer); SELECT ''x''",
	"5_a.sql": "CREATE TABLE ta integer; SELECT ''x''",
	"6_a.sql": "CREATE TABLE t a integer; SELECT ''x''",
	"7_a.sql": "\ufeffCREATE TABLE t (a integer); SELECT ''x''"}', 'regress_digest');
SELECT array_agg(name ORDER BY name) FROM schemadrift.migration_file WHERE directory = 'regress_digest' GROUP BY digest ORDER BY 1;
SELECT count(*) FROM schemadrift_register('{}', 'regress_digest');

-- What statements make and remove.
SELECT count(*) FROM schemadrift_register(jsonb_build_object('1_effects.sql', $sql$
CREATE SCHEMA s CREATE TABLE in_s (i int) CREATE VIEW v AS SELECT 1;
CREATE TABLE a (id int CONSTRAINT id_positive CHECK (id > 0), LIKE b, CONSTRAINT a_pkey PRIMARY KEY (id));
CREATE TABLE c () INHERITS (a);
CREATE TEMP TABLE tmp (i int);
CREATE TEMP VIEW tmp_v AS SELECT 1;
CREATE TABLE d AS SELECT 1 AS x;
CREATE MATERIALIZED VIEW m AS SELECT 1;
CREATE FOREIGN TABLE ft (i int) SERVER srv;
CREATE SEQUENCE s.seq;
CREATE UNIQUE INDEX a_idx ON s.a (id);
CREATE INDEX ON a (id, lower(x));
CREATE TYPE comp AS (i int); CREATE TYPE r AS RANGE (subtype = int4); CREATE DOMAIN dom AS text; CREATE TYPE s.e AS ENUM ('a');
ALTER TYPE s.e ADD VALUE 'b'; ALTER TYPE s.e RENAME VALUE 'a' TO 'z';
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE PROCEDURE s.p() LANGUAGE sql AS '';
CREATE AGGREGATE agg (int) (SFUNC = int4pl, STYPE = int);
CREATE TRIGGER tg BEFORE INSERT ON s.a EXECUTE FUNCTION f();
CREATE POLICY pol ON a; CREATE EXTENSION x;
ALTER TABLE IF EXISTS s.a ADD COLUMN n int UNIQUE, ADD CONSTRAINT n_check CHECK (n > 0), DROP COLUMN o, DROP CONSTRAINT p;
ALTER TABLE a RENAME TO aa; ALTER TABLE aa RENAME COLUMN id TO ident; ALTER INDEX a_idx RENAME TO aa_idx; ALTER FUNCTION f(int) RENAME TO g;
ALTER SCHEMA s RENAME TO s2; ALTER TABLE aa SET SCHEMA s2; ALTER TYPE comp SET SCHEMA s2; ALTER TYPE r RENAME TO r2;
DROP TABLE a, s.b CASCADE; DROP VIEW v; DROP FUNCTION g(int); DROP TYPE s.e; DROP TRIGGER tg ON s.a; DROP POLICY pol ON a; DROP SCHEMA s; DROP EXTENSION x; DROP DOMAIN dom;
COMMENT ON TABLE a IS 'x'; GRANT SELECT ON a TO PUBLIC;
$sql$), 'regress_effects');
SELECT e FROM schemadrift.migration_file, jsonb_array_elements(effects) WITH ORDINALITY AS x(e, n) WHERE directory = 'regress_effects' ORDER BY n;
SELECT opaque FROM schemadrift.migration_file WHERE directory = 'regress_effects';
SELECT count(*) FROM schemadrift_register('{}', 'regress_effects');

-- Again: nothing has changed; then something has.
SELECT action, count(*) FROM schemadrift_register((SELECT jsonb_object_agg(path, content) FROM schemadrift.migration_file
	WHERE replaced_at IS NULL AND content IS NOT NULL)) GROUP BY action ORDER BY action;
SELECT action, count(*) FROM schemadrift_register((SELECT jsonb_object_agg(path, content) FROM schemadrift.migration_file
	WHERE replaced_at IS NULL AND content IS NOT NULL)) GROUP BY action ORDER BY action;
SELECT * FROM schemadrift_register('{"01_a.sql": "-- y\nALTER TABLE a ADD d integer; DO $$BEGIN NULL; END$$;", "2_b.sql": "SELECT 1;", "3_new.sql": "SELECT 1;"}')
 WHERE name IN ('01_a', '2_b', '3_new', '10_c', 'seed');
-- what was stays, and is told from what is
SELECT name, content, replaced_at IS NOT NULL AS replaced FROM schemadrift.migration_file WHERE name = '01_a' ORDER BY registered_at;
-- a partner that comes or goes makes another of a file
SELECT name, entry, action FROM schemadrift_register('{"25_rollback_prices.sql": "SELECT 1;"}', 'regress_partner');
SELECT name, entry, action FROM schemadrift_register('{"25_rollback_prices.sql": "SELECT 1;", "25_prices.sql": "SELECT 2;"}', 'regress_partner');
SELECT name, entry, action FROM schemadrift_register('{}', 'regress_partner');

-- What is rolled back was not registered.
BEGIN;
SELECT count(*) FROM schemadrift_register('{"1_x.sql": "SELECT 1;"}', 'regress_rolled_back');
ROLLBACK;
SELECT count(*) FROM schemadrift.migration_file WHERE directory = 'regress_rolled_back';

-- Bad input, and no half-registered folder after it.
SELECT schemadrift_register(NULL);
SELECT schemadrift_register('{}', NULL);
SELECT schemadrift_register('[]');
SELECT schemadrift_register('"x"');
SELECT schemadrift_register('{"1_a.sql": "SELECT 1;", "2_b.sql": 1}', 'regress_bad');
SELECT schemadrift_register('{"1_a.sql": ["SELECT 1;"]}', 'regress_bad');
SELECT schemadrift_register('{"1_a.sql": {}}', 'regress_bad');
SELECT schemadrift_register('{"": "SELECT 1;"}', 'regress_bad');
SELECT schemadrift_register('{"./": null}', 'regress_bad');
SELECT schemadrift_register('{"/1_a.sql": "SELECT 1;"}', 'regress_bad');
SELECT schemadrift_register('{"x/../../1_a.sql": "SELECT 1;"}', 'regress_bad');
SELECT schemadrift_register('{"x\\1_a.sql": "SELECT 1;"}', 'regress_bad');
SELECT schemadrift_register('{"1_a.sql": "SELECT 1;", "./1_a.sql": "SELECT 1;"}', 'regress_bad');
SELECT schemadrift_register('{"1_a.sql/": "SELECT 1;"}', 'regress_bad');
\set VERBOSITY sqlstate
SELECT schemadrift_register(jsonb_build_object(repeat('x', 256) || '.sql', 'SELECT 1;'), 'regress_bad');
SELECT schemadrift_register(jsonb_build_object(repeat('x/', 512) || '1.sql', 'SELECT 1;'), 'regress_bad');
\set VERBOSITY default
SELECT count(*) FROM schemadrift.migration_file WHERE directory = 'regress_bad';

-- Who may.
CREATE ROLE regress_register_nobody;
CREATE ROLE regress_register_one;
GRANT EXECUTE ON FUNCTION schemadrift_register(jsonb, text) TO regress_register_one;
GRANT EXECUTE ON FUNCTION schemadrift_register_directory(text) TO regress_register_one;
SET ROLE regress_register_nobody;
SELECT schemadrift_register('{}');
SELECT schemadrift_register_directory('/tmp');
SELECT count(*) > 0 FROM schemadrift.migration_file;
DELETE FROM schemadrift.migration_file;
RESET ROLE;
SET ROLE regress_register_one;
SELECT name, action FROM schemadrift_register('{"1_a.sql": "SELECT 1;"}', 'regress_one');
SELECT schemadrift_register_directory('/tmp');
UPDATE schemadrift.migration_file SET content = '';
RESET ROLE;
SELECT registered_by = session_user FROM schemadrift.migration_file WHERE directory = 'regress_one';
DELETE FROM schemadrift.migration_file;
TRUNCATE schemadrift.migration_file;
BEGIN READ ONLY;
SELECT schemadrift_register('{}');
ROLLBACK;

-- A search_path and objects in it that shadow the server's do not matter.
CREATE SCHEMA regress_register;
CREATE TABLE regress_register.migration_file (x int);
CREATE FUNCTION regress_register.concat_ws(VARIADIC text[]) RETURNS text LANGUAGE sql AS 'SELECT ''hostile''';
SET search_path = regress_register, pg_catalog;
SELECT name, action FROM schemadrift_register('{"1_a.sql": "SELECT 1;"}', 'regress_one');
SET standard_conforming_strings = on;
SET client_min_messages = debug1;
SELECT name, action FROM schemadrift_register('{"1_a.sql": "SELECT 1 AS a234567890123456789012345678901234567890123456789012345678901234567890;"}', 'regress_one');
RESET client_min_messages;
RESET search_path;

-- Property: of any folder, every file gets one row, in numeric order, and
-- registering it again changes nothing.
SELECT setseed(0.5);
CREATE TABLE regress_register.wild AS
SELECT DISTINCT ON (path) path, content FROM (
	SELECT (ARRAY['', '', '', 'sub/', 'a/b/', 'rollback/', '20240101000000_x/', 'Ä/'])[1 + (random() * 7)::int]
		|| (ARRAY['', '0', '00', '7', '17', '017', '3', '20240101', '20250101000000', '999999999999'])[1 + (random() * 9)::int]
		|| (ARRAY['', '', '', 'b', '.1', 'rd', 'b2'])[1 + (random() * 6)::int]
		|| (ARRAY['_', '-', ' ', '', '__', '.'])[1 + (random() * 5)::int]
		|| (ARRAY['add', 'down', 'rollback_x', 'x.down', 'x_undo', 'migration', 'é', '"q''', '%s', E'new\nline'])[1 + (random() * 9)::int]
		|| (ARRAY['.sql', '.sql', '.sql', '.SQL', '.sql.bak', '.md', '', '/migration.sql'])[1 + (random() * 7)::int] AS path,
		(ARRAY['', 'SELECT 1', E'-- x\r\n', E'SELECT ''', 'CREATE TABLE "x" (y int)', E'\ufeff', '$$', '/*', E'\\', 'DROP'])[1 + (random() * 9)::int] AS content
	FROM generate_series(1, 3000)) AS f
 WHERE path <> '';
CREATE TABLE regress_register.result AS
SELECT row_number() OVER () AS n, * FROM schemadrift_register((SELECT jsonb_object_agg(path, content) FROM regress_register.wild), 'regress_wild');
SELECT count(*) = (SELECT count(*) FROM regress_register.wild) AS each_a_row, count(DISTINCT entry), bool_and(action = 'added') FROM regress_register.result;
ANALYZE schemadrift.migration_file, regress_register.result, regress_register.wild;
SELECT count(*) FILTER (WHERE after < number) AS wrong, count(*) > 100 AS enough FROM (
	SELECT number, lead(number) OVER (ORDER BY n) AS after
	  FROM regress_register.result r JOIN schemadrift.migration_file f USING (path)
	 WHERE f.directory = 'regress_wild' AND r.entry = 'migration' AND r.kind = 'manual') AS x;
SELECT DISTINCT action FROM schemadrift_register((SELECT jsonb_object_agg(path, content) FROM regress_register.wild), 'regress_wild');
SELECT count(*) FROM schemadrift.migration_file f JOIN regress_register.wild w USING (path) WHERE f.directory = 'regress_wild' AND f.content IS DISTINCT FROM w.content AND f.kind IS NOT NULL;
SELECT count(*) FROM schemadrift.migration_file WHERE directory = 'regress_wild' AND checksum IS DISTINCT FROM encode(sha256(convert_to(content, 'UTF8')), 'hex');
SELECT bool_and(action = 'removed') FROM schemadrift_register('{}', 'regress_wild');

-- Nothing is left.
SET client_min_messages = warning;
DROP SCHEMA regress_register CASCADE;
REVOKE ALL ON FUNCTION schemadrift_register(jsonb, text), schemadrift_register_directory(text) FROM regress_register_one;
DROP ROLE regress_register_nobody, regress_register_one;
LOAD 'schemadrift';
SET schemadrift.ledger_override = on;
TRUNCATE schemadrift.migration_file;
