/** Which base of the fleet a host runs: by the build-id, and among bases of one build-id by what is applied there. */
import type { FleetIndex, FleetIndexBase } from '../../report/fleet-index.ts'
import type { PlanProblem } from '../../report/fleet-plan.ts'
import type { HostReport, KnownBase } from './host-cells.ts'

export function baseOfHost(report: HostReport, index: FleetIndex): KnownBase | PlanProblem {
  const { buildId } = report
  if (buildId === null) {
    const text = 'the host does not tell the build-id of what runs'
    return { code: 'no-build-id', needs: 'look', text }
  }
  const known = index.bases.map(base => ({ base, id: buildIdOf(base, index) }))
  const candidates = known.filter(({ id }) => id === buildId).map(({ base }) => base)
  const [only, ...others] = candidates
  if (only === undefined) return unknownBuild(buildId, known)
  if (others.length === 0) return { base: only, buildId }
  return amongSeveral(candidates, report, buildId)
}

/** As the file says it, else as the payloads for it do; undefined where neither does. */
export function buildIdOf({ name, buildId }: FleetIndexBase, { cells }: FleetIndex): string | undefined {
  if (buildId !== null) return buildId
  const told = cells.flatMap(({ base, payload }) => (base === name && payload !== null ? [payload.runs] : []))
  const [first] = told
  return first != null && told.every(id => id === first) ? first : undefined
}

function unknownBuild(
  buildId: string,
  known: readonly { readonly base: FleetIndexBase; readonly id: string | undefined }[],
): PlanProblem {
  const silent = known.filter(({ id }) => id === undefined).map(({ base }) => base.name)
  const more =
    silent.length === 0 ? '' : `; that of ${silent.join(', ')} is not known: build-id in the fleet’s file says it`
  const text = `what runs has the build-id ${buildId}, and no base of the fleet does${more}`
  return { code: 'unknown-build', needs: silent.length === 0 ? 'reboot' : 'look', text }
}

/** The one that stands on more than the others that fit. */
function amongSeveral(
  bases: readonly FleetIndexBase[],
  { payloads }: HostReport,
  buildId: string,
): KnownBase | PlanProblem {
  const applied = new Set(payloads.filter(({ state }) => state === 'APPLIED').map(({ name }) => name))
  const fitting = bases.filter(({ on }) => on.every(({ name }) => applied.has(name)))
  const most = Math.max(...fitting.map(({ on }) => on.length))
  const [best, ...others] = fitting.filter(({ on }) => on.length === most)
  if (best !== undefined && others.length === 0) return { base: best, buildId }
  const names = bases.map(({ name }) => name).join(', ')
  return {
    code: 'several-bases',
    needs: 'look',
    text: `the build-id ${buildId} is that of ${names}, and what is applied does not tell which it is`,
  }
}
