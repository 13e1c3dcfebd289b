/** The side of a queue on which tickets are handed out: BullMQ over Redis, a queue for each lane. */
import { setTimeout } from 'node:timers/promises'
import { Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import { type Card, cardsShown } from './cards.ts'
import { connect, PREFIX, type QueueAddress } from './connection.ts'

interface Named {
  readonly id: string
  readonly lane: string
}

interface Ticket extends Named {
  readonly isUrgent: boolean
  readonly text: string
}

type State =
  | { readonly kind: 'there' }
  | { readonly kind: 'ended'; readonly answer: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'gone' }

interface Hearing {
  readonly began: (id: string) => void
  readonly ended: (id: string) => void
  readonly look: () => void
}

/** Lower numbers come first; without one a job would come before all of them. */
const PRIORITIES = { urgent: 1, other: 2 } as const
/** Whoever asked for it is gone by then. */
const KEEP = { age: 86_400 } as const
/** So long the last words may take. */
const LAST_MS = 5_000

export interface QueueOptions {
  /** How often tickets are looked after that nothing was heard of. */
  readonly lookMs: number
  readonly note: (text: string) => void
}

class TicketQueue {
  readonly #redis: Redis
  readonly #options: QueueOptions
  readonly #lanes = new Map<string, Promise<Queue>>()
  readonly #events: QueueEvents[] = []
  readonly #pending = new Set<Promise<unknown>>()
  #hearing: Hearing | undefined
  #looking: NodeJS.Timeout | undefined

  constructor(redis: Redis, options: QueueOptions) {
    this.#redis = redis
    this.#options = options
    redis.on('error', error => this.#lost(error))
  }

  add = async ({ id, lane, isUrgent, text }: Ticket): Promise<void> => {
    const queue = await this.#lane(lane)
    // A job of that id that has ended would block this one, silently.
    const state = await queue.getJobState(id)
    if (state === 'completed' || state === 'failed') await queue.remove(id)
    const priority = isUrgent ? PRIORITIES.urgent : PRIORITIES.other
    await queue.add('build', text, { jobId: id, priority, removeOnComplete: KEEP, removeOnFail: KEEP })
  }

  stateOf = async ({ id, lane }: Named): Promise<State> => {
    const queue = await this.#lane(lane)
    // In this order: what was read before its end would have no answer.
    const state = await queue.getJobState(id)
    const job = await queue.getJob(id)
    if (job === undefined || state === 'unknown') return { kind: 'gone' }
    if (state === 'completed') return { kind: 'ended', answer: String(job.returnvalue) }
    if (state === 'failed') return { kind: 'failed', why: job.failedReason }
    return { kind: 'there' }
  }

  /** One that somebody works on stays. */
  remove = ({ id, lane }: Named): Promise<void> => {
    const removal = this.#lane(lane).then(queue => queue.remove(id).then(() => undefined))
    this.#pending.add(removal)
    return removal.finally(() => this.#pending.delete(removal))
  }

  listen = (hearing: Hearing): void => {
    this.#hearing = hearing
    this.#looking = setInterval(() => hearing.look(), this.#options.lookMs)
  }

  workers = (): Promise<readonly Card[]> => cardsShown(this.#redis)

  close = async (): Promise<void> => {
    clearInterval(this.#looking)
    this.#hearing = undefined
    const all = async () => {
      if (this.#redis.status !== 'ready') return
      await Promise.allSettled(this.#pending)
      for (const events of this.#events) await events.close()
      for (const queue of this.#lanes.values()) await (await queue).close()
    }
    await Promise.race([all().catch(() => undefined), setTimeout(LAST_MS, undefined, { ref: false })])
    this.#redis.disconnect()
  }

  #lane(lane: string): Promise<Queue> {
    const known = this.#lanes.get(lane) ?? this.#open(lane)
    this.#lanes.set(lane, known)
    return known
  }

  async #open(lane: string): Promise<Queue> {
    const common = { connection: this.#redis, prefix: PREFIX, skipVersionCheck: true }
    const events = new QueueEvents(lane, common)
    const queue = new Queue(lane, common)
    this.#events.push(events)
    events.on('error', error => this.#lost(error))
    queue.on('error', error => this.#lost(error))
    events.on('active', ({ jobId }) => this.#hearing?.began(jobId))
    events.on('completed', ({ jobId }) => this.#hearing?.ended(jobId))
    events.on('failed', ({ jobId }) => this.#hearing?.ended(jobId))
    await events.waitUntilReady()
    return queue
  }

  #isLost = false
  #lost(error: Error): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#options.note(`the queue cannot be reached, and is waited for: ${error.message}`)
    this.#redis.once('ready', () => {
      this.#isLost = false
    })
  }
}

/** Throws `InputError` where there is no Redis, or it does not let us in. */
export async function openQueue(address: QueueAddress, options: QueueOptions): Promise<TicketQueue> {
  return new TicketQueue(await connect(address), options)
}
