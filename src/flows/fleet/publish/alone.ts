/** A payload that no fleet has built, as a fleet of one base and one fix: so it is published like any other. */
import { createHash } from 'node:crypto'
import { InputError } from '../../../base/errors.ts'
import type { StoredFile } from '../../../base/stored-file.ts'
import { readDebugFile } from '../../../loaders/debug-file.ts'
import type { FleetCell, FleetIndex } from '../../../report/fleet-index.ts'
import type { RunReport } from '../../../report/model.ts'

export interface PayloadAlone {
  /** As `build --json` wrote it, and read. */
  readonly bytes: Uint8Array
  readonly report: RunReport
  readonly payload: Uint8Array
  readonly debugFile: Uint8Array | undefined
  /** What it is called: the base's name, the fix's, and what that goes by. */
  readonly base: string
  readonly fix: string
  readonly ids: readonly string[]
}

export interface FleetAlone {
  readonly index: FleetIndex
  readonly read: (stored: StoredFile) => Uint8Array | undefined
}

/**
 * Throws `InputError` where the payload is not the report's, or not made for what runs alone: what lies below another payload only a
 * fleet's file says.
 */
export function fleetOfOne(alone: PayloadAlone): FleetAlone {
  const { bytes, report, payload, debugFile, base, fix, ids } = alone
  const runs = report.base?.buildId ?? null
  const depends = report.base?.depends ?? null
  const described = report.payload
  if (described === null) throw notOne(`the report tells of no payload: it ended as ${report.outcome}`)
  const ending = described.file.slice(described.file.lastIndexOf('.'))
  const [storedPayload, storedReport] = [stored(`${fix}${ending}`, payload), stored('report.json', bytes)]
  if (described.sha256 !== storedPayload.sha256) {
    throw notOne(`the payload’s SHA-256 is ${storedPayload.sha256}, and the report’s payload has ${described.sha256}`)
  }
  if (runs === null) throw notOne('the report does not tell the build-id of what runs')
  if (depends !== null && depends !== runs) {
    throw notOne(`the payload goes upon ${depends}, and not upon what runs, ${runs}`)
  }
  const storedDebug = debugFile === undefined ? null : stored(`${fix}.debug`, debugFile)
  if (debugFile !== undefined && readDebugFile(debugFile, 'the debug file').buildId !== described.buildId) {
    throw notOne(`the debug file is not the payload’s, whose build-id is ${described.buildId}`)
  }
  const cell: FleetCell = {
    ...{ base, fix, outcome: 'built', asExpected: true, text: 'a payload was built', codes: [], expected: null },
    ...{ upon: [], includes: [fix], isCumulative: false, page: null, rehearsal: null, error: null, inputs: {} },
    payload: { ...storedPayload, buildId: described.buildId, runs, depends },
    report: storedReport,
    debugFile: storedDebug,
  }
  const index: FleetIndex = {
    ...{ schema: 1, command: 'fleet', version: report.version, outcome: 'as-expected', cells: [cell] },
    bases: [{ name: base, buildId: runs, endOfLife: null, on: [] }],
    fixes: [{ name: fix, ids }],
  }
  const files = new Map([
    [storedPayload.sha256, payload],
    [storedReport.sha256, bytes],
    ...(debugFile === undefined || storedDebug === null ? [] : [[storedDebug.sha256, debugFile] as const]),
  ])
  return { index, read: ({ sha256 }) => files.get(sha256) }
}

function stored(file: string, content: Uint8Array): StoredFile {
  return { file, sha256: createHash('sha256').update(content).digest('hex'), size: content.length }
}

const notOne = (fact: string) =>
  new InputError(
    'publish/not-alone',
    fact,
    'give the unsigned payload and the JSON of the `hotsplice build` that made it; a payload upon another one takes a fleet’s file',
  )
