// Compares schemadrift_prisma() and the check with the real Prisma Migrate.
// README.md says what is compared.  Needs a server with schemadrift, by the
// usual variables (PGHOST, PGPORT, PGUSER), and npm's packages in place.
//
//   node run.mjs [--oracle] [--every-target] [--only TEXT] [--no-cli] [--verbose]
//
// --oracle asks only Prisma, for work on the data; --every-target tries each
// mutation on every object that it applies to, not on one; --only takes the
// schemas and invalid schemas whose name has TEXT in it; --no-cli leaves the
// command line out; --verbose shows what Prisma sees of each mutation.
import { Prisma } from './lib/oracle.mjs'
import { Bench } from './lib/bench.mjs'
import * as corpus from './lib/corpus.mjs'
import { againstCli } from './lib/cli.mjs'

const options = { oracle: false, verbose: false, everyTarget: false, only: '', cli: true }
for (let i = 2; i < process.argv.length; i++) {
  const arg = process.argv[i]
  if (arg === '--oracle') options.oracle = true
  else if (arg === '--every-target') options.everyTarget = true
  else if (arg === '--verbose') options.verbose = true
  else if (arg === '--no-cli') options.cli = false
  else if (arg === '--only') options.only = process.argv[++i]
  else throw new Error(`unknown argument ${arg}`)
}

const MUTATIONS_PER_SCHEMA = 10
const tally = { passed: 0, failed: 0 }

// One test: `wrong` is null or says what is wrong.
function test(name, wrong) {
  if (wrong === null) {
    tally.passed++
  } else {
    tally.failed++
    console.log(`not ok: ${name}\n${String(wrong).replace(/^/gm, '    ')}`)
  }
}

const mutations = corpus.mutations()
const exceptions = corpus.exceptions()
const exceptionFor = (schema, mutation, who) =>
  exceptions.find((one) => one.schema.test(schema.name) && one.mutation.test(mutation.name) && one.who === who)

const section = (text) => console.log(`# ${text}`)
const rowText = (row) => ['drift', 'kind', 'identity', 'attribute', 'expected', 'actual'].map((key) => row[key]).join('|')
const rowsText = (rows) => rows.slice(0, 5).map(rowText).join('\n') + (rows.length > 5 ? `\n... ${rows.length} rows` : '')

// A summary, whatever the order of the tables.
const lines = (answer) => answer.stdout.split('\n').sort().join('\n')

// Every construct occurs in a schema.
function constructsOccur(schemas) {
  section('constructs')
  const all = schemas.map((schema) => schema.text).join('\n')
  for (const { name, pattern } of corpus.constructs())
    test(`construct: ${name}`, pattern.test(all) ? null : `no schema has ${pattern}`)
}

// (a) Prisma's own script leaves no drift; (b) after a mutation both answer
// alike.  Prisma sees a mutation when its summary is another than before,
// which for most schemas is the same as exit code 2.
async function schemaAgrees(bench, prisma, schema, counts) {
  const invalid = prisma.validate(schema.files)
  if (invalid)
    return test(schema.name, `not a valid schema: ${JSON.stringify(invalid)}`)
  const script = await prisma.script(bench.client, schema.files)
  await bench.inTransaction(async () => {
    await bench.run(script)
    const before = await prisma.compare(bench.client, schema.files)
    counts.restless += before.exitCode === 2
    if (!options.oracle) {
      const answer = await bench.check(schema.text)
      test(`${schema.name}: no drift after Prisma's script`, answer.error ?? (answer.rows.length ? rowsText(answer.rows) : null))
      if (answer.error || answer.rows.length)
        return
    }
    const applied = await schemaMutated(bench, prisma, schema, before, counts)
    test(`${schema.name}: enough mutations apply`, applied < MUTATIONS_PER_SCHEMA && /^model /m.test(schema.text)
      ? `only ${applied} of ${MUTATIONS_PER_SCHEMA}` : null)
  })
}

async function schemaMutated(bench, prisma, schema, before, counts) {
  let applied = 0
  for (const mutation of mutations) {
    const statements = await bench.targets(mutation.query)
    if (!statements.length)
      continue
    applied++
    const chosen = options.everyTarget ? statements : [statements[corpus.hash(schema.name + mutation.name) % statements.length]]
    for (const statement of chosen)
      await mutationAgrees(bench, prisma, schema, mutation, statement, before, counts)
  }
  return applied
}

async function mutationAgrees(bench, prisma, schema, mutation, statement, before, counts) {
  const name = `${schema.name}: ${mutation.name}`
  await bench.inSavepoint(async () => {
    const failure = await bench.attempt(statement)
    if (failure)
      return test(name, `the mutation fails: ${failure}\n${statement}`)
    const after = await prisma.compare(bench.client, schema.files)
    const seen = lines(after) !== lines(before)
    if (options.verbose)
      console.log(`${seen ? 'seen' : 'unseen'}\t${schema.name}\t${mutation.name}\t${statement}`)
    counts.mutations++
    counts.seen += seen
    if (mutation.blind && seen)
      return test(name, `Prisma is not blind to it\n${statement}\n${after.stdout}`)
    if (!mutation.blind && !seen)
      counts.unseen.set(mutation.name, (counts.unseen.get(mutation.name) ?? 0) + 1)
    if (options.oracle)
      return test(name, null)
    const answer = await bench.check(schema.text)
    const drift = !answer.error && answer.rows.length > 0
    // Where Prisma never sees its own script as applied, its exit code is 2.
    const agrees = !answer.error && (seen === drift || drift && before.exitCode === 2 && !mutation.blind)
    const exception = exceptionFor(schema, mutation, drift ? 'check' : 'Prisma')
    counts.agreed += agrees
    if (!agrees && !answer.error && exception) {
      exception.used++
      counts.excepted++
      return test(name, null)
    }
    test(name, agrees ? null : [statement, `Prisma: ${seen ? 'drift' + after.stdout.trimEnd() : 'no drift'}`,
      `check: ${answer.error ?? (answer.rows.length ? 'drift\n' + rowsText(answer.rows) : 'no drift')}`].join('\n'))
  })
}

// A schema other than public: there is no drift after Prisma's script there.
async function otherSchemaAgrees(bench, prisma, schemas, counts) {
  section('another target schema')
  for (const schema of schemas.filter(({ text }) => !/^ *(schemas|extensions)\s*=/m.test(text))) {
    const script = await prisma.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run('CREATE SCHEMA "Other"; SET LOCAL search_path = "Other"')
      await bench.run(script)
      const answer = await bench.check(schema.text, {}, 'Other')
      counts.other++
      test(`${schema.name}: no drift in another schema`, answer.error ?? (answer.rows.length ? rowsText(answer.rows) : null))
    })
  }
}

// Databases that are not of Prisma's making alone.
async function handmadeAgree(bench, prisma, schemas) {
  section('made by hand')
  for (const { name, schema: wanted, answers, sql } of corpus.handmade()) {
    const schema = schemas.find((one) => one.name === wanted)
    if (!schema)
      continue
    const script = await prisma.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run(script)
      await bench.run(sql)
      for (const { settings, drift } of answers) {
        const answer = await bench.check(schema.text, settings)
        const right = !answer.error && answer.rows.length > 0 === drift
        test(`${name} ${JSON.stringify(settings)}`, right ? null : answer.error ?? (rowsText(answer.rows) || 'no drift'))
      }
    })
  }
}

// (c) What Prisma rejects is rejected with the same line: by its form with
// that of the first error that Prisma shows; else with that of one of them, as
// Prisma sorts those by what it looks at first.
async function invalidAgree(bench, prisma, counts) {
  section('invalid schemas')
  for (const { name, text } of corpus.invalid().filter((one) => one.name.includes(options.only))) {
    const errors = prisma.validate([{ path: 'schema.prisma', content: text }])
    counts.invalid++
    if (!errors)
      test(name, 'Prisma accepts it')
    else if (options.oracle)
      console.log(`${name}: ${errors.map((error) => `${error.line} ${error.message}`).join(' | ')}`)
    else
      test(name, await bench.rejected(text, errors, name.startsWith('syntax') ? errors.slice(0, 1) : errors))
  }
}

// Prisma 6, for every schema that it understands.
async function olderAgrees(bench, older, schemas, counts) {
  section('Prisma 6')
  for (const schema of schemas) {
    if (/\bwhere:/.test(schema.text))
      continue
    const script = await older.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run(script)
      const answer = await bench.check(schema.text)
      counts.older++
      test(`Prisma 6, ${schema.name}: no drift after its script`, answer.error ?? (answer.rows.length ? rowsText(answer.rows) : null))
    })
  }
}

function report(schemas, counts, seconds) {
  const whole = !options.oracle && !options.only
  for (const [name, times] of counts.unseen)
    console.log(`Prisma does not see: ${name} (${times})`)
  if (whole)
    for (const { line, used } of exceptions)
      test(`exception: ${line}`, used ? null : 'nothing needs it any more')
  console.log(`note: ${schemas.length} schemas (${counts.restless} that Prisma itself never sees as applied), ` +
    `${counts.mutations} mutations (${counts.seen} seen by Prisma` +
    (options.oracle ? '), ' : `; the check agrees on ${counts.agreed}, ${counts.excepted} are named exceptions), `) +
    `${counts.invalid} invalid schemas, ${counts.older} schemas with Prisma 6, ${counts.other} in another schema, ${seconds} s`)
}

async function main() {
  const started = Date.now()
  const prisma = await Prisma.load(7)
  const schemas = corpus.schemas().filter((schema) => schema.name.includes(options.only))
  const counts = { mutations: 0, seen: 0, invalid: 0, restless: 0, older: 0, other: 0, agreed: 0, excepted: 0, unseen: new Map() }
  const bench = await Bench.open(prisma.pg, 'prisma_oracle', !options.oracle)
  try {
    await bench.client.query(corpus.targets())
    if (!options.only)
      constructsOccur(schemas)
    section('schemas and mutations')
    for (const schema of schemas)
      await schemaAgrees(bench, prisma, schema, counts)
    await invalidAgree(bench, prisma, counts)
    const older = await Prisma.load(6)
    if (!options.oracle) {
      await otherSchemaAgrees(bench, prisma, schemas, counts)
      await handmadeAgree(bench, prisma, schemas)
      await olderAgrees(bench, older, schemas, counts)
    }
    if (options.cli) {
      section('the command line')
      await againstCli(bench, prisma, older, schemas, test)
    }
  } finally {
    await bench.close()
  }
  report(schemas, counts, Math.round((Date.now() - started) / 1000))
  console.log(`${tally.passed} passed, ${tally.failed} failed`)
  process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1)
}

await main()
