/** What `hotsplice build` does: reads the files it was given, runs the pipeline, writes payload and report. */
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { withShownNames } from '../../base/printable.ts'
import { build } from '../../flows/build.ts'
import { parseExpectation } from '../../flows/hotpatch/expectation.ts'
import type { Way } from '../../report/model.ts'
import { summary } from '../../report/text.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import { endingOf } from '../exit-code.ts'
import { readText, removeStale, writeWhole } from '../files.ts'
import { checkPage, writePage } from '../page-file.ts'
import { ownSource, readPatches, readSources } from '../patches.ts'
import { checkSarif, writeSarif } from '../sarif-file.ts'
import { VERSION } from '../version.ts'

export interface BuildArguments {
  readonly tree: string
  readonly patch: readonly string[]
  readonly strip: number
  readonly lines: Way
  readonly target: 'xen' | 'process' | 'linux'
  readonly symbols?: string
  readonly depends?: string
  readonly xenDepends?: string
  readonly on?: readonly string[]
  readonly besides?: readonly string[]
  readonly loses?: readonly string[]
  readonly memory?: string
  readonly expect?: boolean
  readonly withoutIbt?: boolean
  readonly replace?: boolean
  readonly config?: string
  readonly makeArgs: readonly string[]
  readonly acceptTypes: readonly string[]
  readonly leaveInit?: readonly string[]
  readonly promoteCallers?: readonly string[]
  readonly buildDir?: string
  readonly toolchain?: string
  readonly toolchainPath?: readonly string[]
  readonly toolchainFile?: string
  readonly jobs: number
  readonly output?: string
  readonly json?: string
  readonly html?: string
  readonly details?: boolean
  readonly sarif?: string
  readonly debugFile?: string
  readonly expectFunctions?: string
  readonly explainRefusal?: boolean
  readonly compileAll?: boolean
  readonly with?: readonly string[]
}

export async function runBuild(request: BuildArguments, console: Console, signal: AbortSignal): Promise<Finished> {
  const { patch, strip, json, expectFunctions } = request
  const output = request.output ?? defaultOutput(patch[0] ?? '', request.target)
  checkOutputs(
    [
      ...patch,
      ...(request.with ?? []).map(text => ownSource(text).name),
      ...given(expectFunctions),
      ...given(request.symbols),
      ...given(request.config),
      ...(request.on ?? []),
      ...(request.besides ?? []),
    ],
    [output, json, request.sarif, request.html, request.debugFile],
  )
  checkSarif(request.sarif)
  checkPage(request.html)
  const expected =
    expectFunctions === undefined
      ? {}
      : {
          expectedFunctions: parseExpectation(
            readText(expectFunctions, 'the list of functions', 'utf8'),
            expectFunctions,
          ),
        }
  const patches = readPatches(patch, strip)
  const sources = readSources(request.with ?? [])
  // From here on a payload by that name could only be this run's.
  const stale = [output, ...given(request.debugFile)]
  for (const file of stale) if (removeStale(file)) console.note(`removed ${file}, which an earlier run had written`)
  const { report, payload, debugFile, places } = await build({
    ...request,
    ...expected,
    debugFile: request.debugFile !== undefined,
    details: request.details === true || request.html !== undefined,
    patches,
    sources,
    output,
    version: VERSION,
    progress: console.progress,
    cacheFolder: cacheFolder(),
    signal,
  })
  if (payload !== undefined && !signal.aborted) writeWhole(output, payload)
  if (payload !== undefined && request.debugFile !== undefined) {
    if (debugFile === undefined) console.note('no debug file: the units were compiled without debug information (-g)')
    else if (!signal.aborted) writeWhole(request.debugFile, debugFile)
  }
  const undo = () => {
    for (const file of stale) rmSync(file, { force: true })
  }
  const ending = endingOf(report.outcome)
  const also = () => {
    if (request.sarif !== undefined) writeSarif(request.sarif, report, ending, places)
    if (request.html !== undefined) writePage(request.html, { builds: [{ name: request.html, report }] })
  }
  return { ending, text: summary(withShownNames({ ...report, details: null }), console.ink), json: report, also, undo }
}

/** Module loaders of people ask for the ending. */
const ENDINGS = { xen: '.livepatch', process: '.livepatch', linux: '.ko' } as const

const given = (file: string | undefined) => (file === undefined ? [] : [file])

function defaultOutput(patch: string, target: BuildArguments['target']): string {
  const name = patch === '-' ? 'stdin' : basename(patch)
  return `${name.replace(/\.(?:patch|diff)$/, '')}${ENDINGS[target]}`
}
