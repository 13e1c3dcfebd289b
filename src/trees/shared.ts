/**
 * An answer that several builds on one base want: one of them asks, the others wait. Where that one fails, which may be
 * its own affair (it was stopped), who waited asks for itself: no build ends because of another.
 */
import { interrupted } from './interrupted.ts'

export class Shared<T> {
  #answer: Promise<T> | undefined

  /** The answer; `ask` where nobody has it yet. */
  async get(signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
    for (let others = this.#answer; others !== undefined; others = this.#answer) {
      const found = await untilStopped(others, signal)
      if (found !== undefined) return found.answer
    }
    const own = ask()
    this.#answer = own
    try {
      return await own
    } catch (error) {
      if (this.#answer === own) this.#answer = undefined
      throw error
    }
  }
}

/** Nothing, where the others' question failed. */
async function untilStopped<T>(
  others: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<{ readonly answer: T } | undefined> {
  const answered = others.then(
    answer => ({ answer }),
    () => undefined,
  )
  if (signal === undefined) return answered
  let stop = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted())
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([answered, stopped])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
