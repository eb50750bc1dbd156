--
-- What is wrong with a Prisma schema beyond its syntax: where, what, and what
-- was expected instead, all in one error.
--

-- datasource and generator
SELECT schemadrift_prisma($$datasource db {
  provider = "mysql"
  relationMode = "foreign"
  schemas = []
  extensions = [pgcrypto(name: "x"), "citext"]
  colour = "red"
  schemas = ["b"]
}
datasource other {
  url = env("X")
}
generator client {
  output = "x"
}
$$);

-- names of blocks, fields and values
SELECT schemadrift_prisma($$enum Empty {
}
enum Twice {
  A
  B
  A
}
type Address {
  street String
}
model String {
  id Int @id
}
model A {
  id Int @id
  a Strin
  b Int
  b Int
  c Int @map("d")
  d Int
  e Int @updatedAt
  f Int @map("")
  g Int @map(5)
}
enum A {
  X
}
model B {
  a Int? @unique
}
model C {
  a Int @id
  @@map("T")
}
model D {
  a Int @id
  @@map("T")
}
$$);

-- attributes
SELECT schemadrift_prisma($$model A {
  a Int @id @id
  b Int @uniqe
  c Int @unique("x", map: "m", map: "n", colour: "red")
  d Int @id
  @@idx([a])
  @@id([a, b])
}
model B {
  a Int? @id
  @@fulltext([a])
}
model C {
  a Int
  b Int?
  @@id([a, b])
  @@map
}
$$);

-- keys and indexes
SELECT schemadrift_prisma($$model A {
  id Int @id(sort: Desc)
  s String @unique(length: 5)
  j Json
  b B @relation(fields: [id], references: [id])
  @@index([nope])
  @@index([b])
  @@index([s, s], map: "a")
  @@index([], map: "b")
  @@index(map: "c")
  @@index([s(length: 3)], map: "d")
  @@index([s(sort: Up)], map: "e")
  @@index([s(sort: Desc)], type: Hash, map: "f")
  @@index([s], type: Rum, map: "g")
  @@index([s, id], type: SpGist, map: "h")
  @@index([s], type: Gin, map: "i")
  @@index([j(ops: InetOps)], type: Gin, map: "j")
  @@index([j(ops: JsonbOop)], type: Gin, map: "k")
  @@index([s(ops: InetOps)], type: Gist, map: "l")
  @@index(["s"], map: "m")
  @@index([s], name: "n", map: "n")
  @@index([s(up: 1)], map: "o")
  @@unique([s], map: "p23456789012345678901234567890123456789012345678901234567890123456789")
  @@unique([id, s], clustered: true, map: "q")
  @@index([id], map: "same")
  @@index([id, s], map: "same")
  @@index([id], where: raw("id > 0"), map: "r")
}
model B {
  id Int @id
  as A[]
}
$$);
SELECT schemadrift_prisma($$generator client {
  provider = "prisma-client-js"
  previewFeatures = ["partialIndexes"]
}
model A {
  id Int @id
  s String?
  @@index([id], where: "id > 0", map: "a")
  @@index([id], where: { nope: 1 }, map: "b")
  @@index([id], where: { s: 1, id: "x" }, map: "c")
}
$$);

-- native types
SELECT schemadrift_prisma($$datasource pg {
  provider = "postgresql"
}
model A {
  id Int @id @pg.SmallInt(3)
  a String @db.Uuid
  b String @pg.TinyInt
  c String @pg.Integer
  d String @pg.VarChar(0)
  e String @pg.VarChar("x")
  f Decimal @pg.Decimal(5)
  g Decimal @pg.Decimal(2, 5)
  h DateTime @pg.Timestamp(7)
  i String @pg.Text @pg.Uuid
  j Decimal @pg.Decimal(1, 2, 3)
}
$$);

-- defaults
SELECT schemadrift_prisma($$enum E {
  A
}
model M {
  id Int @id @default
  a Int @default("x")
  b String @default(1)
  c E @default(B)
  d E @default("A")
  e Boolean @default(yes)
  g String @default(autoincrement())
  h Int @default(now())
  i DateTime @default(now(3))
  j Int @default(sequence())
  k String @default(nope())
  l String @default(nanoid(1))
  m String @default(uuid(5))
  n Unsupported("circle") @default("x")
  o Int[] @default(1)
  p Int @default([1])
  q String @default(dbgenerated("a", "b"))
  r Int @default(1, map: "d")
  s DateTime @default("yesterday")
  t Json @default("{")
  u Bytes @default("no base64!")
}
$$);

-- schemas
SELECT schemadrift_prisma($$datasource db {
  provider = "postgresql"
  schemas = ["a", "b"]
}
model M {
  id Int @id
}
model N {
  id Int @id
  @@schema("c")
}
enum E {
  A
  @@schema
}
$$);

-- relations
SELECT schemadrift_prisma($$model A {
  id Int @id
  n Int
  s String
  b1 B @relation("r1", fields: [n], references: [id])
  b2 B @relation("r2")
  b3 B @relation("r3", fields: [n])
  b4 B @relation("r4", references: [id])
  b5 B @relation("r5", fields: [nope], references: [nope])
  b6 B @relation("r6", fields: [n], references: [n])
  b7 B @relation("r7", fields: [n, id], references: [id])
  b8 B @relation("r8", fields: [s], references: [id])
  b9 B @relation("r9", fields: [n], references: [id], onDelete: Never)
  b10 B @relation("r10", fields: [b1], references: [id])
  b11 B @relation("r11", fields: [n, n], references: [id, id])
  b12 B @relation(name: "", fields: n, references: [id])
  b13 B @relation("r13", fields: ["n"], references: [id])
}
model B {
  id Int @id
  n Int
  a2 A[] @relation("r2")
  a3 A[] @relation("r3")
  a4 A[] @relation("r4")
  a5 A[] @relation("r5")
  a6 A[] @relation("r6")
  a7 A[] @relation("r7")
  a8 A[] @relation("r8")
  a9 A[] @relation("r9")
}
model C {
  id Int @id
  d D?
  e E[]
  self C?
}
model D {
  id Int @id
  cId Int
  c C @relation(fields: [cId], references: [id])
}
model E {
  a Int
  b Int
  cs C[]
  @@id([a, b])
}
$$);

-- names in the database, which blocks must not share
SELECT schemadrift_prisma($$model A {
  id Int @id
  n Int @unique
  @@map("t")
}
model B {
  id Int @id
  @@map("t")
}
model C {
  id Int @id
  n Int @unique(map: "t_n_key")
}
model D {
  id-1 Int @id
  2nd Int
}
$$);

-- what is said twice is reported once; endless names are cut
SELECT schemadrift_prisma(format(E'model A {\n  id Int @id\n  a %s\n}\n', repeat('ä', 600)));
DO $$
BEGIN
	PERFORM schemadrift_prisma(E'enum E {\n' || repeat(E'  A\n', 5) || '}');
EXCEPTION WHEN invalid_parameter_value THEN
	DECLARE
		detail text;
	BEGIN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RAISE NOTICE '% / %', SQLERRM, detail;
	END;
END $$;
