/**
 * From a source patch to a payload: the table of contents. One comment and one call for each stage, and what holds from
 * there on. Nothing below writes into an earlier result; nothing here decides anything.
 */

import { assemble, type Payload } from '../../assemble/assemble.ts'
import type { Reason, Refusal } from '../../base/refusal.ts'
import { EM_X86_64 } from '../../elf/spec/constants.ts'
import type { Way } from '../../lines/way.ts'
import type { TargetFacts } from '../../loaders/loader.ts'
import { targetFacts } from '../../loaders/loaders.ts'
import { smallestFunction, startsWithLandingPad } from '../../machines/machine.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import { modinfoOf } from '../../select/directives.ts'
import { otherCopies } from '../../select/other-copies.ts'
import { type Selection, type SelectRules, select, type UnitInput } from '../../select/select.ts'
import { applyPatches } from '../../source/apply-patches.ts'
import { atBase } from '../../source/base.ts'
import type { PatchText, SourceChange } from '../../source/model.ts'
import {
  type Affected,
  affectedUnits,
  type Declarations,
  declarationsOf,
  type ObjectPair,
  type OpenOptions,
  openTree,
  type Tree,
  throwingUnits,
} from '../../trees/index.ts'
import { askEntrySizes, type EntrySizes } from './entry-sizes.ts'
import { type CompiledUnits, compileForWay, judgeUnits, type OneCompile } from './judge.ts'
import { type LineFacts, lineFacts } from './line-facts.ts'
import { lineTable, NO_TABLE } from './line-table.ts'
import { fittedTo } from './loader-table.ts'
import { inProgram } from './program.ts'
import { countRunning, isFreed, type Running, type RunningOptions, readRunning } from './running.ts'
import { checkCode } from './running-code.ts'
import { together } from './together.ts'
import { checkShapes } from './types.ts'
import { checkPayload, rulesFor } from './verify.ts'

export interface HotpatchOptions extends OpenOptions, RunningOptions {
  readonly patches: readonly PatchText[]
  /** How embedded line numbers are treated. */
  readonly lines?: Way
  /** Names of types and functions that may change although they live across the patch; `*` for all. */
  readonly acceptTypes?: readonly string[]
}

/** Everything that a run found out. Later fields are absent where an earlier stage ended it. */
export interface HotpatchRun {
  readonly tree: Tree
  readonly change: SourceChange
  readonly affected: Affected
  readonly pairs: readonly ObjectPair[]
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
  readonly notices: readonly Reason[]
  readonly lines: LineFacts
  readonly compiles: readonly OneCompile[]
  /** Undefined when something is refused, or there is nothing to do. */
  readonly payload: Payload | undefined
  /** Milliseconds by stage. */
  readonly timings: Readonly<Record<string, number>>
}

/** What is known before a way to treat line numbers is chosen. */
export interface Prepared {
  readonly tree: Tree
  readonly change: SourceChange
  readonly affected: Affected
  /** Milliseconds by stage. */
  readonly timings: Readonly<Record<string, number>>
}

export async function prepareHotpatch(options: HotpatchOptions): Promise<Prepared> {
  const watch = new Stopwatch()

  // build: what is running, as its own build left it. The compiler is the tree's own.
  const tree = await watch.time('open', () => openTree(options))

  // source: the patches applied in memory. Every touched file has both texts and a line map.
  const change = watch.timeSync('source', () => applyToTree(options.patches, tree))

  // build: every unit that the change concerns.
  const affected = await watch.time('affected', () => affectedUnits(tree, change))
  return { tree, change, affected, timings: watch.timings }
}

/** `prepared` is what `prepareHotpatch` found out for the same options, whatever their way. */
export async function createHotpatch(options: HotpatchOptions, prepared?: Prepared): Promise<HotpatchRun> {
  const before = prepared ?? (await prepareHotpatch(options))
  const { tree, affected } = before
  const watch = new Stopwatch(before.timings)

  // lines, build: the affected units, compiled as the chosen way needs them. The tree was not written to.
  const [compiled, sizes, declarations] = await watch.time('compile', () => compileAll(before, options.lines ?? 'auto'))

  // elf, correlate, compare: a verdict for every function and data object, each with its reason.
  const cut: CutOptions = { table: options.target, ...sizes.known }
  const judged = watch.timeSync('compare', () => judgeUnits(compiled, cut))

  // program: whose definition of each name counts, before and after.
  const program = watch.timeSync('program', () => inProgram(tree, judged))

  // select: what the payload contains and why, and everything that stands in the way.
  const running = watch.timeSync('running', () => readRunning(tree.facts, rulesFor(tree.facts.version), options))
  const target = fittedTo(targetFacts(options.target, machineOf(judged.units)), running)
  const needs = { symbols: running.symbols, target, newLine: judged.newLine }
  const isTable = options.lines === 'table'
  const table = isTable ? await watch.time('table', () => lineTable(tree, judged.units, needs)) : NO_TABLE
  const units = table.unit === undefined ? program.units : [...program.units, table.unit]
  const rules = { ...rulesOf(target, running, await throwingOf(target, before)), standIns: table.standIns }
  const selection = watch.timeSync('select', () => select(units, rules))

  // verify: the code to be replaced is the code that runs, byte for byte, whatever build-ids say.
  const code = watch.timeSync('code', () => checkCode(units, selection, running))

  // shapes: no type changes of which objects live across the patch, unless the user accepted it.
  const about = { tree, affected, declarations, units: judged.units, selection, accepted: options.acceptTypes ?? [] }
  const shapes = await watch.time('shapes', () => checkShapes({ ...about, table: target.sectionTable }))
  const outside = [...affected.refusals.map(asRefusal), ...program.refusals]
  const refusals = [...outside, ...selection.refusals, ...code.refusals, ...shapes.refusals]
  const warnings = [...running.warnings, ...code.warnings, ...otherCopies(units, running.symbols), ...shapes.warnings]
  const notices = [...sizes.notices, ...program.notices, ...table.notices, ...code.notices, ...shapes.notices]
  const lines = lineFacts({ compiled, judged, selection, set: table.set })
  const judgements = { pairs: compiled.pairs.map(({ pair }) => pair), units, selection, notices, warnings }
  const found = { ...before, lines, compiles: compiled.compiles, ...judgements, timings: watch.timings }
  if (selection.pieces.length === 0)
    return { ...found, refusals: refusals.filter(each => !shapes.refusals.includes(each)), payload: undefined }

  // assemble: the payload's bytes, the same for the same input anywhere. It is asked even where something was refused,
  // so that what it would refuse is said at once.
  const { depends, xenDepends } = running
  const facts = { target, depends, xenDepends, modinfo: modinfoOf(units), expectations: code.expectations }
  const assembly = watch.timeSync('assemble', () => assemble(selection, facts))
  const unplaced = assembly.kind === 'refused' ? assembly.refusals.filter(each => !isConsequence(each, selection)) : []
  const obstacles = [...outside, ...unplaced, ...code.refusals, ...shapes.refusals]
  if (assembly.kind === 'refused' || obstacles.length > 0) return { ...found, refusals: obstacles, payload: undefined }
  const { payload } = assembly
  if (target.name !== 'xen') return { ...found, refusals, payload }

  // verify: what was written, read back and held against every rule of the loader that will take it.
  const checked = watch.timeSync('verify', () => checkPayload(payload.bytes, running, tree.facts.version, options))
  const verified = { ...found, refusals: checked.refusals, warnings: [...warnings, ...checked.warnings] }
  return { ...verified, payload: checked.refusals.length > 0 ? undefined : payload }
}

/** Everything that is asked of the compiler about the affected units. One text that does not compile ends all of it. */
function compileAll(
  { tree, affected, change }: Prepared,
  way: Way,
): Promise<readonly [CompiledUnits, EntrySizes, Declarations]> {
  return together<[CompiledUnits, EntrySizes, Declarations]>(tree.run.signal, signal => {
    const own = { ...tree, run: { ...tree.run, signal } }
    return [
      compileForWay(own, affected, change, way),
      askEntrySizes(own, affected),
      declarationsOf(own, affected, change),
    ]
  })
}

/** What cannot be moved alone matters only in a function that is not refused as such. */
function isConsequence({ code, unit, symbol }: Refusal, selection: Selection): boolean {
  if (code !== 'hidden-reference') return false
  return selection.refusals.some(each => each.code === 'init-code' && each.unit === unit && each.symbol === symbol)
}

/** The machine that the objects are for; x86-64 where there is no object. */
function machineOf(units: readonly UnitInput[]): number {
  return units[0]?.verdicts.correlation.patched.object.header.machine ?? EM_X86_64
}

/** What the select stage asks about the target, the system that runs, and the units that exceptions pass through. */
export function rulesOf(
  target: TargetFacts,
  { symbols, below }: Running,
  throwing: ReadonlySet<string> = new Set(),
): SelectRules {
  const count = countRunning(symbols, below)
  const freed = isFreed(symbols)
  return {
    table: target.sectionTable,
    machine: target.machine,
    runningName: target.runningName,
    smallest: pad => smallestFunction(target, pad),
    startsWithLandingPad: code => startsWithLandingPad(target, code),
    denied: (unit, name) => target.denied(unit, name) ?? (throwing.has(unit) ? target.unwinding : undefined),
    ...(count === undefined ? {} : { countRunning: count }),
    ...(freed === undefined ? {} : { isFreed: freed }),
  }
}

/** Asked only where the target has a word about it. */
async function throwingOf({ unwinding }: TargetFacts, prepared: Prepared): Promise<ReadonlySet<string>> {
  const { tree, affected, change } = prepared
  return unwinding === undefined ? new Set() : throwingUnits(tree, affected, change)
}

function applyToTree(patches: readonly PatchText[], tree: Tree): SourceChange {
  return atBase(patches, tree.reader, tree.facts.kind === 'xen' ? ['', 'xen/'] : [''], reader =>
    applyPatches(patches, reader),
  )
}

function asRefusal({ code, file, text, hint }: Affected['refusals'][number]): Refusal {
  return { code, unit: file, symbol: '', text, hint }
}

/** Milliseconds by stage, in the order in which the stages ran. */
class Stopwatch {
  readonly timings: Record<string, number>

  constructor(before: Readonly<Record<string, number>> = {}) {
    this.timings = { ...before }
  }

  async time<T>(stage: string, run: () => Promise<T>): Promise<T> {
    const start = performance.now()
    try {
      return await run()
    } finally {
      this.#add(stage, start)
    }
  }

  timeSync<T>(stage: string, run: () => T): T {
    const start = performance.now()
    try {
      return run()
    } finally {
      this.#add(stage, start)
    }
  }

  #add(stage: string, start: number): void {
    this.timings[stage] = (this.timings[stage] ?? 0) + performance.now() - start
  }
}
