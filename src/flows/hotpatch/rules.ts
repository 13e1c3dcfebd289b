/** What the select stage asks about the target, the system that runs, and the units that exceptions pass through. */
import type { TargetFacts } from '../../loaders/loader.ts'
import { smallestFunction, startsWithLandingPad } from '../../machines/machine.ts'
import type { SelectRules } from '../../select/model.ts'
import { type Tree, throwingUnits } from '../../trees/index.ts'
import type { Prepared } from './prepare.ts'
import { countRunning, isFreed, type Running } from './running.ts'

export interface OfUnits {
  /** Units that exceptions may pass through. */
  readonly throwing: ReadonlySet<string>
  readonly standIns: ReadonlyMap<string, string>
}

const NOTHING: OfUnits = { throwing: new Set(), standIns: new Map() }

export function rulesOf(
  target: TargetFacts,
  { symbols, below }: Running,
  { throwing, standIns }: OfUnits = NOTHING,
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
    standIns,
    ...(count === undefined ? {} : { countRunning: count }),
    ...(freed === undefined ? {} : { isFreed: freed }),
  }
}

/** Asked only where the target has a word about it. */
export async function throwingOf(
  { unwinding }: TargetFacts,
  tree: Tree,
  { affected, change }: Prepared,
): Promise<ReadonlySet<string>> {
  return unwinding === undefined ? new Set() : throwingUnits(tree, affected, change)
}
