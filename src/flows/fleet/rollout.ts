/**
 * `hotsplice fleet apply`: the plan in waves. One host first, or a few; then a part of all at a time; it ends at the first wave in
 * which something is not right. What is where is known by the hosts alone: whoever runs it again goes on with what is lacking.
 */
import type { HostPlan } from '../../report/fleet-plan.ts'
import type { FleetRollout, RolledHost } from '../../report/fleet-rollout.ts'
import { type RollRequest, rollHost } from './roll-host.ts'
import type { RolloutWorld } from './rollout-world.ts'

export interface RolloutRequest extends RollRequest {
  readonly plans: readonly HostPlan[]
  /** How many hosts make the first wave. */
  readonly first: number
  /** How many of a hundred hosts make each wave after that; one at least. */
  readonly percent: number
  readonly dryRun: boolean
}

/** Every plan must be one that can be gone by: nobody is touched where one host is unclear. */
export async function rollOut(request: RolloutRequest, world: RolloutWorld): Promise<FleetRollout> {
  const { plans, version, dryRun } = request
  const waves = wavesOf(plans, request)
  const head = {
    schema: 1,
    command: 'fleet apply',
    version,
    waves: waves.map(wave => wave.map(({ host }) => host)),
  } as const
  const unclear = plans.filter(({ outcome }) => outcome === 'unclear' || outcome === 'not-asked')
  if (dryRun || unclear.length > 0) {
    const why = (plan: HostPlan) => plan.error?.text ?? plan.problems[0]?.text ?? 'not done: another host is unclear'
    const hosts = plans.map(plan => {
      const isFault = unclear.includes(plan)
      return notReached(plan, isFault || !dryRun ? why(plan) : 'a dry run', isFault)
    })
    return { ...head, outcome: unclear.length > 0 ? 'failed' : 'dry-run', hosts }
  }
  world.log({ event: 'rollout', waves: head.waves })
  const rolled = new Map<HostPlan, RolledHost>()
  for (const wave of waves) {
    if (world.signal.aborted || [...rolled.values()].some(({ isFault }) => isFault)) break
    const ended = await Promise.all(wave.map(async plan => [plan, await rollHost(plan, request, world)] as const))
    for (const [plan, host] of ended) rolled.set(plan, host)
  }
  const hosts = plans.map(plan => rolled.get(plan) ?? notReached(plan, 'the rollout had ended before', false))
  const outcome = outcomeOf(hosts, plans)
  world.log({ event: 'over', outcome })
  return { ...head, outcome, hosts }
}

function wavesOf(plans: readonly HostPlan[], { first, percent }: RolloutRequest): readonly (readonly HostPlan[])[] {
  const size = Math.max(1, Math.floor((plans.length * percent) / 100))
  const waves: (readonly HostPlan[])[] = []
  for (let at = 0; at < plans.length; ) {
    const length = at === 0 ? Math.max(1, first) : size
    waves.push(plans.slice(at, at + length))
    at += length
  }
  return waves
}

const notReached = ({ host, base, steps, lacking }: HostPlan, text: string, isFault: boolean): RolledHost => ({
  ...{ host, base, outcome: 'not-reached', isFault, text, steps },
  lacking: lacking.map(({ fix }) => fix),
})

function outcomeOf(hosts: readonly RolledHost[], plans: readonly HostPlan[]): FleetRollout['outcome'] {
  const isLeft = hosts.some(({ outcome }) => outcome === 'interrupted' || outcome === 'not-reached')
  if (hosts.some(({ isFault, outcome }) => isFault && outcome !== 'interrupted')) return 'failed'
  if (isLeft) return 'interrupted'
  if (plans.some(({ outcome }) => outcome === 'in-part')) return 'in-part'
  return plans.every(({ outcome }) => outcome === 'up-to-date') ? 'nothing-to-do' : 'done'
}
