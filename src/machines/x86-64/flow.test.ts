import { expect, test } from 'vitest'
import { hiddenReferences } from './flow.ts'

test.for([
  { name: 'a return', code: 'c3', relocated: [], found: [] },
  { name: 'a jump within', code: 'eb 00 c3', relocated: [], found: [] },
  { name: 'a short jump behind the end', code: '74 10 c3', relocated: [], found: [[0, 0x12]] },
  { name: 'a short jump before the start', code: '90 eb f0', relocated: [], found: [[1, 3 - 0x10]] },
  { name: 'a call whose field is relocated', code: 'e8 00 00 00 40 c3', relocated: [1], found: [] },
  { name: 'the same call without a relocation', code: 'e8 00 00 00 40 c3', relocated: [], found: [[0, 0x40000005]] },
  { name: 'data by distance', code: '8b 05 10 00 00 00 c3', relocated: [], found: [[0, 0x16]] },
  { name: 'data by a relocated distance', code: '8b 05 10 00 00 00 c3', relocated: [2], found: [] },
  { name: 'running on past the end', code: '31 c0', relocated: [], found: [[2, 2]] },
  { name: 'running on after a conditional jump', code: '90 74 fd', relocated: [], found: [[3, 3]] },
  { name: 'filler behind a return', code: 'c3 0f 1f 00 cc', relocated: [], found: [] },
  { name: 'filler behind code that runs on', code: '31 c0 90', relocated: [], found: [[3, 3]] },
  { name: 'a call at the end does not return', code: 'e8 00 00 00 00', relocated: [1], found: [] },
  { name: 'a trap at the end', code: '0f 0b', relocated: [], found: [] },
  { name: 'an indirect jump at the end', code: 'ff e0', relocated: [], found: [] },
])('$name', ({ code, relocated, found }) => {
  const bytes = Uint8Array.from(code.split(' '), byte => Number.parseInt(byte, 16))
  const references = hiddenReferences(bytes, new Set<number>(relocated))
  expect(references.map(({ offset, target }) => [offset, target])).toEqual(found)
})

test.for([
  { name: 'a call', code: 'e8 00 00 00 00', relocated: [1], found: [[5, 5]] },
  { name: 'a call through memory', code: 'ff 10 90', relocated: [], found: [[3, 3]] },
  { name: 'an interrupt', code: 'cd 82', relocated: [], found: [[2, 2]] },
  { name: 'a trap', code: '0f 0b', relocated: [], found: [] },
  { name: 'a return behind a call', code: 'e8 00 00 00 00 c3', relocated: [1], found: [] },
])('where nobody stated the end, it goes on behind $name: $found', ({ code, relocated, found }) => {
  const bytes = Uint8Array.from(code.split(' '), byte => Number.parseInt(byte, 16))
  const references = hiddenReferences(bytes, new Set<number>(relocated), true)
  expect(references.map(({ offset, target }) => [offset, target])).toEqual(found)
})
