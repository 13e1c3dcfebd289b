/**
 * Fields of code and data that hold a line number: whole bytes, or some bits of an instruction's word. What stands beside
 * those bits, in the same bytes, is another matter, and differs or does not for itself.
 */
import type { NumberField } from '../machines/machine.ts'

/** Behind the last byte that the field has a part of. */
export function endOfField({ offset, bits, at = 0 }: NumberField): number {
  return offset + Math.ceil((at + bits) / 8)
}

/** The number, unsigned; a line is far below what a double holds. */
export function lineIn(bytes: Uint8Array, field: NumberField): number {
  const { at = 0, bits } = field
  const word = bytes.subarray(field.offset, endOfField(field)).reduceRight((value, byte) => value * 256 + byte, 0)
  return Math.floor(word / 2 ** at) % 2 ** bits
}

/** Puts what `from` has in the field into `to`. */
export function copyField(from: Uint8Array, to: Uint8Array, field: NumberField): void {
  for (let at = field.offset; at < endOfField(field); at++) {
    const mask = ownBits(field, at)
    to[at] = ((to[at] ?? 0) & ~mask) | ((from[at] ?? 0) & mask)
  }
}

/** Whether the field's bytes have nothing else that differs. */
export function isEqualBeside(before: Uint8Array, after: Uint8Array, field: NumberField): boolean {
  for (let at = field.offset; at < endOfField(field); at++) {
    if ((((before[at] ?? 0) ^ (after[at] ?? 0)) & ~ownBits(field, at)) !== 0) return false
  }
  return true
}

/** The bits of the byte at `place` that are the field's. */
function ownBits({ offset, bits, at = 0 }: NumberField, place: number): number {
  const first = Math.max(0, at - (place - offset) * 8)
  const end = Math.min(8, at + bits - (place - offset) * 8)
  return (0xff >> (8 - end)) & (0xff << first) & 0xff
}
