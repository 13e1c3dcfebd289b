/**
 * The payload of a selection, or all that stands in its way, in the order in which it is told. Part of the pipeline: it
 * calls the stage assemble, also where something is refused already, so that what it would refuse is said at once.
 */
import { type AssembleOptions, type Assembly, assemble, type Payload } from '../../assemble/assemble.ts'
import type { Refusal } from '../../base/refusal.ts'
import type { Target } from '../../loaders/loader.ts'
import type { OriginalCode } from '../../loaders/original-code.ts'
import { modinfoOf } from '../../select/directives.ts'
import type { Selection, UnitInput } from '../../select/model.ts'
import type { Affected } from '../../trees/index.ts'
import type { Running } from './running.ts'
import type { CheckedCode } from './running-code.ts'
import type { Stopwatch } from './stopwatch.ts'
import type { CheckedStores } from './stores.ts'

/** What was found out before, each with the refusals of its own. */
export interface Selected {
  readonly affected: Affected
  readonly program: { readonly refusals: readonly Refusal[] }
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly originals: readonly OriginalCode[]
  readonly target: Target
  readonly running: Running
  readonly code: CheckedCode
  readonly shapes: { readonly refusals: readonly Refusal[] }
  readonly stores: Pick<CheckedStores, 'refusals' | 'modinfo'>
}

export interface Assembled {
  readonly refusals: readonly Refusal[]
  /** Undefined where something is refused, or nothing was selected. */
  readonly payload: Payload | undefined
}

export function assembleSelected(selected: Selected, watch: Stopwatch): Assembled {
  const { affected, program, selection, target, running, code, shapes, stores } = selected
  const before = [...affected.refusals.map(asRefusal), ...withoutDoubled(program.refusals, selection.refusals)]
  // Types matter only where something is replaced.
  if (selection.pieces.length + selection.switchedOff.length === 0)
    return { refusals: [...before, ...selection.refusals, ...code.refusals], payload: undefined }
  const assembly = watch.timeSync('assemble', () => assemble(selection, optionsFor(selected)))
  const unversioned = target.loader.rules === undefined ? [] : running.unversioned
  const own = ownRefusals(assembly, selection)
  const refusals = [...before, ...own, ...unversioned, ...code.refusals, ...shapes.refusals, ...stores.refusals]
  return { refusals, payload: assembly.kind === 'payload' && refusals.length === 0 ? assembly.payload : undefined }
}

/** Where it is not known which of a variable's forms new code uses, that it is none of them says no more. */
function withoutDoubled(refusals: readonly Refusal[], others: readonly Refusal[]): readonly Refusal[] {
  const doubtful = new Set(others.flatMap(({ code, unit }) => (code === 'ambiguous-static' ? [unit] : [])))
  return refusals.filter(({ code, unit }) => code !== 'constant-by-patch' || !doubtful.has(unit))
}

function optionsFor({
  units,
  originals,
  target,
  running: { depends, xenDepends, brought, besides = new Set(), kernel, module },
  code,
  stores,
}: Selected): AssembleOptions {
  return {
    target,
    ...(kernel === undefined || module === undefined
      ? {}
      : { kernel: { facts: kernel.facts, spell: kernel.spell, ...module } }),
    depends,
    xenDepends,
    taken: new Set([...(brought?.things.keys() ?? []), ...besides]),
    modinfo: [...modinfoOf(units), ...stores.modinfo],
    expectations: code.expectations,
    originals,
  }
}

/** The selection's among them. */
function ownRefusals(assembly: Assembly, selection: Selection): readonly Refusal[] {
  return assembly.kind === 'refused' ? assembly.refusals.filter(each => !isConsequence(each, selection)) : []
}

/** What cannot be moved alone matters only in a function that is not refused as such. */
function isConsequence({ code, unit, symbol }: Refusal, selection: Selection): boolean {
  if (code !== 'hidden-reference') return false
  return selection.refusals.some(each => each.code === 'init-code' && each.unit === unit && each.symbol === symbol)
}

function asRefusal({ code, file, text, hint }: Affected['refusals'][number]): Refusal {
  return { code, unit: file, symbol: '', text, hint }
}
