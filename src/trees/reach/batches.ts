/** Asking costs a fifth of what it may save, and mostly all units of a change are alike. */

const AT_FIRST = 8

/** Takes a few at a time, more and more, as long as `ask` says that it was worth it. */
export async function inBatches<T>(all: readonly T[], ask: (batch: readonly T[]) => Promise<boolean>): Promise<void> {
  let size = AT_FIRST
  for (let from = 0; from < all.length; from += size, size *= 2) {
    if (!(await ask(all.slice(from, from + size)))) return
  }
}
