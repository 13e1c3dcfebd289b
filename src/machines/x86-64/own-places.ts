/**
 * Where x86-64 code goes by indirect jumps: to places that it finds in tables at fixed addresses, or that it computes
 * itself; or to whatever somebody keeps in memory. A function that stores addresses of its own labels and goes on there
 * later (direct threading, coroutines) is compiled like a call of another function at the end; only what it takes tells.
 *
 * It is tempting to trust any load with an index: `goto *ops[*p++]` and `goto *program[i]` differ by where the table is. So
 * each jump's target is followed back, on every way that leads to it, to what it was made of.
 */
import type * as iced from 'iced-x86'
import type { OwnPlaces } from '../machine.ts'
import { someBetween } from './flow.ts'
import { decoderLibrary } from './library.ts'

/** What a register is given by an instruction. */
type Source =
  /** An address that stands in the instruction, in these bytes. */
  | { readonly from: 'address' }
  | { readonly from: 'registers'; readonly registers: readonly iced.Register[] }
  /** A place of the stack's frame. */
  | { readonly from: 'slot'; readonly slot: string }
  /** A table that an index goes into; where `base` is none, its address stands in the instruction. */
  | { readonly from: 'table'; readonly bases: readonly iced.Register[] }
  | { readonly from: 'elsewhere' }

interface Step {
  readonly start: number
  readonly end: number
  readonly goesOn: boolean
  readonly target: number | undefined
  readonly jump: Source | undefined
  readonly written: ReadonlySet<iced.Register>
  /** Of the register that is written first. */
  readonly source: Source
  readonly stored: { readonly slot: string; readonly source: Source } | undefined
  readonly takesPlace: boolean
}

/** See `CodeKnowledge.ownPlaces`. */
export function ownPlaces(code: Uint8Array, relocated: ReadonlySet<number>): OwnPlaces {
  if (!mayJumpIndirectly(code)) return { takes: false, goesElsewhere: false, tables: [] }
  const steps = decode(code)
  const search = new Search(steps)
  const jumps = steps.flatMap((step, at) => (step.jump === undefined ? [] : [{ at, jump: step.jump }]))
  const isKept = jumps.some(({ at, jump }) => !search.isKnown(at, jump))
  return {
    takes: steps.some(({ takesPlace, start, end }) => takesPlace && !someBetween(relocated, start, end)),
    goesElsewhere: isKept,
    tables: search.tables,
  }
}

/** FF /4, somewhere: the decoder takes long to load. */
const mayJumpIndirectly = (code: Uint8Array): boolean =>
  code.some((byte, at) => byte === 0xff && (((code[at + 1] ?? 0) >> 3) & 7) === 4)

/** Follows a value back; whatever cannot be followed is not known. */
class Search {
  readonly tables: { readonly start: number; readonly end: number }[] = []
  readonly #steps: readonly Step[]
  readonly #before: readonly (readonly number[])[]
  /** What was asked, and what came of it; what is being asked does not speak against itself. */
  readonly #known = new Map<string, boolean>()

  constructor(steps: readonly Step[]) {
    this.#steps = steps
    this.#before = waysTo(steps)
  }

  isKnown(at: number, source: Source): boolean {
    switch (source.from) {
      case 'address':
        return this.#noteAddress(at)
      case 'table':
        if (source.bases.length === 0) return this.#noteAddress(at)
        // One of them is the table, the other an index.
        return source.bases.some(register => this.#isAddress(at, register))
      case 'registers':
        return source.registers.every(register => {
          const found = this.#definitions(at, register)
          return (
            found?.every(each => this.#once(`value ${each}`, () => this.isKnown(each, this.#sourceOf(each)))) ?? false
          )
        })
      case 'slot':
        return this.#once(`value ${source.slot}`, () =>
          this.#stores(source.slot, (each, stored) => this.isKnown(each, stored)),
        )
      default:
        return false
    }
  }

  /** Whether on every way to this step the register gets an address that stands in an instruction. */
  #isAddress(at: number, register: iced.Register): boolean {
    const found = this.#definitions(at, register) ?? []
    return (
      found.length > 0 &&
      found.every(each => this.#once(`address ${each}`, () => this.#givesAddress(each, this.#sourceOf(each))))
    )
  }

  #givesAddress(at: number, source: Source): boolean {
    if (source.from === 'address') return this.#noteAddress(at)
    if (source.from === 'registers') return source.registers.every(register => this.#isAddress(at, register))
    if (source.from !== 'slot') return false
    return this.#once(`address ${source.slot}`, () =>
      this.#stores(source.slot, (each, stored) => this.#givesAddress(each, stored)),
    )
  }

  #stores(slot: string, isGood: (at: number, source: Source) => boolean): boolean {
    const stores = this.#steps.flatMap(({ stored }, at) =>
      stored?.slot === slot ? [{ at, source: stored.source }] : [],
    )
    return stores.length > 0 && stores.every(({ at, source }) => isGood(at, source))
  }

  #noteAddress(at: number): boolean {
    const step = this.#steps[at]
    if (step !== undefined) this.tables.push({ start: step.start, end: step.end })
    return true
  }

  #once(key: string, ask: () => boolean): boolean {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, true)
    const answer = ask()
    this.#known.set(key, answer)
    return answer
  }

  #sourceOf(at: number): Source {
    return this.#steps[at]?.source ?? { from: 'elsewhere' }
  }

  /** The steps that gave the register what it has at this one; undefined where it may come from the caller. */
  #definitions(at: number, register: iced.Register): readonly number[] | undefined {
    const found = new Set<number>()
    const seen = new Set<number>()
    const open = [...(this.#before[at] ?? [])]
    if (at === 0) return undefined
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue
      seen.add(next)
      if (this.#steps[next]?.written.has(register)) found.add(next)
      else if (next === 0) return undefined
      else open.push(...(this.#before[next] ?? []))
    }
    return [...found]
  }
}

/** For each step, those that may run right before it. What no jump leads to and nothing falls into is an indirect jump's. */
function waysTo(steps: readonly Step[]): readonly (readonly number[])[] {
  const byStart = new Map(steps.map(({ start }, at) => [start, at]))
  const ways: number[][] = steps.map((_, at) => (at > 0 && steps[at - 1]?.goesOn === true ? [at - 1] : []))
  steps.forEach(({ target }, at) => {
    const to = target === undefined ? undefined : byStart.get(target)
    if (to !== undefined) ways[to]?.push(at)
  })
  const indirect = steps.flatMap(({ jump }, at) => (jump === undefined ? [] : [at]))
  return ways.map((known, at) => (known.length === 0 && at > 0 ? indirect : known))
}

function decode(code: Uint8Array): readonly Step[] {
  const { Decoder, DecoderOptions, Instruction, InstructionInfoFactory } = decoderLibrary()
  const decoder = new Decoder(64, code, DecoderOptions.None)
  const instruction = new Instruction()
  const factory = new InstructionInfoFactory()
  const steps: Step[] = []
  const hasFrame = setsFrame(code)
  try {
    while (decoder.canDecode) {
      const start = decoder.position
      decoder.decodeOut(instruction)
      const written = writtenBy(instruction, factory)
      steps.push(stepOf({ instruction, start, size: code.length, written, hasFrame }))
    }
  } finally {
    factory.free()
    instruction.free()
    decoder.free()
  }
  return steps
}

/** mov %rsp, %rbp: then what lies beside RBP is the frame. */
const setsFrame = (code: Uint8Array): boolean => Buffer.from(code).includes(Buffer.of(0x48, 0x89, 0xe5))

interface Decoded {
  readonly instruction: iced.Instruction
  readonly start: number
  readonly size: number
  readonly written: ReadonlySet<iced.Register>
  readonly hasFrame: boolean
}

function stepOf({ instruction, start, size, written, hasFrame }: Decoded): Step {
  const { FlowControl, OpKind, Mnemonic } = decoderLibrary()
  const { flowControl, op0Kind, mnemonic } = instruction
  const isBranch = flowControl === FlowControl.UnconditionalBranch || flowControl === FlowControl.ConditionalBranch
  const isIndirect = flowControl === FlowControl.IndirectBranch
  const stores = mnemonic === Mnemonic.Mov && op0Kind === OpKind.Memory
  const slot = stores ? slotOf(instruction, hasFrame) : undefined
  const place = instruction.isIpRelMemoryOperand ? Number(BigInt.asIntN(64, instruction.ipRelMemoryAddress)) : -1
  return {
    start,
    end: start + instruction.length,
    goesOn: ![FlowControl.UnconditionalBranch, FlowControl.IndirectBranch, FlowControl.Return].includes(flowControl),
    target: isBranch ? Number(BigInt.asIntN(64, instruction.nearBranchTarget)) : undefined,
    jump: isIndirect ? operandSource(instruction, 0, hasFrame) : undefined,
    written,
    source: sourceOf(instruction, hasFrame),
    stored: slot === undefined ? undefined : { slot, source: operandSource(instruction, 1, hasFrame) },
    takesPlace: mnemonic === Mnemonic.Lea && place > 0 && place < size,
  }
}

/** What the first operand, a register, is given. */
function sourceOf(instruction: iced.Instruction, hasFrame: boolean): Source {
  const { ConditionCode, Mnemonic, OpKind, Register, RegisterExt } = decoderLibrary()
  if (instruction.mnemonic === Mnemonic.Cdqe) return { from: 'registers', registers: [Register.RAX] }
  if (instruction.opCount < 1 || instruction.op0Kind !== OpKind.Register) return { from: 'elsewhere' }
  const own = RegisterExt.fullRegister(instruction.op0Register)
  const { mnemonic, memoryBase, memoryIndex } = instruction
  switch (mnemonic) {
    case Mnemonic.Mov:
    case Mnemonic.Movsxd:
    case Mnemonic.Movzx:
      return operandSource(instruction, 1, hasFrame)
    case Mnemonic.Lea: {
      const parts = [memoryBase, memoryIndex].filter(each => each !== Register.None)
      if (instruction.isIpRelMemoryOperand || parts.length === 0) return { from: 'address' }
      return { from: 'registers', registers: parts }
    }
    case Mnemonic.Add: {
      const other = operandSource(instruction, 1, hasFrame)
      // An address that another register, or a table of distances, is added to.
      if (other.from === 'registers') return { from: 'registers', registers: [own, ...other.registers] }
      const isFixed = other.from === 'table' || other.from === 'address'
      return isFixed ? { from: 'registers', registers: [own] } : { from: 'elsewhere' }
    }
    default: {
      // One of two, by a condition.
      const isMove = instruction.conditionCode !== ConditionCode.None && instruction.opCount === 2
      const other: Source = isMove ? operandSource(instruction, 1, hasFrame) : { from: 'elsewhere' }
      return other.from === 'registers'
        ? { from: 'registers', registers: [own, ...other.registers] }
        : { from: 'elsewhere' }
    }
  }
}

function operandSource(instruction: iced.Instruction, operand: number, hasFrame: boolean): Source {
  const { OpKind, Register, RegisterExt } = decoderLibrary()
  const kind = instruction.opKind(operand)
  if (kind === OpKind.Register) {
    return { from: 'registers', registers: [RegisterExt.fullRegister(instruction.opRegister(operand))] }
  }
  if (kind !== OpKind.Memory) return { from: 'address' }
  const slot = slotOf(instruction, hasFrame)
  if (slot !== undefined) return { from: 'slot', slot }
  const { memoryBase, memoryIndex, memoryIndexScale } = instruction
  if (memoryIndex === Register.None) return { from: 'elsewhere' }
  if (memoryBase === Register.None) return { from: 'table', bases: [] }
  return { from: 'table', bases: memoryIndexScale === 1 ? [memoryBase, memoryIndex] : [memoryBase] }
}

/** A place at a fixed distance from the stack's pointer or the frame's. */
function slotOf(
  { memoryBase, memoryIndex, memoryDisplacement }: iced.Instruction,
  hasFrame: boolean,
): string | undefined {
  const { Register } = decoderLibrary()
  const isFrame = memoryBase === Register.RSP || (hasFrame && memoryBase === Register.RBP)
  return isFrame && memoryIndex === Register.None ? `${memoryBase} ${memoryDisplacement}` : undefined
}

/** What a call may write, by System V: all but these stay. */
function writtenBy(instruction: iced.Instruction, factory: iced.InstructionInfoFactory): ReadonlySet<iced.Register> {
  const { FlowControl, OpAccess, Register, RegisterExt } = decoderLibrary()
  const written = new Set<iced.Register>()
  const info = factory.info(instruction)
  const used = info.usedRegisters()
  for (const each of used) {
    const { access, register } = each
    if (access !== OpAccess.Read && access !== OpAccess.CondRead && access !== OpAccess.NoMemAccess) {
      written.add(RegisterExt.fullRegister(register))
    }
    each.free()
  }
  info.free()
  const { flowControl } = instruction
  if (flowControl === FlowControl.Call || flowControl === FlowControl.IndirectCall) {
    for (const each of [Register.RAX, Register.RCX, Register.RDX, Register.RSI, Register.RDI]) written.add(each)
    for (const each of [Register.R8, Register.R9, Register.R10, Register.R11]) written.add(each)
  }
  return written
}
