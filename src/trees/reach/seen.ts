/** A text, with what it says. */
import { TRIGRAPH } from '../../ctext/items.ts'
import { type RawFacts, rawFacts } from '../../ctext/raw-facts.ts'

export interface Seen {
  readonly facts: RawFacts
  readonly text: string
  /** Three characters may be one in it, where a compiler has that; in a comment's end too. */
  readonly hasTrigraphs: boolean
}

/** Undefined where it is not surely read right, or where lists of what was read leave out what it includes. */
export function seenOf(text: string): Seen | undefined {
  const facts = rawFacts(text)
  if (facts === undefined || facts.words.has('system_header')) return undefined
  return { facts, text, hasTrigraphs: TRIGRAPH.test(text) }
}
