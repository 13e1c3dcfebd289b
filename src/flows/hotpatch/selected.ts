/** What the payload is to contain, as the program stands. Part of the pipeline: the stage select, and what it is asked about. */

import type { Reason } from '../../base/refusal.ts'
import type { Target } from '../../loaders/loader.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import type { UnitInput } from '../../select/select.ts'
import type { Affected, Tree } from '../../trees/index.ts'
import { withImageStrings } from './image-strings.ts'
import { withoutWatching } from './kernel-modules.ts'
import { linkedRules, namesOf } from './linked.ts'
import { type OldFunctions, oldFunctions } from './old-functions.ts'
import { otherUnits } from './other-units.ts'
import type { Prepared } from './prepare.ts'
import { withCallers } from './promote.ts'
import { withReaders } from './readers.ts'
import { type OfUnits, rulesOf } from './rules.ts'
import type { Running } from './running.ts'
import { type SelectedFrom, selectLinked } from './select-linked.ts'

export interface SelectInput extends OfUnits {
  readonly tree: Tree
  readonly before: Prepared
  readonly running: Running
  readonly target: Target
  readonly cut: CutOptions
  /** Functions whose callers are replaced in their stead, by name; `all` for those that cannot be replaced. */
  readonly promoteCallers?: readonly string[] | undefined
}

/** With the units that were needed besides, and what the replaced functions were. */
export type SelectedAll = SelectedFrom & OldFunctions & { readonly warnings: readonly Reason[] }

export async function selectAll(units: readonly UnitInput[], input: SelectInput): Promise<SelectedAll> {
  const { tree, before, running, target, cut, promoteCallers } = input
  const rules = rulesOf(target, running, input)
  const others = otherUnits(tree, before, { target, cut })
  const once = async (asked: readonly UnitInput[]): Promise<SelectedFrom & OldFunctions> => {
    const found = await selectLinked(asked, rules, { running, others })
    const affected = withUnits(tree, before.affected, found.units)
    return { ...found, ...(await oldFunctions(found.units, found.selection, { tree, affected, target, cut })) }
  }
  const program = namesOf(running)
  const known = program === undefined ? rules : { ...rules, ...linkedRules(program, running, new Map()) }
  const asked = { tree, rules: known, running, others, promoteCallers }
  const found = await withCallers(await withReaders(await once(units), target.loader, once), asked, once)
  const { selection, notices } = withoutWatching(found.selection, running.kernel)
  return { ...found, ...withImageStrings(selection, running.symbols), notices: [...found.notices, ...notices] }
}

/** With the units that came in besides, whose own objects tell what the program has of them. */
function withUnits(tree: Tree, affected: Affected, units: readonly UnitInput[]): Affected {
  const had = new Set(affected.affected.map(({ unit }) => unit.unit))
  const names = new Set(units.map(({ unit }) => unit).filter(unit => !had.has(unit)))
  const more = tree.units.filter(({ unit }) => names.has(unit))
  if (more.length === 0) return affected
  return {
    ...affected,
    affected: [...affected.affected, ...more.map(unit => ({ unit, because: [], kind: 'changed' as const }))],
  }
}
