/**
 * Units whose preprocessed text is the same for both versions, by their own commands, once the inline functions are taken
 * away that nobody uses.
 */
import { tryCompile } from '../compile.ts'
import type { AffectedUnit, Tree } from '../model.ts'
import type { Overlay } from '../overlay.ts'
import { inBatches } from './batches.ts'

export interface SameText {
  readonly overlay: Overlay
  /** Whether a line number that is another one is a difference. */
  readonly withLines: boolean
}

/**
 * A number that no text has: what a patch writes instead of a line's number must not look like one. A warning says that it
 * is a strange thing to ask for.
 */
export const WITHOUT_LINES = ['-w', '-D__LINE__=1979317431']

export async function withSameText(
  tree: Tree,
  units: readonly AffectedUnit[],
  asked: SameText,
): Promise<readonly AffectedUnit[]> {
  const same: AffectedUnit[] = []
  await inBatches(units, async batch => {
    const found = await sameOf(tree, batch, asked)
    same.push(...found)
    return found.length > 0
  })
  return same
}

async function sameOf(
  tree: Tree,
  units: readonly AffectedUnit[],
  { overlay, withLines }: SameText,
): Promise<readonly AffectedUnit[]> {
  const extraFlags = withLines ? [] : WITHOUT_LINES
  const both = [
    { label: 'original', texts: new Map<string, string | null>() },
    { label: 'patched', texts: overlay },
  ]
  const requests = both.flatMap(({ label, texts }) =>
    units.map(({ unit }) => ({ unit, overlay: texts, label, extraFlags })),
  )
  const results = await tryCompile(tree, requests, 'live')
  return units.filter((_, at) => {
    const [before, after] = [results[at], results[at + units.length]].map(result => result?.done?.object)
    return before !== undefined && after !== undefined && before.length > 0 && Buffer.compare(before, after) === 0
  })
}
