--
-- Every SQL function of the extension, each of its arguments NULL in turn, and
-- then what is no such thing: an error that says what it is, or an answer; never
-- an internal error, and never a server that is down.  Functions are taken from
-- pg_proc, so a new one shows up here.
--
\pset format unaligned
\pset tuples_only on
\pset null -
SET client_min_messages = error;

CREATE SCHEMA regress_bad_arguments;
SET search_path = regress_bad_arguments;
CREATE TABLE t (a int);

-- Arguments that are right, by name or by function and name; the script is refused before it is run.
CREATE TABLE good (name text PRIMARY KEY, value text NOT NULL);
INSERT INTO good VALUES
	('actual', '''{}'''), ('after', '''{}'''), ('allow_destructive', 'false'), ('attribute', '''not_null'''),
	('backend_pid', '1'), ('backend_start', 'now()'), ('base', '''{}'''), ('before', '''{}'''), ('changes', '''[]'''),
	('checksum', 'repeat(''0'', 64)'), ('class_ids', '''{1259}'''), ('database_oid', '1'), ('directory', '''d'''), ('document', '''{}'''),
	('drift', '''changed'''), ('duration', '''1 min'''), ('evidence', '''claim'''), ('expected', '''{}'''),
	('fail_on', '''{breaking}'''), ('files', '''{}'''), ('format', '''text'''), ('global', 'false'),
	('identity', '''regress_bad_arguments.t.a'''), ('keep', '''1 year'''), ('kind', '''column'''),
	('kinds', '''{table}'''), ('mode', '''log'''), ('name', '''01_bad_arguments'''), ('names', '''{t}'''),
	('note', '''n'''), ('object', '''regress_bad_arguments.t'''), ('object_ids', '''{1259}'''),
	('object_name', '''t'''), ('options', '''{}'''), ('outcome', '''applied'''), ('part_name', '''a'''),
	('parts', '''{a}'''), ('pattern', '''regress_bad_argument?'''), ('reason', '''r'''), ('remark', '''r'''),
	('rules', '''{}'''), ('schema_name', '''regress_bad_arguments'''),
	('schema_prisma', 'E''model A {\n  id Int @id\n}\n'''), ('schemas', '''{regress_bad_arguments}'''),
	('schemadrift_approve.checksum', 'NULL'), ('schemadrift_new_names.parts', '''{null}'''), ('schemadrift_resolve.kind', '''manual'''),
	('script', '''BEGIN'''), ('state', '''running'''), ('style', '''manual'''), ('system_identifier', '1'),
	('target_schema', '''public'''), ('template', '''public'''), ('xid', '''3''');

-- Those that are not, by type
CREATE TABLE bad (type regtype, value text);
INSERT INTO bad SELECT 'text', quote_literal(v) FROM unnest(ARRAY['', ' ', E'\n', E'a\nb', E'\x01', '../x', '/nowhere', '"', '%',
	'$1', '*', '.', 'a.b.c.d', 'x(', '"unterminated', repeat('x', 300)]) v;
INSERT INTO bad SELECT 'jsonb', quote_literal(v) FROM unnest(ARRAY['null', '[]', '"x"', '1', 'true', '{"nope": 1}', '{"": 1}',
	'{"a": [1]}', '{"tables": []}', '{"severity": []}', '{"renamed": [{}]}', '[1]', '[null]',
	repeat('{"tables":', 3000) || '{}' || repeat('}', 3000)]) v;
INSERT INTO bad SELECT 'text[]', v FROM unnest(ARRAY['''{}''', '''{NULL}''', '''{""}''', '''{{a,b},{c,d}}''', '''[5:6]={a,b}''',
	'''{nope}''', '''{NOPE,"x("}''', 'array_fill(''x''::text, ARRAY[10000])']) v;
INSERT INTO bad SELECT 'oid[]', quote_literal(v) FROM unnest(ARRAY['{}', '{NULL}', '{0}', '{{1,2},{3,4}}', '{4294967295}', '{1,2}', '{3394}']) v;
INSERT INTO bad SELECT 'interval', quote_literal(v) FROM unnest(ARRAY['0', '-1 s', '178000000 years', '-178000000 years']) v;
INSERT INTO bad VALUES ('integer', '0'), ('integer', '-1'), ('integer', '2147483647'), ('bigint', '-1'), ('xid8', '''0'''),
	('xid8', '''18446744073709551615'''), ('oid', '4294967295'), ('timestamptz', '''infinity'''), ('timestamptz', '''-infinity''');

-- What a call comes to: its error, or ok.  Nothing of it stays.
CREATE FUNCTION outcome(call text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT count(*), max(r::text) FROM ' || call || ' AS r';
	RAISE SQLSTATE 'ZZ999' USING MESSAGE = 'ok';
EXCEPTION WHEN OTHERS THEN
	state := nullif(SQLSTATE, 'ZZ999');
	message := SQLERRM;
END $$;

-- A call with one argument by value and all others right
CREATE VIEW argument AS
SELECT p.oid, p.proname::text, a.name, a.type, a.place
FROM pg_proc AS p, unnest(p.proargnames, p.proargmodes, coalesce(p.proallargtypes, p.proargtypes::oid[]))
	WITH ORDINALITY AS a (name, mode, type, place)
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname LIKE 'schemadrift\_%' AND coalesce(a.mode, 'i') = 'i' AND a.name <> '';
CREATE FUNCTION call(function oid, argument text, value text) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s(%s)', min(a.proname), string_agg(format('%I => %s', a.name,
		CASE WHEN a.name = $2 THEN $3 ELSE coalesce(
			(SELECT g.value FROM good g WHERE g.name IN (a.name, a.proname || '.' || a.name) ORDER BY length(g.name) DESC LIMIT 1),
			'NULL') END), ', ' ORDER BY a.place))
	FROM argument a WHERE a.oid = $1
$$;

-- What a call may answer: an error that is meant
CREATE VIEW meant AS SELECT unnest(ARRAY[
	'22004',	-- null
	'22023',	-- invalid
	'22008',	-- an interval that is too long
	'2202E',	-- arrays of different lengths
	'25001',	-- inside a transaction
	'2D000',	-- BEGIN in a script
	'3F000',	-- no such schema
	'42601',	-- a script that is no SQL
	'42602', '42622',	-- no name of a migration
	'42704', '55000',	-- no such run, approval, baseline
	'42809', '58P01'	-- no such directory
	]) AS state;

-- A NULL: an error that says so, or an answer
SELECT a.proname, a.name, o.* FROM argument a, outcome(call(a.oid, a.name, 'NULL')) o
WHERE o.state NOT IN (SELECT state FROM meant);
-- where there must be an error
SELECT a.proname, a.name, o.* FROM argument a, outcome(call(a.oid, a.name, 'NULL')) o
WHERE o.state IS DISTINCT FROM '22004' AND a.name IN ('actual', 'document', 'duration', 'evidence', 'expected', 'fail_on', 'files',
	'format', 'global', 'keep', 'mode', 'options', 'outcome', 'pattern', 'reason', 'rules', 'schema_prisma', 'style', 'target_schema', 'template');

-- What is no such thing
SELECT a.proname, a.name, left(b.value, 30), o.* FROM argument a JOIN bad b ON b.type = a.type, outcome(call(a.oid, a.name, b.value)) o
WHERE o.state NOT IN (SELECT state FROM meant);
-- where there must be an error, whatever it is
SELECT a.proname, a.name, left(b.value, 30) FROM argument a JOIN bad b ON b.type = a.type, outcome(call(a.oid, a.name, b.value)) o
WHERE o.state IS NULL AND a.name IN ('actual', 'document', 'evidence', 'expected', 'fail_on', 'format', 'mode', 'options', 'outcome',
	'style', 'template');

-- Calls enough to say so; nothing of them is left, and the session goes on.
SELECT count(*) > 1000 FROM argument a JOIN bad b ON b.type = a.type;
SELECT count(*) FROM schemadrift.run WHERE name ~ 'bad_arguments';
SELECT status FROM schemadrift_doctor() WHERE check_name = 'unlocked';

-- Arrays that must be of the same length; NULL has none.
SELECT * FROM schemadrift_object_ids('{table}', NULL, '{t}');
\echo :LAST_ERROR_SQLSTATE

-- Any kind, with a name that it cannot have
SELECT k.kind, n, o.state, o.message FROM (SELECT DISTINCT kind FROM schemadrift_kinds()) k,
	unnest(ARRAY['', '"', '(', 'x(', 'x(nosuch)', '(a AS b)', '(a AS', 'a on b', '+(,)', '99999999999', 'for language', repeat('x', 200), E'\x01']) n,
	unnest(ARRAY[NULL, 'regress_bad_arguments', 'nope', 'pg_temp']) s,
	outcome(format('schemadrift_object_ids(ARRAY[%L], ARRAY[%L]::text[], ARRAY[%L])', k.kind, s, n)) o
WHERE o.state IS NOT NULL;

DROP SCHEMA regress_bad_arguments CASCADE;
