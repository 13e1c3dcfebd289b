/**
 * Every way to treat line numbers, tried on one patch: what `hotsplice advise` puts side by side. Tree, patch and affected
 * units are looked at once, and all ways share the store of compiled texts, so nothing is compiled twice.
 *
 * A way that fails (a text that the compiler does not take with it) is an answer, unless all of them do.
 */
import { InputError } from '../base/errors.ts'
import type { Way } from '../lines/way.ts'
import { type Advice, adviceOf, type TriedReport } from '../report/advice.ts'
import { errorReport, reportedError } from '../report/error-report.ts'
import { type Base, type BaseOptions, openBase, type Run, type RunOptions, wholeRun } from '../trees/index.ts'
import { checkAsked } from './hotpatch/asked.ts'
import { createHotpatch, type HotpatchOptions, type HotpatchRun } from './hotpatch/hotpatch.ts'
import type { OneCompile } from './hotpatch/judge.ts'
import { prepareHotpatch } from './hotpatch/prepare.ts'
import { reportOfRun } from './hotpatch/report.ts'

export interface AdviseRequest extends BaseOptions, RunOptions, Omit<HotpatchOptions, 'lines'> {
  /** Of hotsplice. */
  readonly version: string
}

/** What comes of each way, side by side, and which to take. */
export function advise(request: AdviseRequest): Promise<Advice> {
  return wholeRun(request, async run => {
    const base = await openBase(request, run)
    const tried = await tryWays(base, request, run)
    return adviceOf(
      tried.map(each => reportOf(base, each, request)),
      request.version,
    )
  })
}

function reportOf(base: Base, { way, run, error, effort }: TriedWay, { version, patches }: AdviseRequest): TriedReport {
  if (run === undefined) {
    const failed = errorReport('build', version, reportedError(error))
    return { way, report: { ...failed, lines: { ...failed.lines, way } }, size: null, effort }
  }
  return { way, report: reportOfRun(base, run, { version, patches }), size: run.payload?.bytes.length ?? null, effort }
}

/** auto first: what it compiles is most of what the others need. */
const ADVISED_WAYS: readonly Way[] = ['auto', 'neutral', 'mask', 'table', 'ignore']

interface TriedWay {
  readonly way: Way
  readonly run: HotpatchRun | undefined
  readonly error: InputError | undefined
  readonly effort: Effort
}

/** What the way costs by itself. */
interface Effort {
  /** Texts that it needs compiled. */
  readonly compiles: number
  /** Those of them that an earlier run had compiled: their time is not known. */
  readonly cached: number
  /** Milliseconds of compilers, had this way been alone. */
  readonly compileTime: number
  /** Milliseconds of everything else. */
  readonly otherTime: number
}

async function tryWays(base: Base, options: HotpatchOptions, run: Run): Promise<readonly TriedWay[]> {
  checkAsked(base.facts, options)
  const prepared = await prepareHotpatch({ ...base, run }, options)
  const ledger = new Map<string, OneCompile>()
  const tried: TriedWay[] = []
  for (const way of ADVISED_WAYS) {
    run.progress.step(`trying --lines ${way}`)
    try {
      const found = await createHotpatch(base, { ...options, lines: way }, run, prepared)
      tried.push({ way, run: found, error: undefined, effort: effortOf(found, ledger) })
    } catch (error) {
      if (!(error instanceof InputError) || run.signal?.aborted === true) throw error
      tried.push({ way, run: undefined, error, effort: { compiles: 0, cached: 0, compileTime: 0, otherTime: 0 } })
    }
  }
  const [first] = tried
  if (first?.error !== undefined && tried.every(({ error }) => error !== undefined)) throw first.error
  return tried
}

/** The first compile of a text is the one that took time. */
function effortOf({ compiles, timings }: HotpatchRun, ledger: Map<string, OneCompile>): Effort {
  const own = compiles.map(compile => {
    const key = `${compile.label} ${compile.unit}`
    const first = ledger.get(key) ?? compile
    ledger.set(key, first)
    return first
  })
  const { compile: _, ...others } = timings
  return {
    compiles: own.length,
    cached: own.filter(({ cached }) => cached).length,
    compileTime: own.reduce((sum, { compileTime }) => sum + compileTime, 0),
    otherTime: Object.values(others).reduce((sum, time) => sum + time, 0),
  }
}
