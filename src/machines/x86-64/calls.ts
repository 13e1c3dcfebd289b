/** The direct calls that x86-64 code makes, and how it ends. */
import type { CallKnowledge } from '../machine.ts'
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

/** call rel32 */
const CALL = 0xe8
const CALL_SIZE = 5

/** Of a jump to a function, as the last thing that another does, `callAt` answers nothing: behind it is other code. */
export const X86_64_CALLS: CallKnowledge = {
  callAt: (code, field) => (code[field - 1] === CALL ? { at: field - 1, size: CALL_SIZE } : undefined),
  callee: (bytes, address) =>
    bytes[0] === CALL && bytes.length === CALL_SIZE
      ? address + BigInt(CALL_SIZE + new DataView(bytes.buffer, bytes.byteOffset).getInt32(1, true))
      : undefined,
  exits: (code, address) => {
    const { FlowControl } = decoderLibrary()
    const end = address + BigInt(code.length)
    const jumps: bigint[] = []
    let returns = false
    for (const { instruction } of instructionsOf(code, address)) {
      const { flowControl, nearBranchTarget: target } = instruction
      if (flowControl === FlowControl.Return) returns = true
      if (flowControl === FlowControl.UnconditionalBranch && (target < address || target >= end)) jumps.push(target)
    }
    return { returns, jumps }
  },
}
