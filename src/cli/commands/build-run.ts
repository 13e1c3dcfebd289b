/** What `hotsplice build` does: reads the files it was given, runs the pipeline, writes payload and report. */
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { basename } from 'node:path'
import { withShownNames } from '../../base/printable.ts'
import { createHotpatch, type HotpatchRun } from '../../flows/hotpatch/hotpatch.ts'
import { reportOfRun } from '../../flows/hotpatch/report.ts'
import { withPayload } from '../../report/build-report.ts'
import type { RunReport, Way } from '../../report/model.ts'
import { summary } from '../../report/text.ts'
import type { Finished } from '../attempt.ts'
import { cacheFolder } from '../cache-folder.ts'
import { type Console, checkOutputs } from '../console.ts'
import { endingOf } from '../exit-code.ts'
import { checkExpectation, parseExpectation } from '../expectation.ts'
import { readText, removeStale, writeWhole } from '../files.ts'
import { checkSarif, writeSarif } from '../sarif-file.ts'
import { VERSION } from '../version.ts'

export interface BuildRequest {
  readonly tree: string
  readonly patch: readonly string[]
  readonly lines: Way
  readonly target: 'xen' | 'process'
  readonly symbols?: string
  readonly depends?: string
  readonly xenDepends?: string
  readonly on?: readonly string[]
  readonly memory?: string
  readonly expect?: boolean
  readonly config?: string
  readonly makeArgs: readonly string[]
  readonly acceptTypes: readonly string[]
  readonly buildDir?: string
  readonly jobs: number
  readonly output?: string
  readonly json?: string
  readonly sarif?: string
  readonly expectFunctions?: string
}

export async function runBuild(request: BuildRequest, console: Console, signal: AbortSignal): Promise<Finished> {
  const { patch, json, expectFunctions } = request
  const output = request.output ?? defaultOutput(patch[0] ?? '')
  checkOutputs(
    [...patch, ...given(expectFunctions), ...given(request.symbols), ...given(request.config), ...(request.on ?? [])],
    [output, json, request.sarif],
  )
  checkSarif(request.sarif)
  const expected =
    expectFunctions === undefined
      ? undefined
      : parseExpectation(readText(expectFunctions, 'the list of functions', 'utf8'), expectFunctions)
  const patches = patch.map(name => ({ name, text: readText(name, 'the patch', 'latin1') }))
  // From here on a payload by that name could only be this run's.
  if (removeStale(output)) console.note(`removed ${output}, which an earlier run had written`)
  const run = await createHotpatch({
    ...request,
    patches,
    progress: console.progress,
    cacheFolder: cacheFolder(),
    signal,
  })
  const report = reportOfRun(run, { version: VERSION, target: request.target })
  const found = expectedOnly(report, expected)
  const written = found.outcome === 'built' && !signal.aborted ? writePayload(run, found, output) : found
  const undo = () => rmSync(output, { force: true })
  const ending = endingOf(written.outcome)
  const also = () => {
    if (request.sarif !== undefined) writeSarif(request.sarif, written, ending, run.change)
  }
  return { ending, text: summary(withShownNames(written), console.ink), json: written, also, undo }
}

const given = (file: string | undefined) => (file === undefined ? [] : [file])

function defaultOutput(patch: string): string {
  const name = patch === '-' ? 'stdin' : basename(patch)
  return `${name.replace(/\.(?:patch|diff)$/, '')}.livepatch`
}

function expectedOnly(report: RunReport, expected: ReturnType<typeof parseExpectation> | undefined): RunReport {
  const refusal = expected === undefined ? undefined : checkExpectation(expected, report.functions)
  return refusal === undefined ? report : { ...report, outcome: 'refused', refusals: [...report.refusals, refusal] }
}

function writePayload({ payload }: HotpatchRun, report: RunReport, file: string): RunReport {
  if (payload === undefined) return report
  writeWhole(file, payload.bytes)
  const sha256 = createHash('sha256').update(payload.bytes).digest('hex')
  return withPayload(report, { file, size: payload.bytes.length, sha256, buildId: payload.buildId })
}
