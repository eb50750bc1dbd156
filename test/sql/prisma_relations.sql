--
-- Relations of Prisma: foreign keys, their actions, join tables.
--
\pset format unaligned
\pset tuples_only on
\pset null -
CREATE SCHEMA regress_prisma_relations;
SET search_path = regress_prisma_relations;
\set show 'SELECT t.key, c.key, c.value - ''type'' FROM jsonb_each(schemadrift_prisma(:''s'') #> ''{schemas,public,tables}'') AS t, jsonb_each(t.value -> ''constraints'') AS c WHERE c.value ->> ''type'' = ''foreign key'' ORDER BY t.key COLLATE "C", c.key COLLATE "C"'
\set check 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:''s'', ''regress_prisma_relations''))'

-- what is done by default: required ones are protected, optional ones set to null
\set s 'model A {\n  id Int @id\n  k String\n  l String\n  bs B[]\n  cs C[]\n  d D?\n  es E[]\n  @@unique([k, l])\n}\nmodel B {\n  id Int @id\n  aId Int\n  a A @relation(fields: [aId], references: [id])\n}\nmodel C {\n  id Int @id\n  aId Int?\n  a A? @relation(fields: [aId], references: [id])\n}\nmodel D {\n  id Int @id\n  aId Int @unique @map("a_id")\n  a A @relation(fields: [aId], references: [id], map: "own")\n  @@map("d_d")\n}\nmodel E {\n  id Int @id\n  k String?\n  l String\n  a A? @relation(fields: [k, l], references: [k, l])\n}\n'
:show;
CREATE TABLE "A" (id INTEGER NOT NULL, k TEXT NOT NULL, l TEXT NOT NULL, CONSTRAINT "A_pkey" PRIMARY KEY (id));
CREATE TABLE "B" (id INTEGER NOT NULL, "aId" INTEGER NOT NULL, CONSTRAINT "B_pkey" PRIMARY KEY (id));
CREATE TABLE "C" (id INTEGER NOT NULL, "aId" INTEGER, CONSTRAINT "C_pkey" PRIMARY KEY (id));
CREATE TABLE d_d (id INTEGER NOT NULL, a_id INTEGER NOT NULL, CONSTRAINT d_d_pkey PRIMARY KEY (id));
CREATE TABLE "E" (id INTEGER NOT NULL, k TEXT, l TEXT NOT NULL, CONSTRAINT "E_pkey" PRIMARY KEY (id));
CREATE UNIQUE INDEX "A_k_l_key" ON "A"(k, l);
CREATE UNIQUE INDEX d_d_a_id_key ON d_d(a_id);
ALTER TABLE "B" ADD CONSTRAINT "B_aId_fkey" FOREIGN KEY ("aId") REFERENCES "A"(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "C" ADD CONSTRAINT "C_aId_fkey" FOREIGN KEY ("aId") REFERENCES "A"(id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE d_d ADD CONSTRAINT own FOREIGN KEY (a_id) REFERENCES "A"(id) ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "E" ADD CONSTRAINT "E_k_l_fkey" FOREIGN KEY (k, l) REFERENCES "A"(k, l) ON DELETE RESTRICT ON UPDATE CASCADE;
:check;
ALTER TABLE "B" DROP CONSTRAINT "B_aId_fkey";
ALTER TABLE "C" DROP CONSTRAINT "C_aId_fkey";
ALTER TABLE "C" ADD CONSTRAINT "C_aId_fkey" FOREIGN KEY ("aId") REFERENCES "A"(id) ON DELETE CASCADE DEFERRABLE NOT VALID;
ALTER TABLE d_d RENAME CONSTRAINT own TO other;
ALTER TABLE "E" ADD CONSTRAINT more FOREIGN KEY (id) REFERENCES "A"(id);
:check;
DROP TABLE "A", "B", "C", d_d, "E" CASCADE;

-- actions that are said, a relation to itself, several between two models
\set s 'model U {\n  id Int @id\n  bossId Int?\n  boss U? @relation("Boss", fields: [bossId], references: [id], onDelete: NoAction, onUpdate: NoAction)\n  team U[] @relation("Boss")\n  p1 P[] @relation("One")\n  p2 P[] @relation(name: "Two")\n}\nmodel P {\n  id Int @id\n  a Int\n  b Int?\n  u1 U @relation("One", fields: [a], references: [id], onDelete: Cascade, onUpdate: Restrict)\n  u2 U? @relation(name: "Two", fields: [b], references: [id], onDelete: SetDefault, onUpdate: SetNull)\n}\n'
:show;
CREATE TABLE "U" (id INTEGER NOT NULL, "bossId" INTEGER, CONSTRAINT "U_pkey" PRIMARY KEY (id));
CREATE TABLE "P" (id INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER, CONSTRAINT "P_pkey" PRIMARY KEY (id));
ALTER TABLE "U" ADD CONSTRAINT "U_bossId_fkey" FOREIGN KEY ("bossId") REFERENCES "U"(id) ON DELETE NO ACTION ON UPDATE NO ACTION;
ALTER TABLE "P" ADD CONSTRAINT "P_a_fkey" FOREIGN KEY (a) REFERENCES "U"(id) ON DELETE CASCADE ON UPDATE RESTRICT;
ALTER TABLE "P" ADD CONSTRAINT "P_b_fkey" FOREIGN KEY (b) REFERENCES "U"(id) ON DELETE SET DEFAULT ON UPDATE SET NULL;
:check;

-- relationMode = "prisma" has other actions; no foreign keys, and those that are there are too many
SELECT schemadrift_prisma(E'datasource db {\n  provider = "postgres"\n  relationMode = "prisma"\n}\n' || :'s');
\set s 'datasource db {\n  provider = "postgres"\n  relationMode = "prisma"\n}\nmodel U {\n  id Int @id\n  bossId Int?\n  boss U? @relation("Boss", fields: [bossId], references: [id], onDelete: SetNull, onUpdate: Cascade)\n  team U[] @relation("Boss")\n  ps P[]\n}\nmodel P {\n  id Int @id\n  a Int\n  b Int?\n  us U[]\n}\n'
SELECT key, value -> 'constraints' FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}')
WHERE NOT value ? 'optional' ORDER BY key COLLATE "C";
:check;
DROP TABLE "U", "P" CASCADE;

-- many to many: named after the models or the relation, types those of the ids
\set s 'model Tag {\n  id String @id @db.Uuid\n  posts Post[]\n  liked Post[] @relation("likes")\n}\nmodel Post {\n  id BigInt @id @default(autoincrement()) @map("post_id")\n  tags Tag[]\n  likes Tag[] @relation("likes")\n  up Post[] @relation("Links")\n  down Post[] @relation("Links")\n  @@map("posts")\n}\n'
SELECT key, jsonb_pretty(value) FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}')
WHERE key = '_PostToTag';
SELECT key, jsonb_path_query_array(value, '$.columns.keyvalue().value.type'), jsonb_path_query_array(value, '$.constraints.*.references.table')
FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}') WHERE key LIKE '\_%s' AND NOT value ? 'optional' ORDER BY key;
CREATE TABLE "Tag" (id UUID NOT NULL, CONSTRAINT "Tag_pkey" PRIMARY KEY (id));
CREATE TABLE posts (post_id BIGSERIAL NOT NULL, CONSTRAINT posts_pkey PRIMARY KEY (post_id));
CREATE TABLE "_PostToTag" ("A" BIGINT NOT NULL, "B" UUID NOT NULL, CONSTRAINT "_PostToTag_AB_pkey" PRIMARY KEY ("A", "B"));
CREATE TABLE _likes ("A" BIGINT NOT NULL, "B" UUID NOT NULL, CONSTRAINT "_likes_AB_pkey" PRIMARY KEY ("A", "B"));
CREATE TABLE "_Links" ("A" BIGINT NOT NULL, "B" BIGINT NOT NULL, CONSTRAINT "_Links_AB_pkey" PRIMARY KEY ("A", "B"));
CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
CREATE INDEX "_likes_B_index" ON _likes("B");
CREATE INDEX "_Links_B_index" ON "_Links"("B");
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES posts(post_id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_B_fkey" FOREIGN KEY ("B") REFERENCES "Tag"(id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE _likes ADD CONSTRAINT "_likes_A_fkey" FOREIGN KEY ("A") REFERENCES posts(post_id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE _likes ADD CONSTRAINT "_likes_B_fkey" FOREIGN KEY ("B") REFERENCES "Tag"(id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_Links" ADD CONSTRAINT "_Links_A_fkey" FOREIGN KEY ("A") REFERENCES posts(post_id) ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "_Links" ADD CONSTRAINT "_Links_B_fkey" FOREIGN KEY ("B") REFERENCES posts(post_id) ON DELETE CASCADE ON UPDATE CASCADE;
:check;
-- the form that Prisma made before version 6 is the same, unless the option says otherwise
ALTER TABLE _likes DROP CONSTRAINT "_likes_AB_pkey";
CREATE UNIQUE INDEX "_likes_AB_unique" ON _likes("A", "B");
:check;
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_relations', '{"join_tables": "primary key"}'));
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_relations', '{"join_tables": "unique index"}'));
-- strict is that of version 6, and has names of foreign keys
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_relations', '{"strict": true}'));
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_relations', '{"strict": true, "join_tables": "any"}'));
BEGIN;
ALTER TABLE "_Links" RENAME CONSTRAINT "_Links_A_fkey" TO other;
SELECT drift, kind, identity FROM schemadrift_check(schemadrift_prisma(:'s', 'regress_prisma_relations', '{"strict": true, "join_tables": "any"}'));
ROLLBACK;
-- names of foreign keys do not count here; a key must be there
ALTER TABLE "_Links" RENAME CONSTRAINT "_Links_A_fkey" TO other;
ALTER TABLE "_PostToTag" DROP CONSTRAINT "_PostToTag_AB_pkey";
:check;
ALTER TABLE "_Links" DROP CONSTRAINT other;
ALTER TABLE "_Links" ADD CONSTRAINT other FOREIGN KEY ("A") REFERENCES posts(post_id);
ALTER TABLE "_PostToTag" ALTER "A" TYPE integer;
:check;

-- names of join tables are cut by characters, their foreign keys by bytes
\set s 'model A {\n  id Int @id\n  bs B[] @relation("x123456789012345678901234567890123456789012345678901234567890123456789")\n}\nmodel B {\n  id Int @id\n  as A[] @relation("x123456789012345678901234567890123456789012345678901234567890123456789")\n}\n'
SELECT key, jsonb_path_query_array(value, '$.constraints.keyvalue().key'), jsonb_path_query_array(value, '$.column_indexes.keyvalue().key'),
	jsonb_path_query_array(value, '$.any_of[*].*.keyvalue().key')
FROM jsonb_each(schemadrift_prisma(:'s') #> '{schemas,public,tables}') WHERE key LIKE '\_x%';

DROP SCHEMA regress_prisma_relations CASCADE;
