/** The instructions of x86-64 code, one after the other. */
import type * as iced from 'iced-x86'
import { decoderLibrary } from './library.ts'

/** One of them. What the decoder has of it is another's when the next one is asked for. */
export interface Decoded {
  readonly instruction: iced.Instruction
  readonly start: number
  readonly end: number
  /** Where its numbers stand; to be freed. */
  readonly constants: () => iced.ConstantOffsets
  /** Which registers and memory it uses; to be freed. */
  readonly info: () => iced.InstructionInfo
}

/** From the start of `code`, which lies at `address`, to its end, with whatever is no instruction. */
export function* instructionsOf(code: Uint8Array, address = 0n): Generator<Decoded> {
  const { Decoder, DecoderOptions, Instruction, InstructionInfoFactory } = decoderLibrary()
  const decoder = new Decoder(64, code, DecoderOptions.None)
  const instruction = new Instruction()
  let factory: iced.InstructionInfoFactory | undefined
  const constants = () => decoder.getConstantOffsets(instruction)
  const info = () => {
    factory ??= new InstructionInfoFactory()
    return factory.info(instruction)
  }
  try {
    decoder.ip = address
    while (decoder.canDecode) {
      const start = decoder.position
      decoder.decodeOut(instruction)
      yield { instruction, start, end: start + instruction.length, constants, info }
    }
  } finally {
    factory?.free()
    instruction.free()
    decoder.free()
  }
}
