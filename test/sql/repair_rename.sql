-- What somebody has renamed is renamed, in both directions: nothing is lost.
LOAD 'schemadrift';
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE ROLE regress_rename_user;
CREATE SCHEMA regress_rename;
CREATE SCHEMA regress_rename_other;
SET search_path = regress_rename;
SELECT schemadrift_arm('log');
CREATE TYPE state AS ENUM ('open', 'done');
CREATE TYPE pair AS (a integer, b text);
CREATE DOMAIN amount AS integer CONSTRAINT positive CHECK (VALUE > 0);
CREATE SEQUENCE counter;
CREATE FUNCTION twice(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a * 2';
CREATE FUNCTION of_state(s state) RETURNS text LANGUAGE sql IMMUTABLE RETURN s::text || 'x';
CREATE TABLE customer (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL,
	score integer CONSTRAINT score_limit CHECK (twice(score) < 100),
	"Number" integer DEFAULT nextval('counter'),
	state state DEFAULT 'open',
	worth amount,
	what pair);
CREATE INDEX customer_name ON customer (lower(name)) INCLUDE (score) WHERE score > 1;
CREATE TABLE bill (
	id serial PRIMARY KEY,
	customer integer CONSTRAINT bill_customer REFERENCES customer (id));
CREATE VIEW scores AS SELECT id, score, name FROM customer WHERE score > 0;
CREATE VIEW both_tables AS SELECT c.name, customer.score, b.id FROM customer c, customer, bill b WHERE b.customer = c.id;
CREATE MATERIALIZED VIEW summed AS SELECT state, sum(score) AS total FROM customer GROUP BY state;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE OF score ON customer FOR EACH ROW WHEN (NEW.score > 0) EXECUTE FUNCTION touch();
CREATE POLICY mine ON customer USING (score > 0 AND name = current_user);
CREATE RULE no_delete AS ON DELETE TO bill DO INSTEAD NOTHING;
CREATE TABLE measured (at date, value integer, CONSTRAINT value_limit CHECK (value > 0)) PARTITION BY RANGE (at);
CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parent (a integer, b text);
CREATE TABLE child (c integer) INHERITS (parent);
CREATE STATISTICS name_score (dependencies) ON score, name FROM customer;
CREATE COLLATION plain FROM "C";
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER parts (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE same (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = same);
CREATE TEXT SEARCH CONFIGURATION texts (PARSER = parts);
ALTER TEXT SEARCH CONFIGURATION texts ADD MAPPING FOR word WITH words, simple;
CREATE PROCEDURE nothing() LANGUAGE sql AS '';
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
CREATE TYPE span AS RANGE (SUBTYPE = integer);
CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = ===);
CREATE OPERATOR CLASS ints FOR TYPE integer USING hash AS OPERATOR 1 ===, FUNCTION 1 hashint4(integer);
CREATE TABLE three (first integer, second text, third date DEFAULT '2020-01-01', CHECK (first > 0), EXCLUDE USING hash (first ints WITH ===) WHERE (first > 1));
CREATE TABLE ledger (a integer, b integer);
CREATE TABLE journal (c text PRIMARY KEY) PARTITION BY RANGE (c);
CREATE TABLE swapped (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE swapped_1 PARTITION OF swapped FOR VALUES IN (1);
GRANT SELECT ON scores, customer TO regress_rename_user;
COMMENT ON TABLE customer IS 'customer of regress_rename.customer';
INSERT INTO customer (name, score, worth) SELECT 'n' || i, i, i FROM generate_series(1, 5) i;
INSERT INTO bill (customer) SELECT id FROM customer;
INSERT INTO measured VALUES ('2020-02-01', 7);
INSERT INTO child VALUES (1, 'b', 2);
REFRESH MATERIALIZED VIEW summed;

-- each kind by itself: one statement there, one statement back
CREATE FUNCTION regress_rename.try(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	before jsonb := (SELECT document FROM pg_temp.before);
BEGIN
	EXECUTE statement;
	RETURN NEXT '-- ' || statement;
	FOR r IN SELECT * FROM schemadrift_migration('20_x', before) LOOP
		RETURN QUERY SELECT l FROM regexp_split_to_table(r.sql, '\n') l WHERE l ~ '^\t\t|^[A-Z-]' AND l !~ '^(DO|BEGIN|END|-- What|-- It can)';
	END LOOP;
	FOR r IN SELECT * FROM schemadrift_repair(before, '{"destructive": true}') ORDER BY step LOOP
		RETURN NEXT coalesce(r.sql, r.note);
		IF r.sql IS NOT NULL THEN
			EXECUTE r.sql;
		END IF;
	END LOOP;
	RETURN QUERY SELECT concat_ws(' ', 'drift:', drift, kind, identity, attribute, expected, actual) FROM schemadrift_check(before);
END
$$;
CREATE TEMP TABLE before AS SELECT schemadrift_snapshot('{regress_rename,regress_rename_other}') AS document;
SELECT format('SELECT regress_rename.try(%L)', s) FROM unnest(ARRAY[
	'ALTER TABLE bill RENAME TO "Bill of 2020"',
	'ALTER TABLE customer RENAME TO client',
	'ALTER TABLE customer SET SCHEMA regress_rename_other',
	'ALTER TABLE customer RENAME COLUMN score TO points',
	'ALTER TABLE customer RENAME COLUMN "Number" TO number',
	'ALTER TABLE customer RENAME CONSTRAINT score_limit TO points_limit',
	'ALTER TABLE customer RENAME CONSTRAINT customer_pkey TO "Key"',
	'ALTER INDEX customer_pkey RENAME TO "Key"',
	'ALTER INDEX customer_name RENAME TO by_name',
	'ALTER SEQUENCE counter RENAME TO numbers',
	'ALTER SEQUENCE customer_id_seq RENAME TO client_id_seq',
	'ALTER TYPE state RENAME TO condition',
	'ALTER TYPE state SET SCHEMA regress_rename_other',
	'ALTER TYPE pair RENAME ATTRIBUTE a TO c',
	'ALTER TYPE pair RENAME TO couple',
	'ALTER DOMAIN amount RENAME TO worth',
	'ALTER DOMAIN amount RENAME CONSTRAINT positive TO not_negative',
	'ALTER FUNCTION twice(integer) RENAME TO double',
	'ALTER FUNCTION twice(integer) SET SCHEMA regress_rename_other',
	'ALTER VIEW scores RENAME TO points',
	'ALTER VIEW scores RENAME COLUMN score TO points',
	'ALTER MATERIALIZED VIEW summed RENAME TO sums',
	'ALTER TRIGGER touched ON customer RENAME TO moved',
	'ALTER POLICY mine ON customer RENAME TO yours',
	'ALTER RULE no_delete ON bill RENAME TO stays',
	'ALTER TABLE measured RENAME COLUMN value TO amount',
	'ALTER TABLE measured RENAME CONSTRAINT value_limit TO amount_limit',
	'ALTER TABLE measured_1 RENAME TO measured_2020',
	'ALTER TABLE parent RENAME COLUMN b TO d',
	'ALTER TABLE parent RENAME TO ancestor',
	'ALTER STATISTICS name_score RENAME TO score_name',
	'ALTER STATISTICS name_score SET SCHEMA regress_rename_other',
	'ALTER COLLATION plain RENAME TO "Plain"',
	'ALTER CONVERSION latin RENAME TO latin_1',
	'ALTER CONVERSION latin SET SCHEMA regress_rename_other',
	'ALTER TEXT SEARCH PARSER parts RENAME TO tokens',
	'ALTER TEXT SEARCH TEMPLATE same SET SCHEMA regress_rename_other',
	'ALTER TEXT SEARCH DICTIONARY words RENAME TO terms',
	'ALTER TEXT SEARCH CONFIGURATION texts RENAME TO prose',
	'ALTER PROCEDURE nothing() RENAME TO "Nothing (at all)"',
	'ALTER AGGREGATE total(integer) RENAME TO sum_of',
	'ALTER TYPE span RENAME TO gap',
	'ALTER OPERATOR === (integer, integer) SET SCHEMA regress_rename_other',
	'ALTER OPERATOR CLASS ints USING hash RENAME TO numbers',
	'ALTER OPERATOR FAMILY ints USING hash RENAME TO numbers',
	-- names that others have had, and names that were exchanged
	'ALTER TABLE three RENAME first TO fourth; ALTER TABLE three RENAME second TO first',
	'ALTER TABLE three RENAME first TO x; ALTER TABLE three RENAME second TO first; ALTER TABLE three RENAME x TO second',
	'ALTER TABLE three RENAME first TO x; ALTER TABLE three RENAME third TO first; ALTER TABLE three RENAME second TO third; ALTER TABLE three RENAME x TO second',
	'ALTER TABLE ledger RENAME a TO x; ALTER TABLE ledger RENAME b TO a; ALTER TABLE ledger RENAME x TO b',
	'ALTER TABLE swapped RENAME a TO x; ALTER TABLE swapped RENAME b TO a; ALTER TABLE swapped RENAME x TO b',
	'ALTER TABLE ledger RENAME TO x; ALTER TABLE journal RENAME TO ledger; ALTER TABLE x RENAME TO journal',
	'ALTER TABLE ledger RENAME TO x; ALTER TABLE journal RENAME TO ledger; ALTER TABLE parent RENAME TO journal; ALTER TABLE x RENAME TO parent',
	-- and schemas
	'ALTER SCHEMA regress_rename_other RENAME TO "regress_rename Other"',
	'ALTER SCHEMA regress_rename RENAME TO "regress_rename Other"',
	'ALTER SCHEMA regress_rename RENAME TO score; ALTER TABLE score.customer RENAME TO buyer; ALTER VIEW score.scores SET SCHEMA regress_rename_other; ALTER TABLE score.buyer ADD extra regress_rename_other.scores'
]) AS s \gexec

-- what is in no schema, and a schema that is unexpected
CREATE FOREIGN DATA WRAPPER regress_rename_wrapper;
CREATE SERVER regress_rename_server FOREIGN DATA WRAPPER regress_rename_wrapper;
CREATE USER MAPPING FOR regress_rename_user SERVER regress_rename_server;
CREATE FOREIGN TABLE elsewhere (a integer) SERVER regress_rename_server;
CREATE LANGUAGE regress_rename_language HANDLER plpgsql_call_handler;
CREATE FUNCTION in_language() RETURNS integer LANGUAGE regress_rename_language AS 'BEGIN RETURN 1; END';
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_rename_space LOCATION '';
CREATE INDEX three_third ON three (third) TABLESPACE regress_rename_space;
CREATE POLICY theirs ON customer TO regress_rename_user;
SET client_min_messages = error;
CREATE PUBLICATION regress_rename_publication FOR TABLE customer WHERE (score > 0), TABLES IN SCHEMA regress_rename_other WITH (publish = 'insert');
ALTER DEFAULT PRIVILEGES IN SCHEMA regress_rename_other GRANT SELECT ON TABLES TO regress_rename_user;
CREATE EVENT TRIGGER regress_rename_trigger ON ddl_command_end EXECUTE FUNCTION on_ddl();
CREATE SUBSCRIPTION regress_rename_subscription CONNECTION 'dbname=regress_nowhere' PUBLICATION p WITH (connect = false, slot_name = none);
SET client_min_messages = warning;
UPDATE before SET document = schemadrift_snapshot(NULL, true);
SELECT format('SELECT regress_rename.try(%L)', s) FROM unnest(ARRAY[
	'ALTER FOREIGN DATA WRAPPER regress_rename_wrapper RENAME TO regress_rename_other',
	'ALTER SERVER regress_rename_server RENAME TO regress_rename_other',
	'ALTER LANGUAGE regress_rename_language RENAME TO regress_rename_other',
	'ALTER PUBLICATION regress_rename_publication RENAME TO regress_rename_other',
	'ALTER SUBSCRIPTION regress_rename_subscription RENAME TO regress_rename_other',
	'ALTER EVENT TRIGGER regress_rename_trigger RENAME TO regress_rename_other',
	'ALTER TABLESPACE regress_rename_space RENAME TO regress_rename_other',
	'ALTER ROLE regress_rename_user RENAME TO regress_rename_other_user',
	'ALTER SCHEMA regress_rename_other RENAME TO regress_rename_else',
	'ALTER TABLE customer RENAME score TO points'
]) AS s \gexec
DROP PUBLICATION regress_rename_publication;
DROP SUBSCRIPTION regress_rename_subscription;
DROP EVENT TRIGGER regress_rename_trigger;
DROP FUNCTION on_ddl;
DROP POLICY theirs ON customer;
DROP INDEX three_third;
DROP TABLESPACE regress_rename_space;
DROP FUNCTION in_language;
DROP LANGUAGE regress_rename_language;
DROP FOREIGN DATA WRAPPER regress_rename_wrapper CASCADE;
ALTER DEFAULT PRIVILEGES IN SCHEMA regress_rename_other REVOKE SELECT ON TABLES FROM regress_rename_user;

-- names that were exchanged: there, and once more, with the same rows
INSERT INTO three VALUES (1, 'one', '2001-01-01');
INSERT INTO ledger VALUES (1, 2);
SELECT schemadrift_snapshot('{regress_rename}') AS before \gset
ALTER TABLE three RENAME first TO x;
ALTER TABLE three RENAME third TO first;
ALTER TABLE three RENAME second TO third;
ALTER TABLE three RENAME x TO second;
ALTER TABLE ledger RENAME TO x;
ALTER TABLE journal RENAME TO ledger;
ALTER TABLE x RENAME TO journal;
ALTER SCHEMA regress_rename RENAME TO regress_rename_new;
SELECT schemadrift_snapshot('{regress_rename_new}') AS after \gset
SELECT sql AS migration FROM schemadrift_migration('10_exchanged', :'before', 'manual', '{"destructive": true}') \gset
SELECT sql FROM schemadrift_repair(:'before', '{"destructive": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql IS NOT NULL ORDER BY step \gexec
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'before');
SELECT schemadrift_apply('10_exchanged', :'migration', true);
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'after');
SELECT schemadrift_apply('11_again', :'migration', true);
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'after');
SELECT * FROM regress_rename_new.three, regress_rename_new.journal;
-- what was exchanged before the snapshot is not exchanged back
ALTER TABLE regress_rename_new.three ALTER first TYPE timestamp, ALTER third TYPE varchar;
ALTER TABLE regress_rename_new.journal ALTER a TYPE bigint;
ALTER TABLE regress_rename_new.ledger ADD d integer;
SELECT sql FROM schemadrift_repair(:'after', '{"destructive": true}') ORDER BY step;
SELECT sql FROM schemadrift_repair(:'after', '{"destructive": true}') WHERE sql IS NOT NULL ORDER BY step \gexec
ALTER SCHEMA regress_rename_new RENAME TO regress_rename;
DROP TABLE three, ledger, journal, swapped;

-- many at once, and what else was changed
SELECT schemadrift_snapshot('{regress_rename,regress_rename_other}') AS before \gset
CREATE SCHEMA regress_rename_new;
ALTER TABLE customer RENAME TO client;
ALTER TABLE client SET SCHEMA regress_rename_new;
ALTER TABLE regress_rename_new.client RENAME TO "Client";
ALTER TABLE regress_rename_new."Client" RENAME COLUMN name TO "Full Name";
ALTER TABLE regress_rename_new."Client" RENAME COLUMN score TO points;
ALTER TABLE regress_rename_new."Client" RENAME CONSTRAINT score_limit TO points_limit;
ALTER TABLE regress_rename_new."Client" ALTER COLUMN points SET NOT NULL, ADD COLUMN extra text;
ALTER TABLE bill RENAME TO customer;
ALTER TYPE state RENAME TO condition;
ALTER TYPE condition ADD VALUE 'lost';
ALTER FUNCTION twice(integer) RENAME TO double;
ALTER VIEW scores RENAME TO points;
SELECT schemadrift_snapshot('{regress_rename,regress_rename_other,regress_rename_new}') AS after \gset
SELECT md5(string_agg(c::text, '|' ORDER BY id)) AS data FROM regress_rename_new."Client" c \gset
SELECT step, sql, kind, identity, mends, risk, lock, note FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE note ~ 'renamed' ORDER BY step;
SELECT step, sql, risk, verdict FROM schemadrift_repair(:'before', '{"destructive": true, "verify": true}') ORDER BY step;
SELECT sql AS migration FROM schemadrift_migration('20_x', :'before', 'manual', '{"destructive": true}') \gset
SELECT sql FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql IS NOT NULL ORDER BY step \gexec
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'before');
SELECT id, name, score, "Number", state, worth FROM customer ORDER BY id;
SELECT count(*) FROM bill;

-- there again, with the same rows, and once more
SELECT schemadrift_apply('20_there', :'migration', true);
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'after');
SELECT schemadrift_apply('21_again', :'migration', true);
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(:'after');
SELECT md5(string_agg(c::text, '|' ORDER BY id)) = :'data' FROM regress_rename_new."Client" c;
SELECT count(*) FROM customer;

-- a name that another object has taken, who may not read the log, another's
-- former name: nothing is known then
SELECT schemadrift_snapshot('{regress_rename}') AS before \gset
ALTER SEQUENCE counter RENAME TO numbers;
CREATE VIEW counter AS SELECT 1 AS a;
SELECT sql, risk FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql ~ 'numbers';
DROP VIEW counter;
SET ROLE regress_rename_user;
SELECT sql, risk FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql ~ 'numbers';
RESET ROLE;
SELECT sql, risk FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql ~ 'numbers';
ALTER SEQUENCE numbers RENAME TO counter;
DROP SEQUENCE counter CASCADE;
CREATE SEQUENCE numbers;
SELECT sql, risk FROM schemadrift_repair(:'before', '{"destructive": true}') WHERE sql ~ 'numbers';
-- what must not be there may be what is missing
SELECT sql FROM schemadrift_repair('{"schemas": {"regress_rename": {"tables": {"bill": {}, "customer": null}}}}', '{"destructive": true}');

SELECT schemadrift_disarm('end of test');
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
RESET schemadrift.ledger_override;
DROP SCHEMA regress_rename, regress_rename_other, regress_rename_new CASCADE;
DROP ROLE regress_rename_user;
