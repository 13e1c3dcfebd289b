/**
 * The pool whose jobs others carry out, over a queue. It hands out tickets, and believes the store alone: an answer counts where its
 * record and all that it names is there, byte for byte. What the queue loses is asked again; a worker that did it already knows it.
 */
import * as v from 'valibot'
import { InputError } from '../../../base/errors.ts'
import { reportedError } from '../../../report/error-report.ts'
import type { ReportedError } from '../../../report/model.ts'
import { toText } from '../inputs.ts'
import type { FleetJob, JobDone, JobPool, RevokedJob } from '../job.ts'
import type { FleetWorld } from '../world.ts'
import { absoluteJob } from './absolute-job.ts'
import { inputSender } from './inputs-sent.ts'
import { laneOfJob } from './lane.ts'
import { answerText, type ContentStore, type TicketText, type WorkQueue } from './model.ts'
import { isSameResult, isSameSurroundings, readRecord, recordsOf } from './records.ts'
import { type Tickets, tickets } from './tickets.ts'

export interface QueueShop extends Pick<FleetWorld, 'run' | 'folder' | 'watch' | 'readFile'> {
  readonly queue: WorkQueue
  readonly store: ContentStore
  /** Every so many jobs one is done by a second worker too, and compared; 0 for none. */
  readonly checkEvery: number
  /** Whether workers get trees and files from the store. */
  readonly isSending: boolean
  readonly note: (text: string) => void
}

/** A job is given up after so many answers that are not right. */
const MOST_TRIES = 3

/** What a worker came to: its answer was held against the store. */
interface Settled {
  readonly by: string
  readonly record: string
  readonly done: JobDone
}
type Outcome = Settled | { readonly error: ReportedError }

interface Asked {
  readonly job: FleetJob
  /** Of the job, in the store. */
  readonly digest: string
  readonly copy: TicketText['copy']
  readonly notBy: readonly string[]
}

export function queuePool(shop: QueueShop): JobPool {
  const { store, queue, checkEvery } = shop
  const open = tickets(shop)
  const send = shop.isSending ? inputSender(store, shop.readFile) : undefined
  const settled: (Settled & Pick<Asked, 'job' | 'digest'>)[] = []
  let count = 0
  return {
    submit: async job => {
      const isChecked = checkEvery > 0 && ++count % checkEvery === 0
      const asked = absoluteJob(job)
      await send?.(asked)
      const digest = await store.put(Buffer.from(toText(asked), 'utf8'))
      const about = { job: asked, digest }
      const first = await ask({ ...about, copy: 1, notBy: [] }, open, shop)
      if ('error' in first) return { kind: 'error', error: first.error }
      const error =
        (await contradiction(first, about, store)) ?? (isChecked ? await checkOf(first, about, open, shop) : undefined)
      if (error !== undefined) return { kind: 'error', error }
      settled.push({ ...first, ...about })
      return await intoFolder(first.done, shop)
    },
    end: async () => {
      open.end()
      await queue.close()
      const revoked: RevokedJob[] = []
      // A queue that came back as it was earlier has jobs done once more.
      for (const each of settled) {
        const error = await contradiction(each, each, store)
        if (error !== undefined) revoked.push({ job: each.job, error })
      }
      return revoked
    },
  }
}

async function ask(asked: Asked, open: Tickets, shop: QueueShop): Promise<Outcome> {
  const { job, digest, copy } = asked
  const lane = laneOfJob(job, shop.store.id)
  const wrong: string[] = []
  for (;;) {
    const notBy = [...asked.notBy, ...wrong]
    const text = toText({ job: digest, copy, notBy } satisfies TicketText)
    const ticket = { id: `job-${digest}-${copy}-${wrong.length}`, lane, isUrgent: job.isUrgent, text }
    const ended = await open.wait(ticket, { job, isToTell: copy === 1 && wrong.length === 0 })
    if (ended.kind === 'failed') return { error: workersLost(job, ended.why) }
    const answer = v.safeParse(answerText, jsonOf(ended.answer))
    if (!answer.success) return { error: workersLost(job, `an answer that nobody can read: ${ended.answer}`) }
    if ('error' in answer.output) return { error: answer.output.error }
    const { by, record } = answer.output
    const done = await readRecord(record, digest, shop.store)
    if (done !== undefined) return { by, record, done }
    shop.note(
      `${nameOf(job)}: what ${by} answered is not in the store, or not what its digest says; another worker is asked`,
    )
    wrong.push(by)
    if (wrong.length === MOST_TRIES) return { error: wrongResults(job, wrong) }
  }
}

/** Done once more, by another worker: what both made has to be the same. Undefined where it is, or nobody else is there. */
async function checkOf(
  first: Settled,
  about: Pick<Asked, 'job' | 'digest'>,
  open: Tickets,
  shop: QueueShop,
): Promise<ReportedError | undefined> {
  const lane = laneOfJob(about.job, shop.store.id)
  const others = (await shop.queue.workers()).filter(worker => worker.lane === lane && worker.name !== first.by)
  if (others.length === 0) {
    shop.note(`${nameOf(about.job)}: not done a second time: only ${first.by} takes such jobs`)
    return undefined
  }
  const second = await ask({ ...about, copy: 2, notBy: [first.by] }, open, shop)
  if ('error' in second) return second.error
  return isSameResult(first.done, second.done) ? undefined : twoResults(about.job, [first, second])
}

/** Another result of the same, from the same: it is not known which is right. */
async function contradiction(
  { record, done, by }: Settled,
  { job, digest }: Pick<Asked, 'job' | 'digest'>,
  store: ContentStore,
): Promise<ReportedError | undefined> {
  if ((await store.under(digest)).length < 2) return undefined
  const others = await recordsOf(digest, store, record)
  const other = others.find(each => isSameSurroundings(each.done, done) && !isSameResult(each.done, done))
  return (
    other &&
    twoResults(job, [
      { by, done },
      { by: 'another worker', done: other.done },
    ])
  )
}

function twoResults(job: FleetJob, results: readonly Pick<Settled, 'by' | 'done'>[]): ReportedError {
  const told = results.map(({ by, done }) => `${by}: ${summary(done)}`).join('; ')
  const around = results.every(({ done }, _, [first]) => first !== undefined && isSameSurroundings(done, first.done))
    ? 'all that was read is the same'
    : 'their compilers, or what they read outside of the tree, differ'
  return reportedError(
    new InputError(
      'fleet/two-results',
      `${nameOf(job)} has two results: ${told}; ${around}`,
      'build it by hand on both machines, and find out which one is wrong; take its records out of the store',
    ),
  )
}

const summary = (done: JobDone): string =>
  done.kind === 'done'
    ? `${done.built.outcome}, ${done.built.payload?.sha256.slice(0, 16) ?? 'no payload'}, report ${done.built.report.sha256.slice(0, 16)}`
    : done.error.text

function workersLost(job: FleetJob, why: string): ReportedError {
  return reportedError(
    new InputError(
      'fleet/workers-lost',
      `no worker came to an end with ${nameOf(job)}: ${why}`,
      'see what the workers said last; do they have memory enough?',
    ),
  )
}

function wrongResults(job: FleetJob, by: readonly string[]): ReportedError {
  return reportedError(
    new InputError(
      'fleet/wrong-result',
      `what ${by.join(', ')} answered for ${nameOf(job)} is not in the store, or not what its digest says`,
      'does the store lie on one disk for all machines, and is that sound?',
    ),
  )
}

/** As if this process had built it. */
async function intoFolder(done: JobDone, { store, folder }: QueueShop): Promise<JobDone> {
  if (done.kind !== 'done') return done
  const take = async ({ file, sha256 }: { readonly file: string; readonly sha256: string }) => {
    const bytes = await store.get(sha256)
    if (bytes === undefined) throw new InputError('fleet/not-in-store', `${sha256} is no longer in the store`)
    return folder.put(bytes, file.slice(file.lastIndexOf('.')))
  }
  const { report, payload, debugFile } = done.built
  const taken = {
    report: await take(report),
    payload: payload === null ? null : { ...payload, ...(await take(payload)) },
    debugFile: debugFile === null ? null : await take(debugFile),
  }
  return { kind: 'done', built: { ...done.built, ...taken } }
}

const nameOf = ({ cell }: FleetJob): string => `${cell.base}/${cell.fix}`

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
