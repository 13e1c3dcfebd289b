/**
 * A time-out that does not count the time in which this process itself stood still: a suspended host, a paused
 * virtual machine, SIGSTOP. One long timer fires at once after such a pause, before what the other side has said
 * meanwhile is read, and a hypervisor that is well would be called hung.
 */

const STEP_MS = 500

/** Calls `action` after so many milliseconds; the result takes it back. */
export type After = (milliseconds: number, action: () => void) => () => void

const afterReally: After = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds)
  return () => clearTimeout(timer)
}

/** Calls `onEnd` when `timeoutMs` milliseconds have passed in steps; the result takes it back. */
export function startPatience(timeoutMs: number, onEnd: () => void, after: After = afterReally): () => void {
  let left = timeoutMs
  let takeBack: () => void
  const next = () => {
    const step = Math.min(left, STEP_MS)
    takeBack = after(step, () => {
      left -= step
      if (left > 0) next()
      else onEnd()
    })
  }
  next()
  return () => takeBack()
}
