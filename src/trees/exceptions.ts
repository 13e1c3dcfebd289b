/** Which units exceptions may pass through, by the compiler's own word: names of files and compilers only suggest it. */
import type { SourceChange } from '../source/model.ts'
import { overlayOf } from './affected.ts'
import { tryCompile } from './compile.ts'
import type { Affected, Tree } from './model.ts'

/** GNU C Preprocessor manual, "Common Predefined Macros": defined when compiling with exceptions enabled. */
const ENABLED = /^#define __EXCEPTIONS\b/m

/** The affected units that are compiled with exceptions enabled, or of which the compiler does not tell. */
export async function throwingUnits(
  tree: Tree,
  affected: Affected,
  change: SourceChange,
): Promise<ReadonlySet<string>> {
  const overlay = overlayOf(change, affected)
  const requests = affected.affected
    .filter(({ unit, kind }) => kind !== 'removed' && unit.language === 'c')
    .map(({ unit }) => ({ unit, overlay, label: 'macros' }))
  const results = await tryCompile(tree, requests, 'macros')
  const mayThrow = results.map(
    ({ done }) => done === undefined || ENABLED.test(Buffer.from(done.object).toString('latin1')),
  )
  return new Set(requests.filter((_, at) => mayThrow[at]).map(({ unit }) => unit.unit))
}
