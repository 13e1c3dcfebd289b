/** The SARIF log that `--sarif` asks for: written whatever becomes of the run. */
import { InputError } from '../base/errors.ts'
import { errorReport } from '../report/error-report.ts'
import { toJson } from '../report/json.ts'
import type { ReportedError, RunReport } from '../report/model.ts'
import type { Place } from '../report/places.ts'
import { sarifLog } from '../report/sarif.ts'
import { findingOf } from '../system/page-parts.ts'
import { type Ending, exitCode } from './exit-code.ts'
import { isFreeForJson, STANDARD, writeWhole } from './files.ts'
import { VERSION } from './version.ts'

export function checkSarif(file: string | undefined): void {
  if (file === STANDARD) throw new InputError('cli/usage', '--sarif writes a file, and - is none', 'name a file')
}

export function writeSarif(file: string, report: RunReport, ending: Ending, places: readonly (Place | null)[]): void {
  writeWhole(file, toJson(sarifLog(report, { exitCode: exitCode(ending), pageOf: findingOf, places })))
}

/** The log of a run that failed. It takes the place of nothing but an earlier one. */
export function writeFailedSarif(file: string | undefined, error: ReportedError, ending: Ending): void {
  if (file === undefined || file === STANDARD || !isFreeForJson(file)) return
  writeSarif(file, errorReport('build', VERSION, error), ending, [])
}
