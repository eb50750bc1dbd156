-- Twenty changes of a schema that gen.sql has made, each of another sort, spread
-- over its tables; for databases of 400 tables and more:
--
--     psql -v tables=10000 -f changes.sql

\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT set_config('bench.tables', :'tables', false) \g /dev/null

-- The table that the n-th of twenty changes is made to, and what belongs to it
CREATE FUNCTION pg_temp.at(step integer) RETURNS integer LANGUAGE sql STABLE
	AS $$ SELECT current_setting('bench.tables')::integer / 20 / 20 * 20 * step $$;
CREATE FUNCTION pg_temp.path(prefix text, n integer) RETURNS text LANGUAGE sql IMMUTABLE
	AS $$ SELECT format('shop_%s.%s_%s', (n - 1) / 1000, prefix, n) $$;

DO $do$
DECLARE
	changes text[] := ARRAY[
		'DROP INDEX %1$s_supplier_idx',
		'CREATE INDEX article_%2$s_title ON %1$s (title)',
		'ALTER TABLE %1$s DROP CONSTRAINT article_%2$s_supplier_fkey',
		'ALTER TABLE %1$s ALTER COLUMN blurb SET NOT NULL',
		'ALTER TABLE %1$s ALTER COLUMN stock SET DEFAULT 1',
		'ALTER TABLE %1$s ALTER COLUMN weight TYPE numeric',
		'ALTER TABLE %1$s ADD COLUMN note text',
		'ALTER TABLE %1$s DROP COLUMN barcode',
		'ALTER TABLE %1$s DROP CONSTRAINT article_%2$s_cost_check, ADD CONSTRAINT article_%2$s_cost_check CHECK (cost > 0)',
		'COMMENT ON TABLE %1$s IS ''another comment''',
		'ALTER TABLE %1$s DISABLE ROW LEVEL SECURITY',
		'ALTER POLICY own_shop ON %1$s USING (shop_id > 0)',
		'GRANT SELECT ON %1$s TO PUBLIC',
		'ALTER TABLE %1$s DISABLE TRIGGER remember',
		'CREATE OR REPLACE FUNCTION %3$s() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''',
		'CREATE OR REPLACE VIEW %4$s AS SELECT shop_id, stage, count(*) AS articles, sum(stock) AS worth, max(made_at) AS newest FROM %1$s GROUP BY shop_id, stage',
		'ALTER TABLE %1$s SET (fillfactor = 70)',
		'CREATE TABLE %1$s_copy (a integer)',
		'ALTER TABLE %1$s ALTER COLUMN sku TYPE character varying(50)',
		'CREATE TYPE %1$s_kind AS ENUM (''a'', ''b'')'];
	n integer;
BEGIN
	FOR i IN 1 .. 20 LOOP
		n := pg_temp.at(i);
		-- columns of a view cannot be taken away
		IF i = 16 THEN
			EXECUTE format('DROP VIEW %s', pg_temp.path('overview', n));
		END IF;
		EXECUTE format(changes[i], pg_temp.path('article', n), n,
			pg_temp.path('remember', n), pg_temp.path('overview', n));
	END LOOP;
END
$do$;
