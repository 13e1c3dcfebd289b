import { expect, test } from 'vitest'
import { type Ending, endingOf, exitCode } from './exit-code.ts'

test.for<{ ending: Ending; code: number }>([
  { ending: 'done', code: 0 },
  { ending: 'bad-input', code: 1 },
  { ending: 'refused', code: 2 },
  { ending: 'nothing-to-do', code: 3 },
  { ending: 'internal', code: 70 },
  { ending: 'interrupted', code: 130 },
])('$ending is $code', ({ ending, code }) => {
  expect(exitCode(ending)).toBe(code)
})

test.for([
  { outcome: 'built', ending: 'done' },
  { outcome: 'differs', ending: 'done' },
  { outcome: 'refused', ending: 'refused' },
  { outcome: 'nothing-to-do', ending: 'nothing-to-do' },
  { outcome: 'error', ending: 'bad-input' },
] as const)('a report that says $outcome ends as $ending', ({ outcome, ending }) => {
  expect(endingOf(outcome)).toBe(ending)
})
