/**
 * How large entries of special sections are, asked of the tree's own compiler. Part of the pipeline: one unit of the
 * patch lends its flags. Usually one compile answers for all sections; where a version has moved a structure, so that
 * the text for all does not compile, each section is asked for alone, and what stays unknown is told: the relocations'
 * stride then decides by itself.
 */
import type { Reason } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import { readElf } from '../../elf/index.ts'
import type { ProbedSizes } from '../../loaders/entry-size.ts'
import { probedSizes } from '../../loaders/xen/probe.ts'
import { type Affected, type Tree, treeKind, tryProbes, type Unit } from '../../trees/index.ts'

export interface EntrySizes {
  /** Empty when nothing was asked: no structure of the target is in question. */
  readonly known: { readonly probed?: ProbedSizes }
  readonly notices: readonly Reason[]
}

export function askEntrySizes(tree: Tree, { affected }: Affected): Promise<EntrySizes> {
  return entrySizesBy(
    tree,
    affected.filter(({ kind }) => kind === 'changed').map(({ unit }) => unit),
  )
}

/** One of `units` lends its flags. */
export async function entrySizesBy(tree: Tree, units: readonly Unit[]): Promise<EntrySizes> {
  const unit = units.find(({ language }) => language === 'c')
  const texts = treeKind(tree).probes()
  if (texts.length === 0 || unit === undefined) return { known: {}, notices: [] }
  const [all] = await tryProbes(tree, unit, [texts.map(({ text }) => text).join('')])
  if (all !== undefined) return { known: { probed: sizesIn(all) }, notices: [] }
  const each = await tryProbes(
    tree,
    unit,
    texts.map(({ text }) => text),
  )
  const notices = texts
    .filter((_, index) => each[index] === undefined)
    .map(({ section }) => ({
      code: 'entry-size-unknown',
      text: `the size of ${section}’s entries could not be asked of the compiler with the flags of ${unit.unit}; it is taken from the relocations alone`,
    }))
  const probed = new Map(each.flatMap(object => (object === undefined ? [] : [...sizesIn(object)])))
  return { known: { probed }, notices }
}

function sizesIn(object: Uint8Array): ProbedSizes {
  return probedSizes(readElf<Side>(object))
}
