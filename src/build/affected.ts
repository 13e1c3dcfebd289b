/** Which units a change concerns, and what about it cannot be turned into a hotpatch. */
import type { SourceChange } from '../source/model.ts'
import type { Affected, AffectedUnit, Tree } from './model.ts'

export async function affectedUnits(tree: Tree, change: SourceChange): Promise<Affected> {
  const touched = new Set(
    change.files.flatMap(({ oldPath, newPath }) => [oldPath, newPath].filter(path => path !== undefined)),
  )
  const affected: AffectedUnit[] = []
  for (const unit of tree.units) {
    const because = unit.dependencies.filter(path => touched.has(path))
    if (because.length > 0 && unit.role !== 'embedded' && unit.language === 'c')
      affected.push({ unit, because, kind: 'changed' })
  }
  return { affected, refusals: [], notices: [], generated: new Map() }
}
