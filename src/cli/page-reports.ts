/** Reports as `hotsplice report` takes them: of builds and comparisons, and what verify, rehearse and advise wrote beside them. */
import * as v from 'valibot'
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
}

export function readPageReports(files: readonly string[]): PageReports {
  const builds: Named<RunReport>[] = []
  const verifications: Named<VerifyView>[] = []
  const rehearsals: Named<RehearsalView>[] = []
  let advice: AdviceView | undefined
  for (const name of files) {
    const text = readText(name, 'the report', 'utf8')
    const value = jsonOf(text)
    if (v.is(SCHEMAS.verify, value) && 'checks' in value) verifications.push({ name, report: value })
    else if (v.is(SCHEMAS.rehearse, value) && 'operations' in value) rehearsals.push({ name, report: value })
    else if (v.is(SCHEMAS.advise, value) && 'ways' in value) advice = value
    else builds.push({ name, report: readReport(text, name) })
  }
  return { builds, verifications, rehearsals, advice }
}

/** Undefined where it is no JSON: then reading it as a report says so. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
