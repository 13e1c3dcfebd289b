/** Questions about x86-64 code that a few bytes before a place answer, without decoding. */

const CALL = 0xe8
const JUMP = 0xe9
const OPERAND_SIZE = 0x66
/**
 * From an operand-size prefix to a two-byte number at most: an instruction has 15 bytes, and between the two may lie other
 * prefixes, REX, opcode, ModRM, SIB and displacement.
 */
const PREFIX_REACH = 13

/** Whether the field is that of a call or jump (E8, E9, 0F 8x). */
export function isBranchField(code: Uint8Array, field: number): boolean {
  const before = code[field - 1] ?? 0
  return before === CALL || before === JUMP || ((before & 0xf0) === 0x80 && code[field - 2] === 0x0f)
}

/**
 * Whether the code before `at` ends in a jump out of the section. The jump's field must be a relocation: bytes alone
 * could be the tail of a constant.
 */
export function endsInJump(code: Uint8Array, relocated: ReadonlySet<number>, at: number): boolean {
  return at >= 5 && code[at - 5] === JUMP && relocated.has(at - 4)
}

/** Only behind an operand-size prefix does an instruction have a number of two bytes. To be asked for rising places. */
export function mayHoldShortNumber(code: Uint8Array): (at: number) => boolean {
  let prefix = -PREFIX_REACH - 1
  let seen = 0
  return at => {
    for (; seen < at; seen++) if (code[seen] === OPERAND_SIZE) prefix = seen
    return at - prefix <= PREFIX_REACH
  }
}
