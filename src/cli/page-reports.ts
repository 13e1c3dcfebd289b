/** Reports as `hotsplice report` takes them: of builds and comparisons, and what verify, rehearse and advise wrote beside them. */
import * as v from 'valibot'
import { InputError } from '../base/errors.ts'
import type { FleetIndex } from '../report/fleet-index.ts'
import type { RunReport } from '../report/model.ts'
import type { AdviceView, RehearsalView, VerifyView } from '../report/page/model.ts'
import type { Named } from '../report/page/page.ts'
import { readReport } from '../report/schema.ts'
import { readText } from './files.ts'
import { SCHEMAS } from './schemas.ts'

export interface PageReports {
  readonly builds: readonly Named<RunReport>[]
  readonly verifications: readonly Named<VerifyView>[]
  readonly rehearsals: readonly Named<RehearsalView>[]
  readonly advice: AdviceView | undefined
  /** The index of a fleet; the last one, where several are given. */
  readonly fleet: Named<FleetIndex> | undefined
}

export function readPageReports(files: readonly string[]): PageReports {
  return pageReports(files.map(name => ({ name, text: readText(name, 'the report', 'utf8') })))
}

interface ReportText {
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
    if (v.is(SCHEMAS.verify, value) && 'checks' in value) verifications.push({ name, report: value })
    else if (v.is(SCHEMAS.rehearse, value) && 'operations' in value) rehearsals.push({ name, report: value })
    else if (v.is(SCHEMAS.advise, value) && 'ways' in value) advice = value
    else if (v.is(SCHEMAS.fleet, value) && 'cells' in value) fleet = { name, report: value }
    else if (isFailure(value)) throw failed(name, value)
    else builds.push({ name, report: readReport(text, name) })
  }
  return { builds, verifications, rehearsals, advice, fleet }
}

type Failure = Extract<v.InferOutput<typeof SCHEMAS.verify>, { readonly outcome: 'error' }>

/** Of a command that has no form of its own for it: there is nothing to show. */
function isFailure(value: unknown): value is Failure {
  return v.is(SCHEMAS.verify, value) && 'outcome' in value
}

function failed(name: string, { command, error }: Failure): InputError {
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
