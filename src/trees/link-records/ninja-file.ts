/**
 * build.ninja, as far as it says what is made from what (the Ninja manual, "Ninja file reference"). What rules do is not
 * looked at: whatever one takes may be in what it makes.
 */
import { join } from 'node:path'
import { linkInputs } from './link-inputs.ts'
import type { LinkRecord } from './model.ts'

type Variables = ReadonlyMap<string, string>

/** `readOther` gives the text of a file that the first one names. Undefined where something is not understood. */
export function readNinjaFile(
  text: string,
  folder: string,
  readOther: (path: string) => string | undefined,
): readonly LinkRecord[] | undefined {
  const records: LinkRecord[] = []
  const isWhole = readInto(text, { folder, readOther, records, open: [] }, new Map())
  return isWhole ? records : undefined
}

interface Reading {
  readonly folder: string
  readonly readOther: (path: string) => string | undefined
  readonly records: LinkRecord[]
  /** The files on the way to this one. */
  readonly open: readonly string[]
}

function readInto(text: string, reading: Reading, variables: Map<string, string>): boolean {
  const lines = text.replace(/\$\r?\n[ \t]*/g, '').split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (/^\s*(?:#|$)/.test(line)) continue
    const own: string[] = []
    while (/^[ \t]+\S/.test(lines[at + 1] ?? '')) own.push(lines[++at] ?? '')
    const other = /^(include|subninja)\s+(.*)$/.exec(line)
    const set = /^([\w.-]+)\s*=\s*(.*)$/.exec(line)
    if (line.startsWith('build ')) {
      if (!readEdge(line.slice('build '.length), own, variables, reading)) return false
    } else if (other !== null) {
      const path = join(reading.folder, expanded(other[2] ?? '', variables))
      const found = reading.open.includes(path) ? undefined : reading.readOther(path)
      const scope = other[1] === 'include' ? variables : new Map(variables)
      if (found === undefined || !readInto(found, { ...reading, open: [...reading.open, path] }, scope)) return false
    } else if (set !== null) variables.set(set[1] ?? '', expanded(set[2] ?? '', variables))
    else if (!/^(?:rule|pool|default)\s/.test(line)) return false
  }
  return true
}

/** Bindings of an edge that have options of its link, whatever the generator calls them. */
const OF_LINKS = /lib|link|flags|args/i

function readEdge(text: string, own: readonly string[], variables: Variables, { folder, records }: Reading): boolean {
  const bound = new Map(variables)
  const more: string[] = []
  for (const line of own) {
    const [, name = '', value = ''] = /^\s*([\w.-]+)\s*=\s*(.*)$/.exec(line) ?? []
    bound.set(name, expanded(value, variables))
    if (OF_LINKS.test(name)) more.push(...(bound.get(name) ?? '').split(/\s+/))
  }
  const words: readonly string[] = text.match(/(?:\$.|[^\s$:|])+|:|\|[|@]?/gs) ?? []
  const colon = words.indexOf(':')
  const [output] = words
  if (colon < 1 || output === undefined) return false
  const [rule, ...named] = words.slice(colon + 1)
  const ends = named.findIndex(word => word === '||' || word === '|@')
  const files = named
    .slice(0, ends === -1 ? undefined : ends)
    .flatMap(word => (word === '|' ? [] : expanded(word, bound)))
  const inputs = linkInputs([...files, ...more], folder)
  if (inputs === undefined) return false
  records.push({ output: absolute(expanded(output, bound), folder), inputs, isAlias: rule === 'phony' })
  return true
}

const absolute = (path: string, folder: string): string => join(path.startsWith('/') ? '/' : folder, path)

function expanded(text: string, variables: Variables): string {
  return text.replace(/\$(?:\{([\w.-]+)\}|([\w-]+)|(.))/gs, (_, braced, plain, escaped) =>
    escaped === undefined ? (variables.get(braced ?? plain) ?? '') : escaped,
  )
}
