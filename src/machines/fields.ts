/** Fields that relocations fill, described as bits of a little-endian word, and values read from and put into them. */
import type { RelocationField } from './machine.ts'

/** A field that is a whole word of `bytes`. */
export const whole = (bytes: RelocationField['bytes']): RelocationField => ({ bytes, bits: [], shift: 0 })

/** The bits of its word that the field is, as a mask. */
export function maskOf({ bytes, bits }: RelocationField): bigint {
  if (bits.length === 0) return (1n << BigInt(bytes * 8)) - 1n
  return bits.reduce((mask, { at, count }) => mask | (((1n << BigInt(count)) - 1n) << BigInt(at)), 0n)
}

/** The value that the field of a word has, its bits that are not stored being zeros; signed where `isSigned`. */
export function valueIn({ bits, bytes, shift }: RelocationField, word: bigint, isSigned: boolean): bigint {
  let value = bits.length === 0 ? word : 0n
  let width = bits.length === 0 ? bytes * 8 : 0
  for (const { at, count } of bits) {
    value |= ((word >> BigInt(at)) & ((1n << BigInt(count)) - 1n)) << BigInt(width)
    width += count
  }
  return (isSigned ? BigInt.asIntN(width, value) : value) << BigInt(shift)
}

/** Whether the field is all of its bytes, so that its value stands there as it is. */
export function isWhole({ bytes, bits, shift }: RelocationField): boolean {
  return bytes > 0 && bits.length === 0 && shift === 0
}
