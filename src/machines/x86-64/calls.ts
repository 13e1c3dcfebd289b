/** The direct calls that x86-64 code makes. */
import { decoderLibrary } from './library.ts'

/** How many calls, jumps out included, lead from the code at `address` to `target`. */
export function callsTo(
  target: bigint,
  { address, bytes }: { readonly address: bigint; readonly bytes: Uint8Array },
): number {
  const { Decoder, DecoderOptions, FlowControl, Instruction } = decoderLibrary()
  const decoder = new Decoder(64, bytes, DecoderOptions.None)
  const instruction = new Instruction()
  let count = 0
  try {
    decoder.ip = address
    while (decoder.canDecode) {
      decoder.decodeOut(instruction)
      const { flowControl } = instruction
      const leads = flowControl === FlowControl.Call || flowControl === FlowControl.UnconditionalBranch
      if (leads && instruction.nearBranchTarget === target) count++
    }
  } finally {
    instruction.free()
    decoder.free()
  }
  return count
}
