import { describe, expect, it } from 'vitest'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { linkedField } from './field.ts'

const ADDRESS_32 = 10
const SIGNED_32 = 11
const field = (type: number, bytes: readonly number[], addend: bigint) =>
  linkedField(Uint8Array.from(bytes), 0, {
    machine: X86_64.number,
    type,
    address: 0x1000n,
    addend,
    own: new Uint8Array(4),
  })

describe('an absolute field of four bytes in a linked image', () => {
  it.each([
    ['at the top of the memory', SIGNED_32, [0x10, 0x20, 0x00, 0x82], 0xffff_ffff_8200_2000n],
    ['in the lower two gigabytes', SIGNED_32, [0x10, 0x20, 0x00, 0x02], 0x200_2000n],
    ['of a type that is never negative', ADDRESS_32, [0x10, 0x20, 0x00, 0x82], 0x8200_2000n],
  ])('tells where its symbol is: %s', (_, type, bytes, reached) => {
    const found = field(type, bytes, 0x10n)
    expect(found?.reached).toBe(reached)
    expect(found?.expected(reached)).toBe(found?.value)
  })
})
