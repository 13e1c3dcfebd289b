/** The side of a queue on which tickets are worked on. */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { DelayedError, type Job, WaitingError, Worker } from 'bullmq'
import { type Card, showCard } from './cards.ts'
import { connect, PREFIX, type QueueAddress } from './connection.ts'

export interface Serving {
  readonly card: Card
  /** How many tickets at once. */
  readonly slots: number
  /** Who has not been heard of for so long has died, and another one gets its tickets. */
  readonly leaseMs: number
  /** What came of a ticket; `not-mine` where another one is to do it. Rejects where it is stopped. */
  readonly work: (text: string) => Promise<string | 'not-mine'>
  /** Ends it: what was begun is given back. */
  readonly signal: AbortSignal
  readonly ready: () => void
  readonly note: (text: string) => void
}

/** So many workers may die of a ticket. */
const MOST_DEATHS = 2
/** Until somebody else has had time to take it. */
const LEFT_MS = 200
/** So long giving back may take: a compiler has to end, and its folder to go. The lease does it otherwise. */
const LAST_MS = 15_000

/** Takes tickets of the card's lane until it is stopped. Throws `InputError` where there is no Redis, or it does not let us in. */
export async function serveQueue(address: QueueAddress, serving: Serving): Promise<void> {
  const { card, slots, leaseMs, signal, ready, note } = serving
  const redis = await connect(address)
  let isLost = false
  const lost = (error: Error) => {
    if (!isLost) note(`the queue cannot be reached, and is waited for: ${error.message}`)
    isLost = true
    redis.once('ready', () => {
      isLost = false
    })
  }
  redis.on('error', lost)
  const worker = new Worker(card.lane, (job, token) => workOn(job, token, serving), {
    connection: redis,
    prefix: PREFIX,
    skipVersionCheck: true,
    concurrency: slots,
    lockDuration: leaseMs,
    stalledInterval: leaseMs / 2,
    maxStalledCount: MOST_DEATHS,
  })
  // A lock that was lost is no failure: whoever has it now comes to the same.
  worker.on('error', error => {
    if (isConnection(error)) lost(error)
  })
  const withdraw = showCard(redis, card)
  try {
    await worker.waitUntilReady()
    ready()
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    const goodbye = async () => {
      if (redis.status !== 'ready') return
      await withdraw()
      await worker.close()
    }
    await Promise.race([goodbye().catch(() => undefined), setTimeout(LAST_MS, undefined, { ref: false })])
    redis.disconnect()
  }
}

async function workOn(job: Job<string>, token: string | undefined, { work, signal }: Serving): Promise<string> {
  let answer: string
  try {
    answer = await work(job.data)
  } catch (error) {
    if (!signal.aborted) throw error
    await job.moveToWait(token)
    throw new WaitingError()
  }
  if (answer !== 'not-mine') return answer
  await job.moveToDelayed(Date.now() + LEFT_MS, token)
  throw new DelayedError()
}

const isConnection = (error: Error): boolean => 'code' in error && 'syscall' in error
