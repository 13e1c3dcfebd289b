/** What a run would do: for each cell of the matrix whether it is known already, and if not, why it has to be built. */
import * as v from 'valibot'
import { reportedError } from '../../report/error-report.ts'
import { type FleetIndex, fleetIndex } from '../../report/fleet-index.ts'
import type { ReportedError } from '../../report/model.ts'
import { jobOf, type ReadBase, type ReadFix, readBase, readFix } from './inputs.ts'
import type { CellName, FleetJob } from './job.ts'
import { type Recalled, recalledJob, recalledRehearsal } from './kept.ts'
import type { Fix, Fleet, FleetBase } from './model.ts'
import { rehearsalKey } from './rehearse-built.ts'
import type { FleetWorld, PlannedCell } from './world.ts'

export interface PlanRequest {
  readonly fleet: Fleet
  /** Of hotsplice. */
  readonly version: string
  /** `2027-12-31`. */
  readonly today: string
  /** Which cells are to be done. */
  readonly isWanted: (cell: CellName) => boolean
}

/** A cell, and what is to be done. */
export type Planned = {
  readonly base: FleetBase
  readonly fix: Fix
  readonly isWanted: boolean
} & (
  | { readonly kind: 'not-affected'; readonly reason: string }
  | { readonly kind: 'end-of-life'; readonly day: string }
  /** The base cannot be read. */
  | { readonly kind: 'error'; readonly error: ReportedError }
  | JobPlan
)

export interface JobPlan {
  readonly kind: 'job'
  readonly job: FleetJob
  readonly read: ReadBase
  readonly inputs: Readonly<Record<string, string>>
  readonly recalled: Recalled
  readonly todo: PlannedCell['todo']
  readonly why: string
}

/** Base by base. Throws `InputError` where a patch or a source cannot be read. */
export async function planFleet(request: PlanRequest, world: FleetWorld): Promise<readonly Planned[]> {
  const { fleet, today } = request
  const fixes = fleet.fixes.map(fix => readFix(fix, world))
  const before = v.safeParse(fleetIndex, world.folder.lastIndex())
  const last = before.success ? before.output : undefined
  const planned: Planned[] = []
  for (const base of fleet.bases) {
    const isOver = base.endOfLife !== undefined && base.endOfLife < today
    const read = isOver ? undefined : await tryRead(base, world)
    for (const fix of fixes) {
      const cell = { base: base.name, fix: fix.fix.name }
      const common = { base, fix: fix.fix, isWanted: request.isWanted(cell) }
      const reason = fix.fix.notAffected.get(base.name)
      if (reason !== undefined) planned.push({ ...common, kind: 'not-affected', reason })
      else if (read === undefined) planned.push({ ...common, kind: 'end-of-life', day: base.endOfLife ?? '' })
      else if ('error' in read) planned.push({ ...common, kind: 'error', error: read.error })
      else planned.push({ ...common, ...(await planCell({ read, fix, version: request.version, last }, world)) })
    }
  }
  return planned
}

async function tryRead(base: FleetBase, world: FleetWorld): Promise<ReadBase | { readonly error: ReportedError }> {
  try {
    return await readBase(base, world)
  } catch (error) {
    if (world.run.signal?.aborted === true) throw error
    return { error: reportedError(error) }
  }
}

interface Asked {
  readonly read: ReadBase
  readonly fix: ReadFix
  readonly version: string
  readonly last: FleetIndex | undefined
}

async function planCell({ read, fix, version, last }: Asked, world: FleetWorld): Promise<JobPlan> {
  const { job, inputs } = jobOf(read, fix, version)
  const recalled = await recalledJob(job, world)
  const common = { kind: 'job', job, read, inputs, recalled } as const
  const before = last?.cells.find(({ base, fix: name }) => base === job.cell.base && name === job.cell.fix)
  if (recalled.done === undefined) {
    return { ...common, todo: 'build', why: recalled.why ?? whyNew(inputs, before) }
  }
  const key = rehearsalKey(read, recalled.done)
  if (key === undefined || recalledRehearsal(key, world.folder) !== undefined)
    return { ...common, todo: 'nothing', why: 'nothing changed' }
  return { ...common, todo: 'rehearse', why: 'it was not tried on that hypervisor, or did not pass' }
}

const PARTS: Readonly<Record<string, string>> = {
  hotsplice: 'hotsplice is of another version',
  tree: 'the tree changed',
  base: 'what is said of the base changed',
  patches: 'the patch changed',
  options: 'the options of the fix changed',
}

function whyNew(inputs: Readonly<Record<string, string>>, before: FleetIndex['cells'][number] | undefined): string {
  if (before === undefined || Object.keys(before.inputs).length === 0) return 'it is new'
  const changed = Object.keys(inputs).filter(part => inputs[part] !== before.inputs[part])
  if (changed.length > 0) return changed.map(part => PARTS[part] ?? part).join(', ')
  return before.outcome === 'error' ? 'it failed the last time' : 'it was not done'
}
