/**
 * Code that makes other code ready to run: processors fetch instructions past the data cache, where what was written still
 * is. It cleans the data cache line by line, as long as this processor's are, and then empties all instruction caches.
 * Source: Arm Architecture Reference Manual (DDI 0487), B2.4.4, "Concurrent modification and execution of instructions".
 */
import type { ReadyingCode } from '../machine.ts'
import { R_AARCH64_ADD_ABS_LO12_NC, R_AARCH64_ADR_PREL_PG_HI21 } from './relocation-numbers.ts'
import { WORD } from './words.ts'

/** Registers that a call may lose, and none that holds an argument. */
const WORDS: readonly number[] = [
  // adrp, add: where to go on (x16), the start (x9) and the end (x10)
  ...[0x90000010, 0x91000210, 0x90000009, 0x91000129, 0x9000000a, 0x9100014a],
  // mrs x11, ctr_el0; ubfx x11, x11, #16, #4; mov x12, #4; lsl x11, x12, x11: the bytes of a line
  ...[0xd53b002b, 0xd3504d6b, 0xd280008c, 0x9acb218b],
  // sub x12, x11, #1; bic x9, x9, x12: from the start of a line
  ...[0xd100056c, 0x8a2c0129],
  // dc civac, x9; add x9, x9, x11; cmp x9, x10; b.lo to the first of these
  ...[0xd50b7e29, 0x8b0b0129, 0xeb0a013f, 0x54ffffa3],
  // dsb ish; ic ialluis; dsb ish; isb; br x16
  ...[0xd5033b9f, 0xd508711f, 0xd5033b9f, 0xd5033fdf, 0xd61f0200],
]

const address = (index: number, to: ReadyingCode['fields'][number]['to']): ReadyingCode['fields'] => [
  { offset: index * WORD, type: R_AARCH64_ADR_PREL_PG_HI21, to },
  { offset: (index + 1) * WORD, type: R_AARCH64_ADD_ABS_LO12_NC, to },
]

export const READYING: ReadyingCode = {
  bytes: new Uint8Array(new Uint32Array(WORDS).buffer),
  fields: [...address(0, 'rest'), ...address(2, 'start'), ...address(4, 'end')],
}
