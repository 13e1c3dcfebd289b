/** How a command ends, and the number that scripts see. */
import type { RunReport } from '../report/model.ts'

export type Ending =
  /** It did what was asked; for diff: there are differences. */
  | 'done'
  /** Something outside us was wrong: a file, a flag, a tool. */
  | 'bad-input'
  /** It cannot be hotpatched, or the target did not take it. */
  | 'refused'
  /** No code changes; for diff: the same, or only line numbers. */
  | 'nothing-to-do'
  /** A mistake of ours. */
  | 'internal'
  | 'interrupted'

const CODES: Readonly<Record<Ending, number>> = {
  done: 0,
  'bad-input': 1,
  refused: 2,
  'nothing-to-do': 3,
  internal: 70,
  interrupted: 130,
}

export function exitCode(ending: Ending): number {
  return CODES[ending]
}

const OF_OUTCOME: Readonly<Record<RunReport['outcome'], Ending>> = {
  built: 'done',
  differs: 'done',
  refused: 'refused',
  'nothing-to-do': 'nothing-to-do',
  error: 'bad-input',
}

export function endingOf(outcome: RunReport['outcome']): Ending {
  return OF_OUTCOME[outcome]
}
