/**
 * Advice on how to treat line numbers in one patch: every way with what the payload would contain, what stands in its way,
 * what logs will say while it is applied, and what it costs; and the one to take, with the reason.
 *
 * auto holds two ways against each other, and so is never worse than what it is made of; another way is recommended only
 * where auto gives no payload. The rest is for the person who decides: somebody may want more functions in the payload
 * rather than numbers that need translation.
 *
 * In:  a report for each way.
 * Out: the advice, as data.
 */
import type { Refusal } from '../base/refusal.ts'
import { type LogWords, logWords } from './advice-logs.ts'
import type { Entry, Outcome, ReportedError, RunReport, Way } from './model.ts'

export interface TriedReport {
  readonly way: Way
  readonly report: RunReport
  /** Bytes of the payload; null where there is none. */
  readonly size: number | null
  readonly effort: WayAdvice['effort']
}

/** What comes of each way to treat line numbers, and which to take. */
export interface Advice {
  readonly schema: 1
  readonly command: 'advise'
  readonly version: string
  readonly outcome: 'advised' | 'nothing-to-do' | 'refused'
  readonly recommended: Way | null
  readonly reason: string
  /** In the order in which they are compared. */
  readonly ways: readonly WayAdvice[]
}

/** What comes of one way. */
export interface WayAdvice {
  readonly way: Way
  readonly outcome: Outcome
  readonly error: ReportedError | null
  /** What the payload would contain of the source. */
  readonly functions: readonly Entry[]
  /** Functions of ours in it, which set line numbers and put them back (`table`). */
  readonly helpers: number
  /** Functions that differ by line numbers only and stay. */
  readonly left: number
  readonly refusals: readonly Refusal[]
  readonly size: number | null
  readonly effort: {
    readonly compiles: number
    readonly cached: number
    /** Milliseconds. */
    readonly compileTime: number
    readonly otherTime: number
  }
  /** How each touched file is treated. */
  readonly files: readonly { readonly file: string; readonly way: Way; readonly reason: string }[]
  readonly logs: LogWords
}

/** The unit that the tool adds. */
const HELPERS = 'hotsplice/lines.o'

export function adviceOf(tried: readonly TriedReport[], version: string): Advice {
  // Which lines running code embeds is a fact about the tree; the ways that look tell it for all.
  const looked = tried.find(({ report }) => report.lines.files.some(({ embedded }) => embedded !== null))?.report
  const ways = tried.map(({ way, report, size, effort }): WayAdvice => {
    const { outcome, error, functions, refusals, lines } = report
    const included = functions.filter(each => each.included)
    const own = included.filter(({ unit }) => unit !== HELPERS)
    return {
      way,
      outcome,
      error,
      functions: own,
      helpers: included.length - own.length,
      left: functions.filter(each => !each.included && each.verdict === 'line-only').length,
      refusals,
      size,
      effort,
      files: lines.files.map(({ file, way: own, reason }) => ({ file, way: own, reason })),
      logs: logWords(report, looked),
    }
  })
  return { schema: 1, command: 'advise', version, ...recommended(ways), ways }
}

function recommended(ways: readonly WayAdvice[]): Pick<Advice, 'outcome' | 'recommended' | 'reason'> {
  const auto = ways.find(({ way }) => way === 'auto')
  const idle = ways.find(({ outcome }) => outcome === 'nothing-to-do')
  const built = ways.filter(({ outcome }) => outcome === 'built')
  if (idle !== undefined && auto?.outcome !== 'built') return { outcome: 'nothing-to-do', ...nothingToDo(idle, built) }
  const [smallest] = built.toSorted((a, b) => a.functions.length - b.functions.length)
  if (smallest === undefined) return { outcome: 'refused', recommended: null, reason: allRefused(ways) }
  const best = auto?.outcome === 'built' ? auto : smallest
  return { outcome: 'advised', recommended: best.way, reason: whyBest(best, ways) }
}

function nothingToDo({ way }: WayAdvice, [other]: readonly WayAdvice[]): Pick<Advice, 'recommended' | 'reason'> {
  const instead =
    other === undefined ? '' : `; ${other.way} would take ${functionsText(other)} for the sake of line numbers alone`
  return { recommended: way, reason: `the patch changes no code, so there is nothing to apply${instead}` }
}

function allRefused(ways: readonly WayAdvice[]): string {
  const [least] = ways.toSorted((a, b) => a.refusals.length - b.refusals.length)
  const codes = [...new Set(least?.refusals.map(({ code }) => code))].join(', ')
  return `no way gives a payload; ${least?.way ?? 'none'} has the fewest refusals: ${codes}`
}

function whyBest(best: WayAdvice, ways: readonly WayAdvice[]): string {
  const others = ways.filter(({ way }) => way !== best.way)
  const same = others.filter(each => each.outcome === 'built' && setOf(each) === setOf(best))
  const larger = others.filter(each => each.outcome === 'built' && each.functions.length > best.functions.length)
  const refused = others.filter(({ outcome }) => outcome === 'refused')
  const failed = others.filter(({ outcome }) => outcome === 'error')
  const sentences = [
    `${functionsText(best)}, and ${best.left === 0 ? 'no other differs' : leftText(best)}`,
    same.length === 0 ? '' : `${namesOf(same)} ${same.length === 1 ? 'gives' : 'give'} the same functions`,
    ...larger.map(each => `${each.way} would take ${functionsText(each)}`),
    ...refused.map(
      ({ way, refusals }) => `${way} is refused (${[...new Set(refusals.map(({ code }) => code))].join(', ')})`,
    ),
    failed.length === 0 ? '' : `${namesOf(failed)} failed`,
    best.way === 'auto' ? 'neutral and mask are cross-checked' : '',
  ]
  return sentences.filter(sentence => sentence !== '').join('; ')
}

function leftText({ left }: WayAdvice): string {
  return left === 1 ? 'one that differs by line numbers only stays' : `${left} that differ by line numbers only stay`
}

const setOf = ({ functions }: WayAdvice) => functions.map(({ unit, name }) => `${unit} ${name}`).join('\n')
const namesOf = (ways: readonly WayAdvice[]) => ways.map(({ way }) => way).join(', ')

function functionsText({ functions }: WayAdvice): string {
  return functions.length === 1 ? '1 function' : `${functions.length} functions`
}
