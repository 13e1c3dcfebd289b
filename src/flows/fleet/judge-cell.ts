/**
 * What came of a cell, held against what was expected of it.
 *
 * Worse mistake: a cell that looks as expected and is not. So a refusal with one code more than somebody has looked at is a
 * refusal like any other, and one that was expected and did not come is told too: the file says something that is not so.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { FleetCell } from '../../report/fleet-index.ts'
import type { ReportedError } from '../../report/model.ts'
import { counted } from '../../report/text.ts'
import type { BuiltJob, JobDone } from './job.ts'
import type { KeptRehearsal } from './kept.ts'
import type { ExpectedRefusal, Fix, FleetBase } from './model.ts'

/** What is to be said of a cell; the rest is nothing. */
export type BareCell = Pick<FleetCell, 'outcome' | 'asExpected' | 'text'> & Partial<FleetCell>

/** A cell with all its fields. */
export function cellOf(base: FleetBase, fix: Fix, bare: BareCell): FleetCell {
  const expected = expectedAt(base, fix)
  return {
    base: base.name,
    fix: fix.name,
    codes: [],
    expected: expected === undefined ? null : told(expected),
    upon: [],
    includes: [],
    isCumulative: fix.cumulative !== undefined,
    payload: null,
    debugFile: null,
    report: null,
    page: null,
    rehearsal: null,
    error: null,
    inputs: {},
    ...bare,
  }
}

const told = ({ codes, reason, who }: ExpectedRefusal) => ({ codes, reason, who })

const expectedAt = (base: FleetBase, fix: Fix) => fix.expected.find(each => each.base === base.name)

export function failedCell(error: ReportedError): BareCell {
  return { outcome: 'error', asExpected: false, text: error.text, error }
}

/** `rehearsal` is undefined where none was asked for. */
export function judgeCell(base: FleetBase, fix: Fix, done: JobDone, rehearsal: KeptRehearsal | undefined): BareCell {
  if (done.kind === 'error') return failedCell(done.error)
  if (done.kind === 'does-not-apply') {
    return { outcome: 'does-not-apply', asExpected: false, text: done.error.text, error: done.error }
  }
  const { built } = done
  const { report, payload, debugFile, outcome } = built
  const expected = expectedAt(base, fix)
  if (outcome === 'refused') return { ...refused(built, expected), report }
  const other = otherBuild(base, built)
  if (other !== undefined) return failedCell(other)
  const unmet = expected && `; it was to be refused (${expected.codes.join(', ')}), says ${expected.who}`
  const asExpected = expected === undefined
  if (payload === null) return { outcome: 'nothing-to-do', asExpected, text: `no code changes${unmet ?? ''}`, report }
  const log = rehearsal === undefined ? {} : { rehearsal }
  if (rehearsal !== undefined && rehearsal.outcome !== 'passed') {
    const text = `the rehearsal ended as ${rehearsal.outcome}`
    return { outcome: 'rehearsal-failed', asExpected: false, text, report, ...log }
  }
  const tried = rehearsal === undefined ? '' : ', rehearsed'
  const text = `${counted(built.functions, 'function')}${tried}${unmet ?? ''}`
  return { outcome: 'built', asExpected, text, payload, debugFile, report, ...log }
}

function refused({ refusals }: BuiltJob, expected: ExpectedRefusal | undefined): BareCell {
  const codes = [...new Set(refusals.map(({ code }) => code))].sort()
  const surprising = refusals.filter(refusal => !isExpected(refusal, expected))
  const others = [...new Set(surprising.map(({ code }) => code))].sort()
  if (expected !== undefined && others.length === 0) {
    const absent = expected.codes.filter(code => !codes.includes(code))
    const missing = absent.length === 0 ? '' : ` (${absent.join(', ')}, expected too, did not come)`
    const text = `${expected.reason}, says ${expected.who}${missing}`
    return { outcome: 'expected-refusal', asExpected: true, text, codes }
  }
  const [first] = surprising
  const more = expected === undefined ? '' : `not expected: ${others.join(', ')}: `
  return { outcome: 'refused', asExpected: false, text: `${more}${first?.text ?? codes.join(', ')}`, codes }
}

/** Where somebody has said which functions or data it is about, another one is a surprise. */
const isExpected = ({ code, symbol }: Pick<Refusal, 'code' | 'symbol'>, expected: ExpectedRefusal | undefined) =>
  expected?.codes.includes(code) === true && (expected.symbols === undefined || expected.symbols.includes(symbol))

/** The file says which build runs; a payload for another one would be taken by none of its hosts, or by the wrong ones. */
function otherBuild({ buildId, name }: FleetBase, built: BuiltJob): ReportedError | undefined {
  if (buildId === undefined || built.payload === null || built.buildId === buildId) return undefined
  const what = built.buildId === null ? 'which build that is nobody knows' : `what was built is for ${built.buildId}`
  return {
    code: 'fleet/other-build-id',
    text: `${name} has the build-id ${buildId}, and ${what}`,
    trail: [],
    hint: 'give the tree, symbols or image of the build that runs there; depends and xen-depends name its build-id where no file tells it',
  }
}
