-- What has expressions in other places.
SET search_path = s;
SET check_function_bodies = on;

CREATE TABLE defaults (
	a character varying(5) DEFAULT 'x', b character(3) DEFAULT 'x', c numeric(5, 2) DEFAULT 1, d numeric DEFAULT -1,
	e text DEFAULT CASE WHEN current_user IN ('x', 'y') THEN 'a' ELSE 'b' END,
	f boolean DEFAULT (current_setting('a', true)::varchar IN ('x', 'y')),
	g text[] DEFAULT ARRAY['a', 'b'], h character varying(5)[] DEFAULT ARRAY['a', 'b'], i text[] DEFAULT ARRAY['a'::varchar, 'b'],
	j character varying[] DEFAULT '{}', k numeric[] DEFAULT ARRAY[1, 2], l interval DEFAULT '1 day', m interval(0) DEFAULT interval '1' hour,
	n timestamp(0) DEFAULT now(), o date DEFAULT current_date, p time DEFAULT localtime, q bit(4) DEFAULT B'1', r bit varying(5) DEFAULT '101',
	s uuid DEFAULT gen_random_uuid(), t mood DEFAULT 'ok', u mood[] DEFAULT '{ok}', v word DEFAULT 'x', w code DEFAULT 'abc', x jsonb DEFAULT '{}',
	y "char" DEFAULT 'a', z name DEFAULT current_user, aa bigint DEFAULT -5, ab smallint DEFAULT -1, ac real DEFAULT -1.5, ad double precision DEFAULT 1,
	ae pair DEFAULT ROW(1, 'a'), af pair[] DEFAULT ARRAY[ROW(1, 'a')::pair], ag oid DEFAULT 5, ah regclass DEFAULT 't', ai int4range DEFAULT '[1,2)',
	aj text DEFAULT 'a' || 'b' || current_user, ak integer DEFAULT plus(1), al text DEFAULT (ARRAY['x'::varchar, 'y'])[1],
	am boolean DEFAULT (1 BETWEEN 0 AND 2 AND true), an words DEFAULT ARRAY['a'], ao words DEFAULT ARRAY['a'::varchar]::text[],
	ap timestamptz DEFAULT (now() AT TIME ZONE 'UTC'), aq text DEFAULT NULL, ar integer DEFAULT NULL, at2 character DEFAULT NULL,
	au text DEFAULT coalesce(current_setting('a', true), 'x')::varchar(3), av money DEFAULT 1, aw inet DEFAULT '10.0.0.1', ax point DEFAULT '(1,2)',
	ay text COLLATE "C" DEFAULT ('a' COLLATE german), az text[] DEFAULT ARRAY[]::text[], ba integer[] DEFAULT ARRAY[ARRAY[1, 2], ARRAY[3, 4]]
);
CREATE TABLE generated (
	a character varying(5), b integer,
	c boolean GENERATED ALWAYS AS (a IN ('x', 'y')) STORED,
	d character varying(3) GENERATED ALWAYS AS (a || 'x') STORED,
	e boolean GENERATED ALWAYS AS (b BETWEEN 1 AND 2 AND b IN (1, 2)) STORED,
	f text GENERATED ALWAYS AS (CASE WHEN a IN ('x', 'y') THEN 'z' ELSE a END) STORED,
	g numeric(5, 2) GENERATED ALWAYS AS (b) STORED,
	h text[] GENERATED ALWAYS AS (ARRAY[a, a]) STORED,
	i character(3) GENERATED ALWAYS AS (a) STORED
);

CREATE INDEX i1 ON t ((v IN ('x', 'y')));
CREATE INDEX i2 ON t ((id BETWEEN 1 AND 2 AND b), lower(v), (v || 'x'), (v COLLATE "C"), ((jb ->> 'a')), (v::text)) WHERE v IN ('x', 'y') AND id BETWEEN 1 AND 2 AND b;
CREATE INDEX i3 ON t USING gin (to_tsvector('simple', v), (ARRAY[v, v5]), (ARRAY[v, v5]::text[]));
CREATE INDEX i4 ON t ((CASE WHEN v IN ('x', 'y') THEN 1 END), coalesce(v, v5), (id + 1), (-id), (date(ts)), (ts AT TIME ZONE 'UTC')) WHERE v <> ALL (ARRAY['x', 'y']);
CREATE UNIQUE INDEX i5 ON t (lower(v::text) text_pattern_ops DESC, (x::varchar(3)) varchar_pattern_ops) INCLUDE (id) WHERE NOT (v IN ('x', 'y'));
CREATE STATISTICS st1 ON (v IN ('x', 'y')), (id BETWEEN 1 AND 2 AND b), (v || 'x') FROM t;
ALTER TABLE t ADD EXCLUDE USING gist (int4range(id, id + 1) WITH &&, (CASE WHEN v IN ('x', 'y') THEN pt END) WITH ~=) WHERE (v IN ('x', 'y'));

CREATE POLICY p1 ON t USING (v IN ('x', 'y')) WITH CHECK (id BETWEEN 1 AND 2 AND b);
CREATE POLICY p2 ON t USING (v IN (SELECT v FROM k WHERE k.v IN ('x', 'y')) AND EXISTS (SELECT FROM k AS t2 WHERE t2.id = t.id AND t2.v IN ('x', t.v, 'y')));
CREATE POLICY p3 ON t FOR UPDATE USING (current_user IN ('x', 'y') AND x = current_setting('a', true)::varchar) WITH CHECK (v = ANY (ARRAY['x', 'y']));
CREATE POLICY p4 ON t FOR INSERT WITH CHECK ((SELECT count(*) FROM k WHERE k.id BETWEEN 1 AND 2 AND k.v IN ('x', 'y')) = 1);

CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t1 BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.v IN ('x', 'y') AND NEW.id BETWEEN 1 AND 2 AND NEW.b) EXECUTE FUNCTION tf();
CREATE TRIGGER t2 AFTER UPDATE OF v, id ON t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION tf('a', 'b c', '');
CREATE TRIGGER t3 AFTER INSERT ON t FOR EACH ROW WHEN (NEW.v NOT IN ('x', 'y') OR (NEW.id, NEW.v) <> (1, 'a') OR NEW.b) EXECUTE FUNCTION tf();

CREATE TABLE log (a text, b integer, c character varying(5));
CREATE TABLE book (a text, b integer, c character varying(5));
CREATE VIEW rv AS SELECT id, v, b FROM t;
CREATE RULE r1 AS ON INSERT TO rv WHERE NEW.v IN ('x', 'y') DO INSTEAD INSERT INTO log VALUES (NEW.v, NEW.id, 'x');
CREATE RULE r2 AS ON UPDATE TO rv WHERE OLD.id BETWEEN 1 AND 2 AND NEW.b DO ALSO (UPDATE log SET b = NEW.id WHERE log.c IN ('x', 'y') AND log.b = OLD.id; DELETE FROM log WHERE c = OLD.v);
CREATE RULE r7 AS ON UPDATE TO rv DO ALSO NOTIFY n;
CREATE RULE r3 AS ON DELETE TO rv DO INSTEAD NOTHING;
CREATE RULE r4 AS ON INSERT TO log DO ALSO INSERT INTO log SELECT v, id, 'x' FROM t WHERE v IN ('x', NEW.c, 'y') AND id BETWEEN 1 AND 2 AND b;
CREATE RULE r5 AS ON UPDATE TO log WHERE (OLD.*) IS DISTINCT FROM (NEW.*) DO ALSO UPDATE t SET v = NEW.a, (x, id) = (SELECT k.x, k.id FROM k WHERE k.v IN ('x', 'y')) FROM k WHERE t.id = k.id;
CREATE RULE r6 AS ON UPDATE TO rv DO INSTEAD UPDATE t SET id = NEW.id, v = NEW.v WHERE t.id = OLD.id AND t.v NOT IN ('x', 'y');
CREATE RULE "Mixed Case" AS ON DELETE TO log WHERE EXISTS (SELECT FROM k WHERE k.v IN ('x', OLD.c, 'y')) DO ALSO INSERT INTO log (a) VALUES ('a'), (OLD.a);

CREATE TABLE shelf (a text, b integer);
CREATE RULE r8 AS ON INSERT TO shelf WHERE EXISTS (SELECT FROM shelf JOIN log USING (a) WHERE shelf.a = NEW.a) DO INSTEAD UPDATE shelf SET b = NEW.b FROM log, (SELECT 1) AS q WHERE shelf.a = NEW.a;
CREATE RULE r9 AS ON UPDATE TO shelf WHERE OLD.a IN (SELECT k.v FROM k) DO ALSO INSERT INTO log SELECT k.v, OLD.b FROM k JOIN k AS k_1 USING (id);
CREATE FUNCTION f1(p character varying, q integer DEFAULT -1, r text[] DEFAULT ARRAY['a'::varchar, 'b'], s boolean DEFAULT 1 BETWEEN 0 AND 2 AND true)
	RETURNS boolean LANGUAGE sql RETURN p IN ('x', 'y') AND q BETWEEN 1 AND 2 AND s;
CREATE FUNCTION f2(p character varying, id integer, OUT a integer, OUT b text) RETURNS SETOF record LANGUAGE sql BEGIN ATOMIC
	SELECT t.id, v FROM t WHERE v IN ('x', 'y') AND t.id = f2.id AND v5 IN ('a', p, 'b') AND t.id BETWEEN 1 AND 2 AND b;
END;
CREATE FUNCTION f3("Mixed Case" character varying, q integer) RETURNS boolean LANGUAGE sql RETURN "Mixed Case" IN ('$1', 'y''$2', E'\\''$1') AND q BETWEEN 1 AND 2 AND true;
CREATE FUNCTION f10(character varying, character varying) RETURNS boolean LANGUAGE sql RETURN $1 IN ('x', 'y') OR $2 IN ('$1', 'z');
CREATE FUNCTION f4(p character varying) RETURNS void LANGUAGE sql BEGIN ATOMIC
	INSERT INTO book (a, b) VALUES (p, 1), ('x', 2);
	INSERT INTO book SELECT v, id FROM t WHERE v IN ('x', 'y') ON CONFLICT DO NOTHING;
	INSERT INTO k (id, v) VALUES (1, p) ON CONFLICT (id) DO UPDATE SET v = excluded.v, x = p WHERE k.v IN ('x', 'y');
	INSERT INTO k DEFAULT VALUES;
	UPDATE book SET a = p, (b, c) = (SELECT id, v FROM t WHERE v IN ('x', p, 'y')) WHERE book.c IN ('x', 'y') RETURNING a;
	UPDATE book AS l SET a = DEFAULT FROM t JOIN k USING (id) WHERE l.a = p AND k.v IN ('x', 'y');
	DELETE FROM book USING k WHERE k.x = book.a AND k.v NOT IN ('x', 'y') AND book.a = p;
	WITH q AS (DELETE FROM book WHERE c IN ('x', 'y') RETURNING *) INSERT INTO book SELECT * FROM q;
	SELECT;
END;
CREATE FUNCTION f5(p integer) RETURNS integer LANGUAGE sql RETURN (SELECT max(id) FROM t WHERE id BETWEEN 1 AND p AND b AND v IN ('x', 'y') AND (SELECT p) > 1);
CREATE FUNCTION f6(p integer[], VARIADIC q character varying[]) RETURNS boolean LANGUAGE sql RETURN q[1] IN ('x', 'y') AND p = ARRAY[1, 2] AND 'x' = ANY (q);
CREATE PROCEDURE f7(INOUT p character varying) LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN p IN ('x', 'y') THEN 'z' ELSE p END; END;
CREATE FUNCTION f8(p s.t) RETURNS boolean LANGUAGE sql RETURN (p).v IN ('x', 'y') AND p.id BETWEEN 1 AND 2 AND (p).b;
CREATE FUNCTION f9(p s.t) RETURNS TABLE (a integer, b character varying) LANGUAGE sql BEGIN ATOMIC SELECT p.id, p.v UNION ALL SELECT 1, 'x'; END;

CREATE TABLE parted (a character varying(5), b integer, c date, d numeric) PARTITION BY RANGE ((a IN ('x', 'y')), (b BETWEEN 1 AND 2 AND b IN (1, 2)), c, lower(a));
CREATE TABLE parted1 PARTITION OF parted FOR VALUES FROM (false, MINVALUE, MINVALUE, MINVALUE) TO (true, false, '2020-01-01', 'a');
CREATE TABLE listed (a character varying(5), b numeric(5, 2)) PARTITION BY LIST (a);
CREATE TABLE listed1 PARTITION OF listed FOR VALUES IN ('x', 'y', NULL);
CREATE TABLE listed2 PARTITION OF listed DEFAULT;
CREATE TABLE num (a numeric(5, 2), b bigint) PARTITION BY RANGE (a, b);
CREATE TABLE num1 PARTITION OF num FOR VALUES FROM (-1, -1) TO (1.5 + 1, 2);
CREATE TABLE num2 PARTITION OF num FOR VALUES FROM (3, MINVALUE) TO ('5', MAXVALUE);

CREATE PUBLICATION pub FOR TABLE k WHERE (x IN ('x', 'y') AND id BETWEEN 1 AND 2 AND a > 1);
CREATE MATERIALIZED VIEW mv AS SELECT v IN ('x', 'y') AS q, id BETWEEN 1 AND 2 AND b AS r FROM t WHERE v5 IN ('x', 'y');
CREATE UNIQUE INDEX mvi ON mv ((q AND r), (q IS TRUE AND r AND q)) WHERE q AND r AND q;

-- Renamed since.
CREATE TABLE ren (a character varying, b integer);
CREATE VIEW renv AS SELECT a, b FROM ren WHERE a IN ('x', 'y');
CREATE VIEW renj AS SELECT b, ren.a, k.v FROM ren JOIN k USING (b) WHERE ren.a IN ('x', 'y');
CREATE VIEW renj2 AS SELECT ren.a, k.id FROM ren LEFT JOIN k USING (b);
CREATE FUNCTION renf(ren) RETURNS text LANGUAGE sql RETURN ($1).a;
ALTER TABLE ren RENAME a TO z;
ALTER TABLE ren RENAME b TO "B";
ALTER VIEW renv RENAME a TO y;
ALTER TABLE k RENAME b TO bb;
ALTER TABLE t RENAME f8 TO double;
