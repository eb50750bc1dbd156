--
-- Repair of NOT NULL where the server keeps it as a constraint (PostgreSQL 18
-- and later): no column is made again for it.
-- Runs after the schedule, so it brings its own extension.
--
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION schemadrift;
CREATE SCHEMA regress_not_null;
SET search_path = regress_not_null;
SELECT schemadrift_arm('log');
CREATE TABLE t (
	id integer PRIMARY KEY,
	a integer NOT NULL,
	b text CONSTRAINT "B is there" NOT NULL,
	c text NOT NULL NO INHERIT,
	d text);
ALTER TABLE t ADD CONSTRAINT d_from_now_on NOT NULL d NOT VALID;
COMMENT ON CONSTRAINT "B is there" ON t IS 'it''s there';
CREATE TABLE parent (a integer NOT NULL, b text);
CREATE TABLE child (c integer) INHERITS (parent);
CREATE TABLE other (a integer NOT NULL);
CREATE TABLE own () INHERITS (other);
ALTER TABLE own ALTER a SET NOT NULL;
INSERT INTO t VALUES (1, 1, 'b', 'c', 'd');
INSERT INTO child VALUES (1, 'b', 2);
INSERT INTO own VALUES (1);

-- one statement there; what a migration says, and what mends it
CREATE FUNCTION try(statement text, before jsonb, options jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	EXECUTE statement;
	RETURN NEXT '-- ' || statement;
	RETURN QUERY SELECT concat_ws(' ', 'was:', drift, identity, attribute, expected, actual) FROM schemadrift_check(before);
	FOR r IN SELECT * FROM schemadrift_migration('20_x', before) LOOP
		RETURN QUERY SELECT l FROM regexp_split_to_table(r.sql, '\n') l WHERE l ~ '^(\t+|--|[A-Z])' AND l !~ '^\t*(DO|BEGIN|END|EXCEPTION|WHEN|NULL|-- What|-- It can)';
	END LOOP;
	FOR r IN SELECT * FROM schemadrift_repair(before, options) ORDER BY step LOOP
		RETURN NEXT concat('=> ', coalesce(r.sql, r.note), ' (', r.risk, ')');
		IF r.sql IS NOT NULL THEN
			EXECUTE r.sql;
		END IF;
	END LOOP;
	RETURN QUERY SELECT concat_ws(' ', 'drift:', drift, identity, attribute, expected, actual) FROM schemadrift_check(before);
END
$$;
SELECT schemadrift_snapshot('{regress_not_null}') AS before \gset
SELECT try FROM unnest(ARRAY[
	'ALTER TABLE t RENAME CONSTRAINT t_a_not_null TO a_is_there',
	'ALTER TABLE t RENAME CONSTRAINT "B is there" TO t_b_not_null',
	'ALTER TABLE t ALTER b DROP NOT NULL',
	'ALTER TABLE t ALTER d SET NOT NULL, ALTER c DROP NOT NULL',
	'ALTER TABLE t ALTER a DROP NOT NULL, ADD CONSTRAINT new NOT NULL a NOT VALID',
	'ALTER TABLE t ALTER CONSTRAINT t_a_not_null NO INHERIT, ALTER CONSTRAINT t_c_not_null INHERIT',
	'ALTER TABLE t VALIDATE CONSTRAINT d_from_now_on',
	'COMMENT ON CONSTRAINT t_a_not_null ON t IS $c$new$c$',
	'COMMENT ON CONSTRAINT "B is there" ON t IS NULL',
	'ALTER TABLE t RENAME COLUMN a TO e',
	'ALTER TABLE t RENAME COLUMN b TO e',
	'ALTER TABLE parent RENAME COLUMN a TO e',
	'ALTER TABLE parent RENAME TO forebear',
	'ALTER TABLE parent RENAME CONSTRAINT parent_a_not_null TO there',
	'ALTER TABLE child RENAME TO kid'
]) AS s, LATERAL try(s, :'before', '{}');
-- rows are looked at without keeping others waiting
SELECT try('ALTER TABLE t ALTER b DROP NOT NULL', :'before', '{"validate_later": true}');
SELECT * FROM t, child, own;
-- all of it with its column, or table
SELECT try('ALTER TABLE t DROP COLUMN d', :'before', '{}');
SELECT try('DROP TABLE t', :'before', '{}');
-- its own, and inherited
SELECT try('DROP TABLE own; CREATE TABLE own () INHERITS (other)', :'before', '{}');
SELECT try('ALTER TABLE child ALTER a SET NOT NULL', :'before', '{}');

SELECT schemadrift_disarm('end of test');
DROP SCHEMA regress_not_null CASCADE;
DROP EXTENSION schemadrift;
