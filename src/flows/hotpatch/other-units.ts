/** Units of the tree that the patch does not concern, as units of a run. Part of the pipeline. */

import type { Target } from '../../loaders/loader.ts'
import type { CutOptions } from '../../pieces/pieces.ts'
import type { UnitInput } from '../../select/select.ts'
import { type AffectedUnit, definersOf, type Tree } from '../../trees/index.ts'
import { compileForWay, judgeUnits, requestOf } from './judge.ts'
import type { Prepared } from './prepare.ts'
import { throwingOf } from './rules.ts'
import type { OtherUnits } from './select-linked.ts'

export function otherUnits(
  tree: Tree,
  prepared: Prepared,
  { target, cut }: { readonly target: Target; readonly cut: CutOptions },
): OtherUnits {
  return {
    definersOf: (names, except) => {
      const found = new Map<string, string[]>()
      for (const { unit, found: symbols } of definersOf(tree, names, except).definers) {
        const own = new Set(symbols.flatMap(({ symbol }) => (symbol.binding === 'local' ? [] : symbol.name)))
        for (const name of own) found.set(name, [...(found.get(name) ?? []), unit])
      }
      return found
    },
    compiled: async names => {
      const wanted = tree.units.filter(({ unit, language }) => names.includes(unit) && language === 'c')
      if (wanted.length === 0) return []
      const units = wanted.map((unit): AffectedUnit => ({ unit, because: [], kind: 'changed' }))
      const affected = { ...prepared.affected, affected: units, refusals: [], notices: [] }
      // An exception could not pass what a payload brings.
      const throwing = await throwingOf(target.loader, tree, { ...prepared, affected })
      const request = await requestOf(tree, affected, prepared.change, 'ignore')
      const judged = judgeUnits(await compileForWay(tree, request), cut).units
      return judged.filter(each => !throwing.has(each.unit) && isSame(each))
    },
  }
}

/** What differs without being patched (a date) is another thing each time: nothing of it is known to be the program's. */
const isSame = ({ verdicts }: UnitInput): boolean =>
  [...verdicts.functions, ...verdicts.data, ...verdicts.unnamed].every(({ verdict }) => verdict.kind === 'same')
