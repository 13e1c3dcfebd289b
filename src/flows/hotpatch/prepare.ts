/** What is known of a patch before a way to treat line numbers is chosen. Part of the pipeline. */
import { applyPatches } from '../../source/apply-patches.ts'
import { atBase } from '../../source/base.ts'
import type { PatchText, SourceChange } from '../../source/model.ts'
import { type Affected, affectedUnits, type Tree, treeKind } from '../../trees/index.ts'
import { Stopwatch, type Timings } from './stopwatch.ts'

export interface Prepared {
  readonly change: SourceChange
  readonly affected: Affected
  readonly timings: Timings
}

/** Hunks that `without` names (by `hunkKey`) are left out, as if the patches had never had them. */
export async function prepareHotpatch(
  tree: Tree,
  patches: readonly PatchText[],
  without?: ReadonlySet<string>,
): Promise<Prepared> {
  const watch = new Stopwatch({ open: tree.openTime })
  // source: the patches applied in memory. Every touched file has both texts and a line map.
  const change = watch.timeSync('source', () => applyToTree(unchanged(tree), patches, without))
  // trees: every unit that the change concerns.
  const affected = await watch.time('affected', () => affectedUnits(tree, change))
  return { change, affected, timings: watch.timings }
}

/** Another build may have been on the same base, long ago. */
function unchanged(tree: Tree): Tree {
  tree.texts.checkUnchanged()
  return tree
}

function applyToTree(tree: Tree, patches: readonly PatchText[], without?: ReadonlySet<string>): SourceChange {
  const options = without === undefined ? {} : { without }
  return atBase(patches, tree.reader, treeKind(tree).prefixes, at => applyPatches(patches, at, options))
}
