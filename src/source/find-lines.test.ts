import fc from 'fast-check'
import { expect, test } from 'vitest'
import { occurrences } from './find-lines.ts'

const few = fc.array(fc.constantFrom('a', 'b', 'a', 'a'), { maxLength: 40 })

test('what is found is what comparing everywhere finds', () => {
  fc.assert(
    fc.property(few, fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 6 }), (lines, pattern) => {
      const places = [...lines.keys()].filter(place => pattern.every((line, at) => lines[place + at] === line))
      expect(occurrences([...lines], pattern)).toEqual(places)
    }),
    { seed: 20261122, numRuns: 500 },
  )
})

test.for([
  { what: 'equal lines, and one at the end that is nowhere', pattern: [...new Array<string>(50_000).fill('a'), 'b'] },
  { what: 'equal lines', pattern: new Array<string>(50_000).fill('a') },
  { what: 'a line that is nowhere', pattern: ['c', ...new Array<string>(50_000).fill('a')] },
])('$what, in a long text of equal lines', ({ pattern }) => {
  const lines = new Array<string>(100_000).fill('a')
  expect(occurrences(lines, pattern).length).toBe(pattern.every(line => line === 'a') ? 50_001 : 0)
})
