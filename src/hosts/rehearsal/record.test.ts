import { expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { buffer, cString, layOut, number, pointerTo, record, u16, u32, u64, zeros } from './record.ts'

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')

test('fields lie one after the other, little end first', () => {
  expect(hex(record(number(1, 1), u16(0x203), u32(0x4050607), u64(8n), zeros(2)).bytes)).toBe(
    '01' + '0302' + '07060504' + '0800000000000000' + '0000',
  )
})

test("a negative number is two's complement", () => {
  expect(hex(record(u32(-2), u64(-1n)).bytes)).toBe('feffffff' + 'ffffffffffffffff')
})

test('a pointer becomes the address of what it points to', () => {
  const text = cString('abc')
  const outer = record(u32(7), zeros(4), pointerTo(text))
  const { words, pieces, places } = layOut([outer, 5n], 0x1000n, 4096)
  expect(words).toEqual([0x1000n, 5n])
  expect(places.get(text)).toBe(16)
  expect(hex(pieces[0]?.bytes)).toBe('0700000000000000' + '1010000000000000')
  expect(hex(pieces[1]?.bytes)).toBe('61626300')
})

test('a buffer named twice is laid out once', () => {
  const shared = buffer(new Uint8Array(3))
  const { words, pieces } = layOut([shared, record(pointerTo(shared)), shared], 0n, 4096)
  expect(words).toEqual([0n, 16n, 0n])
  expect(pieces).toHaveLength(2)
})

test('what does not fit is an input error', () => {
  expect(() => layOut([buffer(new Uint8Array(5000))], 0n, 4096)).toThrow(InputError)
})
