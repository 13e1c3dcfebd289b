/** What a rollout needs of the world; the command line hands it in, and tests hand in what they watch. */
import type { PlanStep } from '../../report/fleet-plan.ts'
import type { RolloutEvent } from '../../report/fleet-rollout.ts'
import type { HostReport } from './host-cells.ts'

/** What a host says to an operation. */
export interface Did {
  /** 0 or more, or a negative errno. */
  readonly result: number
  readonly words: readonly string[]
}

export type HostAction = 'apply' | 'revert' | 'replace' | 'unload'

/** A host, as far as a rollout asks it. */
export interface RolloutHost {
  upload(request: { readonly name: string; readonly payload: Uint8Array; readonly dryRun?: boolean }): Promise<Did>
  act(request: { readonly action: HostAction; readonly name: string }): Promise<Did>
  /** What runs, and which payloads are there. Throws where it is not told. */
  report(): Promise<Omit<HostReport, 'host'>>
  /** Lines that the system has said until now, where the host can tell them. */
  said(): Promise<readonly string[]>
  close(): Promise<void>
}

export interface Health {
  readonly isRight: boolean
  readonly text: string
}

export interface RolloutWorld {
  readonly open: (host: string) => Promise<RolloutHost>
  /** The payload of a step, held against its digest. Throws where it is not there whole. */
  readonly payload: (step: Pick<PlanStep, 'file' | 'sha256'>) => Uint8Array
  /** Asks the user's own command; undefined where there is none. */
  readonly health: ((host: string) => Promise<Health>) | undefined
  /** Lines of a system's log that say that something went wrong. */
  readonly isAlarming: (line: string) => boolean
  readonly log: (event: RolloutEvent) => void
  readonly signal: AbortSignal
}
