/** Tables of linked images, by a size that a probe told or by what their entries lead to; images of a few bytes. */
import { expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { BootEdits } from './boot-edits.ts'
import { type LinkedImage, linkedEntries } from './linked-tables.ts'

const START = 0x1000n
const CODE = 0x2000n

/** A table of alternatives of `size` bytes each, of which the nth replaces n + 1 bytes, with 3 of padding, 16n into the code. */
function image(size: number, count: number, known: Partial<LinkedImage> = {}): LinkedImage {
  const bytes = new Uint8Array(size * count)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < count; index++) {
    const at = index * size
    view.setInt32(at, Number(CODE - START) + 16 * index - at, true)
    view.setUint8(at + 10, index + 1)
    if (size > 12) view.setUint8(at + 12, 3)
  }
  return {
    machine: X86_64.number,
    entrySizes: undefined,
    addressOf: name => {
      if (name === '__alt_instructions') return START
      return name === '__alt_instructions_end' ? START + BigInt(bytes.length) : undefined
    },
    bytesAt: () => bytes,
    isCode: address => address >= CODE && address < CODE + 0x1000n,
    ...known,
  }
}

const probe = (size: number) => ({ entrySizes: new Map([['.altinstructions', size]]) })

test.for([
  { name: 'the usual size', table: image(14, 3) },
  { name: 'the size that a probe told', table: image(20, 3, probe(20)) },
  { name: 'a size of other versions, without a probe', table: image(16, 3) },
  { name: 'the same, without padding', table: image(12, 5) },
])('$name: each entry is about its own place', ({ table }) => {
  const entries = linkedEntries('.altinstructions', table) ?? []
  expect(entries.map(({ about }) => about)).toEqual(entries.map((_, index) => CODE + BigInt(16 * index)))
})

test.for([
  { name: 'a probe tells another size than the table has', table: image(14, 3, probe(16)) },
  { name: 'a probe tells a size that divides the table, but leads nowhere', table: image(14, 8, probe(16)) },
  { name: 'no size that is known divides the table', table: image(22, 1) },
  { name: 'none leads to code', table: image(14, 3, { isCode: () => false }) },
])('$name: an error, and nothing is read', ({ table }) => {
  expect(() => linkedEntries('.altinstructions', table)).toThrow(InputError)
  expect(() => BootEdits.read(table)).toThrow(/\.altinstructions/)
})

test.for([
  { size: 14, edited: 4 },
  { size: 16, edited: 4 },
  { size: 12, edited: 1 },
])('entries of $size bytes: boot edits $edited bytes at the first place', ({ size, edited }) => {
  const edits = BootEdits.read(image(size, 4))
  expect(edits?.within(CODE, 1)).toEqual([{ what: 'alternative', address: CODE, size: edited }])
  expect(edits?.within(CODE + 16n, 1)).toEqual([{ what: 'alternative', address: CODE + 16n, size: edited + 1 }])
})

test('a table that is not there has no entries, and is no error', () => {
  expect(linkedEntries('.ex_table', image(14, 1))).toBeUndefined()
  expect(linkedEntries('.no_table', image(14, 1))).toBeUndefined()
  expect(linkedEntries('.altinstructions', image(14, 0))).toEqual([])
})
