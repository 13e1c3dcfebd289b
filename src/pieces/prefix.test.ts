/** What stands in front of functions for tracers and for checks of types: no code, and not lost. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom, selectionLines, verdictLines } from '../../tests/support/judge.ts'

const PROCESS = PROGRAM_RULES.target.loader
const SPLIT = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const ONE = 'extern int out(int); int step(int i) { return out(i) * 7; }\n'
const TWO =
  'extern int out(int); __attribute__((noinline)) static int two(int i) { return out(i) * 5; }\nint step(int i) { return two(i) + out(i) * 7; }\n'

interface Row {
  readonly name: string
  readonly flags: readonly string[]
  readonly before: string
  readonly after: string
  readonly verdicts: readonly string[]
  readonly selected: readonly string[]
}

const patchable = (entries: string) => [...SPLIT, `-fpatchable-function-entry=${entries}`]
const NEW = ['two: new', 'step: changed (size)']
const TAKEN = ['new-function two', 'replacement step']

const ROWS: readonly Row[] = [
  ...['16,14', '5,5', '2,1', '4,0', '16,16'].map((entries): Row => {
    return {
      name: `a new function with ${entries} nops`,
      flags: patchable(entries),
      before: ONE,
      after: TWO,
      verdicts: NEW,
      selected: TAKEN,
    }
  }),
  { name: 'a function that stays', flags: patchable('16,14'), before: TWO, after: TWO, verdicts: [], selected: [] },
  {
    name: 'a change of what is before a list’s place is a change',
    flags: patchable('16,14'),
    before: TWO,
    after: TWO.replace('* 5', '* 6'),
    verdicts: ['two: changed (size)'],
    selected: ['replacement two'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ flags, before, after, verdicts, selected }) => {
  const [original, patched] = [compile(before, flags), compile(after, flags)]
  expect(verdictLines(judge(original, patched, PROCESS)).toSorted()).toEqual([...verdicts].toSorted())
  expect(selectionLines(selectFrom(original, patched, PROGRAM_RULES)).toSorted()).toEqual([...selected].toSorted())
})

/** As clang 16 writes it for -fsanitize=kcfi: a number for the function's type in front of it. */
const typed = (name: string, type: number, code: string) => `
.section .text.${name},"ax"
.p2align 4
.type __cfi_${name},@function
__cfi_${name}: .nops 11
movl $${type}, %eax
.size __cfi_${name},.-__cfi_${name}
.globl ${name}
.type ${name},@function
${name}: ${code}
1: ud2
.size ${name},.-${name}
.section .kcfi_traps,"ao",@progbits,.text.${name}
.long 1b - .
`
const F = typed('f', 7, 'mov $1, %eax\nmov $2, %ecx\nret')

test.skipIf(!hasGcc).for([
  { name: 'it stays', after: F, refused: [] },
  { name: 'its code changes', after: F.replace('$2', '$3'), refused: [] },
  { name: 'its code grows', after: F.replace('$2, %ecx', '$2, %rcx'), refused: [] },
  {
    name: 'its type changes',
    after: typed('f', 8, 'mov $1, %eax\nmov $2, %ecx\nret'),
    refused: ['assembly-code __cfi_f'],
  },
  { name: 'another one comes', after: F + typed('g', 7, 'mov $1, %eax\nret'), refused: ['assembly-code __cfi_g'] },
])(`a function with a number for its type: $name${withoutGcc}`, ({ after, refused }) => {
  const [before, now] = [F, after].map(text => compile(text, [], 'unit.S'))
  const { refusals } = selectFrom(before ?? new Uint8Array(), now ?? new Uint8Array(), PROGRAM_RULES)
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
})

const IN_FRONT = (entry: string, between: string) => `
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
.section __patchable_function_entries,"awo",@progbits,.text
.quad ${entry}
`

test.skipIf(!hasGcc).for([
  {
    name: 'a jump that a list does not name',
    before: '1: .nops 20',
    after: '1: .nops 21',
    entry: 'g',
    verdict: 'f: changed (size)',
  },
  {
    name: 'code that a list names',
    before: '1: inc %eax\n.nops 14',
    after: '1: inc %ecx\n.nops 14',
    entry: '1b',
    verdict: 'f: changed (byte)',
  },
  {
    name: 'nops that f runs into',
    before: '1: .nops 14',
    after: '1: .nops 13',
    entry: '1b',
    verdict: 'f: changed (size)',
  },
])(`what is no prefix counts: $name${withoutGcc}`, ({ before, after, entry, verdict, name }) => {
  const texts = [before, after].map(between => IN_FRONT(entry, between))
  const runsOn = name.includes('runs into')
    ? texts.map(text => text.replace('ret\n.size f', 'inc %eax\n.size f'))
    : texts
  const [original, patched] = runsOn.map(text => compile(text, [], 'unit.S'))
  expect(verdictLines(judge(original ?? new Uint8Array(), patched ?? new Uint8Array(), PROCESS))).toContain(verdict)
})
