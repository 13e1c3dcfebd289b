import { basename } from 'node:path'
import type { RunReport } from '../report/model.ts'
import { VERSION } from '../system/version.ts'
import { choice, isFileName, named, type OneOrMore, readPatches, readText, several, type TextInput } from './inputs.ts'
import { type CompileOptions, given, settingsOf, untilAborted } from './settings.ts'

/** The tree, the patch, and what runs: the same for `build` and `advise`. */
export interface PatchOptions extends CompileOptions {
  /**
   * The source tree of what is running, as its build left it: the folder that holds xen/, xen/ itself, or one with
   * compile_commands.json. It is never written to.
   */
  readonly tree: string
  /** The patch, or several in their order; applied in memory, as `patch` would with no fuzz. */
  readonly patch: OneOrMore<TextInput>
  /**
   * How many components are taken off each name in the patch, as by `patch -pN`: 0 for names without a/ and b/.
   *
   * @default 1
   */
  readonly strip?: number | undefined
  /**
   * What will load the payload.
   *
   * @default 'xen' for a tree of Xen, 'process' for any other
   */
  readonly target?: 'xen' | 'process' | undefined
  /**
   * xen-syms or xen.efi of what is running; for a process its program.
   *
   * @default the tree's own xen-syms; for a process the tree's own program, where there is no doubt which it is
   */
  readonly symbols?: string | undefined
  /**
   * Build-id of the payload below, in hexadecimal.
   *
   * @default that of the symbols
   */
  readonly depends?: string | undefined
  /**
   * Build-id of the hypervisor, in hexadecimal.
   *
   * @default that of the symbols
   */
  readonly xenDepends?: string | undefined
  /**
   * Xen's .config, for a tree that was not built.
   *
   * @default the tree's own
   */
  readonly config?: string | undefined
  /**
   * `VAR=VALUE` for make, for a tree that was not built.
   *
   * @default none
   */
  readonly makeArgs?: readonly string[] | undefined
  /**
   * Names of boot code and data that is left out although the patch changes it, `UNIT#NAME` where several units have one;
   * `all` for all of it. The report's `leftInit` says what then does not happen.
   *
   * @default none
   */
  readonly leaveInit?: readonly string[] | undefined
  /**
   * Changed functions whose callers are replaced in their stead, by name (`UNIT#NAME` where several units have it); `all` for
   * each that cannot be replaced itself, because it is too small or its name is not unique. Where not every caller is known,
   * it is refused.
   *
   * @default none
   */
  readonly promoteCallers?: readonly string[] | undefined
  /**
   * Where the objects are (O=), or compile_commands.json is, when not in the tree.
   *
   * @default the tree
   */
  readonly buildDir?: string | undefined
}

/** What `build` takes. */
export interface BuildOptions extends PatchOptions {
  /**
   * How to treat functions that differ only by an embedded line number: `ignore` includes them, `mask` leaves them out,
   * `neutral` rewrites the patch so that they do not differ, `table` leaves them out and sets their numbers while the
   * payload is applied, `auto` chooses file by file and holds `neutral` and `mask` against each other.
   *
   * @default 'auto'
   */
  readonly lines?: 'auto' | 'neutral' | 'mask' | 'table' | 'ignore' | undefined
  /**
   * Files of payloads that are applied already, the lowest first: the new one goes on top.
   *
   * @default none
   */
  readonly on?: readonly string[] | undefined
  /**
   * Files of payloads that are applied already, and whose place the new one is to take (`replace`): it has no names of theirs,
   * and is refused where data that they hold would be lost.
   *
   * @default none
   */
  readonly besides?: readonly string[] | undefined
  /**
   * Variables of those that may be lost; `all` for all, `*` for ones without a name.
   *
   * @default none
   */
  readonly loses?: readonly string[] | undefined
  /**
   * `FILE` or `FILE@ADDRESS`: a copy of the running system's code, to compare with too.
   *
   * @default none
   */
  readonly memory?: string | undefined
  /**
   * Whether the loader is to compare the first bytes of old code before it patches.
   *
   * @default true
   */
  readonly expect?: boolean | undefined
  /**
   * Whether no processor of the host has CET-IBT, or Xen was started with cet=no-ibt: some Xen 4.17 and 4.18 die of
   * alternatives on one that has.
   *
   * @default false: it may
   */
  readonly withoutIbt?: boolean | undefined
  /**
   * Names of types and functions that may change although they live across the patch.
   *
   * @default none
   */
  readonly acceptTypes?: readonly string[] | undefined
  /**
   * Sources of your own (hooks, helpers) beside the patch, each compiled like a unit of the tree, in its folder.
   *
   * @default none
   */
  readonly with?: OneOrMore<SourceInput> | undefined
  /**
   * Of a patch that is refused, find out which hunks are to blame, and what would be built without them: the report's
   * `explanation`. The rest is built to see that, so that it takes as long again.
   *
   * @default false
   */
  readonly explainRefusal?: boolean | undefined
  /**
   * Compile all units that read a touched header. Otherwise those are left out, and named in the report's `notCompared`,
   * whose preprocessed text the patch does not change, but for inline functions that they do not use.
   *
   * @default false
   */
  readonly compileAll?: boolean | undefined
  /**
   * Whether the report has the patch and both versions of the code, which `page` shows: they can be large.
   *
   * @default false
   */
  readonly details?: boolean | undefined
  /**
   * What the report calls the payload: the file that you will write it to. Nothing is written by `build`.
   *
   * @default the first patch's name with `.livepatch` in place of its ending; `payload.livepatch` where it has none
   */
  readonly output?: string | undefined
}

/** A source of your own. */
export interface SourceInput {
  /** The file that holds it. */
  readonly file: string
  /**
   * A unit or source that it is compiled like, in its folder, as the build calls it: `common/domain.o`.
   *
   * @default most units of the folder that the patch touches
   */
  readonly beside?: string | undefined
}

/** What `build` gives. */
export interface BuildResult {
  /** What was found out; the same as the JSON of `hotsplice build`. */
  readonly report: RunReport
  /** The payload's bytes; undefined unless the report's `outcome` is `built`. */
  readonly payload: Uint8Array | undefined
}

/**
 * Builds a payload: the functions that a patch changes, and what they need. What cannot be hotpatched is no exception but in
 * the report, all of it at once, each with its way out.
 *
 * @param options the tree and the patch
 * @returns the report, and the payload where there is one
 * @throws {InputError} for a tree that cannot be used, a patch that does not fit or compile, a file that cannot be read
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { writeFile } from 'node:fs/promises'
 * import { build } from 'hotsplice'
 *
 * const { report, payload } = await build({ tree: 'demo', patch: 'fix.patch' })
 * for (const { code, text, hint } of report.refusals) console.log(code, text, hint)
 * assert.equal(report.outcome, 'built')
 * assert.deepEqual(report.functions.filter(({ included }) => included).map(({ name }) => name), ['f1'])
 * if (payload !== undefined) await writeFile('built.livepatch', payload)
 * ```
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const lines = choice('lines', options.lines, ['auto', 'neutral', 'mask', 'table', 'ignore'])
  return untilAborted(options, async () => {
    const flow = await import('../flows/build.ts')
    const sources = await readSources(options.with ?? [])
    const own = { sources, lines, output: outputOf(options), details: options.details === true }
    const request = { ...(await requestOf(options)), ...own, version: VERSION }
    const { report, payload } = await flow.build(request)
    return { report, payload }
  })
}

export function readSources(input: OneOrMore<SourceInput>) {
  return Promise.all(
    several(input).map(async ({ file, beside }) => ({ name: file, text: await readText(file, 'the source'), beside })),
  )
}

/** As the command calls it. */
function outputOf({ output, patch }: BuildOptions): string {
  const [first] = several(patch)
  if (output !== undefined) return output
  return isFileName(first) ? `${basename(first).replace(/\.(?:patch|diff)$/, '')}.livepatch` : 'payload.livepatch'
}

/** As the flows take it. */
export async function requestOf(options: PatchOptions) {
  const tree = named('tree', options.tree)
  const target = options.target === undefined ? undefined : choice('target', options.target, ['xen', 'process'])
  const { usualTarget } = await import('../flows/hotpatch/usual-target.ts')
  const patches = await readPatches(options.patch, options.strip)
  return { ...given(options), ...settingsOf(options), tree, patches, target: target ?? usualTarget(tree) }
}
