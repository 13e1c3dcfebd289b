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
import { type FleetJob, type JobDone, type JobPool, localPool } from './job.ts'
import { type BareCell, cellOf, failedCell, judgeCell } from './judge-cell.ts'
import { type KeptRehearsal, recalledRehearsal } from './kept.ts'
import { pageOf } from './page-of.ts'
import { type JobPlan, type Planned, type PlanRequest, planFleet } from './plan.ts'
import { rehearsalKey, rehearseBuilt } from './rehearse-built.ts'
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

/** So many builds are begun at once: each holds its objects in memory, and one thread compares them all. */
const MOST_AT_ONCE = 4

/** Makes the pool that carries jobs out. */
type PoolMaker = (size: number, carryOut: (job: FleetJob) => Promise<JobDone>) => JobPool

export function buildFleet(
  request: FleetRequest,
  handed: Omit<FleetWorld, 'run'>,
  poolOf: PoolMaker = localPool,
): Promise<FleetResult> {
  const { jobs, signal } = request
  return wholeRun({ jobs, progress: quiet, cacheFolder: handed.cacheFolder, signal }, run => {
    const world = { ...handed, run }
    return buildMatrix(request, world, poolOf(Math.min(jobs, MOST_AT_ONCE), carrier(world)))
  })
}

async function buildMatrix(request: FleetRequest, world: FleetWorld, jobs: JobPool): Promise<FleetResult> {
  // What each cell is made from, and which of them an earlier run has done.
  const cells = await planFleet(request, world)
  const planned = cells.flatMap(cell => shownPlan(cell))
  world.watch.planned(planned)
  // Cells of which no more is to be done; the others are not done yet.
  const known = new Map(cells.map(cell => [cell, knownCell(cell, request, world)] as const))
  const indexNow = () => indexOf(request, known)
  if (request.dryRun) return { index: indexNow(), planned }
  // What is there by name and in the index is true from here on, whatever ends this run.
  const write = () => {
    showAll([...known.values()], world.folder)
    world.folder.writeIndex(toJson(indexNow()))
  }
  write()
  try {
    // The jobs: each cell that is wanted, in the order of the file as far as there is room.
    const work = cells.filter(isToDo).map(async cell => {
      const done = await doCell(cell, request, world, jobs)
      known.set(cell, done)
      world.watch.ended(done)
    })
    await settled(work)
  } finally {
    write()
  }
  return { index: indexNow(), planned }
}

const isToDo = (cell: Planned): cell is Planned & JobPlan =>
  cell.kind === 'job' && cell.isWanted && cell.todo !== 'nothing'

/** All come to their ends before the first failure is told: none of them works on behind its back. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  for (const each of await Promise.allSettled(work)) if (each.status === 'rejected') throw each.reason
}

function shownPlan(cell: Planned): readonly PlannedCell[] {
  if (cell.kind !== 'job' || !cell.isWanted) return []
  return [{ ...cell.job.cell, todo: cell.todo, why: cell.why }]
}

/** A cell before anything is done. */
function knownCell(cell: Planned, { version }: FleetRequest, world: FleetWorld): FleetCell {
  const as = (bare: BareCell) => cellOf(cell.base, cell.fix, bare)
  switch (cell.kind) {
    case 'not-affected':
      return as({ outcome: 'not-affected', asExpected: true, text: cell.reason })
    case 'end-of-life':
      return as({ outcome: 'end-of-life', asExpected: true, text: `its life ended on ${cell.day}` })
    case 'error':
      return as(failedCell(cell.error))
    case 'job': {
      const { inputs, recalled, todo, read } = cell
      if (recalled.done === undefined || todo !== 'nothing')
        return as({ outcome: 'not-done', asExpected: false, text: 'not done yet', inputs })
      const key = rehearsalKey(read, recalled.done)
      const rehearsal = key === undefined ? undefined : recalledRehearsal(key, world.folder)
      return as({ ...finished(cell, recalled.done, rehearsal, { version, world }), inputs })
    }
  }
}

async function doCell(
  cell: Planned & JobPlan,
  { version }: FleetRequest,
  world: FleetWorld,
  jobs: JobPool,
): Promise<FleetCell> {
  const { base, fix, job, inputs, recalled, read } = cell
  const done = recalled.done ?? (await jobs.submit(job))
  // Kept at once: whatever ends this run, it is done.
  if (recalled.done === undefined && done.kind !== 'error') world.folder.keep(job.key, done)
  try {
    const rehearsal = done.kind === 'done' ? await rehearseBuilt(read, job, done.built, world) : undefined
    return cellOf(base, fix, { ...finished(cell, done, rehearsal, { version, world }), inputs })
  } catch (error) {
    if (world.run.signal?.aborted === true) throw error
    return cellOf(base, fix, { ...failedCell(reportedError(error)), inputs })
  }
}

/** The verdict, and the page about it where there is something to show. */
function finished(
  { base, fix }: Planned,
  done: JobDone,
  rehearsal: KeptRehearsal | undefined,
  about: { readonly version: string; readonly world: FleetWorld },
): BareCell {
  const bare = judgeCell(base, fix, done, rehearsal)
  return bare.report === undefined ? bare : { ...bare, page: pageOf(bare.report, rehearsal, about) }
}
