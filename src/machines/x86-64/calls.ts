/** The direct calls that x86-64 code makes. */
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/** How many calls, jumps out included, lead from the code at `address` to `target`. */
export function callsTo(
  target: bigint,
  { address, bytes }: { readonly address: bigint; readonly bytes: Uint8Array },
): number {
  const { FlowControl } = decoderLibrary()
  let count = 0
  for (const { instruction } of instructionsOf(bytes, address)) {
    const { flowControl } = instruction
    const leads = flowControl === FlowControl.Call || flowControl === FlowControl.UnconditionalBranch
    if (leads && instruction.nearBranchTarget === target) count++
  }
  return count
}
