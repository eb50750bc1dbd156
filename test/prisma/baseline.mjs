// The baseline and the real Prisma Migrate: what it deploys moves the baseline,
// drift that was there stays, and what fails changes nothing.  README.md says
// how it is run.  Needs what run.mjs needs.
//
//   node baseline.mjs [--verbose]
import { Prisma } from './lib/oracle.mjs'
import { Bench } from './lib/bench.mjs'
import { Tally } from './lib/tally.mjs'
import { Project } from './lib/project.mjs'

const verbose = process.argv.includes('--verbose')
const tally = new Tally()
const DEPLOYER = 'regress_baseline_deployer'

const test = (name, wrong) => tally.test(name, wrong, 'the baseline')

const same = (name, got, expected) =>
  test(name, JSON.stringify(got) === JSON.stringify(expected) ? null : `got ${JSON.stringify(got)}\nexpected ${JSON.stringify(expected)}`)

const INIT = `-- CreateEnum
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

// Migrations that touch what has drifted and what has not
const LATER = {
  '20250102000000_posts': `-- CreateTable
CREATE TABLE "Post" (
    "id" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "authorId" INTEGER NOT NULL,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
`,
  '20250103000000_email': `-- AlterTable
ALTER TABLE "User" ALTER COLUMN "email" SET DATA TYPE VARCHAR(200);
ALTER TABLE "User" ADD COLUMN "name" TEXT;
`,
  '20250104000000_role': `-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'GUEST';
`,
  '20250105000000_own': `BEGIN;
ALTER TABLE "Post" RENAME COLUMN "title" TO "headline";
COMMIT;
DO $$ BEGIN CREATE INDEX "Post_headline_idx" ON "Post"("headline"); END $$;
`,
}
const FAILS = ['20250106000000_fails', `CREATE TABLE "Fails" ("id" INTEGER);
ALTER TABLE "User" DROP COLUMN "name";
SELECT 1/0;
`]

const MODEL = `model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  role  Role    @default(USER)
}

enum Role {
  USER
  ADMIN
}
`

// Rows of a query, as arrays
const rows = async (project, text, ...values) => (await project.client.query({ text, values, rowMode: 'array' })).rows

// What the command line answers
async function run(project, ...args) {
  const answer = await project.prisma(...args)
  if (verbose)
    console.log(`# prisma ${args.join(' ')}: ${answer.code}\n${answer.output}`)
  return answer
}

async function deploys(project, name) {
  const { code, output } = await run(project, 'migrate', 'deploy')
  test(name, code === 0 ? null : output)
}

const drift = (project) => rows(project, 'SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift.drift')

const moves = (project) => rows(project,
  'SELECT method, migration, changed_by FROM schemadrift.baseline_change ORDER BY changed_at')

// All that a failed migration must leave as it is
const state = (project) => rows(project,
  `SELECT schemadrift_baseline(), (SELECT count(*) FROM schemadrift.baseline_object),
   (SELECT count(*) FROM schemadrift.baseline_change), schemadrift_fingerprint()`)

async function firstDeploy(project, name) {
  await project.sql("SELECT schemadrift_accept('nothing yet')")
  project.migration('20250101000000_init', INIT)
  await deploys(project, `${name}: the first deploy`)
  same(`${name}: moves an empty baseline, by Prisma's own table too`, await drift(project), [])
  same(`${name}: on record`, await moves(project), [
    ['accept', null, process.env.PGUSER ?? 'postgres'],
    ['migration', '_prisma_migrations', DEPLOYER],
    ['migration', '20250101000000_init', DEPLOYER],
  ])
}

// Changes by hand, and the drift that they are
async function byHand(project, name) {
  await project.sql(`SET ROLE ${DEPLOYER}`)
  await project.sql('ALTER TABLE "User" ADD COLUMN "stray" integer')
  await project.sql('ALTER TABLE "User" ALTER COLUMN "email" DROP NOT NULL')
  await project.sql('CREATE TABLE "Left" (a integer)')
  await project.sql('RESET ROLE')
  const found = await drift(project)
  same(`${name}: what is done by hand is drift`, found, [
    ['unexpected', 'table', 'public."Left"', null, null, null],
    ['changed', 'column', 'public."User".email', 'not_null', 'true', 'false'],
    ['unexpected', 'column', 'public."User".stray', null, null, 'integer'],
  ])
  return found
}

async function laterDeploys(project, name, before) {
  for (const [migration, script] of Object.entries(LATER))
    project.migration(migration, script)
  await deploys(project, `${name}: later migrations`)
  same(`${name}: drift is what it was before`, await drift(project), before)
  same(`${name}: each migration has moved the baseline`,
    [...new Set((await moves(project)).slice(3).map(([, migration]) => migration))], Object.keys(LATER))
}

async function failures(project, name, before) {
  project.migration(...FAILS)
  const was = await state(project)
  const { code, output } = await run(project, 'migrate', 'deploy')
  test(`${name}: a migration fails`, code !== 0 && /P3018/.test(output) ? null : output)
  same(`${name}: and has changed nothing`, await state(project), was)
  same(`${name}: drift is what it was`, await drift(project), before)
  project.migration(FAILS[0], FAILS[1].replace('SELECT 1/0;\n', ''))
  const resolve = await run(project, 'migrate', 'resolve', '--rolled-back', FAILS[0])
  test(`${name}: resolved`, resolve.code === 0 ? null : resolve.output)
  same(`${name}: which moves nothing`, await state(project), was)
  await deploys(project, `${name}: mended`)
  same(`${name}: it moves the baseline`, (await moves(project)).at(-1), ['migration', FAILS[0], DEPLOYER])
  same(`${name}: and drift is still what it was`, await drift(project), before)
}

// db push is no migration.
async function pushes(project, name) {
  const was = await moves(project)
  project.schema(`${MODEL}\nmodel Pushed {\n  id Int @id\n}\n`)
  const { code, output } = await run(project, 'db', 'push', '--accept-data-loss', ...(project.major === 6 ? ['--skip-generate'] : []))
  test(`${name}: db push`, code === 0 ? null : output)
  same(`${name}: db push does not move it`, await moves(project), was)
  const found = (await drift(project)).map(([what, kind, identity]) => `${what} ${kind} ${identity}`)
  test(`${name}: what it has made is drift`, found.includes('unexpected table public."Pushed"') ? null : found.join('\n'))
}

async function against(bench, major) {
  const name = `Prisma ${major}`
  const project = await Project.open(bench, major, 'baseline', MODEL)
  try {
    project.user = DEPLOYER
    await project.sql(`ALTER SCHEMA public OWNER TO ${DEPLOYER}`)
    await firstDeploy(project, name)
    const before = await byHand(project, name)
    await laterDeploys(project, name, before)
    // whatever the guard's mode is
    await project.sql("SELECT schemadrift_arm('reject')")
    await failures(project, name, before)
    await project.sql("SELECT schemadrift_disarm('db push')")
    await pushes(project, name)
  } finally {
    await project.close()
  }
}

async function main() {
  const prisma = await Prisma.load(7)
  const bench = new Bench()
  bench.pg = prisma.pg
  await bench.administer(`DROP ROLE IF EXISTS ${DEPLOYER}`, `CREATE ROLE ${DEPLOYER} LOGIN`)
  await Promise.all([7, 6].map((major) => against(bench, major)))
  await bench.administer(`DROP ROLE ${DEPLOYER}`)
  tally.report()
  console.log(`${tally.passed} passed, ${tally.failed} failed`)
  process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1)
}

await main()
