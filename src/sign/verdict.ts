/** A signature as one more check of a payload: asked for by the user, not by Xen, which reads none. */
import type { VerifyCheck, VerifyReport } from '../verify/model.ts'
import type { SignatureCheck } from './check.ts'

export function withSignature(report: VerifyReport, { valid, text }: SignatureCheck): VerifyReport {
  const check: VerifyCheck = { code: 'signature', status: valid ? 'passed' : 'failed', text, stage: 'upload' }
  const checks = [check, ...report.checks]
  // What the loader would not take has been decided by the loader; the signature is told beside it.
  if (valid || !report.accepted) return { ...report, checks }
  return { ...report, checks, accepted: false, stage: 'upload', decidedBy: 'signature' }
}
