/** The report of a run, as plain data: what `--json` writes and every view shows. */
import { buildReport } from '../../report/build-report.ts'
import type { RunReport } from '../../report/model.ts'
import { verdictReason } from '../../select/words.ts'
import type { HotpatchRun } from './hotpatch.ts'

/** What is said of a run besides what it found out: the version of hotsplice, and for whom the payload is. */
export interface ReportLabel {
  readonly version: string
  readonly target: 'xen' | 'process'
}

export function reportOfRun(run: HotpatchRun, label: ReportLabel): RunReport {
  return buildReport({ ...run, ...label, reasonOf: verdictReason })
}
