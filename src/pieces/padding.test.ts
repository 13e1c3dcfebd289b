import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, verdictLines } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { pieceMap } from './pieces.ts'

/** Two functions in one section; what stands between them, and what else the object has, is the row's. */
const two = (between: string, rest = '') => `
.text
.p2align 4
.type f,@function
f: mov $1, %eax
ret
.size f,.-f
${between}
.type g,@function
g: mov $2, %eax
ret
.size g,.-g
${rest}`

interface Row {
  readonly name: string
  readonly text: string
  /** \`piece offset size\` of each piece in the section, \`padding offset size\` of what is in none. */
  readonly cut: readonly string[]
  readonly section?: string
}

const ALIGNED = ['f 0 6', 'padding 6 10', 'g 16 6']
const KEPT = ['f 0 16', 'g 16 6']

const rows: readonly Row[] = [
  { name: 'nops', text: two('.p2align 4'), cut: ALIGNED },
  { name: 'int3', text: two('.balign 16, 0xcc'), cut: ALIGNED },
  { name: 'zeros', text: two('.balign 16, 0'), cut: ALIGNED },
  { name: 'fillers of two directives', text: two('.balign 8, 0xcc\n.p2align 4'), cut: ALIGNED },
  {
    name: 'nops at the end of the section',
    text: two('.p2align 4', '.p2align 4'),
    cut: [...ALIGNED, 'padding 22 10'],
  },
  {
    name: 'a jump over many',
    text: two('.p2align 8'),
    cut: ['f 0 6', 'padding 6 250', 'g 256 6'],
  },
  { name: 'ud2 behind the size', text: two('ud2\n.p2align 4'), cut: KEPT },
  { name: 'code behind the size, and nops behind that', text: two('mov $3, %ecx\n.p2align 4'), cut: KEPT },
  { name: 'a nop with a number of its own', text: two('.byte 0x0f, 0x1f, 0x40, 8\n.p2align 4'), cut: KEPT },
  { name: 'nops with a label', text: two('1: .p2align 4', 'a = 1b + 2'), cut: KEPT },
  {
    name: 'nops that a table refers to',
    text: two('1: .p2align 4', '.section .rodata,"a"\n.long 1b - .'),
    cut: KEPT,
  },
  {
    name: 'nops that an alternative overwrites',
    text: two(
      '1: .p2align 4',
      '.section .altinstr_replacement,"ax"\n2: ud2\n.section .altinstructions,"a"\n.long 1b - ., 2b - .\n.word 7\n.byte 2, 2, 0, 0',
    ),
    cut: KEPT,
  },
  {
    name: 'nops that code of another section jumps to',
    text: two('1: .p2align 4', '.section .text.h,"ax"\n.type h,@function\nh: jmp 1b\n.size h,.-h'),
    cut: KEPT,
  },
  {
    name: 'int3 that code compares, with a number behind the field',
    text: two(
      '1: .balign 16, 0xcc',
      '.section .text.h,"ax"\n.type h,@function\nh: cmpb $0xcc, 1b+3(%rip)\nret\n.size h,.-h',
    ),
    cut: KEPT,
  },
  {
    name: 'int3 that another function jumps to without a relocation',
    text: two('1: .balign 16, 0xcc', '.type h,@function\nh: test %eax, %eax\njne 1b\nret\n.size h,.-h'),
    cut: KEPT.concat('h 22 5'),
  },
  {
    name: 'zeros that another function reads without a relocation',
    text: two('1: .balign 16, 0', '.type h,@function\nh: mov 1b(%rip), %eax\nret\n.size h,.-h'),
    cut: KEPT.concat('h 22 7'),
  },
  {
    name: 'nops that the function runs into',
    text: two('.p2align 4').replace('ret', 'inc %eax'),
    cut: ['f 0 16', 'g 16 6'],
  },
  { name: 'as many nops as no alignment asks for', text: two('.nops 26'), cut: ['f 0 32', 'g 32 6'] },
  { name: 'nops that align nothing', text: two('.nops 3'), cut: ['f 0 9', 'g 9 6'] },
  {
    name: 'zeros with a relocation, which are a pointer',
    text: two('.long f\n.p2align 4').replace('.p2align 4\n.type g', '.balign 16, 0\n.type g'),
    cut: KEPT,
  },
  {
    name: 'nops behind a function that has no size',
    text: two('.p2align 4').replace('.size f,.-f', ''),
    cut: KEPT,
  },
  {
    name: 'zeros between variables',
    text: data('.balign 8', 'b: .quad 3'),
    section: '.data',
    cut: ['a 0 2', 'padding 2 6', 'b 8 8'],
  },
  {
    name: 'zeros behind the last variable',
    text: data('.balign 8', 'b: .byte 3\n.size b,1\n.balign 8'),
    section: '.data',
    cut: ['a 0 2', 'padding 2 6', 'b 8 1', 'padding 9 7'],
  },
  {
    name: 'what is not stored',
    text: data('.balign 8', 'b: .skip 8').replace('.word 1', '.skip 2').replace('.data', '.bss'),
    section: '.bss',
    cut: ['a 0 2', 'padding 2 6', 'b 8 8'],
  },
  {
    name: 'other bytes between variables',
    text: data('.balign 8, 1', 'b: .quad 3'),
    section: '.data',
    cut: ['a 0 2', '.data+0x2 2 6', 'b 8 8'],
  },
  {
    name: 'zeros that code refers to',
    text: data('1: .balign 8', 'b: .quad 3\n.text\nmov 1b+2(%rip), %eax'),
    section: '.data',
    cut: ['a 0 2', '.data+0x2 2 6', 'b 8 8'],
  },
  {
    name: 'zeros between variables that a pointer has a place in',
    text: data('.balign 4\n.long f\n.balign 16', 'b: .quad 3'),
    section: '.data',
    cut: ['a 0 2', '.data+0x2 2 14', 'b 16 8'],
  },
  {
    name: 'more zeros than the alignment asks for',
    text: data('.skip 14', 'b: .quad 3\n.balign 8'),
    section: '.data',
    cut: ['a 0 2', '.data+0x2 2 14', 'b 16 8'],
  },
  {
    name: 'the end that a pointer counts up to',
    text: data('.balign 8', 'b: .byte 3\n.size b,1\n.balign 8\n9:\n.section .rodata,"a"\n.quad 9b'),
    section: '.data',
    cut: ['a 0 2', 'padding 2 6', 'b 8 1', '.data+0x9 9 7'],
  },
]

function data(between: string, then: string): string {
  return `.data\n.type a,@object\n.size a,2\na: .word 1\n${between}\n.type b,@object\n${then}\n${then.includes('.size') ? '' : '.size b,8\n'}`
}

test.for(rows)(`$name${withoutGcc}`, ({ text, cut, section = '.text' }, { skip }) => {
  if (!hasGcc) skip()
  expect(cutOf(compile(text, [], 'unit.S'), section)).toEqual(cut)
})

function cutOf(object: Uint8Array, section: string): readonly string[] {
  const map = pieceMap(readElf<'original'>(object), { loader: XEN })
  const id = map.object.sections.find(({ name }) => name === section)?.id
  const pieces = map.pieces.filter(piece => piece.section === id)
  const padding = map.padding.filter(each => each.section === id).map(each => ({ ...each, name: 'padding' }))
  return [...pieces, ...padding]
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ name, offset, size }) => `${name} ${offset} ${size}`)
}

const INIT = '__attribute__((section(".init.text"))) int'
const PERCPU = '__attribute__((section(".bss.percpu")))'

test.for([
  {
    name: 'two init functions swap places',
    before: `int g(int); ${INIT} one(int x) { return g(x) + 1; } ${INIT} two(int x) { return g(x) + 1; }`,
    after: `int g(int); ${INIT} two(int x) { return g(x) + 1; } ${INIT} one(int x) { return g(x) + 1; }`,
    verdicts: [],
  },
  {
    name: 'an init function goes, the one before it is the last then',
    before: `int g(int); ${INIT} one(int x) { return g(x) + 1; } ${INIT} two(int x) { return g(x) + 2; }`,
    after: `int g(int); ${INIT} one(int x) { return g(x) + 1; }`,
    verdicts: ['two: gone'],
  },
  {
    name: 'an init function grows and its neighbour does not',
    before: `int g(int); ${INIT} one(int x) { return g(x) + 1; } ${INIT} two(int x) { return g(x) + 1; }`,
    after: `int g(int); ${INIT} one(int x) { return g(g(x) + 1) + 9; } ${INIT} two(int x) { return g(x) + 1; }`,
    verdicts: ['one: changed (size)'],
  },
  {
    name: 'a per-CPU variable goes, and the gap behind it',
    before: `${PERCPU} long a; ${PERCPU} char b; ${PERCPU} long c; long f(void) { return a + c; }`,
    after: `${PERCPU} long a; ${PERCPU} long c; long f(void) { return a + c; }`,
    verdicts: ['b: gone'],
  },
  {
    name: 'a per-CPU variable goes, and a gap appears',
    before: `${PERCPU} char a; ${PERCPU} char b[7]; ${PERCPU} long c; long f(void) { return a + c; }`,
    after: `${PERCPU} char a; ${PERCPU} long c; long f(void) { return a + c; }`,
    verdicts: ['b: gone'],
  },
  {
    name: 'init data that changes still counts',
    before: `__attribute__((section(".init.data"))) char a = 1; __attribute__((section(".init.data"))) long b = 2;`,
    after: `__attribute__((section(".init.data"))) char a = 1; __attribute__((section(".init.data"))) long b = 3;`,
    verdicts: ['b: changed (byte)'],
  },
])(`$name${withoutGcc}`, ({ before, after, verdicts }, { skip }) => {
  if (!hasGcc) skip()
  const flags = ['-O2', '-fpic', '-fvisibility=hidden', '-fcf-protection=none', '-fno-toplevel-reorder']
  expect(verdictLines(judge(compile(before, flags), compile(after, flags)))).toEqual(verdicts)
})
