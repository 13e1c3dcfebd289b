/** What loaded payloads have brought under a name: never one of several. */
import { expect, test } from 'vitest'
import { onlyBelow, type ResolveContext, resolveNames } from './resolve.ts'

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

/** A process whose dynamic linker finds nothing, and whose program has a section `set` and no names. */
const context = {
  program: { find: () => [], hasSection: (name: string) => name === 'set', hasSymbols: true },
  agent: {
    header: { base: 0, workAt: 0, workSize: 4096 },
    isBusy: () => false,
    memory: { write: () => undefined },
    ask: (steps: readonly unknown[]) => Promise.resolve(steps.map(() => 0)),
  },
  loaded: [],
} as unknown as ResolveContext

test.for([
  { optional: ['hook'], missing: undefined },
  { optional: ['__start_other'], missing: undefined },
  { optional: ['__start_set', 'hook'], missing: 'the process has no __start_set' },
  { optional: [], missing: 'the process has no hook' },
])('what may be absent: $optional', async ({ optional, missing }) => {
  const asked = { needed: [...optional, ...(optional.length === 0 ? ['hook'] : [])], optional: new Set(optional) }
  const found = resolveNames(asked, context)
  if (missing === undefined) expect([...(await found).values()]).toEqual([0])
  else await expect(found).rejects.toThrow(missing)
})
