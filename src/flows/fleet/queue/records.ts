/**
 * What jobs came to, in the store: a record for each result, in the list under the job's digest. It names no worker and no time, so
 * that equal results are one record.
 *
 * Worse mistake: a payload of which two machines made two versions. So a result counts only where all its bytes are there, and two
 * of the same job that differ are an error, whoever was first.
 */
import * as v from 'valibot'
import type { StoredFile } from '../../../base/stored-file.ts'
import { toText } from '../inputs.ts'
import type { JobDone } from '../job.ts'
import { filesOfBuilt, jobDone } from '../kept.ts'
import type { ContentStore } from './model.ts'

const record = v.object({ job: v.string(), done: jobDone })

/** Its digest. Its files are in the store before. */
export async function keepRecord(job: string, done: JobDone, store: ContentStore): Promise<string> {
  const digest = await store.put(Buffer.from(toText({ job, done }), 'utf8'))
  await store.add(job, digest)
  return digest
}

/** Undefined where it is not there, is of another job, or lacks some of its bytes. */
export async function readRecord(digest: string, job: string, store: ContentStore): Promise<JobDone | undefined> {
  const bytes = await store.get(digest)
  const found = v.safeParse(record, bytes === undefined ? undefined : jsonOf(bytes))
  if (!found.success || found.output.job !== job) return undefined
  const { done } = found.output
  for (const { sha256, size } of filesOf(done)) if ((await store.get(sha256))?.length !== size) return undefined
  return done
}

/** All that can be read, but `without`. */
export async function recordsOf(
  job: string,
  store: ContentStore,
  without?: string,
): Promise<readonly { readonly digest: string; readonly done: JobDone }[]> {
  const found: { digest: string; done: JobDone }[] = []
  for (const digest of [...(await store.under(job))].sort()) {
    const done = digest === without ? undefined : await readRecord(digest, job, store)
    if (done !== undefined) found.push({ digest, done })
  }
  return found
}

export const filesOf = (done: JobDone): readonly StoredFile[] => (done.kind === 'done' ? filesOfBuilt(done.built) : [])

/** Whether they say the same of the job, wherever they were made. */
export const isSameResult = (one: JobDone, other: JobDone): boolean => toText(resultOf(one)) === toText(resultOf(other))

/** Whether what was read outside of the tree was the same; where nothing was built, that is not known. */
export function isSameSurroundings(one: JobDone, other: JobDone): boolean {
  const around = (done: JobDone) => (done.kind === 'done' ? toText(done.built.surroundings) : undefined)
  return around(one) === around(other)
}

function resultOf(done: JobDone): unknown {
  if (done.kind !== 'done') return done
  const { surroundings: _, ...rest } = done.built
  return rest
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
