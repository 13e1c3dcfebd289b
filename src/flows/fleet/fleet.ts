/**
 * `hotsplice fleet build`: every base, every fix. The table of contents: what is known already, what has to be done, the jobs,
 * and the index of all of it. A run that is stopped or killed has kept what it had done; the next one goes on from there.
 */
import { reportedError } from '../../report/error-report.ts'
import type { FleetCell, FleetIndex } from '../../report/fleet-index.ts'
import { toJson } from '../../report/json.ts'
import { quiet, wholeRun } from '../../trees/index.ts'
import { carrier } from './carry-out.ts'
import { indexOf, showAll } from './index-of.ts'
import { type JobPool, localPool, MOST_AT_ONCE, type RevokedJob } from './job.ts'
import { cellOf, failedCell } from './judge-cell.ts'
import { finishedCell } from './known-cell.ts'
import { blockedCell, planFleet } from './plan.ts'
import { planCell } from './plan-cell.ts'
import { type Asked, type JobPlan, namesBefore, type Planned, type PlanRequest, type WaitingPlan } from './planned.ts'
import { rehearseBuilt } from './rehearse-built.ts'
import type { FleetWorld, PlannedCell } from './world.ts'

export interface FleetRequest extends PlanRequest {
  /** Only says what would be done. */
  readonly dryRun: boolean
  /** How many compilers may be busy at once, whatever they are started for. */
  readonly jobs: number
  readonly signal: AbortSignal | undefined
}

export interface FleetResult {
  readonly index: FleetIndex
  readonly planned: readonly PlannedCell[]
}

/** Makes the pool that carries jobs out; `size` is how many at once where that is done here. */
export type PoolMaker = (world: FleetWorld, size: number) => JobPool

const localPoolOf: PoolMaker = (world, size) => localPool(size, carrier(world))

export function buildFleet(
  request: FleetRequest,
  handed: Omit<FleetWorld, 'run'>,
  poolOf: PoolMaker = localPoolOf,
): Promise<FleetResult> {
  const { jobs, signal } = request
  return wholeRun({ jobs, progress: quiet, cacheFolder: handed.cacheFolder, signal }, run => {
    const world = { ...handed, run }
    return buildMatrix(request, world, poolOf(world, Math.min(jobs, MOST_AT_ONCE)))
  })
}

async function buildMatrix(request: FleetRequest, world: FleetWorld, jobs: JobPool): Promise<FleetResult> {
  // What each cell is made from, and which of them an earlier run has done.
  const cells = await planFleet(request, world)
  const planned = cells.flatMap(cell => shownPlan(cell))
  world.watch.planned(planned)
  // Cells of which no more is to be done; the others are not done yet.
  const known = new Map(cells.map(cell => [cell, cell.known] as const))
  const indexNow = () => indexOf(request, known)
  if (request.dryRun) return { index: indexNow(), planned }
  // What is there by name and in the index is true from here on, whatever ends this run.
  const show = () => showAll([...known.values()], world.folder)
  const write = () => {
    show()
    world.folder.writeIndex(toJson(indexNow()))
  }
  write()
  try {
    // The jobs: each cell that is wanted, in the order of the file as far as there is room, and after what it stands on.
    const begun = new Map<string, Promise<FleetCell>>()
    for (const cell of cells) {
      const done = isToDo(cell) ? doCell(cell, begun, { request, world, jobs }) : Promise.resolve(cell.known)
      const ended = done.then(found => {
        known.set(cell, found)
        if (found === cell.known) return found
        // Those that go upon it read it by its name.
        if (isStoodUpon(cell, cells)) show()
        world.watch.ended(found)
        return found
      })
      begun.set(`${cell.base.name}/${cell.fix.name}`, ended)
    }
    await settled([...begun.values()])
  } finally {
    // What is known is written down, whatever the end says.
    const revoked = await jobs.end().finally(write)
    if (revoked.length > 0) {
      revoke(revoked, known, world)
      write()
    }
  }
  return { index: indexNow(), planned }
}

/** What was taken for done is not, nor is what stands on it. */
function revoke(revoked: readonly RevokedJob[], known: Map<Planned, FleetCell>, { folder }: FleetWorld): void {
  for (const { job, error } of revoked) {
    folder.keep(job.key, null)
    for (const [cell, { inputs }] of known) {
      const isIt = cell.fix.name === job.cell.fix || (cell.kind === 'waiting' && isNamedBy(cell, job.cell.fix))
      if (cell.base.name !== job.cell.base || !isIt) continue
      known.set(cell, cellOf(cell.base, cell.fix, { ...failedCell(error), inputs }))
    }
  }
}

type ToDo = Planned & (JobPlan | WaitingPlan)

const isToDo = (cell: Planned): cell is ToDo =>
  cell.isWanted && (cell.kind === 'waiting' || (cell.kind === 'job' && cell.todo !== 'nothing'))

const isStoodUpon = ({ base, fix }: Planned, cells: readonly Planned[]): boolean =>
  cells.some(cell => cell.kind === 'waiting' && cell.base === base && isNamedBy(cell, fix.name))

const isNamedBy = ({ asked }: WaitingPlan, fix: string): boolean => namesBefore(asked.series).includes(fix)

/** All come to their ends before the first failure is told: none of them works on behind its back. */
async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  for (const each of await Promise.allSettled(work)) if (each.status === 'rejected') throw each.reason
}

function shownPlan(cell: Planned): readonly PlannedCell[] {
  if (cell.kind === 'settled' || !cell.isWanted) return []
  const name = { base: cell.base.name, fix: cell.fix.name }
  return [{ ...name, todo: cell.kind === 'waiting' ? 'build' : cell.todo, why: cell.why }]
}

interface Doing {
  readonly request: FleetRequest
  readonly world: FleetWorld
  readonly jobs: JobPool
}

async function doCell(
  cell: ToDo,
  begun: ReadonlyMap<string, Promise<FleetCell>>,
  { request: { version }, world, jobs }: Doing,
): Promise<FleetCell> {
  const { base, fix, read } = cell
  try {
    const plan = cell.kind === 'job' ? cell : await planAfter(cell.asked, begun, world)
    if (plan.kind === 'blocked') return blockedCell(plan.asked, plan.text)
    const { job, recalled, parts } = plan
    const done = recalled.done ?? (await jobs.submit(job))
    // Kept at once: whatever ends this run, it is done.
    if (recalled.done === undefined && done.kind !== 'error') world.folder.keep(job.key, done)
    const rehearsal = done.kind === 'done' ? await rehearseBuilt({ read, job, parts }, done.built, world) : undefined
    return finishedCell(plan, done, rehearsal, { base, fix, version, world })
  } catch (error) {
    if (world.run.signal?.aborted === true) throw error
    return cellOf(base, fix, { ...failedCell(reportedError(error)), inputs: cell.known.inputs })
  }
}

async function planAfter(asked: Asked, begun: ReadonlyMap<string, Promise<FleetCell>>, world: FleetWorld) {
  const lower = new Map<string, FleetCell>()
  for (const name of namesBefore(asked.series)) {
    const cell = await begun.get(`${asked.read.base.name}/${name}`)
    if (cell !== undefined) lower.set(name, cell)
  }
  const plan = await planCell(asked, lower, world)
  return plan.kind === 'blocked' ? { ...plan, asked } : plan
}
