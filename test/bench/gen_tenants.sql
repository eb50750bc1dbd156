-- A schema for each tenant, all alike but for some.  Each has an enum, :tables
-- tables of an ordinary web application, and a view.
--   psql -v tenants=1000 -v tables=30 -f gen_tenants.sql
SET client_min_messages = warning;
SET synchronous_commit = off;

CREATE PROCEDURE make_tenant(tenant text, tables int) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE SCHEMA %1$I; SET LOCAL search_path = %1$I; CREATE TYPE state AS ENUM (''new'', ''active'', ''gone'')', tenant);
	FOR i IN 1 .. tables LOOP
		EXECUTE format('CREATE TABLE item_%1$s (id bigint PRIMARY KEY, code uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
			name varchar(100) NOT NULL, state state NOT NULL DEFAULT ''new'', price numeric(12,2) CHECK (price >= 0), note text,
			parent_id bigint%2$s, created_at timestamptz NOT NULL DEFAULT now());
			CREATE INDEX ON item_%1$s (state, created_at) WHERE state <> ''gone''', i,
			CASE WHEN i > 1 THEN format(' REFERENCES item_%s ON DELETE CASCADE', i - 1) END);
	END LOOP;
	CREATE VIEW active AS SELECT id, name, price FROM item_1 WHERE state = 'active';
END $$;

SELECT format('CALL make_tenant(%L, %s)', 'tenant_template', :tables) \gexec
SELECT format('CALL make_tenant(%L, %s)', 'tenant_' || n, :tables) FROM generate_series(1, :tenants) AS n \gexec
DROP PROCEDURE make_tenant;

-- One tenant in a hundred is not as it should be.
SELECT format('ALTER TABLE tenant_%1$s.item_2 ADD surprise text, ALTER note SET NOT NULL', n) FROM generate_series(1, :tenants, 100) AS n \gexec
