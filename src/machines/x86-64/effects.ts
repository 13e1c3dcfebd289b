/**
 * What x86-64 code does that is there after it has run: writes to places that it names, instructions that set the
 * processor, and how many writes go where registers lead.
 */
import type * as iced from 'iced-x86'
import type { Effects } from '../machine.ts'
import { decoderLibrary } from './library.ts'

type Store = Effects['stores'][number]

interface Step {
  readonly instruction: iced.Instruction
  readonly constants: iced.ConstantOffsets
  readonly start: number
  /** What RCX surely holds, by an instruction just before. */
  readonly counter: bigint | undefined
}

/** Looks at the instructions in the order of their addresses; `fields` are the relocated ones. */
export function effectsOf(code: Uint8Array, fields: ReadonlySet<number>): Effects {
  const { Decoder, DecoderOptions, Instruction, InstructionInfoFactory } = decoderLibrary()
  const decoder = new Decoder(64, code, DecoderOptions.None)
  const instruction = new Instruction()
  const factory = new InstructionInfoFactory()
  const stores: Store[] = []
  const processor: string[] = []
  let elsewhere = 0
  let counter: bigint | undefined
  try {
    while (decoder.canDecode) {
      const start = decoder.position
      decoder.decodeOut(instruction)
      if (instruction.isInvalid) continue
      const constants = decoder.getConstantOffsets(instruction)
      const step: Step = { instruction, constants, start, counter }
      const setting = settingOf(step)
      if (setting !== undefined) processor.push(setting)
      if (writesMemory(instruction, factory)) {
        const store = storeOf(step, fields)
        if (store !== undefined) stores.push(store)
        else if (!isOfStack(instruction)) elsewhere++
      }
      counter = counterAfter(step)
      constants.free()
    }
  } finally {
    factory.free()
    instruction.free()
    decoder.free()
  }
  return { stores, processor, elsewhere }
}

/** Instructions that set what outlasts the code: system registers, tables of the processor, ports. */
function settingOf({ instruction, counter }: Step): string | undefined {
  const { Mnemonic, Register } = decoderLibrary()
  const { mnemonic, op0Register } = instruction
  if (mnemonic === Mnemonic.Wrmsr) return counter === undefined ? 'wrmsr' : `wrmsr 0x${counter.toString(16)}`
  if (mnemonic === Mnemonic.Mov && op0Register >= Register.CR0 && op0Register <= Register.CR15)
    return `mov to cr${op0Register - Register.CR0}`
  if (mnemonic === Mnemonic.Mov && op0Register >= Register.DR0 && op0Register <= Register.DR15)
    return `mov to dr${op0Register - Register.DR0}`
  const names: ReadonlyMap<number, string> = new Map([
    [Mnemonic.Xsetbv, 'xsetbv'],
    [Mnemonic.Lgdt, 'lgdt'],
    [Mnemonic.Lidt, 'lidt'],
    [Mnemonic.Lldt, 'lldt'],
    [Mnemonic.Ltr, 'ltr'],
    [Mnemonic.Invlpg, 'invlpg'],
    [Mnemonic.Wbinvd, 'wbinvd'],
    [Mnemonic.Out, 'out'],
  ])
  return names.get(mnemonic)
}

function writesMemory(instruction: iced.Instruction, factory: iced.InstructionInfoFactory): boolean {
  const { FlowControl, Mnemonic, OpAccess, OpKind } = decoderLibrary()
  const { flowControl, mnemonic } = instruction
  // What these write is on the stack, or nothing.
  if (flowControl !== FlowControl.Next || mnemonic === Mnemonic.Push || mnemonic === Mnemonic.Nop) return false
  const info = factory.info(instruction)
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

function isOfStack({ memoryBase, memoryIndex }: iced.Instruction): boolean {
  const { Register } = decoderLibrary()
  return memoryBase === Register.RSP || (memoryBase === Register.RBP && memoryIndex === Register.None)
}

/** `mov $number, %ecx` right before: whatever else comes between, it is not known. */
function counterAfter({ instruction, counter }: Step): bigint | undefined {
  const { FlowControl, Mnemonic, Register, RegisterExt } = decoderLibrary()
  const { mnemonic, op0Register, flowControl } = instruction
  if (flowControl !== FlowControl.Next) return undefined
  const isCounter = RegisterExt.fullRegister(op0Register) === Register.RCX
  if (!isCounter) return counter
  return mnemonic === Mnemonic.Mov && op0Register === Register.ECX && instruction.op1Register === Register.None
    ? immediateOf(instruction)
    : undefined
}

function immediateOf(instruction: iced.Instruction): bigint | undefined {
  const { OpKind } = decoderLibrary()
  return instruction.opKind(1) === OpKind.Immediate32 ? BigInt.asUintN(32, instruction.immediate(1)) : undefined
}
