/** The direct calls that x86-64 code makes, and how it ends. */
import type * as iced from 'iced-x86'
import type { CallKnowledge } from '../machine.ts'
import { type Decoded, instructionsOf } from './instructions.ts'
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
/** jmp rel32, as long: where a call is the last thing. */
const JUMP = 0xe9

/** See `CodeKnowledge.takenByCall`. From the load to the call nothing branches. */
export function takenByCall(code: Uint8Array, field: number): number | undefined {
  const { FlowControl } = decoderLibrary()
  let isHeld = false
  for (const decoded of instructionsOf(code)) {
    const { instruction, start, end } = decoded
    if (!isHeld) {
      if (end <= field) continue
      if (start > field || !loadsFirst(instruction)) return undefined
      isHeld = true
    } else if (end - start === CALL_SIZE && (code[start] === CALL || code[start] === JUMP)) {
      return start + 1
    } else if (instruction.flowControl !== FlowControl.Next || touchesFirst(decoded)) return undefined
  }
  return undefined
}

/** Whether it puts an address that it names, as it is, into the register of the first argument. */
function loadsFirst(instruction: iced.Instruction): boolean {
  const { Mnemonic, OpKind, Register, RegisterExt } = decoderLibrary()
  const { mnemonic, op0Kind, op0Register, op1Kind, memoryBase, memoryIndex } = instruction
  if (op0Kind !== OpKind.Register || RegisterExt.fullRegister(op0Register) !== Register.RDI) return false
  if (mnemonic === Mnemonic.Lea) return memoryBase === Register.RIP && memoryIndex === Register.None
  const numbers: readonly iced.OpKind[] = [OpKind.Immediate32, OpKind.Immediate32to64, OpKind.Immediate64]
  return mnemonic === Mnemonic.Mov && numbers.includes(op1Kind)
}

function touchesFirst({ instruction, info: infoOf }: Decoded): boolean {
  const { Register, RegisterExt } = decoderLibrary()
  if (instruction.isInvalid) return true
  const info = infoOf()
  const used = info.usedRegisters()
  const isTouched = used.some(({ register }) => RegisterExt.fullRegister(register) === Register.RDI)
  for (const each of used) each.free()
  info.free()
  return isTouched
}

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
