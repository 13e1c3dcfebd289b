/**
 * Sources that do not compile because the running Linux kernel's configuration has no use for them: make says how any source would
 * be compiled, and one that is left out need not be ready for that. Part of the pipeline.
 */
import { InputError } from '../../base/errors.ts'
import { type Affected, isConfigured, type Tree, treeKind, tryCompile } from '../../trees/index.ts'

/** What to say of units that do not compile: `error` itself, unless one is no part of the configuration and never compiled. */
export async function whyUncompiled(tree: Tree, { affected }: Affected, error: unknown): Promise<unknown> {
  const isFailure = error instanceof InputError && error.code === 'build/compile-failed'
  if (!isFailure || treeKind(tree).image !== 'kernel') return error
  // A patched text may well be wrong; only what the tree has cannot be.
  const units = affected.flatMap(({ unit, kind }) => (kind === 'new' ? [] : [unit]))
  const requests = units.map(unit => ({ unit, overlay: new Map(), label: 'original' }))
  const results = await tryCompile(tree, requests, 'object')
  for (const { failed } of results) {
    if (failed === undefined || (await isConfigured(tree, failed.request.unit.unit))) continue
    const { source } = failed.request.unit
    return new InputError(
      'linux/not-configured',
      `${source} is no part of the kernel’s configuration, and does not compile with it, with the patch or without`,
      'leave the file out of the patch: nothing of it runs in this kernel',
    )
  }
  return error
}
