// A database for one schema after the other: each is made, changed and asked
// about inside a transaction that is rolled back.
export class Bench {
  // Makes the database, with the extension in it if `extension`.
  static async open(pg, database, extension) {
    const bench = new Bench()
    bench.pg = pg
    bench.database = database
    await bench.recreate(database)
    bench.client = await bench.connect(database)
    bench.client.on('notice', () => {})
    if (extension)
      await bench.client.query('CREATE EXTENSION schemadrift')
    return bench
  }

  async connect(database) {
    const client = new this.pg.Client({
      host: process.env.PGHOST, port: +(process.env.PGPORT ?? 5432), user: process.env.PGUSER ?? 'postgres', database,
    })
    await client.connect()
    return client
  }

  // Runs statements that cannot be in a transaction.
  async administer(...statements) {
    const admin = await this.connect('postgres')
    try {
      for (const statement of statements)
        await admin.query(statement)
    } finally {
      await admin.end()
    }
  }

  recreate(database) {
    return this.administer(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database} TEMPLATE template0`)
  }

  async close() {
    await this.client.end()
    await this.administer(`DROP DATABASE ${this.database}`)
  }

  async inTransaction(work) {
    await this.client.query('BEGIN')
    try {
      return await work()
    } finally {
      await this.client.query('ROLLBACK')
    }
  }

  async inSavepoint(work) {
    await this.client.query('SAVEPOINT bench')
    try {
      return await work()
    } finally {
      await this.client.query('ROLLBACK TO SAVEPOINT bench; RELEASE SAVEPOINT bench')
    }
  }

  async run(script) {
    await this.client.query(script)
  }

  // null, or the error
  async attempt(script) {
    try {
      await this.client.query(script)
      return null
    } catch (error) {
      return error.message
    }
  }

  // What a query of mutations.cases yields: statements
  async targets(query) {
    const { rows } = await this.client.query({ text: query, rowMode: 'array' })
    return rows.map((row) => row[0])
  }

  // { rows } of the check against a schema, or { error }
  async check(text, settings = {}, schema = 'public') {
    return this.inSavepoint(async () => {
      try {
        const { rows } = await this.client.query(
          "SELECT * FROM schemadrift_check(schemadrift_prisma($1, $2, $3::jsonb))", [text, schema, JSON.stringify(settings)])
        return { rows }
      } catch (error) {
        return { error: describe(error) }
      }
    })
  }

  // null if schemadrift_prisma() takes the text, or { line, text } of its error
  async rejection(text) {
    try {
      await this.client.query('SELECT schemadrift_prisma($1)', [text])
      return null
    } catch (error) {
      return { line: lineOf(error), text: describe(error) }
    }
  }
}

export const lineOf = (error) => +(/\bline (\d+)/.exec(error.message)?.[1] ?? 0)

const describe = (error) =>
  [`${error.code}: ${error.message}`, error.detail && `DETAIL: ${error.detail}`, error.hint && `HINT: ${error.hint}`].filter(Boolean).join('\n')
