/**
 * Questions about x86-64 instructions that only decoding from the start of the function answers for certain.
 */
import type * as iced from 'iced-x86'
import type { NumberField } from '../machine.ts'
import { instructionsOf } from './instructions.ts'

/**
 * For each of `fields` (offsets in `code`, ascending), the bytes from the field to the end of its instruction.
 * A field that no instruction holds (data among code) is left out.
 *
 * The processor counts a PC-relative field from the end of the instruction, the relocation from the field; what lies
 * between is the instruction's immediate. `cmpb $0, x(%rip)` has the addend -5, not -4, and whoever assumes -4 reaches
 * the byte before `x`.
 */
export function bytesToInstructionEnd(code: Uint8Array, fields: readonly number[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>()
  visitInstructionsAt(code, fields, (offset, _start, end) => ends.set(offset, end - offset))
  return ends
}

/**
 * Whether a PC-relative field of four bytes is the last of its instruction, by the bytes before it: a call or jump (E8,
 * E9, 0F 8x), or `mov` and `lea` between a register and a place relative to the instruction pointer (89, 8B, 8D; mod 0,
 * r/m 5). None of them has an immediate, and where these bytes stand before an immediate, that ends its instruction too.
 * False says nothing: then decoding answers.
 */
export function endsWithField(code: Uint8Array, field: number): boolean {
  const [opcode = 0, before = 0] = [code[field - 2], code[field - 1]]
  if (before === 0xe8 || before === 0xe9) return true
  if ((before & 0xf0) === 0x80 && opcode === 0x0f) return true
  return (before & 0xc7) === 0x05 && (opcode === 0x89 || opcode === 0x8b || opcode === 0x8d)
}

/** For each of `offsets` (in `code`, ascending), the immediate or displacement that the byte is part of, if it is. */
export function numberFieldsAt(code: Uint8Array, offsets: readonly number[]): ReadonlyMap<number, NumberField> {
  const fields = new Map<number, NumberField>()
  visitInstructionsAt(code, offsets, (offset, start, _end, constants) => {
    const candidates = [
      { offset: start + constants.immediateOffset, size: constants.immediateSize },
      { offset: start + constants.immediateOffset2, size: constants.immediateSize2 },
      { offset: start + constants.displacementOffset, size: constants.displacementSize },
    ]
    const field = candidates.find(({ offset: first, size }) => size > 0 && offset >= first && offset < first + size)
    if (field !== undefined) fields.set(offset, { offset: field.offset, bits: field.size * 8 })
  })
  return fields
}

type Visit = (offset: number, start: number, end: number, constants: iced.ConstantOffsets) => void

/** Decodes `code` from its start and calls `visit` for each offset that lies in a valid instruction. */
function visitInstructionsAt(code: Uint8Array, offsets: readonly number[], visit: Visit): void {
  let next = 0
  if (offsets.length === 0) return
  for (const { instruction, start, end, constants } of instructionsOf(code)) {
    if ((offsets[next] ?? 0) >= end) continue
    const numbers = constants()
    for (let at = offsets[next]; at !== undefined && at < end; at = offsets[++next]) {
      if (!instruction.isInvalid && at >= start) visit(at, start, end, numbers)
    }
    numbers.free()
    if (next >= offsets.length) return
  }
}
