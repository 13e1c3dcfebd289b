/** Objects with debug information, which is the same code as without: for what the source says of things in them. */
import { join } from 'node:path'
import { tryCompile } from './compile.ts'
import { type Layout, toBase } from './layout.ts'
import type { CompileRequest, Tree, Unit } from './model.ts'
import { quiet } from './whole-run.ts'

/** In the order of the requests; undefined for what the compiler did not make. */
export async function debugObjects(
  tree: Tree,
  requests: readonly CompileRequest[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const silent = { ...tree, run: { ...tree.run, progress: quiet } }
  const results = await tryCompile(silent, requests, 'debug-object')
  return results.map(({ done }) => done?.object)
}

/** Where a file lies that debug information of the unit names, relative to the tree's base. */
export function placeIn(layout: Layout, unit: Unit, spelled: string): string {
  return toBase(layout, spelled.startsWith('/') ? spelled : join(unit.folder, spelled))
}
