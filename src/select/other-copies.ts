/**
 * Copies of a changed function that the patch may not reach. A function that a header brings is compiled into every unit
 * that includes it, and all of these are compiled again; so a unit that has one of the same name and was not compiled
 * again either has another function of that name, or did not tell that it depends on the header. Which of the two, only a
 * person can say; so it is said.
 */
import type { Reason } from '../base/refusal.ts'
import type { HypervisorSymbols } from '../loaders/xen/symbols.ts'
import { sourceName } from '../pieces/names.ts'
import type { UnitInput } from './select.ts'

/** Local functions that changed in several units, and which units of the running system have one of that name besides. */
export function otherCopies(units: readonly UnitInput[], symbols: HypervisorSymbols | undefined): readonly Reason[] {
  const changed = changedInSeveral(units)
  if (symbols === undefined || changed.size === 0) return []
  const rebuilt = new Set(units.map(({ fileSymbol }) => fileSymbol))
  const elsewhere = new Map<string, Set<string>>()
  for (const { plainName, file, local, kind } of symbols.symbols) {
    const name = sourceName(plainName)
    if (!local || kind !== 'function' || !changed.has(name) || rebuilt.has(file)) continue
    elsewhere.set(name, (elsewhere.get(name) ?? new Set()).add(file))
  }
  return [...elsewhere].map(([name, files]) => ({
    code: 'copy-elsewhere',
    text: `${name} changed in ${changed.get(name)} units; ${[...files].join(', ')} ${files.size === 1 ? 'has' : 'have'} a function of that name too and depend on nothing that the patch touches: if it is another copy of the same, it stays as it is`,
  }))
}

/** How many units a local function changed in, for those that did in more than one. */
function changedInSeveral(units: readonly UnitInput[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { verdicts } of units) {
    const names = verdicts.functions.flatMap(({ verdict, original }) =>
      verdict.kind === 'changed' && original?.local === true ? [sourceName(original.name)] : [],
    )
    for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Map([...counts].filter(([, count]) => count > 1))
}
