/** Numbers that no agent can have, one by one: each is an error that says it. */
import { describe, expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { type About, decodeAbout, encodeAbout } from './about.ts'
import { checkedAnswers, checkedHeader, checkedSlots, checkedWork } from './claims.ts'
import { type AgentHeader, readHeader, readSlots, readWork, type Slot, slotBytes, stateBytes, WORK } from './layout.ts'
import type { Mapping } from './proc.ts'

const BASE = 0x7000_0000
const MIB = 2 ** 20
const END = 2n ** 64n - 1n

const mapping = (at: number, length: number, access: string): Mapping => {
  return { start: BASE + at, end: BASE + at + length, access, offset: at, path: '/memfd:hotsplice (deleted)' }
}
const OWN = mapping(0, MIB, 'rw-p')
const MAPPINGS = [
  OWN,
  mapping(MIB, 16 * MIB, 'r-xp'),
  mapping(17 * MIB, 8 * MIB, 'r--p'),
  mapping(25 * MIB, 8 * MIB, 'r--p'),
  mapping(33 * MIB, 16 * MIB, 'rw-p'),
]

/** Field name → where it is and how wide, as agent/hotsplice-agent.h has it. */
const FIELDS = {
  base: [16, 8],
  size: [24, 8],
  code: [32, 8],
  codeLength: [40, 8],
  readOnly: [48, 8],
  readOnlyLength: [56, 8],
  writable: [64, 8],
  writableLength: [72, 8],
  slots: [80, 4],
  slotSize: [84, 4],
  slotsAt: [88, 4],
  workAt: [92, 4],
  workSize: [96, 4],
} as const
type Field = keyof typeof FIELDS

const SOUND: Readonly<Record<Field, number | bigint>> = {
  base: BASE,
  size: MIB,
  code: BASE + MIB,
  codeLength: 16 * MIB,
  readOnly: BASE + 17 * MIB,
  readOnlyLength: 16 * MIB,
  writable: BASE + 33 * MIB,
  writableLength: 16 * MIB,
  slots: 64,
  slotSize: 256,
  slotsAt: 4096,
  workAt: 65536,
  workSize: MIB - 65536,
}

function header(changes: Partial<Record<Field, number | bigint>> = {}): AgentHeader {
  const view = new DataView(new ArrayBuffer(256))
  view.setBigUint64(0, 0x314543494c505348n, true)
  view.setUint32(8, 1, true)
  for (const [field, value] of Object.entries({ ...SOUND, ...changes })) {
    const [at, width] = FIELDS[field as Field]
    if (width === 8) view.setBigUint64(at, BigInt(value), true)
    else view.setUint32(at, Number(value), true)
  }
  const read = readHeader(new Uint8Array(view.buffer))
  if (read === undefined) throw new Error('no header')
  return read
}

const refused = expect.objectContaining({ code: 'process/agent-numbers' })

test('a sound agent’s are taken, also where a pool is several mappings', () => {
  expect(checkedHeader(header(), OWN, MAPPINGS)).toEqual(header())
})

test.for<Partial<Record<Field, number | bigint>>>([
  { slots: 0xffff_ffff },
  { slots: 0 },
  { slots: 4096 },
  { slotSize: 8 },
  { slotsAt: 0xffff_f000 },
  { slotsAt: 8 },
  { slotsAt: 4097 },
  { slotsAt: 65000 },
  { workAt: 0xffff_0000 },
  { workAt: 5000 },
  { workAt: 0 },
  { workSize: 0xffff_ffff },
  { workSize: 8 },
  { size: END },
  { size: 2 * MIB },
  { size: 16 },
  { codeLength: 0x7fff_ffff_ffff_ffffn, code: 0xffff_ffff_ff60_0000n },
  { code: END },
  { code: BASE },
  { code: BASE + 33 * MIB },
  { codeLength: 0 },
  { codeLength: 17 * MIB },
  { readOnlyLength: END },
  { readOnly: BASE + MIB, readOnlyLength: 20 * MIB },
  { writable: BASE + 17 * MIB },
  { writable: 0 },
  { writableLength: 17 * MIB },
])('%o cannot be', changes => {
  expect(() => checkedHeader(header(changes), OWN, MAPPINGS)).toThrow(refused)
})

describe('slots', () => {
  const area = (at: number, length: number) => ({ address: BASE + at, length })
  const sound = (name: string, at: number): Slot => ({
    index: 0,
    name,
    state: 'CHECKED',
    result: 0,
    order: 0,
    applied: 0,
    areas: { code: area(MIB + at, 64), readOnly: area(17 * MIB + at, 64), writable: area(33 * MIB + at, 0) },
    about: area(17 * MIB + at + 64, 100),
  })
  const one = sound('one', 0)
  const two = { ...sound('two', 4096), index: 1 }
  const checked = (...slots: readonly Slot[]) => checkedSlots(slots, header())

  test('of a sound agent are taken', () => {
    expect(checked(one, two)).toEqual([one, two])
  })

  test.for<[string, Slot]>([
    ['code beyond its pool', { ...one, areas: { ...one.areas, code: area(17 * MIB - 8, 64) } }],
    [
      'code at the end of the address space',
      { ...one, areas: { ...one.areas, code: { address: 2 ** 64, length: 1 } } },
    ],
    ['data before its pool', { ...one, areas: { ...one.areas, writable: area(0, 8) } }],
    ['a description of gigabytes', { ...one, about: area(17 * MIB, 2 ** 32 - 1) }],
    ['no description', { ...one, about: area(17 * MIB, 0) }],
    ['a description elsewhere', { ...one, about: { address: 0, length: 10 } }],
    ['no name', { ...one, name: '' }],
    ['the name of another', { ...one, name: 'two' }],
    ['another one’s code', { ...one, areas: { ...one.areas, code: area(MIB + 4096 + 8, 8) } }],
    ['a state of its own', { ...one, state: 'unknown' }],
  ])('%s is an error', ([, slot]) => {
    expect(() => checked(slot, two)).toThrow(refused)
  })

  test('two at one place of the stack are an error', () => {
    const applied = (slot: Slot): Slot => ({ ...slot, state: 'APPLIED', order: 1 })
    expect(checked(applied(one), two)).toHaveLength(2)
    expect(() => checked(applied(one), applied(two))).toThrow(refused)
  })

  test.for([16, 3, 0xffff_ffff])('state %i is none', number => {
    const bytes = slotBytes(one)
    bytes.set(new Uint8Array(Uint32Array.of(number).buffer), 128)
    expect(readSlots(bytes)[0]?.state).toBe('unknown')
    bytes.set(stateBytes('APPLIED'), 128)
    expect(readSlots(bytes)[0]?.state).toBe('APPLIED')
  })

  const ABOUT: About = {
    format: 1,
    uploaded: 'now',
    buildId: null,
    depends: null,
    programDepends: null,
    functions: [
      {
        name: 'f',
        old: 0x1000,
        oldSize: 64,
        new: one.areas.code.address,
        newSize: 64,
        at: 0x1004,
        bytes: 'e900000000',
        expectation: '',
        ranges: [{ start: 0x1000, end: 0x1040 }],
      },
    ],
    hooks: { load: [one.areas.code.address + 8] },
    symbols: {},
    metadata: '',
    saved: one.areas.readOnly.address,
    pristine: one.areas.readOnly.address + 32,
  }
  const [F] = ABOUT.functions
  const withF = (changes: object) => ({ ...ABOUT, functions: [{ ...F, ...changes }] })

  test('a description that fits its slot is taken', () => {
    expect(decodeAbout(encodeAbout(ABOUT), one)).toEqual(ABOUT)
  })

  test.for<[string, unknown]>([
    ['a function of petabytes', withF({ oldSize: 1e15 })],
    ['a function of more than any', withF({ oldSize: 2 ** 31, newSize: 0, new: 0 })],
    ['a change outside of its function', withF({ at: 0x1040 })],
    ['a change across its end', withF({ at: 0x103e })],
    ['no bytes', withF({ bytes: '' })],
    ['bytes that are none', withF({ bytes: 'zz' })],
    ['too many bytes', withF({ bytes: '90'.repeat(33) })],
    ['new code that is not the payload’s', withF({ new: 0x5000 })],
    ['new code across the end', withF({ newSize: 65 })],
    ['a place beyond all places', withF({ old: 1e300, at: 1e300 })],
    ['a part that ends before it begins', withF({ ranges: [{ start: 9, end: 8 }] })],
    ['a hook elsewhere', { ...ABOUT, hooks: { load: [0x1000] } }],
    ['no room for what was there', { ...ABOUT, saved: one.areas.readOnly.address + 40 }],
    ['room somewhere else', { ...ABOUT, saved: 0 }],
    ['data kept somewhere else', { ...ABOUT, pristine: 2 ** 46 }],
    ['no description at all', []],
  ])('a description with %s is an error', ([, about]) => {
    const bytes = new TextEncoder().encode(JSON.stringify(about))
    expect(() => decodeAbout(bytes, one)).toThrow(expect.objectContaining({ code: 'process/damaged' }))
  })
})

describe('works', () => {
  const work = (fields: readonly (readonly [number, bigint])[]) => {
    const view = new DataView(new ArrayBuffer(WORK.size))
    for (const [at, value] of fields) view.setBigUint64(at, value, true)
    return readWork(new Uint8Array(view.buffer))
  }

  test('that count on are taken', () => {
    expect(
      checkedWork(
        work([
          [0, 8n],
          [8, 8n],
          [16, 7n],
        ]),
        header(),
      ).asked,
    ).toBe(8)
  })

  test.for<[string, readonly (readonly [number, bigint])[]]>([
    [
      'more than can be counted',
      [
        [0, END],
        [8, END],
        [16, END],
      ],
    ],
    ['done before they were asked for', [[16, 1000n]]],
    [
      'asked for and forgotten',
      [
        [0, 1000n],
        [8, 1000n],
      ],
    ],
    ['for a slot that there is not', [[40, 64n]]],
    ['that end with a number of their own', [[24, 5n]]],
  ])('%s are an error', ([, fields]) => {
    expect(() => checkedWork(work(fields), header())).toThrow(refused)
  })

  test('an answer is an address of a program', () => {
    expect(checkedAnswers([0, 0x7fff_0000_0000])).toHaveLength(2)
    for (const wrong of [2 ** 47, Number(END)]) expect(() => checkedAnswers([1, wrong])).toThrow(InputError)
  })
})
