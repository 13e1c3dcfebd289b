/** `hotsplice fleet worker`: one run that takes tickets of its lane until it is stopped. */
import { quiet, wholeRun } from '../../../trees/index.ts'
import { MOST_AT_ONCE } from '../job.ts'
import { laneOf } from './lane.ts'
import type { WorkerCard } from './model.ts'
import { ticketWorker, type WorkerShop } from './work.ts'

export interface WorkerRequest {
  /** Of hotsplice. */
  readonly version: string
  readonly name: string
  readonly toolchain: string
  readonly toolchainPath: readonly string[]
  readonly isInside: boolean
  readonly places: readonly string[]
  /** How many compilers may be busy at once. */
  readonly jobs: number
  readonly signal: AbortSignal
}

interface WorkerWorld extends Pick<WorkerShop, 'store' | 'cacheFolder' | 'readFile' | 'watch'> {
  /** Takes tickets until the signal says so. */
  readonly serve: (serving: {
    readonly card: WorkerCard
    readonly slots: number
    readonly work: (text: string) => Promise<string | 'not-mine'>
  }) => Promise<void>
}

export function serveFleet(request: WorkerRequest, world: WorkerWorld): Promise<void> {
  const { version, name, toolchain, toolchainPath, isInside, places, jobs, signal } = request
  const { store, cacheFolder, serve } = world
  const lane = laneOf({ version, store: store.id, toolchain, toolchainPath })
  return wholeRun({ jobs, progress: quiet, cacheFolder, signal }, run =>
    serve({
      card: { name, version, store: store.id, toolchain, lane },
      slots: Math.min(jobs, MOST_AT_ONCE),
      work: ticketWorker({ ...world, run, name, isInside, lane, places }),
    }),
  )
}
