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
import { during, InternalError } from '../../base/errors.ts'
import type { Reason } from '../../base/refusal.ts'
import {
  compareUnit,
  type Difference,
  type Judged,
  type LineOracle,
  type LineSite,
  type UnitVerdicts,
} from '../../compare/compare.ts'
import { crossCheck } from '../../compare/cross-check.ts'
import { findLineNames, withOriginalNames } from '../../compare/line-names.ts'
import { ownPieces, sharedPieces } from '../../compare/own-pieces.ts'
import { provenLines } from '../../compare/proven-lines.ts'
import { findLineSites, type LineSites } from '../../compare/sites.ts'
import { correlate, type TextEvidence } from '../../correlate/correlate.ts'
import { emptyObject } from '../../elf/empty.ts'
import { type ElfObject, readElf } from '../../elf/index.ts'
import { chunksOf, newLines, oldLines } from '../../lines/chunks.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import { corresponds, type RefinedLineMap, refineLineMap } from '../../lines/token-map.ts'
import type { Way } from '../../lines/way.ts'
import type { PieceId, PieceMap } from '../../pieces/model.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { movedFunctions } from '../../program/moved.ts'
import type { UnitInput } from '../../select/select.ts'
import { differenceText } from '../../select/words.ts'
import type { SourceChange } from '../../source/model.ts'
import {
  type Affected,
  type AffectedUnit,
  type CompiledUnit,
  type CompileRequest,
  checkFresh,
  compileUnits,
  type ObjectPair,
  oldNames,
  pairsOf,
  type Tree,
} from '../../trees/index.ts'
import { chosenText, type Label, textsFor, type WayTexts } from './texts.ts'

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

export interface CompiledUnits extends WayTexts {
  readonly change: SourceChange
  readonly way: Way
  readonly files: readonly FileWay[]
  readonly maps: ReadonlyMap<string, RefinedLineMap>
  readonly pairs: readonly CompiledPair[]
  readonly compiles: readonly OneCompile[]
  readonly notices: readonly Reason[]
}

/** One text of one unit. */
export type OneCompile = Pick<CompiledUnit, 'label' | 'cached' | 'compileTime'> & { readonly unit: string }

/** A unit's objects. */
interface CompiledPair {
  readonly pair: ObjectPair
  readonly neutral: ObjectPair | undefined
  readonly shifted: Uint8Array | undefined
  readonly renumbered: Uint8Array | undefined
}

export interface WayRequest {
  readonly affected: Affected
  readonly change: SourceChange
  readonly way: Way
  readonly texts: WayTexts
  /** What there is to say about the texts. */
  readonly notices: readonly Reason[]
}

/** The texts that the way needs; renamed files are asked for by how the original build spelled them. */
export async function requestOf(tree: Tree, affected: Affected, change: SourceChange, way: Way): Promise<WayRequest> {
  const { spelled, notices } = await oldNames(tree, affected, change)
  return { affected, change, way, texts: textsFor(way, change, affected, spelled), notices }
}

/** A unit may be compiled from several texts; both numbers are said where they differ. */
function compiling(requests: readonly CompileRequest[]): string {
  const count = new Set(requests.map(({ unit }) => unit)).size
  const words = count === 1 ? 'compiling 1 unit' : `compiling ${count} units`
  return requests.length === count ? words : `${words} from ${requests.length} texts`
}

/** Compiles what the way needs of every affected unit, all of it at once. */
export async function compileForWay(tree: Tree, request: WayRequest): Promise<CompiledUnits> {
  const { affected, change, way, texts, notices } = request
  const { neutralFiles } = texts
  const requests = affected.affected.flatMap(each => {
    const chosen = chosenText(way, each, texts)
    return requestsFor(each, texts, {
      neutral: way !== 'auto' || chosen === 'neutral',
      renumbered: way !== 'auto' || chosen === 'patched',
    })
  })
  tree.run.progress.step(compiling(requests))
  // With originals that the tree has no objects of: by themselves they would wait until all of these are done.
  const all = await compileUnits(tree, [...requests, ...originalsOf(affected)])
  const compiled = all.filter(({ label }) => label !== ORIGINAL)
  await checkFresh(
    tree,
    affected.affected.filter(({ kind }) => kind !== 'new').map(({ unit }) => unit),
  )
  const byUnit = (label: Label) =>
    new Map(compiled.filter(each => each.label === label).map(each => [each.unit.unit, each]))
  const [patched, neutral] = [byUnit('patched'), byUnit('neutral')]
  const [shifted, renumbered] = [byUnit('shifted'), byUnit('renumbered')]
  const main = await pairsOf(tree, affected.affected, new Map([...neutral, ...patched]))
  const ofNeutral = affected.affected.filter(({ unit, kind }) => neutral.has(unit.unit) || kind === 'removed')
  const second = new Map((await pairsOf(tree, ofNeutral, neutral)).map(pair => [pair.unit, pair]))
  const pairs = main.map(pair => ({
    pair,
    neutral: second.get(pair.unit),
    shifted: shifted.get(pair.unit)?.object,
    renumbered: renumbered.get(pair.unit)?.object,
  }))
  const compiles = compiled.map(({ unit, label, cached, compileTime }) => ({
    unit: unit.unit,
    label,
    cached,
    compileTime,
  }))
  const maps = new Map(change.files.map(file => [file.oldPath ?? '', refineLineMap(file)]))
  const files = fileWays(change, way, neutralFiles)
  return { ...texts, change, way, files, maps, pairs, compiles, notices }
}

const ORIGINAL = 'original'

/** Whoever asks for these objects then has them from the store. */
function originalsOf({ affected }: Affected): readonly CompileRequest[] {
  return affected.flatMap(({ unit, kind }) =>
    unit.original === 'compiled' && kind !== 'new' ? [{ unit, overlay: new Map(), label: ORIGINAL }] : [],
  )
}

function requestsFor(
  { unit, kind }: AffectedUnit,
  { overlays }: WayTexts,
  wanted: Readonly<Record<'neutral' | 'renumbered', boolean>>,
): readonly CompileRequest[] {
  if (kind === 'removed') return []
  const isWanted = (label: Label) => {
    if (label === 'patched') return true
    if (label === 'neutral') return wanted.neutral
    return kind === 'changed' && (label === 'shifted' || wanted.renumbered)
  }
  return [...overlays].filter(([label]) => isWanted(label)).map(([label, overlay]) => ({ unit, overlay, label }))
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
  /** Where the original's pieces embed line numbers; undefined where the way did not look. */
  readonly sites: ReadonlyMap<PieceId<'original'>, readonly LineSite[]> | undefined
}

export interface JudgedUnits {
  readonly units: readonly JudgedUnit[]
  readonly notices: readonly Reason[]
}

/** What the texts say of static variables, by unit. */
export interface StaticEvidence {
  /** Names of which both texts have one static variable of a function. */
  readonly sole?: ReadonlyMap<string, ReadonlySet<string>>
  /** What debug information says of them, by text. */
  readonly told?: ReadonlyMap<string, ReadonlyMap<Label, Pick<TextEvidence, 'declared' | 'forms'>>>
}

/** A verdict for everything in every unit. What only goes from one of them to another is the same to those who use it. */
export function judgeUnits(compiled: CompiledUnits, cut: CutOptions, statics: StaticEvidence = {}): JudgedUnits {
  const opened = compiled.pairs.map((each): OpenedPair => {
    const { pair } = each
    return during(`comparing ${pair.unit}`, () => ({
      ...each,
      before: readSide<'original'>(pair, pair.original),
      after: readSide<'patched'>(pair, pair.patched),
    }))
  })
  const both = opened.map(({ before, after }) => ({ original: before, patched: after }))
  const moved = new Set(movedFunctions(both).map(({ name }) => name))
  const judged = opened.map(each =>
    during(`comparing ${each.pair.unit}`, () => ({
      ...each.pair,
      ...judgePair(each, compiled, { cut, moved, evidence: evidenceOf(statics, each.pair.unit) }),
    })),
  )
  return {
    units: judged.map(({ unit, fileSymbol, verdicts, sites }) => ({ unit, fileSymbol, verdicts, sites })),
    notices: [...compiled.notices, ...judged.flatMap(({ notices }) => notices)],
  }
}

interface OpenedPair extends CompiledPair {
  readonly before: ElfObject<'original'>
  readonly after: ElfObject<'patched'>
}

interface Known {
  readonly cut: CutOptions
  readonly moved: ReadonlySet<string>
  readonly evidence: (label: Label) => TextEvidence
}

function evidenceOf({ sole, told }: StaticEvidence, unit: string): Known['evidence'] {
  return label => ({ ...told?.get(unit)?.get(label), sole: sole?.get(unit) })
}

type JudgedPair = Pick<JudgedUnit, 'verdicts' | 'sites'> & Pick<JudgedUnits, 'notices'>

function judgePair(each: OpenedPair, compiled: CompiledUnits, { cut, moved, evidence }: Known): JudgedPair {
  const { pair, neutral, shifted } = each
  const before = pieceMap(each.before, cut)
  const mapOf = (patched: ObjectPair) =>
    pieceMap(patched === pair ? each.after : readSide<'patched'>(patched, patched.patched), cut)
  const judge = (label: Label, after: PieceMap<'patched'>, lines?: LineOracle) =>
    compareUnit(correlate(before, after, evidence(label)), lines, moved)
  if (shifted === undefined) {
    const label = neutral === undefined ? 'patched' : 'neutral'
    return { verdicts: judge(label, mapOf(neutral ?? pair)), sites: undefined, notices: [] }
  }
  const after = readElf<'patched'>(shifted)
  const sites = findLineSites(before, pieceMap(after, cut), compiled.shifts)
  const names = findLineNames(before.object, after, compiled.shifts)
  const lines: LineOracle = {
    sitesOf: piece => sites.byPiece.get(piece) ?? [],
    isExpected: ({ file, line }, held) => {
      const map = compiled.maps.get(file)
      return map !== undefined && corresponds(map, line, held)
    },
  }
  const say = (code: string, text: string): Reason => ({ code, text: `${pair.unit}: ${text}` })
  const notices = sites.unexplained.map(({ text }) => say('unexplained-shift', text))
  const patched = mapOf(pair)
  const renamed = withOriginalNames(patched.object, names, (file, line) => originalLine(compiled, file, line))
  const mask = judge('patched', renamed === patched.object ? patched : pieceMap(renamed, cut), lines)
  if (neutral !== undefined) {
    const { verdicts, disagreements } = crossCheck(judge('neutral', mapOf(neutral)), mask, isBlind(mask, sites))
    const said = disagreements.map(({ name, neutral: a, mask: b }) =>
      say(
        'disagreement',
        `${differenceText({ what: 'disagreement', neutral: a, mask: b })} of ${name}; it counts as changed`,
      ),
    )
    return { verdicts, sites: sites.byPiece, notices: [...notices, ...said] }
  }
  if (each.renumbered === undefined) return { verdicts: mask, sites: sites.byPiece, notices }
  const renumbered = pieceMap(readElf<'original'>(each.renumbered), cut)
  const witness = compareUnit(correlate(renumbered, patched, evidence('patched')), undefined, moved)
  const { verdicts, unproven } = provenLines(mask, lines, { verdicts: witness, isOff: isOff(compiled.renumbered) })
  const said = unproven.map(name =>
    say(
      'line-not-proven',
      `no directive can reach a line of ${name}; what the line map says of its number is not proven`,
    ),
  )
  return { verdicts, sites: sites.byPiece, notices: [...notices, ...said] }
}

/**
 * The original's number of a patched line, for names that have it in them. A line that was rewritten is the one in its
 * place where the patch put as many lines as it took; else it is new, and gets a number above the original's last line.
 */
function originalLine({ maps, change }: CompiledUnits, path: string, line: number): number {
  const known = maps.get(path)?.toOriginal[line]
  if (known !== undefined && known > 0) return known
  const file = change.files.find(({ oldPath }) => oldPath === path)
  const chunk = file && chunksOf(file.lineMap).find(({ newFrom, newEnd }) => line >= newFrom && line < newEnd)
  if (chunk !== undefined && oldLines(chunk) === newLines(chunk)) return line - chunk.newFrom + chunk.oldFrom
  return line + (file?.lineMap.toPatched.length ?? 0)
}

/** What the shifted compile could not explain a difference in, so that mask has no answer. */
function isBlind(mask: UnitVerdicts, { unexplained }: LineSites): (judged: Judged) => boolean {
  const pieces = new Set(unexplained.map(({ piece }) => piece))
  const inShared = sharedPieces(mask).some(id => pieces.has(id))
  return judged =>
    ownPieces(mask, judged).some(id => pieces.has(id)) ||
    (inShared && judged.verdict.kind === 'changed' && isAboutReached(judged.verdict.because))
}

function isAboutReached(difference: Difference): boolean {
  if (difference.what === 'entry' || difference.what === 'part')
    return typeof difference.difference === 'object' && isAboutReached(difference.difference)
  return difference.what === 'reaches'
}

/** Sites on lines whose number could not be set to the patched source's. */
function isOff(renumbered: CompiledUnits['renumbered']): (site: LineSite) => boolean {
  return ({ file, line }) =>
    renumbered.get(file)?.unsafe.some(({ patched, patchedEnd }) => line >= patched && line < patchedEnd) === true
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
