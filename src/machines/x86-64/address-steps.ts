/**
 * What each instruction does with registers that may hold an address, for `address-flow.ts`: registers are bits of a
 * number, and what keeps, compares or hands on such an address says so by a bit of its own.
 */
import type * as iced from 'iced-x86'
import type { Fields } from '../machine.ts'
import { instructionsOf } from './instructions.ts'
import { decoderLibrary } from './library.ts'

/** Bits of the registers that may hold the address, and afterwards `KEPT`. */
export type Holding = number

/** The instruction may keep the address. */
export const KEPT: Holding = 1 << 16

export interface Step {
  readonly returns: boolean
  /** What stands between functions and loops. */
  readonly fills: boolean
  readonly start: number
  readonly end: number
  readonly after: (before: Holding) => Holding
  /** Where the code goes on, as places in it; undefined for a place that is not known or lies elsewhere. */
  readonly next: readonly (number | undefined)[]
}

/** By their numbers in instructions: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15. */
const RESULT = bits(0)
/** Only a result of two registers is there as well (System V ABI, "Returning of Values"). */
export const SECOND_RESULT = bits(2)

function bits(...numbers: readonly number[]): Holding {
  return numbers.reduce((all, number) => all | (1 << number), 0)
}

/** What is left of an instruction when the decoder has gone on. */
interface Read {
  readonly name: string
  /** Explicit operands; undefined for what is no register. */
  readonly operands: readonly (Holding | undefined)[]
  /** Registers by whose value memory is found. */
  readonly addressing: Holding
  readonly storesThere: boolean
  readonly reads: Holding
  /** By operands. */
  readonly explicitReads: Holding
  /** Whole registers that are written and not read. */
  readonly overwrites: Holding
  /** Where the field that has the address itself stands, if one does. */
  readonly field: 'none' | 'memory' | 'number'
  /** Whether the first operand is the whole of a general register. */
  readonly isWhole: boolean
}

/** `fields` are the places of the address in the code. */
export function stepsOf(
  code: Uint8Array,
  fields: readonly number[],
  { relocated, toParts, mayWrite }: Fields,
): readonly Step[] {
  const { FlowControl, Mnemonic } = decoderLibrary()
  const steps: Step[] = []
  for (const { instruction, start, end, constants, info } of instructionsOf(code)) {
    const numbers = constants()
    const field = fieldIn(start, end, fields, numbers)
    numbers.free()
    const holds = (places: ReadonlySet<number>) => [...places].some(place => place >= start && place < end)
    const leaves = holds(relocated)
    const isLeaving = leaves && !holds(toParts) && isJump(instruction)
    const found = readOf(instruction, info(), field)
    const read = mayWrite ? { ...found, storesThere: false } : found
    steps.push({
      returns: instruction.flowControl === FlowControl.Return,
      fills: instruction.mnemonic === Mnemonic.Nop || instruction.mnemonic === Mnemonic.Int3,
      start,
      end,
      after: instruction.isInvalid ? () => KEPT : effectOf(read, instruction, isLeaving),
      next: nextOf(instruction, end, { leaves, size: code.length }).filter(place => !isLeaving || place !== undefined),
    })
  }
  return steps
}

function isJump({ flowControl }: iced.Instruction): boolean {
  const { FlowControl } = decoderLibrary()
  return flowControl === FlowControl.UnconditionalBranch || flowControl === FlowControl.ConditionalBranch
}

function fieldIn(
  start: number,
  end: number,
  fields: readonly number[],
  { displacementOffset, displacementSize }: iced.ConstantOffsets,
): Read['field'] {
  const own = fields.filter(place => place >= start && place < end)
  if (own.length === 0) return 'none'
  return own.length === 1 && displacementSize > 0 && own[0] === start + displacementOffset ? 'memory' : 'number'
}

function nextOf(
  instruction: iced.Instruction,
  end: number,
  { leaves, size }: { readonly leaves: boolean; readonly size: number },
): Step['next'] {
  const { FlowControl } = decoderLibrary()
  const target = () => {
    const at = Number(BigInt.asIntN(64, instruction.nearBranchTarget))
    return leaves || at < 0 || at >= size ? undefined : at
  }
  switch (instruction.flowControl) {
    case FlowControl.UnconditionalBranch:
      return [target()]
    case FlowControl.ConditionalBranch:
      return [target(), end]
    case FlowControl.Return:
      return []
    case FlowControl.IndirectBranch:
      return [undefined]
    default:
      return end < size ? [end] : []
  }
}

function readOf(instruction: iced.Instruction, info: iced.InstructionInfo, field: Read['field']): Read {
  const { Mnemonic, OpAccess, OpKind } = decoderLibrary()
  const [registers, memory] = [info.usedRegisters(), info.usedMemory()]
  const isRead = (access: iced.OpAccess) => access !== OpAccess.Write && access !== OpAccess.CondWrite
  const isWritten = (access: iced.OpAccess) =>
    access !== OpAccess.Read && access !== OpAccess.CondRead && access !== OpAccess.NoMemAccess
  const union = (numbers: readonly Holding[]) => numbers.reduce((all, each) => all | each, 0)
  const accesses = [info.op0Access, info.op1Access, info.op2Access, info.op3Access]
  const operands = Array.from({ length: instruction.opCount }, (_, at) =>
    instruction.opKind(at) === OpKind.Register ? bitOf(instruction.opRegister(at)) : undefined,
  )
  const read: Read = {
    name: Mnemonic[instruction.mnemonic] ?? '',
    operands,
    explicitReads: union(operands.map((operand, at) => (isRead(accesses[at] ?? OpAccess.Read) ? (operand ?? 0) : 0))),
    addressing: union([
      bitOf(instruction.memoryBase) | bitOf(instruction.memoryIndex),
      ...memory.map(({ base, index }) => bitOf(base) | bitOf(index)),
    ]),
    storesThere: memory.some(({ access }) => isWritten(access)),
    reads: union(registers.filter(({ access }) => isRead(access)).map(({ register }) => bitOf(register))),
    overwrites: union(
      registers
        .filter(({ access, register }) => access === OpAccess.Write && isWhole(register))
        .map(each => bitOf(each.register)),
    ),
    field,
    isWhole: instruction.opCount > 0 && instruction.opKind(0) === OpKind.Register && isWhole(instruction.opRegister(0)),
  }
  for (const each of [...registers, ...memory]) each.free()
  info.free()
  return read
}

/** Of a general register; none for others. */
function bitOf(register: iced.Register): Holding {
  const { Register, RegisterExt } = decoderLibrary()
  const number = RegisterExt.isGPR(register) ? RegisterExt.fullRegister(register) - Register.RAX : -1
  return number < 0 || number > 15 ? 0 : 1 << number
}

/** Writing the low half of a register clears the other. */
function isWhole(register: iced.Register): boolean {
  const { RegisterExt } = decoderLibrary()
  return RegisterExt.isGPR32(register) || RegisterExt.isGPR64(register)
}

/** `isLeaving` of a jump to another function, which finds its arguments in registers and the rest as it may be. */
function effectOf(read: Read, { flowControl }: iced.Instruction, isLeaving: boolean): Step['after'] {
  const { FlowControl } = decoderLibrary()
  const isCall = flowControl === FlowControl.Call || flowControl === FlowControl.IndirectCall
  // Arguments are the least of it: a callee may be known to spare other registers (-fipa-ra), be called in a way of its own,
  // return to another place than behind the call, or be no function at all but a thunk for a return or a jump.
  if (isCall || isLeaving) return before => before | keptIf(read.field === 'number' || before !== 0)
  if (flowControl === FlowControl.Return) return before => before | keptIf((before & RESULT) !== 0)
  return movesOf(read) ?? comparesOf(read) ?? otherwise(read)
}

const keptIf = (isKept: boolean): Holding => (isKept ? KEPT : 0)

/** What makes one register of others. */
function movesOf({ name, operands: [to, from], addressing, field, isWhole }: Read): Step['after'] | undefined {
  if (to === undefined) return undefined
  // Into a part of a register, or one of another kind: what else is there stays, and nobody follows it.
  const put = (holds: (before: Holding) => boolean) => (before: Holding) => {
    if (isWhole) return holds(before) ? before | to : before & ~to
    return before | keptIf(holds(before))
  }
  if (name === 'Lea') return put(before => field !== 'none' || (before & addressing) !== 0)
  if (name === 'Mov' && (from !== undefined || field === 'number')) {
    return put(before => field !== 'none' || (before & (from ?? 0)) !== 0)
  }
  if (name.startsWith('Cmov') && from !== undefined) return put(before => (before & (to | from)) !== 0)
  if (name === 'Add' && (from !== undefined || field === 'number')) {
    return put(before => field === 'number' || (before & (to | (from ?? 0))) !== 0)
  }
  // Only if both surely hold it would the distance be the same wherever it lies, and that they do on this way is not known.
  if (name === 'Sub' && (from !== undefined || field === 'number')) {
    return before => before | keptIf(field === 'number' || (before & (to | (from ?? 0))) !== 0)
  }
  const isStep = name === 'Inc' || name === 'Dec' || ((name === 'Add' || name === 'Sub') && addressing === 0)
  return isStep && field === 'none' ? before => before : undefined
}

/** The question whether there is any address tells nothing of where it is. Two are compared by where they are. */
function comparesOf({ name, operands: [to, from], field }: Read): Step['after'] | undefined {
  if (to === undefined) return undefined
  if (name === 'Test' && to === from) return before => before
  if (name !== 'Cmp' || (from === undefined && field !== 'number')) return undefined
  return before => before | keptIf(field === 'number' || (before & (to | (from ?? 0))) !== 0)
}

/** What looks at the memory there, and nothing else. */
function otherwise({ explicitReads, addressing, storesThere, reads, overwrites, field }: Read): Step['after'] {
  return before => {
    const isStored = field === 'number' || (storesThere && (field === 'memory' || (before & addressing) !== 0))
    const isUsed = (before & (explicitReads | (reads & ~addressing))) !== 0
    return (before & ~overwrites) | keptIf(isStored || isUsed)
  }
}
