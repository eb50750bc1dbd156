// (c): what Prisma rejects is rejected with the same line.  By its form with
// that of the first error that Prisma shows; else with that of one of them, as
// Prisma sorts those by what it looks at first.
import * as corpus from './corpus.mjs'

// What Prisma says of the form of a schema
const FORM = new RegExp([
  'This line is not', 'This line is invalid', 'Trailing commas', 'Unknown escape sequence', 'is missing a value',
  'is not allowed in', 'must not start with a number', 'Field declarations', 'To specify a list', 'Optional lists',
  'Fields are required by default', 'It is either missing a name or a type', 'Invalid type definition',
].join('|'))

// What generators say and preview features allow is no concern of the check.
const UNCONCERNED = /preview feature|in generator/

const text = (errors) => errors.map((error) => `${error.line}: ${error.message}`).join('\n')
const places = (errors) => FORM.test(errors[0].message) ? errors.slice(0, 1) : errors

// null, or what is wrong: `raised` is null or the error of schemadrift_prisma()
function differs(errors, raised) {
  if (!raised)
    return `accepted; Prisma says\n${text(errors)}`
  return places(errors).some((error) => error.line === raised.line) ? null : `${raised.text}\nPrisma says\n${text(errors)}`
}

export async function invalidAgree(bench, prisma, tally, options) {
  for (const { name, text: content } of corpus.invalid().filter((one) => one.name.includes(options.only))) {
    const errors = prisma.validate([{ path: 'schema.prisma', content }])
    if (!errors)
      tally.test(name, `Prisma ${prisma.major} accepts it`)
    else if (options.oracle)
      console.log(`${name}: ${errors.map((error) => `${error.line} ${error.message}`).join(' | ')}`)
    else
      tally.test(`Prisma ${prisma.major}, ${name}`, differs(errors, await bench.rejection(content)),
        `Prisma ${prisma.major} (c) ${name.split(':')[0]}: rejected with the same line`)
  }
}

const BITS = ['{', '}', '(', ')', '[', ']', '"', '@', '@@', '?', ',', ':', '=', '.', '!', '-', '\\', '/', '//', '/*', '*/', '\n', ' ',
  '\t', '1', 'x', '_', 'é', 'Int', 'model A {', 'enum', 'type', "'", '$', '#', '`', ';', 'null', 'true']

// A schema with one slip of the hand in it, by a number that says which
function mangle(text, number) {
  let state = number
  const random = (n) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return Math.floor((state >>> 8) / 2 ** 24 * n)
  }
  const at = random(text.length)
  const bit = BITS[random(BITS.length)]
  const lines = text.split('\n')
  const line = random(lines.length)
  const words = lines[line].split(/(\W)/)
  const [i, j] = [random(words.length), random(words.length)]
  const slips = [
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + bit + text.slice(at),
    () => text.slice(0, at) + bit + text.slice(at + 1),
    () => lines.toSpliced(line, 1).join('\n'),
    () => lines.toSpliced(line, 0, lines[line]).join('\n'),
    () => lines.with(line, words.toSpliced(i, 1).join('')).join('\n'),
    () => lines.with(line, words.with(i, words[j]).with(j, words[i]).join('')).join('\n'),
    () => lines.toSpliced(line, 2, lines[line] + (lines[line + 1] ?? '')).join('\n'),
  ]
  return slips[random(slips.length)]()
}

// Schemas with slips in them: taken by both, or by none and then by line.
export async function mangledAgree(bench, prisma, tally, options, schemas, seeds) {
  for (const schema of schemas) {
    for (const seed of seeds) {
      const content = mangle(schema.text, corpus.hash(`${schema.name} ${seed}`))
      let errors
      try {
        errors = prisma.validate([{ path: 'schema.prisma', content }])
      } catch {
        continue                // a panic of Prisma's
      }
      if (errors?.every((error) => UNCONCERNED.test(error.message)))
        continue
      const raised = await bench.rejection(content)
      const wrong = errors ? differs(errors, raised) : raised && `Prisma accepts it: ${raised.text}`
      tally.test(`${schema.name}, slip ${seed}`, wrong, `Prisma ${prisma.major} (c) schemas with a slip: accepted, or rejected with the same line`)
    }
  }
}
