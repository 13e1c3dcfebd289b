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
  { name: 'movl $6, 0(%rbp), a pointer like any other', code: 'c7 45 00 06 00 00 00', elsewhere: 1 },
  { name: 'mov %rsp, %rbp; movl $6, -8(%rbp)', code: '48 89 e5 c7 45 f8 06 00 00 00', elsewhere: 0 },
  {
    name: 'mov %rsp, %rbp; mov %rdi, %rbp; movl $6, (%rbp)',
    code: '48 89 e5 48 89 fd c7 45 00 06 00 00 00',
    elsewhere: 1,
  },
  { name: 'movl $6, (%rbp), where another way sets the frame', code: '48 89 e5 5d c7 45 00 06 00 00 00', elsewhere: 1 },
  { name: 'mov %rdi, %rsp; movl $6, 8(%rsp)', code: '48 89 fc c7 44 24 08 06 00 00 00', elsewhere: 1 },
  { name: 'mov %eax, 8(%rsp,%rdx,4), past the frame for all that is known', code: '89 44 94 08', elsewhere: 1 },
  { name: 'rep stosq', code: 'f3 48 ab', elsewhere: 1 },
  { name: 'push, call, ret', code: '50 e8 00 00 00 00 c3', elsewhere: 0 },
])('writes elsewhere: $name', ({ code, elsewhere }) => {
  expect(effectsOf(bytesOf(code), new Set())).toEqual({ stores: [], processor: [], elsewhere })
})

test.for([
  { name: 'a register with its number', code: 'b9 29 10 01 c0 0f 30', processor: ['wrmsr 0xc0011029'] },
  { name: 'a call between', code: 'b9 29 10 01 c0 e8 00 00 00 00 0f 30', processor: ['wrmsr'] },
  { name: 'cpuid between, which writes the register', code: 'b9 29 10 01 c0 0f a2 0f 30', processor: ['wrmsr'] },
  { name: 'rep between, which counts it down', code: 'b9 29 10 01 c0 f3 48 ab 0f 30', processor: ['wrmsr'] },
  { name: 'a part of the register between', code: 'b9 29 10 01 c0 b1 05 0f 30', processor: ['wrmsr'] },
  { name: 'a way that comes from before', code: '74 05 b9 29 10 01 c0 0f 30', processor: ['wrmsr'] },
  { name: 'a way that comes from behind', code: 'b9 29 10 01 c0 0f 30 eb fc', processor: ['wrmsr'] },
  { name: 'a way that goes elsewhere', code: 'b9 29 10 01 c0 74 00 31 c0 0f 30', processor: ['wrmsr'] },
  { name: 'a computed number', code: '89 c1 0f 30', processor: ['wrmsr'] },
  {
    name: 'a control register, a table, a port',
    code: '0f 22 e0 0f 01 1f e6 70',
    processor: ['mov to cr4', 'lidt', 'out'],
  },
  { name: 'outsb, outsw, outsl', code: '6e 66 6f 6f', processor: ['outs', 'outs', 'outs'] },
  { name: 'lmsw, clts', code: '0f 01 f0 0f 06', processor: ['lmsw', 'clts'] },
  {
    name: 'bases of segments',
    code: 'f3 48 0f ae d0 f3 48 0f ae d8 0f 01 f8',
    processor: ['wrfsbase', 'wrgsbase', 'swapgs'],
  },
  { name: 'invpcid, invd', code: '66 0f 38 82 07 0f 08', processor: ['invpcid', 'invd'] },
  {
    name: 'the shadow stack',
    code: 'f3 0f 01 e8 48 0f 38 f6 07 f3 0f 01 28 f3 0f ae 30',
    processor: ['setssbsy', 'wrss', 'rstorssp', 'clrssbsy'],
  },
  { name: 'a segment, and lss', code: '8e d8 0f b2 20', processor: ['mov to ds', 'lss'] },
  { name: 'reading sets nothing', code: '0f 20 e0 0f 32', processor: [] },
])('what sets the processor: $name', ({ code, processor }) => {
  expect(effectsOf(bytesOf(code), new Set()).processor).toEqual(processor)
})

function bytesOf(code: string): Uint8Array {
  return Uint8Array.from(code.split(' '), byte => Number.parseInt(byte, 16))
}
