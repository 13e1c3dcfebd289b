/**
 * Units that cannot see an edit of macros, or of bodies of inline functions, by what the preprocessor says of the original
 * alone: which macros it has used, and which inline functions nobody uses in the text. The patched text is not asked for,
 * and what is known of the original holds for all edits.
 *
 * Why that is enough. Nothing changes but what `namedEdits` lets through.
 *
 * - The preprocessor looks at a macro's definition where it uses or tests the macro. Where it never did so in the original,
 *   it does the same step by step with another definition of the same kind, at the same place.
 * - Text outside of directives changes nothing for what follows, but by `_Pragma`, `__COUNTER__`, and by a macro's list that
 *   goes on behind it. With a body that has none of them, before and after (`closed.ts`), all other text stays what it is; and
 *   the function, of which nobody has the name, goes as a whole when `liveText` is made. So both texts are the same there.
 *
 * The head of a function is seen as the preprocessor has made it; its body begins and ends where it seems to, in no macro's
 * list, since the file's parentheses nest in all conditions (`raw-facts.ts`). A list does not go
 * on from one file into another: gcc and clang refuse that, unless the parenthesis that ends it stands in the text itself,
 * which then does not nest.
 */

import { type UsedNames, unpackUsed } from '../../ctext/used-names.ts'
import { tryCompile } from '../compile.ts'
import type { AffectedUnit, Tree } from '../model.ts'
import { inBatches } from './batches.ts'
import { closedIn } from './closed.ts'
import { hasTrigraphs } from './commands.ts'
import { MacroTable } from './macro-table.ts'
import type { EditsByPath, NamedEdits } from './named-edits.ts'
import { WITHOUT_LINES } from './same-text.ts'
import type { Seen } from './seen.ts'
import type { UnitTexts } from './unit-texts.ts'

export interface ByNames {
  /** They cannot see it. */
  readonly unseen: readonly AffectedUnit[]
  /** It could not be told. */
  readonly untold: readonly AffectedUnit[]
}

export async function byNames(
  tree: Tree,
  units: readonly AffectedUnit[],
  texts: UnitTexts,
  edits: EditsByPath,
): Promise<ByNames> {
  const isAsked = ({ unit, because }: AffectedUnit) =>
    because.every(path => {
      const both = [edits.get(path)?.before, edits.get(path)?.after]
      return both.every(text => text !== undefined && !(text.hasTrigraphs && hasTrigraphs(unit)))
    })
  const closed = closedUnits(units.filter(isAsked), texts, edits)
  const unseen = new Set<AffectedUnit>()
  const told = new Set<AffectedUnit>()
  await inBatches([...closed], async batch => {
    const requests = batch.map(({ unit }) => ({
      unit,
      overlay: new Map<string, string | null>(),
      label: 'original',
      extraFlags: WITHOUT_LINES,
    }))
    const results = await tryCompile(tree, requests, 'used')
    const found = batch.filter((each, at) => {
      const seen = seenBy(
        usedIn(results[at]?.done?.object),
        each.because.map(path => edits.get(path)),
      )
      if (seen !== undefined) told.add(each)
      return seen === false
    })
    for (const each of found) unseen.add(each)
    return found.length > 0
  })
  return { unseen: [...unseen], untold: units.filter(each => !told.has(each)) }
}

function usedIn(kept: Uint8Array | undefined): UsedNames | undefined {
  return kept === undefined ? undefined : unpackUsed(Buffer.from(kept).toString('latin1'))
}

/** Whether the preprocessor, or the compiler, has seen what changes; undefined where it cannot be told. */
export function seenBy(used: UsedNames | undefined, edits: readonly (NamedEdits | undefined)[]): boolean | undefined {
  if (used === undefined || edits.includes(undefined)) return undefined
  const macros = edits.flatMap(edit => [...(edit?.macros ?? [])])
  const inlines = edits.flatMap(edit => [...(edit?.inlines.keys() ?? [])])
  if (macros.some(name => used.macros.has(name)) || inlines.some(name => used.functions.has(name))) return true
  // Of a function that is not there under its name it cannot be told where it went.
  return inlines.every(name => used.unused.has(name) && !used.macros.has(name)) ? false : undefined
}

/** Those in which nothing in the bodies can reach out of them, before and after, by whatever macros they may read. */
function closedUnits(units: readonly AffectedUnit[], { paths, texts }: UnitTexts, edits: EditsByPath) {
  const all = [...edits.values()]
  if (all.every(({ inlines }) => inlines.size === 0)) return units
  const read = [...texts.values()].flat()
  const shared = read.filter(({ isOwn }) => !isOwn).map(({ seen }) => seen)
  const table = tableOf(shared)
  const isClosed = areClosedBy(all, table)
  const ownOf = (each: AffectedUnit) =>
    (paths.get(each) ?? []).flatMap(path => texts.get(path) ?? []).flatMap(({ seen, isOwn }) => (isOwn ? [seen] : []))
  // What a unit defines for itself matters where it was asked what that is.
  const isOther = (own: readonly Seen[]) =>
    own.some(({ facts }) => facts.macros.some(({ name }) => table.isAsked(name)))
  return units.filter(each => {
    if (!isClosed || !paths.has(each)) return false
    const own = ownOf(each)
    return !isOther(own) || areClosed(all, [...shared, ...own])
  })
}

export function areClosed(edits: readonly NamedEdits[], read: Iterable<Seen>): boolean {
  return areClosedBy(edits, tableOf(read))
}

function areClosedBy(edits: readonly NamedEdits[], table: MacroTable): boolean {
  return edits.every(({ inlines }) => [...inlines.values()].flat().every(body => closedIn(body, table)))
}

function tableOf(read: Iterable<Seen>): MacroTable {
  return new MacroTable([...read].map(({ facts }) => facts))
}
