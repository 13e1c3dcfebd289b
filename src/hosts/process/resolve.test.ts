/** What loaded payloads have brought under a name: never one of several. */
import { expect, test } from 'vitest'
import { onlyBelow } from './resolve.ts'

const loaded = (...symbols: readonly Record<string, number>[]) => symbols.map(each => ({ symbols: each }))

test.for([
  { payloads: loaded(), expected: undefined },
  { payloads: loaded({ g: 7 }), expected: undefined },
  { payloads: loaded({ f: 5, g: 7 }), expected: 5 },
  { payloads: loaded({}, { f: 6 }), expected: 6 },
])('f in $payloads is $expected', ({ payloads, expected }) => expect(onlyBelow('f', payloads)).toBe(expected))

test('one of several is refused, also where they are equal', () => {
  for (const second of [5, 6]) {
    expect(() => onlyBelow('f', loaded({ f: 5 }, {}, { f: second }))).toThrow('2 loaded payloads have brought a f')
  }
})
