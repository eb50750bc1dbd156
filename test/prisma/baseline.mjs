// The baseline and the real Prisma Migrate: what it deploys moves the baseline,
// drift that was there stays, and what fails changes nothing.  README.md says
// how it is run.  Needs what run.mjs needs.
//
//   node baseline.mjs [--major 6|7] [--verbose]
import { tell } from './lib/story.mjs'
import { INIT, MODEL } from './lib/user.mjs'

const DEPLOYER = 'regress_baseline_deployer'
const DEPLOY = 'migrate deploy'
const APPLIED = /successfully applied/

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

const drift = (project) => project.rows('SELECT drift, kind, identity, attribute, expected, actual FROM schemadrift.drift')

const moves = (project) => project.rows(
  'SELECT method, migration, changed_by FROM schemadrift.baseline_change ORDER BY changed_at')

// All that a failed migration must leave as it is
const state = (project) => project.rows(
  `SELECT schemadrift_baseline(), (SELECT count(*) FROM schemadrift.baseline_object),
   (SELECT count(*) FROM schemadrift.baseline_change), schemadrift_fingerprint()`)

async function firstDeploy(story) {
  const { project } = story
  await project.sql("SELECT schemadrift_accept('nothing yet')")
  project.migration('20250101000000_init', INIT)
  await story.prisma(DEPLOY, 0, APPLIED, 'the first deploy')
  story.is("moves an empty baseline, by Prisma's own table too", await drift(project), [])
  story.is('on record', await moves(project), [
    ['accept', null, process.env.PGUSER ?? 'postgres'],
    ['migration', '_prisma_migrations', DEPLOYER],
    ['migration', '20250101000000_init', DEPLOYER],
  ])
}

// Changes by hand, and the drift that they are
async function byHand(story) {
  const { project } = story
  await project.sql(`SET ROLE ${DEPLOYER}`)
  await project.sql('ALTER TABLE "User" ADD COLUMN "stray" integer')
  await project.sql('ALTER TABLE "User" ALTER COLUMN "email" DROP NOT NULL')
  await project.sql('CREATE TABLE "Left" (a integer)')
  await project.sql('RESET ROLE')
  const found = await drift(project)
  story.is('what is done by hand is drift', found, [
    ['unexpected', 'table', 'public."Left"', null, null, null],
    ['changed', 'column', 'public."User".email', 'not_null', 'true', 'false'],
    ['unexpected', 'column', 'public."User".stray', null, null, 'integer'],
  ])
  return found
}

async function laterDeploys(story, before) {
  const { project } = story
  for (const [migration, script] of Object.entries(LATER))
    project.migration(migration, script)
  await story.prisma(DEPLOY, 0, APPLIED, 'later migrations')
  story.is('drift is what it was before', await drift(project), before)
  story.is('each migration has moved the baseline',
    [...new Set((await moves(project)).slice(3).map(([, migration]) => migration))], Object.keys(LATER))
}

async function failures(story, before) {
  const { project } = story
  project.migration(...FAILS)
  const was = await state(project)
  await story.prisma(DEPLOY, 1, /P3018/, 'a migration fails')
  story.is('and has changed nothing', await state(project), was)
  story.is('drift is what it was', await drift(project), before)
  project.migration(FAILS[0], FAILS[1].replace('SELECT 1/0;\n', ''))
  await story.prisma(`migrate resolve --rolled-back ${FAILS[0]}`, 0, /rolled back/, 'resolved')
  story.is('which moves nothing', await state(project), was)
  await story.prisma(DEPLOY, 0, APPLIED, 'mended')
  story.is('it moves the baseline', (await moves(project)).at(-1), ['migration', FAILS[0], DEPLOYER])
  story.is('and drift is still what it was', await drift(project), before)
}

// db push is no migration.
async function pushes(story) {
  const { project } = story
  const was = await moves(project)
  project.schema(`${MODEL}\nmodel Pushed {\n  id Int @id\n}\n`)
  await story.prisma(`db push --accept-data-loss${project.major === 6 ? ' --skip-generate' : ''}`, 0, /in sync/)
  story.is('db push does not move it', await moves(project), was)
  const found = (await drift(project)).map(([what, kind, identity]) => `${what} ${kind} ${identity}`)
  story.test('what it has made is drift', found.includes('unexpected table public."Pushed"') ? null : found.join('\n'))
}

async function baseline(story) {
  await firstDeploy(story)
  const before = await byHand(story)
  await laterDeploys(story, before)
  // whatever the guard's mode is
  await story.project.sql("SELECT schemadrift_arm('reject')")
  await failures(story, before)
  await story.project.sql("SELECT schemadrift_disarm('db push')")
  await pushes(story)
}

await tell({ baseline }, { claim: 'the baseline', models: MODEL, role: DEPLOYER })
