/** What the payload is to contain, as the program stands. Part of the pipeline: the stage select, and what it is asked about. */

import type { Reason } from '../../base/refusal.ts'
import type { Target } from '../../loaders/loader.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import type { UnitInput } from '../../select/select.ts'
import type { Tree } from '../../trees/index.ts'
import { withImageStrings } from './image-strings.ts'
import { type OldFunctions, oldFunctions } from './old-functions.ts'
import { otherUnits } from './other-units.ts'
import type { Prepared } from './prepare.ts'
import { type OfUnits, rulesOf } from './rules.ts'
import type { Running } from './running.ts'
import { type SelectedFrom, selectLinked } from './select-linked.ts'

export interface SelectInput extends OfUnits {
  readonly tree: Tree
  readonly before: Prepared
  readonly running: Running
  readonly target: Target
  readonly cut: CutOptions
}

/** With the units that were needed besides, and what the replaced functions were. */
export type SelectedAll = SelectedFrom & OldFunctions & { readonly warnings: readonly Reason[] }

export async function selectAll(units: readonly UnitInput[], input: SelectInput): Promise<SelectedAll> {
  const { tree, before, running, target, cut } = input
  const others = otherUnits(tree, before, { target, cut })
  const found = await selectLinked(units, rulesOf(target, running, input), { running, others })
  const { affected } = before
  const old = await oldFunctions(found.units, found.selection, { tree, affected, target, cut })
  return { ...found, ...old, ...withImageStrings(old.selection, running.symbols) }
}
