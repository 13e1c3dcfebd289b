/**
 * The one check that no loader makes: that the code to be replaced is the code that runs. It needs the tree of what is
 * running, so it is asked apart from the rules and its answer put into the report; Xen itself would take such a payload.
 */
import type { CodeFinding } from './code/model.ts'
import type { VerifyCheck, VerifyReport } from './model.ts'

const CODE = 'running-code'

/** The answer where no tree was given. */
export const NO_TREE: VerifyCheck = {
  code: CODE,
  status: 'not-applicable',
  stage: 'run',
  text: 'whether the code to be replaced is the code that runs: not checked; pass --tree with the tree that it was built from',
}

/** What was found out about the functions that a payload replaces. */
export interface CodeAnswer {
  readonly findings: readonly CodeFinding[]
  /** Functions that were not compared, and why. */
  readonly leftOut: readonly string[]
}

/** The report with the answer in it. */
export function withCode(report: VerifyReport, answer: CodeAnswer): VerifyReport {
  const check = checkOf(answer)
  const checks = report.checks.map(each => (each.code === CODE ? check : each))
  if (check.status !== 'failed') return { ...report, checks }
  const { stage, decidedBy } = report.accepted ? { stage: check.stage, decidedBy: CODE } : report
  return { ...report, checks, accepted: false, stage, decidedBy }
}

function checkOf({ findings, leftOut }: CodeAnswer): VerifyCheck {
  const base = { code: CODE, stage: 'run' } as const
  const differing = findings.filter(({ difference }) => difference !== undefined)
  const warnings = [...leftOut, ...findings.flatMap(({ unchecked }) => unchecked)]
  const warning = warnings.length === 0 ? {} : { warning: warnings.join('; ') }
  const [first] = differing
  if (first?.difference !== undefined) {
    const { offset, address, text } = first.difference
    const more = differing.length === 1 ? '' : ` (and ${differing.length - 1} functions more)`
    const place = `${first.name}+0x${offset.toString(16)}`
    return {
      ...base,
      status: 'failed',
      place,
      text: `${first.name} is not the tree's: from byte 0x${offset.toString(16)} on (0x${address.toString(16)}) it differs; ${text}${more}`,
      ...warning,
    }
  }
  if (findings.length === 0) return { ...base, status: 'not-applicable', text: notCompared(leftOut) }
  const sum = (of: (finding: CodeFinding) => number) => findings.reduce((total, finding) => total + of(finding), 0)
  const edited = sum(finding => finding.edited)
  const left = edited === 0 ? '' : `; ${edited} bytes that Xen edits while booting were left out`
  return {
    ...base,
    status: 'passed',
    text: `what is to be replaced (functions: ${findings.length}) is the code that runs: ${sum(one => one.bytes)} bytes and ${sum(one => one.entries)} special entries are equal${left}`,
    ...warning,
  }
}

function notCompared(leftOut: readonly string[]): string {
  return leftOut.length === 0 ? 'the payload replaces no function' : leftOut.join('; ')
}
