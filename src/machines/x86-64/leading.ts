/** Bytes of x86-64 code that may be the field of an instruction that names a place. */

/**
 * Offsets in `bytes`, which lie at `address`, of four bytes that are a distance to `target` counted from their own end, behind
 * what may be the rest of a call, a jump or an operand relative to the instruction pointer; or, where the program lies where its file says (`isFixed`), the address itself. What
 * instruction they are part of, if any, is not asked: there may be one too many, and none too few.
 */
export function mayLeadTo(
  target: number,
  { address, bytes, isFixed }: { readonly address: number; readonly bytes: Uint8Array; readonly isFixed: boolean },
): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const isDistance = address + at + 4 + view.getInt32(at, true) === target && mayPrecede(bytes, at)
    if (isDistance || (isFixed && view.getUint32(at, true) === target)) found.push(at)
  }
  return found
}

/** Call and jump (E8, E9), conditional jump (0F 8x), xbegin (C7 F8), or a ModRM byte for such an operand (Intel SDM, 2.2.1.6). */
function mayPrecede(bytes: Uint8Array, at: number): boolean {
  const [before = 0, last = 0] = [bytes[at - 2], bytes[at - 1]]
  if (last === 0xe8 || last === 0xe9 || (last & 0xc7) === 0x05) return true
  return (before === 0x0f && (last & 0xf0) === 0x80) || (before === 0xc7 && last === 0xf8)
}
