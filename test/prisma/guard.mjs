// The guard and the real Prisma Migrate: what it deploys is tracked, what it
// does without a migration is rejected, with nothing changed.  README.md says
// how it is run.  Needs what run.mjs needs.
//
//   node guard.mjs [--major 6|7] [--verbose]
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { tell } from './lib/story.mjs'
import { INIT, MODEL } from './lib/user.mjs'

const DEPLOYER = 'regress_deployer'
const DEPLOY = 'migrate deploy'
const DO_IT_RIGHT = 'Put it into a migration and run that with "prisma migrate deploy" or with schemadrift_apply().'
const EMERGENCY = 'In an emergency, a role that may call schemadrift_unlock() can unlock its session.'

// Scripts: the first has what Prisma itself would write, the second is by hand.
const SCRIPTS = {
  '20250101000000_init': INIT,
  '20250102000000_by_hand': `DO $$
BEGIN
    ALTER TABLE "User" ADD COLUMN "name" TEXT;
    EXECUTE 'COMMENT ON COLUMN "User"."name" IS ''äöü''';
END $$;
`,
}
const LATER = ['20250103000000_index', 'CREATE INDEX "User_name_idx" ON "User"("name");\n']
const DROPS = ['20250104000000_drop', 'DROP INDEX "User_name_idx";\nALTER TABLE "User" DROP COLUMN "name";\n']

const NAMED = MODEL.replace('role ', 'name  String?\n  role ')

const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex')

// A setting of the database, which only an unlocked session may change
async function set(project, what) {
  await project.sql("SELECT schemadrift_unlock('test')")
  await project.sql(`ALTER DATABASE ${project.database} ${what}`)
  await project.sql('SELECT schemadrift_lock()')
}

// What a test may not have changed
const state = async (project) => (await project.rows(
  `SELECT schemadrift_fingerprint(), (SELECT count(*) FROM "User"),
   (SELECT string_agg(m::text, chr(10) ORDER BY started_at) FROM _prisma_migrations m)`))[0]

const lastRecord = async (project) => (await project.rows(
  "SELECT coalesce(max(logged_at), '-infinity')::text FROM schemadrift.ddl_log"))[0][0]

// What has been rejected since then; a worker writes it, some milliseconds later
async function rejected(project, since) {
  for (let i = 0; i < 100; i++) {
    const found = await project.rows(
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

async function deployPasses(story) {
  const { project } = story
  for (const [migration, script] of Object.entries(SCRIPTS))
    project.migration(migration, script)
  await story.prisma(DEPLOY, 0, /successfully applied/, 'deploy passes in mode reject')
  story.is('all of it is tracked, by migration', await project.rows(
    `SELECT migration, verdict, string_agg(DISTINCT reason, ','), count(DISTINCT statement_id)::int
     FROM schemadrift.ddl_log WHERE session_role = $1 GROUP BY 1, 2 ORDER BY 1 NULLS FIRST`, DEPLOYER), [
    [null, 'tracked', "Prisma's own table", 1],
    ['20250101000000_init', 'tracked', 'script registered by Prisma', 3],
    ['20250102000000_by_hand', 'tracked', 'script registered by Prisma', 2],
  ])
  story.is('statements are cut out of the script', await project.rows(
    `SELECT DISTINCT statement COLLATE "C" FROM schemadrift.ddl_log
     WHERE command_tag IN ('CREATE TYPE', 'CREATE INDEX', 'COMMENT') AND migration IS NOT NULL ORDER BY 1`), [
    [`COMMENT ON COLUMN "User"."name" IS 'äöü'`],
    [`CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN')`],
    ['CREATE UNIQUE INDEX "User_email_key" ON "User"("email")'],
  ])
  await story.prisma(DEPLOY, 0, /No pending migrations/, 'nothing is pending')
  await project.sql(`INSERT INTO "User" (email) VALUES ('a'), ('b')`)
}

// A command that is no migration: rejected, on record, nothing changed.
// `shown` is the statement that Prisma tells of, `first` the first rejected.
async function isRejected(story, name, shown, first, ...args) {
  const { project } = story
  const before = await state(project)
  const since = await lastRecord(project)
  const answer = await story.run(...args)
  story.test(`${name} shows the whole text`, shows(answer, `ERROR: ${shown} is rejected: it is not part of a migration`,
    "DETAIL: The guard's mode is reject. No migration of schemadrift is running in this session, and it does not hold the lock that Prisma takes.",
    `HINT: ${DO_IT_RIGHT} ${EMERGENCY}`))
  story.is(`${name} changes nothing`, await state(project), before)
  story.is(`${name} is on record`, (await rejected(project, since))[0], [...first, DEPLOYER])
}

async function othersAreRejected(story) {
  const { project } = story
  const quick = project.major === 6 ? ['--skip-generate'] : []
  // what Prisma does when it may not drop the schema
  const fallback = ['DROP TABLE "_prisma_migrations"', ['DROP SCHEMA', 'public']]
  project.schema(NAMED.replace('name  String?', 'name  String?\n  age   Int?'))
  await isRejected(story, 'db push', 'ALTER TABLE "User"', ['ALTER TABLE', 'User'], 'db', 'push', ...quick)
  project.schema(NAMED)
  await isRejected(story, 'db push --force-reset', ...fallback, 'db', 'push', '--force-reset', ...quick)
  await isRejected(story, 'migrate reset', ...fallback, 'migrate', 'reset', '--force', ...quick)
  const file = path.join(project.root, 'execute.sql')
  fs.writeFileSync(file, 'SELECT 1; CREATE TABLE executed (a int);')
  await isRejected(story, 'db execute', 'CREATE TABLE "executed"', ['CREATE TABLE', 'executed'], 'db', 'execute', '--file', file,
    ...(project.major === 6 ? ['--schema', path.join(project.root, 'schema.prisma')] : []))
}

// A migration that deploy may not run: the whole text is shown and kept
async function failsWith(story, name, sqlstate, message, detail, hint) {
  const texts = [`ERROR: ${message}`, `DETAIL: The guard's mode is reject. ${detail}`, `HINT: ${hint} ${EMERGENCY}`]
  const answer = await story.run('migrate', 'deploy')
  story.test(`${name}: P3018 shows the whole text`, shows(answer, 'P3018', `Database error code: ${sqlstate}`, ...texts))
  const [[logs]] = await story.project.rows('SELECT logs FROM _prisma_migrations ORDER BY started_at DESC LIMIT 1')
  story.test(`${name}: Prisma keeps it`, texts.every((text) => logs?.includes(text)) ? null : logs)
}

async function retryPasses(story, name, [migration, script], destructive) {
  await story.project.sql('SELECT schemadrift_approve($1, checksum => $2, allow_destructive => $3)', migration, sha256(script), destructive)
  await story.prisma(`migrate resolve --rolled-back ${migration}`, 0, /rolled back/, `${name}: migrate resolve passes`)
  await story.prisma(DEPLOY, 0, /successfully applied/, `${name}: deploy passes once it is approved`)
}

async function approvalIsNeeded(story, name) {
  const { project } = story
  await set(project, 'SET schemadrift.require_approval = on')
  project.migration(...LATER)
  await failsWith(story, name, 'SD002', 'CREATE INDEX "User_name_idx" is rejected: its migration has not been approved',
    `The migration is "${LATER[0]}", with checksum ${sha256(LATER[1])}.`,
    'schemadrift_approve() approves a migration by the checksum of its script.')
  await retryPasses(story, name, LATER, false)
  await set(project, 'RESET schemadrift.require_approval')
}

async function actsAreProtected(story, name) {
  const { project } = story
  await set(project, 'SET schemadrift.protect = drop_column, drop_table')
  project.migration(...DROPS)
  await failsWith(story, name, 'SD003', 'ALTER TABLE "User" is rejected: acts of this kind are protected',
    `The act drop_column is in schemadrift.protect, and migration "${DROPS[0]}" may not do it.`,
    'The approval of the migration, or the call that runs it, can say allow_destructive.')
  story.is(`${name}: the statement before it is undone`, await project.rows(`SELECT to_regclass('"User_name_idx"')::text`), [['"User_name_idx"']])
  await retryPasses(story, name, DROPS, true)
  await set(project, 'RESET schemadrift.protect')
}

// Only the roles that are named run Prisma.
async function rolesAreNamed(story, name) {
  await set(story.project, 'SET schemadrift.prisma_roles = somebody_else')
  story.project.migration('20250105000000_role', 'CREATE TABLE "Late" (a int);\n')
  await failsWith(story, name, 'SD001', 'CREATE TABLE "Late" is rejected: it is not part of a migration',
    'The role is not listed in schemadrift.prisma_roles.',
    DO_IT_RIGHT)
}

async function guard(story) {
  await story.project.sql("SELECT schemadrift_arm('reject')")
  await deployPasses(story)
  await othersAreRejected(story)
  await approvalIsNeeded(story, 'not approved')
  await actsAreProtected(story, 'protected')
  await rolesAreNamed(story, 'another role')
}

await tell({ guard }, { claim: 'the guard', models: NAMED, role: DEPLOYER })
