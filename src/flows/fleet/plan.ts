/**
 * What a run would do: for each cell of the matrix whether it is known already, and if not, why it has to be built. A cell that
 * stands on another one is planned when that is settled: its payload is part of what this one is made from.
 */
import * as v from 'valibot'
import { reportedError } from '../../report/error-report.ts'
import { type FleetCell, type FleetIndex, fleetIndex } from '../../report/fleet-index.ts'
import type { ReportedError } from '../../report/model.ts'
import { type ReadBase, type ReadFix, readBase, readFix } from './inputs.ts'
import { cellOf, failedCell } from './judge-cell.ts'
import { knownCell } from './known-cell.ts'
import type { FleetBase } from './model.ts'
import { planCell } from './plan-cell.ts'
import { type Asked, namesBefore, type Planned, type PlanRequest } from './planned.ts'
import { type Series, seriesOf } from './series.ts'
import type { FleetWorld } from './world.ts'

/** Base by base. Throws `InputError` where a patch or a source cannot be read. */
export async function planFleet(request: PlanRequest, world: FleetWorld): Promise<readonly Planned[]> {
  const { fleet } = request
  const fixes = fleet.fixes.map(fix => readFix(fix, world))
  const before = v.safeParse(fleetIndex, world.folder.lastIndex())
  const last = before.success ? before.output : undefined
  const planned: Planned[] = []
  for (const base of fleet.bases) planned.push(...(await planBase(base, { request, fixes, last }, world)))
  return planned
}

interface OfFleet {
  readonly request: PlanRequest
  readonly fixes: readonly ReadFix[]
  readonly last: FleetIndex | undefined
}

async function planBase(base: FleetBase, of: OfFleet, world: FleetWorld): Promise<readonly Planned[]> {
  const { request, fixes } = of
  const isOver = base.endOfLife !== undefined && base.endOfLife < request.today
  const read = isOver ? undefined : await tryRead(base, world)
  const planned: Planned[] = []
  const isWanted = wantedOn(base, request)
  for (const fix of fixes) {
    const common = { base, fix: fix.fix, isWanted: isWanted(fix.fix.name) }
    const settled = (bare: Parameters<typeof cellOf>[2]) =>
      planned.push({ ...common, kind: 'settled', known: cellOf(base, fix.fix, bare) })
    const reason = fix.fix.notAffected.get(base.name)
    if (reason !== undefined) settled({ outcome: 'not-affected', asExpected: true, text: reason })
    else if (read === undefined) {
      settled({ outcome: 'end-of-life', asExpected: true, text: `its life ended on ${base.endOfLife}` })
    } else if ('error' in read) settled(failedCell(read.error))
    else planned.push({ ...common, ...(await planOn(askedOf(fix, read, of), planned, world)) })
  }
  return planned
}

/** A wanted cell, and all that it stands on. */
function wantedOn(base: FleetBase, { fleet: { fixes }, isWanted }: PlanRequest): (name: string) => boolean {
  const wanted = fixes.filter(({ name }) => isWanted({ base: base.name, fix: name }))
  const names = new Set(wanted.flatMap(fix => [fix.name, ...namesBefore(seriesOf(fix, base, fixes))]))
  return name => names.has(name)
}

function askedOf(fix: ReadFix, read: ReadBase, { request: { fleet, version }, fixes, last }: OfFleet): Asked {
  const { name } = read.base
  const before = last?.cells.find(cell => cell.base === name && cell.fix === fix.fix.name)
  const series: Series = seriesOf(fix.fix, read.base, fleet.fixes)
  return { read, fix, fixes, series, version, before }
}

type PlanOn =
  | Pick<Extract<Planned, { kind: 'settled' }>, 'kind' | 'known'>
  | Omit<Extract<Planned, { kind: 'job' }>, 'base' | 'fix' | 'isWanted'>
  | Omit<Extract<Planned, { kind: 'waiting' }>, 'base' | 'fix' | 'isWanted'>

async function planOn(asked: Asked, before: readonly Planned[], world: FleetWorld): Promise<PlanOn> {
  const { read, fix, series, version } = asked
  const about = { base: read.base, fix: fix.fix, version }
  const names = new Set(namesBefore(series))
  const lower = before.filter(cell => names.has(cell.fix.name))
  const first = lower.find(cell => !isSettled(cell))
  if (first !== undefined) {
    const why = `${first.fix.name} is to be done before`
    const known = cellOf(about.base, about.fix, { outcome: 'not-done', asExpected: false, text: 'not done yet' })
    return { kind: 'waiting', read, asked, why, known }
  }
  const plan = await planCell(asked, new Map(lower.map(cell => [cell.fix.name, cell.known])), world)
  if (plan.kind === 'blocked') return { kind: 'settled', known: blockedCell(asked, plan.text) }
  return { ...plan, read, known: knownCell(plan, read, about, world) }
}

const isSettled = (cell: Planned): boolean =>
  cell.kind === 'settled' || (cell.kind === 'job' && cell.todo === 'nothing')

export function blockedCell({ read: { base }, fix: { fix } }: Asked, text: string): FleetCell {
  return cellOf(base, fix, { outcome: 'below-missing', asExpected: false, text })
}

async function tryRead(base: FleetBase, world: FleetWorld): Promise<ReadBase | { readonly error: ReportedError }> {
  try {
    return await readBase(base, world)
  } catch (error) {
    if (world.run.signal?.aborted === true) throw error
    return { error: reportedError(error) }
  }
}
