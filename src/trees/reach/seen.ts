/** A text, with what it says. */
import { TRIGRAPH } from '../../ctext/items.ts'
import { type RawFacts, rawFacts } from '../../ctext/raw-facts.ts'

export interface Seen {
  readonly facts: RawFacts
  readonly text: string
}

/** Undefined where it is not surely read right, or where lists of what was read leave out what it includes. */
export function seenOf(text: string): Seen | undefined {
  if (TRIGRAPH.test(text)) return undefined
  const facts = rawFacts(text)
  return facts === undefined || facts.words.has('system_header') ? undefined : { facts, text }
}
