/**
 * Units whose preprocessed text is the same for both versions, by their own commands, once the inline functions are taken
 * away that nobody uses.
 *
 * It costs a third of what it may save, and mostly all units of a change are alike: so a few are asked at a time, as long as
 * one of them is let out.
 */
import { tryCompile } from '../compile.ts'
import type { AffectedUnit, Tree } from '../model.ts'
import type { Overlay } from '../overlay.ts'

const AT_FIRST = 4

export async function withSameText(
  tree: Tree,
  units: readonly AffectedUnit[],
  overlay: Overlay,
): Promise<readonly AffectedUnit[]> {
  const same: AffectedUnit[] = []
  let size = AT_FIRST
  for (let from = 0; from < units.length; from += size, size *= 2) {
    const found = await sameOf(tree, units.slice(from, from + size), overlay)
    if (found.length === 0) break
    same.push(...found)
  }
  return same
}

async function sameOf(tree: Tree, units: readonly AffectedUnit[], overlay: Overlay): Promise<readonly AffectedUnit[]> {
  const both = [
    { label: 'original', texts: new Map<string, string | null>() },
    { label: 'patched', texts: overlay },
  ]
  const requests = both.flatMap(({ label, texts }) => units.map(({ unit }) => ({ unit, overlay: texts, label })))
  const results = await tryCompile(tree, requests, 'live')
  return units.filter((_, at) => {
    const [before, after] = [results[at], results[at + units.length]].map(result => result?.done?.object)
    return before !== undefined && after !== undefined && before.length > 0 && Buffer.compare(before, after) === 0
  })
}
