/** Places that x86-64 code names itself: relative to the instruction pointer, or by their address. */
import type * as iced from 'iced-x86'
import { decoderLibrary } from './library.ts'

/** In the order of the code; `at` counts instructions. */
export function referencesTo(
  targets: readonly bigint[],
  { address, bytes }: { readonly address: bigint; readonly bytes: Uint8Array },
): readonly { readonly at: number; readonly target: bigint }[] {
  const { Decoder, DecoderOptions, Instruction } = decoderLibrary()
  const decoder = new Decoder(64, bytes, DecoderOptions.None)
  const instruction = new Instruction()
  const found: { readonly at: number; readonly target: bigint }[] = []
  try {
    decoder.ip = address
    for (let at = 0; decoder.canDecode; at++) {
      decoder.decodeOut(instruction)
      const named = placesOf(instruction)
      for (const target of targets) if (named.includes(target)) found.push({ at, target })
    }
  } finally {
    instruction.free()
    decoder.free()
  }
  return found
}

function placesOf(instruction: iced.Instruction): readonly bigint[] {
  const { OpKind, Register } = decoderLibrary()
  if (instruction.isInvalid) return []
  return Array.from({ length: instruction.opCount }, (_, index) => index).flatMap(index => {
    const kind = instruction.opKind(index)
    if (kind === OpKind.Memory) {
      if (instruction.isIpRelMemoryOperand) return [instruction.ipRelMemoryAddress]
      return instruction.memoryBase === Register.None ? [BigInt.asUintN(64, instruction.memoryDisplacement)] : []
    }
    const isNumber = kind === OpKind.Immediate32to64 || kind === OpKind.Immediate64
    return isNumber ? [BigInt.asUintN(64, instruction.immediate(index))] : []
  })
}
