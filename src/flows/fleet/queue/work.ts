/** What a worker does with a ticket: reads the job from the store, builds it unless that is known, and keeps what came of it there. */
import * as v from 'valibot'
import { InputError } from '../../../base/errors.ts'
import { reportedError } from '../../../report/error-report.ts'
import { changedSince } from '../../../trees/index.ts'
import { carrier } from '../carry-out.ts'
import { digestOf, toText } from '../inputs.ts'
import type { FleetJob, JobDone } from '../job.ts'
import type { FleetWorld } from '../world.ts'
import { bringInputs } from './inputs-sent.ts'
import { laneOfJob } from './lane.ts'
import type { Answer, ContentStore } from './model.ts'
import { ticketText } from './model.ts'
import { filesOf, keepRecord, recordsOf } from './records.ts'

export interface WorkerShop extends Pick<FleetWorld, 'run' | 'cacheFolder' | 'readFile'> {
  readonly store: ContentStore
  /** By which the others know it. */
  readonly name: string
  /** It runs where the toolchain's words lead to, and calls compilers as they are. */
  readonly isInside: boolean
  /** It does no other jobs, whoever asks for them. */
  readonly lane: string
  /** Folders below which inputs may be put that this machine lacks. */
  readonly places: readonly string[]
  readonly watch: Pick<FleetWorld['watch'], 'began'> & { readonly ended: (job: FleetJob, how: string) => void }
}

/** Gives an `Answer` as JSON; `not-mine` where others are to do it. Rejects where the worker is to stop. */
export function ticketWorker(shop: WorkerShop): (text: string) => Promise<string | 'not-mine'> {
  const { store, name } = shop
  const stored = new Map<string, Promise<string>>()
  const folder = {
    put: (content: Uint8Array, ending: string) => {
      const sha256 = digestOf(content)
      const putting = store.put(content)
      stored.set(sha256, putting)
      // It is heard of where its job comes to its end.
      putting.catch(() => undefined)
      return { file: `${sha256}${ending}`, sha256, size: content.length }
    },
  }
  const carry = carrier({ ...shop, folder })
  // One at a time: jobs of one tree would put it there at once.
  let before: Promise<unknown> = Promise.resolve()
  const bringing = (bring: () => Promise<void>): Promise<void> => {
    const mine = before.then(bring)
    before = mine.catch(() => undefined)
    return mine
  }
  const doJob = async (digest: string, isAnew: boolean): Promise<Answer> => {
    const job = await readJob(digest, shop)
    const here = shop.isInside ? { ...job, base: withoutToolchain(job.base) } : job
    await bringing(() => bringInputs(here, shop.places, store))
    const known = isAnew ? undefined : await knownHere(digest, here, shop)
    if (known !== undefined) {
      shop.watch.ended(job, 'known already')
      return { by: name, record: known }
    }
    const done = await carry(here)
    shop.watch.ended(job, done.kind === 'done' ? done.built.outcome : done.error.text)
    if (done.kind === 'error') return { by: name, error: done.error }
    for (const { sha256 } of filesOf(done)) await stored.get(sha256)
    return { by: name, record: await keepRecord(digest, done, store) }
  }
  return async text => {
    const { job, copy, notBy } = v.parse(ticketText, JSON.parse(text))
    if (notBy.includes(name)) return 'not-mine'
    try {
      return toText(await doJob(job, copy === 2))
    } catch (error) {
      if (shop.run.signal?.aborted === true) throw error
      return toText({ by: name, error: reportedError(error) } satisfies Answer)
    }
  }
}

async function readJob(digest: string, { store, lane }: WorkerShop): Promise<FleetJob> {
  const bytes = await store.get(digest)
  if (bytes === undefined) {
    throw new InputError(
      'fleet/not-in-store',
      `the store has no job ${digest.slice(0, 12)}`,
      'do all machines see the same folder?',
    )
  }
  // It was written by the same version, and is what its digest says.
  const job: FleetJob = JSON.parse(Buffer.from(bytes).toString('utf8'))
  if (laneOfJob(job, store.id) === lane) return job
  throw new InputError('fleet/not-in-store', `the job ${digest.slice(0, 12)} is not for this worker`)
}

function withoutToolchain({ toolchain: _, toolchainPath: __, ...base }: FleetJob['base']): FleetJob['base'] {
  return base
}

/** A result that this machine would come to as well: what was read for it is here, and as it was. */
async function knownHere(
  digest: string,
  job: FleetJob,
  { store, cacheFolder, run }: WorkerShop,
): Promise<string | undefined> {
  const holds = async (done: JobDone) =>
    done.kind !== 'done' ||
    (await changedSince(done.built.surroundings, { ...job.base, cacheFolder }, run.signal)) === undefined
  for (const { digest: record, done } of await recordsOf(digest, store)) if (await holds(done)) return record
  return undefined
}
