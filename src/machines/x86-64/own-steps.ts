/**
 * What each instruction does with registers and the frame, as far as it tells where an indirect jump goes (`own-places.ts`).
 */
import type * as iced from 'iced-x86'
import { someBetween } from './flow.ts'
import type { FrameStep, Spelled } from './frame.ts'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/** What a register, a place of the frame or a jump is given. */
export type Source =
  /** An address that stands in the instruction, in these bytes. */
  | { readonly from: 'address' }
  | { readonly from: 'registers'; readonly registers: readonly iced.Register[] }
  | { readonly from: 'frame'; readonly place: Spelled }
  /** A table that an index or a distance goes into; where `bases` has none, its address stands in the instruction. */
  | { readonly from: 'table'; readonly bases: readonly iced.Register[] }
  | { readonly from: 'elsewhere' }

const ELSEWHERE: Source = { from: 'elsewhere' }

export interface Step extends FrameStep {
  readonly start: number
  readonly end: number
  readonly goesOn: boolean
  readonly target: number | undefined
  /** Of an indirect jump, where it goes. */
  readonly jump: Source | undefined
  /** It goes to what lies on top of the stack. */
  readonly returns: boolean
  /** And takes the stack's pointer from there, three places above (IRETQ). */
  readonly reloads: boolean
  readonly written: ReadonlySet<iced.Register>
  /** Of the register that is written first. */
  readonly source: Source
  /** What it writes into the frame, if it writes there once. */
  readonly stored: Source
  /** Where in the code the place is that it takes, if it takes one without a relocation. */
  readonly taken: number | undefined
  /** The register that it gives the stack's pointer as it is. */
  readonly keeps: iced.Register | undefined
  /** It adds to what it is given. */
  readonly adds: boolean
}

export function stepsOf(code: Uint8Array, relocated: ReadonlySet<number>): readonly Step[] {
  const steps: Step[] = []
  for (const { instruction, start, end, info } of instructionsOf(code)) {
    const isRelocated = someBetween(relocated, start, end)
    steps.push(stepOf({ instruction, start, size: code.length, isRelocated, ...usesOf(instruction, info()) }))
  }
  return steps
}

interface Uses {
  /** Whole registers of which a part is written. */
  readonly written: ReadonlySet<iced.Register>
  readonly stores: readonly Spelled[]
  /** It writes a place that it finds by an index from the frame. */
  readonly storesAny: boolean
}

interface Used extends Uses {
  readonly instruction: iced.Instruction
  readonly start: number
  readonly size: number
  readonly isRelocated: boolean
}

function stepOf({ instruction, start, size, written, stores, storesAny, isRelocated }: Used): Step {
  const { FlowControl, Mnemonic } = decoderLibrary()
  const { flowControl, mnemonic } = instruction
  const isBranch = flowControl === FlowControl.UnconditionalBranch || flowControl === FlowControl.ConditionalBranch
  const near = Number(BigInt.asIntN(64, instruction.nearBranchTarget))
  const isWithin = !isRelocated && near > 0 && near < size
  const place = instruction.isIpRelMemoryOperand ? Number(BigInt.asIntN(64, instruction.ipRelMemoryAddress)) : -1
  // A call into itself only puts an address onto the stack, which is not returned to: the first half of a jump that nobody
  // may guess (-mindirect-branch=thunk-inline), or of 32 that leave nothing to guess by. If it is, that is a jump there.
  const isInward = flowControl === FlowControl.Call && isWithin
  const takes = takenBy(instruction)
  return {
    start,
    end: start + instruction.length,
    goesOn: !isInward && !ENDS.includes(FlowControl[flowControl] ?? ''),
    target: (isBranch && !isRelocated) || isInward ? near : undefined,
    jump: flowControl === FlowControl.IndirectBranch ? operandSource(instruction, 0) : undefined,
    returns: flowControl === FlowControl.Return,
    reloads: mnemonic === Mnemonic.Iretq,
    written: isInward ? new Set() : written,
    source: sourceOf(instruction),
    moves: isInward ? -ADDRESS : movesOf(instruction),
    base: baseOf(instruction, written),
    stores: isInward ? [{ base: 'stack', distance: -ADDRESS, size: ADDRESS }] : stores,
    stored: isInward ? { from: 'address' } : storedBy(instruction),
    takes: storesAny ? [...takes, 'any'] : takes,
    taken: mnemonic === Mnemonic.Lea && !isRelocated && place > 0 && place < size ? place : undefined,
    keeps: keptIn(instruction),
    adds: mnemonic === Mnemonic.Add || (mnemonic === Mnemonic.Lea && !instruction.isIpRelMemoryOperand),
  }
}

/** Of `mov %rsp, register`. */
function keptIn(instruction: iced.Instruction): iced.Register | undefined {
  const { Mnemonic, OpKind, Register } = decoderLibrary()
  const isMove = instruction.mnemonic === Mnemonic.Mov && instruction.op0Kind === OpKind.Register
  return isMove && instruction.op1Register === Register.RSP ? instruction.op0Register : undefined
}

/** Bytes of what a push or a call puts there. */
export const ADDRESS = 8
const ENDS: readonly string[] = ['UnconditionalBranch', 'IndirectBranch', 'Return']

function storedBy(instruction: iced.Instruction): Source {
  const { Mnemonic } = decoderLibrary()
  if (instruction.mnemonic === Mnemonic.Push) return operandSource(instruction, 0)
  return instruction.mnemonic === Mnemonic.Mov ? operandSource(instruction, 1) : ELSEWHERE
}

/** By how much it moves the stack's pointer. */
function movesOf(instruction: iced.Instruction): FrameStep['moves'] {
  const { FlowControl, Mnemonic, OpKind, Register } = decoderLibrary()
  const { mnemonic, flowControl } = instruction
  // It comes back as it was.
  if (flowControl === FlowControl.Call || flowControl === FlowControl.IndirectCall) return 0
  const isPointer = instruction.op0Kind === OpKind.Register && instruction.op0Register === Register.RSP
  if (!isPointer || instruction.opCount === 0 || mnemonic === Mnemonic.Push) {
    if (mnemonic === Mnemonic.Leave) return { fromBase: ADDRESS }
    // IRET takes it from the stack, whatever the width (Intel SDM, 64-bit mode).
    const isUnknown = [Mnemonic.Enter, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq].includes(mnemonic)
    return isUnknown ? 'unknown' : instruction.stackPointerIncrement
  }
  if (mnemonic === Mnemonic.Cmp || mnemonic === Mnemonic.Test) return 0
  const isNumber = instruction.opCount === 2 && instruction.op1Kind !== OpKind.Register
  if (mnemonic === Mnemonic.Lea) {
    const base = instruction.memoryIndex === Register.None ? baseNamed(instruction.memoryBase) : undefined
    const distance = signed(instruction.memoryDisplacement)
    return base === 'stack' ? distance : base === 'frame' ? { fromBase: distance } : 'unknown'
  }
  if (mnemonic === Mnemonic.Mov && instruction.op1Register === Register.RBP) return { fromBase: 0 }
  if (!isNumber || instruction.op1Kind === OpKind.Memory) return 'unknown'
  if (mnemonic === Mnemonic.Add) return signed(instruction.immediate(1))
  return mnemonic === Mnemonic.Sub ? -signed(instruction.immediate(1)) : 'unknown'
}

const signed = (value: bigint): number => Number(BigInt.asIntN(64, value))

function baseOf(instruction: iced.Instruction, written: Uses['written']): FrameStep['base'] {
  const { Mnemonic, OpKind, Register } = decoderLibrary()
  const { mnemonic } = instruction
  if (!written.has(Register.RBP) || mnemonic === Mnemonic.Pop || mnemonic === Mnemonic.Leave) return 'kept'
  const isPointer = instruction.op1Kind === OpKind.Register && instruction.op1Register === Register.RSP
  return mnemonic === Mnemonic.Mov && isPointer ? 'set' : 'lost'
}

/** Places of the frame whose address goes into a register, into memory, or is computed with. */
function takenBy(instruction: iced.Instruction): FrameStep['takes'] {
  const { Mnemonic, OpKind, Register, RegisterExt } = decoderLibrary()
  const { mnemonic, opCount, memoryBase, memoryIndex } = instruction
  const registerAt = (operand: number) =>
    instruction.opKind(operand) === OpKind.Register
      ? RegisterExt.fullRegister(instruction.opRegister(operand))
      : Register.None
  const target = opCount > 0 ? registerAt(0) : Register.None
  if (mnemonic === Mnemonic.Lea) {
    const base = baseNamed(memoryBase)
    const index = baseNamed(memoryIndex)
    if ((base === undefined && index === undefined) || target === Register.RSP) return []
    if (base === undefined || memoryIndex !== Register.None) return ['any']
    return [{ base, distance: signed(instruction.memoryDisplacement), size: 0 }]
  }
  const takes: (Spelled | 'any')[] = []
  for (let operand = 0; operand < opCount; operand++) {
    const base = baseNamed(registerAt(operand))
    // What moves a pointer of the frame, or makes one of the other.
    if (base === undefined || operand === 0) continue
    const isFrame = target === Register.RSP || (target === Register.RBP && mnemonic === Mnemonic.Mov)
    if (!isFrame) takes.push(mnemonic === Mnemonic.Mov ? { base, distance: 0, size: 0 } : 'any')
  }
  const reads = mnemonic === Mnemonic.Push || mnemonic === Mnemonic.Xchg
  const own = baseNamed(target)
  return reads && own !== undefined ? [...takes, { base: own, distance: 0, size: 0 }] : takes
}

function baseNamed(register: iced.Register): Spelled['base'] | undefined {
  const { Register } = decoderLibrary()
  if (register === Register.RSP) return 'stack'
  return register === Register.RBP ? 'frame' : undefined
}

/** What the first operand, a register, is given. */
function sourceOf(instruction: iced.Instruction): Source {
  const { ConditionCode, Mnemonic, OpKind, Register, RegisterExt } = decoderLibrary()
  if (instruction.mnemonic === Mnemonic.Cdqe) return { from: 'registers', registers: [Register.RAX] }
  if (instruction.opCount < 1 || instruction.op0Kind !== OpKind.Register) return ELSEWHERE
  const { mnemonic, memoryBase, memoryIndex, op0Register } = instruction
  // Of a smaller one, the rest stays as it was.
  if (!RegisterExt.isGPR32(op0Register) && !RegisterExt.isGPR64(op0Register)) return ELSEWHERE
  const own = RegisterExt.fullRegister(op0Register)
  switch (mnemonic) {
    case Mnemonic.Mov:
    case Mnemonic.Movsxd:
    case Mnemonic.Movzx:
      return operandSource(instruction, 1)
    case Mnemonic.Lea: {
      const parts = [memoryBase, memoryIndex].filter(each => each !== Register.None)
      if (instruction.isIpRelMemoryOperand || parts.length === 0) return { from: 'address' }
      return { from: 'registers', registers: parts }
    }
    case Mnemonic.Add: {
      const other = operandSource(instruction, 1)
      // An address that another register, or a table of distances, is added to.
      if (other.from === 'registers') return { from: 'registers', registers: [own, ...other.registers] }
      const isFixed = other.from === 'table' || other.from === 'address'
      return isFixed ? { from: 'registers', registers: [own] } : ELSEWHERE
    }
    default: {
      // One of two, by a condition.
      const isMove = instruction.conditionCode !== ConditionCode.None && instruction.opCount === 2
      const other: Source = isMove ? operandSource(instruction, 1) : ELSEWHERE
      return other.from === 'registers' ? { from: 'registers', registers: [own, ...other.registers] } : ELSEWHERE
    }
  }
}

function operandSource(instruction: iced.Instruction, operand: number): Source {
  const { MemorySizeExt, OpKind, Register, RegisterExt } = decoderLibrary()
  const kind = instruction.opKind(operand)
  if (kind === OpKind.Register) {
    return { from: 'registers', registers: [RegisterExt.fullRegister(instruction.opRegister(operand))] }
  }
  if (kind !== OpKind.Memory) return { from: 'address' }
  const { memoryBase, memoryIndex, memoryIndexScale, memorySegment } = instruction
  // Each thread or processor has its own there.
  if (memorySegment === Register.FS || memorySegment === Register.GS) return ELSEWHERE
  const base = baseNamed(memoryBase)
  if (memoryIndex === Register.None && base !== undefined) {
    const size = MemorySizeExt.size(instruction.memorySize)
    return { from: 'frame', place: { base, distance: signed(instruction.memoryDisplacement), size } }
  }
  if (memoryBase === Register.None || instruction.isIpRelMemoryOperand) return { from: 'table', bases: [] }
  if (memoryIndex === Register.None) return { from: 'table', bases: [memoryBase] }
  return { from: 'table', bases: memoryIndexScale === 1 ? [memoryBase, memoryIndex] : [memoryBase] }
}

function usesOf(instruction: iced.Instruction, info: iced.InstructionInfo): Uses {
  const { FlowControl, MemorySizeExt, OpAccess, Register, RegisterExt } = decoderLibrary()
  const isWritten = (access: iced.OpAccess) =>
    access !== OpAccess.Read && access !== OpAccess.CondRead && access !== OpAccess.NoMemAccess
  const [registers, memory] = [info.usedRegisters(), info.usedMemory()]
  const written = new Set(
    registers.filter(({ access }) => isWritten(access)).map(({ register }) => RegisterExt.fullRegister(register)),
  )
  const isCall = [FlowControl.Call, FlowControl.IndirectCall].includes(instruction.flowControl)
  const places = memory
    .filter(({ access }) => isWritten(access) && !isCall)
    .map(each => ({
      bases: [baseNamed(each.base), baseNamed(each.index)],
      isPlain: each.index === Register.None,
      distance: signed(each.displacement),
      size: MemorySizeExt.size(each.memorySize),
    }))
  for (const each of [...registers, ...memory]) each.free()
  info.free()
  // All but these stay (System V ABI, "Registers").
  const { RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11 } = Register
  if (isCall) for (const each of [RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11]) written.add(each)
  return {
    written,
    stores: places.flatMap(({ bases: [base], isPlain, distance, size }) =>
      base === undefined || !isPlain ? [] : [{ base, distance, size }],
    ),
    storesAny: places.some(({ bases, isPlain }) => !isPlain && bases.some(base => base !== undefined)),
  }
}
