/**
 * What a fleet that is built on several machines needs of the world: a queue that brings tickets to workers, and a store that all
 * of them see. The store is the memory; the queue only tells workers that there is work, and may forget all of it at any time.
 */
import * as v from 'valibot'
import type { ReportedError } from '../../../report/model.ts'
import { reportedError } from '../../../report/schema.ts'

/**
 * Contents by their digests (SHA-256, in hexadecimal), and lists of digests under keys. It asks for nothing that a bucket has not:
 * whoever writes a name that is there writes the same bytes. What comes back was held against its digest.
 */
export interface ContentStore {
  /** Two stores have two ids. */
  readonly id: string
  readonly put: (content: Uint8Array) => Promise<string>
  /** Undefined where it is not there whole. */
  readonly get: (digest: string) => Promise<Uint8Array | undefined>
  /** Adds a digest to the list under a key; once there, it stays. */
  readonly add: (key: string, digest: string) => Promise<void>
  /** In no order. */
  readonly under: (key: string) => Promise<readonly string[]>
}

/** What a worker is asked to do. */
export interface Ticket {
  readonly id: string
  /** Whoever serves it can do what is asked: has this store, this version, this toolchain. */
  readonly lane: string
  readonly isUrgent: boolean
  /** A `TicketText` as JSON. */
  readonly text: string
}

export type TicketState =
  | { readonly kind: 'there' }
  /** `answer` is an `Answer` as JSON. */
  | { readonly kind: 'ended'; readonly answer: string }
  /** Nobody answered, and nobody will. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The queue knows nothing of it. */
  | { readonly kind: 'gone' }

type TicketName = Pick<Ticket, 'id' | 'lane'>

export interface WorkQueue {
  /** Leaves alone what is there and has not ended. */
  readonly add: (ticket: Ticket) => Promise<void>
  readonly stateOf: (ticket: TicketName) => Promise<TicketState>
  readonly remove: (ticket: TicketName) => Promise<void>
  /** What is heard is a hint, and may be missed; `look` is called now and then. */
  readonly listen: (heard: QueueHearing) => void
  readonly workers: () => Promise<readonly WorkerCard[]>
  /** Lets what was asked of it come to its end, as far as that takes no time. */
  readonly close: () => Promise<void>
}

export interface QueueHearing {
  readonly began: (id: string) => void
  readonly ended: (id: string) => void
  readonly look: () => void
}

/** What a worker says of itself, as long as it lives. */
export interface WorkerCard {
  readonly name: string
  readonly version: string
  /** The id of its store. */
  readonly store: string
  /** The words of its toolchain; empty where compilers are called as they are. */
  readonly toolchain: string
  readonly lane: string
}

const text = v.string()

export const ticketText = v.object({
  /** Of the job, in the store. */
  job: text,
  /** The second is done from the beginning, whatever is known. */
  copy: v.picklist([1, 2]),
  /** Workers that are not to do it. */
  notBy: v.array(text),
})
export type TicketText = v.InferOutput<typeof ticketText>

export type Answer =
  /** Of the record, in the store. */
  | { readonly by: string; readonly record: string }
  /** Perhaps otherwise the next time. */
  | { readonly by: string; readonly error: ReportedError }

export const answerText: v.GenericSchema<Answer> = v.union([
  v.object({ by: text, record: text }),
  v.object({ by: text, error: reportedError }),
])
