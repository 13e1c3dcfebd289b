/** A failure as the report tells it; the JSON that was asked for is written for failed runs too. */
import { InputError } from '../base/errors.ts'
import { emptyReport, type ReportedError, type RunReport } from './model.ts'

/** What is known of any thrown thing. What is neither bad input nor the system's refusal is a mistake of ours. */
export function reportedError(error: unknown): ReportedError {
  if (error instanceof InputError) {
    return { code: error.code, text: error.message, trail: error.trail, hint: error.hint ?? null }
  }
  const text = error instanceof Error ? error.message : String(error)
  const system = systemCode(error)
  if (system !== undefined) return { code: `system/${system.toLowerCase()}`, text, trail: [], hint: null }
  return { code: 'internal/bug', text, trail: [], hint: 'this is a mistake of hotsplice; please report it' }
}

/** `ENOSPC` for an error of the operating system: a full disk, a missing permission. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

export function errorReport(command: RunReport['command'], version: string, error: ReportedError): RunReport {
  return { ...emptyReport(command, version), outcome: 'error', error }
}
