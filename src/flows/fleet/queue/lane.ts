/** Who may do what: a worker takes only jobs of its own store, version and toolchain. */
import { digestOf, toText } from '../inputs.ts'
import type { FleetJob, JobBase } from '../job.ts'
import type { WorkerCard } from './model.ts'

export interface LaneOf {
  /** Of hotsplice. */
  readonly version: string
  readonly store: string
  readonly toolchain: string
  /** How folders are called behind it. */
  readonly toolchainPath: readonly string[]
}

export const laneOf = ({ version, store, toolchain, toolchainPath }: LaneOf): string =>
  digestOf(toText({ lane: 1, version, store, toolchain, toolchainPath })).slice(0, 16)

export const laneOfJob = ({ base, options: { version } }: FleetJob, store: string): string =>
  laneOf({ version, store, ...toolchainOf(base) })

const toolchainOf = ({ toolchain = '', toolchainPath = [] }: JobBase) => ({ toolchain, toolchainPath })

/** Why nobody takes a job, in words; undefined where somebody does. */
export function whyUnserved(job: FleetJob, store: string, workers: readonly WorkerCard[]): string | undefined {
  const lane = laneOfJob(job, store)
  if (workers.some(worker => worker.lane === lane)) return undefined
  if (workers.length === 0) return 'no worker is there'
  return workers.map(worker => `${worker.name} ${whyNot(worker, job, store)}`).join('; ')
}

function whyNot(worker: WorkerCard, { base, options: { version } }: FleetJob, store: string): string {
  if (worker.version !== version) return `is hotsplice ${worker.version}, and this is ${version}`
  if (worker.store !== store) return 'has another store; give both the same folder (--store)'
  const wanted = toolchainOf(base).toolchain
  if (worker.toolchain !== wanted) return `takes jobs ${words(worker.toolchain)}, and this one is ${words(wanted)}`
  return 'takes no jobs whose folders are called otherwise there (toolchain-path)'
}

const words = (toolchain: string): string =>
  toolchain === '' ? 'without a toolchain' : `of the toolchain "${toolchain}"`
