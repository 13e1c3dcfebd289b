/**
 * Where the instruction ends that holds a relocated PC-relative field.
 *
 * The processor counts from the end of the instruction, the relocation from the field; what lies between is the
 * instruction's immediate. `cmpb $0, x(%rip)` therefore has the addend -5, not -4, and whoever assumes -4 reaches the
 * byte before `x`. Only decoding from the start of the function tells for certain.
 */
import { Decoder, DecoderOptions, Instruction } from 'iced-x86'

/**
 * For each of `fields` (offsets in `code`, ascending), the bytes from the field to the end of its instruction.
 * A field that no instruction holds (data among code) is left out.
 */
export function bytesToInstructionEnd(code: Uint8Array, fields: readonly number[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>()
  const decoder = new Decoder(64, code, DecoderOptions.None)
  const instruction = new Instruction()
  try {
    let next = 0
    while (decoder.canDecode && next < fields.length) {
      const start = decoder.position
      decoder.decodeOut(instruction)
      const end = start + instruction.length
      for (let field = fields[next]; field !== undefined && field < end; field = fields[++next]) {
        if (!instruction.isInvalid && field >= start) ends.set(field, end - field)
      }
    }
    return ends
  } finally {
    instruction.free()
    decoder.free()
  }
}
