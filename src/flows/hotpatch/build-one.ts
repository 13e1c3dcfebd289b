/**
 * One build on a base, as plain data: what it returns can cross a thread or a queue. Any number of them may run on one base
 * at once, and each gives what it would have given alone.
 */
import { createHash } from 'node:crypto'
import { debugTwin } from '../../assemble/debug-twin.ts'
import type { Payload } from '../../assemble/model.ts'
import { InputError } from '../../base/errors.ts'
import { withPayload } from '../../report/build-report.ts'
import type { RunReport } from '../../report/model.ts'
import { type Place, placesOf } from '../../report/places.ts'
import type { Base, Run } from '../../trees/index.ts'
import { checkAsked } from './asked.ts'
import { checkExpectation, type ExpectedFunction } from './expectation.ts'
import { explainRefusal, type Tried } from './explain-refusal.ts'
import { createHotpatch, type HotpatchOptions } from './hotpatch.ts'
import { prepareHotpatch } from './prepare.ts'
import { reportOfRun } from './report.ts'

export interface BuildOptions extends HotpatchOptions {
  /** Of hotsplice, for the report. */
  readonly version: string
  /** How the report calls the payload: the file that it is written to. */
  readonly output: string
  /** Refuse unless the payload has exactly these functions. */
  readonly expectedFunctions?: readonly ExpectedFunction[]
  /** Let the report have the patch's text and both versions of code, for a page. */
  readonly details?: boolean
  /** Of a refused patch, find out which hunks are to blame, and what would be built without them. */
  readonly explainRefusal?: boolean
}

export interface BuildResult {
  readonly report: RunReport
  /** The payload's bytes; undefined unless the report's outcome is `built`. */
  readonly payload: Uint8Array | undefined
  /** Its debug file; undefined where none was asked for, or the units were compiled without debug information. */
  readonly debugFile: Uint8Array | undefined
  /** Where the report's refusals and then its warnings stand in the patched source; null where nothing leads there. */
  readonly places: readonly (Place | null)[]
}

/**
 * Builds the payload of a patch. What cannot be hotpatched is in the report. Throws `InputError` for a patch that does not
 * fit or compile, and for files that cannot be read.
 */
export async function buildOne(base: Base, options: BuildOptions, run: Run): Promise<BuildResult> {
  checkAsked(base.facts, options)
  const found = await createHotpatch(base, { ...options, payloadName: options.output }, run)
  const whole = reportOfRun(base, found, options)
  const { payload, change } = found
  const report = expectedOnly(
    options.explainRefusal === true && whole.outcome === 'refused'
      ? {
          ...whole,
          explanation: await explainRefusal({ report: whole, change }, without =>
            tryWithout(base, { ...options, without, details: false }, run),
          ),
        }
      : whole,
    options.expectedFunctions,
  )
  const places = placesOf(report, change)
  if (payload === undefined || report.outcome !== 'built')
    return { report, payload: undefined, debugFile: undefined, places }
  return {
    report: withPayload(report, described(payload, options.output)),
    payload: payload.bytes,
    debugFile: options.debugFile === true ? debugTwin(found.selection, payload) : undefined,
    places,
  }
}

async function tryWithout(base: Base, options: BuildOptions, run: Run): Promise<Tried> {
  const prepared = await prepareHotpatch({ ...base, run }, options)
  const { change } = prepared
  try {
    const found = await createHotpatch(base, options, run, prepared)
    return { report: reportOfRun(base, found, options), change }
  } catch (error) {
    if (error instanceof InputError && error.code !== 'build/interrupted') return { report: error, change }
    throw error
  }
}

function expectedOnly(report: RunReport, expected: readonly ExpectedFunction[] | undefined): RunReport {
  const refusal = expected === undefined ? undefined : checkExpectation(expected, report.functions)
  return refusal === undefined ? report : { ...report, outcome: 'refused', refusals: [...report.refusals, refusal] }
}

function described({ bytes, buildId }: Payload, file: string) {
  return { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), buildId }
}
