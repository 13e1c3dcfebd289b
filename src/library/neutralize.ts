import type { NeutralReport } from '../report/neutral-report.ts'
import { VERSION } from '../system/version.ts'
import { choice, named, type OneOrMore, readPatches, type TextInput } from './inputs.ts'

/** What `neutralize` takes. */
export interface NeutralizeOptions {
  /** The folder of the source that the patch is for. It need not be built, and is not written to. */
  readonly tree: string
  /** The patch, or several in their order; they become one. */
  readonly patch: OneOrMore<TextInput>
  /**
   * How many components are taken off each name in the patch, as by `patch -pN`: 0 for names without a/ and b/.
   *
   * @default 1
   */
  readonly strip?: number | undefined
  /**
   * `directive`: only `#line`; `reformat`: only layout; `auto`: directives, and layout where none may stand.
   *
   * @default 'auto'
   */
  readonly style?: 'auto' | 'directive' | 'reformat' | undefined
}

/** What `neutralize` gives. */
export interface NeutralizeResult {
  /** What was done, and what is still off. */
  readonly report: NeutralReport
  /** The rewritten patch, for `patch -p1`; empty where nothing is left of it. */
  readonly patch: Uint8Array
}

/**
 * Rewrites a patch so that every line it leaves alone keeps its number, for use with any builder.
 *
 * @param options the tree and the patch
 * @returns the rewritten patch, and what was done to each file
 * @throws {InputError} for a patch that does not fit the tree
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { neutralize } from 'hotsplice'
 *
 * const { report, patch } = await neutralize({ tree: 'demo', patch: 'fix.patch' })
 * assert.deepEqual(report.notes, [])
 * assert.match(Buffer.from(patch).toString(), /^\+#line 6$/m)
 * ```
 */
export async function neutralize(options: NeutralizeOptions): Promise<NeutralizeResult> {
  const style = choice('style', options.style, ['auto', 'directive', 'reformat'])
  const patches = await readPatches(options.patch, options.strip)
  const { neutralizePatch } = await import('../flows/neutralize.ts')
  const { report, patch } = neutralizePatch({ tree: named('tree', options.tree), patches, style, version: VERSION })
  return { report, patch: new Uint8Array(Buffer.from(patch, 'latin1')) }
}
