-- What 031_repair_random.pl needs in its database, in a schema that is there.

CREATE ROLE regress_r1;
CREATE ROLE regress_r2;

-- A hash of what each column of a table holds
CREATE FUNCTION driver.contents(OUT relation text, OUT col text, OUT type text, OUT hash text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	FOR relation, col, type IN
		SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = to_regnamespace('m') AND c.relkind = 'r'
		AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
	LOOP
		EXECUTE format('SELECT md5(string_agg(%I::text, %L ORDER BY %I::text)) FROM m.%I',
			col, '|', col, relation) INTO hash;
		RETURN NEXT;
	END LOOP;
END
$$;

-- Run the steps of a repair; a line for each that has failed or that the
-- server's parser does not take, how many there were, and the identities of what
-- loses data.
CREATE FUNCTION driver.repair(expected jsonb, OUT trouble text, OUT steps integer, OUT lost text)
RETURNS record LANGUAGE plpgsql AS $$
DECLARE
	r record;
BEGIN
	steps := 0;
	PERFORM set_config('check_function_bodies', 'off', true);
	FOR r IN SELECT * FROM schemadrift_repair(expected, '{"destructive": true, "ignore": [{"kind": "column", "attribute": "position"}]}') ORDER BY step
	LOOP
		IF r.sql IS NULL AND r.note LIKE '%only a new table has another order' THEN
			CONTINUE;
		ELSIF r.sql IS NULL THEN
			trouble := concat_ws(E'\n', trouble, 'unmended: ' || r.kind || ' ' || r.identity || ': ' || r.note);
			CONTINUE;
		END IF;
		steps := steps + 1;
		trouble := concat_ws(E'\n', trouble, 'not parsed: ' || driver.complaint(r.sql));
		IF r.risk = 'destructive' THEN
			lost := concat_ws(' ', lost, r.identity);
		END IF;
		BEGIN
			EXECUTE r.sql;
		EXCEPTION WHEN OTHERS THEN
			trouble := concat_ws(E'\n', trouble, r.step || ': ' || sqlerrm || ': ' || r.sql);
		END;
	END LOOP;
END
$$;

-- The drift that remains, but for the order of columns, which none can mend
CREATE FUNCTION driver.drift(expected jsonb)
RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', 'drift:', drift, kind, identity, attribute, expected, '->', actual)
	FROM schemadrift_check(expected, '{"ignore": [{"kind": "column", "attribute": "position"}]}')
$$;
