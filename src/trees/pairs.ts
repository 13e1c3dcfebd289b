/** Both objects of every affected unit. */
import { InternalError } from '../base/errors.ts'
import { readElf } from '../elf/index.ts'
import { compileUnits } from './compile.ts'
import { checkFresh } from './fresh.ts'
import type { AffectedUnit, CompiledUnit, ObjectPair, Tree, Unit } from './model.ts'
import { fileSymbolOf, originalObjects } from './original.ts'
import type { Overlay } from './overlay.ts'
import { treeKind } from './tree-kinds.ts'

/** Compiles the patched side with `overlay` and takes the original side from the tree. In the order of `affected`. */
export async function buildPairs(
  tree: Tree,
  affected: readonly AffectedUnit[],
  overlay: Overlay,
): Promise<ObjectPair[]> {
  const left = affected.filter(({ kind }) => kind !== 'removed')
  tree.run.progress.step(left.length === 1 ? 'compiling 1 unit' : `compiling ${left.length} units`)
  const compiled = await compileUnits(
    tree,
    left.map(({ unit }) => ({ unit, overlay, label: 'patched' })),
  )
  const byUnit = new Map(compiled.map(each => [each.unit.unit, each]))
  return pairsOf(tree, affected, byUnit)
}

/** The pairs of units whose patched side was compiled already, by the unit's name. */
export async function pairsOf(
  tree: Tree,
  affected: readonly AffectedUnit[],
  patched: ReadonlyMap<string, CompiledUnit>,
): Promise<ObjectPair[]> {
  const known = affected.filter(({ kind }) => kind !== 'new').map(({ unit }) => unit)
  await checkFresh(tree, known)
  const originals = await originalObjects(tree, known)
  return affected.map(({ unit, because, kind }) => {
    const compiled = patched.get(unit.unit)
    if (compiled === undefined && kind !== 'removed') throw new InternalError(`${unit.unit} was not compiled`)
    const original = originals.get(unit.unit)
    return {
      unit: unit.unit,
      source: unit.source,
      fileSymbol: fileSymbolFor(tree, unit, { original, patched: compiled?.object }),
      because,
      original,
      patched: compiled?.object,
      command: compiled?.command ?? unit.command,
      cached: compiled?.cached ?? true,
      compileTime: compiled?.compileTime ?? 0,
    }
  })
}

/** The name by which the running system scopes the unit's local symbols. */
function fileSymbolFor(
  tree: Tree,
  unit: Unit,
  { original, patched }: Pick<ObjectPair, 'original' | 'patched'>,
): string {
  // A kernel's own table knows no files; what is found to be the unit's goes by its source.
  if (treeKind(tree).image === 'kernel') return unit.source
  const leaf = unit.source.slice(unit.source.lastIndexOf('/') + 1)
  if (original !== undefined) return fileSymbolOf(readElf<'original'>(original)) ?? leaf
  // A new unit is named as the tree's build would have named it.
  if (tree.facts.config.get('ENFORCE_UNIQUE_SYMBOLS') === 'y') return unit.source
  return (patched === undefined ? undefined : fileSymbolOf(readElf<'patched'>(patched))) ?? leaf
}
