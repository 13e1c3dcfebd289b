/** Code that is written into a running system: jumps, and words that do nothing. */
import { NOP } from './decode.ts'
import { WORD } from './words.ts'

const JUMP = 0x14000000
export const JUMP_SIZE = WORD

/** A jump counts from itself, `distance` from its end. */
export function jump(distance: number): Uint8Array {
  return wordBytes(JUMP | (((distance + JUMP_SIZE) / WORD) & 0x03ffffff))
}

export function nops(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => wordBytes(NOP)[at % WORD] ?? 0)
}

function wordBytes(word: number): Uint8Array {
  const bytes = new Uint8Array(WORD)
  new DataView(bytes.buffer).setUint32(0, word, true)
  return bytes
}
