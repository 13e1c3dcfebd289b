/** Things that are done at the same time, of which one that fails ends all: nobody waits for what is of no use any more. */

/** The results in order. Where one fails, the others' signal is given, they end, and the first failure is passed on. */
export async function together<T extends readonly unknown[]>(
  outer: AbortSignal | undefined,
  start: (signal: AbortSignal) => { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const stop = new AbortController()
  const running = start(outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]))
  try {
    return await Promise.all(running)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(running)
    throw error
  }
}
