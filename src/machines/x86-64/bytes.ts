/** Questions about x86-64 code that a few bytes before a place answer, without decoding. */

/** ENDBR64 */
export const LANDING_PAD: readonly number[] = [0xf3, 0x0f, 0x1e, 0xfa]
/** What may stand before a function's first own instruction: a landing pad, and the set-up of a frame pointer. */
const BEFORE: readonly (readonly number[])[] = [LANDING_PAD, [0x55, 0x48, 0x89, 0xe5]]
/** pop %rbp */
const BEHIND: readonly number[] = [0x5d]
const RETURN = 0xc3
/** mov $imm32, %eax */
const LOAD = 0xb8
const CALL = 0xe8
const JUMP = 0xe9
const LOAD_ADDRESS = 0x8d

/** Whether the field is that of a call or jump (E8, E9, 0F 8x). */
export function isBranchField(code: Uint8Array, field: number): boolean {
  const before = code[field - 1] ?? 0
  return before === CALL || before === JUMP || ((before & 0xf0) === 0x80 && code[field - 2] === 0x0f)
}

/** Whether the field is that of `lea` of a place relative to the instruction pointer (8D; mod 0, r/m 5). */
export function isAddressField(code: Uint8Array, field: number): boolean {
  return code[field - 2] === LOAD_ADDRESS && ((code[field - 1] ?? 0) & 0xc7) === 0x05
}

/**
 * Whether the code before `at` ends in a jump out of the section. The jump's field must be a relocation: bytes alone
 * could be the tail of a constant.
 */
export function endsInJump(code: Uint8Array, relocated: ReadonlySet<number>, at: number): boolean {
  return at >= 5 && code[at - 5] === JUMP && relocated.has(at - 4)
}

/** The number that the code loads, and returns with at once: by a return, or by a jump to what stands for one. */
export function returnedNumber(code: Uint8Array): number | undefined {
  let at = 0
  const pass = (bytes: readonly number[]) => {
    if (bytes.every((byte, index) => code[at + index] === byte)) at += bytes.length
  }
  for (const bytes of BEFORE) pass(bytes)
  if (code[at] !== LOAD || at + 5 > code.length) return undefined
  const number = new DataView(code.buffer, code.byteOffset + at + 1).getUint32(0, true)
  at += 5
  pass(BEHIND)
  const next = code[at]
  return next === RETURN || next === JUMP ? number : undefined
}
