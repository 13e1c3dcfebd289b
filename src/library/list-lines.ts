import type { LinesReport } from '../report/lines-report.ts'
import { VERSION } from '../system/version.ts'
import { named } from './inputs.ts'
import { type CompileOptions, given, settingsOf, untilAborted } from './settings.ts'

/** What `listLines` takes. */
export interface ListLinesOptions extends CompileOptions {
  /** The source tree, as its build left it. It is never written to. */
  readonly tree: string
  /** The source file, relative to the tree or to its source folder. */
  readonly source: string
  /**
   * Where the objects are (O=), or compile_commands.json is, when not in the tree.
   *
   * @default the tree
   */
  readonly buildDir?: string | undefined
}

/**
 * Lists every place where the objects of a source file embed a line number. The file is compiled once more with its lines
 * shifted; what differs between the two objects is a line number. Nothing is guessed from instruction patterns.
 *
 * @param options the tree and the source file
 * @returns the places, in the order of their sections
 * @throws {InputError} for a tree that cannot be used, and a file that no unit is compiled from
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { listLines } from 'hotsplice'
 *
 * const { sites } = await listLines({ tree: 'demo', source: 'file1.c' })
 * assert.deepEqual(sites.map(site => [site.function, site.line]), [['f2', 12]])
 * ```
 */
export async function listLines(options: ListLinesOptions): Promise<LinesReport> {
  const [tree, source] = [named('tree', options.tree), named('source', options.source)]
  return untilAborted(options, async () => {
    const { listLines: list } = await import('../flows/list-lines.ts')
    const own = { tree, source, version: VERSION, target: 'xen', ...given({ buildDir: options.buildDir }) } as const
    return (await list({ ...own, ...settingsOf(options) })).report
  })
}
