/** The judge of the small cases itself: a verdict that is wrong on purpose is found, whatever else changed in the unit. */
import { expect, test } from 'vitest'
import type { UnitVerdicts } from '../../src/compare/compare.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { judge } from '../support/judge.ts'
import { missedDifferences } from './missed.ts'
import { textFrom } from './objects.ts'

const source = (prime: number, factor: number) => `
  static const int primes[] = { 2, 3, ${prime}, 7 };
  int limit = ${factor};
  int uses(int i) { return primes[i]; }
  int other(int a) { return a * ${factor} + 1000; }
  int stays(int a) { return a + 5; }
`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** What is called the same although it may not be. */
  readonly forged: readonly string[]
  readonly missed: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'nothing is forged', before: source(5, 3), after: source(11, 9), forged: [], missed: [] },
  {
    name: 'a function, while a constant that it does not use changed',
    before: source(5, 3),
    after: source(11, 9),
    forged: ['other'],
    missed: ['other'],
  },
  { name: 'a function alone', before: source(5, 3), after: source(5, 9), forged: ['other'], missed: ['other'] },
  { name: 'a variable', before: source(5, 3), after: source(5, 9), forged: ['limit'], missed: ['limit'] },
  {
    name: 'a constant: who uses it is no longer excused',
    before: source(5, 3),
    after: source(11, 3),
    forged: ['primes'],
    missed: ['uses', 'primes'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`called the same: $name${withoutGcc}`, ({ before, after, forged, missed }) => {
  const [original, patched] = [compile(before), compile(after)]
  const verdicts = forge(judge(original, patched), forged)
  expect(missedDifferences(verdicts, textFrom(original), textFrom(patched))).toEqual(missed)
})

function forge(verdicts: UnitVerdicts, names: readonly string[]): UnitVerdicts {
  const same = (list: UnitVerdicts['functions']) =>
    list.map(each => (names.includes(each.name) ? { ...each, verdict: { kind: 'same' } as const } : each))
  return { ...verdicts, functions: same(verdicts.functions), data: same(verdicts.data) }
}
