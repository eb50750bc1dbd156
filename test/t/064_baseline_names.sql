-- What has a name that others show, and all that shows it, for
-- 064_baseline_moves.pl.
CREATE ROLE regress_names;
CREATE SCHEMA m;
CREATE SCHEMA m2;
SET search_path = m;
CREATE TYPE e AS ENUM ('a', 'b');
CREATE DOMAIN d AS integer CHECK (VALUE > 0);
CREATE TYPE c AS (x integer, y text);
CREATE TYPE r AS RANGE (subtype = integer);
CREATE COLLATION co (locale = 'C');
CREATE SEQUENCE s;
CREATE FUNCTION f(i integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE FUNCTION fe(x e) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION fd(x integer DEFAULT f(3), y e DEFAULT 'b') RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION trf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION eq(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = eq);
CREATE AGGREGATE ag (integer) (SFUNC = int4pl, STYPE = integer);
CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION tc (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION tc ADD MAPPING FOR word WITH td;
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER srv FOREIGN DATA WRAPPER w;
CREATE USER MAPPING FOR regress_names SERVER srv;
CREATE FOREIGN TABLE ft (a e) SERVER srv;
CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT f(2) CONSTRAINT k CHECK (f(a) > 0), b e DEFAULT 'a',
	c c, d d, n integer DEFAULT nextval('s'), txt text COLLATE co, g integer GENERATED ALWAYS AS (f(id)) STORED,
	UNIQUE (id, a));
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
CREATE SEQUENCE so OWNED BY t.id;
CREATE TABLE u (id integer REFERENCES t, i2 integer, a2 integer, arr e[], ca c[], ra r,
	FOREIGN KEY (i2, a2) REFERENCES t (id, a));
CREATE TABLE child (z integer) INHERITS (t);
CREATE TABLE typed OF c;
CREATE TABLE pt (a integer) PARTITION BY LIST (f(a));
CREATE TABLE p1 PARTITION OF pt FOR VALUES IN (1);
CREATE INDEX pi ON pt (a);
CREATE VIEW v AS SELECT id, a, b, f(a) AS fa, (c).x, 'b'::e AS lab, txt COLLATE co AS tc FROM t WHERE b = 'a' AND fe(b) AND a === 1;
CREATE VIEW vv AS SELECT * FROM v JOIN u USING (id);
CREATE MATERIALIZED VIEW mv AS SELECT vv.id, ag(vv.a) AS s FROM vv GROUP BY vv.id;
CREATE INDEX mvi ON mv (s);
CREATE FUNCTION fr(r t) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION fs() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM m.t';
CREATE FUNCTION fa(r t[]) RETURNS t LANGUAGE sql AS 'SELECT NULL::m.t';
CREATE FUNCTION fb(p integer) RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t WHERE a > p AND f(a) = 1; END;
CREATE VIEW vf AS SELECT fr(t), fb(1), x.a FROM t, fs() x;
CREATE POLICY p ON t TO regress_names USING (f(a) > 0 AND id IN (SELECT id FROM u));
CREATE RULE ru AS ON INSERT TO u WHERE EXISTS (SELECT FROM t WHERE t.id = NEW.id)
	DO ALSO INSERT INTO t (id) VALUES (NEW.id) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING;
CREATE INDEX i ON t (f(a), txt) WHERE fe(b);
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (f(NEW.a) > 1) EXECUTE FUNCTION trf();
CREATE STATISTICS st ON f(a), id FROM t;
CREATE PUBLICATION pub FOR TABLE t (id, a) WHERE (id > 0), TABLE u;
CREATE FUNCTION ctext(c) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE CAST (c AS text) WITH FUNCTION ctext(c);
ALTER DEFAULT PRIVILEGES FOR ROLE regress_names IN SCHEMA m GRANT SELECT ON TABLES TO regress_names;
GRANT SELECT (a), UPDATE ON t TO regress_names;
GRANT USAGE ON SCHEMA m TO regress_names;
GRANT SELECT ON pg_authid TO regress_names;
GRANT EXECUTE ON FUNCTION pg_stat_reset() TO regress_names;
ALTER TABLE u OWNER TO regress_names;
COMMENT ON FUNCTION f(integer) IS 'f';
COMMENT ON TABLE t IS 't';
COMMENT ON COLUMN t.a IS 'a';
