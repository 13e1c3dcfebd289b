/** AArch64 code as words: every instruction is one of four bytes, little-endian whatever its data are. */

export const WORD = 4

/** The words of `code` with their places; bytes behind the last whole one are no instruction. */
export function* wordsOf(code: Uint8Array): Generator<{ readonly at: number; readonly word: number }> {
  const view = new DataView(code.buffer, code.byteOffset, code.length)
  for (let at = 0; at + WORD <= code.length; at += WORD) yield { at, word: view.getUint32(at, true) }
}

/** The word at `at`; undefined where there is none. */
export function wordAt(code: Uint8Array, at: number): number | undefined {
  if (at < 0 || at % WORD !== 0 || at + WORD > code.length) return undefined
  return new DataView(code.buffer, code.byteOffset + at, WORD).getUint32(0, true)
}

/** `count` bits of a word from bit `at` on. */
export function bitsOf(word: number, at: number, count: number): number {
  return (word >>> at) & ((1 << count) - 1)
}

/** The same as a signed number. */
export function signedBitsOf(word: number, at: number, count: number): number {
  return (word << (32 - at - count)) >> (32 - count)
}
