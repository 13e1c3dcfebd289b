/**
 * One payload to build, as plain data that can cross a thread or a queue, and what came of it. Files that a job makes go to a
 * store by content; what is handed back names them by digest. Whoever carries jobs out, in this process or elsewhere, is a
 * `JobPool`.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { StoredFile } from '../../base/stored-file.ts'
import type { StoredPayload } from '../../report/fleet-index.ts'
import type { ReportedError } from '../../report/model.ts'
import type { PatchText } from '../../source/model.ts'
import type { BaseOptions, Surroundings } from '../../trees/index.ts'
import type { BuildOptions } from '../hotpatch/build-one.ts'

/** Where the base is; a worker has a cache of its own. */
export type JobBase = Omit<BaseOptions, 'cacheFolder'>

export interface FleetJob {
  /** Names all that the payload is made from; whoever has a result under it need not build. */
  readonly key: string
  /** Base and fix, for words. */
  readonly cell: CellName
  /** It is of an advisory; where there is a queue, it comes first. */
  readonly isUrgent: boolean
  readonly base: JobBase
  /** Of all that lies in the tree; one that has changed since is not built on. */
  readonly tree: string
  /** Other files that it names, and their digests, which hold for the result as well. */
  readonly given: readonly (readonly [path: string, digest: string])[]
  readonly patches: readonly PatchText[]
  readonly options: Omit<BuildOptions, 'patches' | 'without'>
  readonly stack: JobStack
}

/** A payload that new ones have to do with, as a file. */
export interface StackedFile {
  /** As hosts call it. */
  readonly name: string
  readonly path: string
  /** Whether its patches are in the text that is built. */
  readonly isInText: boolean
}

/** What is held against the new payload before anybody gets it. */
export interface JobStack {
  /** What it goes upon, the lowest first. */
  readonly below: readonly StackedFile[]
  /** What it may take the place of; undefined where it takes nobody's. */
  readonly replaced: readonly StackedFile[] | undefined
  /** Variables that may be lost with those. */
  readonly loses: readonly string[]
}

export interface CellName {
  readonly base: string
  readonly fix: string
}

/** What a build came to. */
export interface BuiltJob {
  readonly outcome: 'built' | 'nothing-to-do' | 'refused'
  readonly refusals: readonly Pick<Refusal, 'code' | 'symbol' | 'text'>[]
  /** How many functions the payload replaces or brings. */
  readonly functions: number
  /** Of what runs, as the payload is made for it. */
  readonly buildId: string | null
  readonly report: StoredFile
  readonly payload: StoredPayload | null
  /** Null where there is no payload, or no debug information. */
  readonly debugFile: StoredFile | null
  /** What was read outside of the tree. */
  readonly surroundings: Surroundings
}

export type JobDone =
  | { readonly kind: 'done'; readonly built: BuiltJob }
  /** The patch is not one of this tree: known as surely as a payload. */
  | { readonly kind: 'does-not-apply'; readonly error: ReportedError }
  /** Perhaps otherwise the next time. */
  | { readonly kind: 'error'; readonly error: ReportedError }

/** Carries jobs out, each once, in the order in which they come as far as there is room. */
export interface JobPool {
  submit(job: FleetJob): Promise<JobDone>
  /** Lets go of what is not done. Says of which jobs it turned out meanwhile that what was handed back for them does not count. */
  end(): Promise<readonly RevokedJob[]>
}

export interface RevokedJob {
  readonly job: Pick<FleetJob, 'key' | 'cell'>
  readonly error: ReportedError
}

/** So many builds are begun at once: each holds its objects in memory, and one thread compares them all. */
export const MOST_AT_ONCE = 4

/** The pool that needs no server: `size` jobs at once in this process. */
export function localPool(size: number, carryOut: (job: FleetJob) => Promise<JobDone>): JobPool {
  let free = Math.max(1, size)
  const waiting: (() => void)[] = []
  return {
    submit: async job => {
      if (free > 0) free--
      else await new Promise<void>(resolve => waiting.push(resolve))
      try {
        return await carryOut(job)
      } finally {
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    },
    end: async () => [],
  }
}
