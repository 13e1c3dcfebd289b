/** Both objects of every affected unit. */
import { compileUnits } from './compile.ts'
import type { AffectedUnit, CompiledUnit, ObjectPair, Overlay, Tree } from './model.ts'
import { fileSymbolOfBytes, originalObject } from './original.ts'

/** Compiles the patched side with `overlay` and takes the original side from the tree. In the order of `affected`. */
export async function buildPairs(
  tree: Tree,
  affected: readonly AffectedUnit[],
  overlay: Overlay,
): Promise<ObjectPair[]> {
  const wanted = affected
    .filter(({ kind }) => kind !== 'removed')
    .map(({ unit }) => ({ unit, overlay, label: 'patched' }))
  const compiled = new Map((await compileUnits(tree, wanted)).map(each => [each.unit.unit, each]))
  const pairs: ObjectPair[] = []
  for (const each of affected) pairs.push(await pairOf(tree, each, compiled.get(each.unit.unit)))
  return pairs
}

/** One pair, for callers that compile for themselves. */
export async function pairOf(
  tree: Tree,
  { unit, because, kind }: AffectedUnit,
  patched: CompiledUnit | undefined,
): Promise<ObjectPair> {
  const original = kind === 'new' ? undefined : await originalObject(tree, unit)
  return {
    unit: unit.unit,
    source: unit.source,
    fileSymbol: (original === undefined ? undefined : fileSymbolOfBytes(original)) ?? unit.source,
    because,
    original,
    patched: patched?.object,
    command: patched?.command ?? unit.command,
    cached: patched?.cached ?? true,
    compileTime: patched?.compileTime ?? 0,
  }
}
