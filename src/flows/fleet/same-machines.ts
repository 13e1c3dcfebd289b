/**
 * Hosts that are one machine by two names: `xen:ssh://server` and `xen:ssh://10.0.0.1:22/`. Names say little (addresses, aliases
 * of ssh's configuration), so hosts are asked.
 *
 * Worse mistake: to take one machine for two. It would be changed twice, and a rollout would believe that two are well. So where
 * several are asked, one that does not tell which machine it is, is not gone to.
 */
import type { PlanProblem } from '../../report/fleet-plan.ts'
import type { HostReport } from './host-cells.ts'

export function sameMachines(hosts: readonly Named[]): ReadonlyMap<Named, PlanProblem> {
  const asked = hosts.filter(({ machine }) => machine !== undefined)
  if (asked.length < 2) return new Map()
  return new Map(
    asked.flatMap(host => {
      const { machine } = host
      if (machine === null) return [[host, problem('no-machine', UNTOLD)] as const]
      const others = asked.filter(other => other !== host && other.machine === machine).map(({ host: name }) => name)
      if (others.length === 0) return []
      return [[host, problem('same-machine', `it is the same machine as ${others.join(', ')}; name it once`)] as const]
    }),
  )
}

type Named = Pick<HostReport, 'host' | 'machine'>

const UNTOLD = 'it does not tell which machine it is, so that it could be another of these; name it by itself'

const problem = (code: string, text: string): PlanProblem => ({ code, needs: 'look', text })
