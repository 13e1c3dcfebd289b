/** Which units exceptions may pass through, by the compiler's own word: names of files and compilers only suggest it. */
import type { SourceChange } from '../source/model.ts'
import { overlayOf } from './affected.ts'
import { tryCompile } from './compile.ts'
import type { Affected, AffectedUnit, Tree } from './model.ts'
import type { Overlay } from './overlay.ts'

/** GNU C Preprocessor manual, "Common Predefined Macros": defined when compiling with exceptions enabled. */
const ENABLED = /^#define __EXCEPTIONS\b/m

const NOTHING: Overlay = new Map()

/** The affected units that are compiled with exceptions enabled, or of which the compiler does not tell. */
export async function throwingUnits(
  tree: Tree,
  affected: Affected,
  change: SourceChange,
): Promise<ReadonlySet<string>> {
  const overlay = overlayOf(change, affected)
  const asked = affected.affected.filter(({ unit, kind }) => kind !== 'removed' && unit.language === 'c')
  const byUnit = new Map<string, boolean>()
  const ask = async (units: readonly AffectedUnit[], text: Overlay) => {
    const requests = units.map(({ unit }) => ({ unit, overlay: text, label: 'macros' }))
    const results = await tryCompile(tree, requests, 'macros')
    for (const [at, { unit }] of requests.entries()) {
      const done = results[at]?.done
      if (done !== undefined) byUnit.set(unit.unit, ENABLED.test(Buffer.from(done.object).toString('latin1')))
    }
  }
  // Options decide it, not the text; of the tree's own text it is known from an earlier build.
  await ask(
    asked.filter(({ kind }) => kind === 'changed'),
    NOTHING,
  )
  await ask(
    asked.filter(({ unit }) => !byUnit.has(unit.unit)),
    overlay,
  )
  return new Set(asked.map(({ unit }) => unit.unit).filter(unit => byUnit.get(unit) !== false))
}
