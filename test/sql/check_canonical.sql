--
-- Canonical values: texts that mean the same to the server are the same, what
-- does not parse is drift and no error, and nothing is executed.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'

CREATE SCHEMA regress_check_canonical;
CREATE SCHEMA "regress_check_canonical Odd";
SET search_path = regress_check_canonical;
SET client_min_messages = warning;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE "Mixed Mood" AS ENUM ('good', 'bad');
CREATE DOMAIN score AS numeric(5,2);
CREATE TYPE pair AS (a int, b text);
CREATE TYPE "regress_check_canonical Odd".mood AS ENUM ('good', 'bad');
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';

-- Does the schema agree with a document that says one thing of it?  The path
-- is that of the attribute within the schema.
CREATE FUNCTION ask(path text[], spelling jsonb) RETURNS text LANGUAGE plpgsql
SET search_path = '' AS $$
DECLARE
	doc jsonb := spelling;
	answer text;
BEGIN
	FOR i IN REVERSE pg_catalog.cardinality(path)..1 LOOP
		doc := pg_catalog.jsonb_build_object(path[i], doc);
	END LOOP;
	SELECT pg_catalog.string_agg(drift || ' ' || attribute, ', ') INTO answer
	  FROM pg_catalog.schemadrift_check(pg_catalog.jsonb_build_object('schemas',
		pg_catalog.jsonb_build_object('regress_check_canonical', doc)));
	RETURN COALESCE(answer, 'same');
END $$;

CREATE TABLE t (
	i int, l bigint, sm smallint, v varchar(20), tx text, c char(3), n numeric(10,2), ts timestamptz(3), tsn timestamp,
	tim time(2) with time zone, f float8, r real, b bool, arr text[], arr2 int[], bits bit(3), vbits bit varying(5),
	span interval hour to minute, m mood, mm "Mixed Mood", moods mood[], s score, p pair, q "char", by bytea, js jsonb,
	om "regress_check_canonical Odd".mood, na name, o oid);

-- Types.
SELECT col, spelling, ask(ARRAY['tables', 't', 'columns', col, 'type'], to_jsonb(spelling))
  FROM (VALUES
	('i', 'integer'), ('i', 'int'), ('i', 'int4'), ('i', 'INTEGER'), ('i', 'pg_catalog.int4'), ('i', ' int '),
	('i', '"int4"'), ('i', 'int /* 4 */'),
	('i', 'int8'), ('i', 'serial'), ('i', 'int[]'), ('i', ''), ('i', 'no_such_type'), ('i', 'int; SELECT 1'),
	('i', 'int, int'), ('i', '"integer"'), ('i', 'setof int'), ('i', 'nowhere.int4'), ('i', 'int('),
	('l', 'bigint'), ('l', 'int8'), ('sm', 'int2'), ('sm', 'smallint'),
	('v', 'varchar(20)'), ('v', 'character varying(20)'), ('v', 'CHARACTER VARYING (20)'), ('v', 'char varying(20)'),
	('v', 'varchar'), ('v', 'varchar(21)'), ('v', 'varchar(0)'), ('v', 'varchar(20,1)'), ('v', 'text'),
	('tx', 'text'), ('tx', 'varchar'), ('c', 'char(3)'), ('c', 'character(3)'), ('c', 'bpchar(3)'), ('c', 'char'), ('c', 'bpchar'),
	('n', 'numeric(10,2)'), ('n', 'decimal(10, 2)'), ('n', 'dec(10,2)'), ('n', 'numeric'), ('n', 'numeric(10)'),
	('n', 'numeric(10,3)'),
	('ts', 'timestamptz(3)'), ('ts', 'timestamp(3) with time zone'), ('ts', 'timestamptz'), ('ts', 'timestamp(3)'),
	('tsn', 'timestamp'), ('tsn', 'timestamp without time zone'), ('tsn', 'timestamp(6)'),
	('tim', 'timetz(2)'), ('tim', 'time(2) with time zone'), ('f', 'double precision'), ('f', 'float'),
	('f', 'float(53)'), ('f', 'float(24)'), ('r', 'float4'), ('r', 'float(24)'), ('b', 'boolean'), ('b', 'bool'),
	('arr', 'text[]'), ('arr', '_text'), ('arr', 'text[][]'), ('arr', 'text array'), ('arr', 'text[3]'),
	('arr', 'varchar[]'), ('arr', 'text'), ('arr2', 'integer[]'), ('arr2', 'int4 ARRAY[4]'),
	('bits', 'bit(3)'), ('bits', 'bit'), ('vbits', 'varbit(5)'), ('span', 'interval hour to minute'),
	('span', 'interval'), ('span', 'interval minute'),
	('m', 'mood'), ('m', 'regress_check_canonical.mood'), ('m', '"mood"'), ('m', 'MOOD'),
	('m', '"regress_check_canonical Odd".mood'), ('m', '"Mixed Mood"'),
	('mm', '"Mixed Mood"'), ('mm', 'regress_check_canonical."Mixed Mood"'), ('mm', 'Mixed Mood'), ('moods', 'mood[]'),
	('moods', 'regress_check_canonical.mood []'), ('moods', '_mood'),
	('om', '"regress_check_canonical Odd".mood'), ('om', 'mood'), ('s', 'score'), ('s', 'numeric(5,2)'),
	('p', 'pair'), ('q', '"char"'), ('q', 'char'), ('by', 'bytea'), ('js', 'jsonb'), ('js', 'json'), ('na', 'name'),
	('o', 'oid'), ('o', 'regclass')
  ) AS a(col, spelling);

-- Defaults.
CREATE SEQUENCE "Seq";
ALTER TABLE t ALTER i SET DEFAULT 5, ALTER l SET DEFAULT nextval('"Seq"'), ALTER v SET DEFAULT 'it''s', ALTER tx SET DEFAULT 'x' || CURRENT_USER,
	ALTER n SET DEFAULT 0.5, ALTER ts SET DEFAULT now(), ALTER tsn SET DEFAULT CURRENT_TIMESTAMP, ALTER b SET DEFAULT true, ALTER arr SET DEFAULT '{}',
	ALTER arr2 SET DEFAULT ARRAY[1, 2], ALTER m SET DEFAULT 'good', ALTER mm SET DEFAULT 'bad', ALTER moods SET DEFAULT '{good,bad}', ALTER s SET DEFAULT 1,
	ALTER p SET DEFAULT ROW(1, 'x'), ALTER js SET DEFAULT '{"a": 1}', ALTER sm SET DEFAULT twice(3) + 1, ALTER f SET DEFAULT -1e-5, ALTER by SET DEFAULT '\x00ff',
	ALTER span SET DEFAULT '01:30', ALTER tim SET DEFAULT '12:00+02', ALTER o SET DEFAULT 't'::regclass;
SELECT col, spelling, ask(ARRAY['tables', 't', 'columns', col, 'default'], to_jsonb(spelling))
  FROM (VALUES
	('i', '5'), ('i', ' ( 5 ) '), ('i', '5::int'), ('i', '6'), ('i', '2 + 3'), ('i', 'i'), ('i', ''), ('i', '5 x'),
	('i', '5 AS x'), ('i', '5; DROP TABLE t'), ('i', '(SELECT 5)'), ('i', 'count(*)'), ('i', 'DEFAULT 5'),
	('i', '5 --'), ('i', 'NULL'), ('i', '''x'''), ('i', '$1'),
	('l', 'nextval(''"Seq"'')'), ('l', 'nextval(''"Seq"''::regclass)'),
	('l', 'nextval(''regress_check_canonical."Seq"''::regclass)'), ('l', 'NEXTVAL (''"Seq"''::pg_catalog.regclass)'),
	('l', 'nextval(''Seq'')'), ('l', 'currval(''"Seq"'')'),
	('v', '''it''''s'''), ('v', '''it''''s''::varchar'), ('v', '''it''''s''::character varying'),
	('v', 'E''it\''s'''), ('v', '''its'''), ('v', '"its"'),
	('tx', '''x'' || CURRENT_USER'), ('tx', '''x''::text||current_user'), ('tx', '''x'' || session_user'),
	('n', '0.5'), ('n', '.5'), ('n', '0.50'), ('n', '''0.5'''), ('ts', 'now()'), ('ts', 'NOW()'),
	('ts', 'CURRENT_TIMESTAMP'), ('ts', 'pg_catalog.now()'), ('tsn', 'CURRENT_TIMESTAMP'),
	('tsn', 'current_timestamp'), ('tsn', 'now()'), ('tsn', 'localtimestamp'), ('ts', '''now'''),
	('b', 'true'), ('b', 'TRUE'), ('b', '''t'''), ('b', 'false'), ('b', '1'), ('arr', '''{}'''),
	('arr', '''{}''::text[]'), ('arr', '''{ }''::_text'), ('arr', 'ARRAY[]::text[]'),
	('arr2', 'ARRAY[1,2]'), ('arr2', 'array[ 1, 2 ]'), ('arr2', 'ARRAY[2,1]'), ('arr2', '''{1,2}'''),
	('m', '''good'''), ('m', '''good''::mood'), ('m', '''good''::regress_check_canonical.mood'),
	('m', 'CAST (''good'' AS mood)'), ('m', '''bad'''), ('m', '''nope'''), ('m', '''good''::"regress_check_canonical Odd".mood'),
	('mm', '''bad''::"Mixed Mood"'), ('moods', '''{good,bad}''::mood[]'), ('moods', '''{good}'''), ('s', '1'),
	('s', '1.0'), ('p', 'ROW(1, ''x'')'), ('p', '(1,''x'')'), ('p', 'ROW(1, ''x''::text)'),
	('js', '''{"a":1}'''), ('js', '''{"a":   1}''::jsonb'), ('js', '''{"a": 2}'''), ('sm', 'twice(3)+1'),
	('sm', 'regress_check_canonical.twice(3) + 1'), ('sm', 'thrice(3) + 1'), ('f', '-1e-5'), ('f', '-0.00001'),
	('by', '''\x00FF'''), ('by', '''\000\377'''), ('span', '''01:30'''), ('span', '''90 minutes'''),
	('tim', '''12:00:00+02'''), ('o', '''t''::regclass'), ('o', '''regress_check_canonical.t''::regclass')
  ) AS a(col, spelling);

-- Generated columns.
ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (i + 1) STORED, ADD COLUMN g2 text GENERATED ALWAYS AS (lower(v) || 'x') STORED;
SELECT col, spelling, ask(ARRAY['tables', 't', 'columns', col, 'generated'], to_jsonb(spelling))
  FROM (VALUES ('g', 'i + 1'), ('g', '(i + 1)'), ('g', 'i+1'), ('g', '"i" + 1'), ('g', 'I + 1'), ('g', 't.i + 1'),
	('g', '1 + i'), ('g', 'nope + 1'), ('g', 'g + 1'), ('g', 'l + 1'), ('g', 'random()::int'), ('g', 'i + 1) STORED'),
	('g2', 'lower(v) || ''x'''), ('g2', 'LOWER(v)||''x''::text'), ('g2', 'lower(v::text) || ''x''::text'),
	('g2', 'lower(tx) || ''x''')) AS a(col, spelling);

-- Check constraints.
ALTER TABLE t ADD CONSTRAINT c1 CHECK (n > 0), ADD CONSTRAINT c2 CHECK (v = 'x'), ADD CONSTRAINT c3 CHECK (tx IN ('a', 'b')), ADD CONSTRAINT c4 CHECK (i BETWEEN 1 AND 9 AND NOT b),
	ADD CONSTRAINT c5 CHECK (v LIKE 'a%' OR v IS NULL), ADD CONSTRAINT c6 CHECK (m <> 'bad'), ADD CONSTRAINT c7 CHECK (twice(i) < 10), ADD CONSTRAINT c8 CHECK (i::bigint = l AND (p).a = 1), ADD CONSTRAINT c9 CHECK (t IS NOT NULL), ADD CONSTRAINT c10 CHECK (true);
SELECT con, spelling, ask(ARRAY['tables', 't', 'constraints', con, 'expression'], to_jsonb(spelling))
  FROM (VALUES ('c1', 'n > 0'), ('c1', '(n > (0)::numeric)'), ('c1', '((n)>0)'), ('c1', 'n > 0.0'),
	('c1', 'n >= 0'), ('c1', '0 < n'), ('c1', 'n > 0 -- positive'), ('c1', 'CHECK (n > 0)'), ('c1', 'n > '),
	('c1', 'nope > 0'), ('c1', 'n'), ('c1', 'n > (SELECT 0)'), ('c1', 'sum(n) > 0'), ('c1', 'x.n > 0'), ('c1', 't.n > 0'),
	('c2', 'v = ''x'''), ('c2', '((v)::text = ''x''::text)'), ('c2', 'v=''x''::varchar'), ('c2', 'v = ''y'''), ('c2', 'v = "x"'),
	('c3', 'tx IN (''a'', ''b'')'), ('c3', 'tx = ANY (ARRAY[''a'', ''b''])'),
	('c3', '(tx = ANY (ARRAY[''a''::text, ''b''::text]))'), ('c3', 'tx = ''a'' OR tx = ''b'''), ('c3', 'tx in (''b'', ''a'')'),
	('c4', 'i BETWEEN 1 AND 9 AND NOT b'), ('c4', 'i >= 1 AND i <= 9 AND NOT b'), ('c4', 'i between 1 and 9 and b is not true'),
	('c5', 'v LIKE ''a%'' OR v IS NULL'), ('c5', 'v ~~ ''a%'' or v isnull'), ('c5', 'v ILIKE ''a%'' OR v IS NULL'),
	('c6', 'm <> ''bad'''), ('c6', 'm != ''bad''::mood'), ('c6', 'm <> ''nope'''),
	('c7', 'twice(i) < 10'), ('c7', 'regress_check_canonical.twice(i) < 10'), ('c7', 'nowhere.twice(i) < 10'),
	('c8', 'CAST(i AS int8) = l AND (p).a = 1'), ('c8', 'i = l AND (p).a = 1'), ('c9', 't IS NOT NULL'),
	('c9', 't.* IS NOT NULL'), ('c10', 'true'), ('c10', 'TRUE'), ('c10', 'false')) AS a(con, spelling);

-- Index keys and predicates.
CREATE INDEX i1 ON t (i, lower(v) DESC, (n + 1), tx COLLATE "C" text_pattern_ops DESC NULLS LAST);
CREATE INDEX i2 ON t (i) WHERE b AND v = 'x';
CREATE INDEX i4 ON t (tx COLLATE "C");
CREATE INDEX i3 ON t USING gist (to_tsvector('simple', tx) tsvector_ops (siglen = 100));
SELECT idx, spelling, ask(ARRAY['tables', 't', 'indexes', idx, 'keys'], spelling::jsonb)
  FROM (VALUES ('i1', '["i", "lower(v) DESC", "(n + 1)", "tx COLLATE \"C\" text_pattern_ops DESC NULLS LAST"]'),
	('i1', '["I asc nulls last", "LOWER(V) desc nulls first", "((n)+1)", "\"tx\" collate pg_catalog.\"C\" pg_catalog.text_pattern_ops desc nulls last"]'),
	('i1', '["i int4_ops", "lower(v::text) COLLATE \"default\" DESC", "((n + (1)::numeric))", "tx COLLATE \"C\" text_pattern_ops DESC NULLS LAST"]'),
	('i1', '["i", "lower(v)", "(n + 1)", "tx COLLATE \"C\" text_pattern_ops DESC NULLS LAST"]'),
	('i1', '["i", "lower(v) DESC", "(n + 1)", "tx COLLATE \"C\" DESC NULLS LAST"]'),
	('i1', '["i", "lower(v) DESC", "(n + 1)", "tx text_pattern_ops DESC NULLS LAST"]'), ('i1', '["i"]'), ('i1', '[]'),
	('i2', '["i"]'), ('i2', '["(i)"]'), ('i2', '["i, l"]'), ('i2', '["i) WHERE (b"]'), ('i2', '["i + 1"]'),
	('i2', '["nope"]'), ('i2', '[""]'), ('i2', '["i no_such_ops"]'), ('i2', '["i COLLATE \"C\""]'),
	('i2', '["ctid"]'), ('i4', '["tx COLLATE \"C\""]'), ('i4', '["(tx COLLATE \"C\")"]'), ('i4', '["tx"]'),
	('i3', '["to_tsvector(''simple'', tx) tsvector_ops (siglen=100)"]'),
	('i3', '["to_tsvector(''simple''::regconfig, tx) tsvector_ops(siglen = ''100'')"]'),
	('i3', '["to_tsvector(''simple'', tx) tsvector_ops (siglen=101)"]'),
	('i3', '["to_tsvector(''simple'', tx)"]')) AS a(idx, spelling);
SELECT idx, spelling, ask(ARRAY['tables', 't', 'indexes', idx, 'where'], to_jsonb(spelling))
  FROM (VALUES ('i2', 'b AND v = ''x'''), ('i2', '(b AND ((v)::text = ''x''::text))'), ('i2', 'b and (v=''x'')'),
	('i2', '(b = true) AND v = ''x'''), ('i2', 'v = ''x'' AND b'), ('i2', 'WHERE b'), ('i2', 'nope'),
	('i2', '')) AS a(idx, spelling);
-- the same in an exclusion constraint
ALTER TABLE t ADD CONSTRAINT x1 EXCLUDE USING btree (lower(v) WITH =, i WITH =) WHERE (n > 0);
SELECT spelling, ask(ARRAY['tables', 't', 'constraints', 'x1', 'keys'], spelling::jsonb)
  FROM (VALUES ('["lower(v)", "i"]'), ('["LOWER((v)::text)", "\"i\" int4_ops"]'), ('["i", "lower(v)"]')) AS a(spelling);
SELECT spelling, ask(ARRAY['tables', 't', 'constraints', 'x1', 'where'], to_jsonb(spelling))
  FROM (VALUES ('n > 0'), ('(n > (0)::numeric)'), ('n > 1')) AS a(spelling);

-- Partition keys and bounds.
CREATE TABLE pr (at date, k text, id int) PARTITION BY RANGE (at, lower(k) COLLATE "C");
CREATE TABLE pr1 PARTITION OF pr FOR VALUES FROM ('2024-01-01', MINVALUE) TO ('2025-01-01', 'x');
CREATE TABLE pl (m mood, id int) PARTITION BY LIST (m);
CREATE TABLE pl1 PARTITION OF pl FOR VALUES IN ('good', NULL);
CREATE TABLE ph (id int) PARTITION BY HASH (id);
CREATE TABLE ph1 PARTITION OF ph FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE pd PARTITION OF pl DEFAULT;
SELECT tab, spelling, ask(ARRAY['tables', tab, 'partition_by'], to_jsonb(spelling))
  FROM (VALUES ('pr', 'RANGE (at, lower(k) COLLATE "C")'), ('pr', 'range(AT, LOWER(k) collate "C" text_ops)'),
	('pr', 'range (at, (lower(k)) collate pg_catalog."C")'), ('pr', 'RANGE (at, lower(k))'), ('pr', 'RANGE (at)'),
	('pr', 'LIST (at)'), ('pr', 'PARTITION BY RANGE (at)'), ('pr', 'RANGE (nope)'), ('pr', 'RANGE (at'),
	('pr', 'RANGE (at, lower(k) COLLATE "C") WITH (fillfactor = 10)'),
	('pl', 'LIST (m)'), ('pl', 'list ("m" enum_ops)'), ('pl', 'LIST ((m))'), ('pl', 'list (id)'), ('ph', 'HASH (id)'),
	('ph', 'hash(id int4_ops)'), ('ph', 'sorted (id)')) AS a(tab, spelling);
SELECT tab, spelling, ask(ARRAY['tables', tab, 'partition_bound'], to_jsonb(spelling))
  FROM (VALUES ('pr1', 'FOR VALUES FROM (''2024-01-01'', MINVALUE) TO (''2025-01-01'', ''x'')'),
	('pr1', 'for values from (date ''2024-01-01'', minvalue) to (''2025-01-01''::date, ''x''::text)'),
	('pr1', 'FOR VALUES FROM (''Jan 1 2024'', MINVALUE) TO (''20250101'', ''x'')'),
	('pr1', 'FOR VALUES FROM (''2024-01-02'', MINVALUE) TO (''2025-01-01'', ''x'')'),
	('pr1', 'FOR VALUES FROM (''2024-01-01'', ''a'') TO (''2025-01-01'', ''x'')'), ('pr1', 'FOR VALUES IN (1)'),
	('pr1', 'FROM (''2024-01-01'', MINVALUE) TO (''2025-01-01'', ''x'')'), ('pr1', 'DEFAULT'),
	('pr1', 'FOR VALUES FROM (now(), MINVALUE) TO (''2025-01-01'', ''x'')'),
	('pr1', 'FOR VALUES FROM (nope, MINVALUE) TO (''2025-01-01'', ''x'')'),
	('pr1', 'FOR VALUES FROM (''never'', MINVALUE) TO (''2025-01-01'', ''x'')'),
	('pl1', 'FOR VALUES IN (''good'', NULL)'), ('pl1', 'for values in (''good''::mood, null)'),
	('pl1', 'FOR VALUES IN (''good'')'), ('pl1', 'FOR VALUES IN (''nope'')'),
	('ph1', 'FOR VALUES WITH (modulus 3, remainder 1)'), ('ph1', 'for values with (remainder 1, modulus 3)'),
	('ph1', 'FOR VALUES WITH (modulus 3, remainder 2)'), ('ph1', 'FOR VALUES WITH (modulus 3)'), ('pd', 'DEFAULT'),
	('pd', 'default'), ('pd', 'FOR VALUES IN (''bad'')')) AS a(tab, spelling);

-- Queries of views.
CREATE TABLE a (id int, name text);
CREATE VIEW v1 AS SELECT a.id, a.name AS "Name" FROM a WHERE a.id > 0;
CREATE VIEW v2 AS SELECT x.id, y.name FROM a x JOIN a y USING (id) WHERE x.name = 'it''s' ORDER BY x.id;
CREATE VIEW v3 AS SELECT * FROM a;
CREATE VIEW v4 AS VALUES (1, 'x'), (2, 'y');
CREATE MATERIALIZED VIEW m1 AS SELECT count(*) AS n, max(name) AS m FROM a GROUP BY id HAVING count(*) > 1;
SELECT node, name, spelling, ask(ARRAY[node, name, 'definition'], to_jsonb(spelling))
  FROM (VALUES ('views', 'v1', 'SELECT a.id, a.name AS "Name" FROM a WHERE a.id > 0'),
	('views', 'v1', E'select id,\n\tname as "Name"\n  from regress_check_canonical.a\n where (id > 0);'),
	('views', 'v1', E' SELECT a.id,\n    a.name AS "Name"\n   FROM regress_check_canonical.a\n  WHERE (a.id > 0);'),
	('views', 'v1', 'SELECT id, name FROM a WHERE id > 0'),
	('views', 'v1', 'SELECT id, name AS "Name" FROM a WHERE id > 1'),
	('views', 'v1', 'SELECT id, name AS "Name" FROM nowhere WHERE id > 0'), ('views', 'v1', 'SELECT id, nope FROM a'),
	('views', 'v1', 'SELEKT'), ('views', 'v1', ''), ('views', 'v1', 'SELECT 1; SELECT 2'),
	('views', 'v1', 'DELETE FROM a'),
	('views', 'v1', 'WITH d AS (DELETE FROM a RETURNING *) SELECT id, name AS "Name" FROM d WHERE id > 0'),
	('views', 'v1', 'SELECT id, name AS "Name" INTO b FROM a WHERE id > 0'), ('views', 'v1', 'DROP TABLE a'),
	('views', 'v1', 'CREATE VIEW v1 AS SELECT 1'), ('views', 'v1', 'SELECT id, name AS "Name" FROM v1'),
	('views', 'v1', 'SELECT id, name AS "Name" FROM a WHERE id > 0 FOR UPDATE'), ('views', 'v1', 'SELECT $1'),
	('views', 'v2', 'SELECT x.id, y.name FROM a x JOIN a y USING (id) WHERE x.name = ''it''''s'' ORDER BY x.id'),
	('views', 'v2', 'select x.id, y.name from a as x inner join a as y using (id) where (x.name = ''it''''s''::text) order by 1 asc nulls last'),
	('views', 'v2', 'SELECT x.id, y.name FROM a x JOIN a y ON x.id = y.id WHERE x.name = ''it''''s'' ORDER BY x.id'),
	('views', 'v3', 'SELECT * FROM a'), ('views', 'v3', 'TABLE a'), ('views', 'v3', 'SELECT id, name FROM a'),
	('views', 'v3', 'SELECT name, id FROM a'), ('views', 'v4', 'VALUES (1, ''x''), (2, ''y'')'),
	('views', 'v4', 'values (1,''x''::text), (2,''y'')'), ('views', 'v4', 'VALUES (1, ''x'')'),
	('materialized_views', 'm1', 'SELECT count(*) AS n, max(name) AS m FROM a GROUP BY id HAVING count(*) > 1'),
	('materialized_views', 'm1', 'select COUNT(*) n, max(a.name) m from a group by a.id having (count(*) > 1)'),
	('materialized_views', 'm1', 'SELECT count(*) AS n, max(name) AS m FROM a GROUP BY id')) AS a(node, name, spelling);

-- The rows themselves show both texts as they were given.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_canonical": {"tables": {"t": {
	"columns": {"i": {"type": "no such type", "default": "1 +"}, "g": {"generated": "nope + 1"}},
	"constraints": {"c1": {"expression": "nope > 0"}, "x1": {"keys": ["nope", "i"], "where": ")"}},
	"indexes": {"i2": {"where": "SELECT", "keys": ["no such key"]}}},
	"pr": {"partition_by": "nothing"}, "pr1": {"partition_bound": "nowhere"}}}}}');

-- Nothing is executed: literals of types with domains inside call the domain's
-- checks already when they are parsed.  The sequence counts the calls.
CREATE SEQUENCE calls;
CREATE FUNCTION boom(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM nextval('regress_check_canonical.calls'); RAISE EXCEPTION 'executed'; END $$;
CREATE FUNCTION boom2(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN PERFORM nextval('regress_check_canonical.calls'); RETURN $1; END $$;
CREATE DOMAIN dom AS int CHECK (boom(VALUE));
CREATE TYPE comp AS (d dom, n int);
CREATE TABLE traps (c comp DEFAULT ROW(1, 2), ds dom[] DEFAULT ARRAY[]::dom[], d dom DEFAULT 1, i int DEFAULT 1);
CREATE INDEX traps_i ON traps (i);
ALTER TABLE traps ADD CONSTRAINT traps_c CHECK (i > 0);
CREATE TABLE ptraps (i int) PARTITION BY LIST (i);
CREATE TABLE ptraps1 PARTITION OF ptraps FOR VALUES IN (1);
CREATE VIEW vtraps AS SELECT 1 AS one;
-- they would be called
\set VERBOSITY terse
SELECT '(5,6)'::comp;
SELECT '{5}'::dom[];
\set VERBOSITY default
SELECT last_value, is_called FROM calls;
ALTER SEQUENCE calls RESTART;
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_canonical": {"tables": {
	"traps": {"columns": {"c": {"default": "''(5,6)''::comp"}, "ds": {"default": "''{5}''"}, "d": {"default": "''5''::dom"}, "i": {"default": "boom2(1)"}},
		"constraints": {"traps_c": {"expression": "i > boom2(0) AND ''(1,2)''::comp IS NOT NULL"}},
		"indexes": {"traps_i": {"keys": ["(''{5}''::dom[])"], "where": "boom(1)"}}},
	"ptraps": {"partition_by": "LIST ((boom2(i)))"},
	"ptraps1": {"partition_bound": "FOR VALUES IN (boom2(1))"}},
	"views": {"vtraps": "SELECT boom2(1) AS one FROM (SELECT ''(1,2)''::comp) x"}}}}');
SELECT last_value, is_called FROM calls;
-- a snapshot of them does not execute anything either
SELECT count(*) FROM schemadrift_check(schemadrift_snapshot('{regress_check_canonical}'));
SELECT last_value, is_called FROM calls;

DROP SCHEMA regress_check_canonical, "regress_check_canonical Odd" CASCADE;
