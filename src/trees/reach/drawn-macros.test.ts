/** Whoever uses a function by way of drawn macros is not left out, though its name stands nowhere; gcc says who does. */
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { compiled } from '../../../tests/support/reach-cases.ts'
import { drawnMacros } from '../../../tests/support/reach-macros.ts'
import { times } from '../../../tests/support/sampled.ts'

test.skipIf(!hasGcc)(`uses by way of drawn macros${withoutGcc}`, () => {
  const cases = drawnMacros(1, times(200, 1000))
  const used = cases.filter(({ isUsed }) => isUsed)
  const left = cases.filter(one => compiled(one).length === 0)
  expect(used.filter(one => left.includes(one)).map(({ beside, units }) => `${beside}${units['+']}`)).toEqual([])
  // Nowhere does the name stand, and both come up.
  expect(used.length).toBeGreaterThan(cases.length / 30)
  expect(left.length).toBeGreaterThan(cases.length / 10)
})
