// Compares schemadrift.migrations, schemadrift_reconcile() and
// schemadrift_resolve() with what the real Prisma Migrate does, 7 and 6.
// Needs a server with schemadrift, by the usual variables (PGHOST, PGPORT,
// PGUSER), psql, and npm's packages in place.
//
//   node ledger.mjs [--only TEXT] [--major 6|7] [--verbose]
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { home } from './lib/oracle.mjs'
import { GATE, MIGRATIONS } from './lib/project.mjs'
import { tell } from './lib/story.mjs'

// Rows of Prisma's table, without what differs from run to run
const ROWS = `SELECT migration_name, checksum, logs, finished_at IS NULL AS unfinished, rolled_back_at IS NOT NULL AS rolled_back,
  started_at = finished_at AS at_once, applied_steps_count, id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AS is_uuid
  FROM _prisma_migrations ORDER BY started_at, migration_name`

const STATUS = 'migrate status'
const DEPLOY = 'migrate deploy'
const UP_TO_DATE = /Database schema is up to date!/

// What goes well: deploy, then all that Prisma's status says nothing about
async function deploys(story) {
  const { project } = story
  project.migration('20260101000000_a', 'CREATE TABLE a (id int PRIMARY KEY);\n')
  project.migration('20260102000000_b', 'CREATE TABLE b (id int PRIMARY KEY);\nCREATE INDEX b_key ON b (id);\n')
  project.migration('20260103000000_c', '-- CreateTable\nCREATE TABLE c (id int PRIMARY KEY);\n')
  await story.states('before', { '20260101000000_a': 'pending', '20260102000000_b': 'pending', '20260103000000_c': 'pending' })
  story.is('what to do', await project.next('20260101000000_a'), 'prisma migrate deploy')
  await story.prisma(DEPLOY, 0, /successfully applied/)
  const applied = { '20260101000000_a': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'applied' }
  await story.states('after', applied)
  await story.findings('after', [])
  story.is('proof', await project.sql('SELECT DISTINCT proof, history FROM schemadrift.migrations'),
    [{ proof: 'run', history: 'public._prisma_migrations' }])

  // what is the same file to Prisma is so here
  project.migration('20260102000000_b', 'CREATE TABLE b (id int PRIMARY KEY);\r\nCREATE INDEX b_key ON b (id);\r\n')
  await story.states('with CRLF', applied)
  await story.findings('with CRLF', [])

  // what Prisma's status is silent about
  project.migration('20260101000000_a', 'CREATE TABLE a (id bigint PRIMARY KEY);\n')
  project.migration('20260103000000_c', '-- Creates a table\nCREATE TABLE c (id int PRIMARY KEY);\n')
  project.remove('20260102000000_b')
  await project.sql('CREATE TABLE by_hand (id int)')
  await story.prisma(STATUS, 0, UP_TO_DATE)
  await story.states('edited', { '20260101000000_a': 'edited', '20260102000000_b': 'missing_file', '20260103000000_c': 'edited_cosmetic' })
  await story.findings('edited', ['edited 20260101000000_a', 'missing_file 20260102000000_b', 'edited_cosmetic 20260103000000_c',
    'unexplained_object table public.by_hand'])
  await story.prisma(DEPLOY, 0, /No pending migrations/)
}

// Bytes that are not UTF-8, and a byte order mark
async function encodings(story) {
  const { project } = story
  project.migration('20260101000000_latin1', Buffer.from("-- caf\xe9\nCREATE TABLE a (t text DEFAULT 'gr\xfc\xdfe \x80');\n", 'latin1'))
  await story.states('before', { '20260101000000_latin1': 'pending' })
  await story.prisma(DEPLOY, 0, /successfully applied/)
  const applied = { '20260101000000_latin1': 'applied' }
  story.is('as a client reads it', await project.states(), applied)
  const migrations = path.join(project.root, 'migrations')
  await project.sql("SELECT schemadrift_register('{}', 'migrations')")
  const [row] = await project.sql('SELECT entry, note FROM schemadrift_register_directory($1) WHERE path ~ $2', migrations, 'sql$')
  story.is('what the server says of the file', row, { entry: 'migration', note: 'is not UTF-8 from byte 7 on' })
  story.is('as the server reads it', await project.states(), applied)
  await project.sql("SELECT schemadrift_register('{}', $1)", migrations)

  project.migration('20260102000000_mark', '\ufeffCREATE TABLE b (id int);\n')
  await story.states('with a byte order mark', { ...applied, '20260102000000_mark': 'pending' })
  story.like('what to do', await project.next('20260102000000_mark'), /deploy would fail/)
  await story.prisma(DEPLOY, 1, /P3018/)
}

// Into a gap, and with a history that has diverged
async function gaps(story) {
  const { project } = story
  project.migration('20260101000000_a', 'CREATE TABLE a (id int);')
  project.migration('20260103000000_c', 'CREATE TABLE c (id int);')
  await story.prisma(DEPLOY, 0, /successfully applied/)
  project.remove('20260103000000_c')
  project.migration('20260102000000_b', 'CREATE TABLE b (id int);')
  await story.states('diverged', { '20260101000000_a': 'applied', '20260102000000_b': 'pending', '20260103000000_c': 'missing_file' })
  story.is('out of order', await project.sql('SELECT name FROM schemadrift.migrations WHERE out_of_order'), [{ name: '20260102000000_b' }])
  await story.findings('diverged', ['pending 20260102000000_b', 'missing_file 20260103000000_c'])
  await story.prisma(STATUS, 1, /diverge|different/)
  project.migration('20260103000000_c', 'CREATE TABLE c (id int);')
  await story.prisma(STATUS, 1, /not yet been applied/)
  await story.prisma(DEPLOY, 0, /20260102000000_b/)
  await story.states('after', { '20260101000000_a': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'applied' })
  story.is('applied out of order', await project.sql('SELECT name FROM schemadrift.migrations WHERE out_of_order'), [{ name: '20260102000000_b' }])
  await story.findings('after', [])

  // the folder without a script
  project.migration('20260104000000_empty', null)
  await story.states('with an empty folder', { '20260101000000_a': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'applied', '20260104000000_empty': 'empty' })
  await story.findings('with an empty folder', ['empty 20260104000000_empty'])
  story.like('an empty folder', await project.next('20260104000000_empty'), /P3015/)
  await story.prisma(DEPLOY, 1, /P3015/)
}

// A deploy that fails, resolved by Prisma and by schemadrift, both ways
async function fails(story) {
  const { project } = story
  const good = 'CREATE TABLE b (id int);\n'
  project.migration('20260101000000_a', 'CREATE TABLE a (id int);\n')
  project.migration('20260102000000_b', 'CREATE TABLE b (id int);\nSELECT * FROM nowhere;\n')
  project.migration('20260103000000_c', 'CREATE TABLE c (id int);\n')
  await story.prisma(DEPLOY, 1, /P3018/)
  const failed = { '20260101000000_a': 'applied', '20260102000000_b': 'failed', '20260103000000_c': 'pending' }
  await story.states('failed', failed)
  story.is('error', (await project.sql("SELECT error FROM schemadrift.migrations WHERE state = 'failed'"))[0]?.error,
    'ERROR: relation "nowhere" does not exist')
  story.like('what to do', await project.next('20260102000000_b'), /prisma migrate resolve --rolled-back 20260102000000_b and deploy.*P3009/)
  await story.findings('failed', ['failed 20260102000000_b', 'pending 20260103000000_c'])
  await story.prisma(DEPLOY, 1, /P3009/)

  // by schemadrift, then by Prisma: the same rows
  await project.sql('CREATE TEMP TABLE saved AS TABLE _prisma_migrations')
  await story.prisma('migrate resolve --rolled-back 20260102000000_b', 0, /rolled back/)
  const byPrisma = await project.sql(ROWS)
  await project.sql('TRUNCATE _prisma_migrations; INSERT INTO _prisma_migrations TABLE saved')
  await project.sql("SELECT schemadrift_resolve('20260102000000_b', 'rolled_back')")
  story.is('rows rolled back', await project.sql(ROWS), byPrisma)
  project.migration('20260102000000_b', good)
  await story.states('rolled back', { ...failed, '20260102000000_b': 'rolled_back' })
  await story.findings('rolled back', ['rolled_back 20260102000000_b', 'pending 20260103000000_c'])
  story.like('what to do then', await project.next('20260102000000_b'), /prisma migrate deploy/)
  await story.prisma(STATUS, 1, /not yet been applied/)

  // the same for applied
  await project.sql('TRUNCATE _prisma_migrations; INSERT INTO _prisma_migrations TABLE saved; CREATE TABLE b (id int)')
  await story.prisma('migrate resolve --applied 20260102000000_b', 0, /marked as applied/)
  const appliedByPrisma = await project.sql(ROWS)
  await project.sql('TRUNCATE _prisma_migrations; INSERT INTO _prisma_migrations TABLE saved')
  await project.register()
  await project.sql("SELECT schemadrift_resolve('20260102000000_b', 'applied')")
  story.is('rows applied', await project.sql(ROWS), appliedByPrisma)
  await project.sql('DROP TABLE saved')
  await story.states('resolved as applied', { ...failed, '20260102000000_b': 'applied' })
  await story.prisma(STATUS, 1, /20260103000000_c/)
  await story.prisma(DEPLOY, 0, /20260103000000_c/)
  await story.prisma(STATUS, 0, UP_TO_DATE)
  await story.states('at the end', { '20260101000000_a': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'applied' })
  await story.findings('at the end', [])
  await refusals(story)
}

// What Prisma's resolve refuses is refused with its code in the detail.
async function refusals(story) {
  const { project } = story
  const resolve = "SELECT schemadrift_resolve($1, $2, 'prisma')"
  for (const [name, outcome, option, code] of [
    ['20260101000000_a', 'applied', '--applied', 'P3008'],
    ['20260101000000_a', 'rolled_back', '--rolled-back', 'P3012'],
  ]) {
    story.like(`${code} of schemadrift`, (await project.error(resolve, name, outcome)).detail, new RegExp(code))
    await story.prisma(`migrate resolve ${option} ${name}`, 1, new RegExp(code))
  }
  story.is('a name that nobody knows', (await project.error(resolve, '20990101000000_x', 'rolled_back')).code, '42704')
  await story.prisma('migrate resolve --rolled-back 20990101000000_x', 1, /P3011/)

  // a row that is both finished and rolled back is applied again
  await project.sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '20260103000000_c'; DROP TABLE c")
  story.is('finished and rolled back', (await project.states())['20260103000000_c'], 'rolled_back')
  await story.prisma(DEPLOY, 0, /20260103000000_c/)
  await story.states('applied again', { '20260101000000_a': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'applied' })
}

// A schema that was there before Prisma: P3005, resolve --applied as baseline
async function baselines(story) {
  const { project } = story
  await project.sql('CREATE TABLE a (id int)')
  project.migration('0_init', 'CREATE TABLE a (id int);\n')
  project.migration('20260102000000_b', 'CREATE TABLE b (id int);\n')
  await story.prisma(DEPLOY, 1, /P3005/)
  await story.states('before', { '0_init': 'pending', '20260102000000_b': 'pending' })

  await story.prisma('migrate resolve --applied 0_init', 0, /marked as applied/)
  const byPrisma = await project.sql(ROWS)
  const columns = `SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = '_prisma_migrations'::regclass AND attnum > 0 ORDER BY attnum`
  const columnsOfPrisma = await project.sql(columns)
  await project.sql('DROP TABLE _prisma_migrations')
  await project.sql("SELECT schemadrift_resolve('0_init', 'applied')")
  story.is('the table that resolve makes', await project.sql(columns), columnsOfPrisma)
  story.is('its row', await project.sql(ROWS), byPrisma)
  story.is('states', await project.states(), { '0_init': 'applied', '20260102000000_b': 'pending' })
  await story.prisma(DEPLOY, 0, /20260102000000_b/)
  await story.prisma(STATUS, 0, UP_TO_DATE)
  await story.findings('at the end', [])

  // recorded, but not there
  project.migration('20260103000000_c', 'CREATE TABLE c (id int);\n')
  await story.prisma('migrate resolve --applied 20260103000000_c', 0, /marked as applied/)
  await story.states('claimed', { '0_init': 'applied', '20260102000000_b': 'applied', '20260103000000_c': 'claimed' })
  await story.findings('claimed', ['claimed 20260103000000_c'])
  await story.prisma(STATUS, 0, UP_TO_DATE)
}

// An engine that is killed in the middle of a script
async function killed(story) {
  const { project } = story
  project.migration('20260101000000_a', `CREATE TABLE a (id int);\n${GATE}\n`)
  await project.closeGate()
  await project.register()
  let deploy = project.start('migrate', 'deploy')
  let { pid } = await project.waiting()
  story.is('while it runs', await project.states(), { '20260101000000_a': 'running' })
  await story.findings('while it runs', ['running 20260101000000_a'])
  deploy.kill()
  await deploy.end
  story.is('while the server goes on', await project.states(), { '20260101000000_a': 'running' })
  await project.openGate()
  await project.gone(pid)
  story.is('the server has committed it', await project.sql("SELECT to_regclass('a') IS NOT NULL AS is"), [{ is: true }])
  story.is('killed, and committed', await project.states(), { '20260101000000_a': 'interrupted' })
  story.like('what to do', await project.next('20260101000000_a'), /^what it creates is there, .*resolve --applied 20260101000000_a; .*P3009/)
  await story.findings('killed', ['interrupted 20260101000000_a'])
  await story.prisma(DEPLOY, 1, /P3009/)
  await project.sql("SELECT schemadrift_resolve('20260101000000_a', 'applied')")
  await story.prisma(DEPLOY, 0, /No pending migrations/)
  await story.findings('resolved', [])

  project.migration('20260102000000_b', `CREATE TABLE b (id int);\n${GATE}\n`)
  await project.closeGate()
  await project.register()
  deploy = project.start('migrate', 'deploy')
  pid = (await project.waiting()).pid
  deploy.kill()
  await deploy.end
  await project.sql('SELECT pg_terminate_backend($1)', pid)
  await project.gone(pid)
  await project.openGate()
  story.is('killed, and rolled back', await project.states(), { '20260101000000_a': 'applied', '20260102000000_b': 'interrupted' })
  story.like('what to do with that', await project.next('20260102000000_b'), /is not there.*resolve --rolled-back 20260102000000_b.*P3009/)
  await story.prisma(DEPLOY, 1, /P3009/)
  await project.sql("SELECT schemadrift_resolve('20260102000000_b', 'rolled_back')")
  project.migration('20260102000000_b', 'CREATE TABLE b (id int);\n')
  await story.prisma(DEPLOY, 0, /20260102000000_b/)
  await story.states('at the end', { '20260101000000_a': 'applied', '20260102000000_b': 'applied' })
  await story.prisma(STATUS, 0, UP_TO_DATE)
}

// Rows that somebody has put there, which Prisma's status accepts
async function byHand(story) {
  const { project } = story
  const script = 'CREATE TABLE a (id int);\n'
  project.migration('20260101000000_a', script)
  await story.prisma(DEPLOY, 0, /successfully applied/)
  for (const name of ['20260102000000_manual', '20260103000000_none', '20260104000000_twice'])
    project.migration(name, 'SELECT 1;\n')
  const insert = `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
    VALUES (gen_random_uuid(), $1, $2, now() + $3 * interval '1 s', now() + $3 * interval '1 s', 1)`
  const sha = (await project.sql("SELECT encode(sha256('SELECT 1;\n'), 'hex') AS sha"))[0].sha
  await project.sql(insert, 'manual', '20260102000000_manual', 1)
  await project.sql(insert, '', '20260103000000_none', 2)
  await project.sql(insert, sha, '20260104000000_twice', 3)
  await project.sql(insert, 'f'.repeat(64), '20260104000000_twice', 4)
  await story.prisma(STATUS, 0, UP_TO_DATE)
  await story.states('by hand', { '20260101000000_a': 'applied', '20260102000000_manual': 'edited',
    '20260103000000_none': 'edited', '20260104000000_twice': 'applied' })
  story.like('what to do', await project.next('20260103000000_none'), /its row was made by hand/)
  await story.findings('by hand', ['edited 20260102000000_manual', 'edited 20260103000000_none', 'applied_twice 20260104000000_twice'])
  await story.prisma(DEPLOY, 0, /No pending migrations/)

  // the old rendering of a checksum, without padding
  await project.sql(`UPDATE _prisma_migrations SET checksum = regexp_replace(checksum, '0(.)|(..)', '\\1\\2', 'g')
    WHERE migration_name = '20260101000000_a'`)
  story.is('old rendering', (await project.states())['20260101000000_a'], 'applied')
  await story.prisma(STATUS, 0, UP_TO_DATE)
}

// Two applications in one database, each with a schema and a folder
async function schemas(story) {
  const { project } = story
  project.migration('20260101000000_init', 'CREATE TABLE a (id int);\n')
  await project.register('one')
  await story.prisma(DEPLOY, 0, /successfully applied/)
  project.target = 'Two'
  project.migration('20260101000000_init', 'CREATE TABLE b (id int);\n')
  project.migration('20260102000000_more', 'CREATE TABLE c (id int);\n')
  await project.register('two')
  story.is('paths', await project.sql('SELECT path, state, history FROM schemadrift.migrations ORDER BY path'), [
    { path: 'one/20260101000000_init/migration.sql', state: 'applied', history: 'public._prisma_migrations' },
    { path: 'two/20260101000000_init/migration.sql', state: 'pending', history: null },
    { path: 'two/20260102000000_more/migration.sql', state: 'pending', history: null },
  ])
  await story.prisma(DEPLOY, 0, /successfully applied/)
  story.is('histories', await project.sql('SELECT path, state, history FROM schemadrift.migrations ORDER BY path'), [
    { path: 'one/20260101000000_init/migration.sql', state: 'applied', history: 'public._prisma_migrations' },
    { path: 'two/20260101000000_init/migration.sql', state: 'applied', history: '"Two"._prisma_migrations' },
    { path: 'two/20260102000000_more/migration.sql', state: 'applied', history: '"Two"._prisma_migrations' },
  ])
  await story.findings('of both', [])

  // resolving finds the table by the search path
  project.migration('20260103000000_fails', 'SELECT 1/0;\n')
  await story.prisma(DEPLOY, 1, /P3018/)
  await project.sql("SELECT schemadrift_resolve('20260103000000_fails', 'rolled_back')")
  project.migration('20260103000000_fails', 'SELECT 1;\n')
  await story.prisma(DEPLOY, 0, /20260103000000_fails/)
}

// db push leaves no record; reset begins a new one
async function pushes(story) {
  const { project } = story
  project.schema('model Push {\n  id Int @id\n}\n')
  await story.prisma('db push', 0, /in sync/)
  await story.findings('with nothing registered', [])
  project.migration('20260101000000_a', 'CREATE TABLE a (id int);\n')
  await story.states('pushed', { '20260101000000_a': 'pending' })
  await story.findings('pushed', ['pending 20260101000000_a', 'unexplained_object table public."Push"'])

  await story.prisma('migrate reset --force', 0, /reset|applied/)
  story.is('what reset leaves', await project.states(), { '20260101000000_a': 'applied' })
  await story.findings('after reset', [])
  await project.sql("SELECT schemadrift_apply('01_by_hand', 'CREATE TABLE by_hand (id int)')")
  project.write('01_by_hand.sql', 'CREATE TABLE by_hand (id int)')
  await story.states('by hand', { '20260101000000_a': 'applied', '01_by_hand': 'applied' })
  await story.prisma('migrate reset --force', 0, /reset|applied/)
  story.is('reset does not touch the ledger', (await project.states())['01_by_hand'], 'applied')
  await story.findings('after another reset', ['missing_object 01_by_hand'])
  await project.sql("SELECT schemadrift_resolve('01_by_hand', 'rolled_back')")
  await project.sql("SELECT schemadrift_apply('01_by_hand', 'CREATE TABLE by_hand (id int)')")
  await story.findings('applied again', [])
}

// Migrations by hand and Prisma's never run at once.
async function races(story) {
  const { project } = story
  const other = await project.bench.connect(project.database)
  other.on('notice', () => {})
  try {
    await project.sql('CREATE TABLE log (what text, at timestamptz)')
    const note = (what) => `INSERT INTO log VALUES ('${what}', clock_timestamp());`
    project.write('01_by_hand.sql', '')
    await project.sql('CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, ' +
      'finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, ' +
      'started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)')

    // apply first: deploy waits
    project.migration('20260101000000_a', `${note('deploy begins')} ${note('deploy ends')}`)
    await project.closeGate()
    const apply = other.query(`SELECT schemadrift_apply('01_by_hand', $1)`,
      [`${note('apply begins')} ${GATE} ${note('apply ends')}`])
    await project.waiting()
    const waits = project.prisma('migrate', 'deploy')
    await project.waiting(MIGRATIONS)
    await project.openGate()
    const [deployed] = await Promise.all([waits, apply])
    story.is('deploy waits for apply', deployed.code, 0)
    story.is('their order', (await project.sql('SELECT what FROM log ORDER BY at')).map(({ what }) => what),
      ['apply begins', 'apply ends', 'deploy begins', 'deploy ends'])

    // deploy first: apply waits, and says for whom when that is too long
    await project.sql('TRUNCATE log')
    project.migration('20260102000000_b', `${note('deploy begins')} ${GATE} ${note('deploy ends')}`)
    await project.closeGate()
    const deploy = project.start('migrate', 'deploy')
    await project.waiting()
    await other.query("SET schemadrift.lock_timeout = '300ms'")
    const script = note('apply')
    const refused = await other.query("SELECT schemadrift_apply('02_by_hand', $1)", [script]).catch((error) => error)
    story.is('the lock times out', refused.code, '55P03')
    story.like('who holds it', refused.detail, /^Process \d+ of role "\w+" holds it\.$/)
    story.is('nothing is recorded', await project.sql("SELECT FROM schemadrift.ledger WHERE name = '02_by_hand'"), [])
    await other.query("SET schemadrift.lock_timeout = '30s'")
    const second = other.query("SELECT schemadrift_apply('02_by_hand', $1)", [script])
    await project.waiting(MIGRATIONS)
    await project.openGate()
    await Promise.all([second, deploy.end])
    story.is('apply waits for deploy', (await project.sql('SELECT what FROM log ORDER BY at')).map(({ what }) => what),
      ['deploy begins', 'deploy ends', 'apply'])

    // a session between begin and end keeps deploy out, which gives up
    project.migration('20260103000000_c', note('never'))
    await other.query("SELECT schemadrift_begin('03_by_hand')")
    await story.prisma(DEPLOY, 1, /P1002/)
    await other.query('SELECT schemadrift_end()')
    await story.prisma(DEPLOY, 0, /20260103000000_c/)
  } finally {
    await other.end()
  }
}

// The booking database: Prisma's migrations and 01 to 06 are there, applied by
// psql and recorded nowhere; 07 is not.
async function hybrid(story) {
  const { project } = story
  const fixture = path.join(home, '..', 'fixtures', 'booking')
  fs.cpSync(path.join(fixture, 'migrations'), path.join(project.root, 'migrations'), { recursive: true })
  execFileSync(path.join(fixture, 'load.sh'), ['6'], { env: { ...process.env, PGDATABASE: project.database } })
  await story.prisma(STATUS, 0, UP_TO_DATE)
  const hand = ['01_add_webhook_events', '02_add_multi_tenancy', '03_add_booking_rules', '04_add_performance_indexes',
    '05_add_row_level_security', '06_add_invoices_and_reporting', '07_add_scheduling_platform']
  const all = (states) => Object.fromEntries([['20251016140827_initial_schema', 'applied'],
    ['20251023152454_add_password_hash', 'applied'], ...hand.map((name, i) => [name, states[i] ?? states.at(-1)])])
  await story.states('on day one', all(['pending']))
  const adopted = await project.sql('SELECT name, outcome FROM schemadrift_adopt_all()')
  story.is('adopted', adopted, hand.map((name, i) => ({ name, outcome: i < 6 ? 'adopted' : 'refused' })))
  story.is('states once adopted', await project.states(), all([...Array(6).fill('applied'), 'pending']))
  await story.findings('once adopted', ['pending 07_add_scheduling_platform'])
  story.is('proof', await project.sql("SELECT DISTINCT proof FROM schemadrift.ledger"), [{ proof: 'effect' }])

  const script = fs.readFileSync(path.join(fixture, 'migrations', '07_add_scheduling_platform.sql'), 'utf8')
  story.is('07', await project.sql("SELECT schemadrift_apply('07_add_scheduling_platform', $1)", script), [{ schemadrift_apply: 'applied' }])
  story.is('states at the end', await project.states(), all(['applied']))
  await story.findings('at the end', [])
  await story.prisma(STATUS, 0, UP_TO_DATE)
  await story.prisma(DEPLOY, 0, /No pending migrations/)
  const expected = fs.readFileSync(path.join(fixture, 'expected.json'), 'utf8')
  story.is('it is the schema that was agreed on', await project.sql('SELECT * FROM schemadrift_check($1)', expected), [])
}

const stories = { deploys, encodings, gaps, fails, baselines, killed, byHand, schemas, pushes, races, hybrid }

await tell(stories, { claim: 'the ledger' })
