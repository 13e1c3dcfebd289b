import { expect, test } from 'vitest'
import { effectsOf } from './effects.ts'

/** `field behind bytes value` of a write. */
const store = (words: string) => {
  const [field, behind, bytes, value = '?'] = words.split(' ')
  const numbers = { field: Number(field), behind: Number(behind), bytes: Number(bytes) }
  return { ...numbers, value: value === '?' ? undefined : BigInt(value), isPlaced: !words.endsWith('…') }
}

test.for([
  { name: 'movl $5, x(%rip)', code: 'c7 05 00 00 00 00 05 00 00 00', fields: [2], stores: [store('2 8 4 5')] },
  { name: 'movb $1, x(%rip)', code: 'c6 05 00 00 00 00 01', fields: [2], stores: [store('2 5 1 1')] },
  {
    name: 'movq $-1, x(%rip)',
    code: '48 c7 05 00 00 00 00 ff ff ff ff',
    fields: [3],
    stores: [store('3 8 8 0xffffffffffffffff')],
  },
  { name: 'mov %eax, x(%rip)', code: '89 05 00 00 00 00', fields: [2], stores: [store('2 4 4 ?')] },
  { name: 'orl $4, x(%rip)', code: '83 0d 00 00 00 00 04', fields: [2], stores: [store('2 5 4 ?')] },
  { name: 'mov x(%rip), %eax reads', code: '8b 05 00 00 00 00', fields: [2], stores: [] },
  { name: 'cmpl $4, x(%rip) reads', code: '83 3d 00 00 00 00 04', fields: [2], stores: [] },
  {
    name: 'movl $5, x(,%rax,4): where is for a register to say',
    code: 'c7 04 85 00 00 00 00 05 00 00 00',
    fields: [3],
    stores: [store('3 8 4 ? …')],
  },
  {
    name: 'movq $x, y(%rip): an address is no number',
    code: '48 c7 05 00 00 00 00 00 00 00 00',
    fields: [3, 7],
    stores: [store('3 8 8 ?')],
  },
])('writes of $name', ({ code, fields, stores }) => {
  expect(effectsOf(bytesOf(code), new Set(fields))).toEqual({ stores, processor: [], elsewhere: 0 })
})

test.for([
  { name: 'mov %eax, (%rdi)', code: '89 07', elsewhere: 1 },
  { name: 'mov %eax, 8(%rsp)', code: '89 44 24 08', elsewhere: 0 },
  { name: 'rep stosq', code: 'f3 48 ab', elsewhere: 1 },
  { name: 'push, call, ret', code: '50 e8 00 00 00 00 c3', elsewhere: 0 },
])('writes elsewhere: $name', ({ code, elsewhere }) => {
  expect(effectsOf(bytesOf(code), new Set())).toEqual({ stores: [], processor: [], elsewhere })
})

test.for([
  { name: 'a register with its number', code: 'b9 29 10 01 c0 0f 30', processor: ['wrmsr 0xc0011029'] },
  { name: 'a call between', code: 'b9 29 10 01 c0 e8 00 00 00 00 0f 30', processor: ['wrmsr'] },
  { name: 'a computed number', code: '89 c1 0f 30', processor: ['wrmsr'] },
  {
    name: 'a control register, a table, a port',
    code: '0f 22 e0 0f 01 1f e6 70',
    processor: ['mov to cr4', 'lidt', 'out'],
  },
  { name: 'reading sets nothing', code: '0f 20 e0 0f 32', processor: [] },
])('what sets the processor: $name', ({ code, processor }) => {
  expect(effectsOf(bytesOf(code), new Set()).processor).toEqual(processor)
})

function bytesOf(code: string): Uint8Array {
  return Uint8Array.from(code.split(' '), byte => Number.parseInt(byte, 16))
}
