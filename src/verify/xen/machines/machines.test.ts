/** What each architecture's relocations do and when they do not fit, at the edges. */
import { describe, expect, test } from 'vitest'
import { toyHypervisor } from '../../../../tests/verify/toy.ts'
import { knownKind } from '../loader-kind.ts'
import { Memory } from '../memory.ts'
import { AARCH64 } from './aarch64.ts'
import type { Machine, RelocationResult } from './model.ts'
import { X86_64 } from './x86-64.ts'
import { isInstructionEnd } from './x86-instructions.ts'

const PLACE = 0xffff_82d0_4060_0000n

function relocate(machine: Machine, type: number, distance: bigint, offset = 0n) {
  const bytes = new DataView(new ArrayBuffer(16))
  const result = machine.relocate({
    type,
    offset,
    sectionSize: 16n,
    address: PLACE + offset,
    value: PLACE + distance,
    bytes,
  })
  return { result, bytes }
}

interface Row {
  readonly name: string
  readonly machine: Machine
  readonly type: number
  readonly distance: bigint
  readonly offset: bigint
  readonly result: RelocationResult
}
type Short = readonly [name: string, type: number, distance: bigint, result: RelocationResult, offset?: bigint]

const x86 = (...[name, type, distance, result, offset = 0n]: Short): Row => {
  return { name: `x86-64 ${name}`, machine: X86_64, type, distance, result, offset }
}
const arm = (...[name, type, distance, result, offset = 0n]: Short): Row => {
  return { name: `AArch64 ${name}`, machine: AARCH64, type, distance, result, offset }
}
const MIB = 1n << 20n

test.for<Row>([
  x86('NONE anywhere', 0, 0n, 'done', 100n),
  x86('64', 1, 1n << 40n, 'done'),
  x86('64 at the last place', 1, 0n, 'done', 8n),
  x86('64 one further', 1, 0n, 'past-end', 9n),
  x86('PC32 as far as it goes', 2, 0x7fff_ffffn, 'done'),
  x86('PC32 one further', 2, 0x8000_0000n, 'overflow'),
  x86('PC32 back as far as it goes', 2, -0x8000_0000n, 'done'),
  x86('PC32 back one further', 2, -0x8000_0001n, 'overflow'),
  x86('PLT32 at the last place', 4, 12n, 'done', 12n),
  x86('PLT32 one further', 4, 0n, 'past-end', 13n),
  x86('PLT32 at an offset that overflows', 4, 0n, 'past-end', 0xffff_ffff_ffff_ffffn),
  ...[9, 10, 11, 24, 41, 42].map(type => x86(`type ${type}`, type, 0n, 'unknown-type')),
  arm('ABS64', 257, 0n, 'done'),
  arm('ABS64 at the end', 257, 0n, 'past-end', 12n),
  arm('ABS32 of an address', 258, 0n, 'overflow'),
  arm('PREL32 as far as it goes', 261, 0xffff_ffffn, 'done'),
  arm('PREL32 one further', 261, 0x1_0000_0000n, 'overflow'),
  arm('CALL26 as far as it goes', 283, 128n * MIB - 4n, 'done'),
  arm('CALL26 one further', 283, 128n * MIB, 'overflow'),
  arm('JUMP26 back as far as it goes', 282, -128n * MIB, 'done'),
  arm('JUMP26 back one further', 282, -128n * MIB - 4n, 'overflow'),
  arm('CONDBR19 too far', 280, MIB, 'overflow'),
  arm('ADR_PREL_LO21 as far as it goes', 274, MIB - 1n, 'done'),
  arm('ADR_PREL_LO21 one further', 274, MIB, 'overflow'),
  arm('ADR_PREL_PG_HI21 as far as it goes', 275, (1n << 32n) - 4096n, 'done'),
  arm('ADR_PREL_PG_HI21 one page further', 275, 1n << 32n, 'overflow'),
  arm('ADR_PREL_PG_HI21_NC one page further', 276, 1n << 32n, 'done'),
  arm('ADD_ABS_LO12_NC', 277, 0n, 'done'),
  arm('MOVW_UABS_G0 of an address', 263, 0n, 'overflow'),
  arm('MOVW_UABS_G0_NC of an address', 264, 0n, 'done'),
  arm('MOVW_UABS_G3', 269, 0n, 'done'),
  arm('MOVW_PREL_G0 back', 287, -0x8000n, 'done'),
  arm('TSTBR14 as far as it goes', 279, 0x7ffcn, 'done'),
  arm('TSTBR14 one further, which Xen takes', 279, 0x8000n, 'cut'),
  arm('TSTBR14 back as far as it goes', 279, -0x8000n, 'done'),
  arm('TSTBR14 back one further, which Xen takes', 279, -0x8004n, 'cut'),
  arm('TSTBR14 as far as Xen counts', 279, MIB - 4n, 'cut'),
  arm('TSTBR14 farther', 279, MIB, 'overflow'),
  arm('LDST8 of any place', 278, 1n, 'done'),
  arm('LDST16 of an even place', 284, 2n, 'done'),
  arm('LDST16 of an odd place', 284, 1n, 'cut'),
  arm('LDST32 of half a word', 285, 2n, 'cut'),
  arm('LDST64 of a whole place', 286, 8n, 'done'),
  arm('LDST64 of a word', 286, 4n, 'cut'),
  arm('LDST128 of half of one', 299, 8n, 'cut'),
  arm('JUMP26 of a place that is no instruction', 282, 2n, 'cut'),
  arm('a type it does not know', 311, 0n, 'unknown-type'),
  arm('a type it does not know, past the end', 311, 0n, 'past-end', 16n),
])('$name: $result', ({ machine, type, distance, offset, result }) => {
  expect(relocate(machine, type, distance, offset).result).toBe(result)
})

test('values land where they belong, little-endian', () => {
  expect(relocate(X86_64, 1, 0x1234n).bytes.getBigUint64(0, true)).toBe(PLACE + 0x1234n)
  expect(relocate(X86_64, 2, -4n).bytes.getInt32(0, true)).toBe(-4)
  expect(relocate(X86_64, 4, 0x100n, 4n).bytes.getInt32(4, true)).toBe(0xfc)
  expect(relocate(AARCH64, 261, -8n).bytes.getInt32(0, true)).toBe(-8)
})

/** Each is filled with ones first. */
const FILLED: readonly (readonly [name: string, type: number, distance: bigint, word: number])[] = [
  ['CALL26', 283, 8n, 0xfc000002],
  ['CALL26 back', 283, -4n, 0xffffffff],
  ['CONDBR19', 280, 0x40n, 0xff00021f],
  ['TSTBR14', 279, 0x40n, 0xfff8021f],
  ['ADR_PREL_LO21', 274, 5n, 0xbf00003f],
  ['ADR_PREL_PG_HI21', 275, 0x3000n, 0xff00001f],
  ['ADD_ABS_LO12_NC', 277, 0x123n, 0xffc48fff],
  ['LDST64_ABS_LO12_NC, all twelve bits', 286, 0x128n, 0xffc097ff],
  ['LDST16_ABS_LO12_NC', 284, 0x122n, 0xffc247ff],
  ['MOVW_UABS_G0_NC', 264, 0x1234n, 0xffe2469f],
  ['MOVW_PREL_G0 back, a movn', 287, -2n, 0x9fe0003f],
  ['MOVW_PREL_G0 ahead, a movz', 287, 2n, 0xdfe0005f],
  ['MOVW_PREL_G0_NC back, which stays what it is', 288, -2n, 0xffffffdf],
]

test.for(FILLED)('AArch64 %s fills its field and nothing else', ([, type, distance, word]) => {
  const bytes = new DataView(new Uint8Array(16).fill(0xff).buffer)
  const field = { type, offset: 4n, sectionSize: 16n, address: PLACE + 4n, value: PLACE + 4n + distance, bytes }
  // Of what counts from a page, the place within it is nothing.
  const placed = type >= 277 && type <= 286 && ![279, 280, 282, 283].includes(type)
  AARCH64.relocate(placed || type === 264 ? { ...field, value: PLACE + distance } : field)
  expect(bytes.getUint32(4, true).toString(16)).toBe(word.toString(16))
  expect([bytes.getUint32(0, true), bytes.getUint32(8, true)]).toEqual([0xffffffff, 0xffffffff])
})

test.for([
  { name: 'a feature', feature: 17, lengths: [8, 8], is: undefined },
  { name: 'the first number that is none', feature: 18, lengths: [8, 8], is: 'feature' },
  { name: 'a callback, which a payload cannot have', feature: 18, lengths: [8, 0], is: 'feature' },
  { name: 'a feature turned round', feature: 0x8004, lengths: [8, 8], is: 'feature' },
  { name: 'lengths apart', feature: 4, lengths: [8, 4], is: 'lengths' },
])('an alternative on AArch64: $name', ({ feature, lengths: [originalLength = 0, replacementLength = 0], is }) => {
  const entry = { originalOffset: 0n, replacementOffset: 0n, feature, originalLength, replacementLength, padding: 0 }
  const kind = knownKind({ symbols: undefined, bySource: undefined, version: '4.17' })
  expect(AARCH64.alternatives.problem(entry, { kind: kind.kind, featureWords: undefined })?.what).toBe(is)
})

describe('room for a jump on x86-64', () => {
  const memory = (first: number) => {
    const bytes = new Uint8Array(Uint32Array.of(first).buffer)
    return new Memory({ images: [], hypervisor: toyHypervisor({ bytesAt: () => bytes, memoryAt: () => 'code' }) })
  }
  test.for([
    { name: 'ENDBR64', first: 0xfa1e0ff3, needed: { bytes: 9, landingPad: 4 } },
    { name: 'what Xen puts in its place', first: 0x011f0f66, needed: { bytes: 9, landingPad: 4 } },
    { name: 'a plain four-byte no-operation', first: 0x00401f0f, needed: { bytes: 5, landingPad: 0 } },
    { name: 'anything else', first: 0x90909090, needed: { bytes: 5, landingPad: 0 } },
  ])('behind $name', ({ first, needed }) => {
    expect(X86_64.neededAt(memory(first), PLACE)).toEqual(needed)
  })
})

test.for([
  { length: 5, ends: true },
  { length: 4, ends: false },
  { length: 10, ends: true },
  { length: 9, ends: false },
  { length: 0, ends: true },
])('instructions end at $length: $ends', ({ length, ends }) => {
  const code = Uint8Array.of(0xb8, 17, 0, 0, 0, 0xe9, 1, 2, 3, 4, 0x90, 0x90)
  expect(isInstructionEnd(code, length)).toBe(ends)
})
