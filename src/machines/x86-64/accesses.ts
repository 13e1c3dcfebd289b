/**
 * What a function does with memory and registers, as far as it shows which of two sources it was compiled from: the
 * single bytes that it touches at fixed distances from a pointer, its immediate numbers, whether it uses its second
 * argument, and whether it sets CR0. System V calling convention.
 */
import type * as iced from 'iced-x86'
import type { Accesses } from '../machine.ts'
import { type Decoded, instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/** Looks at the instructions in the order of their addresses. */
export function accessesOf(code: Uint8Array): Accesses {
  const { Mnemonic, Register } = decoderLibrary()
  const bytes = new Set<number>()
  const numbers = new Set<number>()
  let second: Touch | undefined
  let setsControl = false
  for (const decoded of instructionsOf(code)) {
    const { instruction } = decoded
    if (instruction.isInvalid) continue
    const distance = byteDistance(instruction)
    if (distance !== undefined) bytes.add(distance)
    for (const number of immediatesOf(instruction)) numbers.add(number)
    if (instruction.mnemonic === Mnemonic.Mov && instruction.op0Register === Register.CR0) setsControl = true
    second ??= touchOfSecond(decoded)
  }
  return { bytes, usesSecondArgument: second === 'read', setsControl, numbers }
}

function immediatesOf(instruction: iced.Instruction): readonly number[] {
  const { OpKind } = decoderLibrary()
  return Array.from({ length: instruction.opCount }, (_, index) => index)
    .filter(index => {
      const kind = instruction.opKind(index)
      return kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64
    })
    .map(index => Number(BigInt.asIntN(64, instruction.immediate(index))))
}

/** What happens to a register: what it held is used, or lost. */
type Touch = 'read' | 'written'

function touchOfSecond({ instruction, info: infoOf }: Decoded): Touch | undefined {
  const { FlowControl, OpAccess, Register, RegisterExt } = decoderLibrary()
  const { flowControl } = instruction
  const info = infoOf()
  const used = info.usedRegisters()
  const touched = used.flatMap(({ register, access }) =>
    RegisterExt.fullRegister(register) === Register.RSI ? [access] : [],
  )
  for (const each of used) each.free()
  info.free()
  if (touched.some(access => access !== OpAccess.Write && access !== OpAccess.CondWrite)) return 'read'
  if (touched.length > 0) return 'written'
  return flowControl === FlowControl.Call || flowControl === FlowControl.IndirectCall ? 'written' : undefined
}

function byteDistance(instruction: iced.Instruction): number | undefined {
  const { MemorySize, OpKind, Register, RegisterExt } = decoderLibrary()
  const { memorySize, memoryBase, memoryIndex } = instruction
  const operands = Array.from({ length: instruction.opCount }, (_, index) => instruction.opKind(index))
  if (!operands.includes(OpKind.Memory) || memoryIndex !== Register.None) return undefined
  if (memorySize !== MemorySize.UInt8 && memorySize !== MemorySize.Int8) return undefined
  const base = RegisterExt.fullRegister(memoryBase)
  const isPointer = base !== Register.None && base !== Register.RSP && base !== Register.RIP
  return isPointer ? Number(BigInt.asIntN(64, instruction.memoryDisplacement)) : undefined
}
