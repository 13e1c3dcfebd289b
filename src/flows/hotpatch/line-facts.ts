/**
 * What the report says about the lines of each touched file: which lines are which in the two sources, which numbers the
 * compiler saw where the text was rewritten, and which lines code embeds that stays, is replaced, or is set by the table.
 * From these `hotsplice translate` tells which line a number in a log means. Part of the pipeline.
 *
 * In:  what was compiled, judged and selected, unchanged.
 * Out: data for the report. Which lines are embedded is known only where a unit was compiled with shifted lines; else it
 *      is null, and nobody takes it for "none".
 */
import { createHash } from 'node:crypto'
import { InputError } from '../../base/errors.ts'
import type { LineSite } from '../../compare/model.ts'
import { hasCode } from '../../ctext/lexed.ts'
import { lex } from '../../ctext/lexer.ts'
import { type LineSequence, readLineSequences } from '../../dwarf/line-rows.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import type { RefinedLineMap } from '../../lines/token-map.ts'
import type { Way } from '../../lines/way.ts'
import { machineOf } from '../../machines/machines.ts'
import type { PieceId } from '../../pieces/model.ts'
import { sourceName } from '../../pieces/names.ts'
import type { CodeLines, EmbeddedLine, FileLines, LineRun, SourceText, TextBetween } from '../../report/model.ts'
import type { Selection } from '../../select/model.ts'
import type { EarlierText, LineMap, TouchedFile } from '../../source/model.ts'
import type { CompiledUnits, FileWay, JudgedUnit, JudgedUnits } from './judge.ts'
import type { SetNumber } from './line-table.ts'

export interface LineFacts {
  readonly way: Way
  readonly files: readonly FileLines[]
  readonly held: readonly number[]
  /** The units whose patched object was compiled from the rewritten text. */
  readonly neutralUnits: ReadonlySet<string>
}

export interface LineFactsInput {
  readonly compiled: CompiledUnits
  readonly judged: JudgedUnits
  readonly selection: Selection
  readonly set: readonly SetNumber[]
}

export function lineFacts(input: LineFactsInput): LineFacts {
  const { compiled, selection } = input
  const embedded = embeddedLines(input)
  const ways = new Map(compiled.files.map(way => [way.file, way]))
  const files = compiled.change.files.map(file => {
    const way = ways.get(file.newPath ?? file.oldPath ?? '')
    const map = compiled.maps.get(file.oldPath ?? '')
    return { ...wayOf(way, compiled.way), ...textsOf(file, map, compiled.neutralFiles.get(file.newPath ?? '')) }
  })
  const neutralUnits = new Set(
    compiled.pairs.filter(({ neutral }) => neutral?.patched !== undefined).map(({ pair }) => pair.unit),
  )
  return {
    way: compiled.way,
    files: files.map(file => ({
      ...file,
      embedded: embedded === undefined ? null : (embedded.get(file.original?.path ?? '') ?? []),
    })),
    held: heldNumbers(selection, Math.max(0, ...files.map(lastNumber))),
    neutralUnits,
  }
}

function lastNumber({ original, patched, numbers }: Pick<FileLines, 'original' | 'patched' | 'numbers'>): number {
  return Math.max(original?.lines ?? 0, patched?.lines ?? 0, ...numbers.map(([from, , count]) => from + count - 1))
}

function wayOf(way: FileWay | undefined, otherwise: Way): FileWay {
  return way ?? { file: '', way: otherwise, insertions: 0, unsafe: [], reason: '' }
}

function textsOf(file: TouchedFile, map: RefinedLineMap | undefined, neutral: NeutralFile | undefined) {
  const { oldPath, newPath, oldText, newText, lineMap, earlier } = file
  return {
    original: sourceText(oldPath, oldText, lineMap.toPatched.length - 1),
    patched: sourceText(newPath, newText, lineMap.toOriginal.length - 1),
    map: lineRuns(pairsOfMap(map ?? lineMap, map?.several)),
    ...(earlier === undefined ? {} : { between: earlier.map(textBetween) }),
    numbers: neutral === undefined ? [] : lineRuns(numbersOf(newText, neutral.numbers)),
    numbering: neutral?.numbering ?? ('none' as const),
  }
}

function sourceText(path: string | undefined, text: string, lines: number): SourceText | null {
  if (path === undefined) return null
  return { path, sha256: digestOf(text), lines }
}

const digestOf = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex')

function textBetween({ text, toEarlier }: EarlierText): TextBetween {
  const pairs = [...toEarlier].map((earlier, patched): LinePair => [earlier, patched])
  return { sha256: digestOf(text), map: lineRuns(pairs.filter(([earlier, patched]) => earlier > 0 && patched > 0)) }
}

/** Original and patched line; lines whose tokens were split or joined have several counterparts. */
function pairsOfMap({ toPatched, toOriginal }: LineMap, several: RefinedLineMap['several'] = new Map()): LinePair[] {
  const pairs = new Map<string, LinePair>()
  const add = (original: number, patched: number) => {
    if (original > 0 && patched > 0) pairs.set(`${original} ${patched}`, [original, patched])
  }
  for (const [patched, original] of toOriginal.entries()) add(original, patched)
  for (const [original, patched] of toPatched.entries()) add(original, patched)
  for (const [patched, originals] of several) for (const original of originals) add(original, patched)
  return [...pairs.values()].sort(([a, b], [c, d]) => b - d || a - c)
}

/**
 * For each patched line the number that the compiler saw there. A line without code gives way to one that has code: no
 * directive was put before it, so it shares its number with a line further down, and nothing can print it.
 */
function numbersOf(text: string, numbers: Int32Array): LinePair[] {
  const lexed = lex(text)
  const all = [...numbers].map((number, patched): LinePair => [number, patched])
  const isNumbered = ([number, patched]: LinePair) => number > 0 && patched > 0
  const taken = new Set(all.filter(([, patched]) => hasCode(lexed, patched)).map(([number]) => number))
  return all.filter(isNumbered).filter(([number, patched]) => hasCode(lexed, patched) || !taken.has(number))
}

type LinePair = readonly [number, number]

/** Pairs of numbers that rise together, as runs. */
function lineRuns(pairs: readonly LinePair[]): readonly LineRun[] {
  const runs: [number, number, number][] = []
  for (const [from, to] of pairs) {
    const last = runs.at(-1)
    if (last !== undefined && last[0] + last[2] === from && last[1] + last[2] === to) last[2]++
    else runs.push([from, to, 1])
  }
  return runs
}

/** Names of functions by what becomes of the number; the empty name is data. */
type Fates = Readonly<Record<'stays' | 'replaced' | 'set', Set<string>>>

/** By file, as the patch names it; undefined where not every unit was asked. */
function embeddedLines({ judged, selection, set }: LineFactsInput): ReadonlyMap<string, EmbeddedLine[]> | undefined {
  const asked = judged.units.filter(({ verdicts }) => verdicts.correlation.original.pieces.length > 0)
  // What differed without being a line number could hide one.
  const isComplete = !judged.notices.some(({ code }) => code === 'unexplained-shift')
  if (!isComplete || asked.some(({ sites }) => sites === undefined)) return undefined
  const isSet = new Set(set.map(({ unit, site }) => siteKey(unit, site)))
  const taken = new Set(
    selection.pieces.map(({ address: { unit, piece } }) => `${selection.units[unit]?.unit}:${piece}`),
  )
  const files = new Map<string, Map<number, Fates>>()
  for (const unit of asked) {
    const owners = ownersOf(unit, id => taken.has(`${unit.unit}:${id}`))
    for (const piece of unit.verdicts.correlation.original.pieces) {
      const owner = owners.get(piece.id)
      const name = owner?.name ?? (piece.kind === 'function' ? sourceName(piece.name) : '')
      for (const site of unit.sites?.get(piece.id) ?? []) {
        const fate = owner?.replaced === true ? 'replaced' : isSet.has(siteKey(unit.unit, site)) ? 'set' : 'stays'
        fatesOf(files, site)[fate].add(name)
      }
    }
  }
  return new Map([...files].map(([file, lines]) => [file, inOrder(lines)]))
}

interface Owner {
  readonly name: string
  readonly replaced: boolean
}

/** The function of each original piece: of its code, its out-of-line parts, and the special entries of both. */
function ownersOf(
  { verdicts }: JudgedUnit,
  isTaken: (piece: PieceId<'patched'>) => boolean,
): ReadonlyMap<PieceId<'original'>, Owner> {
  const { original, toOriginal } = verdicts.correlation
  const owners = new Map<PieceId<'original'>, Owner>()
  for (const { name, original: before, patched } of verdicts.functions) {
    const owner = { name: sourceName(name), replaced: patched !== undefined && isTaken(patched.id) }
    const parts = patched === undefined ? [] : (verdicts.parts.get(patched.id) ?? [])
    const pieces = [before?.id, ...parts.map(part => toOriginal.get(part.id))].filter(id => id !== undefined)
    for (const id of pieces.flatMap(id => [id, ...(original.entriesOf.get(id) ?? [])])) owners.set(id, owner)
  }
  return owners
}

const siteKey = (unit: string, { piece, offset }: LineSite) => `${unit}:${piece}:${offset}`

function fatesOf(files: Map<string, Map<number, Fates>>, { file, line }: LineSite): Fates {
  const lines = files.get(file) ?? new Map<number, Fates>()
  files.set(file, lines)
  const fates = lines.get(line) ?? { stays: new Set(), replaced: new Set(), set: new Set() }
  lines.set(line, fates)
  return fates
}

function inOrder(lines: ReadonlyMap<number, Fates>): EmbeddedLine[] {
  const sorted = (names: ReadonlySet<string>) => [...names].sort()
  return [...lines]
    .sort(([a], [b]) => a - b)
    .map(([line, { stays, replaced, set }]) => ({
      line,
      stays: sorted(stays),
      replaced: sorted(replaced),
      set: sorted(set),
    }))
}

/**
 * The numbers that a log could get from the payload, and some more: those that its code may hold, any byte and any two of
 * its data, and the lines in special entries. A number too many costs certainty; one too few would be a lie.
 */
function heldNumbers({ machine, units, pieces }: Selection, last: number): readonly number[] {
  if (pieces.length === 0) return []
  const code = machine === undefined ? undefined : machineOf(machine).code
  if (code === undefined) return Array.from({ length: last }, (_, index) => index + 1)
  const held = new Set<number>()
  const add = (number: number) => number > 0 && number <= last && held.add(number)
  for (const { address, piece, role } of pieces) {
    const section = units[address.unit]?.patched.object.sections[piece.section]
    const bytes = section?.bytes.subarray(piece.offset, piece.offset + piece.size) ?? new Uint8Array()
    const isCode = role === 'replacement' || role === 'part' || role === 'new-function' || role === 'chunk'
    if (isCode) for (const number of code.heldNumbers(bytes)) add(number)
    else {
      for (const [at, low] of bytes.entries()) {
        add(low)
        add(low + (bytes[at + 1] ?? 0) * 256)
      }
    }
    for (const { line } of piece.references) if (line !== undefined) add(line)
  }
  return [...held].sort((a, b) => a - b)
}

type CodeRow = CodeLines['rows'][number]

const CODE: ReadonlySet<string> = new Set(['replacement', 'part', 'new-function'])

/**
 * The lines of the payload's functions from the tree's units (`own`), where these are compiled with debug information.
 * For the report alone: reading debug information takes its time.
 */
export function codeLines({ units, pieces }: Selection, own: ReadonlySet<string>): readonly CodeLines[] {
  const known = new Map<number, readonly LineSequence[]>()
  return pieces.flatMap(({ address, piece, role }) => {
    const unit = units[address.unit]
    if (unit === undefined || !own.has(unit.unit) || !CODE.has(role)) return []
    const sequences = known.get(address.unit) ?? sequencesOf(unit.patched.object)
    known.set(address.unit, sequences)
    const end = piece.offset + piece.size
    const stretch = sequences
      .filter(({ section }) => section === piece.section)
      .flatMap(({ rows }) => rows)
      .filter(({ offset }) => offset >= piece.offset && offset < end)
    if (stretch.length === 0) return []
    const files = [...new Set(stretch.map(({ file }) => file))]
    const rows = stretch.map(({ offset, file, line }) => [offset - piece.offset, files.indexOf(file), line] as const)
    return [
      {
        unit: unit.unit,
        symbol: piece.name,
        size: piece.size,
        files,
        rows: rows.filter(isLastAtItsPlace).filter(isNews),
      },
    ]
  })
}

function isLastAtItsPlace([offset]: CodeRow, index: number, all: readonly CodeRow[]): boolean {
  return all[index + 1]?.[0] !== offset
}

/** A row that says the same as the one before it adds nothing. */
function isNews([, file, line]: CodeRow, index: number, all: readonly CodeRow[]): boolean {
  const before = all[index - 1]
  return before === undefined || before[1] !== file || before[2] !== line
}

/** Debug information of a kind that is not read is no reason to fail: a log then names fewer lines. */
function sequencesOf(object: Parameters<typeof readLineSequences>[0]): readonly LineSequence[] {
  try {
    return readLineSequences(object)
  } catch (error) {
    if (error instanceof InputError) return []
    throw error
  }
}
