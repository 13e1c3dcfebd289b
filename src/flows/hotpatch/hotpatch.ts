/**
 * From a source patch to a payload: the table of contents. One comment and one call for each stage, and what holds from
 * there on. Nothing below writes into an earlier result; nothing here decides anything.
 */
import type { Payload } from '../../assemble/model.ts'
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { NeutralFile } from '../../lines/neutral-model.ts'
import type { Way } from '../../lines/way.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import { otherCopies } from '../../select/other-copies.ts'
import type { Selection, UnitInput } from '../../select/select.ts'
import type { PatchText, SourceChange } from '../../source/model.ts'
import type { Affected, Base, LeftOut, ObjectPair, Run, Tree } from '../../trees/index.ts'
import { assembleSelected } from './assembled.ts'
import { compileAll } from './compile-all.ts'
import type { CompiledUnits, JudgedUnit, JudgedUnits, OneCompile } from './judge.ts'
import { judgeTold } from './judge-told.ts'
import { withRunning } from './kernel-built.ts'
import { type LineFacts, lineFacts } from './line-facts.ts'
import { lineTable, NO_TABLE } from './line-table.ts'
import { fittedTo } from './loader-table.ts'
import type { OwnSource } from './own-sources.ts'
import { type Prepared, prepareHotpatch } from './prepare.ts'
import { inProgram } from './program.ts'
import { reachOf } from './reach.ts'
import type { Running, RunningOptions } from './running.ts'
import { checkRunningCode } from './running-program.ts'
import { selectAll } from './selected.ts'
import { Stopwatch, type Timings } from './stopwatch.ts'
import { checkStores } from './stores.ts'
import { targetOfUnits } from './target.ts'
import { checkShapes } from './types.ts'
import { checkAssembled } from './verify.ts'

export interface HotpatchOptions extends RunningOptions {
  readonly patches: readonly PatchText[]
  /** How embedded line numbers are treated. */
  readonly lines?: Way
  /** Names of types and functions that may change although they live across the patch; `*` for all. */
  readonly acceptTypes?: readonly string[]
  /** Names of boot code and data that is left out though the patch changes it; `all` for all of it. */
  readonly leaveInit?: readonly string[]
  /** Names of changed functions whose callers are replaced in their stead; `all` for each that cannot be replaced. */
  readonly promoteCallers?: readonly string[]
  /** With the units that read what the patch touches, but cannot see what it changes there. */
  readonly compileAll?: boolean
  /** Sources of the user's own, which are compiled beside the tree's. */
  readonly sources?: readonly OwnSource[]
  /** Make the payload's debug file, too, where one is built: objects keep their debug information for it. */
  readonly debugFile?: boolean
  /** Hunks that are left out of the patches, by `hunkKey`. */
  readonly without?: ReadonlySet<string>
}

/** Everything that a run found out, as data. */
export interface HotpatchRun {
  readonly change: SourceChange
  readonly affected: Affected
  /** Units that were not compiled, since they cannot see what changes in what they read. */
  readonly leftOut: readonly LeftOut[]
  readonly pairs: readonly ObjectPair[]
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
  readonly notices: readonly Reason[]
  readonly lines: LineFacts
  /** Texts that were compiled instead of the patched ones, by path. */
  readonly neutralFiles: ReadonlyMap<string, NeutralFile>
  /** Where each unit's original embeds line numbers, as far as the way looked. */
  readonly sites: ReadonlyMap<string, JudgedUnit['sites']>
  readonly base: Pick<Running, 'depends' | 'xenDepends' | 'kernel'>
  readonly compiles: readonly OneCompile[]
  /** Undefined when something is refused, or there is nothing to do. */
  readonly payload: Payload | undefined
  readonly timings: Timings
}

/** `prepared` is what `prepareHotpatch` found out for the same patches on this base. */
export async function createHotpatch(
  base: Base,
  options: HotpatchOptions,
  run: Run,
  prepared?: Prepared,
): Promise<HotpatchRun> {
  const tree: Tree = { ...base, run, wantsDebug: options.debugFile === true }
  const way = options.lines ?? 'auto'
  // source, trees: both texts of every touched file, and every unit that the change concerns.
  const whole = prepared ?? (await prepareHotpatch(tree, options))
  const watch = new Stopwatch(whole.timings)
  // trees: those of them that can see what changes, as far as the way needs them.
  const reach = await watch.time('reach', () => reachOf(tree, whole, way, options))
  const before: Prepared = { ...whole, affected: reach.affected }
  // lines, trees: the affected units, compiled as the chosen way needs them. The tree was not written to.
  const loader = loaderOf(base.target)
  const asked = await watch.time('compile', () => compileAll(tree, { before, way, loader }))
  const { compiled, sizes, declarations, throwing } = asked
  // elf, correlate, compare: a verdict for every function and data object, each with its reason.
  const cut: CutOptions = { loader, ...sizes.known }
  const told = await watch.time('compare', () => judgeTold(tree, { before, compiled, declarations, cut, loader }))
  // loaders: what is known of the running system, of what will load the payload there, and whether it has the units at all.
  const entrySizes = sizes.known.probed
  const known = { affected: before.affected, entrySizes, options }
  const { running, judged } = await watch.time('running', () => withRunning(tree, told, known))
  const target = fittedTo(targetOfUnits(loader, judged.units), running)
  // program: whose definition of each name counts, before and after.
  const program = watch.timeSync('program', () => inProgram(tree, judged, running))
  // lines: where the way asks for it, a unit of our own that sets the numbers of functions that stay.
  const numbers = { symbols: running.symbols, target, maps: compiled.maps }
  const table = way === 'table' ? await watch.time('table', () => lineTable(tree, judged.units, numbers)) : NO_TABLE
  // select: what the payload contains and why, and everything that stands in the way.
  const about = { ...options, tree, before, running, target, cut, throwing, standIns: table.standIns }
  const selected = await watch.time('select', () => selectAll([...program.units, ...table.units], about))
  const { units, selection, originals } = selected
  // verify: the code to be replaced is the code that runs, byte for byte, whatever build-ids say.
  const code = await watch.time('code', () => checkRunningCode(units, selection, { ...about, originals }))
  // type-layouts: no type changes of which objects live across the patch, unless the user accepted it.
  const types = { tree, ...before, declarations, units: judged.units, selection, accepted: options.acceptTypes ?? [] }
  const shapes = await watch.time('shapes', () => checkShapes(types))
  const stores = checkStores(selection, declarations, running.brought)
  // assemble: the payload's bytes, the same for the same input anywhere; or all that stands in their way.
  const assembled = assembleSelected({ ...before, program, ...selected, target, running, code, shapes, stores }, watch)
  // verify: what was written, read back and held against every rule of the loader that will take it.
  const checked = checkAssembled(assembled.payload, { target, running, options, entrySizes, watch })
  return {
    change: before.change,
    affected: before.affected,
    leftOut: reach.leftOut,
    ...madeFrom(compiled, judged, running),
    units,
    selection,
    refusals: [...assembled.refusals, ...checked.refusals],
    warnings: [running, selected, code, copiesOf(units, running), shapes, checked].flatMap(warningsOf),
    notices: [reach, sizes, program, table, selection, selected, code, shapes, stores].flatMap(noticesOf),
    lines: lineFacts({ compiled, judged, selection, set: table.set }),
    payload: checked.payload,
    timings: watch.timings,
  }
}

type MadeFrom = Pick<HotpatchRun, 'pairs' | 'compiles' | 'neutralFiles' | 'sites' | 'base'>

/** What was compiled and looked at, and for which system. */
function madeFrom(compiled: CompiledUnits, judged: JudgedUnits, base: Running): MadeFrom {
  const { files, pairs, compiles, neutralFiles } = compiled
  const taken = new Set(files.filter(({ way }) => way === 'neutral').map(({ file }) => file))
  return {
    pairs: pairs.map(({ pair }) => pair),
    compiles,
    neutralFiles: new Map([...neutralFiles].filter(([path]) => taken.has(path))),
    sites: new Map(judged.units.map(({ unit, sites }) => [unit, sites])),
    base,
  }
}

const copiesOf = (units: readonly UnitInput[], { symbols }: Running) => ({ warnings: otherCopies(units, symbols) })
const warningsOf = ({ warnings }: { readonly warnings: readonly Reason[] }) => warnings
const noticesOf = ({ notices }: { readonly notices: readonly Reason[] }) => notices
