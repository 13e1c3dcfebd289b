/** The refusal of a static variable that is new by its name, and may be one of the running system's. */
import type { Refusal } from '../base/refusal.ts'

interface Ambiguous {
  readonly user: string
  readonly variable: string
  /** What it could be. */
  readonly candidates: readonly string[]
  /** They are that variable, and the compiler has made something else of it. */
  readonly isOtherForm: boolean
}

export function ambiguousStatic({ user, variable, candidates, isOtherForm }: Ambiguous): Omit<Refusal, 'unit'> {
  const [only = ''] = candidates
  const about = { code: 'ambiguous-static', symbol: variable } as const
  if (isOtherForm) {
    return {
      ...about,
      text: `${user} uses ${variable}, which the compiler may have made of other members or values than ${candidates.join(' and ')} of the running system: what is held there could mean something else`,
      hint: 'use a new variable for what is new; or leave the uses of the members, and the values that are assigned, as they are',
    }
  }
  const which =
    candidates.length === 1
      ? `and whether that is the running system's ${only}, which other code uses, is not known`
      : `which could be ${candidates.join(' or ')} of the running system`
  return {
    ...about,
    text: `${user} uses the static variable ${variable}, ${which}`,
    hint: 'rename the static variables of equal names, so that each can be told, or use a new name for a new one',
  }
}
