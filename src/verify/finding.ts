/** What a rule's function answers, and why it may have no answer. */
import type { Verdict } from './model.ts'

export interface Finding {
  /** What Xen does about it; a warning is about what Xen takes in silence. */
  readonly errno: Verdict | 'warning'
  /** Position in the loop that the loader runs in this step; the smallest decides. */
  readonly item: number
  readonly text: string
  readonly place: string
}

/**
 * Why a rule does not apply. `absent`: the payload has no such thing. `needs`: something was not given. `broken`: what
 * the rule looks at is already wrong, which another rule must have said.
 */
export class NotReached extends Error {
  override readonly name = 'NotReached'
  readonly why: 'absent' | 'needs' | 'broken'

  constructor(reason: string, why: NotReached['why'] = 'broken') {
    super(reason)
    this.why = why
  }
}

/** The payload has nothing that a rule would be about. */
export const absent = (reason: string): NotReached => new NotReached(reason, 'absent')

export function finding(errno: Finding['errno'], text: string, place = 'the file', item = 0): Finding {
  return { errno, item, text, place }
}

/** One finding where `wrong`, none otherwise. */
export function when(wrong: boolean, make: () => Finding): readonly Finding[] {
  return wrong ? [make()] : []
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`
