/** A failure as the report tells it; the JSON that was asked for is written for failed runs too. */
import { InputError } from '../base/errors.ts'
import { emptyReport, type ReportedError, type RunReport } from './model.ts'

export const INTERNAL_BUG = 'internal/bug'

/** What is known of any thrown thing. Whatever is not bad input is a mistake of ours. */
export function reportedError(error: unknown): ReportedError {
  if (error instanceof InputError) {
    return { code: error.code, text: error.message, trail: error.trail, hint: error.hint ?? null }
  }
  const text = error instanceof Error ? error.message : String(error)
  return { code: INTERNAL_BUG, text, trail: [], hint: 'this is a mistake of hotsplice; please report it' }
}

export function errorReport(command: RunReport['command'], version: string, error: ReportedError): RunReport {
  return { ...emptyReport(command, version), outcome: 'error', error }
}
