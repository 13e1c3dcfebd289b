import { expect, test } from 'vitest'
import { isEndless } from './endless.ts'

test.for([
  { name: 'a return', code: 'c3', relocated: [], endless: false },
  { name: 'a halt in a loop', code: 'f4 eb fd', relocated: [], endless: true },
  { name: 'calls in a loop', code: 'e8 00 00 00 00 eb f9', relocated: [1], endless: true },
  { name: 'a loop that a condition leaves', code: '85 c0 74 02 eb fa c3', relocated: [], endless: false },
  { name: 'a loop with a condition inside', code: '85 c0 74 01 90 eb f9', relocated: [], endless: true },
  {
    name: 'a loop that jumps to another part of the function',
    code: '0f 84 00 00 00 00 eb f8',
    relocated: [2],
    endless: false,
  },
  { name: 'the return through a thunk', code: '90 eb fd e9 00 00 00 00', relocated: [4], endless: false },
  { name: 'a jump through a register', code: 'ff e0 eb fc', relocated: [], endless: false },
  { name: 'a call that ends everything', code: 'e8 00 00 00 00 0f 0b', relocated: [1], endless: false },
])('$name: $endless', ({ code, relocated, endless }) => {
  const bytes = Uint8Array.from(code.split(' '), byte => Number.parseInt(byte, 16))
  expect(isEndless(bytes, relocated)).toBe(endless)
})
