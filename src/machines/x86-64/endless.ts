/**
 * Code that whoever entered never leaves: a loop without a way out. A processor that is in it stays in the old code,
 * whatever is written over the function's start.
 */
import type * as iced from 'iced-x86'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/**
 * Whether x86-64 `code` has a loop and no way out of itself: no return, no jump elsewhere, no jump through a register.
 * `relocated` are the offsets of relocated fields, which lead out of it. A call comes back, or ends everything. In doubt
 * (code that goes on in another part of the function) the answer is no.
 */
export function isEndless(code: Uint8Array, relocated: readonly number[]): boolean {
  let loops = false
  for (const { instruction, start, end } of instructionsOf(code)) {
    const way = wayOf(instruction, start, code.length, isRelocated(relocated, start, end))
    if (way === 'out') return false
    if (way === 'back') loops = true
  }
  return loops
}

function wayOf(
  instruction: iced.Instruction,
  start: number,
  size: number,
  relocatedField: boolean,
): 'out' | 'back' | 'on' {
  const { FlowControl } = decoderLibrary()
  switch (instruction.flowControl) {
    case FlowControl.UnconditionalBranch:
    case FlowControl.ConditionalBranch: {
      const target = Number(BigInt.asIntN(64, instruction.nearBranchTarget))
      if (relocatedField || target < 0 || target >= size) return 'out'
      return target <= start ? 'back' : 'on'
    }
    case FlowControl.Next:
    case FlowControl.Call:
    case FlowControl.IndirectCall:
    case FlowControl.Exception:
    case FlowControl.Interrupt:
      return 'on'
    default:
      return 'out'
  }
}

function isRelocated(fields: readonly number[], start: number, end: number): boolean {
  return fields.some(field => field >= start && field < end)
}
