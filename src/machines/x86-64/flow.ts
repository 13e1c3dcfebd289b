/**
 * Where x86-64 code leads by distances of its own, without a relocation: short jumps, calls within a section, addresses
 * relative to the instruction pointer, and running on past its end. Assemblers resolve those themselves when both ends
 * are in one section; whoever moves one end alone must know of them.
 */
import type { Instruction } from 'iced-x86'
import type { HiddenReference } from '../machine.ts'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/**
 * The references of `code` that leave it. `relocated` are the offsets of relocated fields: their instructions lead where
 * the relocation says. A call at the very end is one that does not return, unless `callsReturn`.
 */
export function hiddenReferences(
  code: Uint8Array,
  relocated: ReadonlySet<number>,
  callsReturn = false,
): readonly HiddenReference[] {
  const found: HiddenReference[] = []
  let ends = true
  for (const { instruction, start, end } of instructionsOf(code)) {
    if (instruction.isInvalid) continue
    const target = targetOf(instruction)
    const isRelocated = someBetween(relocated, start, end)
    if (target !== undefined && !isRelocated && (target < 0 || target >= code.length)) {
      found.push({ offset: start, target })
    }
    if (!isFiller(instruction)) ends = leavesForGood(instruction, callsReturn)
  }
  if (!ends) found.push({ offset: code.length, target: code.length })
  return found
}

/** The place that the instruction itself computes; undefined for those that compute none. */
function targetOf(instruction: Instruction): number | undefined {
  const { OpKind } = decoderLibrary()
  if (instruction.opCount > 0 && instruction.op0Kind === OpKind.NearBranch64) {
    return Number(BigInt.asIntN(64, instruction.nearBranchTarget))
  }
  if (instruction.isIpRelMemoryOperand) return Number(BigInt.asIntN(64, instruction.ipRelMemoryAddress))
  return undefined
}

export function someBetween(offsets: ReadonlySet<number>, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (offsets.has(at)) return true
  return false
}

/** Padding between functions, which nothing runs into. */
function isFiller(instruction: Instruction): boolean {
  const { Mnemonic } = decoderLibrary()
  return instruction.mnemonic === Mnemonic.Nop || instruction.mnemonic === Mnemonic.Int3
}

function leavesForGood({ flowControl }: Instruction, callsReturn: boolean): boolean {
  const { FlowControl } = decoderLibrary()
  switch (flowControl) {
    case FlowControl.Next:
    case FlowControl.ConditionalBranch:
    case FlowControl.XbeginXabortXend:
      return false
    case FlowControl.Call:
    case FlowControl.IndirectCall:
    case FlowControl.Interrupt:
      return !callsReturn
    default:
      return true
  }
}
