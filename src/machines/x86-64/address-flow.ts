/**
 * Whether code that takes an address may keep it: store it, hand it on, return it, compare it with what is not of the same
 * object, or write there. Code that does nothing of the kind only looks at what is there, and is content with a copy that
 * lies elsewhere.
 *
 * The address is followed through registers, along every way that the code may take; what is not understood keeps it.
 */
import type { Fields } from '../machine.ts'
import { type Holding, KEPT, SECOND_RESULT, type Step, stepsOf } from './address-steps.ts'

/** `fields` are the places in `code` of fields that have the address. */
export function keepsAddress(code: Uint8Array, fields: readonly number[], others: Fields): boolean {
  const steps = new Map(stepsOf(code, fields, others).map(step => [step.start, step]))
  const { held, blind } = heldBefore(steps)
  // Through a table, or back from an exception, one may come with all that is held anywhere.
  if (blind && [...steps.values()].some(step => step.after(held.get(step.start) ?? 0) !== 0)) return true
  // What is left over in the second register of a result looks like half of one.
  const second = others.returnsOne ? 0 : SECOND_RESULT
  return [...steps.values()].some(step => {
    const before = held.get(step.start) ?? 0
    const after = step.after(before)
    if (step.returns && (before & second) !== 0) return true
    const isLost = step.next.some(place => place === undefined || !steps.has(place))
    return (after & KEPT) !== 0 || (isLost && after !== 0)
  })
}

interface Held {
  /** For each instruction, what may be held before it. */
  readonly held: ReadonlyMap<number, Holding>
  /** Whether there is code to which no way leads that can be seen. */
  readonly blind: boolean
}

/** What no way leads to is begun at as well, when all others have been followed. */
function heldBefore(steps: ReadonlyMap<number, Step>): Held {
  const held = new Map<number, Holding>()
  let blind = false
  for (const first of steps.values()) {
    if (held.has(first.start)) continue
    blind ||= held.size > 0 && !first.fills
    held.set(first.start, 0)
    const work = [first]
    for (let step = work.pop(); step !== undefined; step = work.pop()) {
      const after = step.after(held.get(step.start) ?? 0) & ~KEPT
      for (const place of step.next) {
        const target = steps.get(place ?? -1)
        const known = held.get(place ?? -1)
        if (target === undefined || (known !== undefined && (known | after) === known)) continue
        held.set(target.start, (known ?? 0) | after)
        work.push(target)
      }
    }
  }
  return { held, blind }
}
