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
  const isWhole = readInto(text, { rules: new Map(), folder, readOther, records, open: [] }, new Map())
  return isWhole ? records : undefined
}

/** What a rule says: its command, and what is written into its response file. */
type Rules = Map<string, readonly string[]>

interface Reading {
  readonly rules: Rules
  readonly folder: string
  readonly readOther: (path: string) => string | undefined
  readonly records: LinkRecord[]
  /** The files on the way to this one. */
  readonly open: readonly string[]
}

function readInto(text: string, reading: Reading, variables: Map<string, string>): boolean {
  // Behind an even number of signs the line ends.
  const lines = text.replace(/(?<!\$)((?:\$\$)*)\$\r?\n[ \t]*/g, '$1').split(/\r?\n/)
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
      const isSame = other[1] === 'include'
      const inner = {
        ...reading,
        open: [...reading.open, path],
        rules: isSame ? reading.rules : new Map(reading.rules),
      }
      if (found === undefined || !readInto(found, inner, isSame ? variables : new Map(variables))) return false
    } else if (set !== null) variables.set(set[1] ?? '', expanded(set[2] ?? '', variables))
    else if (/^rule\s/.test(line)) reading.rules.set(line.slice('rule'.length).trim(), own.map(rightSide))
    else if (!/^(?:pool|default)\s/.test(line)) return false
  }
  return true
}

/** The right side of a binding. */
const rightSide = (line: string): string => line.slice(line.indexOf('=') + 1).trim()

/**
 * Whatever the generator calls them, any binding of an edge, and the command of its rule, may name what is linked besides.
 * What an edge only waits for may be copied by its command.
 */
function readEdge(text: string, own: readonly string[], variables: Variables, reading: Reading): boolean {
  const { folder, records, rules } = reading
  const bound = new Map(variables)
  for (const line of own) {
    const [, name = ''] = /^\s*([\w.-]+)\s*=/.exec(line) ?? []
    bound.set(name, expanded(rightSide(line), variables))
  }
  const words: readonly string[] = text.match(/(?:\$.|[^\s$:|])+|:|\|[|@]?/gs) ?? []
  const colon = words.indexOf(':')
  if (colon < 1) return false
  const [rule = '', ...named] = words.slice(colon + 1)
  const ends = named.indexOf('|@')
  const isFile = (word: string) => !word.startsWith('|')
  const files = named
    .slice(0, ends === -1 ? undefined : ends)
    .filter(isFile)
    .map(word => expanded(word, bound))
  const command = wordsIn(rules.get(rule) ?? [], bound)
  // A rule that writes a response file names it; what is in it is another of its bindings.
  const ofRule = (rules.get(rule) ?? []).length > 1 ? command.filter(word => !word.startsWith('@')) : command
  const more = [...wordsIn(own.map(rightSide), bound), ...ofRule]
  const inputs = linkInputs([...files, ...more, ...more.map(word => word.replace(/["'\\]/g, ''))], folder)
  const outputs = words.slice(0, colon).filter(isFile)
  if (inputs === undefined || outputs.length === 0) return false
  for (const output of outputs) {
    const path = absolute(expanded(output, bound), folder)
    records.push({
      output: path,
      inputs: [...new Set(inputs)].filter(input => input !== path),
      isAlias: rule === 'phony',
    })
  }
  return true
}

const wordsIn = (bindings: readonly string[], variables: Variables): readonly string[] =>
  bindings.flatMap(each => expanded(each, variables).split(/\s+/))

const absolute = (path: string, folder: string): string => join(path.startsWith('/') ? '/' : folder, path)

function expanded(text: string, variables: Variables): string {
  return text.replace(/\$(?:\{([\w.-]+)\}|([\w-]+)|(.))/gs, (_, braced, plain, escaped) =>
    escaped === undefined ? (variables.get(braced ?? plain) ?? '') : escaped,
  )
}
