/**
 * `hotsplice fleet plan`: from what hosts report and the index of a fleet to what each host needs. Pure: nothing is asked, and
 * nothing changes.
 *
 * Worse mistake: a step that a host does not need, or one upon something else than the payload was built for. So a payload that
 * is applied and that the fleet does not know ends the planning of that host; and each step stands on the build-id that the one
 * before it leaves, as the loader will ask.
 */
import type { FleetIndex } from '../../report/fleet-index.ts'
import type { FleetPlan, HostPlan, LackingFix, PlanProblem, PlanStep } from '../../report/fleet-plan.ts'
import type { ReportedError } from '../../report/model.ts'
import { baseOfHost } from './host-base.ts'
import {
  coveredBy,
  endOf,
  fitsUpon,
  type HostCell,
  type HostReport,
  hostCells,
  lackingCell,
  type PayloadCell,
  pastItsEnd,
  type ReportedPayload,
} from './host-cells.ts'
import { type StackOnHost, stackOnHost } from './host-stack.ts'
import { sameMachines } from './same-machines.ts'

export interface HostsRequest {
  readonly index: FleetIndex
  readonly hosts: readonly (HostReport | UnaskedHost)[]
  /** Of hotsplice. */
  readonly version: string
  /** `2027-12-31`. */
  readonly today: string
}

/** A host that gave no answer. */
export interface UnaskedHost {
  readonly host: string
  readonly error: ReportedError
}

export function planHosts({ index, hosts, version, today }: HostsRequest): FleetPlan {
  const twins = sameMachines(hosts)
  const plans = hosts.map(host => {
    if ('error' in host) return unasked(host)
    const twin = twins.get(host)
    return twin === undefined ? planHost(host, index, today) : unclear(host, twin)
  })
  return { schema: 1, command: 'fleet plan', version, outcome: worstOf(plans), hosts: plans }
}

function worstOf(plans: readonly HostPlan[]): FleetPlan['outcome'] {
  const has = (...outcomes: HostPlan['outcome'][]) => plans.some(({ outcome }) => outcomes.includes(outcome))
  if (has('not-asked')) return 'failed'
  if (has('unclear', 'in-part')) return 'in-part'
  return has('to-do') ? 'to-do' : 'up-to-date'
}

const BARE = { base: null, there: [], stack: [], steps: [], lacking: [], problems: [], notes: [], error: null } as const

const unasked = ({ host, error }: UnaskedHost): HostPlan => ({
  ...BARE,
  host,
  buildId: null,
  outcome: 'not-asked',
  error,
})

const unclear = ({ host, buildId }: HostReport, problem: PlanProblem): HostPlan => ({
  ...BARE,
  host,
  buildId,
  outcome: 'unclear',
  problems: [problem],
})

function planHost(report: HostReport, index: FleetIndex, today: string): HostPlan {
  const { host, buildId } = report
  const found = baseOfHost(report, index)
  if ('code' in found) return unclear(report, found)
  const ended = endOf(found, today)
  const cells = hostCells(found, index, ended)
  const stack = stackOnHost(report, found, cells)
  const on = found.base.on.map(({ name }) => name)
  const { steps, lacking, notes } = stepsUpon(stack, { cells, ended, runs: found.buildId, on }, report)
  const { there, problems } = stack
  const outcome = outcomeOf({ problems, lacking, steps })
  const names = [...new Set(there.flatMap(({ fix, includes }) => [...includes, fix]))]
  return {
    ...BARE,
    host,
    buildId,
    base: found.base.name,
    outcome,
    there: names,
    stack: stackIn(report, on, there),
    steps,
    lacking,
    problems,
    notes: [...stack.notes, ...notes],
  }
}

/** What the base stands on lies below, as long as it is there. */
function stackIn({ payloads }: HostReport, on: readonly string[], there: readonly PayloadCell[]): HostPlan['stack'] {
  const isApplied = (name: string) => payloads.some(each => each.name === name && each.state === 'APPLIED')
  return [
    ...on.filter(isApplied).map(name => ({ name, file: null, sha256: null })),
    ...there.map(({ fix, payload: { file, sha256 } }) => ({ name: fix, file, sha256 })),
  ]
}

function outcomeOf({
  problems,
  lacking,
  steps,
}: Pick<HostPlan, 'problems' | 'lacking' | 'steps'>): HostPlan['outcome'] {
  if (problems.length > 0) return 'unclear'
  if (lacking.length > 0) return 'in-part'
  return steps.length > 0 ? 'to-do' : 'up-to-date'
}

interface Upon {
  readonly cells: readonly HostCell[]
  /** The day on which the base's life ended. */
  readonly ended: string | undefined
  /** The build-id of what runs. */
  readonly runs: string
  /** Payloads that the base stands on. */
  readonly on: readonly string[]
}

type Steps = Pick<HostPlan, 'steps' | 'lacking' | 'notes'>

/** Stacked upon what is there; and where something does not fit there, with a payload that takes the place of all. */
function stepsUpon(stack: StackOnHost, upon: Upon, { payloads }: HostReport): Steps {
  const { top, there } = stack
  const stacked = stackSteps({ top, covered: coveredBy(there), steps: [], notes: [] }, upon, payloads)
  const misfits = stacked.lacking.some(({ code }) => code === 'not-upon-this')
  const best = misfits && typeof top === 'string' && upon.ended === undefined ? bestFor(there, upon) : undefined
  if (best === undefined) return stacked
  const first = replaceSteps(best, there, { upon, payloads })
  const after = { top: best.payload.buildId, covered: coveredBy([best]), ...first }
  const replaced = stackSteps(after, upon, payloads)
  return replaced.lacking.length < stacked.lacking.length ? replaced : stacked
}

interface From extends Omit<Steps, 'lacking'> {
  readonly top: StackOnHost['top']
  /** Fixes whose changes are there. */
  readonly covered: ReadonlySet<string>
}

/** In the order of the index, which is the fleet's file's. */
function stackSteps(from: From, { cells, ended, runs }: Upon, payloads: readonly ReportedPayload[]): Steps {
  const steps: PlanStep[] = [...from.steps]
  const lacking: LackingFix[] = []
  const covered = new Set(from.covered)
  let { top } = from
  for (const cell of cells) {
    const { kind, fix, ids, isCumulative } = cell
    if (covered.has(fix) || isCumulative) continue
    if (kind === 'lacking') lacking.push(lackingCell(cell))
    if (kind !== 'payload') continue
    const { payload } = cell
    const lack = (why: Omit<LackingFix, 'fix' | 'ids'>) => lacking.push({ fix, ids, ...why })
    if (ended !== undefined) lack(pastItsEnd(ended))
    else if (typeof top === 'object') lack(top)
    else if (fitsUpon(payload, top, runs)) {
      steps.push(...loadSteps(cell, payloads, 'load'))
      top = payload.buildId
      for (const name of cell.includes) covered.add(name)
    } else {
      const text = `its payload was built upon ${payload.depends ?? 'what runs'}, and ${top} will be on top`
      lack({ code: 'not-upon-this', needs: 'build', text })
    }
  }
  return { steps, lacking, notes: from.notes }
}

/** Has all that is there, and the most besides. */
function bestFor(there: readonly PayloadCell[], { cells, runs }: Upon): PayloadCell | undefined {
  const covered = [...coveredBy(there)]
  const fitting = cells.flatMap(cell =>
    cell.kind === 'payload' &&
    cell.isCumulative &&
    !there.includes(cell) &&
    fitsUpon(cell.payload, runs, runs) &&
    covered.every(name => cell.includes.includes(name))
      ? [cell]
      : [],
  )
  const most = Math.max(...fitting.map(({ includes }) => includes.length))
  return fitting.findLast(({ includes }) => includes.length === most)
}

function replaceSteps(
  cell: PayloadCell,
  there: readonly PayloadCell[],
  { upon: { on }, payloads }: { readonly upon: Upon; readonly payloads: readonly ReportedPayload[] },
): Pick<Steps, 'steps' | 'notes'> {
  const isApplied = ({ state }: ReportedPayload) => state === 'APPLIED'
  const gone = [...on, ...there.map(({ fix }) => fix)].filter(name =>
    payloads.some(each => each.name === name && isApplied(each)),
  )
  if (gone.length === 0) return { steps: loadSteps(cell, payloads, 'load'), notes: [] }
  const unnamed = payloads.filter(each => isApplied(each) && each.buildId == null).map(({ name }) => name)
  const steps = [
    ...loadSteps(cell, payloads, 'replace'),
    ...gone.map(name => ({ action: 'unload', fix: name, name, file: null, sha256: null }) as const),
  ]
  const note = `the host tells of ${unnamed.join(', ')} no more than the name, and ${cell.fix} takes the place of whatever that is`
  return { steps, notes: unnamed.length === 0 ? [] : [note] }
}

/** What waits there under that name may be another one: it makes room. */
function loadSteps(
  { fix, payload: { file, sha256 } }: PayloadCell,
  payloads: readonly ReportedPayload[],
  action: 'load' | 'replace',
): readonly PlanStep[] {
  const load = { action, fix, name: fix, file, sha256 } as const
  if (!payloads.some(({ name }) => name === fix)) return [load]
  return [{ action: 'unload', fix, name: fix, file: null, sha256: null }, load]
}
