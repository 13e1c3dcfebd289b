/**
 * What x86-64 code does that is there after it has run: writes to places that it names, instructions that set the
 * processor, and how many writes go where registers lead.
 */
import type * as iced from 'iced-x86'
import type { Effects } from '../machine.ts'
import { type Decoded, instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'
import { ownStack } from './own-stack.ts'

type Store = Effects['stores'][number]

interface Step {
  readonly instruction: iced.Instruction
  readonly constants: iced.ConstantOffsets
  readonly start: number
  /** What RCX surely holds. */
  readonly counter: bigint | undefined
}

/** By the decoder's name of an instruction, the assembler's, where that is another than by its case. */
const SETTINGS: ReadonlyMap<string, string> = new Map(
  `
  Wrmsr Wrmsrns Wrmsrlist Xsetbv Xrstor Xrstor64=xrstor Xrstors Xrstors64=xrstors Lgdt Lidt Lldt Ltr Lmsw Clts Lss Lfs Lgs Lkgs
  Swapgs Wrfsbase Wrgsbase Wrpkru Ldmxcsr Fldcw Out Outsb=outs Outsw=outs Outsd=outs Invlpg Invlpga Invlpgb Invpcid Invept Invvpid Invd
  Wbinvd Wbnoinvd Setssbsy Clrssbsy Rstorssp Saveprevssp Wrssd=wrss Wrssq=wrss Wrussd=wruss Wrussq=wruss Vmxon Vmxoff Vmptrld
  Vmclear Vmwrite Vmload Vmrun Stgi Clgi Skinit Getsec Getsecq=getsec Encls Pconfig Loadiwkey Psmash Pvalidate Rmpadjust Rmpupdate
  `
    .trim()
    .split(/\s+/)
    .map(word => {
      const [own = '', name = own.toLowerCase()] = word.split('=')
      return [own, name]
    }),
)

/** Looks at the instructions in the order of their addresses; `fields` are the relocated ones. */
export function effectsOf(code: Uint8Array, fields: ReadonlySet<number>): Effects {
  const stack = ownStack(code)
  const targets = branchTargets(code)
  const stores: Store[] = []
  const processor: string[] = []
  let elsewhere = 0
  let counter: bigint | undefined
  for (const decoded of instructionsOf(code)) {
    const { instruction, start } = decoded
    const isOwn = stack.next(decoded)
    if (targets === 'unknown' || targets.has(start)) counter = undefined
    if (instruction.isInvalid) continue
    const constants = decoded.constants()
    const step: Step = { instruction, constants, start, counter }
    const setting = settingOf(step)
    if (setting !== undefined) processor.push(setting)
    if (writesMemory(decoded)) {
      const store = storeOf(step, fields)
      if (store !== undefined) stores.push(store)
      else if (!isOwn) elsewhere++
    }
    counter = counterAfter(step, decoded)
    constants.free()
  }
  return { stores, processor, elsewhere }
}

/** Instructions that set what outlasts the code: system registers, tables of the processor, ports. */
function settingOf({ instruction, counter }: Step): string | undefined {
  const { Mnemonic, Register } = decoderLibrary()
  const { mnemonic, op0Register } = instruction
  const name = SETTINGS.get(Mnemonic[mnemonic] ?? '')
  if (name?.startsWith('wrmsr') === true && name !== 'wrmsrlist')
    return counter === undefined ? name : `${name} 0x${counter.toString(16)}`
  if (mnemonic !== Mnemonic.Mov && mnemonic !== Mnemonic.Pop) return name
  if (op0Register >= Register.CR0 && op0Register <= Register.CR15) return `mov to cr${op0Register - Register.CR0}`
  if (op0Register >= Register.DR0 && op0Register <= Register.DR15) return `mov to dr${op0Register - Register.DR0}`
  const isSegment = op0Register >= Register.ES && op0Register <= Register.GS
  return isSegment ? `mov to ${Register[op0Register]?.toLowerCase()}` : undefined
}

function writesMemory({ instruction, info: infoOf }: Decoded): boolean {
  const { FlowControl, Mnemonic, OpAccess, OpKind } = decoderLibrary()
  const { flowControl, mnemonic } = instruction
  // What these write is on the stack, or nothing.
  if (flowControl !== FlowControl.Next || mnemonic === Mnemonic.Push || mnemonic === Mnemonic.Nop) return false
  const info = infoOf()
  const accesses = Array.from({ length: instruction.opCount }, (_, index) => [
    instruction.opKind(index),
    info.opAccess(index),
  ])
  const written: readonly (number | undefined)[] = [
    OpAccess.Write,
    OpAccess.CondWrite,
    OpAccess.ReadWrite,
    OpAccess.ReadCondWrite,
  ]
  info.free()
  const memory: readonly (number | undefined)[] = [
    OpKind.Memory,
    OpKind.MemoryESDI,
    OpKind.MemoryESEDI,
    OpKind.MemoryESRDI,
  ]
  return accesses.some(([kind, access]) => memory.includes(kind) && written.includes(access))
}

/** A write to what a relocated field names, be it with an index. */
function storeOf({ instruction, constants, start }: Step, fields: ReadonlySet<number>): Store | undefined {
  const { MemorySizeExt, Mnemonic, Register } = decoderLibrary()
  if (!constants.hasDisplacement) return undefined
  const field = start + constants.displacementOffset
  if (!fields.has(field)) return undefined
  const isPlain = instruction.memoryIndex === Register.None
  const isPlaced = instruction.isIpRelMemoryOperand || instruction.memoryBase === Register.None
  const isNumber =
    instruction.mnemonic === Mnemonic.Mov && constants.hasImmediate && !fields.has(start + constants.immediateOffset)
  const bytes = MemorySizeExt.size(instruction.memorySize)
  const value = isNumber && isPlain && isPlaced ? BigInt.asUintN(bytes * 8, instruction.immediate(1)) : undefined
  return { field, behind: start + instruction.length - field, bytes, value, isPlaced: isPlain && isPlaced }
}

/** Where direct jumps go; where others do is unknown. */
function branchTargets(code: Uint8Array): ReadonlySet<number> | 'unknown' {
  const { FlowControl } = decoderLibrary()
  const targets = new Set<number>()
  for (const { instruction } of instructionsOf(code)) {
    const { flowControl } = instruction
    if (flowControl === FlowControl.IndirectBranch) return 'unknown'
    // What is called within is gone to as well.
    if (flowControl !== FlowControl.Next) targets.add(Number(BigInt.asIntN(64, instruction.nearBranchTarget)))
  }
  return targets
}

/**
 * RCX by `mov $number, %ecx` before: whatever writes it in between, be it unsaid, or another way to here, makes it unknown.
 */
function counterAfter({ instruction, counter }: Step, { info: infoOf }: Decoded): bigint | undefined {
  const { FlowControl, Mnemonic, OpAccess, OpKind, Register, RegisterExt } = decoderLibrary()
  const { mnemonic, op0Register, flowControl } = instruction
  const isFallingThrough = flowControl === FlowControl.ConditionalBranch
  if (flowControl !== FlowControl.Next && !isFallingThrough) return undefined
  if (mnemonic === Mnemonic.Mov && op0Register === Register.ECX && instruction.opKind(1) === OpKind.Immediate32)
    return BigInt.asUintN(32, instruction.immediate(1))
  const info = infoOf()
  const used = info.usedRegisters()
  const isWritten = used.some(
    ({ register, access }) =>
      RegisterExt.fullRegister(register) === Register.RCX && access !== OpAccess.Read && access !== OpAccess.CondRead,
  )
  for (const each of used) each.free()
  info.free()
  return isWritten ? undefined : counter
}
