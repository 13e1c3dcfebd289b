/** Which numbers a log could get from the payload. One too many costs certainty; one too few would be a lie. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { selectFrom } from '../../../tests/support/judge.ts'
import type { CompiledUnits } from './judge.ts'
import { lineFacts } from './line-facts.ts'

/** 0x01f4: none of its bytes is a line that another row asks for. */
const NUMBER = 500
const LINES = 2000

interface Row {
  readonly name: string
  readonly code: string
  readonly holds: boolean
}

const ROWS: readonly Row[] = [
  { name: 'a byte', code: `movb $77, %al`, holds: false },
  { name: 'four bytes', code: `movl $${NUMBER}, %eax`, holds: true },
  { name: 'eight bytes', code: `movabs $${NUMBER}, %rax`, holds: true },
  { name: 'two bytes in a register', code: `movw $${NUMBER}, %ax`, holds: true },
  { name: 'two bytes put on the stack', code: `pushw $${NUMBER}`, holds: true },
  { name: 'two bytes compared', code: `cmpw $${NUMBER}, %cx`, holds: true },
  { name: 'two bytes to memory', code: `movw $${NUMBER}, (%rdi)`, holds: true },
  { name: 'two bytes behind a REX prefix', code: `movw $${NUMBER}, %r9w`, holds: true },
  { name: 'two bytes behind the longest address', code: `movw $${NUMBER}, 0x7f7f7f7f(%r8,%r9,4)`, holds: true },
  {
    name: 'two bytes behind other prefixes',
    code: `.byte 0x66, 0x65, 0xf0; addl $${NUMBER + 0x90900000}, 0x7f7f7f7f(%r8,%r9,4)`,
    holds: true,
  },
  { name: 'two bytes of a longer number', code: `movl $${NUMBER + 0x7f7f0000}, %eax`, holds: false },
  { name: 'another number', code: `movw $${NUMBER + 1}, %ax`, holds: false },
]

test.skipIf(!hasGcc).for(ROWS)(`$name: $holds${withoutGcc}`, ({ code, holds }) => {
  expect(held(code).includes(NUMBER)).toBe(holds)
})

test.skipIf(!hasGcc)(`a byte is a number too, and nothing above the last line is${withoutGcc}`, () => {
  expect(held(`movb $77, %al; movw $${LINES}, %cx; movw $${LINES + 1}, %dx`)).toEqual(
    expect.arrayContaining([77, LINES]),
  )
  expect(held(`movw $${LINES + 1}, %dx`)).not.toContain(LINES + 1)
  expect(held(`nop`)).not.toContain(0)
})

test.skipIf(!hasGcc)(`for a machine whose code cannot be read, every line${withoutGcc}`, () => {
  expect(held('nop', 243)).toEqual(Array.from({ length: LINES }, (_, index) => index + 1))
})

function held(code: string, machine = 62): readonly number[] {
  const text = (by: number) => compile(`void f(void) { __asm__ volatile("movl $0x7f7f7f${by}f, %ebx; ${code}"); }`)
  const selection = { ...selectFrom(text(1), text(2)), machine }
  expect(selection.pieces.map(({ piece }) => piece.name)).toEqual(['f'])
  const judged = { units: [], notices: [] }
  return lineFacts({ compiled: compiledFrom(LINES), judged, selection, set: [] }).held
}

function compiledFrom(lines: number): CompiledUnits {
  const [oldPath, newPath, oldText, newText] = ['unit.c', 'unit.c', '', '']
  const lineMap = { toPatched: new Int32Array(lines + 1), toOriginal: new Int32Array(lines + 1) }
  const file = { oldPath, newPath, oldText, newText, kind: 'edited', hunks: [], lineMap } as const
  return {
    change: { files: [file], notices: [] },
    way: 'ignore',
    files: [],
    maps: new Map(),
    pairs: [],
    compiles: [],
    notices: [],
    overlays: new Map(),
    neutralFiles: new Map(),
    renumbered: new Map(),
    shifts: [],
  }
}
