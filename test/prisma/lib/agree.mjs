// (a) and (b): schemas, and databases changed after Prisma's script.
import * as corpus from './corpus.mjs'

const MUTATIONS_PER_SCHEMA = 10
const OF_OLDER = 10             // mutations that are tried with Prisma 6

const rowText = (row) => ['drift', 'kind', 'identity', 'attribute', 'expected', 'actual'].map((key) => row[key]).join('|')
const rowsText = (rows) => rows.slice(0, 5).map(rowText).join('\n') + (rows.length > 5 ? `\n... ${rows.length} rows` : '')

// null, or what is wrong with an answer that should have no rows
const unclean = (answer) => answer.error ?? (answer.rows.length ? rowsText(answer.rows) : null)

// A summary, whatever the order of the tables
const lines = (answer) => answer.stdout.split('\n').sort().join('\n')

// What schemas are compared with: one version of Prisma
export class Agreement {
  constructor(bench, prisma, tally, options) {
    Object.assign(this, { bench, prisma, tally, options })
    this.mutations = corpus.mutations()
    this.exceptions = corpus.exceptions()
    this.limit = Math.min(prisma.major === 6 ? OF_OLDER : Infinity, options.mutations)
    this.name = `Prisma ${prisma.major}`
    this.clean = `${this.name} (a) no drift after its script`
    this.alike = `${this.name} (b) the same answer after a mutation`
    this.restless = 0
    this.seen = 0
    this.unseen = new Map()
  }

  // (a) Prisma's own script leaves no drift; (b) after a mutation both answer
  // alike.  Prisma sees a mutation when its summary is another than before,
  // which for most schemas is the same as exit code 2.
  async schema(schema) {
    const { bench, prisma, tally, options } = this
    const script = await prisma.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run(script)
      const before = await prisma.compare(bench.client, schema.files)
      this.restless += before.exitCode === 2
      if (!options.oracle) {
        const wrong = unclean(await bench.check(schema.text))
        tally.test(`${this.name}, ${schema.name}: no drift after its script`, wrong, this.clean)
        if (wrong)
          return
      }
      const applied = await this.mutate(schema, before)
      tally.test(`${schema.name}: enough mutations apply`, applied < Math.min(this.limit, MUTATIONS_PER_SCHEMA) && /^model /m.test(schema.text)
        ? `only ${applied} of ${MUTATIONS_PER_SCHEMA}` : null)
    })
  }

  async mutate(schema, before) {
    let applied = 0
    for (const mutation of this.chosen(schema)) {
      const statements = await this.bench.targets(mutation.query)
      if (!statements.length)
        continue
      const one = statements[corpus.hash(schema.name + mutation.name) % statements.length]
      for (const statement of this.options.everyTarget ? statements : [one])
        await this.mutation(schema, mutation, statement, before)
      if (++applied >= this.limit)
        break
    }
    return applied
  }

  // All mutations; where it is to be a few, another choice for each schema
  chosen(schema) {
    if (this.limit === Infinity)
      return this.mutations
    const order = (mutation) => corpus.hash(mutation.name + schema.name)
    return [...this.mutations].sort((a, b) => order(a) - order(b))
  }

  async mutation(schema, mutation, statement, before) {
    const { bench, prisma, tally, options } = this
    const name = `${this.name}, ${schema.name}: ${mutation.name}`
    await bench.inSavepoint(async () => {
      const failure = await bench.attempt(statement)
      if (failure)
        return tally.test(name, `the mutation fails: ${failure}\n${statement}`)
      const after = await prisma.compare(bench.client, schema.files)
      const seen = lines(after) !== lines(before)
      this.note(schema, mutation, statement, seen)
      if (mutation.blind && seen)
        return tally.test(name, `Prisma is not blind to it\n${statement}\n${after.stdout}`)
      if (options.oracle)
        return
      const answer = await bench.check(schema.text)
      const drift = !answer.error && answer.rows.length > 0
      // Where Prisma never sees its own script as applied, its exit code is 2.
      const agrees = !answer.error && (seen === drift || drift && before.exitCode === 2 && !mutation.blind)
      if (!agrees && !answer.error && this.isException(schema, mutation, drift ? 'check' : 'Prisma'))
        return tally.except(this.alike)
      tally.test(name, agrees ? null : [statement, `Prisma: ${seen ? 'drift' + after.stdout.trimEnd() : 'no drift'}`,
        `check: ${answer.error ?? (answer.rows.length ? 'drift\n' + rowsText(answer.rows) : 'no drift')}`].join('\n'), this.alike)
    })
  }

  note(schema, mutation, statement, seen) {
    if (this.options.verbose)
      console.log(`${seen ? 'seen' : 'unseen'}\t${schema.name}\t${mutation.name}\t${statement}`)
    this.seen += seen
    if (!mutation.blind && !seen)
      this.unseen.set(mutation.name, (this.unseen.get(mutation.name) ?? 0) + 1)
  }

  isException(schema, mutation, who) {
    const whose = [who, `${who} ${this.prisma.major}`]
    const found = this.exceptions.find((one) =>
      one.schema.test(schema.name) && one.mutation.test(mutation.name) && whose.includes(one.who))
    if (found)
      found.used++
    return found !== undefined
  }

  // A line of exceptions.tsv that nothing needs any more is an error.  Those of
  // Prisma 6 alone name it.
  exceptionsAreNeeded() {
    for (const { line, who, used } of this.exceptions)
      if (/ 6$/.test(who) === (this.prisma.major === 6))
        this.tally.test(`exception: ${line}`, used ? null : 'nothing needs it any more')
  }

  // A schema other than public: there is no drift after Prisma's script there.
  async elsewhere(schema) {
    const { bench, prisma, tally } = this
    const script = await prisma.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run('CREATE SCHEMA "Other"; SET LOCAL search_path = "Other"')
      await bench.run(script)
      tally.test(`${schema.name}: no drift in another schema`, unclean(await bench.check(schema.text, {}, 'Other')),
        `${this.name} (a) no drift in a schema other than public`)
    })
  }

  // A database that is not of Prisma's making alone
  async handmade({ name, answers, sql }, schema) {
    const { bench, prisma, tally } = this
    const script = await prisma.script(bench.client, schema.files)
    await bench.inTransaction(async () => {
      await bench.run(script)
      await bench.run(sql)
      for (const { settings, drift } of answers) {
        const answer = await bench.check(schema.text, settings)
        const right = !answer.error && answer.rows.length > 0 === drift
        tally.test(`${name} ${JSON.stringify(settings)}`, right ? null : unclean(answer) ?? 'no drift')
      }
    })
  }
}
