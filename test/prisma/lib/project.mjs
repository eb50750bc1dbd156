// A project as people have it: a schema, a folder of migrations, a database
// with schemadrift in it, and Prisma's command line.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { home } from './oracle.mjs'

const HEADER = { 6: '  url = env("DATABASE_URL")\n', 7: '' }

// A statement that waits for the gate of its project
export const GATE = 'SELECT pg_advisory_xact_lock(1);'

// The lock that all migrations share
export const MIGRATIONS = 72707369

// eslint-disable-next-line no-control-regex
const plain = (text) => text.replace(/\x1b\[[0-9;]*m/g, '')

export class Project {
  // `bench` administers the server; the database is made anew.
  static async open(bench, major, name, models = '') {
    const project = new Project()
    project.bench = bench
    project.major = major
    project.database = `prisma_story_${major}_${name.toLowerCase()}`
    project.target = 'public'     // the schema that Prisma works in
    project.user = process.env.PGUSER ?? 'postgres'     // the role that it works as
    await bench.recreate(project.database)
    project.client = await bench.connect(project.database)
    project.client.on('notice', () => {})
    await project.sql('CREATE EXTENSION schemadrift')
    project.root = fs.mkdtempSync(path.join(os.tmpdir(), 'prisma-story.'))
    fs.chmodSync(project.root, 0o755)   // for schemadrift_register_directory()
    project.schema(models)
    project.write('migration_lock.toml', 'provider = "postgresql"\n')
    return project
  }

  async close() {
    await this.client.end()
    fs.rmSync(this.root, { recursive: true })
    await this.bench.administer(`DROP DATABASE ${this.database} WITH (FORCE)`)
  }

  // Prisma works as that role, which owns the schema then.
  async workAs(role) {
    this.user = role
    await this.sql(`ALTER SCHEMA ${this.target} OWNER TO ${role}`)
  }

  // The models of schema.prisma
  schema(models) {
    fs.writeFileSync(path.join(this.root, 'schema.prisma'),
      `datasource db {\n  provider = "postgresql"\n${HEADER[this.major]}}\n\n${models}`)
  }

  // A file of the folder; null for an empty directory
  write(name, content) {
    const file = path.join(this.root, 'migrations', name)
    fs.mkdirSync(content === null ? file : path.dirname(file), { recursive: true })
    if (content !== null)
      fs.writeFileSync(file, content)
  }

  // A migration of Prisma
  migration(name, script) {
    this.write(script === null ? name : `${name}/migration.sql`, script)
  }

  remove(name) {
    fs.rmSync(path.join(this.root, 'migrations', name), { recursive: true })
  }

  // As what schemadrift_register() takes
  files() {
    const root = path.join(this.root, 'migrations')
    const files = {}
    for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
      const full = path.join(entry.parentPath ?? entry.path, entry.name)
      const name = path.relative(root, full)
      if (entry.isFile())
        files[name] = fs.readFileSync(full, 'utf8')
      else if (!fs.readdirSync(full).length)
        files[name] = null
    }
    return files
  }

  register(directory = 'migrations') {
    return this.sql('SELECT * FROM schemadrift_register($1, $2)', JSON.stringify(this.files()), directory)
  }

  // Rows of a query
  async sql(text, ...values) {
    return (await this.client.query(text, values)).rows
  }

  // The same as arrays
  async rows(text, ...values) {
    return (await this.client.query({ text, values, rowMode: 'array' })).rows
  }

  // { code, message, hint } of the error that a query raises
  async error(text, ...values) {
    try {
      await this.client.query(text, values)
      return {}
    } catch (error) {
      return error
    }
  }

  // The command line under way: `end` is a promise of { code, output }
  start(...args) {
    const { PGHOST, PGPORT } = process.env
    const child = spawn(path.join(home, 'bin', `prisma${this.major}`), args, {
      detached: true,             // a group of processes, to be killed as one
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        SCHEMA: path.join(this.root, 'schema.prisma'),
        MIGRATIONS: path.join(this.root, 'migrations'),
        DATABASE_URL: `postgresql://${this.user}@localhost:${PGPORT ?? 5432}/${this.database}` +
          `?host=${encodeURIComponent(PGHOST)}&schema=${this.target}`,
      },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => { output += data })
    const end = new Promise((resolve) => {
      child.on('close', (code) => resolve({ code, output: plain(output) }))
    })
    return { end, kill: () => process.kill(-child.pid, 'SIGKILL') }
  }

  prisma(...args) {
    return this.start(...args).end
  }

  // Waits until the query has a row, and returns that.
  async until(text, ...values) {
    for (let i = 0; i < 600; i++) {
      const [row] = await this.sql(text, ...values)
      if (row)
        return row
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`in vain: ${text}`)
  }

  // A script with GATE in it stops there while the gate is closed.
  closeGate() {
    return this.sql('SELECT pg_advisory_lock(1)')
  }

  openGate() {
    return this.sql('SELECT pg_advisory_unlock(1)')
  }

  // The backend that waits for an advisory lock: that of the gate or, of all
  // migrations
  waiting(key = 1) {
    return this.until(`SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted AND l.objid = $1`, key)
  }

  gone(pid) {
    return this.until('SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)', pid)
  }

  // { name: state } of all migrations, in their order
  async states() {
    const rows = await this.sql('SELECT name, state FROM schemadrift.migrations ORDER BY place')
    return Object.fromEntries(rows.map(({ name, state }) => [name, state]))
  }

  async next(name) {
    return (await this.sql('SELECT next FROM schemadrift.migrations WHERE name = $1', name))[0]?.next ?? null
  }

  // "finding name" or "finding place" of each row of schemadrift_reconcile()
  async findings() {
    const rows = await this.sql('SELECT finding, coalesce(name, place) AS what FROM schemadrift_reconcile()')
    return rows.map(({ finding, what }) => `${finding} ${what}`)
  }
}
