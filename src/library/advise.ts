import type { Advice } from '../report/advice.ts'
import { VERSION } from '../system/version.ts'
import { type PatchOptions, requestOf } from './build.ts'
import { untilAborted } from './settings.ts'

/**
 * Tries every way to treat line numbers on a patch, and says which to take. It costs little more than one build: nothing is
 * compiled twice.
 *
 * @param options the tree and the patch, as for `build`
 * @returns what comes of each way, side by side; `recommended` is null where no way gives a payload
 * @throws {InputError} as `build` does, and where every way fails
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { advise } from 'hotsplice'
 *
 * const { recommended, reason, ways } = await advise({ tree: 'demo', patch: 'fix.patch' })
 * assert.equal(recommended, 'auto')
 * assert.deepEqual(ways.map(({ functions }) => functions.length), [1, 1, 1, 1, 2])
 * console.log(reason)
 * ```
 */
export async function advise(options: PatchOptions): Promise<Advice> {
  return untilAborted(options, async () => {
    const flow = await import('../flows/advise.ts')
    return flow.advise({ ...(await requestOf(options)), version: VERSION })
  })
}
