/** Tickets that are out: each is waited for until its end, however often the queue loses it, and nobody hears of that. */
import type { FleetJob } from '../job.ts'
import type { FleetWorld } from '../world.ts'
import { whyUnserved } from './lane.ts'
import type { ContentStore, Ticket, TicketState, WorkQueue } from './model.ts'

type TicketEnd = Extract<TicketState, { kind: 'ended' | 'failed' }>

export interface Tickets {
  /** Rejects where the run is to stop. */
  wait(ticket: Ticket, about: About): Promise<TicketEnd>
  /** Waits for nothing any more. */
  end(): void
}

interface About {
  readonly job: FleetJob
  /** Whether its beginning is to be told. */
  readonly isToTell: boolean
}

interface Shop extends Pick<FleetWorld, 'run' | 'watch'> {
  readonly queue: WorkQueue
  readonly store: Pick<ContentStore, 'id'>
  readonly note: (text: string) => void
}

interface Out {
  readonly ticket: Ticket
  readonly job: FleetJob
  readonly settle: (end: TicketEnd) => void
  readonly fail: (error: unknown) => void
  isAsked: boolean
  /** That somebody has begun is told once, whoever takes it up again. */
  isToTell: boolean
}

export function tickets({ queue, store, run: { signal }, watch, note }: Shop): Tickets {
  const out = new Map<string, Out>()

  /** What the queue says of it now. */
  const check = async (each: Out | undefined): Promise<void> => {
    if (each === undefined || each.isAsked) return
    each.isAsked = true
    try {
      const state = await queue.stateOf(each.ticket)
      if (!out.has(each.ticket.id)) return
      if (state.kind === 'gone') await queue.add(each.ticket)
      else if (state.kind !== 'there') each.settle(state)
    } catch (error) {
      each.fail(error)
    } finally {
      each.isAsked = false
    }
  }
  const tellUnserved = unservedTeller({ queue, store, note })
  queue.listen({
    began: id => {
      const each = out.get(id)
      if (each?.isToTell !== true) return
      each.isToTell = false
      watch.began(each.job.cell, 'building')
    },
    ended: id => void check(out.get(id)),
    look: () => {
      if (out.size === 0) return
      for (const each of out.values()) void check(each)
      tellUnserved([...out.values()]).catch(() => undefined)
    },
  })
  const stop = () => {
    for (const { fail } of out.values()) fail(signal?.reason)
  }
  signal?.addEventListener('abort', stop, { once: true })
  return {
    wait: async (ticket, { job, isToTell }) => {
      signal?.throwIfAborted()
      try {
        return await new Promise<TicketEnd>((settle, fail) => {
          out.set(ticket.id, { ticket, job, settle, fail, isAsked: false, isToTell })
          queue.add(ticket).catch(fail)
        })
      } finally {
        out.delete(ticket.id)
        queue.remove(ticket).catch(() => undefined)
      }
    },
    end: () => signal?.removeEventListener('abort', stop),
  }
}

/** Says of jobs that nobody takes why that is so, each reason once. */
function unservedTeller({ queue, store, note }: Pick<Shop, 'queue' | 'store' | 'note'>) {
  const noted = new Set<string>()
  return async (out: readonly Pick<Out, 'job'>[]): Promise<void> => {
    const workers = await queue.workers()
    for (const { job } of out) {
      const why = whyUnserved(job, store.id, workers)
      if (why === undefined || noted.has(why)) continue
      noted.add(why)
      note(`${job.cell.base}/${job.cell.fix} waits: ${why}`)
    }
  }
}
