/**
 * `hotsplice fleet plan`: from what hosts report and the index of a fleet to what each host needs. Pure: nothing is asked, and
 * nothing changes.
 *
 * Worse mistake: a step that a host does not need, or one upon something else than the payload was built for. So a payload that
 * is applied and that the fleet does not know ends the planning of that host; and each step stands on the build-id that the one
 * before it leaves, as the loader will ask.
 */
import type { FleetIndex } from '../../report/fleet-index.ts'
import type { FleetPlan, HostPlan, LackingFix, PlanStep } from '../../report/fleet-plan.ts'
import type { ReportedError } from '../../report/model.ts'
import { baseOfHost } from './host-base.ts'
import {
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
  const plans = hosts.map(host => ('error' in host ? unasked(host) : planHost(host, index, today)))
  return { schema: 1, command: 'fleet plan', version, outcome: worstOf(plans), hosts: plans }
}

function worstOf(plans: readonly HostPlan[]): FleetPlan['outcome'] {
  const has = (...outcomes: HostPlan['outcome'][]) => plans.some(({ outcome }) => outcomes.includes(outcome))
  if (has('not-asked')) return 'failed'
  if (has('unclear', 'in-part')) return 'in-part'
  return has('to-do') ? 'to-do' : 'up-to-date'
}

const BARE = { base: null, there: [], steps: [], lacking: [], problems: [], notes: [], error: null } as const

const unasked = ({ host, error }: UnaskedHost): HostPlan => ({
  ...BARE,
  host,
  buildId: null,
  outcome: 'not-asked',
  error,
})

function planHost(report: HostReport, index: FleetIndex, today: string): HostPlan {
  const { host, buildId } = report
  const found = baseOfHost(report, index)
  if ('code' in found) return { ...BARE, host, buildId, outcome: 'unclear', problems: [found] }
  const ended = endOf(found, today)
  const cells = hostCells(found, index, ended)
  const stack = stackOnHost(report, found, cells)
  const { steps, lacking } = stepsUpon(stack, { cells, ended, runs: found.buildId }, report)
  const { there, problems, notes } = stack
  const outcome = outcomeOf({ problems, lacking, steps })
  const names = there.map(({ fix }) => fix)
  return { ...BARE, host, buildId, base: found.base.name, outcome, there: names, steps, lacking, problems, notes }
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
}

/** In the order of the index, which is the fleet's file's. */
function stepsUpon(
  stack: StackOnHost,
  { cells, ended, runs }: Upon,
  { payloads }: HostReport,
): Pick<HostPlan, 'steps' | 'lacking'> {
  const steps: PlanStep[] = []
  const lacking: LackingFix[] = []
  let { top } = stack
  for (const cell of cells) {
    const { kind, fix, ids } = cell
    if (kind === 'lacking') lacking.push(lackingCell(cell))
    if (kind !== 'payload' || stack.there.includes(cell)) continue
    const { payload } = cell
    const lack = (why: Omit<LackingFix, 'fix' | 'ids'>) => lacking.push({ fix, ids, ...why })
    if (ended !== undefined) lack(pastItsEnd(ended))
    else if (typeof top === 'object') lack(top)
    else if (fitsUpon(payload, top, runs)) {
      steps.push(...loadSteps(cell, payloads))
      top = payload.buildId
    } else {
      const text = `its payload was built upon ${payload.depends ?? 'what runs'}, and ${top} will be on top`
      lack({ code: 'not-upon-this', needs: 'build', text })
    }
  }
  return { steps, lacking }
}

/** What waits there under that name may be another one: it makes room. */
function loadSteps({ fix, payload: { file, sha256 } }: PayloadCell, payloads: readonly ReportedPayload[]): PlanStep[] {
  const load = { action: 'load', fix, name: fix, file, sha256 } as const
  if (!payloads.some(({ name }) => name === fix)) return [load]
  return [{ action: 'unload', fix, name: fix, file: null, sha256: null }, load]
}
