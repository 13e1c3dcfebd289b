/** Reports as `hotsplice report` takes them: of builds and comparisons, and what verify, rehearse and advise wrote beside them. */
import * as v from 'valibot'
import { InputError } from '../../base/errors.ts'
import { type FleetIndex, fleetIndex } from '../fleet-index.ts'
import type { RunReport } from '../model.ts'
import { readReport } from '../schema.ts'
import { advice as adviceSchema, failure, rehearsal, verification } from '../schemas-beside.ts'
import type { AdviceView, RehearsalView, VerifyView } from './model.ts'
import type { Named } from './page.ts'

export interface PageReports {
  readonly builds: readonly Named<RunReport>[]
  readonly verifications: readonly Named<VerifyView>[]
  readonly rehearsals: readonly Named<RehearsalView>[]
  readonly advice: AdviceView | undefined
  /** The index of a fleet; the last one, where several are given. */
  readonly fleet: Named<FleetIndex> | undefined
}

/** The JSON of one. */
export interface ReportText {
  readonly name: string
  readonly text: string
}

export function pageReports(texts: readonly ReportText[]): PageReports {
  const builds: Named<RunReport>[] = []
  const verifications: Named<VerifyView>[] = []
  const rehearsals: Named<RehearsalView>[] = []
  let advice: AdviceView | undefined
  let fleet: Named<FleetIndex> | undefined
  for (const { name, text } of texts) {
    const value = jsonOf(text)
    if (v.is(verification, value)) verifications.push({ name, report: value })
    else if (v.is(rehearsal, value)) rehearsals.push({ name, report: value })
    else if (v.is(adviceSchema, value)) advice = value
    else if (v.is(fleetIndex, value)) fleet = { name, report: value }
    else if (v.is(failure, value)) throw failed(name, value)
    else builds.push({ name, report: readReport(text, name) })
  }
  return { builds, verifications, rehearsals, advice, fleet }
}

function failed(name: string, { command, error }: v.InferOutput<typeof failure>): InputError {
  return new InputError(
    'report/not-a-report',
    `${name} tells of a run of ${command ?? 'hotsplice'} that failed: ${error.text}`,
    'leave it out, or run that command again',
  )
}

/** Undefined where it is no JSON: then reading it as a report says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
