// The data of the suite: schemas, mutations, invalid schemas, constructs.
import fs from 'node:fs'
import path from 'node:path'
import { home } from './oracle.mjs'

const read = (...names) => fs.readFileSync(path.join(home, ...names), 'utf8')

// A schema is a file, or a directory of files: { name, files: [{ path, content }], text }
export function schemas() {
  const dir = path.join(home, 'schemas')
  return fs.readdirSync(dir).sort().map((entry) => {
    const inside = fs.statSync(path.join(dir, entry)).isDirectory()
      ? fs.readdirSync(path.join(dir, entry)).sort().map((file) => path.join(entry, file))
      : [entry]
    const files = inside.map((file) => ({ path: path.join(dir, file), content: read('schemas', file) }))
    return { name: entry.replace(/\.prisma$/, ''), files, text: files.map((file) => file.content).join('\n') }
  })
}

// Cases of a file: "== name" and what stands under it; "#" begins a comment
// before the first one.
export function cases(...names) {
  const found = []
  for (const line of read(...names).split('\n')) {
    const title = /^== (.*)$/.exec(line)
    if (title)
      found.push({ name: title[1], text: '' })
    else if (found.length)
      found[found.length - 1].text += line + '\n'
  }
  for (const one of found)
    one.text = one.text.replace(/\n+$/, '\n')
  return found
}

// { name, query, blind }
export function mutations() {
  return cases('mutations.cases').map(({ name, text }) => ({ name, query: text, blind: name.startsWith('blind: ') }))
}

// { name, text }: invalid schemas, by the file they stand in.  A case that has
// no datasource gets one at its end, where it moves no line.
export function invalid() {
  const dir = path.join(home, 'invalid')
  return fs.readdirSync(dir).sort().flatMap((file) =>
    cases('invalid', file).map(({ name, text }) => ({
      name: `${file.replace(/\.cases$/, '')}: ${name}`,
      text: /^datasource /m.test(text) ? text : `${text}\ndatasource db {\n  provider = "postgresql"\n}\n`,
    })))
}

// { name, pattern, where }: what the schemas together must have, or the invalid
// ones where the name begins with "rejected: "; as "name<tab>pattern"
export function constructs() {
  return read('constructs.tsv').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const [name, pattern] = line.split('\t')
    return { name, pattern: new RegExp(pattern, 'm'), where: name.startsWith('rejected: ') ? 'invalid' : 'schemas' }
  })
}

// { schema, mutation, who, line, used }: known differences
export function exceptions() {
  return read('exceptions.tsv').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => {
    const [schema, mutation, who] = line.split('\t')
    return { schema: new RegExp(`^(${schema})$`), mutation: new RegExp(`^(${mutation})$`), who, line, used: 0 }
  })
}

// { name, schema, answers: [{ settings, drift }], sql }
export function handmade() {
  return cases('handmade.cases').map(({ name, text }) => ({
    name,
    schema: /^-- schema: (.*)$/m.exec(text)[1],
    answers: [...text.matchAll(/^-- check (\{.*\}): (no )?drift$/mg)].map(([, settings, no]) => ({ settings: JSON.parse(settings), drift: !no })),
    sql: text,
  }))
}

export const targets = () => read('targets.sql')

// A number that depends on nothing but the text (FNV-1a).
export function hash(text) {
  let h = 0x811c9dc5
  for (const byte of Buffer.from(text))
    h = Math.imul(h ^ byte, 0x01000193) >>> 0
  return h
}
