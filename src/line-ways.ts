/**
 * The ways to treat embedded line numbers: which texts are compiled for each unit, and how the objects are judged.
 * Part of the pipeline: it calls the stages lines, build, elf, correlate and compare for all affected units.
 *
 * ignore   the patch as it is; a line number that differs is a difference.
 * mask     the patch as it is, and the original with shifted lines: what shifts is a line number, and is explained when
 *          it holds what the patch's line map says.
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
import { compareUnit, type LineOracle } from './compare/compare.ts'
import { findLineSites, type ShiftedFile } from './compare/sites.ts'
import { correlate } from './correlate/correlate.ts'
import { emptyObject } from './elf/empty.ts'
import { readElf } from './elf/index.ts'
import { shiftLines } from './lines/shift.ts'
import type { PieceMap } from './pieces/model.ts'
import { type CutOptions, pieceMap } from './pieces/pieces.ts'
import type { UnitInput } from './select/select.ts'
import type { SourceChange } from './source/model.ts'

export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table'

export interface CompiledUnits {
  readonly change: SourceChange
  readonly texts: Texts
  readonly pairs: readonly CompiledPair[]
}

/** A unit's two objects, and what else the way needs of it. */
interface CompiledPair {
  readonly pair: ObjectPair
  readonly shifted: Uint8Array | undefined
}

/** Compiles what the way needs of every affected unit, all of it at once. */
export async function compileForWay(
  tree: Tree,
  affected: Affected,
  change: SourceChange,
  way: Way,
): Promise<CompiledUnits> {
  const texts = textsOf(change, affected, way)
  const requests = affected.affected.flatMap(each => requestsFor(each, texts))
  tree.run.progress.step(requests.length === 1 ? 'compiling 1 unit' : `compiling ${requests.length} units`)
  const compiled = await compileUnits(tree, requests)
  await checkFresh(
    tree,
    affected.affected.filter(({ kind }) => kind !== 'new').map(({ unit }) => unit),
  )
  const byUnit = (label: Label) =>
    new Map(compiled.filter(each => each.label === label).map(each => [each.unit.unit, each]))
  const shifted = byUnit('shifted')
  const pairs = await pairsOf(tree, affected.affected, byUnit('patched'))
  return { change, texts, pairs: pairs.map(pair => ({ pair, shifted: shifted.get(pair.unit)?.object })) }
}

/** A unit with its verdicts, and what the way knows about its line numbers. */
export interface JudgedUnit extends UnitInput {
  readonly lines: LineOracle | undefined
}

export interface JudgedUnits {
  readonly units: readonly JudgedUnit[]
  readonly notices: readonly Reason[]
}

/** A verdict for everything in every unit. */
export function judgeUnits(compiled: CompiledUnits, cut: CutOptions): JudgedUnits {
  const judged = compiled.pairs.map(each =>
    during(`comparing ${each.pair.unit}`, () => ({ ...each.pair, ...judgePair(each, compiled, cut) })),
  )
  return {
    units: judged.map(({ unit, fileSymbol, verdicts, lines }) => ({ unit, fileSymbol, verdicts, lines })),
    notices: judged.flatMap(({ notices }) => notices),
  }
}

type Label = 'patched' | 'shifted'

/** What is compiled: each way of writing the touched files, and how far each file's lines are shifted. */
interface Texts {
  readonly overlays: ReadonlyMap<Label, Overlay>
  readonly shifts: readonly ShiftedFile[]
}

const FIRST_SHIFT = 3

function textsOf(change: SourceChange, affected: Affected, way: Way): Texts {
  const patched = overlayOf(change, affected)
  const overlays = new Map<Label, Overlay>([['patched', patched]])
  if (way === 'ignore') return { overlays, shifts: [] }
  const shifts: ShiftedFile[] = []
  const shifted = new Map<string, string>()
  for (const { oldPath, oldText } of change.files) {
    if (oldPath === undefined || !isSource(oldPath)) continue
    const shift = FIRST_SHIFT + shifts.length
    shifts.push({ file: oldPath, shift, lines: oldText.split('\n').length })
    shifted.set(oldPath, shiftLines(oldText, shift))
  }
  overlays.set('shifted', shifted)
  return { overlays, shifts }
}

/** Files in which `#line` means something. */
function isSource(path: string): boolean {
  return /\.[chS]$/.test(path)
}

function requestsFor({ unit, kind }: AffectedUnit, { overlays }: Texts): readonly CompileRequest[] {
  if (kind === 'removed') return []
  return [...overlays]
    .filter(([label]) => label === 'patched' || kind === 'changed')
    .map(([label, overlay]) => ({ unit, overlay, label }))
}

function judgePair(
  { pair, shifted }: CompiledPair,
  { texts, change }: CompiledUnits,
  cut: CutOptions,
): Pick<JudgedUnit, 'verdicts' | 'lines'> & Pick<JudgedUnits, 'notices'> {
  const { before, after } = readPair(pair, cut)
  const correlation = correlate(before, after)
  if (shifted === undefined) return { verdicts: compareUnit(correlation, cut.table), lines: undefined, notices: [] }
  const sites = findLineSites(before, pieceMap(readElf<'patched'>(shifted), cut), texts.shifts)
  const oracle: LineOracle = {
    sitesOf: piece => sites.byPiece.get(piece) ?? [],
    expected: ({ file, line }) => expectedLine(change, file, line),
  }
  const notices = sites.unexplained.map(({ text }) => ({ code: 'unexplained-shift', text: `${pair.unit}: ${text}` }))
  return { verdicts: compareUnit(correlation, cut.table, oracle), lines: oracle, notices }
}

/** The number that an unchanged line has in the patched file; undefined where the patch rewrote or removed the line. */
function expectedLine(change: SourceChange, file: string, line: number): number | undefined {
  const touched = change.files.find(({ oldPath }) => oldPath === file)
  return touched?.lineMap.toPatched[line] || undefined
}

function readPair(
  { unit, original, patched }: ObjectPair,
  cut: CutOptions,
): { readonly before: PieceMap<'original'>; readonly after: PieceMap<'patched'> } {
  const old = original === undefined ? undefined : readElf<'original'>(original)
  const now = patched === undefined ? undefined : readElf<'patched'>(patched)
  const header = old?.header ?? now?.header
  if (header === undefined) throw new InternalError(`${unit} has neither an original nor a patched object`)
  return {
    before: pieceMap(old ?? emptyObject<'original'>(header), cut),
    after: pieceMap(now ?? emptyObject<'patched'>(header), cut),
  }
}
