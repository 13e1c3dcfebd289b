/** A work that was done by the agent's word: what the process is like then decides. */
import { describe, expect, test } from 'vitest'
import { checkCarriedOut, checkUploaded } from './afterwards.ts'
import type { Slot, WorkOrder } from './layout.ts'

const area = (address: number, length: number) => ({ address, length })
const areas = { code: area(0x1000, 2), readOnly: area(0x2000, 2), writable: area(0x3000, 0) }
const slot = (state: Slot['state'], order: number): Slot => {
  return { index: 0, name: 'fix', state, order, result: 0, applied: 1, areas, about: area(0x2010, 2) }
}
const memory = (bytes: Readonly<Record<number, number>>) => ({
  read: (address: number, length: number) => Uint8Array.from({ length }, (_, index) => bytes[address + index] ?? 0),
})
const untrue = expect.objectContaining({ code: 'process/agent-untrue' })

describe('an action', () => {
  const write = (address: number, before: number[], after: number[]) =>
    ({ kind: 'write', address, before: Uint8Array.from(before), after: Uint8Array.from(after) }) as const
  const order = (state: 'CHECKED' | 'APPLIED', place: number): WorkOrder => ({
    slot: 0,
    action: 3,
    timeoutMs: 1,
    ranges: [],
    before: [],
    // The second write is upon the first one's last byte.
    stand: [write(8, [0, 0], [1, 2]), write(9, [2], [3]), { kind: 'slot', slot: 0, state, order: place }],
    after: [],
  })
  const wipe: WorkOrder = { ...order('CHECKED', 0), stand: [{ kind: 'wipe', slot: 0 }] }
  const written = memory({ 8: 1, 9: 3 })

  test('that was carried out', () => {
    checkCarriedOut(order('APPLIED', 2), [slot('APPLIED', 2)], written)
    checkCarriedOut(wipe, [slot('empty', 0)], memory({}))
  })

  test.for<[string, WorkOrder, readonly Slot[], ReturnType<typeof memory>]>([
    ['left the slot as it was', order('APPLIED', 2), [slot('CHECKED', 0)], written],
    ['put it at another place', order('APPLIED', 2), [slot('APPLIED', 1)], written],
    ['wrote nothing', order('APPLIED', 2), [slot('APPLIED', 2)], memory({})],
    ['wrote the first bytes only', order('APPLIED', 2), [slot('APPLIED', 2)], memory({ 8: 1, 9: 2 })],
    ['did not unload', wipe, [slot('CHECKED', 0)], written],
    ['lost the slot', order('CHECKED', 0), [], written],
  ])('that %s', ([, wanted, slots, there]) => {
    expect(() => checkCarriedOut(wanted, slots, there)).toThrow(untrue)
  })
})

describe('an upload', () => {
  const load = {
    slot: { name: 'fix', areas, about: area(0x2010, 2) },
    pieces: [{ address: 0x1000, bytes: Uint8Array.of(7, 8) }],
  }
  const there = memory({ 4096: 7, 4097: 8 })

  test('that is there', () => {
    checkUploaded(load, slot('CHECKED', 0), there)
  })

  test.for<[string, Slot | undefined, ReturnType<typeof memory>]>([
    ['is not', undefined, there],
    ['was never told', slot('empty', 0), there],
    ['is another one', { ...slot('CHECKED', 0), name: 'other' }, there],
    ['lies elsewhere', { ...slot('CHECKED', 0), areas: { ...areas, code: area(0x1800, 2) } }, there],
    ['has other bytes', slot('CHECKED', 0), memory({ 4096: 7 })],
  ])('that %s', ([, found, bytes]) => {
    expect(() => checkUploaded(load, found, bytes)).toThrow(untrue)
  })
})
