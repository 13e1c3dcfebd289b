/** What Xen's own messages say about payloads: when one was applied, and when it was taken back. */

/** Who tells of payloads in messages of its own, which nobody here reads yet. */
export const UNREAD_LOGS: ReadonlySet<string> = new Set(['linux'])

export interface LogEvent {
  readonly payload: string
  /** `alone`: in the place of all that were applied. */
  readonly became: 'applied' | 'reverted' | 'alone'
}

/** Xen 4.17 common/livepatch.c: before it changes code, and when the action has ended. */
const BEGINS = /\blivepatch: (\S+): (Applying \d+ functions|Reverting)\b/
const ENDS = /\blivepatch: (\S+) finished (APPLY|REVERT|REPLACE) with rc=(-?\d+)/

export function historyEvent(text: string): LogEvent | undefined {
  const begun = BEGINS.exec(text)
  if (begun !== null) {
    const [, payload = '', what] = begun
    return { payload, became: what === 'Reverting' ? 'reverted' : 'applied' }
  }
  const ended = ENDS.exec(text)
  if (ended === null) return undefined
  const [, payload = '', action, code] = ended
  const worked = code === '0'
  if (action === 'REPLACE' && worked) return { payload, became: 'alone' }
  return { payload, became: (action === 'REVERT') === worked ? 'reverted' : 'applied' }
}
