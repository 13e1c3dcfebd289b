/** The words are what the assembler makes of their instructions. */
import { expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../../tests/support/arm64.ts'
import { readElf } from '../../elf/index.ts'
import { READYING } from './ready.ts'

const TEXT = `
  adrp x16, rest; add x16, x16, :lo12:rest
  adrp x9, start; add x9, x9, :lo12:start
  adrp x10, end; add x10, x10, :lo12:end
  mrs x11, ctr_el0; ubfx x11, x11, #16, #4; mov x12, #4; lsl x11, x12, x11
  sub x12, x11, #1; bic x9, x9, x12
1: dc civac, x9; add x9, x9, x11; cmp x9, x10; b.lo 1b
  dsb ish; ic ialluis; dsb ish; isb; br x16
`

test.skipIf(missingForArm64 !== '')(`code is made ready line by line ${missingForArm64}`, () => {
  const object = readElf<'original'>(compileArm64(TEXT, ['-x', 'assembler'], 'unit.s'))
  const text = object.sections.findIndex(({ name }) => name === '.text')
  expect([...(object.sections[text]?.bytes ?? [])]).toEqual([...READYING.bytes])
  const fields = (object.relocations[text] ?? []).map(({ offset, type, symbol }) => {
    return { offset, type, to: object.symbols[symbol]?.name }
  })
  expect(fields).toEqual(READYING.fields)
})
