/**
 * Rules held against one payload. Each is asked, also after one has failed, so that everything wrong is seen at once; which
 * failure the loader would report is told by its place in the loader's order: step, then position in the loop of that step,
 * then the order of checks in the loop's body.
 */
import { type Finding, NotReached } from './finding.ts'
import type { Stage, Verdict, VerifyCheck, VerifyReport } from './model.ts'

interface Row {
  readonly code: string
  /** What holds when it passes. */
  readonly title: string
  readonly step: string
}

interface StepRow {
  readonly name: string
  readonly stage: Stage
}

/** The rules of one loader, and its steps, both in its order. */
export interface Book<R extends Row> {
  readonly rules: readonly R[]
  readonly steps: readonly StepRow[]
  readonly check: (rule: R) => readonly Finding[]
  /** What a payload is answered with that is not understood. */
  readonly refusal: Verdict
}

export interface Asked {
  readonly step: string
  readonly check: VerifyCheck
  /** The smallest position at which it failed. */
  readonly item: number
  /** It could not look at what it is about. */
  readonly broken: boolean
  /** It needs something that was not given. */
  readonly lacking: boolean
}

export type Judged = Pick<VerifyReport, 'accepted' | 'complete' | 'errno' | 'stage' | 'decidedBy' | 'checks'>

/** What came of each rule; of a payload that was not understood, with that. */
export function askAll<R extends Row>(book: Book<R>): readonly Asked[] {
  const answers = book.rules.map(rule => ask(rule, book))
  return [...answers, ...unexplained(answers, book)]
}

export function conclude<R extends Row>(asked: readonly Asked[], { steps }: Book<R>): Judged {
  const order = new Map(steps.map(({ name }, index) => [name, index]))
  // Rules of one step stand in the order of the loop's body already, and sorting keeps it.
  const first = asked
    .filter(({ check }) => check.status === 'failed')
    .sort((a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0) || a.item - b.item)[0]
  return {
    accepted: first === undefined,
    complete: !asked.some(({ lacking }) => lacking),
    errno: first?.check.errno ?? null,
    stage: first?.check.stage ?? null,
    decidedBy: first?.check.code ?? null,
    checks: asked.map(({ check }) => check),
  }
}

/**
 * A payload is accepted only if everything in it was understood: a rule that could not look at what it is about because
 * that is broken, while no rule said what is broken, is a failure of its own.
 */
function unexplained<R extends Row>(answers: readonly Asked[], book: Book<R>): readonly Asked[] {
  const blocked = answers.find(answer => answer.broken)
  if (blocked === undefined || answers.some(({ check }) => check.status === 'failed')) return []
  const { step, check } = blocked
  return [notUnderstood(step, `${check.text}, so that ${check.code} could not be checked; no rule says why`, book)]
}

/** `first` comes before all loops of its step. */
export function notUnderstood<R extends Row>(step: string, text: string, book: Book<R>, first = false): Asked {
  return {
    step,
    item: first ? Number.MIN_SAFE_INTEGER : 0,
    broken: false,
    lacking: false,
    check: { code: 'understood', status: 'failed', text, stage: stageOf(step, book), errno: book.refusal },
  }
}

function ask<R extends Row>(rule: R, book: Book<R>): Asked {
  const { code, title, step } = rule
  const stage = stageOf(step, book)
  try {
    const findings = [...book.check(rule)].sort((a, b) => a.item - b.item)
    const failed = findings.filter(found => found.errno !== 'warning')
    const first = failed[0]
    const warning = warningOf(findings)
    const extra = warning === undefined ? {} : { warning }
    const asked = { step, broken: false, lacking: false }
    if (first === undefined)
      return { ...asked, item: 0, check: { code, status: 'passed', text: title, stage, ...extra } }
    const errno = first.errno === 'warning' ? book.refusal : first.errno
    const text = first.text + others(failed.length - 1)
    const { item, place } = first
    return { ...asked, item, check: { code, status: 'failed', text, stage, errno, place, ...extra } }
  } catch (error) {
    if (!(error instanceof NotReached)) throw error
    const [broken, lacking] = [error.why === 'broken', error.why === 'needs']
    return { step, item: 0, broken, lacking, check: { code, status: 'not-applicable', text: error.message, stage } }
  }
}

function stageOf<R extends Row>(step: string, { steps }: Book<R>): Stage {
  return steps.find(({ name }) => name === step)?.stage ?? 'upload'
}

function warningOf(findings: readonly Finding[]): string | undefined {
  const warnings = findings.filter(found => found.errno === 'warning')
  const first = warnings[0]
  return first === undefined ? undefined : first.text + others(warnings.length - 1)
}

const others = (count: number): string => (count === 0 ? '' : ` (and ${count} more like it)`)
