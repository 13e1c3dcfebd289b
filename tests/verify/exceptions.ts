/** Where verify and the real Xen may differ, and why. Anything else that differs is a defect of verify. */
import type { VerifyReport } from '../../src/verify/index.ts'
import type { XenVerdict } from './judge.ts'

export interface Exception {
  readonly reason: string
  readonly applies: (report: VerifyReport, xen: XenVerdict) => boolean
}

export const EXCEPTIONS: readonly Exception[] = []
