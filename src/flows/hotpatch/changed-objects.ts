/**
 * Units whose objects the tree's build changed behind the compiler's back. Part of the pipeline. What the patch is compiled
 * to names things as the source does: its code would call, and its data would join, what the program has by those names.
 *
 * A tree that was compiled with sections for each function gives its own objects as originals. Then another compile of the
 * same text is the witness, and is made only where the patch leaves a difference of this kind.
 */
import type { Refusal } from '../../base/refusal.ts'
import { readElf } from '../../elf/index.ts'
import { changedSince } from '../../program/changed-object.ts'
import type { UnitInput } from '../../select/select.ts'
import { ownObjects, type Tree, tryCompile, type Unit } from '../../trees/index.ts'
import { readable } from './own-evidence.ts'

interface Made {
  readonly input: UnitInput
  readonly unit: Unit
}

export async function changedObjects(tree: Tree, units: readonly UnitInput[]): Promise<readonly Refusal[]> {
  const built = units.flatMap((input): readonly Made[] => {
    const unit = tree.units.find(each => each.unit === input.unit)
    return unit?.object === undefined || unit.role === 'embedded' ? [] : [{ input, unit }]
  })
  const own = await ownObjects(
    tree,
    built.map(({ unit }) => unit),
  )
  const again = await compiledAgain(tree, built.filter(isDoubtful))
  return built.flatMap(({ input, unit }): readonly Refusal[] => {
    const { object } = input.verdicts.correlation.original
    const linked = own.get(unit.unit)
    const made = again.get(unit.unit)
    const words =
      linked === undefined
        ? made && readable(() => changedSince(object, readElf<'original'>(made)))
        : readable(() => changedSince(readElf<'original'>(linked), object))
    return words === undefined ? [] : [refusalOf(unit, words)]
  })
}

/** Whether the original is the tree's own object, and has names that the patched one has not, or has otherwise. */
function isDoubtful({ input, unit }: Made): boolean {
  const { original, patched } = input.verdicts.correlation
  return unit.original === 'tree' && changedSince(original.object, patched.object) !== undefined
}

/** By unit, what its command makes of the tree's text. */
async function compiledAgain(tree: Tree, units: readonly Made[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const requests = units.map(({ unit }) => ({ unit, overlay: new Map(), label: 'original' }))
  const results = await tryCompile(tree, requests, 'object')
  return new Map(results.flatMap(({ done }) => (done === undefined ? [] : [[done.unit.unit, done.object] as const])))
}

function refusalOf({ unit }: Unit, words: string): Refusal {
  return {
    code: 'changed-object',
    unit,
    symbol: '',
    text: `${unit} of the tree is not what its command makes of its source: ${words}. It was changed after it was compiled, as objcopy does, or the source or the command was`,
    hint: 'objcopy’s --redefine-sym, --prefix-symbols, --localize-symbol and --rename-section are lost in what a patch is compiled to: say the same in the source (asm labels, static, section attributes); where source or command changed since, build the tree again',
  }
}
