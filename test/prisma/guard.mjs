// The guard and the real Prisma Migrate: what it deploys is tracked, what it
// does without a migration is rejected, with nothing changed.  README.md says
// how it is run.  Needs what run.mjs needs.
//
//   node guard.mjs [--verbose]
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Prisma } from './lib/oracle.mjs'
import { Bench } from './lib/bench.mjs'
import { Tally } from './lib/tally.mjs'
import { Project } from './lib/project.mjs'

const verbose = process.argv.includes('--verbose')
const tally = new Tally()
const DEPLOYER = 'regress_deployer'
const DO_IT_RIGHT = 'Put it into a migration and run that with "prisma migrate deploy" or with schemadrift_apply().'
const EMERGENCY = 'In an emergency, a role that may call schemadrift_unlock() can unlock its session.'

const test = (name, wrong) => tally.test(name, wrong, 'the guard')

const same = (name, got, expected) =>
  test(name, JSON.stringify(got) === JSON.stringify(expected) ? null : `got ${JSON.stringify(got)}\nexpected ${JSON.stringify(expected)}`)

// Scripts: the first has what Prisma itself would write, the second is by hand.
const SCRIPTS = {
  '20250101000000_init': `-- CreateEnum
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
`,
  '20250102000000_by_hand': `DO $$
BEGIN
    ALTER TABLE "User" ADD COLUMN "name" TEXT;
    EXECUTE 'COMMENT ON COLUMN "User"."name" IS ''äöü''';
END $$;
`,
}
const LATER = ['20250103000000_index', 'CREATE INDEX "User_name_idx" ON "User"("name");\n']
const DROPS = ['20250104000000_drop', 'DROP INDEX "User_name_idx";\nALTER TABLE "User" DROP COLUMN "name";\n']

const MODEL = `model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  role  Role    @default(USER)
  name  String?
}

enum Role {
  USER
  ADMIN
}
`

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex')

// Rows of a query, as arrays
const rows = async (project, text, ...values) => (await project.client.query({ text, values, rowMode: 'array' })).rows

// What the command line answers
async function run(project, ...args) {
  const answer = await project.prisma(...args)
  if (verbose)
    console.log(`# prisma ${args.join(' ')}: ${answer.code}\n${answer.output}`)
  return answer
}

// A setting of the database, which only an unlocked session may change
async function set(project, what) {
  await project.sql("SELECT schemadrift_unlock('test')")
  await project.sql(`ALTER DATABASE ${project.database} ${what}`)
  await project.sql('SELECT schemadrift_lock()')
}

// What a test may not have changed
const state = async (project) => (await rows(project,
  `SELECT schemadrift_fingerprint(), (SELECT count(*) FROM "User"),
   (SELECT string_agg(m::text, chr(10) ORDER BY started_at) FROM _prisma_migrations m)`))[0]

const lastRecord = async (project) => (await rows(project,
  "SELECT coalesce(max(logged_at), '-infinity')::text FROM schemadrift.ddl_log"))[0][0]

// What has been rejected since then; a worker writes it, some milliseconds later
async function rejected(project, since) {
  for (let i = 0; i < 100; i++) {
    const found = await rows(project,
      `SELECT command_tag, object_name, session_role FROM schemadrift.ddl_log
       WHERE verdict = 'rejected' AND logged_at > $1 ORDER BY logged_at`, since)
    if (found.length)
      return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return []
}

// null, or which of the texts Prisma has not shown
function shows(answer, ...texts) {
  const missing = texts.filter((text) => !answer.output.includes(text))
  return answer.code !== 0 && missing.length === 0 ? null : `exit code ${answer.code}, not shown: ${missing.join(' | ')}\n${answer.output}`
}

async function deployPasses(project, name) {
  for (const [migration, script] of Object.entries(SCRIPTS))
    project.migration(migration, script)
  const { code, output } = await run(project, 'migrate', 'deploy')
  test(`${name}: deploy passes in mode reject`, code === 0 ? null : output)
  same(`${name}: all of it is tracked, by migration`, await rows(project,
    `SELECT migration, verdict, string_agg(DISTINCT reason, ','), count(DISTINCT statement_id)::int
     FROM schemadrift.ddl_log WHERE session_role = $1 GROUP BY 1, 2 ORDER BY 1 NULLS FIRST`, DEPLOYER), [
    [null, 'tracked', "Prisma's own table", 1],
    ['20250101000000_init', 'tracked', 'script registered by Prisma', 3],
    ['20250102000000_by_hand', 'tracked', 'script registered by Prisma', 2],
  ])
  same(`${name}: statements are cut out of the script`, await rows(project,
    `SELECT DISTINCT statement COLLATE "C" FROM schemadrift.ddl_log
     WHERE command_tag IN ('CREATE TYPE', 'CREATE INDEX', 'COMMENT') AND migration IS NOT NULL ORDER BY 1`), [
    [`COMMENT ON COLUMN "User"."name" IS 'äöü'`],
    [`CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN')`],
    ['CREATE UNIQUE INDEX "User_email_key" ON "User"("email")'],
  ])
  const again = await run(project, 'migrate', 'deploy')
  test(`${name}: nothing is pending`, again.code === 0 && /No pending migrations/.test(again.output) ? null : again.output)
  await rows(project, `INSERT INTO "User" (email) VALUES ('a'), ('b')`)
}

// A command that is no migration: rejected, on record, nothing changed.
// `shown` is the statement that Prisma tells of, `first` the first rejected.
async function isRejected(project, name, shown, first, ...args) {
  const before = await state(project)
  const since = await lastRecord(project)
  const answer = await run(project, ...args)
  test(`${name} shows the whole text`, shows(answer, `ERROR: ${shown} is rejected: it is not part of a migration`,
    "DETAIL: The guard's mode is reject. No migration of schemadrift is running in this session, and it does not hold the lock that Prisma takes.",
    `HINT: ${DO_IT_RIGHT} ${EMERGENCY}`))
  same(`${name} changes nothing`, await state(project), before)
  same(`${name} is on record`, (await rejected(project, since))[0], [...first, DEPLOYER])
}

async function othersAreRejected(project, name) {
  const quick = project.major === 6 ? ['--skip-generate'] : []
  // what Prisma does when it may not drop the schema
  const fallback = ['DROP TABLE "_prisma_migrations"', ['DROP SCHEMA', 'public']]
  project.schema(MODEL.replace('name  String?', 'name  String?\n  age   Int?'))
  await isRejected(project, `${name}: db push`, 'ALTER TABLE "User"', ['ALTER TABLE', 'User'], 'db', 'push', ...quick)
  project.schema(MODEL)
  await isRejected(project, `${name}: db push --force-reset`, ...fallback, 'db', 'push', '--force-reset', ...quick)
  await isRejected(project, `${name}: migrate reset`, ...fallback, 'migrate', 'reset', '--force', ...quick)
  const file = path.join(project.root, 'execute.sql')
  fs.writeFileSync(file, 'SELECT 1; CREATE TABLE executed (a int);')
  await isRejected(project, `${name}: db execute`, 'CREATE TABLE "executed"', ['CREATE TABLE', 'executed'], 'db', 'execute', '--file', file,
    ...(project.major === 6 ? ['--schema', path.join(project.root, 'schema.prisma')] : []))
}

// A migration that deploy may not run: the whole text is shown and kept
async function failsWith(project, name, sqlstate, message, detail, hint) {
  const texts = [`ERROR: ${message}`, `DETAIL: The guard's mode is reject. ${detail}`, `HINT: ${hint} ${EMERGENCY}`]
  const answer = await run(project, 'migrate', 'deploy')
  test(`${name}: P3018 shows the whole text`, shows(answer, 'P3018', `Database error code: ${sqlstate}`, ...texts))
  const [[logs]] = await rows(project, 'SELECT logs FROM _prisma_migrations ORDER BY started_at DESC LIMIT 1')
  test(`${name}: Prisma keeps it`, texts.every((text) => logs?.includes(text)) ? null : logs)
}

async function retryPasses(project, name, [migration, script], destructive) {
  await rows(project, 'SELECT schemadrift_approve($1, checksum => $2, allow_destructive => $3)', migration, sha256(script), destructive)
  const resolve = await run(project, 'migrate', 'resolve', '--rolled-back', migration)
  test(`${name}: migrate resolve passes`, resolve.code === 0 ? null : resolve.output)
  const { code, output } = await run(project, 'migrate', 'deploy')
  test(`${name}: deploy passes once it is approved`, code === 0 ? null : output)
}

async function approvalIsNeeded(project, name) {
  await set(project, 'SET schemadrift.require_approval = on')
  project.migration(...LATER)
  await failsWith(project, name, 'SD002', 'CREATE INDEX "User_name_idx" is rejected: its migration has not been approved',
    `The migration is "${LATER[0]}", with checksum ${sha256(LATER[1])}.`,
    'schemadrift_approve() approves a migration by the checksum of its script.')
  await retryPasses(project, name, LATER, false)
  await set(project, 'RESET schemadrift.require_approval')
}

async function actsAreProtected(project, name) {
  await set(project, 'SET schemadrift.protect = drop_column, drop_table')
  project.migration(...DROPS)
  await failsWith(project, name, 'SD003', 'ALTER TABLE "User" is rejected: acts of this kind are protected',
    `The act drop_column is in schemadrift.protect, and migration "${DROPS[0]}" may not do it.`,
    'The approval of the migration, or the call that runs it, can say allow_destructive.')
  same(`${name}: the statement before it is undone`, await rows(project, `SELECT to_regclass('"User_name_idx"')::text`), [['"User_name_idx"']])
  await retryPasses(project, name, DROPS, true)
  await set(project, 'RESET schemadrift.protect')
}

// Only the roles that are named run Prisma.
async function rolesAreNamed(project, name) {
  await set(project, 'SET schemadrift.prisma_roles = somebody_else')
  project.migration('20250105000000_role', 'CREATE TABLE "Late" (a int);\n')
  await failsWith(project, name, 'SD001', 'CREATE TABLE "Late" is rejected: it is not part of a migration',
    'The role is not listed in schemadrift.prisma_roles.',
    DO_IT_RIGHT)
}

async function against(bench, major) {
  const name = `Prisma ${major}`
  const project = await Project.open(bench, major, 'guard', MODEL)
  try {
    project.user = DEPLOYER
    await project.sql(`ALTER SCHEMA public OWNER TO ${DEPLOYER}`)
    await project.sql("SELECT schemadrift_arm('reject')")
    await deployPasses(project, name)
    await othersAreRejected(project, name)
    await approvalIsNeeded(project, `${name}: not approved`)
    await actsAreProtected(project, `${name}: protected`)
    await rolesAreNamed(project, `${name}: another role`)
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
