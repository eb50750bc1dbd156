--
-- The rest of Prisma's language: datasource, schemas, enums, views, ignored
-- models, comments, options, and what of the database does not count.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE SCHEMA regress_prisma_schema;
SET search_path = regress_prisma_schema;
\set check 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_schema'', :''o''))'
\set o '{}'

-- a whole document
\set s 'model T {\n  id Int @id\n}\n'
SELECT jsonb_pretty(schemadrift_prisma(:'s'));
SELECT jsonb_pretty(schemadrift_prisma(:'s', 'Odd "Name"', '{"partial": true}'));
-- nothing but comments; an empty text
SELECT schemadrift_prisma(E'// nothing\n/// more\n/* nothing\n at all */\n') = schemadrift_prisma('');

-- extra tables, columns and enums count, Prisma's own table does not, nor do others that it does not look at
CREATE TABLE "T" (id INTEGER NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY (id));
:check;
CREATE TABLE extra (id integer);
CREATE TABLE parted (id integer) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF parted DEFAULT;
CREATE TABLE _prisma_migrations (id text);
CREATE TABLE geometry_columns (id text);
CREATE FOREIGN DATA WRAPPER regress_prisma_schema;
CREATE SERVER regress_prisma_schema FOREIGN DATA WRAPPER regress_prisma_schema;
CREATE FOREIGN TABLE remote (id integer) SERVER regress_prisma_schema;
CREATE TYPE extra_enum AS ENUM ('x');
CREATE DOMAIN dom AS text;
CREATE VIEW v AS SELECT 1;
CREATE MATERIALIZED VIEW mv AS SELECT 1;
CREATE SEQUENCE seq;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
ALTER TABLE "T" ADD more integer;
ALTER TABLE "T" ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON "T" USING (true);
COMMENT ON TABLE "T" IS 'x';
GRANT SELECT ON "T" TO PUBLIC;
:check;
SELECT count(*) FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_schema', '{"partial": true}'));
ALTER TABLE "T" DROP id;
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_schema', '{"partial": true}'));
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_nowhere'));
DROP FOREIGN DATA WRAPPER regress_prisma_schema CASCADE;
DROP TABLE "T", extra, parted, _prisma_migrations, geometry_columns;
DROP VIEW v;
DROP MATERIALIZED VIEW mv;
DROP TYPE extra_enum;

-- enums: their values whatever the order, unless strict
\set s 'enum Role {\n  A\n  B @map("it''s")\n  @@map("roles")\n}\n'
SELECT schemadrift_prisma(:'s') #> '{schemas,public,enums}', schemadrift_prisma(:'s', options => '{"strict": true}') #> '{schemas,public,enums}';
CREATE TYPE roles AS ENUM ('it''s', 'A');
:check;
\set o '{"strict": true}'
:check;
\set o '{}'
ALTER TYPE roles ADD VALUE 'C';
:check;
DROP TYPE roles;
:check;

-- several schemas; the argument then does not matter
\set s 'datasource db {\n  provider = "postgresql"\n  schemas = ["regress_prisma_a", "regress_prisma_b"]\n  extensions = [plpgsql, uuidossp(map: "regress-none", schema: "x", version: "2")]\n}\nenum E {\n  A\n  @@schema("regress_prisma_b")\n}\nmodel M {\n  id Int @id\n  e E\n  n N[]\n  @@schema("regress_prisma_a")\n}\nmodel N {\n  id Int @id\n  mId Int\n  m M @relation(fields: [mId], references: [id])\n  js N[] @relation("j")\n  ks N[] @relation("j")\n  @@map("M")\n  @@schema("regress_prisma_b")\n}\n'
SELECT jsonb_path_query_array(schemadrift_prisma(:'s', 'x'), '$.schemas.keyvalue().key'), schemadrift_prisma(:'s') -> 'extensions';
CREATE SCHEMA regress_prisma_a;
CREATE SCHEMA regress_prisma_b;
CREATE TYPE regress_prisma_b."E" AS ENUM ('A');
CREATE TABLE regress_prisma_a."M" (id INTEGER NOT NULL, e regress_prisma_b."E" NOT NULL, CONSTRAINT "M_pkey" PRIMARY KEY (id));
CREATE TABLE regress_prisma_b."M" (id INTEGER NOT NULL, "mId" INTEGER NOT NULL, CONSTRAINT "M_pkey" PRIMARY KEY (id));
ALTER TABLE regress_prisma_b."M" ADD CONSTRAINT "M_mId_fkey" FOREIGN KEY ("mId") REFERENCES regress_prisma_a."M"(id) ON DELETE RESTRICT ON UPDATE CASCADE;
:check;
CREATE TABLE regress_prisma_a.extra ();
CREATE TYPE regress_prisma_a."E" AS ENUM ('A');
ALTER TABLE regress_prisma_a."M" ALTER e TYPE regress_prisma_a."E" USING 'A';
:check;
DROP SCHEMA regress_prisma_a, regress_prisma_b CASCADE;

-- ignored models and fields are in the database all the same
\set s 'model T {\n  id Int @id\n  x String? @ignore\n}\nmodel U {\n  x String?\n  @@ignore\n}\n'
SELECT jsonb_path_query_array(schemadrift_prisma(:'s'), '$.schemas.public.tables.*.columns.keyvalue().key');

-- views are nothing to Prisma Migrate; strict compares the columns of those that are there
\set s 'model T {\n  id Int @id\n}\nview V {\n  id Int @unique\n  n String?\n  @@map("the_view")\n}\n'
SELECT schemadrift_prisma(:'s') #> '{schemas,public,views}', schemadrift_prisma(:'s', options => '{"strict": true}') #> '{schemas,public,views}';
CREATE TABLE "T" (id INTEGER NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY (id));
\set o '{"strict": true}'
:check;
CREATE VIEW the_view AS SELECT id, 1.5 AS n, 2 AS more FROM "T";
:check;
DROP VIEW the_view;
CREATE MATERIALIZED VIEW the_view AS SELECT id, 'x'::text AS other FROM "T";
:check;
\set o '{}'
:check;
DROP MATERIALIZED VIEW the_view;
DROP TABLE "T";

-- several files behind each other, comments of all sorts
\set s '/// doc\n// comment\nmodel T { // here\n  /// doc of id\n  id Int @id // there\n  /* more\n  comment */\n  s String @default("// none /* none */")\n}\n\ndatasource own {\n  provider = "postgres"\n}\n\ngenerator client {\n  provider = "prisma-client-js"\n  output = "x"\n}\nmodel U {\n  id String @id @own.Uuid\n}\n'
SELECT key, value -> 'columns' FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}') WHERE value ? 'columns' ORDER BY 1;

-- options and arguments
SELECT schemadrift_prisma(NULL);
SELECT schemadrift_prisma('', NULL);
SELECT schemadrift_prisma('', options => NULL);
SELECT schemadrift_prisma('', options => '[]');
SELECT schemadrift_prisma('', options => '{"nope": true}');
SELECT schemadrift_prisma('', options => '{"strict": 1}');
SELECT schemadrift_prisma('', options => '{"join_tables": "both"}');
SELECT schemadrift_prisma('', options => '{"join_tables": ""}');

-- it runs on a read-only transaction, for a role without any privilege
CREATE ROLE regress_prisma_schema;
BEGIN READ ONLY;
SET LOCAL ROLE regress_prisma_schema;
SELECT count(*) FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_schema'));
ROLLBACK;
DROP ROLE regress_prisma_schema;

DROP SCHEMA regress_prisma_schema CASCADE;
