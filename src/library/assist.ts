import { basename } from 'node:path'
import type { AssistReport } from '../report/assist-report.ts'
import { VERSION } from '../system/version.ts'
import { type PatchOptions, readSources, requestOf, type SourceInput } from './build.ts'
import { isFileName, type OneOrMore, several } from './inputs.ts'
import { untilAborted } from './settings.ts'

/** What `assist` takes. */
export interface AssistOptions extends PatchOptions {
  /**
   * Sources of your own that will be given to the build too.
   *
   * @default none
   */
  readonly with?: OneOrMore<SourceInput> | undefined
  /**
   * What the source will be called: the file that you will write it to. Nothing is written by `assist`.
   *
   * @default the first patch's name with `-assist.c` in place of its ending; `patch-assist.c` where it has none
   */
  readonly output?: string | undefined
}

/** What `assist` gives. */
export interface AssistResult {
  /** What was found out, with the source; the same as the JSON of `hotsplice assist`. */
  readonly report: AssistReport
  /** The source, for `build`'s `with`; empty where there is nothing to write. */
  readonly source: Uint8Array
}

/**
 * Writes a source that takes the way out of what is refused of a patch: hooks that set changed initial values. What only a
 * person can know is a line in it with FILL_IN, which does not compile before it is filled in.
 *
 * @param options the tree and the patch, as for `build`
 * @returns the source, and what it does about which refusal
 * @throws {InputError} as `build` does
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { assist } from 'hotsplice'
 *
 * const { report } = await assist({ tree: 'demo', patch: 'fix.patch' })
 * assert.equal(report.outcome, 'nothing-to-do')
 * ```
 */
export async function assist(options: AssistOptions): Promise<AssistResult> {
  return untilAborted(options, async () => {
    const flow = await import('../flows/assist/assist.ts')
    const sources = await readSources(options.with ?? [])
    const request = { ...(await requestOf(options)), sources, output: outputOf(options), version: VERSION }
    const { report, source } = await flow.assist(request)
    return { report, source: new Uint8Array(Buffer.from(source, 'latin1')) }
  })
}

function outputOf({ output, patch }: AssistOptions): string {
  const [first] = several(patch)
  if (output !== undefined) return output
  return `${isFileName(first) ? basename(first).replace(/\.(?:patch|diff)$/, '') : 'patch'}-assist.c`
}
