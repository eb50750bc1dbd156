-- Changes to whatever schema, for 011_debian_schemas.pl: every so many of its
-- objects is dropped, or is another then.  What something else stands in the way
-- of stays as it is.
CREATE FUNCTION pg_temp.alter_some(query text, step integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOR statement IN EXECUTE format(
		'SELECT s FROM (SELECT s, row_number() OVER (ORDER BY s COLLATE "C") AS n FROM (%s) AS q(s)) AS q WHERE n %% %s = 0', query, step)
	LOOP
		BEGIN
			EXECUTE statement;
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
	END LOOP;
END
$$;
CREATE TEMP VIEW mine AS
SELECT c.*, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'schemadrift');
CREATE TEMP VIEW columns AS
SELECT c.nspname, c.relname, a.attname, a.attnum, a.attnotnull, a.atthasdef, a.attgenerated,
	format_type(a.atttypid, a.atttypmod) AS type
FROM mine c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid OR inhparent = c.oid);
CREATE TEMP VIEW keys AS
SELECT c.nspname, c.relname, k.* FROM mine c JOIN pg_constraint k ON k.conrelid = c.oid AND k.conislocal;
CREATE TEMP VIEW routines AS
SELECT p.oid::regprocedure AS name, prokind FROM pg_proc p
WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
AND p.oid >= 16384 AND pronamespace <> pg_my_temp_schema();

SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I DROP DEFAULT', nspname, relname, attname) FROM pg_temp.columns WHERE atthasdef AND attgenerated = ''$$, 4);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I DROP NOT NULL', nspname, relname, attname) FROM pg_temp.columns WHERE attnotnull$$, 5);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I SET NOT NULL', nspname, relname, attname) FROM pg_temp.columns WHERE NOT attnotnull$$, 6);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I TYPE text', nspname, relname, attname) FROM pg_temp.columns WHERE type ~ '^character'$$, 6);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I TYPE bigint', nspname, relname, attname) FROM pg_temp.columns WHERE type = 'integer'$$, 7);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I DROP CONSTRAINT %I', nspname, relname, conname) FROM pg_temp.keys WHERE contype IN ('f', 'c')$$, 4);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I DROP CONSTRAINT %I CASCADE', nspname, relname, conname) FROM pg_temp.keys WHERE contype IN ('p', 'u')$$, 9);
SELECT pg_temp.alter_some($$SELECT format('DROP INDEX %I.%I', nspname, relname) FROM pg_temp.mine WHERE relkind = 'i'$$, 4);
SELECT pg_temp.alter_some($$SELECT format('CREATE INDEX ON %I.%I (%I)', nspname, relname, attname) FROM pg_temp.columns WHERE attnum = 2$$, 5);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I DROP COLUMN %I CASCADE', nspname, relname, attname) FROM pg_temp.columns WHERE attnum > 2$$, 9);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %I.%I ADD COLUMN "Added" numeric(10,2) DEFAULT 0 NOT NULL', nspname, relname) FROM pg_temp.columns WHERE attnum = 1$$, 3);
SELECT pg_temp.alter_some($$SELECT format('DROP VIEW %I.%I CASCADE', nspname, relname) FROM pg_temp.mine WHERE relkind = 'v'$$, 6);
SELECT pg_temp.alter_some($$SELECT format('DROP ROUTINE %s CASCADE', name) FROM pg_temp.routines$$, 7);
SELECT pg_temp.alter_some($$SELECT format('ALTER FUNCTION %s STABLE STRICT', name) FROM pg_temp.routines WHERE prokind = 'f'$$, 5);
SELECT pg_temp.alter_some($$SELECT format('ALTER TYPE %s ADD VALUE %L BEFORE %L', enumtypid::regtype, 'another', enumlabel) FROM pg_enum WHERE enumsortorder = 2$$, 2);
SELECT pg_temp.alter_some($$SELECT format('DROP TABLE %I.%I CASCADE', nspname, relname) FROM pg_temp.mine WHERE relkind = 'r'$$, 9);
SELECT pg_temp.alter_some($$SELECT format('COMMENT ON TABLE %I.%I IS %L', nspname, relname, 'another') FROM pg_temp.mine WHERE relkind = 'r'$$, 4);
SELECT pg_temp.alter_some($$SELECT format('GRANT SELECT ON %I.%I TO PUBLIC', nspname, relname) FROM pg_temp.mine WHERE relkind IN ('r', 'v')$$, 3);
SELECT pg_temp.alter_some($$SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_temp.mine)$$, 2);
