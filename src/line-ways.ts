/**
 * The ways to treat embedded line numbers: which texts are compiled for each unit, and how the objects are judged.
 * Part of the pipeline: it calls the stages lines, build, elf, correlate and compare for all affected units.
 *
 * ignore   the patch as it is; a line number that differs is a difference.
 * mask     the patch as it is, and the original with shifted lines: what shifts is a line number, and is explained when
 *          it holds what the patch's line map says.
 * neutral  the patch rewritten so that unchanged lines keep their numbers; a number that differs is a difference.
 * table    as mask; the numbers of functions that stay are set while the payload is applied (`line-table.ts`).
 * auto     neutral where every unchanged line keeps its number, mask elsewhere; where both can answer, both are asked.
 *
 * Everything that a way needs is compiled at once. What goes into the payload comes from the neutral object in `neutral`
 * and, where it is whole, in `auto`; else from the patch as it is.
 */
import { during, InternalError } from './base/errors.ts'
import type { Reason } from './base/refusal.ts'
import {
  type Affected,
  type AffectedUnit,
  type CompileRequest,
  checkFresh,
  compileUnits,
  type ObjectPair,
  type Overlay,
  overlayOf,
  pairsOf,
  type Tree,
} from './build/index.ts'
import { compareUnit, type LineOracle, type LineSite, type UnitVerdicts } from './compare/compare.ts'
import { crossCheck } from './compare/cross-check.ts'
import { findLineSites, type ShiftedFile } from './compare/sites.ts'
import { correlate } from './correlate/correlate.ts'
import { emptyObject } from './elf/empty.ts'
import { readElf } from './elf/index.ts'
import { neutralize } from './lines/neutral.ts'
import type { NeutralFile } from './lines/neutral-model.ts'
import { shiftLines } from './lines/shift.ts'
import { corresponds, type RefinedLineMap, refineLineMap } from './lines/token-map.ts'
import { type CutOptions, pieceMap } from './pieces/pieces.ts'
import type { UnitInput } from './select/select.ts'
import { differenceText } from './select/words.ts'
import type { SourceChange, TouchedFile } from './source/model.ts'

export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table'

/** How one touched file was treated, and why. */
export interface FileWay {
  readonly file: string
  readonly way: Way
  /** `#line` directives that were put in. */
  readonly insertions: number
  /** Original numbers of unchanged lines that could not be kept. */
  readonly unsafe: readonly number[]
  readonly reason: string
}

export interface CompiledUnits {
  readonly change: SourceChange
  readonly way: Way
  readonly files: readonly FileWay[]
  readonly shifts: readonly ShiftedFile[]
  readonly maps: ReadonlyMap<string, RefinedLineMap>
  /** The rewritten texts, by new path; empty where the way needs none. */
  readonly neutralFiles: ReadonlyMap<string, NeutralFile>
  readonly pairs: readonly CompiledPair[]
}

/** A unit's objects. */
interface CompiledPair {
  readonly pair: ObjectPair
  readonly neutral: ObjectPair | undefined
  readonly shifted: Uint8Array | undefined
}

/** Compiles what the way needs of every affected unit, all of it at once. */
export async function compileForWay(
  tree: Tree,
  affected: Affected,
  change: SourceChange,
  way: Way,
): Promise<CompiledUnits> {
  const neutralFiles = NEEDS_NEUTRAL.has(way) ? neutralTexts(change) : new Map<string, NeutralFile>()
  const shifts = NEEDS_SHIFTED.has(way) ? shiftsOf(change) : []
  const overlays = overlaysOf(change, affected, { way, neutralFiles, shifts })
  const whole = (each: AffectedUnit) => each.because.every(path => (neutralFiles.get(path)?.unsafe.length ?? 0) === 0)
  const requests = affected.affected.flatMap(each => requestsFor(each, overlays, way !== 'auto' || whole(each)))
  tree.run.progress.step(requests.length === 1 ? 'compiling 1 unit' : `compiling ${requests.length} units`)
  const compiled = await compileUnits(tree, requests)
  await checkFresh(
    tree,
    affected.affected.filter(({ kind }) => kind !== 'new').map(({ unit }) => unit),
  )
  const byUnit = (label: Label) =>
    new Map(compiled.filter(each => each.label === label).map(each => [each.unit.unit, each]))
  const [patched, neutral, shifted] = [byUnit('patched'), byUnit('neutral'), byUnit('shifted')]
  const main = await pairsOf(tree, affected.affected, new Map([...neutral, ...patched]))
  const ofNeutral = affected.affected.filter(({ unit, kind }) => neutral.has(unit.unit) || kind === 'removed')
  const second = new Map((await pairsOf(tree, ofNeutral, neutral)).map(pair => [pair.unit, pair]))
  const pairs = main.map(pair => ({
    pair,
    neutral: second.get(pair.unit),
    shifted: shifted.get(pair.unit)?.object,
  }))
  const maps = new Map(change.files.map(file => [file.oldPath ?? '', refineLineMap(file)]))
  return { change, way, files: fileWays(change, way, neutralFiles), shifts, maps, neutralFiles, pairs }
}

type Label = 'patched' | 'neutral' | 'shifted'

const NEEDS_NEUTRAL: ReadonlySet<Way> = new Set<Way>(['auto', 'neutral'])
const NEEDS_SHIFTED: ReadonlySet<Way> = new Set<Way>(['auto', 'mask', 'table'])
const NEEDS_PATCHED: ReadonlySet<Way> = new Set<Way>(['auto', 'mask', 'table', 'ignore'])

function neutralTexts(change: SourceChange): ReadonlyMap<string, NeutralFile> {
  const texts = new Map<string, NeutralFile>()
  for (const file of change.files) {
    if (file.newPath === undefined || file.oldPath === undefined || !isSource(file)) continue
    texts.set(file.newPath, neutralize(file, { style: 'auto' }))
  }
  return texts
}

/** Small, so that fields keep their width; another for each file, so that the difference tells whose line it is. */
const FIRST_SHIFT = 3

function shiftsOf(change: SourceChange): readonly ShiftedFile[] {
  return change.files
    .filter(file => file.oldPath !== undefined && isSource(file))
    .map(({ oldPath, oldText }, index) => ({
      file: oldPath ?? '',
      shift: FIRST_SHIFT + index,
      lines: oldText.split('\n').length,
    }))
}

interface WayTexts {
  readonly way: Way
  readonly neutralFiles: ReadonlyMap<string, NeutralFile>
  readonly shifts: readonly ShiftedFile[]
}

function overlaysOf(
  change: SourceChange,
  affected: Affected,
  { way, neutralFiles, shifts }: WayTexts,
): ReadonlyMap<Label, Overlay> {
  const overlays = new Map<Label, Overlay>()
  if (NEEDS_PATCHED.has(way)) overlays.set('patched', overlayOf(change, affected))
  if (NEEDS_NEUTRAL.has(way)) {
    const texts = new Map([...neutralFiles].map(([path, { text }]) => [path, text]))
    overlays.set('neutral', overlayOf(change, affected, texts))
  }
  if (shifts.length > 0) {
    const texts = new Map(change.files.map(({ oldPath, oldText }) => [oldPath, oldText]))
    overlays.set('shifted', new Map(shifts.map(({ file, shift }) => [file, shiftLines(texts.get(file) ?? '', shift)])))
  }
  return overlays
}

/** Files in which `#line` means something. */
function isSource({ oldPath, newPath }: TouchedFile): boolean {
  return /\.[chS]$/.test(newPath ?? oldPath ?? '')
}

function requestsFor(
  { unit, kind }: AffectedUnit,
  overlays: ReadonlyMap<Label, Overlay>,
  isWhole: boolean,
): readonly CompileRequest[] {
  if (kind === 'removed') return []
  return [...overlays]
    .filter(([label]) => (label === 'neutral' ? isWhole : label === 'patched' || kind === 'changed'))
    .map(([label, overlay]) => ({ unit, overlay, label }))
}

function fileWays(change: SourceChange, way: Way, neutralFiles: ReadonlyMap<string, NeutralFile>): readonly FileWay[] {
  return change.files.map(({ oldPath, newPath }) => {
    const neutral = neutralFiles.get(newPath ?? '')
    const unsafe = neutral?.unsafe.flatMap(({ original, patched, patchedEnd }) =>
      Array.from({ length: patchedEnd - patched }, (_, index) => original + index),
    )
    const rest = { file: newPath ?? oldPath ?? '', insertions: neutral?.insertions.length ?? 0, unsafe: unsafe ?? [] }
    if (way !== 'auto') return { ...rest, way, reason: `--lines ${way} was asked for` }
    if (neutral === undefined) return { ...rest, way: 'mask', reason: 'the file has no lines that stay' }
    const [first] = neutral.unsafe
    return first === undefined
      ? { ...rest, way: 'neutral', reason: 'every unchanged line keeps its number' }
      : { ...rest, way: 'mask', reason: first.text }
  })
}

/** A unit with its verdicts, and what the way knows about its line numbers. */
export interface JudgedUnit extends UnitInput {
  readonly lines: LineOracle | undefined
}

export interface JudgedUnits {
  readonly units: readonly JudgedUnit[]
  readonly notices: readonly Reason[]
  /** The number in the patched source of a site's line; undefined where the line is gone. */
  readonly newLine: (site: LineSite) => number | undefined
}

/** A verdict for everything in every unit. */
export function judgeUnits(compiled: CompiledUnits, cut: CutOptions): JudgedUnits {
  const judged = compiled.pairs.map(each =>
    during(`comparing ${each.pair.unit}`, () => ({ ...each.pair, ...judgePair(each, compiled, cut) })),
  )
  return {
    units: judged.map(({ unit, fileSymbol, verdicts, lines }) => ({ unit, fileSymbol, verdicts, lines })),
    notices: judged.flatMap(({ notices }) => notices),
    newLine: ({ file, line }) => compiled.maps.get(file)?.toPatched[line] || undefined,
  }
}

type JudgedPair = Pick<JudgedUnit, 'verdicts' | 'lines'> & Pick<JudgedUnits, 'notices'>

function judgePair({ pair, neutral, shifted }: CompiledPair, compiled: CompiledUnits, cut: CutOptions): JudgedPair {
  const before = pieceMap(readSide<'original'>(pair, pair.original), cut)
  const judge = (patched: ObjectPair, lines?: LineOracle): UnitVerdicts =>
    compareUnit(correlate(before, pieceMap(readSide<'patched'>(patched, patched.patched), cut)), cut.table, lines)
  if (shifted === undefined) return { verdicts: judge(neutral ?? pair), lines: undefined, notices: [] }
  const sites = findLineSites(before, pieceMap(readElf<'patched'>(shifted), cut), compiled.shifts)
  const lines: LineOracle = {
    sitesOf: piece => sites.byPiece.get(piece) ?? [],
    isExpected: ({ file, line }, held) => {
      const map = compiled.maps.get(file)
      return map !== undefined && corresponds(map, line, held)
    },
  }
  const unexplained = sites.unexplained.map(({ text }) => ({
    code: 'unexplained-shift',
    text: `${pair.unit}: ${text}`,
  }))
  const mask = judge(pair, lines)
  if (neutral === undefined) return { verdicts: mask, lines, notices: unexplained }
  const { verdicts, disagreements } = crossCheck(judge(neutral), mask)
  const notices = disagreements.map(({ name, neutral: a, mask: b }) => ({
    code: 'disagreement',
    text: `${pair.unit}: ${differenceText({ what: 'disagreement', neutral: a, mask: b })} of ${name}; it counts as changed`,
  }))
  return { verdicts, lines, notices: [...unexplained, ...notices] }
}

function readSide<S extends 'original' | 'patched'>(
  { unit, original, patched }: ObjectPair,
  bytes: Uint8Array | undefined,
) {
  if (bytes !== undefined) return readElf<S>(bytes)
  const other = original ?? patched
  if (other === undefined) throw new InternalError(`${unit} has neither an original nor a patched object`)
  return emptyObject<S>(readElf<S>(other).header)
}
