# What pg_dump carries over is the same schema: a document and fingerprints taken
# before hold after a restore, whatever the server, its settings and its oids.
# The schema has an object of every kind and as many of their attributes as
# possible.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $schema = <<'SQL';
CREATE EXTENSION schemadrift;
CREATE SCHEMA app;
CREATE SCHEMA "Odd ""schema""";
CREATE SCHEMA ünïcödé;
CREATE SCHEMA empty_schema;
CREATE SCHEMA "select";

-- what other objects lean on
CREATE FUNCTION app.f_immutable(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION app."F Mixed"(text, VARIADIC integer[]) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION app.f_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.f_set(integer) RETURNS TABLE (a integer, b text) STABLE LANGUAGE sql AS $$ SELECT $1, 'x' $$;
CREATE DOMAIN app.positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN "Odd ""schema"""."Short Text" AS varchar(10) COLLATE "C" DEFAULT 'none';
CREATE TYPE app.pair AS (a integer, "B" text);
CREATE TYPE app.int_range AS RANGE (subtype = integer);
CREATE COLLATION ünïcödé."Coll" FROM "C";
CREATE OPERATOR app.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = OPERATOR(app.===));
CREATE OPERATOR CLASS app.my_int_ops FOR TYPE integer USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(integer, integer);

-- enums
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
ALTER TYPE app.mood ADD VALUE 'meh' BEFORE 'ok';
ALTER TYPE app.mood ADD VALUE 'so so' AFTER 'meh';
ALTER TYPE app.mood ADD VALUE 'it''s' BEFORE 'sad';
ALTER TYPE app.mood ADD VALUE 'last';
ALTER TYPE app.mood RENAME VALUE 'happy' TO 'Happy "q" \';
CREATE TYPE app.no_labels AS ENUM ();
CREATE TYPE "Odd ""schema"""."Mood" AS ENUM ('a,b', '{}', ' x ', 'NULL', 'null', 'ü', '', '$1');
CREATE TYPE ünïcödé."naïve" AS ENUM ('one');

-- sequences
CREATE SEQUENCE app.plain_seq;
CREATE SEQUENCE app.all_options AS smallint INCREMENT BY -3 MINVALUE -300 MAXVALUE 30 START WITH 12 CACHE 5 CYCLE;
CREATE SEQUENCE app.int_seq AS integer;
CREATE SEQUENCE app.big_up MINVALUE -9223372036854775808 MAXVALUE 9223372036854775807 START WITH 0;
CREATE SEQUENCE app.down_seq INCREMENT BY -1;
CREATE UNLOGGED SEQUENCE app.unlogged_seq;
CREATE SEQUENCE "Odd ""schema"""."Seq 1" START WITH 1000;

-- columns of all sorts
CREATE TABLE app.columns (
	c_bool boolean DEFAULT true NOT NULL,
	c_int2 smallint DEFAULT -1,
	c_int4 integer DEFAULT app.f_immutable(3),
	c_int8 bigint DEFAULT 9223372036854775807,
	c_num numeric DEFAULT 'NaN',
	c_num2 numeric(12,2) DEFAULT 0,
	c_num3 numeric(5,-2),
	c_num4 numeric(3,6),
	c_float real DEFAULT 1e-30,
	c_double double precision DEFAULT 0.1 + 0.2,
	c_double2 double precision DEFAULT '-Infinity',
	c_money money DEFAULT '12.34',
	c_char character(3) DEFAULT 'a',
	c_char1 "char" DEFAULT 'x',
	c_bpchar bpchar,
	c_varchar varchar(40) DEFAULT ''::character varying,
	c_varchar0 varchar,
	c_text text DEFAULT E'it''s \\ a \n line',
	c_name name,
	c_bytea bytea DEFAULT '\xDEADBEEF',
	c_bit bit(5) DEFAULT B'10101',
	c_varbit bit varying(7),
	c_date date DEFAULT '2024-02-29',
	c_time time(0) DEFAULT '12:34:56',
	c_timetz time with time zone DEFAULT '04:05:06-08',
	c_ts timestamp(3) DEFAULT '2024-02-29 01:02:03.456',
	c_tstz timestamp with time zone DEFAULT '2024-02-29 01:02:03+03',
	c_tstz0 timestamptz(0) DEFAULT now(),
	c_tstz2 timestamptz DEFAULT CURRENT_TIMESTAMP(2),
	c_iv interval DEFAULT '1 year 2 mons -3 days 04:05:06.7',
	c_iv2 interval hour to minute DEFAULT '90 minutes',
	c_iv3 interval second(2),
	c_uuid uuid DEFAULT gen_random_uuid(),
	c_json json DEFAULT '{"a": [1, "é"]}',
	c_jsonb jsonb DEFAULT '{"b": null}' NOT NULL,
	c_jsonpath jsonpath DEFAULT '$.a[*]',
	c_xml xml,
	c_inet inet DEFAULT '10.0.0.1/8',
	c_cidr cidr DEFAULT '::/0',
	c_mac macaddr DEFAULT '08:00:2b:01:02:03',
	c_point point DEFAULT '(1,2)',
	c_box box DEFAULT '((0,0),(1,1))',
	c_poly polygon,
	c_ts_vec tsvector DEFAULT 'a:1 b:2A',
	c_ts_query tsquery,
	c_regclass regclass DEFAULT 'app.plain_seq'::regclass,
	c_regtype regtype DEFAULT 'app.mood'::regtype,
	c_regproc regprocedure DEFAULT 'app.f_immutable(integer)'::regprocedure,
	c_regns regnamespace DEFAULT 'ünïcödé'::regnamespace,
	c_regconfig regconfig DEFAULT 'english',
	c_oid oid DEFAULT 26,
	c_lsn pg_lsn DEFAULT '0/16B3748',
	c_array integer[] DEFAULT '{1,2,NULL}',
	c_array2 text[][] DEFAULT ARRAY[ARRAY['a', NULL], ARRAY['b,c', '"']],
	c_array3 integer[3][3],
	c_varchars varchar(5)[] DEFAULT '{}',
	c_range int4range DEFAULT '[1,10)',
	c_multi tstzmultirange,
	c_own_range app.int_range DEFAULT app.int_range(1, 5),
	c_domain app.positive DEFAULT 5,
	c_domain2 "Odd ""schema"""."Short Text",
	c_domains app.positive[],
	c_pair app.pair DEFAULT ROW(1, 'x')::app.pair,
	c_pairs app.pair[] DEFAULT ARRAY[ROW(1, 'a')]::app.pair[],
	c_mood app.mood DEFAULT 'so so' NOT NULL,
	c_moods app.mood[] DEFAULT '{sad,"it''s"}',
	c_mood2 "Odd ""schema"""."Mood"[] DEFAULT ARRAY['a,b', '{}', 'NULL']::"Odd ""schema"""."Mood"[],
	c_collate text COLLATE "C" DEFAULT ('x' COLLATE "POSIX"),
	c_collate2 varchar(3) COLLATE ünïcödé."Coll",
	c_collate3 text[] COLLATE "C",
	c_next bigint DEFAULT nextval('"Odd ""schema"""."Seq 1"'),
	c_next2 bigint DEFAULT nextval('app.plain_seq'::regclass) * 2,
	c_user name DEFAULT CURRENT_USER,
	c_expr text DEFAULT lower('A') || substring('abc' from 2 for 1) || (1 + 2)::text,
	c_expr2 timestamp DEFAULT (now() AT TIME ZONE 'UTC'),
	c_expr3 boolean DEFAULT (1 = ANY (ARRAY[1, 2]) AND NOT (2 IS NULL)),
	c_expr4 text DEFAULT CASE WHEN 1 < 2 THEN 'y' ELSE NULL END,
	c_expr5 text DEFAULT app."F Mixed"('a', 1, 2),
	c_expr6 boolean DEFAULT 1 OPERATOR(app.===) 2,
	c_expr7 interval DEFAULT '1 day'::interval * 3,
	c_expr8 integer DEFAULT EXTRACT(year FROM date '2020-01-01'),
	c_null text DEFAULT NULL,
	"Upper" text,
	"with space" integer DEFAULT 1,
	"quo""te" integer,
	"back\slash" integer,
	"select" integer,
	"ünï" text DEFAULT 'ünï',
	"日本語" text DEFAULT '日本語',
	"semi;colon--" text,
	"percent%s" text,
	"dot.ted" text,
	"{brace}" text,
	"1st" text,
	"a_name_of_just_sixty_three_bytes_as_long_as_names_can_be_in_he" text,
	c_stat text,
	c_stat0 text,
	c_storage text,
	c_storage2 jsonb,
	c_storage3 bytea,
	c_storage4 numeric,
	c_compression text COMPRESSION pglz,
	c_options text
);
ALTER TABLE app.columns ALTER c_stat SET STATISTICS 10000, ALTER c_stat0 SET STATISTICS 0,
	ALTER c_storage SET STORAGE EXTERNAL, ALTER c_storage2 SET STORAGE MAIN,
	ALTER c_storage3 SET STORAGE PLAIN, ALTER c_storage4 SET STORAGE EXTENDED,
	ALTER c_options SET (n_distinct = -0.5, n_distinct_inherited = 100);
ALTER TABLE app.columns ADD dropped_1 integer, ADD after_dropped text DEFAULT 'later';
ALTER TABLE app.columns DROP dropped_1, DROP c_xml;

CREATE TABLE app.no_columns ();
CREATE UNLOGGED TABLE app.unlogged (id integer PRIMARY KEY) WITH (fillfactor = 70, autovacuum_enabled = off,
	toast_tuple_target = 256, autovacuum_vacuum_scale_factor = 0.05, parallel_workers = 3, user_catalog_table = false);
CREATE TABLE "Odd ""schema"""."Table ""q"" é" ("Id" serial PRIMARY KEY, "select" "Odd ""schema"""."Mood" DEFAULT 'a,b');
CREATE TABLE "select"."table" ("user" integer, "column" integer, CONSTRAINT "check" CHECK ("user" > "column"));
CREATE INDEX "index" ON "select"."table" ("user", "column");
CREATE TABLE ünïcödé.größe (größe numeric, CONSTRAINT größe_prüfung CHECK (größe > 0.0));
CREATE INDEX größe_idx ON ünïcödé.größe (größe) WHERE größe < 100;

-- identity, serial, generated
CREATE TABLE app.numbers (
	i_always integer GENERATED ALWAYS AS IDENTITY,
	i_default bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 10 INCREMENT BY 5 MINVALUE 5 MAXVALUE 1000 CACHE 7 CYCLE),
	i_small smallint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME app."Identity Seq" INCREMENT BY -1),
	s_serial serial,
	s_big bigserial NOT NULL,
	s_small smallserial,
	s_owned bigint,
	base integer,
	g_stored integer GENERATED ALWAYS AS (base * 2) STORED,
	g_text text GENERATED ALWAYS AS (upper('x' || COALESCE(base, 0)::text)) STORED,
	g_func integer GENERATED ALWAYS AS (app.f_immutable(base)) STORED NOT NULL
);
ALTER SEQUENCE app.int_seq OWNED BY app.numbers.s_owned;
ALTER SEQUENCE app.numbers_s_serial_seq RENAME TO "Renamed Serial";

-- constraints
CREATE TABLE app.parent (
	a integer,
	"B" integer,
	c text,
	d int4range,
	e app.mood
);
ALTER TABLE app.parent
	ADD CONSTRAINT "Parent PK" PRIMARY KEY (a, "B") INCLUDE (c) WITH (fillfactor = 80),
	ADD CONSTRAINT parent_a_key UNIQUE (a) DEFERRABLE INITIALLY DEFERRED,
	ADD CONSTRAINT parent_b_key UNIQUE NULLS NOT DISTINCT ("B"),
	ADD CONSTRAINT parent_b_a_key UNIQUE ("B", a) DEFERRABLE,
	ADD CONSTRAINT parent_d_excl EXCLUDE USING gist (d WITH &&, int4range(a, a + 1, '[]') WITH -|-) WHERE (a > 0) DEFERRABLE,
	ADD CONSTRAINT parent_spgist_excl EXCLUDE USING spgist (d WITH &&) INCLUDE (a) WITH (fillfactor = 60),
	ADD CONSTRAINT parent_own_operator_excl EXCLUDE (a app.my_int_ops WITH =) WHERE (e <> 'sad'),
	ADD CONSTRAINT parent_check CHECK (a > 0 AND c <> '' OR e IN ('sad', 'meh')),
	ADD CONSTRAINT parent_function_check CHECK (app.f_immutable(a) > 1),
	ADD CONSTRAINT parent_not_valid CHECK (a < 1000) NOT VALID,
	ADD CONSTRAINT parent_no_inherit CHECK (a <> 13) NO INHERIT,
	ADD CONSTRAINT parent_row_check CHECK ((a, "B") <> (1, 2)),
	ADD CONSTRAINT parent_system_check CHECK (tableoid IS NOT NULL),
	ADD CONSTRAINT parent_whole_row_check CHECK (parent IS NOT NULL),
	ADD CHECK (length(c) BETWEEN 1 AND 10),
	ADD CHECK (c ~ '^\w+$' AND c NOT LIKE '%\%%' ESCAPE '\'),
	ADD CHECK (e = ANY ('{sad,meh}'::app.mood[]) IS NOT FALSE);
CREATE UNIQUE INDEX parent_c_idx ON app.parent (c) INCLUDE (d);
ALTER TABLE app.parent ADD CONSTRAINT parent_using_index UNIQUE USING INDEX parent_c_idx;

CREATE TABLE app.child (
	id integer PRIMARY KEY,
	a integer,
	"B" integer DEFAULT 7,
	other integer REFERENCES app.child,
	CONSTRAINT child_full FOREIGN KEY (a, "B") REFERENCES app.parent MATCH FULL ON UPDATE CASCADE ON DELETE RESTRICT,
	CONSTRAINT child_set_null FOREIGN KEY (a, "B") REFERENCES app.parent (a, "B") ON DELETE SET NULL ("B"),
	CONSTRAINT child_set_default FOREIGN KEY (a, "B") REFERENCES app.parent (a, "B")
		ON DELETE SET DEFAULT ("B", a) ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT child_deferrable FOREIGN KEY ("B") REFERENCES app.parent ("B") ON UPDATE SET DEFAULT DEFERRABLE INITIALLY IMMEDIATE,
	CONSTRAINT child_self FOREIGN KEY (other) REFERENCES app.child (id) ON DELETE CASCADE
);
ALTER TABLE app.child ADD CONSTRAINT child_not_valid FOREIGN KEY (other) REFERENCES app.child (id) NOT VALID;

-- a cycle of foreign keys, and one across schemas
CREATE TABLE app.chicken (id integer PRIMARY KEY, egg integer);
CREATE TABLE app.egg (id integer PRIMARY KEY, chicken integer REFERENCES app.chicken);
ALTER TABLE app.chicken ADD CONSTRAINT "chicken to egg" FOREIGN KEY (egg) REFERENCES app.egg;
CREATE TABLE ünïcödé.far (id integer REFERENCES "Odd ""schema"""."Table ""q"" é" ("Id"));

-- indexes
CREATE TABLE app.indexed (
	a integer, b text, c jsonb, d tsvector, e timestamptz, f point, g integer[], h app.mood, "I" text COLLATE "C", gone integer, j inet, k int4range
) WITH (fillfactor = 90);
ALTER TABLE app.indexed DROP gone;
CREATE INDEX indexed_1 ON app.indexed (a DESC, b NULLS FIRST, e DESC NULLS LAST);
CREATE UNIQUE INDEX indexed_2 ON app.indexed (lower(b), (c ->> 'k'), (a + 1), ((c -> 'x')::text)) WHERE a > 0 AND h <> 'sad';
CREATE INDEX indexed_3 ON app.indexed (b COLLATE "C" text_pattern_ops, "I" COLLATE "POSIX" DESC, b varchar_pattern_ops);
CREATE INDEX indexed_4 ON app.indexed USING gin (c jsonb_path_ops, g) WITH (fastupdate = off, gin_pending_list_limit = 128);
CREATE INDEX indexed_5 ON app.indexed USING gist (d tsvector_ops (siglen = 100), f, k);
CREATE INDEX indexed_6 ON app.indexed USING brin (e timestamptz_minmax_multi_ops (values_per_range = 16), a int4_bloom_ops (n_distinct_per_range = 50, false_positive_rate = 0.05)) WITH (pages_per_range = 64, autosummarize = on);
CREATE INDEX indexed_7 ON app.indexed USING hash (b) WITH (fillfactor = 60);
CREATE INDEX indexed_8 ON app.indexed USING spgist (j inet_ops);
CREATE UNIQUE INDEX indexed_9 ON app.indexed (a) INCLUDE (b, "I") NULLS NOT DISTINCT WITH (deduplicate_items = off, fillfactor = 55) WHERE b IS NOT NULL;
CREATE INDEX indexed_10 ON app.indexed (a app.my_int_ops, COALESCE(b, ''), (b || "I") COLLATE ünïcödé."Coll");
CREATE INDEX "Indexed ""11""" ON app.indexed (app.f_immutable(a), (h = 'sad'), CAST(a AS text), GREATEST(a, 1), (CASE WHEN a > 0 THEN b END));
CREATE INDEX indexed_12 ON app.indexed ((indexed IS NOT NULL), (ROW(a, b) = ROW(1, 'x')), (b IS DISTINCT FROM 'x'), NULLIF(a, 2));
CREATE INDEX indexed_13 ON app.indexed (extract(epoch FROM e AT TIME ZONE 'UTC'), (e AT TIME ZONE 'UTC'), substring(b from 2), "left"(b, 1), (a::bigint));
CREATE INDEX indexed_14 ON app.indexed (a) WHERE e > '2020-01-01 00:00:00+00' AND "I" IN ('x', 'y') AND b LIKE 'a%';

-- partitions
CREATE TABLE app.ranges (id integer NOT NULL, at date NOT NULL, region text, amount numeric CHECK (amount > 0))
	PARTITION BY RANGE (at);
CREATE TABLE app.ranges_2023 PARTITION OF app.ranges FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE app.ranges_2024 PARTITION OF app.ranges (amount DEFAULT 1, CONSTRAINT ranges_2024_region CHECK (region <> ''))
	FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (lower(region) COLLATE "C");
CREATE TABLE app.ranges_2024_eu PARTITION OF app.ranges_2024 FOR VALUES IN ('de', 'fr', NULL, 'it''s') WITH (fillfactor = 50);
CREATE TABLE app.ranges_2024_rest PARTITION OF app.ranges_2024 DEFAULT;
CREATE TABLE app.ranges_min PARTITION OF app.ranges FOR VALUES FROM (MINVALUE) TO ('2023-01-01');
CREATE TABLE app.ranges_other (region text, gone integer, amount numeric NOT NULL CHECK (amount > 0), at date NOT NULL, id integer NOT NULL);
ALTER TABLE app.ranges_other DROP gone;
ALTER TABLE app.ranges_other ADD CONSTRAINT ranges_other_amount_check1 CHECK (amount > 0);
ALTER TABLE app.ranges_other DROP CONSTRAINT ranges_other_amount_check;
ALTER TABLE app.ranges_other ADD CONSTRAINT ranges_amount_check CHECK (amount > 0);
ALTER TABLE app.ranges ATTACH PARTITION app.ranges_other FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE INDEX ranges_region ON app.ranges (region, lower(region));
CREATE INDEX ranges_only ON ONLY app.ranges (amount);
CREATE INDEX ranges_2023_amount ON app.ranges_2023 (amount);
ALTER INDEX app.ranges_only ATTACH PARTITION app.ranges_2023_amount;
CREATE UNIQUE INDEX ranges_2023_own ON app.ranges_2023 (region);
CREATE TABLE app.hashes (a integer, b text, PRIMARY KEY (a, b)) PARTITION BY HASH (a, b text_pattern_ops);
CREATE TABLE app.hashes_0 PARTITION OF app.hashes FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE app.hashes_1 PARTITION OF app.hashes FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE app.many_keys (a integer, "B" text COLLATE "C", c timestamptz, d app.mood)
	PARTITION BY RANGE (a, "B" text_pattern_ops, app.f_immutable(a), (a % 10), d);
CREATE TABLE app.many_keys_1 PARTITION OF app.many_keys FOR VALUES FROM (1, 'a', 0, MINVALUE, MINVALUE) TO (10, 'z', MAXVALUE, MAXVALUE, MAXVALUE);
CREATE TABLE app.many_keys_2 PARTITION OF app.many_keys FOR VALUES FROM (11, '', -5, 3, 'sad') TO (12, 'it''s', 5, 4, 'ok');
CREATE TABLE app.stamps (at timestamptz, f double precision, m app.mood) PARTITION BY LIST (m);
CREATE TABLE app.stamps_1 PARTITION OF app.stamps FOR VALUES IN ('sad', 'it''s') PARTITION BY RANGE (at);
CREATE TABLE app.stamps_1_1 PARTITION OF app.stamps_1 FOR VALUES FROM ('2020-01-01 00:00:00+00') TO ('2020-06-01 00:00:00+00') PARTITION BY RANGE (f);
CREATE TABLE app.stamps_1_1_1 PARTITION OF app.stamps_1_1 FOR VALUES FROM (0.1) TO (1e100);
CREATE TABLE app.booleans (b boolean, n numeric(10,2)) PARTITION BY LIST (b);
CREATE TABLE app.booleans_true PARTITION OF app.booleans FOR VALUES IN (true);
CREATE TABLE app.keyed (id integer, at date, PRIMARY KEY (id, at), UNIQUE (at, id) INCLUDE (id)) PARTITION BY RANGE (at);
CREATE TABLE app.keyed_1 PARTITION OF app.keyed FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE app.keyed_2 (at date NOT NULL, id integer NOT NULL, CONSTRAINT "own key name" PRIMARY KEY (id, at));
ALTER TABLE app.keyed ATTACH PARTITION app.keyed_2 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE app.to_partitioned (id integer, at date, FOREIGN KEY (id, at) REFERENCES app.keyed ON DELETE CASCADE);
CREATE TABLE app.from_partitioned (id integer, a integer, "B" integer, FOREIGN KEY (a, "B") REFERENCES app.parent) PARTITION BY LIST (id);
CREATE TABLE app.from_partitioned_1 PARTITION OF app.from_partitioned FOR VALUES IN (1, 2);
ALTER TABLE app.from_partitioned_1 ADD CONSTRAINT own_fkey FOREIGN KEY (id) REFERENCES app.child DEFERRABLE;
CREATE TABLE "Odd ""schema"""."Part 1" PARTITION OF app.from_partitioned FOR VALUES IN (3);
CREATE TABLE app.no_partitions (a integer) PARTITION BY HASH (a);

-- inheritance
CREATE TABLE app.base_1 (id integer NOT NULL, name text DEFAULT 'base', CONSTRAINT base_check CHECK (id > 0), CONSTRAINT base_only CHECK (id < 100) NO INHERIT);
CREATE TABLE app.base_2 (id integer, extra numeric(5,2));
CREATE TABLE app.heir (own text, id integer DEFAULT 4, CONSTRAINT heir_check CHECK (own <> name)) INHERITS (app.base_1, app.base_2);
CREATE TABLE app.heir_2 (name text DEFAULT 'other' NOT NULL, CONSTRAINT base_check CHECK (id > 0)) INHERITS (app.heir);
CREATE TABLE app.heir_3 (LIKE app.base_1 INCLUDING ALL, more integer);
ALTER TABLE app.heir_3 DROP CONSTRAINT base_only;
ALTER TABLE app.heir_3 INHERIT app.base_1;
CREATE TABLE app.heir_4 () INHERITS (app.base_2);
ALTER TABLE app.heir_4 NO INHERIT app.base_2;
CREATE INDEX heir_name ON app.heir (name);

-- typed table
CREATE TABLE app.typed OF app.pair (a PRIMARY KEY, "B" WITH OPTIONS NOT NULL DEFAULT 'b');

-- foreign tables
CREATE FOREIGN DATA WRAPPER app_wrapper;
CREATE SERVER "Server 1" FOREIGN DATA WRAPPER app_wrapper OPTIONS (host 'nowhere');
CREATE FOREIGN TABLE app.remote (
	a integer OPTIONS ("Column Name" 'it''s', type 'x') NOT NULL DEFAULT 3,
	b text COLLATE "C",
	CONSTRAINT remote_check CHECK (a > 0)
) SERVER "Server 1" OPTIONS (schema_name 'public', "Table" 'a=b, c="d"', empty '');
CREATE TABLE app.mixed (a integer, b text) PARTITION BY LIST (a);
CREATE FOREIGN TABLE app.mixed_remote PARTITION OF app.mixed FOR VALUES IN (1) SERVER "Server 1";

-- row security
CREATE TABLE app.secured (id integer, tenant text);
ALTER TABLE app.secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON app.secured USING (tenant = current_setting('app.tenant'));

-- triggers, rules, statistics, comments: beside the point here, yet there
CREATE TRIGGER t BEFORE INSERT ON app.secured FOR EACH ROW EXECUTE FUNCTION app.f_trigger();
CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON app.secured DEFERRABLE FOR EACH ROW EXECUTE FUNCTION app.f_trigger();
CREATE STATISTICS app.stats (ndistinct) ON a, b FROM app.indexed;
COMMENT ON TABLE app.secured IS 'a comment';

-- views
CREATE VIEW app.v_simple AS SELECT id, tenant AS "Tenant", 1 AS one FROM app.secured;
CREATE VIEW app.v_options WITH (security_barrier, security_invoker = true, check_option = local) AS SELECT * FROM app.secured WHERE id > 0;
CREATE VIEW app.v_cascaded WITH (security_barrier = false) AS SELECT * FROM app.v_options WHERE tenant <> '' WITH CASCADED CHECK OPTION;
CREATE VIEW app.v_names (x, "Y y", "1z") AS SELECT c_int4, c_mood, c_array FROM app.columns;
ALTER VIEW app.v_names RENAME x TO "X";
CREATE VIEW app.v_on_v AS SELECT n."X" + 1 AS a, n."Y y"::text COLLATE "C" AS b, o.* FROM app.v_names n LEFT JOIN app.v_cascaded o ON o.id = n."X";
CREATE VIEW app.v_query AS
	WITH RECURSIVE t (n, path) AS (VALUES (1, ARRAY[1]) UNION ALL SELECT t.n + 1, t.path || t.n FROM t WHERE t.n < 10)
		SEARCH DEPTH FIRST BY n SET ord CYCLE n SET is_cycle USING cyc,
	s AS MATERIALIZED (SELECT 1 AS one)
	SELECT DISTINCT ON (t.n) t.n, sum(t.n) OVER w AS s, count(*) FILTER (WHERE t.n > 2) OVER (PARTITION BY t.n ORDER BY t.path ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS c,
		(SELECT max(e.id) FROM app.egg e WHERE e.id = t.n) AS sub, EXISTS (SELECT 1 FROM app.chicken) AS ex,
		ARRAY(SELECT a FROM app.f_set(2)) AS arr, t.n::app.positive AS dom, 'sad'::app.mood AS mood
	FROM t CROSS JOIN s, LATERAL app.f_set(t.n) f WINDOW w AS (ORDER BY t.n) ORDER BY t.n LIMIT 10 OFFSET 1;
CREATE VIEW app.v_group AS
	SELECT p.a, grouping(p.a) AS g, string_agg(p.c, ',' ORDER BY p.c DESC NULLS LAST) AS cs, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.a) AS med
	FROM app.parent p TABLESAMPLE bernoulli (10) REPEATABLE (1) JOIN app.child USING (a, "B")
	GROUP BY GROUPING SETS ((p.a), ()), CUBE (p."B") HAVING count(*) > 1;
CREATE VIEW app.v_sets AS (SELECT 1 AS a, 'x' AS b UNION SELECT 2, 'y' EXCEPT SELECT 3, 'z') INTERSECT ALL VALUES (1, 'x');
CREATE VIEW app.v_sets_named (x, "Y") AS SELECT id AS a, egg AS b FROM app.chicken UNION ALL SELECT 1, 2 ORDER BY 1;
CREATE VIEW app.v_sets_renamed AS SELECT id FROM app.chicken UNION (SELECT 1 UNION ALL SELECT id FROM app.egg);
ALTER VIEW app.v_sets_renamed RENAME id TO "Id";
CREATE VIEW app.v_values AS VALUES (1, 'a'), (2, 'b');
CREATE VIEW app.v_values_named (id, label) AS VALUES (1, 'a'), (2, 'b');
CREATE VIEW app.v_sets_inside AS SELECT q.a, q.c FROM (SELECT 1 AS a, 2 AS b UNION SELECT 3, 4) q (a, c) WHERE q.a IN (SELECT 1 EXCEPT SELECT id FROM app.egg);
CREATE VIEW app.v_unnamed AS SELECT 1, 'x'::text AS "?column?2", now(), count(*) FROM app.egg;
CREATE VIEW app.v_rows AS SELECT u.*, p, p.a IS NULL AS "null", (c_pair).a AS field, c_array[1] AS el, c_array[1:2] AS sl
	FROM app.parent p, app.columns c, ROWS FROM (unnest(ARRAY[1, 2]), app.f_set(1)) WITH ORDINALITY AS u (one, two, three, ord);
CREATE VIEW app.v_xml AS SELECT xmlelement(name foo, xmlattributes('x' AS bar)) AS x, xt.* FROM xmltable('/r' PASSING '<r/>' COLUMNS id integer PATH 'a', ord FOR ORDINALITY) xt;
CREATE VIEW "Odd ""schema"""."View ü" AS SELECT "Id" AS "Id é", "select" FROM "Odd ""schema"""."Table ""q"" é" AS "Alias q";
CREATE VIEW app.v_pk AS SELECT id, egg FROM app.chicken GROUP BY id;
CREATE VIEW app.v_default AS SELECT id, egg FROM app.chicken;
ALTER VIEW app.v_default ALTER egg SET DEFAULT 42;
CREATE VIEW app.v_no_columns AS SELECT;
CREATE VIEW app.v_partition AS SELECT at, region FROM ONLY app.ranges;

-- a column renamed, and one dropped and made again, below views
CREATE TABLE app.renamed (a integer, b integer);
CREATE VIEW app.v_renamed AS SELECT * FROM app.renamed r JOIN app.chicken c ON c.id = r.a;
ALTER TABLE app.renamed RENAME b TO "New b";
CREATE VIEW app.v_using AS SELECT * FROM app.renamed JOIN app.egg ON true JOIN (SELECT id AS a, 1 AS z FROM app.chicken) q USING (a);
ALTER TABLE app.renamed RENAME a TO id_of;

-- materialized views
CREATE MATERIALIZED VIEW app.m_filled WITH (fillfactor = 70, autovacuum_enabled = false) AS SELECT id, tenant, id * 2 AS double FROM app.secured;
CREATE UNIQUE INDEX m_filled_idx ON app.m_filled (id) WHERE id > 0;
CREATE INDEX m_filled_expr ON app.m_filled (lower(tenant), (double + 1) DESC);
ALTER MATERIALIZED VIEW app.m_filled ALTER tenant SET STATISTICS 77, ALTER tenant SET STORAGE EXTERNAL;
CREATE MATERIALIZED VIEW app.m_empty AS SELECT a.id, "Id é" FROM app.m_filled a CROSS JOIN "Odd ""schema"""."View ü" WITH NO DATA;
CREATE MATERIALIZED VIEW ünïcödé."Größe" AS SELECT count(*) AS "Zähler" FROM ünïcödé.größe;
CREATE VIEW app.v_of_m AS SELECT * FROM app.m_filled;
CREATE TABLE app.last_one (m app.m_filled, v app.v_simple, t app.chicken[]);

-- what belongs to tables without being seen there
GRANT SELECT ON SEQUENCE app.numbers_i_always_seq TO PUBLIC;
COMMENT ON SEQUENCE app.numbers_i_always_seq IS 'a comment';
ALTER SEQUENCE app.numbers_i_always_seq SET UNLOGGED;
CREATE TABLE app.hidden (a integer CONSTRAINT hidden_key UNIQUE,
	CONSTRAINT hidden_excl EXCLUDE ((abs(a)) WITH =));
ALTER INDEX app.hidden_excl ALTER COLUMN 1 SET STATISTICS 7;
COMMENT ON INDEX app.hidden_key IS 'a comment';
ALTER INDEX app.hidden_key DEPENDS ON EXTENSION plpgsql;
CREATE INDEX hidden_idx ON app.hidden (a);
ALTER INDEX app.hidden_idx DEPENDS ON EXTENSION plpgsql;
CREATE TABLE app.hidden_parts (a integer) PARTITION BY LIST (a);
CREATE TABLE app.hidden_part PARTITION OF app.hidden_parts DEFAULT;
ALTER TABLE ONLY app.hidden_parts ADD CONSTRAINT hidden_parts_key UNIQUE (a);
CREATE MATERIALIZED VIEW app.hidden_rows AS SELECT 1 AS a WITH NO DATA;
ALTER MATERIALIZED VIEW app.hidden_rows REPLICA IDENTITY FULL;
ALTER MATERIALIZED VIEW app.hidden_rows DEPENDS ON EXTENSION plpgsql;
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;
GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO PUBLIC;
GRANT INSERT ON schemadrift.ignore_rule TO PUBLIC;
SQL

# Types and operator classes of an extension, where there is one to be had.
my $hstore = <<'SQL';
CREATE SCHEMA "Ext";
CREATE EXTENSION hstore SCHEMA "Ext";
CREATE TABLE app.with_hstore (
	h "Ext".hstore DEFAULT '"a"=>"1"'::"Ext".hstore,
	hs "Ext".hstore[],
	CONSTRAINT has_key CHECK (h OPERATOR("Ext".?) 'a')
);
CREATE INDEX with_hstore_idx ON app.with_hstore USING gist (h "Ext".gist_hstore_ops (siglen = 32));
CREATE INDEX with_hstore_key ON app.with_hstore ((h OPERATOR("Ext".->) 'k'));
CREATE VIEW app.v_hstore AS SELECT h OPERATOR("Ext".->) 'a' AS a, "Ext".akeys(h) AS keys FROM app.with_hstore;
CREATE TABLE "Ext".beside_extension (id integer);
SQL

# Settings that texts depend on, all other than usual.
my $settings = <<'CONF';
bytea_output = escape
DateStyle = 'German, DMY'
default_statistics_target = 7
default_toast_compression = pglz
escape_string_warning = on
extra_float_digits = -10
IntervalStyle = iso_8601
quote_all_identifiers = on
search_path = '"Odd ""schema""", app, public'
standard_conforming_strings = off
TimeZone = 'Asia/Kathmandu'
xmlbinary = hex
CONF

# With these, pg_restore itself would fail.
my $session_settings = join ' ', 'SET standard_conforming_strings = on;',
  'SET array_nulls = off; SET transform_null_equals = on;',
  'SET backslash_quote = off;';

my $one = PostgreSQL::Test::Cluster->new('one');
$one->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$one->start;

my $has_hstore = $one->safe_psql('postgres',
	q{SELECT count(*) FROM pg_available_extensions WHERE name = 'hstore'});
$one->safe_psql('postgres', 'CREATE DATABASE original');
$one->safe_psql('original',
	"SET client_min_messages = warning;\n$schema"
	  . ($has_hstore ? $hstore : ''));

my $document = $one->safe_psql('original', 'SELECT schemadrift_snapshot()');
my $objects = objects($one, 'original');
my $fingerprint = fingerprint($one, 'original');
my $tempdir = PostgreSQL::Test::Utils::tempdir;

# All that is known of kinds is there, so that the rest means something.  A
# document leaves out what is as usual.
my $kinds = q{SELECT kind, attribute, format('$.**.%s.*.%s', to_json(node),
		(SELECT string_agg(to_json(word)::text, '.') FROM unnest(string_to_array(attribute, '.')) AS word))::jsonpath AS path
	FROM schemadrift_kinds()
	WHERE attribute IS NOT NULL AND since IS NULL
		-- the matrix of changes has the others
		AND attribute NOT IN ('owner', 'privileges', 'comment', 'security_labels', 'access_method',
			'tablespace', 'replica_identity', 'cluster_on', 'of_type')
		AND (kind, attribute) <> ('index', 'statistics')
		-- pg_dump does not keep these
		AND attribute NOT IN ('constraint_triggers', 'row_type.privileges', 'row_type.comment',
			'row_type.security_labels', 'identity.type')
		AND attribute <> 'identity.security_labels'
		AND NOT derived
		AND kind IN ('extension', 'enum', 'sequence', 'table', 'view',
			'materialized view', 'column', 'constraint', 'index')};
cmp_ok($one->safe_psql('original', "SELECT count(*) FROM ($kinds) AS k"),
	'>', 70, 'kinds and attributes that the test is about');
is( $one->safe_psql(
		'original', qq{
		SELECT kind, attribute FROM ($kinds) AS k
		WHERE NOT jsonb_path_exists((SELECT schemadrift_snapshot()), path)}),
	'',
	'every attribute occurs');
is(check($one, 'original', $document), '', 'the original has no drift');

# 1. plain text, into the same cluster

$one->command_ok([ 'pg_dump', '-f', "$tempdir/text", 'original' ], 'pg_dump');
$one->safe_psql('postgres', 'CREATE DATABASE from_text');
$one->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d',
		'from_text', '-f', "$tempdir/text"
	],
	'psql reads the dump');
same($one, 'from_text');

# A second generation
$one->command_ok([ 'pg_dump', '-f', "$tempdir/again", 'from_text' ],
	'pg_dump of the copy');
$one->safe_psql('postgres', 'CREATE DATABASE from_copy');
$one->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d',
		'from_copy', '-f', "$tempdir/again"
	],
	'psql reads the dump of the copy');
same($one, 'from_copy');

# 2. custom format, into another cluster: another locale, oids beyond what a
# signed integer holds, other settings

my @locales = (run_command([ 'locale', '-a' ]))[0] =~ /^(C\.utf-?8)$/mi;
my $two = PostgreSQL::Test::Cluster->new('two');
$two->init(
	extra => [ '--locale=' . ($locales[0] // 'C'), '--encoding=UTF8' ]);
system_or_bail('pg_resetwal', '-o', '4000000000', '-D', $two->data_dir);
$two->append_conf('postgresql.conf', $settings);
$two->start;
$one->command_ok([ 'pg_dump', '-Fc', '-f', "$tempdir/custom", 'original' ],
	'pg_dump -Fc');
$two->safe_psql('postgres', 'CREATE DATABASE from_custom');
$two->command_ok(
	[ 'pg_restore', '--exit-on-error', '-d', 'from_custom', "$tempdir/custom" ],
	'pg_restore');
cmp_ok(
	$two->safe_psql('from_custom', q{SELECT 'app.mood'::regtype::oid}),
	'>', 4000000000, 'oids are others');
same($two, 'from_custom');

# 3. Without data a materialized view is not populated, and that is all.

$one->command_ok([ 'pg_dump', '-s', '-f', "$tempdir/schema", 'original' ],
	'pg_dump -s');
$two->safe_psql('postgres', 'CREATE DATABASE only_schema');
$two->command_ok(
	[
		'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d',
		'only_schema', '-f', "$tempdir/schema"
	],
	'psql reads the schema');
is( check($two, 'only_schema', $document),
	q{changed materialized view app.m_filled populated
changed materialized view "ünïcödé"."Größe" populated},
	'without data');

sub fingerprint
{
	my ($node, $database) = @_;

	return $node->safe_psql($database, 'SELECT schemadrift_fingerprint()');
}

sub objects
{
	my ($node, $database) = @_;

	return $node->safe_psql($database,
		'SELECT * FROM schemadrift_objects()');
}

sub check
{
	my ($node, $database, $expected) = @_;

	return $node->safe_psql($database,
		"$session_settings SELECT concat_ws(' ', drift, kind, identity, attribute) FROM schemadrift_check(\$json\$$expected\$json\$)"
	);
}

# Is the database like the original?
sub same
{
	my ($node, $database) = @_;

	is(check($node, $database, $document),
		'', "$database: no drift from the original");
	is( differences($objects, objects($node, $database)),
		'', "$database: every object as in the original");
	is(fingerprint($node, $database),
		$fingerprint, "$database: same fingerprint");

	# and the other way round
	my $other = $node->safe_psql($database, 'SELECT schemadrift_snapshot()');
	is(check($one, 'original', $other),
		'', "$database: the original has no drift from it");
	return;
}

# Lines that are in one text only.
sub differences
{
	my ($old, $new) = map { { map { $_ => 1 } split /\n/ } } @_;

	return join "\n",
	  (map { "- $_" } grep { !$new->{$_} } sort keys %$old),
	  (map { "+ $_" } grep { !$old->{$_} } sort keys %$new);
}

$one->stop;
$two->stop;
done_testing();
