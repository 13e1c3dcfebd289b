/**
 * How many compilers and other workers may be busy at once, for everything that shares the pool: all steps of a build, and
 * however many builds run beside each other. Who comes first is served first, so that none of them starves; what comes
 * out is in the order of its requests, whoever was served when.
 *
 * A piece of work takes its slots once, at the start: one that asked for more while it holds some could wait for itself.
 */
import { interrupted } from './interrupted.ts'

export interface Slots {
  /** How many it takes; one, unless given. What runs workers of its own (make -j) takes as many, at most all. */
  readonly slots?: number
  readonly signal?: AbortSignal | undefined
}

export interface Pool {
  readonly size: number
  /** Does the work when there is room for it; never, once the signal is given. */
  use<T>(wanted: Slots, work: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly slots: number
  readonly begin: () => void
}

export function createPool(size: number): Pool {
  const all = Math.max(1, size)
  let free = all
  const waiting: Waiting[] = []
  const admit = () => {
    for (let next = waiting[0]; next !== undefined && next.slots <= free; next = waiting[0]) {
      waiting.shift()
      free -= next.slots
      next.begin()
    }
  }
  const entered = (slots: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) return reject(interrupted())
      const leave = () => {
        waiting.splice(waiting.indexOf(own), 1)
        reject(interrupted())
        // It may have stood before others that there is room for.
        admit()
      }
      const begin = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const own = { slots, begin }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.push(own)
      admit()
    })
  return {
    size: all,
    async use({ slots = 1, signal }, work) {
      const taken = Math.min(all, slots)
      await entered(taken, signal)
      try {
        return await work()
      } finally {
        free += taken
        admit()
      }
    },
  }
}
