/** A report as text: the verdict in one sentence, then what is wrong, then warnings; on request every check. */
import type { VerifyCheck, VerifyReport } from '../verify/model.ts'

export interface DescribeOptions {
  /** Shows the checks that passed or did not apply as well. */
  readonly all?: boolean
}

export function describeVerify(report: VerifyReport, { all = false }: DescribeOptions = {}): string {
  const failed = report.checks.filter(check => check.status === 'failed')
  const warned = report.checks.filter(check => check.warning !== undefined)
  const unknown = report.checks.filter(check => check.status === 'not-applicable' && check.text.startsWith('needs '))
  const lines = [verdict(report), ...failed.map(check => `  ${failure(check, report)}`)]
  if (warned.length > 0) lines.push('Worth a look:', ...warned.map(check => `  ${check.warning} [${check.code}]`))
  const reasons = [...new Set(unknown.map(check => check.text))]
  for (const reason of reasons) {
    const count = unknown.filter(check => check.text === reason).length
    lines.push(`Not checked: ${count} ${count === 1 ? 'rule' : 'rules'}; ${reason}`)
  }
  if (all) lines.push('All checks, in the order of the loader:', ...report.checks.map(line))
  else lines.push(counts(report.checks))
  return lines.join('\n')
}

/** Who takes payloads, as users know it. */
const TITLES: Readonly<Record<VerifyReport['target'], string>> = { xen: 'Xen', linux: 'Linux' }

function verdict({ accepted, complete, errno, stage, version, target, decidedBy }: VerifyReport): string {
  const who = `${TITLES[target]} ${version}`
  if (accepted && !complete) return `Nothing is wrong with this payload for ${who} as far as it could be checked.`
  if (accepted) return `${who} would take this payload.`
  if (errno === null) return `${who} would take this payload, and must not get it [${decidedBy}]:`
  if (errno === 'wrong') {
    return `${who} would take this payload, and its code would do something else than it should [${decidedBy}]:`
  }
  if (errno !== 'crash') {
    const doing = stage === 'apply' ? 'apply' : 'load'
    return `${who} would refuse to ${doing} this payload with ${errno} [${decidedBy}]:`
  }
  const moment = {
    upload: 'while loading it',
    apply: 'while applying it',
    run: 'when its code runs',
    revert: 'when it is reverted',
  }
  return `This payload would crash ${who} ${stage === null ? '' : moment[stage]} [${decidedBy}]:`
}

function failure({ code, errno, text }: VerifyCheck, report: VerifyReport): string {
  return `${code === report.decidedBy ? '->' : '  '} ${text} [${errno === undefined ? code : `${code}, ${errno}`}]`
}

function line({ status, code, text }: VerifyCheck): string {
  const mark = { passed: 'ok  ', failed: 'FAIL', 'not-applicable': '-   ' }[status]
  return `  ${mark} ${code.padEnd(24)} ${text}`
}

function counts(checks: readonly VerifyCheck[]): string {
  const count = (status: VerifyCheck['status']) => checks.filter(check => check.status === status).length
  return `${count('passed')} checks passed, ${count('failed')} failed, ${count('not-applicable')} did not apply.`
}
