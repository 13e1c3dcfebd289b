/** One row of the rule book, and what a row's function answers. */

import type { Verdict, XenVersion } from './model.ts'
import type { Loading } from './xen/loading.ts'
import type { Step } from './xen/steps.ts'

export interface Rule {
  /** In lower case with dashes. */
  readonly code: string
  /** When the loader comes to it. */
  readonly step: Step
  /** Where Xen's source has it: file and function. */
  readonly source: string
  /** The first and last version that has it; all of them where absent. */
  readonly from?: XenVersion
  readonly to?: XenVersion
  /** What holds when it passes. */
  readonly title: string
  /** What is wrong, in any order; nothing where the rule holds. Throws `NotReached` where it cannot be told. */
  readonly check: (loading: Loading) => readonly Finding[]
}

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
