--
-- Schemas that must be alike, and what is said of arguments that are wrong: an
-- error, and not a page of our own SQL with it.
--
\pset null -
SET client_min_messages = warning;
CREATE SCHEMA regress_tenant; CREATE SCHEMA regress_tenant_a; CREATE SCHEMA "regress_tenant B.c"; CREATE SCHEMA regress_tenant_d; CREATE SCHEMA "regress_tenant_""e";
DO $$
DECLARE
	s text;
BEGIN
	FOR s IN SELECT nspname FROM pg_namespace WHERE nspname ~ '^regress_tenant' LOOP
		EXECUTE format('CREATE TYPE %1$I.state AS ENUM (''new'', ''old''); CREATE SEQUENCE %1$I.numbers;
			CREATE TABLE %1$I.a (id bigint PRIMARY KEY DEFAULT nextval(%2$L), state %1$I.state NOT NULL DEFAULT ''new'', note text DEFAULT ''regress_tenant.a'');
			CREATE TABLE %1$I.b (a_id bigint REFERENCES %1$I.a ON DELETE CASCADE, CHECK (a_id > 0));
			CREATE VIEW %1$I.v AS SELECT a.id, b.a_id FROM %1$I.a LEFT JOIN %1$I.b ON b.a_id = a.id;
			CREATE FUNCTION %1$I.f(%1$I.state) RETURNS SETOF %1$I.a LANGUAGE sql STABLE AS ''SELECT * FROM %1$I.a WHERE state = $1'';
			CREATE TRIGGER t BEFORE UPDATE ON %1$I.a FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();', s, format('%I.numbers', s));
	END LOOP;
END $$;

-- alike, whatever they are called
SELECT * FROM schemadrift_compare_schemas('regress_tenant', 'regress_tenant*');
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant', 'regress_tenant*');
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant B.c', 'regress_tenant*');
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant_"e', 'regress_tenant_?');

-- different
ALTER TABLE regress_tenant_a.a ADD more integer;
DROP VIEW "regress_tenant B.c".v;
ALTER TABLE "regress_tenant B.c".b DROP CONSTRAINT b_a_id_fkey, ALTER a_id TYPE numeric USING 1;
COMMENT ON TABLE "regress_tenant B.c".a IS 'a table';
-- what points into another schema is another
ALTER TABLE "regress_tenant_""e".a ALTER state DROP DEFAULT, ALTER state TYPE regress_tenant.state USING 'new';
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant', 'regress_tenant*');
SELECT schema_name, drift, kind, object_name, part_name, attribute, severity FROM schemadrift_compare_schemas('regress_tenant', 'regress_tenant*');
-- the summary counts what the other has
SELECT count(*) FILTER (WHERE s.differences <> coalesce(r.n, 0) OR s.missing + s.unexpected + s.changed <> s.differences) AS wrong, count(*) AS schemas
  FROM schemadrift_compare_schemas_summary('regress_tenant', 'regress_tenant*') AS s
  LEFT JOIN (SELECT schema_name, count(*) AS n FROM schemadrift_compare_schemas('regress_tenant', 'regress_tenant*') GROUP BY 1) AS r USING (schema_name);

-- arguments
SELECT * FROM schemadrift_compare_schemas('regress none', '*');
SELECT * FROM schemadrift_compare_schemas('pg_catalog', '*');
SELECT * FROM schemadrift_compare_schemas_summary('schemadrift none', '*');
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant', 'regress_tenant_%');
SELECT * FROM schemadrift_compare_schemas_summary('regress_tenant', NULL);
SELECT * FROM schemadrift_compare_schemas_summary(NULL, '*');
-- names of schemas are as long as names can be
CREATE SCHEMA regress_tenant_of_a_name_that_is_as_long_as_names_can_be_in_all;
SELECT schema_name, differences FROM schemadrift_compare_schemas_summary('regress_tenant_of_a_name_that_is_as_long_as_names_can_be_in_all_and_more', 'regress_tenant_d');

-- documents
SELECT count(*) AS changes FROM schemadrift.baseline_change \gset
SELECT schemadrift_expect('{"enums": {"e": {"label": []}}}');
SELECT schemadrift_expect('{"schemas": {"x": {"tables": {"t": {"columns": {"a": {"type": 1}}}}}}}');
SELECT schemadrift_expect('[]');
SELECT schemadrift_assert('{"tables": {"t": {"columns": 7}}}');
SELECT schemadrift_report('text', '{"enums": 1}');
SELECT count(*) - :changes AS changes FROM schemadrift.baseline_change;

DROP SCHEMA regress_tenant_a, "regress_tenant B.c", regress_tenant_d, "regress_tenant_""e", regress_tenant, regress_tenant_of_a_name_that_is_as_long_as_names_can_be_in_all CASCADE;
