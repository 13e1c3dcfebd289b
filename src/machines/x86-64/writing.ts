/** Code that is written into a running system: jumps, and bytes that do nothing. */

/** jmp rel32 */
const JUMP = 0xe9
export const JUMP_SIZE = 5
const NOPS: readonly (readonly number[])[] = [[0x90], [0x66, 0x90], [0x0f, 0x1f, 0x00]]

export function jump(distance: number): Uint8Array {
  const bytes = new Uint8Array(JUMP_SIZE)
  bytes[0] = JUMP
  new DataView(bytes.buffer).setInt32(1, distance, true)
  return bytes
}

/** As few instructions as there can be of these. */
export function nops(length: number): Uint8Array {
  const bytes: number[] = []
  while (bytes.length < length) bytes.push(...(NOPS[Math.min(NOPS.length, length - bytes.length) - 1] ?? []))
  return Uint8Array.from(bytes)
}
