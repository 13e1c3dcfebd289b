/** Places that x86-64 code names itself: relative to the instruction pointer, or by their address. */
import type * as iced from 'iced-x86'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/** In the order of the code; `at` counts instructions. */
export function referencesTo(
  targets: readonly bigint[],
  { address, bytes }: { readonly address: bigint; readonly bytes: Uint8Array },
): readonly { readonly at: number; readonly target: bigint }[] {
  const found: { readonly at: number; readonly target: bigint }[] = []
  let at = 0
  for (const { instruction } of instructionsOf(bytes, address)) {
    const named = placesOf(instruction)
    for (const target of targets) if (named.includes(target)) found.push({ at, target })
    at++
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
