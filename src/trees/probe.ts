/** Asks a unit's own compiler a question: a small text compiled as that unit is. */
import { InternalError } from '../base/errors.ts'
import { compileUnits, tryCompile } from './compile.ts'
import { toBase } from './layout.ts'
import type { CompileRequest, Tree, Unit } from './model.ts'

/** The object of `text`, compiled in place of the unit's source with all its flags. Kept like every other result. */
export async function probe(tree: Tree, unit: Unit, text: string): Promise<Uint8Array> {
  const [compiled] = await compileUnits(tree, [requestOf(tree, unit, text)])
  if (compiled === undefined) throw new InternalError('one request has one result')
  return compiled.object
}

/** Likewise for several texts, in their order; undefined where one does not compile, which is an answer too. */
export async function tryProbes(
  tree: Tree,
  unit: Unit,
  texts: readonly string[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const requests = texts.map(text => requestOf(tree, unit, text))
  const results = await tryCompile(tree, requests, 'object')
  return results.map(({ done }) => done?.object)
}

function requestOf(tree: Tree, unit: Unit, text: string): CompileRequest {
  const source = unit.dependencies[0] ?? toBase(tree.layout, `${tree.layout.sourceFolder}/${unit.source}`)
  return { unit, overlay: new Map([[source, text]]), label: 'probe' }
}
