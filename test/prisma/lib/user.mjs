// A schema, and the script that Prisma writes for it

export const MODEL = `model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  role  Role    @default(USER)
}

enum Role {
  USER
  ADMIN
}
`

export const INIT = `-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

-- CreateTable
CREATE TABLE "User" (
    "id" SERIAL NOT NULL,
    "email" TEXT NOT NULL,
    "role" "Role" NOT NULL DEFAULT 'USER',

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
`
