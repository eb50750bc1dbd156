--
-- What doc/prisma.md shows, as it stands there.
--
SELECT current_database() AS before \gset
CREATE DATABASE regress_prisma_example TEMPLATE template0;
\c regress_prisma_example
CREATE EXTENSION schemadrift;
\getenv srcdir PG_ABS_SRCDIR
\set project :srcdir '/fixtures'
\cd :project

CREATE TYPE "Role" AS ENUM ('OWNER', 'STAFF', 'GUEST');
CREATE TABLE "Tenant" (id text NOT NULL, name text NOT NULL, CONSTRAINT "Tenant_pkey" PRIMARY KEY (id));
CREATE TABLE "User" (id text NOT NULL, "tenantId" text NOT NULL, email varchar(200) NOT NULL,
    role "Role" NOT NULL DEFAULT 'STAFF', phone text, CONSTRAINT "User_pkey" PRIMARY KEY (id));
CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
CREATE INDEX "User_lower_idx" ON "User" (lower(email));
ALTER TABLE "User" ADD CONSTRAINT "User_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" (id)
    ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE "User" ENABLE ROW LEVEL SECURITY;

-- the two lines
\set schema `cat prisma/schema.prisma`
SELECT * FROM schemadrift_check(schemadrift_prisma(:'schema'));
SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift_check(schemadrift_prisma(:'schema'));

-- several files
\set files `cat prisma/schema/*.prisma`
SELECT schemadrift_prisma(:'files') = schemadrift_prisma(:'schema') AS same;

-- mended, there is no drift
ALTER TYPE "Role" RENAME TO "Role_old";
CREATE TYPE "Role" AS ENUM ('OWNER', 'STAFF');
ALTER TABLE "User" ALTER role DROP DEFAULT, ALTER role TYPE "Role" USING role::text::"Role", ALTER role SET DEFAULT 'STAFF',
    ALTER email TYPE text, DROP phone, ADD "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    DROP CONSTRAINT "User_tenantId_fkey";
DROP TYPE "Role_old";
CREATE INDEX "User_tenantId_idx" ON "User" ("tenantId");
ALTER TABLE "User" ADD CONSTRAINT "User_tenantId_fkey" FOREIGN KEY ("tenantId") REFERENCES "Tenant" (id)
    ON UPDATE CASCADE ON DELETE RESTRICT;
SELECT * FROM schemadrift_check(schemadrift_prisma(:'schema'));

-- an error, and rules
SELECT schemadrift_prisma(E'model A {\n  id Int @id\n  name Strin\n  tags String[] @defualt([])\n}\n');
SELECT * FROM schemadrift_prisma_lint(:'schema', '{
     "models": ["Tenant", "User", "Booking"],
     "enums": {"Role": ["OWNER", "STAFF", "GUEST"]},
     "tenant": {"field": "tenantId", "unique": true, "except": ["Tenant"]}}');

-- a file that is not there is an empty text
\set schema `cat prisma/nowhere.prisma 2>/dev/null`
SELECT drift, identity FROM schemadrift_check(schemadrift_prisma(:'schema'));
SELECT * FROM schemadrift_prisma_lint(:'schema');

\c :before
DROP DATABASE regress_prisma_example;
