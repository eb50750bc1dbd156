--
-- The views that show drift, with drift of every severity and of many kinds,
-- and how wide they are in psql.
--
\pset null -
SET client_min_messages = warning;
CREATE ROLE regress_views_app;
CREATE ROLE regress_views_reader IN ROLE pg_read_all_stats;
CREATE SCHEMA regress_views;
SET search_path = regress_views;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
RESET schemadrift.ledger_override;

-- What is expected: a shop.
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN email AS text CHECK (VALUE ~ '@');
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail email NOT NULL UNIQUE, name varchar(80) NOT NULL DEFAULT '', born date);
CREATE TABLE orders (id uuid PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE, state order_state NOT NULL DEFAULT 'new',
	total numeric(12,2) NOT NULL CHECK (total >= 0), placed_at timestamptz NOT NULL DEFAULT now(), note text);
CREATE INDEX orders_placed_at_index ON orders (placed_at) WHERE state <> 'sent';
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_orders ON orders USING (note <> 'secret');
CREATE VIEW open_orders AS SELECT id, placed_at FROM orders WHERE state = 'new';
CREATE FUNCTION total_of(bigint) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT sum(total) FROM regress_views.orders WHERE customer_id = $1';
CREATE TABLE gone (a int);
CREATE SEQUENCE number_of_invoice;
GRANT SELECT ON customer TO regress_views_app;
COMMENT ON TABLE customer IS 'people who buy';
SELECT schemadrift_expect(schemadrift_snapshot('{regress_views}'), 'the shop as agreed');
SELECT * FROM schemadrift.drift_summary;
SELECT count(*) FROM schemadrift.drift;

-- What is done to it by hand, on record.
SELECT schemadrift_arm('log');
DROP TABLE gone;
ALTER TABLE orders DROP note CASCADE, ADD discount numeric;
ALTER TABLE orders ALTER total TYPE double precision;
ALTER TABLE orders ALTER placed_at DROP DEFAULT;
ALTER TABLE customer ALTER name DROP NOT NULL;
ALTER TABLE customer DROP born;
ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
GRANT DELETE ON customer TO regress_views_app;
COMMENT ON TABLE customer IS 'buyers';
ALTER TYPE order_state ADD VALUE 'lost' BEFORE 'sent';
DROP TYPE colour;
CREATE TYPE size AS ENUM ('s', 'm', 'l');
CREATE OR REPLACE FUNCTION total_of(bigint) RETURNS numeric LANGUAGE sql VOLATILE AS 'SELECT 0::numeric';
ALTER SEQUENCE number_of_invoice CYCLE;
CREATE TABLE left_behind (a int);
DO $$ BEGIN CREATE INDEX by_hand ON orders (customer_id); END $$;
SELECT schemadrift_apply('01_views.sql', 'ALTER TABLE regress_views.customer ADD phone text; ALTER TABLE regress_views.orders ADD weight integer;');

SELECT DISTINCT severity FROM schemadrift.drift_summary ORDER BY 1;
SELECT * FROM schemadrift.drift_summary ORDER BY severity, kind;
SELECT drift, kind, identity, attribute, severity FROM schemadrift.drift;
SELECT count(*), count(*) FILTER (WHERE last_ddl_by = session_user AND last_ddl_at IS NOT NULL) AS by_me FROM schemadrift.drift;
SELECT * FROM schemadrift.missing_columns;
SELECT * FROM schemadrift.type_mismatches;
SELECT * FROM schemadrift.enum_mismatches;
INSERT INTO schemadrift.ignore_rule (kind, schema_pattern, name_pattern, reason) VALUES
	('table', 'regress_views', 'left_*', 'to be settled'), ('index', 'regress_views', '*', 'the indexes are ours');
SELECT drift, kind, identity, severity FROM schemadrift.suppressed_drift;
SELECT count(*) FROM schemadrift.drift WHERE identity ~ 'left_behind|by_hand';

-- A statement that was rejected, too.
SELECT schemadrift_arm('reject');
\set VERBOSITY terse
CREATE TABLE nope (a int);
\set VERBOSITY default
SELECT schemadrift_disarm('the rest is looking');
SELECT verdict, command_tag, kind, object, statement, reason FROM schemadrift.untracked_ddl WHERE object ~ 'nope|left_behind|by_hand|number_of_invoice' ORDER BY logged_at;
SELECT schemadrift_apply('02_views.sql', 'SELECT 1/0');
SELECT count(*) FROM schemadrift_register('{"01_views.sql": "x", "03_views.sql": "SELECT 3", "20260101000000_a/migration.sql": "SELECT 1"}') WHERE name IS NOT NULL;
SELECT kind, state, migrations, first_name, last_name, last_finished_at IS NOT NULL AS finished, next FROM schemadrift.migration_status ORDER BY kind, state;

-- Who may look.
SET ROLE regress_views_app;
SELECT count(*) > 5 AS rows FROM schemadrift.drift_summary;
SELECT count(*) FROM schemadrift.missing_columns;
SELECT count(*) FROM schemadrift.type_mismatches;
SELECT count(*) FROM schemadrift.enum_mismatches;
SELECT count(*) FROM schemadrift.suppressed_drift;
SELECT count(*) > 0 AS rows FROM schemadrift.migration_status;
SELECT count(*) FROM schemadrift.drift;
SELECT count(*) FROM schemadrift.untracked_ddl;
SET ROLE regress_views_reader;
SELECT count(*) > 10 AS rows FROM schemadrift.drift;
SELECT count(*) > 10 AS rows FROM schemadrift.untracked_ddl;
RESET ROLE;

-- All columns of all views, as psql shows them in 120 columns: no line is
-- longer, and none but those with many columns is turned by 90 degrees.
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/results/drift_views.psql'
CREATE FUNCTION widths(file text) RETURNS TABLE (longest int, turned boolean) LANGUAGE sql AS
	$$ SELECT max(length(line)), bool_or(line ~ '^-\[ RECORD') FROM regexp_split_to_table(pg_read_file(file), '\n') AS line $$;
\pset columns 120
\pset format wrapped
\pset expanded auto
\o :file
SELECT * FROM schemadrift.drift_summary;
\o
SELECT 'drift_summary' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.missing_columns;
\o
SELECT 'missing_columns' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.type_mismatches;
\o
SELECT 'type_mismatches' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.enum_mismatches;
\o
SELECT 'enum_mismatches' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.migration_status;
\o
SELECT 'migration_status' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.suppressed_drift;
\o
SELECT 'suppressed_drift' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.untracked_ddl;
\o
SELECT 'untracked_ddl' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift.drift;
\o
SELECT 'drift' AS view, * FROM widths(:'file');
\o :file
SELECT * FROM schemadrift_blame();
\o
SELECT 'blame' AS view, * FROM widths(:'file');
\pset format aligned
\pset expanded off
\pset columns 0
-- every column and every view says what it is, where its name does not
SELECT c.relname FROM pg_class c WHERE relnamespace = 'schemadrift'::regnamespace AND relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL;

DELETE FROM schemadrift.ignore_rule WHERE schema_pattern = 'regress_views';
SELECT schemadrift_expect('{}');
SET search_path = DEFAULT;
DROP SCHEMA regress_views CASCADE;
DROP ROLE regress_views_app;
DROP ROLE regress_views_reader;
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.run;
DELETE FROM schemadrift.migration_file;
DELETE FROM schemadrift.baseline_object;
RESET schemadrift.ledger_override;
