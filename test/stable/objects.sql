-- What the expressions and queries of the other files speak of.
CREATE SCHEMA s;
SET search_path = s;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (a integer, b character varying(5));
CREATE DOMAIN word AS character varying(20) CHECK (VALUE IN ('x', 'y'));
CREATE DOMAIN code AS character(3) CHECK (VALUE BETWEEN 'aaa' AND 'zzz' AND VALUE <> 'bbb');
CREATE DOMAIN words AS text[] CHECK (cardinality(VALUE) BETWEEN 0 AND 9 AND VALUE[1] <> ALL (ARRAY['x'::varchar, 'y']));
CREATE DOMAIN deep AS word;
CREATE TYPE span AS RANGE (subtype = numeric);
CREATE FUNCTION plus(a integer, b integer DEFAULT 2, VARIADIC c integer[] DEFAULT '{}') RETURNS integer
	IMMUTABLE LANGUAGE sql RETURN a + b;
CREATE FUNCTION plus2(a integer, b integer DEFAULT 2) RETURNS integer IMMUTABLE LANGUAGE sql RETURN a + b;
CREATE FUNCTION same(numeric, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR === (LEFTARG = numeric, RIGHTARG = text, FUNCTION = same);
CREATE COLLATION german (LOCALE = 'C');

CREATE TABLE t (
	id integer PRIMARY KEY,
	i2 smallint, i8 bigint, n numeric, n2 numeric(10, 2), f4 real, f8 double precision, o oid,
	v character varying, v5 character varying(5), c character(1), c3 character(3), x text, nm name, ch "char",
	b boolean, by bytea, bi bit(4), vb bit varying, u uuid,
	d date, ti time, tz time with time zone, ts timestamp, tstz timestamp with time zone, ts3 timestamp(3), iv interval,
	ci cidr, ine inet, mac macaddr,
	j json, jb jsonb, xm xml, pt point, bx box,
	m mood, pr pair, w word, co code, ws words, dp deep, sp span, ir int4range, mr int4multirange,
	ia integer[], va character varying[], va5 character varying(5)[], ta text[], na numeric[], wa word[], ma mood[], pa pair[],
	tv tsvector, tq tsquery, re regclass, vde character varying COLLATE german
);
CREATE TABLE k (id integer PRIMARY KEY, v character varying(10), x text, n numeric, d date, a integer, b integer);
