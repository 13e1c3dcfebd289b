/**
 * A run from its beginning to its end: one pool for all that is started in it, and at its end, once a day, the store is
 * pruned. Whoever serves many builds at once is one run, as long as it lives. A run that fails or is stopped ends at once,
 * and leaves the store to the next.
 */
import { InternalError } from '../base/errors.ts'
import type { Progress, Run } from './model.ts'
import { createPool } from './pool.ts'
import { pruneDaily } from './prune.ts'

/** Progress that nobody watches. */
export const quiet: Progress = { step: () => undefined, tick: () => undefined }

export interface RunOptions {
  /** How many compilers may be busy at once. */
  readonly jobs: number
  readonly progress: Progress
  /** Where results are kept between runs; pruned at the end. */
  readonly cacheFolder: string
  readonly signal?: AbortSignal | undefined
}

/** Does the work as one run. */
export async function wholeRun<T>(options: RunOptions, work: (run: Run) => Promise<T>): Promise<T> {
  const { jobs, progress, cacheFolder, signal } = options
  const result = await work({ pool: createPool(jobs), progress, signal })
  try {
    await pruneDaily(cacheFolder, { now: Date.now(), signal })
  } catch (error) {
    if (error instanceof InternalError) throw error
    // What was asked for is done.
    progress.step(`${cacheFolder} was not pruned: ${error instanceof Error ? error.message : String(error)}`)
  }
  return result
}
