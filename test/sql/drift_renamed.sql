--
-- What is called otherwise than expected is reported as renamed, once: by oid,
-- for each kind of objects and parts that PostgreSQL can rename.
--
\pset null -
SET client_min_messages = warning;
SET allow_in_place_tablespaces = on;
CREATE ROLE regress_renamed_a;
CREATE ROLE regress_renamed_b;
CREATE ROLE regress_renamed_owner SUPERUSER;
CREATE TABLESPACE regress_renamed_space LOCATION '';
CREATE SCHEMA regress_renamed;
SET search_path = regress_renamed;
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

-- 1. Parts of a table, a domain, a view, a materialized view
CREATE TABLE p (id integer CONSTRAINT p_pk PRIMARY KEY);
CREATE TABLE t (a integer CONSTRAINT t_pk PRIMARY KEY, b text CONSTRAINT t_unique UNIQUE, c integer CONSTRAINT t_check CHECK (c > 0),
	d integer CONSTRAINT t_fk REFERENCES p, r int4range, CONSTRAINT t_exclusion EXCLUDE USING gist (r WITH &&));
CREATE INDEX t_index ON t (c) WHERE c > 5;
CREATE TRIGGER t_trigger BEFORE UPDATE OF c ON t FOR EACH ROW WHEN (new.c > 3) EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE POLICY t_policy ON t USING (b <> 'x');
CREATE RULE t_rule AS ON DELETE TO t WHERE old.c = 7 DO INSTEAD NOTHING;
CREATE DOMAIN d AS integer CONSTRAINT d_check CHECK (VALUE > 0);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE INDEX m_index ON m (a);
CREATE VIEW v AS SELECT a, c FROM t;
CREATE TRIGGER v_trigger INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TYPE mood AS ENUM ('fine', 'sad', 'so "so"', 'it''s');
SELECT schemadrift_accept('as it is');
ALTER TABLE t RENAME CONSTRAINT t_pk TO t_pk2;
ALTER INDEX t_unique RENAME TO t_unique2;
ALTER TABLE t RENAME CONSTRAINT t_check TO "T check";
ALTER TABLE t RENAME CONSTRAINT t_fk TO t_fk2;
ALTER TABLE t RENAME CONSTRAINT t_exclusion TO t_exclusion2;
ALTER INDEX t_index RENAME TO t_index2;
ALTER TRIGGER t_trigger ON t RENAME TO t_trigger2;
ALTER POLICY t_policy ON t RENAME TO t_policy2;
ALTER RULE t_rule ON t RENAME TO t_rule2;
ALTER DOMAIN d RENAME CONSTRAINT d_check TO d_check2;
ALTER INDEX m_index RENAME TO m_index2;
ALTER MATERIALIZED VIEW m RENAME b TO bb;
ALTER TRIGGER v_trigger ON v RENAME TO v_trigger2;
ALTER TYPE mood RENAME VALUE 'sad' TO 'bad';
ALTER TYPE mood RENAME VALUE 'it''s' TO 'it is';
SELECT :cols FROM schemadrift.drift;
SELECT schemadrift_renamed() -> 'renamed' -> -1;
-- the columns and the table as well
ALTER TABLE t RENAME c TO cc;
ALTER TABLE t RENAME TO u;
SELECT :cols FROM schemadrift.drift;
-- and what is another thing is a change beside that
ALTER TABLE u DROP CONSTRAINT t_pk2, ADD CONSTRAINT t_pk2 PRIMARY KEY (a, b);
ALTER TABLE u ALTER CONSTRAINT t_fk2 DEFERRABLE;
ALTER TYPE mood ADD VALUE 'odd';
CREATE VIEW w AS SELECT cc FROM u;
SELECT :cols FROM schemadrift.drift WHERE drift <> 'renamed' OR kind = 'enum';
SELECT * FROM schemadrift.enum_mismatches;

-- 2. Names change places; one takes the name of another that is gone
SELECT schemadrift_accept();
ALTER TABLE u RENAME CONSTRAINT t_unique2 TO x;
ALTER TABLE u RENAME CONSTRAINT t_pk2 TO t_unique2;
ALTER TABLE u RENAME CONSTRAINT x TO t_pk2;
ALTER TABLE u RENAME a TO x;
ALTER TABLE u RENAME b TO a;
ALTER TABLE u RENAME x TO b;
ALTER TABLE p RENAME TO x;
ALTER TABLE u RENAME TO p;
ALTER TABLE x RENAME TO u;
ALTER TYPE mood RENAME VALUE 'fine' TO 'x';
ALTER TYPE mood RENAME VALUE 'bad' TO 'fine';
ALTER TYPE mood RENAME VALUE 'x' TO 'bad';
SELECT :cols FROM schemadrift.drift;
CREATE TABLE one (a integer, b text, CONSTRAINT k CHECK (a > 0), CONSTRAINT l CHECK (a < 9));
CREATE TABLE two (z date);
SELECT schemadrift_accept();
ALTER TABLE one DROP b;
ALTER TABLE one RENAME a TO b;
ALTER TABLE one DROP CONSTRAINT l;
ALTER TABLE one RENAME CONSTRAINT k TO l;
DROP TABLE two;
ALTER TABLE one RENAME TO two;
SELECT :cols FROM schemadrift.drift;
DROP SCHEMA regress_renamed CASCADE;

-- 3. Each kind in a schema
CREATE SCHEMA regress_renamed;
CREATE DOMAIN domain_a AS integer;
CREATE TYPE composite_a AS (x integer, y text);
CREATE TYPE range_a AS RANGE (SUBTYPE = integer);
CREATE TYPE shell_a;
CREATE TYPE base_a;
CREATE FUNCTION base_in(cstring) RETURNS base_a IMMUTABLE STRICT LANGUAGE internal AS 'textin';
CREATE FUNCTION base_out(base_a) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'textout';
CREATE TYPE base_a (INPUT = base_in, OUTPUT = base_out);
CREATE COLLATION collation_a (LOCALE = 'C');
CREATE CONVERSION conversion_a FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
CREATE TEXT SEARCH PARSER parser_a (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE template_a (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY dictionary_a (TEMPLATE = template_a);
CREATE TEXT SEARCH CONFIGURATION configuration_a (PARSER = parser_a);
ALTER TEXT SEARCH CONFIGURATION configuration_a ADD MAPPING FOR word WITH dictionary_a;
CREATE TYPE enum_a AS ENUM ('a', 'b');
CREATE FUNCTION function_a(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE PROCEDURE procedure_a(enum_a) LANGUAGE sql AS '';
CREATE AGGREGATE aggregate_a(integer) (SFUNC = int4pl, STYPE = integer);
CREATE FUNCTION equal_a(enum_a, enum_a) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::text = $2::text';
CREATE OPERATOR === (FUNCTION = equal_a, LEFTARG = enum_a, RIGHTARG = enum_a);
CREATE OPERATOR FAMILY family_a USING hash;
CREATE OPERATOR CLASS class_a FOR TYPE integer USING hash FAMILY family_a AS OPERATOR 1 =, FUNCTION 1 hashint4(integer);
CREATE SEQUENCE sequence_a;
CREATE TABLE table_a (a integer GENERATED ALWAYS AS IDENTITY, b composite_a, c enum_a DEFAULT 'b' CHECK (c IN ('a', 'b')), d domain_a,
	e range_a, f text COLLATE collation_a, g integer DEFAULT nextval('sequence_a') CHECK (function_a(g) > 0), h base_a, i integer NOT NULL);
CREATE INDEX ON table_a USING hash (a class_a);
CREATE STATISTICS statistics_a ON a, i FROM table_a;
CREATE VIEW view_a AS SELECT a, (b).x, function_a(i), aggregate_a(g) FROM table_a WHERE c <> 'b' GROUP BY a, b, i;
CREATE MATERIALIZED VIEW matview_a AS SELECT x AS y, c FROM view_a, table_a;
CREATE FOREIGN DATA WRAPPER regress_wrapper_a;
CREATE SERVER regress_server_a FOREIGN DATA WRAPPER regress_wrapper_a;
CREATE USER MAPPING FOR regress_renamed_a SERVER regress_server_a;
CREATE FOREIGN TABLE foreign_a (a integer) SERVER regress_server_a;
CREATE CAST (enum_a AS integer) WITH INOUT;
CREATE LANGUAGE regress_language_a HANDLER plpgsql_call_handler;
CREATE FUNCTION trigger_a() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER regress_event_a ON ddl_command_end EXECUTE FUNCTION trigger_a();
ALTER EVENT TRIGGER regress_event_a DISABLE;
-- wal_level may be too low for them, and PostgreSQL 16 says other things
SET client_min_messages = error;
CREATE PUBLICATION regress_publication_a FOR TABLE table_a (a, i) WHERE (i > 3);
CREATE SUBSCRIPTION regress_subscription_a CONNECTION 'dbname=none' PUBLICATION x WITH (connect = false, slot_name = NONE);
SET client_min_messages = warning;
SELECT schemadrift_accept();
SELECT count(*) FROM schemadrift.drift;
ALTER DOMAIN domain_a RENAME TO domain_b;
ALTER TYPE composite_a RENAME TO composite_b;
ALTER TYPE composite_b RENAME ATTRIBUTE x TO xx;
ALTER TYPE range_a RENAME TO range_b;
ALTER TYPE base_a RENAME TO base_b;
ALTER COLLATION collation_a RENAME TO collation_b;
ALTER CONVERSION conversion_a RENAME TO conversion_b;
ALTER TEXT SEARCH PARSER parser_a RENAME TO parser_b;
ALTER TEXT SEARCH TEMPLATE template_a RENAME TO template_b;
ALTER TEXT SEARCH DICTIONARY dictionary_a RENAME TO dictionary_b;
ALTER TEXT SEARCH CONFIGURATION configuration_a RENAME TO configuration_b;
ALTER TYPE enum_a RENAME TO enum_b;
ALTER TYPE enum_b RENAME VALUE 'b' TO 'B';
ALTER FUNCTION function_a RENAME TO function_b;
ALTER PROCEDURE procedure_a RENAME TO procedure_b;
ALTER AGGREGATE aggregate_a(integer) RENAME TO aggregate_b;
ALTER FUNCTION equal_a RENAME TO equal_b;
ALTER OPERATOR FAMILY family_a USING hash RENAME TO family_b;
ALTER OPERATOR CLASS class_a USING hash RENAME TO class_b;
ALTER SEQUENCE sequence_a RENAME TO sequence_b;
ALTER TABLE table_a RENAME TO table_b;
ALTER TABLE table_b RENAME i TO ii;
ALTER STATISTICS statistics_a RENAME TO statistics_b;
ALTER VIEW view_a RENAME TO view_b;
ALTER MATERIALIZED VIEW matview_a RENAME TO matview_b;
ALTER FOREIGN TABLE foreign_a RENAME TO foreign_b;
ALTER FOREIGN DATA WRAPPER regress_wrapper_a RENAME TO regress_wrapper_b;
ALTER SERVER regress_server_a RENAME TO regress_server_b;
ALTER LANGUAGE regress_language_a RENAME TO regress_language_b;
ALTER FUNCTION trigger_a RENAME TO trigger_b;
ALTER EVENT TRIGGER regress_event_a RENAME TO regress_event_b;
ALTER PUBLICATION regress_publication_a RENAME TO regress_publication_b;
ALTER SUBSCRIPTION regress_subscription_a RENAME TO regress_subscription_b;
SELECT :cols FROM schemadrift.drift;

-- 4. The schema: of what is in it nothing is to be said
ALTER SCHEMA regress_renamed RENAME TO regress_renamed2;
SELECT :cols FROM schemadrift.drift WHERE kind = 'schema' OR drift <> 'renamed';
SELECT count(*), count(DISTINCT (kind, identity)) FROM schemadrift.drift;
SELECT schemadrift_accept();
ALTER SCHEMA regress_renamed2 RENAME TO regress_renamed;
SELECT :cols FROM schemadrift.drift;
-- one object in a schema that is called otherwise, and one that is moved
CREATE SCHEMA regress_renamed2;
SELECT schemadrift_accept();
ALTER SCHEMA regress_renamed RENAME TO regress_renamed3;
ALTER TABLE regress_renamed3.table_b ADD j integer;
ALTER TABLE regress_renamed3.table_b RENAME a TO aa;
ALTER VIEW regress_renamed3.view_b SET SCHEMA regress_renamed2;
ALTER OPERATOR regress_renamed3.=== (regress_renamed3.enum_b, regress_renamed3.enum_b) SET SCHEMA regress_renamed2;
SELECT :cols FROM schemadrift.drift;
ALTER TABLE regress_renamed3.table_b DROP j;
-- names of schemas change places
SELECT schemadrift_accept();
ALTER SCHEMA regress_renamed3 RENAME TO regress_renamed;
ALTER SCHEMA regress_renamed2 RENAME TO regress_renamed3;
ALTER SCHEMA regress_renamed RENAME TO regress_renamed2;
SELECT :cols FROM schemadrift.drift;
DROP EVENT TRIGGER regress_event_b;
DROP SUBSCRIPTION regress_subscription_b;
DROP PUBLICATION regress_publication_b;
DROP FOREIGN DATA WRAPPER regress_wrapper_b CASCADE;
DROP LANGUAGE regress_language_b;
DROP SCHEMA regress_renamed2, regress_renamed3 CASCADE;

-- 5. Texts that follow are the same, those that do not are not
CREATE SCHEMA regress_renamed;
CREATE TABLE t (a integer PRIMARY KEY, b integer, c text, g integer GENERATED ALWAYS AS (b * 2) STORED);
CREATE TABLE other (x integer CONSTRAINT other_fk REFERENCES t (a), b integer);
CREATE POLICY other_policy ON other USING (EXISTS (SELECT FROM t WHERE t.b = x));
CREATE VIEW v AS SELECT a, b, c FROM t;
CREATE VIEW v2 AS SELECT a AS aa, b AS bb FROM t WHERE b > 5 ORDER BY b;
CREATE VIEW v3 AS SELECT x FROM other JOIN v ON v.b = other.b;
CREATE FUNCTION follows() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(b) FROM t; END;
CREATE FUNCTION stays() RETURNS integer LANGUAGE sql AS 'SELECT max(b) FROM regress_renamed.t';
CREATE TABLE parted (b integer, k integer) PARTITION BY RANGE (b, (k + 1));
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1, 1) TO (5, 5);
CREATE INDEX parted_index ON parted (b, (k * 2)) INCLUDE (k) WHERE b > 2;
CREATE STATISTICS s ON b, c FROM t;
CREATE SEQUENCE q OWNED BY t.b;
CREATE FUNCTION called() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER tr AFTER UPDATE OF b ON t FOR EACH ROW WHEN (old.b <> new.b) EXECUTE FUNCTION called();
SELECT schemadrift_accept();
ALTER TABLE t RENAME b TO "B b";
ALTER TABLE t RENAME a TO key;
ALTER TABLE parted RENAME b TO bound;
ALTER FUNCTION called RENAME TO called2;
ALTER INDEX parted_index RENAME TO parted_index2;
SELECT :cols FROM schemadrift.drift;
-- a function is what it was although it fails now
SELECT stays();
-- what has been changed meanwhile is a change
CREATE OR REPLACE VIEW v AS SELECT key AS a, key + 1 AS b, c FROM t;
CREATE OR REPLACE VIEW v3 AS SELECT other.b AS x FROM other JOIN v ON v.b = other.b;
ALTER POLICY other_policy ON other USING (EXISTS (SELECT FROM t WHERE t.key = x));
SELECT :cols FROM schemadrift.drift WHERE drift <> 'renamed';
-- the other way round: what showed another name before
SELECT schemadrift_accept();
ALTER TABLE t RENAME "B b" TO b;
ALTER TABLE t RENAME key TO aa;
SELECT :cols FROM schemadrift.drift;
DROP SCHEMA regress_renamed CASCADE;

-- 6. What belongs to the cluster, and is only mentioned
CREATE SCHEMA regress_renamed AUTHORIZATION regress_renamed_owner;
CREATE TABLE t (a integer) TABLESPACE regress_renamed_space;
ALTER TABLE t OWNER TO regress_renamed_owner;
GRANT SELECT ON t TO regress_renamed_a, regress_renamed_b;
CREATE POLICY po ON t TO regress_renamed_a;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_renamed_a IN SCHEMA regress_renamed GRANT SELECT ON TABLES TO regress_renamed_b;
SELECT schemadrift_accept();
ALTER ROLE regress_renamed_owner RENAME TO regress_renamed_owner2;
ALTER ROLE regress_renamed_a RENAME TO regress_renamed_z;
ALTER TABLESPACE regress_renamed_space RENAME TO regress_renamed_space2;
SELECT :cols FROM schemadrift.drift;
GRANT INSERT ON t TO regress_renamed_z;
SELECT :cols FROM schemadrift.drift WHERE drift <> 'renamed';
REVOKE INSERT ON t FROM regress_renamed_z;
-- a migration that does it makes it what is expected
ALTER ROLE regress_renamed_owner2 RENAME TO regress_renamed_owner;
SELECT schemadrift_apply('01_roles', 'ALTER ROLE regress_renamed_b RENAME TO regress_renamed_c; ALTER TABLE regress_renamed.t RENAME TO u; ALTER TABLE regress_renamed.u ADD CONSTRAINT k CHECK (a > 0)');
SELECT :cols FROM schemadrift.drift;
-- and what was called otherwise by hand before it is so afterwards
ALTER TABLE u RENAME CONSTRAINT k TO l;
ALTER POLICY po ON u RENAME TO po2;
SELECT schemadrift_apply('02_parts', 'ALTER TABLE regress_renamed.u ADD b integer');
SELECT :cols FROM schemadrift.drift;
-- A migration moves what the baseline has under another name.
CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0), b integer);
CREATE TABLE dropped (i integer);
CREATE TABLE called (i integer, j integer);
CREATE SCHEMA regress_renamed2;
CREATE TABLE regress_renamed2.q (i integer);
SELECT schemadrift_accept();
ALTER TABLE t RENAME TO tt;
ALTER TABLE tt RENAME a TO aa;
ALTER TABLE tt RENAME CONSTRAINT c TO cc;
ALTER TABLE dropped RENAME TO dropped2;
ALTER TABLE called RENAME TO called2;
ALTER TABLE called2 RENAME i TO ii;
ALTER SCHEMA regress_renamed2 RENAME TO regress_renamed3;
SELECT schemadrift_apply('03_by_hand', $$
	ALTER TABLE regress_renamed.tt ADD d integer;
	ALTER TABLE regress_renamed.tt ALTER aa SET DEFAULT 3;
	DROP TABLE regress_renamed.dropped2;
	ALTER TABLE regress_renamed.called2 RENAME TO called3;
	ALTER TABLE regress_renamed.called3 RENAME ii TO iii;
	ALTER TABLE regress_renamed.called3 ALTER j SET NOT NULL;
	CREATE TABLE regress_renamed3.made (i integer);
	ALTER TABLE regress_renamed3.q ADD j integer;
$$);
SELECT :cols FROM schemadrift.drift;
-- one that takes the name: two objects cannot be expected under it
SELECT schemadrift_apply('04_taken', 'CREATE TABLE regress_renamed.t (z integer)');
SELECT :cols FROM schemadrift.drift;
DROP SCHEMA regress_renamed3 CASCADE;
DROP TABLE t, tt, called3;
SELECT schemadrift_accept();

-- also in an option that somebody writes
SELECT drift, kind, identity, expected, actual FROM schemadrift_check('{"schemas": {"regress_renamed": {"tables": {"u": {"columns": {"x": "integer"}, "constraints": {"k": {"type": "check"}}}}}}}',
	'{"renamed": [{"kind": "table", "from": ["regress_renamed", "u"], "to": ["regress_renamed", "u"], "columns": {"x": "a"}, "constraints": {"k": "l"}}]}');
SELECT * FROM schemadrift_check('{}', '{"renamed": [{"kind": "table", "from": ["x", "u"], "to": ["x", "v"], "colours": {"x": "a"}}]}');
SELECT * FROM schemadrift_check('{}', '{"renamed": [{"kind": "table", "from": ["x", "u"], "to": ["x", "v"], "columns": ["x"]}]}');

-- 7. The history of drift
SELECT schemadrift_accept();
SELECT schemadrift_observe() IS NOT NULL AS observed;
ALTER TABLE u RENAME TO observed;
ALTER TABLE observed RENAME CONSTRAINT l TO m;
SELECT * FROM schemadrift_observe();
SELECT drift, kind, identity, attribute, first_seen IS NOT NULL AS seen FROM schemadrift.drift;
ALTER TABLE observed ADD other integer;
SELECT * FROM schemadrift_observe();
ALTER TABLE observed RENAME TO u;
SELECT * FROM schemadrift_observe();
ALTER TABLE u RENAME CONSTRAINT m TO l;
ALTER TABLE u DROP other;
SELECT * FROM schemadrift_observe();
SELECT event, drift, kind, identity, attribute, expected, actual FROM schemadrift.drift_event WHERE schema_name = 'regress_renamed' ORDER BY at, event, kind, identity;

SELECT schemadrift_expect('{}');
SELECT * FROM schemadrift_observe();
SET search_path = DEFAULT;
DROP SCHEMA regress_renamed CASCADE;
DROP TABLESPACE regress_renamed_space2;
DROP OWNED BY regress_renamed_z;
DROP ROLE regress_renamed_z;
DROP ROLE regress_renamed_c;
DROP ROLE regress_renamed_owner;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
DELETE FROM schemadrift.baseline_identity;
DELETE FROM schemadrift.baseline_object;
DELETE FROM schemadrift.drift_event;
RESET schemadrift.ledger_override;
