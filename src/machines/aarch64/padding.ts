/**
 * What assemblers write between two pieces of AArch64 code only to align the second one. The bytes alone never prove it.
 *
 * Sources: GNU binutils 2.40, gas/config/tc-aarch64.c; LLVM 14, AArch64AsmBackend.cpp, writeNopData.
 */

const NOP: readonly number[] = [0x1f, 0x20, 0x03, 0xd5]

/** `nop` in words, after zeros up to the next word. Whole words of zeros are `udf #0`, a trap that may be meant. */
export function isPadding(bytes: Uint8Array): boolean {
  const lead = bytes.length % 4
  if (bytes.length === 0) return false
  return bytes.every((byte, index) => byte === (index < lead ? 0 : NOP[(index - lead) % 4]))
}
