/** Asks a unit's own compiler a question: a small text compiled as that unit is. */
import { InternalError } from '../base/errors.ts'
import { compileUnits } from './compile.ts'
import { toBase } from './layout.ts'
import type { Tree, Unit } from './model.ts'

/** The object of `text`, compiled in place of the unit's source with all its flags. Kept like every other result. */
export async function probe(tree: Tree, unit: Unit, text: string): Promise<Uint8Array> {
  const source = unit.dependencies[0] ?? toBase(tree.layout, `${tree.layout.sourceFolder}/${unit.source}`)
  const [compiled] = await compileUnits(tree, [{ unit, overlay: new Map([[source, text]]), label: 'probe' }])
  if (compiled === undefined) throw new InternalError('one request has one result')
  return compiled.object
}
