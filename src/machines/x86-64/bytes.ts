/** Questions about x86-64 code that a few bytes before a place answer, without decoding. */

/** ENDBR64 */
export const LANDING_PAD: readonly number[] = [0xf3, 0x0f, 0x1e, 0xfa]
/** What may stand before a function's first own instruction: a landing pad, and the set-up of a frame pointer. */
const BEFORE: readonly (readonly number[])[] = [LANDING_PAD, [0x55, 0x48, 0x89, 0xe5]]
/** mov $imm32, %eax */
const LOAD = 0xb8
const CALL = 0xe8
const JUMP = 0xe9
const LOAD_ADDRESS = 0x8d
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

/** Any byte, any four in a row that hold less than they could, and two where an instruction may have such a number. */
export function heldNumbers(code: Uint8Array): ReadonlySet<number> {
  const held = new Set<number>()
  const mayBeShort = mayHoldShortNumber(code)
  for (const [at, low] of code.entries()) {
    held.add(low)
    const two = low + (code[at + 1] ?? 0) * 256
    if ((code[at + 2] === 0 && code[at + 3] === 0) || mayBeShort(at)) held.add(two)
  }
  return held
}

/** Only behind an operand-size prefix does an instruction have a number of two bytes. To be asked for rising places. */
function mayHoldShortNumber(code: Uint8Array): (at: number) => boolean {
  let prefix = -PREFIX_REACH - 1
  let seen = 0
  return at => {
    for (; seen < at; seen++) if (code[seen] === OPERAND_SIZE) prefix = seen
    return at - prefix <= PREFIX_REACH
  }
}

/** The number that the code loads first of all, as one that returns a constant does. */
export function returnedNumber(code: Uint8Array): number | undefined {
  let at = 0
  for (const bytes of BEFORE) if (bytes.every((byte, index) => code[at + index] === byte)) at += bytes.length
  if (code[at] !== LOAD || at + 5 > code.length) return undefined
  return new DataView(code.buffer, code.byteOffset + at + 1).getUint32(0, true)
}
