/** What the select stage asks about the target, the system that runs, and the units that exceptions pass through. */
import type { Loader, Target } from '../../loaders/loader.ts'
import { hooksMayWrite } from '../../loaders/xen/read-only-data.ts'
import type { SelectRules } from '../../select/model.ts'
import { type Tree, throwingUnits } from '../../trees/index.ts'
import { withoutSite } from './kernel.ts'
import type { Prepared } from './prepare.ts'
import { countRunning, isFreed, type Running } from './running.ts'

export interface OfUnits {
  /** Units that exceptions may pass through. */
  readonly throwing: ReadonlySet<string>
  readonly standIns: ReadonlyMap<string, string>
  /** Boot code that is left out, by name. */
  readonly leaveInit?: readonly string[] | undefined
}

const NOTHING: OfUnits = { throwing: new Set(), standIns: new Map() }

export function rulesOf(
  target: Target,
  { symbols, below, brought, kernel }: Running,
  { throwing, standIns, leaveInit = [] }: OfUnits = NOTHING,
): SelectRules {
  const { loader } = target
  const count = countRunning(symbols, below)
  const freed = isFreed(symbols)
  return {
    target,
    denied: (unit, name) => loader.denied(unit, name) ?? (throwing.has(unit) ? loader.unwinding : undefined),
    standIns,
    ...(kernel === undefined ? {} : { stuck: name => withoutSite(kernel, name) }),
    ...(leaveInit.length === 0 ? {} : { leaveInit: new Set(leaveInit) }),
    ...(symbols === undefined ? {} : { hooksWriteConstants: hooksMayWrite(symbols) === 'read-only data' }),
    ...(brought === undefined ? {} : { below: brought }),
    ...(count === undefined ? {} : { countRunning: count }),
    ...(freed === undefined ? {} : { isFreed: freed }),
  }
}

/** Asked only where the loader has a word about it. */
export async function throwingOf(
  { unwinding }: Loader,
  tree: Tree,
  { affected, change }: Prepared,
): Promise<ReadonlySet<string>> {
  return unwinding === undefined ? new Set() : throwingUnits(tree, affected, change)
}
