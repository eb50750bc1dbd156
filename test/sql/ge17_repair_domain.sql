--
-- Repair of NOT NULL of domains where the server keeps it as a constraint
-- (PostgreSQL 17 and later): its name and its comment.
-- Runs after the schedule, so it brings its own extension.
--
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;
CREATE EXTENSION schemadrift;
CREATE SCHEMA regress_domain;
SET search_path = regress_domain;
SELECT schemadrift_arm('log');
CREATE DOMAIN d AS integer NOT NULL;
CREATE DOMAIN named AS text CONSTRAINT "It's there" NOT NULL CHECK (VALUE <> '');
COMMENT ON CONSTRAINT "It's there" ON DOMAIN named IS 'it''s there';
CREATE DOMAIN nullable AS date;
CREATE DOMAIN unused AS text CONSTRAINT "n o" NOT NULL;
COMMENT ON CONSTRAINT "n o" ON DOMAIN unused IS 'no';
CREATE TABLE t (a d, b named, c nullable);
INSERT INTO t VALUES (1, 'b', '2020-02-20');

-- one statement; what a migration says, and what mends it
CREATE FUNCTION try(statement text, before jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	EXECUTE statement;
	RETURN NEXT '-- ' || statement;
	RETURN QUERY SELECT concat_ws(' ', 'was:', drift, identity, attribute, expected, actual) FROM schemadrift_check(before);
	FOR r IN SELECT * FROM schemadrift_migration('20_x', before) LOOP
		RETURN QUERY SELECT l FROM regexp_split_to_table(r.sql, '\n') l WHERE l ~ '^(\t+|--|[A-Z])' AND l !~ '^\t*(DO|BEGIN|END|EXCEPTION|WHEN|NULL|-- What|-- It can)' AND l !~ 'OWNER TO';
		-- it has been made already: nothing is to be done
		EXECUTE r.sql;
	END LOOP;
	FOR r IN SELECT * FROM schemadrift_repair(before, '{"destructive": true}') ORDER BY step LOOP
		RETURN QUERY SELECT concat('=> ', coalesce(r.sql, r.note), ' (', r.risk, ')') WHERE r.sql !~ 'OWNER TO' OR r.sql IS NULL;
		IF r.sql IS NOT NULL THEN
			EXECUTE r.sql;
		END IF;
	END LOOP;
	RETURN QUERY SELECT concat_ws(' ', 'drift:', drift, identity, attribute, expected, actual) FROM schemadrift_check(before);
END
$$;
SELECT schemadrift_snapshot('{regress_domain}') AS before \gset
SELECT try FROM unnest(ARRAY[
	'ALTER DOMAIN d RENAME CONSTRAINT d_not_null TO n',
	'ALTER DOMAIN named RENAME CONSTRAINT "It''s there" TO named_not_null',
	'COMMENT ON CONSTRAINT d_not_null ON DOMAIN d IS $c$new$c$',
	'COMMENT ON CONSTRAINT "It''s there" ON DOMAIN named IS NULL',
	'ALTER DOMAIN d DROP NOT NULL',
	'ALTER DOMAIN named DROP NOT NULL',
	'ALTER DOMAIN nullable ADD CONSTRAINT "a date" NOT NULL',
	'ALTER DOMAIN d RENAME TO e',
	'ALTER DOMAIN named RENAME TO e',
	'DROP DOMAIN unused'
]) AS s, LATERAL try(s, :'before');
SELECT a, c FROM t;

SELECT schemadrift_disarm('end of test');
DROP SCHEMA regress_domain CASCADE;
DROP EXTENSION schemadrift;
