// The real Prisma Migrate, its engine called directly: the same WebAssembly
// that the CLI runs (through shim/), but without a process for each question.
// cli.mjs proves on a sample that the answers are those of the CLI.
import { createRequire } from 'node:module'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const home = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')

// Catalog types that adapter-pg refuses, as shim/ sends them: "char", name,
// name[], "char"[], int2vector, oidvector, pg_node_tree.
const CATALOG_TYPES = { 18: 25, 19: 25, 1003: 1009, 1002: 1009, 22: 25, 30: 25, 194: 25 }

const PROVIDER = /^(\s*provider\s*=\s*"postgres(ql)?")/mg

// A panic of the engine does not reach the promise that waits for it.
let onPanic = () => {}
let panicText = ''
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (text) => { panicText = text } }
process.on('uncaughtException', (error) => {
  if (!(error instanceof WebAssembly.RuntimeError))
    throw error
  onPanic(new Error(`the engine panicked: ${panicText}`))
})

async function loadEngine(require) {
  const dir = path.dirname(require.resolve('@prisma/schema-engine-wasm'))
  // The query makes it a module of its own for each version of Prisma.
  const glue = await import(pathToFileURL(path.join(dir, 'schema_engine_bg.js')).href)
  const module = new WebAssembly.Module(fs.readFileSync(path.join(dir, 'schema_engine_bg.wasm')))
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  return glue.SchemaEngine
}

// Prisma of one major version, whose packages are in prisma<major>/.
export class Prisma {
  static async load(major) {
    const prisma = new Prisma()
    const require = createRequire(path.join(home, `prisma${major}`, 'package.json'))
    const fromAdapter = { paths: [path.dirname(require.resolve('@prisma/adapter-pg'))] }
    prisma.major = major
    prisma.pg = require(require.resolve('pg', fromAdapter))
    prisma.driver = require(require.resolve('@prisma/driver-adapter-utils', fromAdapter))
    prisma.adapter = await import(pathToFileURL(require.resolve('@prisma/adapter-pg')).href)
    prisma.Engine = await loadEngine(require)
    prisma.language = require('@prisma/prisma-schema-wasm')
    return prisma
  }

  // Prisma 6 wants the address in the schema, Prisma 7 refuses it there.
  schema(text) {
    return this.major === 7 ? text : text.replace(PROVIDER, '$1\n  url = env("DATABASE_URL")')
  }

  // The line of a schema, from that of what schema() made of it
  lineOf(text, line) {
    for (const { index, 0: provider } of this.major === 7 ? [] : text.matchAll(PROVIDER))
      line -= line > text.slice(0, index + provider.length).split('\n').length
    return line
  }

  container(files) {
    return { files: files.map(({ path, content }) => ({ path, content: this.schema(content) })) }
  }

  // null, or what `prisma validate` says: { message, line } of each error
  validate(files) {
    try {
      const prismaSchema = files.map(({ path, content }) => [path, this.schema(content)])
      this.language.validate(JSON.stringify({ prismaSchema, noColor: true }))
      return null
    } catch (error) {
      const found = []
      if (error instanceof WebAssembly.RuntimeError)
        throw new Error('the validation panicked')
      const { message } = JSON.parse(error.message)
      let last = null
      for (const line of message.split('\n')) {
        const text = /^error: (.*)$/.exec(line)
        const place = /^ *--> +\S*?:(\d+)$/.exec(line)
        if (text)
          found.push((last = { message: text[1], line: null }))
        else if (place && last && last.line === null)
          last.line = this.lineOf(files[0].content, +place[1])
      }
      return found.length ? found : [{ message, line: null }]
    }
  }

  // The SQL of `prisma migrate diff --from-empty --to-schema ... --script`
  async script(client, files) {
    const answer = await this.diff(client, files, {
      from: { tag: 'empty' },
      to: { tag: 'schemaDatamodel', ...this.container(files) },
      script: true,
      exitCode: null,
    })
    return answer.stdout
  }

  // What `prisma migrate diff --from-config-datasource --to-schema ...` says of
  // the database as `client` sees it inside its transaction: exitCode 0 or 2.
  async compare(client, files) {
    return this.diff(client, files, {
      from: { tag: 'schemaDatasource', configDir: '/', ...this.container(files) },
      to: { tag: 'schemaDatamodel', ...this.container(files) },
      script: false,
      exitCode: true,
    })
  }

  // An engine remembers the preview features of the schema that it saw first,
  // so each schema gets one of its own.
  async diff(client, files, params) {
    this.client = client
    if (this.engineOf !== files) {
      this.engine?.free()
      this.engine = await this.start()
      this.engineOf = files
    }
    const panic = new Promise((_, reject) => { onPanic = reject })
    try {
      return await Promise.race([panic, this.engine.diff({ ...params, filters: { externalTables: [], externalEnums: [] } })])
    } catch (error) {
      this.engineOf = null        // after a panic it is of no use
      throw new Error(String(error?.message ?? error))
    }
  }

  async start() {
    const open = () => this.connection()
    const factory = { provider: 'postgres', adapterName: '@prisma/adapter-pg', connect: open, connectToShadowDb: open }
    return this.Engine.new({ datamodels: undefined }, () => {}, this.driver.bindMigrationAwareSqlAdapterFactory(factory))
  }

  // adapter-pg over our own connection, with what shim/ mends in it.  The
  // engine keeps it, so it goes to whatever client is the current one.
  async connection() {
    const adapter = await new this.adapter.PrismaPg({ connectionString: 'postgresql://unused' }, { schema: 'public' }).connect()
    await adapter.underlyingDriver().end()
    adapter.client = { query: (...args) => this.client.query(...args) }
    let chars = []
    const query = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async (q) => {
      const result = await query(q)
      for (const i of chars)
        result.columnTypes[i] = this.driver.ColumnTypeEnum.Character
      return result
    }
    const perform = adapter.performIO.bind(adapter)
    adapter.performIO = async (q) => {
      const result = await perform(q)
      chars = (result.fields ?? []).flatMap((f, i) => (f.dataTypeID === 18 ? [i] : []))
      for (const f of result.fields ?? [])
        f.dataTypeID = CATALOG_TYPES[f.dataTypeID] ?? f.dataTypeID
      return result
    }
    adapter.executeScript = async (script) => { await this.client.query(script) }
    adapter.dispose = async () => {}
    return adapter
  }
}
