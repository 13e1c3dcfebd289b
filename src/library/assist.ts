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
  /** What comes upon your patch, for `build`'s `patch`, behind it; empty where that can stay as it is. */
  readonly patch: Uint8Array
}

/**
 * Writes a source that takes the way out of what is refused of a patch: hooks that set changed initial values, room for new
 * members of structures and for new per-CPU variables; and for the latter two a patch upon yours, which uses it. What only
 * a person can know is a line of the source with FILL_IN, which does not compile before it is filled in.
 *
 * @param options the tree and the patch, as for `build`
 * @returns the source, the patch upon yours, and what they do about which refusal
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
    const { report, source, patch } = await flow.assist(request)
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))
    return { report, source: bytes(source), patch: bytes(patch) }
  })
}

function outputOf({ output, patch }: AssistOptions): string {
  const [first] = several(patch)
  if (output !== undefined) return output
  return `${isFileName(first) ? basename(first).replace(/\.(?:patch|diff)$/, '') : 'patch'}-assist.c`
}
