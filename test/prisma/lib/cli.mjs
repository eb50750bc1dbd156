// Proof that the engine called directly answers as the command line does.
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as corpus from './corpus.mjs'
import { home } from './oracle.mjs'

const SCHEMAS = 4               // of which the script and two exit codes are compared
const INVALID = 4

// { code, stdout, stderr } of the command line in a database; `more` is
// environment
export function commandLine(major, user, database, schema, args, more = {}) {
  const { PGHOST, PGPORT } = process.env
  const env = {
    ...process.env,
    ...more,
    SCHEMA: schema,
    DATABASE_URL: `postgresql://${user}@localhost:${PGPORT ?? 5432}/${database}?host=${encodeURIComponent(PGHOST)}&schema=public`,
  }
  return new Promise((resolve) => {
    execFile(path.join(home, 'bin', `prisma${major}`), args, { env, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }))
  })
}

// The same for `files`, which stand in a directory of their own meanwhile
async function prisma(major, files, database, ...args) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'prisma-cli.'))
  for (const { path: file, content } of files)
    fs.writeFileSync(path.join(directory, path.basename(file)), content)
  const schema = files.length === 1 ? path.join(directory, path.basename(files[0].path)) : directory
  try {
    return await commandLine(major, process.env.PGUSER ?? 'postgres', database, schema, args.map((arg) => arg === 'SCHEMA' ? schema : arg))
  } finally {
    fs.rmSync(directory, { recursive: true })
  }
}

const spread = (list, wanted) => {
  const step = Math.max(1, Math.floor(list.length / wanted))
  return list.filter((_, i) => i % step === step - 1).slice(0, wanted)
}

async function sameScript(bench, engine, schema, test) {
  const args = engine.major === 7 ? '--to-schema' : '--to-schema-datamodel'
  const files = schema.files.map((file) => ({ ...file, content: engine.schema(file.content) }))
  const cli = await prisma(engine.major, files, 'postgres', 'migrate', 'diff', '--from-empty', args, 'SCHEMA', '--script')
  const script = await engine.script(bench.client, schema.files)
  test(`command line of Prisma ${engine.major}, ${schema.name}: same script`,
    cli.code === 0 && cli.stdout.trim() === script.trim() ? null : `${cli.code} ${cli.stderr}\n${cli.stdout}\nengine:\n${script}`)
  return script
}

// The exit code over a database of its own, as made and after one mutation
async function sameExitCodes(bench, engine, schema, script, test) {
  const database = 'prisma_cli'
  const ask = () => prisma(7, schema.files, database, 'migrate', 'diff', '--from-config-datasource', '--to-schema', 'SCHEMA', '--exit-code')
  await bench.recreate(database)
  const client = await bench.connect(database)
  client.on('notice', () => {})
  try {
    await client.query(script)
    await client.query(corpus.targets())
    const mutations = corpus.mutations()
    let statement = null
    for (let i = corpus.hash(schema.name); !statement; i++)
      statement = (await client.query({ text: mutations[i % mutations.length].query, rowMode: 'array' })).rows[0]?.[0]
    for (const change of [null, statement]) {
      if (change)
        await client.query(change)
      const direct = await engine.compare(client, schema.files)
      const cli = await ask()
      test(`command line of Prisma 7, ${schema.name}: same exit code${change ? ` after ${change}` : ''}`,
        cli.code === direct.exitCode && cli.stdout.trim() === direct.stdout.trim() ? null
          : `${cli.code} ${cli.stderr}\n${cli.stdout}\nengine: ${direct.exitCode}\n${direct.stdout}`)
    }
  } finally {
    await client.end()
    await bench.administer(`DROP DATABASE ${database}`)
  }
}

async function sameLine(engine, one, test) {
  const files = [{ path: 'schema.prisma', content: one.text }]
  const cli = await prisma(7, files, 'postgres', 'validate')
  // eslint-disable-next-line no-control-regex
  const line = /-->\s+\S*?:(\d+)/.exec(cli.stderr.replace(/\x1b\[[0-9;]*m/g, ''))?.[1]
  const [first] = engine.validate(files)
  test(`command line of Prisma 7, ${one.name}: same line`,
    cli.code === 1 && +line === first.line ? null : `${cli.code} ${cli.stderr}\n${cli.stdout}\nengine: ${JSON.stringify(first)}`)
}

export async function againstCli(bench, engine, older, schemas, test) {
  const several = schemas.filter(({ files }) => files.length > 1)
  for (const schema of new Set([...spread(schemas, SCHEMAS), ...several]))
    await sameExitCodes(bench, engine, schema, await sameScript(bench, engine, schema, test), test)
  for (const one of spread(corpus.invalid(), INVALID))
    await sameLine(engine, one, test)
  for (const schema of spread(schemas.filter(({ text }) => !/\bwhere:/.test(text)), 2))
    await sameScript(bench, older, schema, test)
}
