--
-- Types of Prisma: scalars, native types, lists, Unsupported.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE SCHEMA regress_prisma_types;
SET search_path = regress_prisma_types;
\set show 'SELECT key, coalesce(value->>''type'', ''base ''||(value->>''base_type''), ''bare ''||(value->>''bare_type''), value->>''any_of'') AS type, value->>''not_null'' AS not_null FROM jsonb_each(schemadrift_prisma(:''s'') #> ''{schemas,public,tables,T,columns}'') ORDER BY key COLLATE "C"'
-- no rows of a check of the table that the statement makes
\set check 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_types''))'

-- scalars
\set s 'model T {\n  id Int @id\n  s String\n  b Boolean\n  i Int\n  g BigInt\n  f Float\n  d Decimal\n  t DateTime\n  j Json\n  y Bytes\n}\n'
:show;
CREATE TABLE "T" ("id" INTEGER NOT NULL, "s" TEXT NOT NULL, "b" BOOLEAN NOT NULL, "i" INTEGER NOT NULL,
	"g" BIGINT NOT NULL, "f" DOUBLE PRECISION NOT NULL, "d" DECIMAL(65,30) NOT NULL, "t" TIMESTAMP(3) NOT NULL,
	"j" JSONB NOT NULL, "y" BYTEA NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER d TYPE numeric, ALTER t TYPE timestamptz(3), ALTER g TYPE integer, ALTER j TYPE json;
:check;
DROP TABLE "T";

-- optional ones and lists; a list may be null or not
\set s 'model T {\n  id Int @id\n  s String?\n  l String[]\n  d Decimal[]\n  t DateTime[]\n}\n'
:show;
CREATE TABLE "T" ("id" INTEGER NOT NULL, "s" TEXT, "l" TEXT[], "d" DECIMAL(65,30)[], "t" TIMESTAMP(3)[] NOT NULL,
	CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER s SET NOT NULL, ALTER l TYPE text USING NULL, ALTER t TYPE timestamp[];
:check;
DROP TABLE "T";

-- every native type, under the name of the datasource
\set s 'datasource pg {\n  provider = "postgresql"\n}\nmodel T {\n  id Int @id\n  a1 Int @pg.SmallInt\n  a2 Int @pg.Integer\n  a3 BigInt @pg.BigInt\n  a4 Decimal @pg.Decimal\n  a5 Decimal @pg.Decimal(10, 2)\n  a6 Decimal @pg.Money\n  a7 String @pg.Inet\n  a8 Int @pg.Oid\n  b1 Float @pg.Real\n  b2 Float @pg.DoublePrecision\n  c1 String @pg.VarChar\n  c2 String @pg.VarChar(20)\n  c3 String @pg.Char\n  c4 String @pg.Char(5)\n  c5 String @pg.Text\n  d1 Bytes @pg.ByteA\n  e1 DateTime @pg.Timestamp\n  e2 DateTime @pg.Timestamp(0)\n  e3 DateTime @pg.Timestamptz\n  e4 DateTime @pg.Timestamptz(6)\n  e5 DateTime @pg.Date\n  e6 DateTime @pg.Time\n  e7 DateTime @pg.Time(2)\n  e8 DateTime @pg.Timetz\n  e9 DateTime @pg.Timetz(1)\n  f1 Boolean @pg.Boolean\n  g1 String @pg.Bit\n  g2 String @pg.Bit(4)\n  g3 String @pg.VarBit\n  g4 String @pg.VarBit(4)\n  h1 String @pg.Uuid\n  h2 String @pg.Xml\n  i1 Json @pg.Json\n  i2 Json @pg.JsonB\n  k1 String[] @pg.VarChar(3)\n  k2 DateTime[] @pg.Time(6)\n}\n'
:show;
CREATE TABLE "T" ("id" INTEGER NOT NULL, a1 SMALLINT NOT NULL, a2 INTEGER NOT NULL, a3 BIGINT NOT NULL,
	a4 DECIMAL NOT NULL, a5 DECIMAL(10,2) NOT NULL, a6 MONEY NOT NULL, a7 INET NOT NULL, a8 OID NOT NULL,
	b1 REAL NOT NULL, b2 DOUBLE PRECISION NOT NULL, c1 VARCHAR NOT NULL, c2 VARCHAR(20) NOT NULL, c3 CHAR NOT NULL,
	c4 CHAR(5) NOT NULL, c5 TEXT NOT NULL, d1 BYTEA NOT NULL, e1 TIMESTAMP NOT NULL, e2 TIMESTAMP(0) NOT NULL,
	e3 TIMESTAMPTZ NOT NULL, e4 TIMESTAMPTZ(6) NOT NULL, e5 DATE NOT NULL, e6 TIME NOT NULL, e7 TIME(2) NOT NULL,
	e8 TIMETZ NOT NULL, e9 TIMETZ(1) NOT NULL, f1 BOOLEAN NOT NULL, g1 BIT NOT NULL, g2 BIT(4) NOT NULL,
	g3 VARBIT NOT NULL, g4 VARBIT(4) NOT NULL, h1 UUID NOT NULL, h2 XML NOT NULL, i1 JSON NOT NULL,
	i2 JSONB NOT NULL, k1 VARCHAR(3)[], k2 TIME(6)[], CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
-- where no precision is said any will do, and six is none
ALTER TABLE "T" ALTER e1 TYPE timestamp(2), ALTER e3 TYPE timestamptz(0), ALTER e6 TYPE time(3),
	ALTER e8 TYPE timetz(3), ALTER e4 TYPE timestamptz, ALTER k2 TYPE time[];
:check;
ALTER TABLE "T" ALTER e1 TYPE timestamptz(2), ALTER e4 TYPE timestamptz(5), ALTER e2 TYPE timestamp,
	ALTER c2 TYPE varchar(21), ALTER c4 TYPE varchar(5), ALTER a4 TYPE numeric(10,2), ALTER g3 TYPE varbit(9);
:check;
-- strict says them all
SELECT identity, expected, actual FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_types', '{"strict": true}'));
DROP TABLE "T";

-- types that Prisma knows no more of than a name; extensions have theirs in any schema
CREATE SCHEMA regress_prisma_types_ext;
CREATE TYPE regress_prisma_types_ext.citext AS ENUM ('x');
\set s 'model T {\n  id Int @id\n  a Unsupported("circle")\n  b Unsupported("numeric(4, 1)")?\n  c Unsupported("tsvector")[]\n  d String @db.Citext\n  e Unsupported("time with time zone")\n}\n'
:show;
CREATE TABLE "T" ("id" INTEGER NOT NULL, a circle NOT NULL, b numeric(4,1), c tsvector[],
	d regress_prisma_types_ext.citext NOT NULL, e timetz NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER a TYPE point USING NULL, ALTER b TYPE numeric(5,1), ALTER d TYPE text;
:check;

-- enums
\set s 'enum Role {\n  A\n}\nmodel T {\n  id Int @id\n  a Role\n  b Role?\n  c Role[]\n}\n'
:show;

DROP SCHEMA regress_prisma_types, regress_prisma_types_ext CASCADE;
