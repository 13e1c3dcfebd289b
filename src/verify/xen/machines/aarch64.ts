/**
 * AArch64. Sources: xen/arch/arm/arm64/livepatch.c, xen/arch/arm/livepatch.c, xen/arch/arm/alternative.c.
 * Held against the real 4.17.5: tests/verify/xen-is-the-judge.test.ts.
 */
import { AARCH64 as KNOWN } from '../../../machines/aarch64/aarch64.ts'
import type { BitRange } from '../../../machines/machine.ts'
import { u64 } from '../raw.ts'
import type { Alternative, AlternativeProblem, Field, Machine, RelocationResult } from './model.ts'

type Base = 'absolute' | 'place' | 'page'

/** What a type computes and how its overflow is told; `nc` types never overflow. */
type Row =
  | { readonly kind: 'data'; readonly base: Base; readonly bits: 16 | 32 | 64 }
  | {
      readonly kind: 'move'
      readonly base: Base
      readonly shift: number
      readonly signed: boolean
      readonly nc: boolean
    }
  | FieldRow

interface FieldRow {
  readonly kind: 'field'
  readonly base: Base
  readonly shift: number
  readonly bits: number
  readonly nc: boolean
  /** Bits that the instruction has, where Xen counts more. */
  readonly has?: number
}

const data = (base: Base, bits: 16 | 32 | 64): Row => ({ kind: 'data', base, bits })
const move = (base: Base, shift: number, signed: boolean, nc = false): Row => ({
  kind: 'move',
  base,
  shift,
  signed,
  nc,
})
const field = (base: Base, shift: number, bits: number, nc = false): FieldRow => ({
  kind: 'field',
  base,
  shift,
  bits,
  nc,
})

/** By relocation number; the names are those of "ELF for the Arm 64-bit Architecture", chapter 5.7. */
const ROWS: Readonly<Record<number, Row>> = {
  257: data('absolute', 64), // ABS64
  258: data('absolute', 32), // ABS32
  259: data('absolute', 16), // ABS16
  260: data('place', 64), // PREL64
  261: data('place', 32), // PREL32
  262: data('place', 16), // PREL16
  263: move('absolute', 0, false), // MOVW_UABS_G0
  264: move('absolute', 0, false, true), // MOVW_UABS_G0_NC
  265: move('absolute', 16, false), // MOVW_UABS_G1
  266: move('absolute', 16, false, true), // MOVW_UABS_G1_NC
  267: move('absolute', 32, false), // MOVW_UABS_G2
  268: move('absolute', 32, false, true), // MOVW_UABS_G2_NC
  269: move('absolute', 48, false, true), // MOVW_UABS_G3
  270: move('absolute', 0, true), // MOVW_SABS_G0
  271: move('absolute', 16, true), // MOVW_SABS_G1
  272: move('absolute', 32, true), // MOVW_SABS_G2
  274: field('place', 0, 21), // ADR_PREL_LO21
  275: field('page', 12, 21), // ADR_PREL_PG_HI21
  276: field('page', 12, 21, true), // ADR_PREL_PG_HI21_NC
  277: field('absolute', 0, 12, true), // ADD_ABS_LO12_NC
  278: field('absolute', 0, 12, true), // LDST8_ABS_LO12_NC
  279: { ...field('place', 2, 19), has: 14 }, // TSTBR14, measured as 19 bits by Xen
  280: field('place', 2, 19), // CONDBR19
  282: field('place', 2, 26), // JUMP26
  283: field('place', 2, 26), // CALL26
  284: field('absolute', 1, 11, true), // LDST16_ABS_LO12_NC
  285: field('absolute', 2, 10, true), // LDST32_ABS_LO12_NC
  286: field('absolute', 3, 9, true), // LDST64_ABS_LO12_NC
  287: move('place', 0, true), // MOVW_PREL_G0
  288: move('place', 0, false, true), // MOVW_PREL_G0_NC
  289: move('place', 16, true), // MOVW_PREL_G1
  290: move('place', 16, false, true), // MOVW_PREL_G1_NC
  291: move('place', 32, true), // MOVW_PREL_G2
  292: move('place', 32, false, true), // MOVW_PREL_G2_NC
  293: move('place', 48, true, true), // MOVW_PREL_G3
  299: field('absolute', 4, 8, true), // LDST128_ABS_LO12_NC
}

/** Fields are filled before Xen looks at whether the value fits, instructions' too: nobody says that they are in code. */
function relocate({ type, offset, sectionSize, address, value, bytes }: Field): RelocationResult {
  if (offset >= sectionSize || offset + 4n > sectionSize) return 'past-end'
  const row = ROWS[type]
  if (row === undefined) return 'unknown-type'
  const result = compute(row.base, value, address)
  if (row.kind === 'move') {
    fillMove(bytes, Number(offset), {
      shifted: result >> BigInt(row.shift),
      isSigned: row.signed,
      isBelow: result < 0n,
    })
    return !row.nc && moveOverflows(result, row.shift, row.signed) ? 'overflow' : 'done'
  }
  if (row.kind === 'field') {
    fillBits(bytes, Number(offset), bitsOf(type), BigInt.asUintN(row.bits, result >> BigInt(row.shift)))
    return fieldResult(row, result)
  }
  if (row.bits === 64) {
    if (offset + 8n > sectionSize) return 'past-end'
    bytes.setBigInt64(Number(offset), result, true)
    return 'done'
  }
  if (row.bits === 32) bytes.setInt32(Number(offset), Number(BigInt.asIntN(32, result)), true)
  else bytes.setInt16(Number(offset), Number(BigInt.asIntN(16, result)), true)
  const half = 1n << BigInt(row.bits - 1)
  return result < -half || result >= half * 2n ? 'overflow' : 'done'
}

/** Where an instruction has its number. Of a load or store Xen fills all twelve bits, whatever it moves. */
function bitsOf(type: number): readonly BitRange[] {
  const known = KNOWN.relocationType(type)
  return known?.part === 'in-page' ? [{ at: 10, count: 12 }] : (known?.field.bits ?? [])
}

function fillBits(bytes: DataView, at: number, bits: readonly BitRange[], value: bigint): void {
  let word = BigInt(bytes.getUint32(at, true))
  let rest = value
  for (const { at: place, count } of bits) {
    const mask = (1n << BigInt(count)) - 1n
    word = (word & ~(mask << BigInt(place))) | ((rest & mask) << BigInt(place))
    rest >>= BigInt(count)
  }
  bytes.setUint32(at, Number(BigInt.asUintN(32, word)), true)
}

interface Move {
  readonly shifted: bigint
  readonly isSigned: boolean
  readonly isBelow: boolean
}

/** What takes a signed number becomes a `movz`, or a `movn` of the number turned over. */
function fillMove(bytes: DataView, at: number, { shifted, isSigned, isBelow }: Move): void {
  if (isSigned) fillBits(bytes, at, [{ at: 29, count: 2 }], isBelow ? 0n : 2n)
  fillBits(bytes, at, [{ at: 5, count: 16 }], isSigned && isBelow ? ~shifted : shifted)
}

/** A load or store has no place for the low bits of an address that is no multiple of what it moves. */
function fieldResult({ shift, bits, nc, base, has = bits }: FieldRow, value: bigint): RelocationResult {
  if (!nc && fieldOverflows(value, shift, bits)) return 'overflow'
  const isCut = base !== 'page' && BigInt.asUintN(shift, value) !== 0n
  return isCut || (!nc && fieldOverflows(value, shift, has)) ? 'cut' : 'done'
}

function compute(base: Base, value: bigint, place: bigint): bigint {
  if (base === 'absolute') return BigInt.asIntN(64, value)
  if (base === 'place') return BigInt.asIntN(64, value - place)
  return BigInt.asIntN(64, (value & ~0xfffn) - (place & ~0xfffn))
}

function moveOverflows(value: bigint, shift: number, signed: boolean): boolean {
  const shifted = value >> BigInt(shift)
  return u64(signed && value < 0n ? ~shifted : shifted) > 0xffffn
}

/** The bits above the field, its sign bit included, must be all equal. */
function fieldOverflows(value: bigint, shift: number, bits: number): boolean {
  const shifted = value >> BigInt(shift)
  return shifted !== BigInt.asIntN(bits, shifted)
}

/** struct alt_instr: two signed offsets, feature, two lengths. */
function readAlternative(view: DataView, at: number): Alternative {
  return {
    originalOffset: BigInt(view.getInt32(at, true)),
    replacementOffset: BigInt(view.getInt32(at + 4, true)),
    feature: view.getUint16(at + 8, true),
    originalLength: view.getUint8(at + 10),
    replacementLength: view.getUint8(at + 11),
    padding: 0,
  }
}

/** ARM_CB_PATCH, of 4.17 to 4.22: from it on there are no features. */
const FEATURES = 18

function alternativeProblem({
  feature,
  originalLength,
  replacementLength,
}: Alternative): AlternativeProblem | undefined {
  if (feature >= FEATURES) {
    const text = `feature ${feature} is none: Xen calls what it takes the replacement for, a function of its own, while that is no code yet`
    return { what: 'feature', errno: 'crash', text }
  }
  if (originalLength === replacementLength) return undefined
  const text = `its replacement has ${replacementLength} bytes, the place ${originalLength}; they must be equal ${SOME_PROCESSORS} feature ${feature}`
  return { what: 'lengths', errno: 'crash', text }
}

const SOME_PROCESSORS = 'on a processor that has'

export const AARCH64: Machine = {
  elfMachine: KNOWN.number,
  checksByteOrder: false,
  relErrno: 'ENOSYS',
  relocate,
  neededAt: () => ({ bytes: 4, landingPad: 0 }),
  measuresSwitchedOff: true,
  instructionSize: 4,
  distance: 0x800_0000n,
  bugFrameSize: 16,
  alternatives: { entrySize: 12, read: readAlternative, problem: alternativeProblem },
  takesExceptionTable: false,
  calls: undefined,
  landingPad: undefined,
  isInstructionEnd: (_code, length) => length % 4 === 0,
  // None of its branches is measured from the field's end, so they are left to Xen.
  branchType: -1,
  isMappingSymbol: name => /^\$[dx](\.|$)/.test(name),
}
