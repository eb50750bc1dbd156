--
-- Ids, unique keys and indexes of Prisma, and their names.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE SCHEMA regress_prisma_keys;
SET search_path = regress_prisma_keys;
\set show 'SELECT kind, key, value FROM (SELECT ''constraint'' AS kind, * FROM jsonb_each(schemadrift_prisma(:''s'') #> ''{schemas,public,tables,T,constraints}'') UNION ALL SELECT ''index'', * FROM jsonb_each(schemadrift_prisma(:''s'') #> ''{schemas,public,tables,T,column_indexes}'')) AS part ORDER BY kind, key COLLATE "C"'
\set check 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_keys''))'
\set strict 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_keys'', ''{"strict": true}''))'

-- @id, @unique, @@unique, @@index; name: is the client's but for an index
\set s 'model T {\n  a Int @id\n  b String @unique\n  c String @unique(map: "own") @map("cc")\n  d Int\n  e Int\n  @@unique([d, e])\n  @@unique([e, d], name: "client", map: "T_e_d")\n  @@index([d])\n  @@index([c, d(sort: Desc)])\n  @@index(fields: [e, c], name: "old_way")\n  @@index([e], map: "T_e", type: Hash)\n}\n'
:show;
CREATE TABLE "T" (a INTEGER NOT NULL, b TEXT NOT NULL, cc TEXT NOT NULL, d INTEGER NOT NULL, e INTEGER NOT NULL,
	CONSTRAINT "T_pkey" PRIMARY KEY (a));
CREATE UNIQUE INDEX "T_b_key" ON "T"(b);
CREATE UNIQUE INDEX own ON "T"(cc);
CREATE UNIQUE INDEX "T_d_e_key" ON "T"(d, e);
CREATE UNIQUE INDEX "T_e_d" ON "T"(e, d);
CREATE INDEX "T_d_idx" ON "T"(d);
CREATE INDEX "T_cc_d_idx" ON "T"(cc, d DESC);
CREATE INDEX old_way ON "T"(e, cc);
CREATE INDEX "T_e" ON "T" USING HASH (e);
:check;
:strict;

-- what Prisma cannot say, and what it does not look at
ALTER TABLE "T" ADD CHECK (a > 0), ADD EXCLUDE (e WITH =);
CREATE INDEX ON "T"(lower(b));
CREATE INDEX ON "T"(b, (a + 1), cc);
CREATE UNIQUE INDEX ON "T"(b) WHERE a > 0;
CREATE INDEX ON "T"(d);
DROP INDEX own, "T_d_idx", "T_cc_d_idx", old_way;
ALTER TABLE "T" ADD CONSTRAINT own UNIQUE NULLS NOT DISTINCT (cc) DEFERRABLE;
CREATE INDEX "T_d_idx" ON "T"(d NULLS FIRST) WITH (fillfactor = 50);
CREATE INDEX "T_cc_d_idx" ON "T"(cc COLLATE "C" text_pattern_ops, d DESC NULLS LAST);
CREATE INDEX old_way ON "T"(e, cc) WHERE e > 0;
:check;
:strict;

-- what it does look at
CREATE INDEX more ON "T"(e DESC);
CREATE INDEX more_columns ON "T"(d) INCLUDE (e);
DROP INDEX "T_b_key", "T_d_idx", "T_cc_d_idx", "T_e", "T_d_e_key";
CREATE INDEX "T_d_idx" ON "T"(d DESC);
CREATE INDEX "T_cc_d_idx" ON "T"(d DESC, cc);
CREATE INDEX "T_e" ON "T" USING btree (e);
CREATE INDEX "T_d_e_key" ON "T"(d, e);
ALTER TABLE "T" RENAME CONSTRAINT "T_pkey" TO pk;
ALTER INDEX "T_e_d" RENAME TO renamed;
:check;
DROP TABLE "T";

-- ids of several fields, and none
\set s 'model T {\n  a Int\n  b Int\n  @@id([b, a], name: "x", map: "odd pk")\n  @@map("t t")\n}\nmodel U {\n  a Int @unique\n}\nmodel V {\n  a Int @id(map: "v id")\n}\n'
SELECT key, value -> 'constraints', value -> 'column_indexes'
FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}') WHERE NOT value ? 'optional' ORDER BY key COLLATE "C";
CREATE TABLE "t t" (a INTEGER NOT NULL, b INTEGER NOT NULL, CONSTRAINT "odd pk" PRIMARY KEY (b, a));
CREATE TABLE "U" (a INTEGER NOT NULL);
CREATE UNIQUE INDEX "U_a_key" ON "U"(a);
CREATE TABLE "V" (a INTEGER NOT NULL, CONSTRAINT "v id" PRIMARY KEY (a));
:check;
ALTER TABLE "U" ADD CONSTRAINT "U_pkey" PRIMARY KEY (a);
ALTER TABLE "t t" DROP CONSTRAINT "odd pk", ADD CONSTRAINT "odd pk" PRIMARY KEY (a, b);
ALTER TABLE "V" DROP CONSTRAINT "v id";
:check;
DROP TABLE "t t", "U", "V";

-- types of indexes and operator classes
\set s 'model T {\n  a Int @id\n  j Json\n  l String[]\n  s String\n  n String @db.Inet\n  u Unsupported("tsvector")\n  d DateTime @db.Date\n  @@index([j], type: Gin)\n  @@index([j(ops: JsonbPathOps)], type: Gin, map: "path")\n  @@index([j(ops: JsonbOps)], type: Gin, map: "dflt")\n  @@index([l(ops: ArrayOps)], type: Gin)\n  @@index([n(ops: InetOps)], type: Gist)\n  @@index([n], type: SpGist, map: "sp")\n  @@index([u], type: Gist)\n  @@index([d(ops: DateMinMaxMultiOps)], type: Brin)\n  @@index([a], type: Brin)\n  @@index([s(ops: raw("text_pattern_ops")), a])\n  @@index([s(ops: raw("pg_catalog.varchar_pattern_ops"), sort: Desc)], map: "raw")\n}\n'
:show;
CREATE TABLE "T" (a INTEGER NOT NULL, j JSONB NOT NULL, l TEXT[], s TEXT NOT NULL, n INET NOT NULL, u tsvector NOT NULL,
	d DATE NOT NULL, CONSTRAINT "T_pkey" PRIMARY KEY (a));
CREATE INDEX "T_j_idx" ON "T" USING GIN (j);
CREATE INDEX path ON "T" USING GIN (j jsonb_path_ops);
CREATE INDEX dflt ON "T" USING GIN (j jsonb_ops);
CREATE INDEX "T_l_idx" ON "T" USING GIN (l array_ops);
CREATE INDEX "T_n_idx" ON "T" USING GIST (n inet_ops);
CREATE INDEX sp ON "T" USING SPGIST (n);
CREATE INDEX "T_u_idx" ON "T" USING GIST (u);
CREATE INDEX "T_d_idx" ON "T" USING BRIN (d date_minmax_multi_ops);
CREATE INDEX "T_a_idx" ON "T" USING BRIN (a);
CREATE INDEX "T_s_a_idx" ON "T"(s text_pattern_ops, a);
CREATE INDEX raw ON "T"(s varchar_pattern_ops DESC);
:check;
DROP INDEX path, "T_u_idx", raw, "T_d_idx";
CREATE INDEX path ON "T" USING GIN (j);
CREATE INDEX "T_u_idx" ON "T" USING GIST (u tsvector_ops (siglen = 100));
CREATE INDEX raw ON "T"(s DESC);
CREATE INDEX "T_d_idx" ON "T" USING BRIN (d);
:check;
DROP TABLE "T";

-- partial indexes, with the preview feature: all of them count
\set s 'generator client {\n  provider = "prisma-client"\n  previewFeatures = ["partialIndexes"]\n}\nmodel T {\n  a Int @id\n  s String? @unique(where: raw("s <> ''''"))\n  b Boolean\n  n Int? @map("nn")\n  f Float?\n  @@index([a], where: raw("nn IS NOT NULL"))\n  @@unique([n], where: { b: true, s: null })\n  @@index([n], map: "i1", where: { s: { not: null }, n: 5 })\n  @@index([n], map: "i2", where: { s: { not: "it''s" }, f: 1.5 })\n  @@index([b])\n}\n'
:show;
CREATE TABLE "T" (a INTEGER NOT NULL, s TEXT, b BOOLEAN NOT NULL, nn INTEGER, f DOUBLE PRECISION,
	CONSTRAINT "T_pkey" PRIMARY KEY (a));
CREATE UNIQUE INDEX "T_s_key" ON "T"(s) WHERE (s <> '');
CREATE INDEX "T_a_idx" ON "T"(a) WHERE (nn IS NOT NULL);
CREATE UNIQUE INDEX "T_nn_key" ON "T"(nn) WHERE ("b" = true AND "s" IS NULL);
CREATE INDEX i1 ON "T"(nn) WHERE ("s" IS NOT NULL AND "nn" = 5);
CREATE INDEX i2 ON "T"(nn) WHERE ("s" != 'it''s' AND "f" = 1.5);
CREATE INDEX "T_b_idx" ON "T"(b);
:check;
DROP INDEX i1, "T_b_idx";
CREATE INDEX i1 ON "T"(nn) WHERE nn = 5;
CREATE INDEX "T_b_idx" ON "T"(b) WHERE b;
CREATE INDEX i3 ON "T"(nn) WHERE nn > 3;
CREATE INDEX i4 ON "T"(lower(s)) WHERE nn > 3;
:check;
DROP TABLE "T";

-- names are cut to 63 bytes, between characters
\set s 'model A123456789012345678901234567890123456789012345678901234567 {\n  id Int @id\n  b123456789 Int @unique\n  c Int\n  @@index([c, b123456789])\n}\nmodel B {\n  id Int @id\n  v Int\n  @@unique([v, id])\n  @@map("größengrößengrößengrößengrößengrößengrößengrößengrößen")\n}\nmodel C {\n  a12345678901234567890123456789012345678901234567890123456789 Int @id\n  x Int @unique @map("y1234567890123456789012345678901234567890123456789012345678901234567890")\n}\n'
SELECT key, jsonb_path_query_array(value, '$.constraints.keyvalue().key'),
	jsonb_path_query_array(value, '$.column_indexes.keyvalue().key'), octet_length(key)
FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}') WHERE NOT value ? 'optional' ORDER BY key COLLATE "C";
SELECT key, octet_length(key) FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables,C,columns}') ORDER BY 1;

DROP SCHEMA regress_prisma_keys CASCADE;
