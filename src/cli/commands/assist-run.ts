/**
 * What `hotsplice assist` does: reads the patches, asks what stands in their way, writes the source that takes the way out.
 */
import { existsSync, rmSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { withShownNames } from '../../base/printable.ts'
import { assist } from '../../flows/assist/assist.ts'
import { type AssistReport, assistText } from '../../report/assist-report.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import type { Ending } from '../exit-code.ts'
import { placesOf, STANDARD, writeWhole } from '../files.ts'
import { ownSource, readPatches, readSources } from '../patches.ts'
import { VERSION } from '../version.ts'

export interface AssistArguments {
  readonly tree: string
  readonly patch: readonly string[]
  readonly strip: number
  readonly target: 'xen' | 'process'
  readonly symbols?: string
  readonly on?: readonly string[]
  readonly with?: readonly string[]
  readonly leaveInit?: readonly string[]
  readonly promoteCallers?: readonly string[]
  readonly config?: string
  readonly makeArgs: readonly string[]
  readonly buildDir?: string
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
  readonly jobs: number
  readonly output?: string
  readonly json?: string
}

const ENDINGS: Readonly<Record<AssistReport['outcome'], Ending>> = {
  written: 'done',
  'nothing-to-do': 'nothing-to-do',
  refused: 'refused',
}

export async function runAssist(request: AssistArguments, console: Console, signal: AbortSignal): Promise<Finished> {
  const { patch, strip, json, symbols, config, on = [] } = request
  const own = request.with ?? []
  const inputs = [...patch, ...own.map(text => ownSource(text).name), symbols, config, ...on]
  checkOutputs(
    inputs.filter(file => file !== undefined),
    [request.output, json],
  )
  const file = request.output === STANDARD ? undefined : request.output
  const beside = file === undefined ? undefined : patchBeside(file)
  for (const each of [file, beside]) if (each !== undefined) checkNew(each, request.tree)
  const {
    report,
    source,
    patch: upon,
  } = await assist({
    ...request,
    patches: readPatches(patch, strip),
    sources: readSources(own),
    output: file ?? usualName(patch[0] ?? ''),
    version: VERSION,
    progress: console.progress,
    cacheFolder: cacheFolder(),
    signal,
  })
  const ending = ENDINGS[report.outcome]
  const text = assistText(withShownNames(report), file ?? 'line')
  const bytes = Buffer.from(source, 'latin1')
  if (source === '') return { ending, text, json: report }
  if (upon !== '' && beside === undefined)
    throw new InputError(
      'cli/two-files',
      `there are two files to write, a source and a patch that comes upon ${patch.join(', ')}`,
      'name the source: -o fix-assist.c; the patch is then written beside it',
    )
  if (file === undefined) {
    console.note(text)
    const also = () => (json === STANDARD ? undefined : console.data(bytes))
    return { ending, text: '', json: report, also }
  }
  const files = upon === '' || beside === undefined ? [file] : [file, beside]
  const undo = () => {
    for (const each of files) rmSync(each, { force: true })
  }
  if (!signal.aborted) writeBoth([file, bytes], [files[1], Buffer.from(upon, 'latin1')], undo)
  return { ending, text: `wrote ${files.join(' and ')}\n${text}`, json: report, undo }
}

/** As the flow names it. */
const patchBeside = (file: string) => `${file.replace(/\.c$/, '')}.patch`

type Output = readonly [file: string | undefined, content: Uint8Array]

/** Either both or none. */
function writeBoth(source: Output, patch: Output, undo: () => void): void {
  try {
    for (const [file, content] of [source, patch]) if (file !== undefined) writeWhole(file, content)
  } catch (error) {
    undo()
    throw error
  }
}

function usualName(patch: string): string {
  return `${patch === STANDARD ? 'stdin' : basename(patch).replace(/\.(?:patch|diff)$/, '')}-assist.c`
}

/** What is there may be a source that somebody has filled in; and the tree is never written to. */
function checkNew(file: string, tree: string): void {
  if (existsSync(file))
    throw new InputError(
      'cli/output-exists',
      `${file} is there already`,
      'it may be one that was filled in, so it is not written over: give a new file, or take it away',
    )
  const [place = file] = placesOf(file)
  const [, folder = tree] = placesOf(tree)
  const way = relative(folder, place)
  if (!way.startsWith('..') && !way.startsWith('/'))
    throw new InputError(
      'cli/output-in-tree',
      `${file} would be in the tree, which is never written to`,
      'give a file outside of it: the build puts the source where it belongs, in a copy',
    )
}
