/** What is published of a fleet: what each base gets and lacks, and who says so. */
import type {
  FleetCell,
  FleetIndex,
  FleetIndexBase,
  FleetIndexFix,
  StoredPayload,
} from '../../../report/fleet-index.ts'
import type { LackingFix } from '../../../report/fleet-plan.ts'
import type { RunReport } from '../../../report/model.ts'

export interface Publisher {
  readonly name: string
  /** A URI that is the publisher's. */
  readonly namespace: string
}

/** What comes from the caller, and not from the fleet. */
export interface Published {
  readonly publisher: Publisher
  /** `2026-11-30T00:00:00Z`. */
  readonly date: string
  /** Of hotsplice. */
  readonly version: string
}

/** A payload that is given out. */
export interface PublishedPayload {
  readonly base: PublishedBase
  readonly fix: FleetIndexFix
  readonly cell: FleetCell
  readonly stored: StoredPayload
  readonly report: RunReport
  /** Its place in the order of its base, from 1. */
  readonly at: number
  /** Relative to what is published. */
  readonly folder: string
  readonly name: string
  /** What goes with it: what the fleet made of it, without folders of the building machine. */
  readonly beside: readonly BesideFile[]
  /** As it is given out, with its signature. */
  readonly bytes: Uint8Array
  readonly sha256: string
}

export interface BesideFile {
  readonly name: string
  readonly bytes: Uint8Array
  readonly sha256: string
  /** Of a rehearsal. */
  readonly outcome?: string
}

export interface PublishedBase {
  readonly base: FleetIndexBase
  readonly buildId: string
}

/** What one base gets, in order, and what it lacks for which reason. */
export interface BaseUpdates extends PublishedBase {
  readonly payloads: readonly PublishedPayload[]
  readonly lacking: readonly LackingFix[]
}

export interface Publication extends Published {
  readonly index: FleetIndex
  readonly bases: readonly BaseUpdates[]
}
