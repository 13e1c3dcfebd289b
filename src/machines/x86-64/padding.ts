/**
 * What assemblers write between two pieces of x86-64 code only to align the second one.
 *
 * Sources: GNU binutils 2.40, gas/config/tc-i386.c (alt_patt and the jump over long padding); LLVM 14,
 * X86AsmBackend.cpp, writeNopData. The tests ask the assemblers themselves.
 *
 * The bytes alone never prove it: the same nops are code where something leads to them.
 */

/** The longest instruction. */
const LONGEST = 15
const [OPERAND_SIZE, CS, NOP, INT3, JUMP_SHORT, JUMP] = [0x66, 0x2e, 0x90, 0xcc, 0xeb, 0xe9]

/** What follows 0F 1F in the nops of three and more bytes; the longest one is the only one that takes a CS prefix. */
const LONGEST_TAIL: readonly number[] = [0x84, 0, 0, 0, 0, 0]
const TAILS: readonly (readonly number[])[] = [[0x00], [0x40, 0], [0x44, 0, 0], [0x80, 0, 0, 0, 0], LONGEST_TAIL]

/** Zeros; or nops and int3, where many are jumped over. */
export function isPadding(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false
  if (bytes.every(byte => byte === 0)) return true
  let at = jumpOver(bytes)
  while (at < bytes.length) {
    const length = bytes[at] === INT3 ? 1 : nopLength(bytes.subarray(at))
    if (length === 0) return false
    at += length
  }
  return at === bytes.length
}

/** Bytes of the jump at the start that leads to the very end, or 0. */
function jumpOver(bytes: Uint8Array): number {
  if (bytes[0] === JUMP_SHORT && bytes[1] === bytes.length - 2) return 2
  if (bytes[0] !== JUMP || bytes.length < 5) return 0
  const distance = new DataView(bytes.buffer, bytes.byteOffset).getInt32(1, true)
  return distance === bytes.length - 5 ? 5 : 0
}

/** Bytes of the nop that `bytes` begin with; 0 when they begin with none that an assembler writes. */
function nopLength(bytes: Uint8Array): number {
  let prefixes = 0
  while (bytes[prefixes] === OPERAND_SIZE) prefixes++
  if (bytes[prefixes] === NOP) return withinLongest(prefixes + 1)
  const segment = bytes[prefixes] === CS ? 1 : 0
  const opcode = prefixes + segment
  if (bytes[opcode] !== 0x0f || bytes[opcode + 1] !== 0x1f) return 0
  const tail = (segment === 1 ? [LONGEST_TAIL] : TAILS).find(each =>
    each.every((byte, index) => bytes[opcode + 2 + index] === byte),
  )
  return tail === undefined ? 0 : withinLongest(opcode + 2 + tail.length)
}

function withinLongest(length: number): number {
  return length <= LONGEST ? length : 0
}
