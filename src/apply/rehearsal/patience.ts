/**
 * A time-out that does not count the time in which this process itself stood still: a suspended host, a paused
 * virtual machine, SIGSTOP. One long timer fires at once after such a pause, before what the other side has said
 * meanwhile is read, and a hypervisor that is well would be called hung.
 */

const STEP_MS = 500

/** Calls `onEnd` when `timeoutMs` milliseconds have passed in steps of at most `stepMs`; the result takes it back. */
export function startPatience(timeoutMs: number, onEnd: () => void, stepMs = STEP_MS): () => void {
  let left = timeoutMs
  let timer: NodeJS.Timeout
  const next = () => {
    const step = Math.min(left, stepMs)
    timer = setTimeout(() => {
      left -= step
      if (left > 0) next()
      else onEnd()
    }, step)
  }
  next()
  return () => clearTimeout(timer)
}
