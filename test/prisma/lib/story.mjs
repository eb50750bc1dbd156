// Stories about projects, told with the unmodified command line of Prisma 7
// and 6, and what is asserted in them.
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { Bench } from './bench.mjs'
import { Prisma } from './oracle.mjs'
import { Project } from './project.mjs'
import { Tally } from './tally.mjs'

// A story about one project: its assertions, named after it, which count for
// `claim`
export class Story {
  constructor(tally, claim, title, project, verbose) {
    Object.assign(this, { tally, claim, title, project, verbose })
  }

  test(name, wrong) {
    const prisma = `Prisma ${this.project.major}`
    this.tally.test(`${prisma}, ${this.title}: ${name}`, wrong, `${this.claim} with ${prisma}`)
  }

  is(name, found, expected) {
    this.test(name, isDeepStrictEqual(found, expected) ? null
      : `found    ${JSON.stringify(found)}\nexpected ${JSON.stringify(expected)}`)
  }

  like(name, found, pattern) {
    this.test(name, pattern.test(found ?? '') ? null : `${found}\nis not like ${pattern}`)
  }

  // What the command line answers
  async run(...args) {
    const answer = await this.project.prisma(...args)
    if (this.verbose)
      console.log(`$ prisma ${args.join(' ')}\n${answer.output}`)
    return answer
  }

  // The command line ends with `code` and says something like `pattern`.
  async prisma(args, code, pattern, name = `prisma ${args}`) {
    const answer = await this.run(...args.split(' '))
    const right = answer.code === code && pattern.test(answer.output)
    this.test(name, right ? null : `exit status ${answer.code}, expected ${code} and ${pattern}\n${answer.output}`)
  }

  async states(name, expected) {
    await this.project.register()
    this.is(`states ${name}`, await this.project.states(), expected)
  }

  async findings(name, expected) {
    this.is(`findings ${name}`, await this.project.findings(), expected)
  }
}

// --only takes the stories whose title has TEXT in it; --verbose shows what
// the command line printed.
function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      major: { type: 'string', multiple: true, default: ['7', '6'] },
      verbose: { type: 'boolean', default: false },
    },
  })
  return { ...values, majors: values.major.map(Number) }
}

// Tells the stories, { title: async (story) => ... }, each in a project of its
// own, and ends the process.  Its schema begins with `models`; Prisma works as
// `role`, if any, which is made for it and owns the schema public.
export async function tell(stories, { claim, models = '', role = null }) {
  const started = Date.now()
  const options = readOptions()
  const tally = new Tally()
  const bench = new Bench()
  bench.pg = (await Prisma.load(7)).pg
  if (role)
    await bench.administer(`DROP ROLE IF EXISTS ${role}`, `CREATE ROLE ${role} LOGIN`)
  // the versions at once, as much of it is waiting
  await Promise.all(options.majors.map(async (major) => {
    for (const title of Object.keys(stories).filter((title) => title.includes(options.only))) {
      console.log(`# Prisma ${major}, ${title}`)
      const project = await Project.open(bench, major, title, models)
      try {
        if (role)
          await project.workAs(role)
        await stories[title](new Story(tally, claim, title, project, options.verbose))
      } finally {
        await project.close()
      }
    }
  }))
  if (role)
    await bench.administer(`DROP ROLE ${role}`)
  tally.finish(`${claim} with Prisma, ${Math.round((Date.now() - started) / 1000)} s`)
}
