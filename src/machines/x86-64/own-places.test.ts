import { expect, test } from 'vitest'
import { ownPlaces } from './own-places.ts'

const TABLE = '48 8d 15 00 00 00 00' // lea table(%rip), %rdx
const STEP = 'ff 24 c2' // jmp *(%rdx,%rax,8)

test.for([
  { name: 'no indirect jump', code: 'c3', elsewhere: false, tables: [] },
  { name: 'a table at a fixed address', code: 'ff 24 c5 00 00 00 00', elsewhere: false, tables: [[0, 7]] },
  { name: 'a table whose address is computed', code: `${TABLE} ${STEP}`, elsewhere: false, tables: [[0, 7]] },
  { name: 'a table that the caller gives', code: STEP, elsewhere: true, tables: [] },
  { name: 'what an argument points to', code: 'ff 27', elsewhere: true, tables: [] },
  { name: 'what a call may have written', code: `${TABLE} e8 00 00 00 00 ${STEP}`, elsewhere: true, tables: [] },
  { name: 'a slot that nobody has written', code: '48 8b 44 24 08 ff e0', elsewhere: true, tables: [] },
  {
    name: 'a slot that has an address',
    code: '48 8d 05 00 00 00 00 48 89 44 24 08 48 8b 44 24 08 ff e0',
    elsewhere: false,
    tables: [[0, 7]],
  },
  {
    name: 'beside a register that is no frame',
    code: '48 8d 05 00 00 00 00 48 89 45 f8 48 8b 45 f8 ff e0',
    elsewhere: true,
    tables: [],
  },
  {
    name: 'an address on one of two ways',
    code: '85 c0 74 09 48 8d 05 00 00 00 00 eb 03 48 8b 07 ff e0',
    elsewhere: true,
    tables: [[4, 11]],
  },
  { name: 'an address on both', code: '48 8d 05 00 00 00 00 85 c0 74 00 ff e0', elsewhere: false, tables: [[0, 7]] },
])('it jumps to $name', ({ code, elsewhere, tables }) => {
  const found = ownPlaces(bytesOf(code), new Set())
  expect(found.goesElsewhere).toBe(elsewhere)
  expect(found.tables.map(({ start, end }) => [start, end])).toEqual(tables)
})

test('an address of its own is one that no relocation leads elsewhere', () => {
  const code = bytesOf(`${TABLE} ${STEP}`)
  expect(ownPlaces(code, new Set()).takes).toBe(true)
  expect(ownPlaces(code, new Set([3])).takes).toBe(false)
})

const bytesOf = (text: string) => Uint8Array.from(text.split(' '), byte => Number.parseInt(byte, 16))
