// Compares schemadrift_prisma() and the check with the real Prisma Migrate.
// README.md says what is compared.  Needs a server with schemadrift, by the
// usual variables (PGHOST, PGPORT, PGUSER), and npm's packages in place.
import { parseArgs } from 'node:util'
import { Agreement } from './lib/agree.mjs'
import { Bench } from './lib/bench.mjs'
import { againstCli } from './lib/cli.mjs'
import * as corpus from './lib/corpus.mjs'
import { Prisma } from './lib/oracle.mjs'
import { invalidAgree, mangledAgree } from './lib/reject.mjs'
import { Tally } from './lib/tally.mjs'

const USAGE = `usage: node run.mjs [option ...]

  --only TEXT      only schemas and invalid schemas whose name has TEXT in it
  --every-target   each mutation on every object that it applies to, not on one
  --mutations N    N mutations of each schema, not all
  --slips N        N schemas with a slip made from each schema, not 4
  --first-slip N   begin with another slip than number 0
  --no-cli         leave the command line out
  --oracle         ask only Prisma, for work on the data
  --verbose        show what Prisma sees of each mutation`

const FEWEST_SCHEMAS = 60

function readOptions() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      only: { type: 'string', default: '' },
      'every-target': { type: 'boolean' },
      mutations: { type: 'string', default: 'Infinity' },
      slips: { type: 'string', default: '4' },
      'first-slip': { type: 'string', default: '0' },
      'no-cli': { type: 'boolean' },
      oracle: { type: 'boolean' },
      verbose: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  const first = +values['first-slip']
  return {
    only: values.only,
    everyTarget: values['every-target'],
    mutations: +values.mutations,
    slips: Array.from({ length: +values.slips }, (_, i) => first + i),
    cli: !values['no-cli'],
    oracle: values.oracle,
    verbose: values.verbose,
  }
}

const section = (text) => console.log(`# ${text}`)

// Every construct occurs: in a schema, or in one that Prisma rejects for it.
function constructsOccur(tally, schemas) {
  const all = {
    schemas: schemas.map(({ text }) => text).join('\n'),
    invalid: corpus.invalid().map(({ text }) => text).join('\n'),
  }
  tally.test(`at least ${FEWEST_SCHEMAS} schemas`, schemas.length < FEWEST_SCHEMAS ? `${schemas.length}` : null)
  tally.test('a schema of several files', schemas.some(({ files }) => files.length > 1) ? null : 'there is none')
  for (const { name, pattern, where } of corpus.constructs())
    tally.test(`construct: ${name}`, pattern.test(all[where]) ? null : `nothing in ${where} has ${pattern}`, 'constructs that occur')
}

// Valid with that version; others are not compared.
function understood(prisma, schemas) {
  return schemas.filter(({ files }) => prisma.validate(files) === null)
}

// All of it; what there is to note of it
async function compareAll(bench, prisma, tally, options) {
  const started = Date.now()
  const schemas = corpus.schemas().filter(({ name }) => name.includes(options.only))
  const newest = new Agreement(bench, prisma, tally, options)
  if (!options.only)
    constructsOccur(tally, schemas)

  section('Prisma 7: schemas and mutations')
  for (const { name, files } of schemas) {
    const errors = prisma.validate(files)
    tally.test(`${name}: valid`, errors && JSON.stringify(errors))
  }
  for (const schema of understood(prisma, schemas))
    await newest.schema(schema)
  section('Prisma 7: invalid schemas')
  await invalidAgree(bench, prisma, tally, options)
  if (!options.oracle) {
    await mangledAgree(bench, prisma, tally, options, schemas, options.slips)
    section('another target schema')
    for (const schema of schemas.filter(({ text }) => !/^ *(schemas|extensions)\s*=/m.test(text)))
      await newest.elsewhere(schema)
    section('made by hand')
    for (const one of corpus.handmade()) {
      const schema = schemas.find(({ name }) => name === one.schema)
      if (schema)
        await newest.handmade(one, schema)
    }
  }

  section('Prisma 6')
  const older = await Prisma.load(6)
  const sixth = new Agreement(bench, older, tally, { ...options, everyTarget: false })
  for (const schema of understood(older, schemas))
    await sixth.schema(schema)
  await invalidAgree(bench, older, tally, options)

  if (options.cli) {
    section('the command line')
    await againstCli(bench, prisma, older, schemas, (...args) => tally.test(...args))
  }
  if (!options.oracle && !options.only && options.mutations === Infinity) {
    newest.exceptionsAreNeeded()
    sixth.exceptionsAreNeeded()
  }
  for (const [name, times] of newest.unseen)
    console.log(`Prisma does not see: ${name} (${times})`)
  return `${schemas.length} schemas, ${newest.restless} of which Prisma 7 never sees as applied; ` +
    `it sees ${newest.seen} of the mutations; ${Math.round((Date.now() - started) / 1000)} s`
}

async function main() {
  const options = readOptions()
  const tally = new Tally()
  const prisma = await Prisma.load(7)
  const bench = await Bench.open(prisma.pg, `prisma_oracle_${process.pid}`, !options.oracle)
  let note
  try {
    await bench.client.query(corpus.targets())
    note = await compareAll(bench, prisma, tally, options)
  } finally {
    await bench.close()
  }
  tally.finish(note)
}

await main()
