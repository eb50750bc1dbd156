--
-- @default of Prisma, and what else fills columns.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE SCHEMA regress_prisma_defaults;
SET search_path = regress_prisma_defaults;
\set show 'SELECT key, value - ''type'' - ''not_null'' FROM jsonb_each(schemadrift_prisma(:''s'') #> ''{schemas,public,tables,T,columns}'') ORDER BY key COLLATE "C"'
\set check 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_defaults''))'

-- constants
\set s 'model T {\n  id Int @id @default(7)\n  s String @default("it''s \\"x\\"")\n  v String @default("a\\\\b") @db.VarChar(9)\n  c String @default("ab") @db.Char(4)\n  u String @default("00000000-0000-0000-0000-000000000001") @db.Uuid\n  b Boolean @default(true)\n  n Int @default(-3)\n  g BigInt @default(12345678901)\n  f Float @default(1.50)\n  d Decimal @default(0) @db.Decimal(10, 2)\n  e Decimal @default("2.5")\n  t DateTime @default("2020-01-02T03:04:05.678+01:00")\n  j Json @default("{\\"a\\": [1, 2]}")\n  y Bytes @default("aGVsbG8=")\n  o String?\n  i String @db.Bit(4) @default("0101")\n}\n'
:show;
CREATE TABLE "T" (id INTEGER NOT NULL DEFAULT 7, s TEXT NOT NULL DEFAULT 'it''s "x"',
	v VARCHAR(9) NOT NULL DEFAULT 'a\b', c CHAR(4) NOT NULL DEFAULT 'ab',
	u UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001', b BOOLEAN NOT NULL DEFAULT true,
	n INTEGER NOT NULL DEFAULT -3, g BIGINT NOT NULL DEFAULT 12345678901, f DOUBLE PRECISION NOT NULL DEFAULT 1.50,
	d DECIMAL(10,2) NOT NULL DEFAULT 0, e DECIMAL(65,30) NOT NULL DEFAULT 2.5,
	t TIMESTAMP(3) NOT NULL DEFAULT '2020-01-02 02:04:05.678', j JSONB NOT NULL DEFAULT '{"a": [1, 2]}',
	y BYTEA NOT NULL DEFAULT '\x68656c6c6f', o TEXT, i BIT(4) NOT NULL DEFAULT '0101',
	CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
-- the same constants written in other ways
ALTER TABLE "T" ALTER d SET DEFAULT 0.00, ALTER f SET DEFAULT '1.5', ALTER b SET DEFAULT 't'::boolean,
	ALTER n SET DEFAULT '-3', ALTER j SET DEFAULT '{"a":[1,2]}', ALTER e SET DEFAULT 2.50, ALTER o SET DEFAULT NULL;
:check;
-- Prisma does not compare moments, but sees that one is gone
ALTER TABLE "T" ALTER t SET DEFAULT '1999-01-01';
:check;
SELECT identity, attribute, expected, actual
FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_defaults', '{"strict": true}'));
ALTER TABLE "T" ALTER t DROP DEFAULT, ALTER s SET DEFAULT 'its', ALTER d SET DEFAULT 0.01, ALTER b DROP DEFAULT,
	ALTER o SET DEFAULT '', ALTER j SET DEFAULT '{}', ALTER v SET DEFAULT 'a';
:check;
DROP TABLE "T";

-- lists
CREATE TYPE "Color" AS ENUM ('RED', 'dark blue');
\set s 'enum Color {\n  RED\n  BLUE @map("dark blue")\n}\nmodel T {\n  id Int @id\n  e Color @default(BLUE)\n  l Color[] @default([RED, BLUE])\n  s String[] @default(["a", "it''s"])\n  n Int[] @default([1, -2])\n  z String[] @default([])\n  b Boolean[] @default([true, false])\n  g BigInt[] @default([1])\n  f Float[] @default([0.5, 2])\n  j Json[] @default(["{}"])\n  t DateTime[] @default(["2020-01-01T00:00:00Z"])\n}\n'
:show;
CREATE TABLE "T" (id INTEGER NOT NULL, e "Color" NOT NULL DEFAULT 'dark blue',
	l "Color"[] DEFAULT ARRAY['RED', 'dark blue']::"Color"[], s TEXT[] DEFAULT ARRAY['a', 'it''s']::TEXT[],
	n INTEGER[] DEFAULT ARRAY[1, -2]::INTEGER[], z TEXT[] DEFAULT ARRAY[]::TEXT[],
	b BOOLEAN[] DEFAULT ARRAY[true, false]::BOOLEAN[], g BIGINT[] DEFAULT ARRAY[1]::BIGINT[],
	f DOUBLE PRECISION[] DEFAULT ARRAY[0.5, 2]::DOUBLE PRECISION[], j JSONB[] DEFAULT ARRAY['{}']::JSONB[],
	t TIMESTAMP(3)[] DEFAULT ARRAY['2020-01-01 00:00:00 +00:00']::TIMESTAMP(3)[],
	CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER l SET DEFAULT '{RED,"dark blue"}', ALTER z SET DEFAULT '{}', ALTER n SET DEFAULT '{1,-2}';
:check;
ALTER TABLE "T" ALTER e SET DEFAULT 'RED', ALTER l SET DEFAULT '{RED}', ALTER s SET DEFAULT '{a}', ALTER z DROP DEFAULT;
:check;
DROP TABLE "T";
DROP TYPE "Color";

-- functions: those of the client leave nothing in the database
\set s 'model T {\n  id String @id @default(cuid())\n  a String @default(uuid())\n  b String @default(uuid(7)) @db.Uuid\n  c String @default(cuid(2))\n  d String @default(ulid())\n  e String @default(nanoid())\n  f String @default(nanoid(10))\n  g DateTime @updatedAt\n  h DateTime @default(now())\n  i DateTime @default(now()) @db.Timestamptz(6)\n  j DateTime @default(now()) @db.Date\n  k DateTime @default(now()) @updatedAt\n}\n'
:show;
CREATE TABLE "T" (id TEXT NOT NULL, a TEXT NOT NULL, b UUID NOT NULL, c TEXT NOT NULL, d TEXT NOT NULL,
	e TEXT NOT NULL, f TEXT NOT NULL, g TIMESTAMP(3) NOT NULL, h TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
	i TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP, j DATE NOT NULL DEFAULT CURRENT_TIMESTAMP,
	k TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER h SET DEFAULT now(), ALTER i SET DEFAULT now();
:check;
ALTER TABLE "T" ALTER h SET DEFAULT clock_timestamp(), ALTER b SET DEFAULT gen_random_uuid(), ALTER g SET DEFAULT now(),
	ALTER i SET DEFAULT localtimestamp;
:check;
DROP TABLE "T";

-- autoincrement(): serial of any sequence, or identity
\set s 'model T {\n  id Int @id @default(autoincrement())\n  a Int @default(autoincrement()) @db.SmallInt\n  b BigInt @default(autoincrement())\n  c Int\n}\n'
:show;
CREATE TABLE "T" (id SERIAL NOT NULL, a SMALLSERIAL NOT NULL, b BIGSERIAL NOT NULL, c INTEGER NOT NULL,
	CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
CREATE SEQUENCE "it's odd";
ALTER SEQUENCE "T_a_seq" RENAME TO other;
ALTER TABLE "T" ALTER id DROP DEFAULT, ALTER b SET DEFAULT nextval('"it''s odd"');
ALTER TABLE "T" ALTER id ADD GENERATED ALWAYS AS IDENTITY;
:check;
ALTER TABLE "T" ALTER id DROP IDENTITY, ALTER a SET DEFAULT 1, ALTER b SET DEFAULT nextval('other') + 1,
	ALTER c ADD GENERATED BY DEFAULT AS IDENTITY;
:check;
ALTER TABLE "T" ALTER c DROP IDENTITY, ALTER c SET DEFAULT nextval('other');
SELECT attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_defaults'))
WHERE part_name = 'c';
DROP TABLE "T";

-- dbgenerated(): text by meaning, also of a generated column; without text anything
CREATE SEQUENCE other;
\set s 'model T {\n  id String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid\n  a String? @default(dbgenerated())\n  b String? @default(dbgenerated("lower(a)"))\n  c Int @default(dbgenerated("nextval(''other'')"))\n  d String @default(dbgenerated("(''INV-''::text || nextval(''other''::regclass))"))\n  e Unsupported("circle")? @default(dbgenerated("''<(0,0),1>''"))\n}\n'
:show;
CREATE TABLE "T" (id UUID NOT NULL DEFAULT gen_random_uuid(), a TEXT, b TEXT GENERATED ALWAYS AS (lower(a)) STORED,
	c INTEGER NOT NULL DEFAULT nextval('other'), d TEXT NOT NULL DEFAULT 'INV-' || nextval('other'),
	e circle DEFAULT '<(0,0),1>', CONSTRAINT "T_pkey" PRIMARY KEY ("id"));
:check;
ALTER TABLE "T" ALTER a SET DEFAULT 'x';
:check;
ALTER TABLE "T" ALTER b DROP EXPRESSION, ALTER c DROP DEFAULT, ALTER d SET DEFAULT 'INV', ALTER e SET DEFAULT '<(0,0),2>';
:check;
-- what is generated and not said to be
\set s 'model T {\n  id String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid\n  a String?\n  b String?\n}\n'
ALTER TABLE "T" DROP c, DROP d, DROP e, ALTER a DROP DEFAULT, DROP b;
ALTER TABLE "T" ADD b TEXT GENERATED ALWAYS AS (upper(a)) STORED;
:check;

DROP SCHEMA regress_prisma_defaults CASCADE;
