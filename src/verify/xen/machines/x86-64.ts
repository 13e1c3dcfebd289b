/** x86-64. Sources: xen/arch/x86/livepatch.c, xen/arch/x86/alternative.c, asm/endbr.h. */
import { X86_64 as KNOWN } from '../../../machines/x86-64/x86-64.ts'
import type { Memory } from '../memory.ts'
import { u64 } from '../raw.ts'
import type {
  Alternative,
  AlternativeContext,
  AlternativeProblem,
  CallRules,
  Field,
  Machine,
  RelocationResult,
} from './model.ts'
import { isInstructionEnd } from './x86-instructions.ts'

const NONE = 0
const ABSOLUTE_64 = 1
const PC_32 = 2
const PLT_32 = 4

const JUMP_SIZE = 5
const ENDBR64 = 0xfa1e0ff3
/** With the NOP that Xen puts in its place where nothing calls the function through a pointer. */
const LANDING_PADS = new Set([ENDBR64, 0x011f0f66])
const LANDING_PAD_SIZE = 4

/** Longest stretch of code that one alternative edits (MAX_PATCH_LEN). */
const LONGEST_EDIT = 254
const NOT_FLAG = 0x8000

/** PLT32 is taken for PC32: Xen is linked statically. */
function relocate({ type, offset, sectionSize, address, value, bytes }: Field): RelocationResult {
  if (type === NONE) return 'done'
  const width = type === ABSOLUTE_64 ? 8n : 4n
  if (type !== ABSOLUTE_64 && type !== PC_32 && type !== PLT_32) return 'unknown-type'
  if (offset >= sectionSize || offset + width > sectionSize) return 'past-end'
  if (type === ABSOLUTE_64) {
    bytes.setBigUint64(Number(offset), u64(value), true)
    return 'done'
  }
  const distance = BigInt.asIntN(64, value - address)
  bytes.setInt32(Number(offset), Number(BigInt.asIntN(32, distance)), true)
  return distance === BigInt.asIntN(32, distance) ? 'done' : 'overflow'
}

function neededAt(memory: Memory, oldAddress: bigint) {
  const first = memory.readU32(oldAddress)
  if (first === undefined) return 'unreadable'
  const landingPad = LANDING_PADS.has(first) ? LANDING_PAD_SIZE : 0
  return { bytes: JUMP_SIZE + landingPad, landingPad }
}

/** struct alt_instr: two signed offsets, feature, three lengths, a byte of state. */
function readAlternative(view: DataView, at: number): Alternative {
  return {
    originalOffset: BigInt(view.getInt32(at, true)),
    replacementOffset: BigInt(view.getInt32(at + 4, true)),
    feature: view.getUint16(at + 8, true),
    originalLength: view.getUint8(at + 10),
    replacementLength: view.getUint8(at + 11),
    padding: view.getUint8(at + 12),
  }
}

/** Some loaders stop on these (BUG_ON), others refuse the payload. */
function problem(entry: Alternative, { kind, featureWords }: AlternativeContext): AlternativeProblem | undefined {
  const refused = kind.refusesAlternatives
  const { replacementLength, originalLength, padding } = entry
  const room = originalLength + padding
  if (replacementLength > room) {
    const text = `its replacement has ${replacementLength} bytes, the place ${room} (${originalLength} and ${padding} of padding)`
    return { what: 'lengths', errno: refused ? 'ENOSPC' : 'crash', text }
  }
  if (room > LONGEST_EDIT) {
    const text = `the place has ${room} bytes; at most ${LONGEST_EDIT} can be edited`
    return { what: 'lengths', errno: refused ? 'ENOSPC' : 'crash', text }
  }
  const feature = kind.knowsInverted ? entry.feature & ~NOT_FLAG : entry.feature
  const limit = featureWords === undefined ? undefined : featureWords * 32
  if (limit === undefined || feature < limit) return undefined
  return {
    what: 'feature',
    errno: refused ? 'ERANGE' : 'crash',
    text: `CPU feature ${feature} is not below ${limit}, the number of features that this hypervisor counts`,
  }
}

const [CALL, JUMP] = [0xe8, 0xe9]
const [INDIRECT, THROUGH_CALL, THROUGH_JUMP] = [0xff, 0x15, 0x25]

const CALLS: CallRules = {
  directSize: JUMP_SIZE,
  direct: code => {
    const [opcode] = code
    return opcode === CALL || opcode === JUMP ? { isCall: opcode === CALL, distance: int32(code, 1) } : undefined
  },
  indirectSize: 6,
  indirectCall: 'ff 15',
  indirect: (code, isCall) => {
    const isOne = code[0] === INDIRECT && code[1] === (isCall ? THROUGH_CALL : THROUGH_JUMP)
    return isOne ? int32(code, 2) : undefined
  },
}

const int32 = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getInt32(at, true)

export const X86_64: Machine = {
  elfMachine: KNOWN.number,
  checksByteOrder: true,
  relErrno: 'EOPNOTSUPP',
  relocate,
  neededAt,
  measuresSwitchedOff: false,
  instructionSize: 1,
  distance: 0x8000_0000n,
  bugFrameSize: 8,
  alternatives: { entrySize: 14, branchesOut: undefined, read: readAlternative, problem },
  takesExceptionTable: true,
  calls: CALLS,
  landingPad: ENDBR64,
  isInstructionEnd,
  branchType: PLT_32,
  isMappingSymbol: () => false,
}
