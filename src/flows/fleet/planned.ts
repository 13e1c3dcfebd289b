/** What a run would do with each cell of the matrix. */
import type { FleetCell } from '../../report/fleet-index.ts'
import type { ReadBase, ReadFix } from './inputs.ts'
import type { CellName, FleetJob } from './job.ts'
import type { FleetPayload } from './job-of.ts'
import type { Recalled } from './kept.ts'
import type { Fix, Fleet, FleetBase } from './model.ts'
import type { Series } from './series.ts'
import type { PlannedCell } from './world.ts'

export interface PlanRequest {
  readonly fleet: Fleet
  /** Of hotsplice. */
  readonly version: string
  /** `2027-12-31`. */
  readonly today: string
  /** Which cells are to be done; what they stand on is, too. */
  readonly isWanted: (cell: CellName) => boolean
}

/** A cell, what is known of it before anything is done, and what is to be done. */
export type Planned = {
  readonly base: FleetBase
  readonly fix: Fix
  readonly isWanted: boolean
  readonly known: FleetCell
} & ({ readonly kind: 'settled' } | (JobPlan & WithBase) | WaitingPlan)

interface WithBase {
  readonly read: ReadBase
}

export interface JobPlan {
  readonly kind: 'job'
  readonly job: FleetJob
  readonly parts: CellParts
  readonly inputs: Readonly<Record<string, string>>
  readonly recalled: Recalled
  readonly todo: PlannedCell['todo']
  readonly why: string
}

/** What it stands on, or takes the place of, is to be done first: only its bytes say what this one is made from. */
export interface WaitingPlan {
  readonly kind: 'waiting'
  readonly read: ReadBase
  readonly asked: Asked
  readonly why: string
}

/** Nothing can be built, for want of what it stands on. */
export interface BlockedPlan {
  readonly kind: 'blocked'
  readonly text: string
}

/** What a cell's plan is made from, whatever there is of others yet. */
export interface Asked {
  readonly read: ReadBase
  readonly fix: ReadFix
  readonly series: Series
  /** All of the file. */
  readonly fixes: readonly ReadFix[]
  readonly version: string
  /** What the last run knew of it. */
  readonly before: FleetCell | undefined
}

/** Other payloads of the fleet that this one has to do with, on this base. */
export interface CellParts {
  readonly below: readonly FleetPayload[]
  readonly replaced: readonly FleetPayload[]
  readonly includes: readonly string[]
}

/** The cells that are to be settled before. */
export const namesBefore = ({ below, replaced }: Series): readonly string[] =>
  [...below, ...replaced].map(({ name }) => name)
