/** The matrix as it stands: the index, and the names by which people find its files. */
import type { StoredFile } from '../../base/stored-file.ts'
import {
  FLEET_SCHEMA,
  type FleetCell,
  type FleetIndex,
  type FleetIndexBase,
  type FleetOutcome,
} from '../../report/fleet-index.ts'
import { nameOf } from './inputs.ts'
import type { FleetBase } from './model.ts'
import type { Planned, PlanRequest } from './planned.ts'
import type { FleetFolder } from './world.ts'

export function indexOf({ fleet, version }: PlanRequest, known: ReadonlyMap<Planned, FleetCell>): FleetIndex {
  const wanted = [...known].filter(([{ isWanted }]) => isWanted).map(([, cell]) => cell)
  return {
    schema: FLEET_SCHEMA,
    command: 'fleet',
    version,
    outcome: outcomeOf(wanted),
    bases: fleet.bases.map(base => describedBase(base, [...known.keys()])),
    fixes: fleet.fixes.map(({ name, ids }) => ({ name, ids })),
    cells: [...known.values()],
  }
}

function describedBase(base: FleetBase, cells: readonly Planned[]): FleetIndexBase {
  const { name, buildId = null, endOfLife = null } = base
  const read = cells.flatMap(cell => ('read' in cell && cell.base === base ? [cell.read] : []))[0]
  return {
    name,
    buildId,
    endOfLife,
    on: read?.on ?? base.on.map(({ payload }) => ({ name: nameOf(payload), buildId: null })),
  }
}

/** Of the cells that were asked for. */
function outcomeOf(cells: readonly FleetCell[]): FleetOutcome {
  const has = (...outcomes: FleetCell['outcome'][]) => cells.some(({ outcome }) => outcomes.includes(outcome))
  if (has('not-done')) return 'not-done'
  if (has('error', 'does-not-apply')) return 'failed'
  if (cells.some(({ asExpected }) => !asExpected)) return 'not-as-expected'
  return has('nothing-to-do') && !has('built', 'expected-refusal') ? 'nothing-to-do' : 'as-expected'
}

/** A name leads to what the cell has now, or nowhere: an earlier payload must not be taken for this run's. */
export function showAll(cells: readonly FleetCell[], folder: FleetFolder): void {
  folder.show(new Map(cells.map(cell => [`${cell.base}/${cell.fix}`, namedFiles(cell)])))
}

function namedFiles({ fix, payload, report, page, rehearsal }: FleetCell): ReadonlyMap<string, StoredFile> {
  const ending = payload === null ? '' : payload.file.slice(payload.file.lastIndexOf('.'))
  const named = [
    [`${fix}${ending}`, payload],
    ['report.json', report],
    ['page.html', page],
    ['rehearsal.json', rehearsal],
  ] as const
  return new Map(named.flatMap(([name, file]) => (file === null ? [] : [[name, file]])))
}
