/** What Xen's or Linux's own messages say about payloads: when one was applied, and when it was taken back. */

export interface LogEvent {
  readonly payload: string
  /**
   * `alone`: in the place of all that were applied; `enabled`: that, or beside them, which Linux does not say. `applying` and
   * `reverting`: from here on some run its code, and some do not yet, or no longer.
   */
  readonly became: 'applied' | 'reverted' | 'alone' | 'enabled' | 'applying' | 'reverting'
}

/** What may be applied after it where only `before` was, as payloads by their numbers: each of these sets. */
export function stateAfter(
  became: LogEvent['became'],
  layer: number,
  before: readonly number[],
): readonly (readonly number[])[] {
  const others = before.filter(each => each !== layer)
  const beside = [...others, layer]
  const after = {
    applied: [beside],
    reverted: [others],
    alone: [[layer]],
    enabled: [beside, [layer]],
    applying: [before, beside, [layer]],
    reverting: [before, others],
  }
  return after[became]
}

/** Xen 4.17 common/livepatch.c: before it changes code, and when the action has ended. */
const BEGINS = /\blivepatch: (\S+): (Applying \d+ functions|Reverting)\b/
const ENDS = /\blivepatch: (\S+) finished (APPLY|REVERT|REPLACE) with rc=(-?\d+)/

/** Linux 6.1 and 6.12 kernel/livepatch/transition.c: klp_start_transition() and klp_complete_transition(). */
const TRANSITION = /\blivepatch: '([^']+)': (starting (?:un)?patching transition|(?:un)?patching complete)/
const TRANSITIONS: ReadonlyMap<string | undefined, LogEvent['became']> = new Map([
  ['starting patching transition', 'applying'],
  ['patching complete', 'enabled'],
  ['starting unpatching transition', 'reverting'],
  ['unpatching complete', 'reverted'],
])

export function historyEvent(text: string): LogEvent | undefined {
  const [, name = '', words] = TRANSITION.exec(text) ?? []
  const became = TRANSITIONS.get(words)
  if (became !== undefined) return { payload: name, became }
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
