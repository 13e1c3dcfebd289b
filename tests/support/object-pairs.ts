/** Pairs of objects that others made: each compared with itself, and with the other of its pair as objdump sees them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { InputError } from '../../src/base/errors.ts'
import type { UnitVerdicts } from '../../src/compare/model.ts'
import { readElf } from '../../src/elf/index.ts'
import { diffObjects } from '../../src/flows/diff.ts'
import { verdictReason } from '../../src/select/words.ts'
import { disassemblerFor, functionTexts, plainName, withoutNumbers } from './object-texts.ts'

/** What was seen of all pairs of one machine. */
export interface Counts {
  pairs: number
  unreadable: number
  /** Objects that are not the same as themselves. */
  unlikeThemselves: number
  /** Pairs that the disassembler reads too, and the functions in them. */
  judged: number
  functions: number
  /** Functions whose texts differ; and those that do so but for constants, such as line numbers. */
  differ: number
  differByMore: number
  /** Functions whose texts differ, and that are called the same. */
  missed: number
  /** Functions whose texts are the same, and that are not called so. */
  false: number
}

export interface PairsResult {
  readonly counts: ReadonlyMap<string, Counts>
  /** A line each. What is missed, and what differs from itself, is a fault. */
  readonly faults: readonly string[]
  readonly notes: readonly string[]
}

const MACHINES: Readonly<Record<number, string>> = { 62: 'x86-64', 183: 'aarch64', 21: 'ppc64le', 258: 'loongarch64' }
const none = (): Counts => ({
  pairs: 0,
  unreadable: 0,
  unlikeThemselves: 0,
  judged: 0,
  functions: 0,
  differ: 0,
  differByMore: 0,
  missed: 0,
  false: 0,
})

interface Pair {
  /** Below the folder, without the endings. */
  readonly name: string
  readonly files: readonly [original: string, patched: string]
}

type Compare = (original: Uint8Array, patched: Uint8Array) => UnitVerdicts
export const comparedFor =
  (target: 'process' | 'linux'): Compare =>
  (original, patched) =>
    diffObjects({ original, patched, target })

/**
 * Judges NAME.ORIG.o and NAME.PATCHED.o, or NAME.PATCHED.FAIL.o, wherever they are below the folder. A test may put another
 * comparison in the place of the product's.
 */
export function judgePairs(folder: string, compare = comparedFor('process')): PairsResult {
  const counts = new Map<string, Counts>()
  const faults: string[] = []
  const notes: string[] = []
  const of = (machine: string): Counts => {
    const known = counts.get(machine) ?? none()
    counts.set(machine, known)
    return known
  }
  for (const pair of pairsBelow(folder)) {
    try {
      const number = readElf(readFileSync(pair.files[0])).header.machine
      judgePair(pair, number, { counts: of(MACHINES[number] ?? `machine ${number}`), faults, notes, compare })
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      of('unreadable').pairs++
      of('unreadable').unreadable++
      notes.push(`${pair.name}: ${error.message}`)
    }
  }
  return { counts, faults, notes }
}

interface Told {
  readonly counts: Counts
  readonly faults: string[]
  readonly notes: string[]
  readonly compare: Compare
}

function judgePair({ name, files }: Pair, machine: number, { counts, faults, notes, compare }: Told): void {
  const [original, patched] = files.map(file => readFileSync(file))
  if (original === undefined || patched === undefined) return
  const verdicts = compare(original, patched)
  counts.pairs++
  for (const bytes of [original, patched]) {
    const found = changesIn(compare(bytes, bytes))
    if (found.length === 0) continue
    counts.unlikeThemselves++
    faults.push(`${name}: the ${bytes === original ? 'original' : 'patched object'} is not itself: ${found.join('; ')}`)
  }
  const disassembler = disassemblerFor(machine)
  if (disassembler === undefined) return
  const [before, after] = files.map(file => functionTexts(file, disassembler))
  if (before === undefined || after === undefined) return
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const differ = new Set(names.filter(each => before.get(each) !== after.get(each)))
  const bare = (text: string | undefined) => text && withoutNumbers(text)
  const ours = oursByName(verdicts)
  const missed = [...differ].filter(each => (ours.get(each) ?? []).length === 0)
  const wrong = [...ours].filter(([each, found]) => found.length > 0 && !differ.has(each))
  counts.judged++
  counts.functions += ours.size
  counts.differ += differ.size
  counts.differByMore += [...differ].filter(each => bare(before.get(each)) !== bare(after.get(each))).length
  counts.missed += missed.length
  counts.false += wrong.length
  faults.push(...missed.map(each => `${name}: ${each} is missed`))
  notes.push(...wrong.map(([each, found]) => `${name}: ${each} is the same to objdump: ${found.join(', ')}`))
}

/** For each plain name, what is said of its functions that are not the same. */
function oursByName({ functions }: UnitVerdicts): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const { name, verdict } of functions) {
    // Only lines that entries beside the code hold are told from two objects: objdump's text of the code has none of them.
    const isSame = verdict.kind === 'same' || verdict.kind === 'line-only'
    const words = isSame ? [] : [`${verdict.kind}, ${verdictReason(verdict).text}`]
    found.set(plainName(name), [...(found.get(plainName(name)) ?? []), ...words])
  }
  return found
}

function changesIn({ functions, data, unnamed }: UnitVerdicts): readonly string[] {
  return [...functions, ...data, ...unnamed]
    .filter(({ verdict }) => verdict.kind !== 'same')
    .map(({ name, verdict }) => `${name}: ${verdictReason(verdict).text}`)
}

const ORIGINAL = '.ORIG.o'

function pairsBelow(folder: string): readonly Pair[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(ORIGINAL))
    .map(entry => join(entry.parentPath, entry.name.slice(0, -ORIGINAL.length)))
    .sort()
    .flatMap(path => {
      const patched = ['.PATCHED.o', '.PATCHED.FAIL.o'].map(ending => `${path}${ending}`).find(existsSync)
      if (patched === undefined) return []
      return [{ name: relative(folder, path), files: [`${path}${ORIGINAL}`, patched] as const }]
    })
}
