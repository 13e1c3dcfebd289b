/** Fields that relocations fill, described as bits of a little-endian word, and values read from and put into them. */
import type { RelocationField } from './machine.ts'

/** A field that is a whole word of `bytes`. */
export const whole = (bytes: RelocationField['bytes']): RelocationField => ({ bytes, bits: [], shift: 0 })

/** Whether the field is all of its bytes, so that its value stands there as it is. */
export function isWhole({ bytes, bits, shift }: RelocationField): boolean {
  return bytes > 0 && bits.length === 0 && shift === 0
}
