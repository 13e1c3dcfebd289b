/**
 * Both versions of a function beside each other, as pieces of text that say what they are. The terminal writes them with its
 * inks, the page as elements: what differs, is a name, or embeds a line number is decided here alone.
 */
// The package's index brings in comparisons of words and JSON, too: a tenth of the page.
import { diffArrays } from 'diff/lib/diff/array.js'
import { forward } from '../line-runs.ts'
import type { FileLines, ListedCode, Listing, RunReport } from '../model.ts'
import { patchedLines } from './patched-lines.ts'

type Instruction = ListedCode['instructions'][number]

/** Some text of a row. */
export interface Segment {
  readonly text: string
  /** `name`: what a relocation reaches; `line`: the source line that begins there; `site`: the line number that is embedded. */
  readonly kind: 'plain' | 'name' | 'line' | 'site'
  /** Whether the other version has something else there. */
  readonly differs: boolean
}

/** One instruction of one version. */
export interface CodeCell {
  readonly offset: number
  readonly segments: readonly Segment[]
  readonly hasSite: boolean
}

export interface CodeRow {
  readonly original: CodeCell | undefined
  readonly patched: CodeCell | undefined
  /** Whether they say something else; distances within the function do not count. */
  readonly differs: boolean
}

export interface CodeView {
  readonly rows: readonly CodeRow[]
  readonly differing: number
  /** Instructions of the original that embed a line number. */
  readonly sites: number
}

/** The report tells which source line begins where, and where the original's lines went. */
export function codeView(listing: Listing, report: RunReport): CodeView {
  const { lines } = report
  const { original, patched, unit, symbol } = listing
  const code = lines.code.find(each => each.unit === unit && each.symbol === symbol)
  const lineOf = patchedLines(report, unit)
  const begins = new Map<number, string>()
  for (const [offset, file, line] of code?.rows ?? []) {
    const path = code?.files[file]
    const own = path === undefined ? undefined : lineOf(path, line)
    if (own !== undefined) begins.set(instructionAt(patched, offset), `${path?.split('/').at(-1)}:${own}`)
  }
  const sites = new Map(original?.sites.map(site => [instructionAt(original, site.offset), site]))
  const [before, after] = [referencesOf(original), referencesOf(patched)]
  const rows = aligned(listing).map(({ original: a, patched: b, differs }): CodeRow => {
    const site = a === undefined ? undefined : sites.get(a[0])
    const kept =
      site === undefined || a === undefined || b === undefined ? undefined : keptLine(a, b, site, lines.files)
    const [ours, theirs] = differs && a !== undefined && b !== undefined ? differing(a[1], b[1]) : []
    return {
      original: a && cell(a, { names: before, differing: ours, site: site && words(site) }),
      patched: b && cell(b, { names: after, differing: theirs, line: begins.get(b[0]), site: kept }),
      differs,
    }
  })
  return { rows, differing: rows.filter(({ differs }) => differs).length, sites: sites.size }
}

type Site = ListedCode['sites'][number]
const words = ({ file, line }: Pick<Site, 'file' | 'line'>) => `line ${line} of ${file}`

/**
 * The line that the patched version embeds at a site of the original's: where the instruction says the same, or only the
 * number differs, and became what the patch made of that line. Of others it is not known.
 */
function keptLine(a: Instruction, b: Instruction, site: Site, files: readonly FileLines[]): string | undefined {
  if (a[1] === b[1]) return words(site)
  const [old, now] = [a[1].split(NUMBER), b[1].split(NUMBER)]
  const others = old.flatMap((part, at) => (part === now[at] ? [] : [at]))
  const [at] = others
  if (old.length !== now.length || others.length !== 1 || at === undefined) return undefined
  const map = files.find(({ original }) => original?.path === site.file)?.map ?? []
  const [line = Number.NaN] = forward(map, site.line)
  return Number(old[at]) === site.line && Number(now[at]) === line ? words({ ...site, line }) : undefined
}

const NUMBER = /(\b(?:0x[0-9a-f]+|\d+)\b)/

type Stretch = readonly [from: number, end: number]

/** What is between the words with which both begin and end. */
function differing(a: string, b: string): readonly [Stretch, Stretch] {
  const [one, other] = [a.match(WORDS) ?? [], b.match(WORDS) ?? []]
  const most = Math.min(one.length, other.length)
  let [start, end] = [0, 0]
  while (start < most && one[start] === other[start]) start++
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++
  const stretch = (parts: readonly string[]): Stretch => {
    const length = (some: readonly string[]) => some.reduce((sum, part) => sum + part.length, 0)
    return [length(parts.slice(0, start)), length(parts.slice(0, parts.length - end))]
  }
  return [stretch(one), stretch(other)]
}

const WORDS = /[\w.$%-]+|\s+|./gsu

interface Marks {
  /** By instruction: what its relocations reach, in the words of its text. */
  readonly names: ReadonlyMap<number, readonly string[]>
  readonly differing?: Stretch | undefined
  readonly line?: string | undefined
  readonly site?: string | undefined
}

function cell([offset, text]: Instruction, { names, differing, line, site }: Marks): CodeCell {
  const stretches = (names.get(offset) ?? []).flatMap((name): Stretch[] => {
    const at = text.lastIndexOf(name)
    return at === -1 || name === '' ? [] : [[at, at + name.length]]
  })
  const [from, end] = differing ?? [0, 0]
  const cuts = [...new Set([0, from, end, text.length, ...stretches.flat()])].sort((a, b) => a - b)
  const within = (at: number, [start, stop]: Stretch) => at >= start && at < stop
  const segments = cuts.slice(0, -1).map((at, index): Segment => {
    const kind = stretches.some(stretch => within(at, stretch)) ? 'name' : 'plain'
    return { text: text.slice(at, cuts[index + 1]), kind, differs: within(at, [from, end]) }
  })
  const notes = [
    line === undefined ? [] : ([['line', line]] as const),
    site === undefined ? [] : ([['site', site]] as const),
  ]
  return {
    offset,
    segments: [...segments, ...notes.flat().map(([kind, words]) => ({ text: words, kind, differs: false }))],
    hasSite: site !== undefined,
  }
}

function referencesOf(code: ListedCode | null): ReadonlyMap<number, readonly string[]> {
  const names = new Map<number, string[]>()
  for (const { offset, name } of code?.references ?? []) names.set(offset, [...(names.get(offset) ?? []), name])
  return names
}

/** The instruction that a byte is part of. */
function instructionAt(code: ListedCode | null, offset: number): number {
  const list = code?.instructions ?? []
  let [low, high] = [0, list.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((list[middle]?.[0] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return list[low]?.[0] ?? offset
}

interface Pair {
  readonly original: Instruction | undefined
  readonly patched: Instruction | undefined
  readonly differs: boolean
}

/** Beyond so many differences nobody looks for the best fit: they then stand beside each other as they come. */
const MOST_EDITS = 4000

function aligned({ original, patched, symbol }: Listing): readonly Pair[] {
  const [a, b] = [original?.instructions ?? [], patched?.instructions ?? []]
  const key = keyFor(symbol)
  const parts = diffArrays(a.map(key), b.map(key), { maxEditLength: MOST_EDITS })
  if (parts === undefined) return beside(a, b, key)
  const rows: Pair[] = []
  let [x, y] = [0, 0]
  for (let index = 0; index < parts.length; index++) {
    const { count = 0, added, removed } = parts[index] ?? {}
    const next = parts[index + 1]
    if (!added && !removed) {
      for (let step = 0; step < count; step++) rows.push({ original: a[x++], patched: b[y++], differs: false })
    } else {
      // What went and what came in its place share rows.
      const pairs = removed && next?.added ? (next.count ?? 0) : 0
      const [gone, come] = removed ? [count, pairs] : [0, count]
      if (pairs > 0) index++
      for (let step = 0; step < Math.max(gone, come); step++) {
        rows.push({
          original: step < gone ? a[x++] : undefined,
          patched: step < come ? b[y++] : undefined,
          differs: true,
        })
      }
    }
  }
  return rows
}

function beside(a: readonly Instruction[], b: readonly Instruction[], key: (each: Instruction) => string): Pair[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => {
    const [original, patched] = [a[at], b[at]]
    return { original, patched, differs: !original || !patched || key(original) !== key(patched) }
  })
}

/** A jump within the function goes another distance when code before its target grew. */
function keyFor(symbol: string): (instruction: Instruction) => string {
  const start = ` ${symbol}+0x`
  return ([, text]) => {
    const at = text.indexOf(start)
    return at === -1 || text.includes('  # ') ? text : text.slice(0, at + start.length)
  }
}
