/** Each kind of instruction that matters, against what objdump says of it. All of Xen's: tests/xen/arm64-code.test.ts. */
import { expect, test } from 'vitest'
import { compileArm64, disassemble, isNumberOf, missingForArm64 } from '../../../tests/support/arm64.ts'
import { decode, numberUse } from './decode.ts'

const INSTRUCTIONS = `
  .arch armv8.3-a
  .text
back:
  b back; b .+0x7fffffc; b .-0x7fffff8; bl ahead; bl .-4
  b.eq back; b.al ahead; b.ne .+0xffffc; b.ne .-0xfffc0
  cbz x0, back; cbnz w3, ahead; cbz w1, .+0xffffc
  tbz x5, #63, back; tbnz w5, #3, ahead; tbz w1, #0, .+0x7ffc; tbnz w1, #0, .-0x7f00
  br x16; blr x1; ret; ret x3; braaz x3; blraaz x3; braa x1, x2; blrab x3, x4; retaa; retab
  eret; eretaa; drps
  svc #0; hvc #0xea1; smc #1; brk #1; hlt #2; dcps1; dcps3 #5; udf #0; udf #0xffff
  adr x0, back; adr x7, ahead; adr x0, .+0xffffc; adr x1, .+1; adr x2, .-3
  adrp x0, back; adrp x3, .+0x100000; adrp x30, .-0x3000
  ldr x0, back; ldr w1, ahead; ldrsw x2, ahead; prfm pldl1keep, ahead
  nop; yield; wfe; wfi; sev; isb; dsb sy; dmb ish; paciasp; autiasp; bti c; clrex; msr daifset, #2; mrs x0, cntvct_el0
  movz w0, #42; movz x1, #0xffff; movz x2, #1, lsl #16; movz x3, #5, lsl #48; movn w4, #0; movn x5, #41; movn w6, #7, lsl #16
  movk w0, #1, lsl #16; movk x1, #0xabcd; movk x1, #0xabcd, lsl #48
  add x0, x1, #4095; add w0, w1, #1; add x0, sp, #16, lsl #12; sub sp, sp, #0x20; cmp w0, #42; cmn x3, #9; subs x1, x2, #3
  mov w0, #65537; orr w0, w1, #0x10001; and x0, x1, #0xff; tst w0, #0x80; eor w2, w3, #3; ands x1, x2, #0xffff
  ccmp w0, #31, #0, eq; ccmn x1, #5, #4, ne
  mov x0, x1; add x0, x1, x2; add x0, x1, w2, sxtb #2; ldrb w0, [x1, #33]; str x0, [sp, #-16]!; ldp x29, x30, [sp], #32
  cmp x0, x1; csel x0, x1, x2, eq; madd x0, x1, x2, x3; ubfx x0, x1, #3, #4; extr x0, x1, x2, #3; rbit x0, x1
  ldxr x0, [x1]; stlxr w2, x0, [x1]; ldar x0, [x1]; cas x0, x1, [x2]; ldadd x0, x1, [x2]
  fmov d0, x0; ldr q0, [x1]; add v0.4s, v1.4s, v2.4s; ld1 {v0.16b}, [x0]; movi v0.16b, #1
ahead:
  nop
`.replace('.arch armv8.3-a', '.arch armv8.3-a+lse')

const CODE = missingForArm64 === '' ? disassemble(compileArm64(INSTRUCTIONS, ['-x', 'assembler'], 'unit.s')) : []

test.skipIf(missingForArm64 !== '')(`flow and what is named are objdump's ${missingForArm64}`, () => {
  expect(new Set(CODE.map(({ flow }) => flow)).size).toBe(9)
  expect(new Set(CODE.map(({ names }) => names?.as)).size).toBe(5)
  const wrong = CODE.filter(({ word, flow, names }) => {
    const found = decode(word)
    return found.flow !== flow || JSON.stringify(found.names) !== JSON.stringify(names)
  })
  expect(wrong).toEqual([])
})

test.skipIf(missingForArm64 !== '')(`numbers are objdump's ${missingForArm64}`, () => {
  const numbered = CODE.filter(({ number }) => number !== undefined)
  expect(numbered.length).toBeGreaterThan(20)
  const wrong = CODE.filter(instruction => !isNumberOf(numberUse(instruction.word)?.value, instruction))
  expect(wrong).toEqual([])
})
