/** The parts that read a hypervisor's image, on images of a few bytes; tests/verify/xen-symbols.test.ts has the real one. */
import { expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import { buildIdOf } from '../build-id-note.ts'
import { BootEdits } from './boot-edits.ts'
import { XenNameTable } from './name-table.ts'
import { isPe, readPeBuildId } from './pe-build-id.ts'
import { readHypervisorSymbols } from './symbols.ts'

/** Symbols' tables as xen/tools/symbols.c lays them out, without compression: each code is one character. */
function nameTable(
  names: readonly (readonly [name: string, address: number])[],
  { sorted = true, counts = ['symbols_num_syms'] } = {},
) {
  const bytes = new Map<string, Uint8Array>()
  const words = (...values: readonly number[]) => new Uint8Array(Uint32Array.from(values).buffer)
  const streams = names.map(([name]) => Uint8Array.of(name.length + 1, ...Buffer.from(`T${name}`)))
  const offsets = streams.map((_, index) => streams.slice(0, index).reduce((sum, { length }) => sum + length, 0))
  bytes.set('symbols_names', Uint8Array.from(streams.flatMap(stream => [...stream])))
  bytes.set('symbols_token_table', Uint8Array.from(Array.from({ length: 256 }, (_, code) => [code, 0]).flat()))
  bytes.set('symbols_token_index', new Uint8Array(Uint16Array.from({ length: 256 }, (_, code) => code * 2).buffer))
  bytes.set('symbols_offsets', words(...names.map(([, address]) => address)))
  for (const count of counts) bytes.set(count, words(names.length))
  const order = names.map((_, index) => index).sort((a, b) => ((names[a]?.[0] ?? '') < (names[b]?.[0] ?? '') ? -1 : 1))
  if (sorted) bytes.set('symbols_sorted_offsets', words(...order.flatMap(index => [offsets[index] ?? 0, index])))
  const places = [...bytes.keys()]
  return XenNameTable.read({
    addressOf: name => (bytes.has(name) ? BigInt(places.indexOf(name) + 1) : undefined),
    bytesFrom: address => bytes.get(places[Number(address) - 1] ?? ''),
    origin: 0x1000n,
  })
}

const NAMES = [
  ['beta', 1],
  ['alpha', 2],
  ['a.c#local', 3],
  ['', 4],
  ['zeta', 5],
] as const

test.for([
  { form: 'sorted by name', options: {} },
  { form: 'searched from the start', options: { sorted: false } },
  { form: 'with counts apart, as since 4.21', options: { counts: ['symbols_num_addrs', 'symbols_num_names'] } },
])('names are found in a table $form', ({ options }) => {
  const table = nameTable(NAMES, options)
  expect(['alpha', 'beta', 'a.c#local', 'zeta'].map(name => table?.lookup(name))).toEqual([
    0x1002n,
    0x1001n,
    0x1003n,
    0x1005n,
  ])
  expect(['', 'Alpha', 'local', 'alphabet'].map(name => table?.lookup(name))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect([...(table?.entries() ?? [])].map(({ name }) => name)).toEqual(NAMES.map(([name]) => name))
})

test('of two equal names the table decides, by where its search comes first', () => {
  const table = nameTable([
    ['same', 1],
    ['same', 2],
    ['same', 3],
  ])
  expect(table?.lookup('same')).toBe(0x1002n)
  expect(
    nameTable(
      [
        ['same', 1],
        ['same', 2],
      ],
      { sorted: false },
    )?.lookup('same'),
  ).toBe(0x1001n)
})

test('an image without the table has no names', () => {
  expect(nameTable(NAMES, { counts: [] })).toBeUndefined()
})

test('edits overlap a range, by a byte or not', () => {
  const alternatives = new Uint8Array(28)
  const view = new DataView(alternatives.buffer)
  view.setInt32(0, 0x100, true) // at 0x1100: 5 and 3 bytes of padding
  alternatives.set([5, 2, 3], 10)
  view.setInt32(14, 0x200, true) // at 0x120e: 3 bytes
  alternatives.set([3, 3, 0], 24)
  const pads = new Uint8Array(BigUint64Array.of(0x1300n, 0n).buffer)
  const symbols: Record<string, bigint> = {
    __alt_instructions: 0x1000n,
    __alt_instructions_end: 0x101cn,
    __initdata_cf_clobber_start: 0x2000n,
    __initdata_cf_clobber_end: 0x2010n,
  }
  const edits = BootEdits.read({
    machine: X86_64.number,
    entrySizes: undefined,
    isCode: address => address >= 0x1100n && address < 0x1400n,
    addressOf: name => symbols[name],
    bytesAt: address => (address === 0x1000n ? alternatives : pads),
  })
  const kinds = (address: bigint, size: number) =>
    edits?.within(address, size).map(({ what, address }) => [what, address])
  expect(kinds(0x1107n, 1)).toEqual([['alternative', 0x1100n]])
  expect(kinds(0x1108n, 8)).toEqual([])
  expect(kinds(0x10f0n, 16)).toEqual([])
  expect(kinds(0x1000n, 0x400)).toEqual([
    ['alternative', 0x1100n],
    ['alternative', 0x120en],
    ['landing-pad', 0x1300n],
  ])
})

test('a build-id is found behind another note, whatever its length', () => {
  const note = (type: number, id: readonly number[]) => [
    4,
    0,
    0,
    0,
    id.length,
    0,
    0,
    0,
    type,
    0,
    0,
    0,
    0x47,
    0x4e,
    0x55,
    0,
    ...id,
  ]
  expect(buildIdOf(Uint8Array.from([...note(1, [1, 2, 3, 4]), ...note(3, [5, 6])]))).toEqual(Uint8Array.of(5, 6))
  expect(buildIdOf(Uint8Array.from(note(1, [1, 2, 3, 4])))).toBeUndefined()
  expect(buildIdOf(Uint8Array.from(note(3, [5, 6]).slice(0, 17)))).toBeUndefined()
})

/** A PE image with one section at address 0x1000 that holds the debug directory and its CodeView record. */
function pe(change: (view: DataView) => void = () => undefined): Uint8Array {
  const bytes = new Uint8Array(0x300)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4d, 0x5a])
  view.setUint32(0x3c, 0x40, true)
  view.setUint32(0x40, 0x4550, true)
  view.setUint16(0x46, 1, true) // sections
  view.setUint16(0x54, 240, true) // size of the optional header
  view.setUint16(0x58, 0x20b, true)
  view.setUint32(0x58 + 108, 16, true)
  view.setUint32(0x58 + 112 + 48, 0x1000, true)
  view.setUint32(0x58 + 112 + 52, 28, true)
  const section = 0x58 + 240
  for (const [at, value] of [
    [8, 0x80],
    [12, 0x1000],
    [16, 0x80],
    [20, 0x200],
  ] as const)
    view.setUint32(section + at, value, true)
  view.setUint32(0x200 + 12, 2, true)
  view.setUint32(0x200 + 20, 0x101c, true)
  view.setUint32(0x21c, 0x53445352, true)
  bytes.set(
    Array.from({ length: 16 }, (_, index) => index + 1),
    0x220,
  )
  change(view)
  return bytes
}

test("xen.efi's build-id is its CodeView signature", () => {
  expect(isPe(pe())).toBe(true)
  expect(readPeBuildId(pe())).toEqual(Uint8Array.from({ length: 16 }, (_, index) => index + 1))
  expect(readHypervisorSymbols(pe()).buildId).toHaveLength(16)
})

test.for([
  { without: 'a debug directory', change: (view: DataView) => view.setUint32(0x58 + 108, 6, true) },
  { without: 'a CodeView record', change: (view: DataView) => view.setUint32(0x200 + 12, 9, true) },
  { without: 'a record in a section', change: (view: DataView) => view.setUint32(0x58 + 112 + 48, 0x9000, true) },
])('without $without there is no build-id', ({ change }) => {
  expect(readPeBuildId(pe(change))).toBeUndefined()
})

test('an image cut short, at every length, is an error with a code', () => {
  const whole = pe()
  for (let size = 2; size < 0x230; size++) {
    expect(() => readPeBuildId(whole.slice(0, size))).toThrow(InputError)
  }
})

test('a stripped hypervisor is refused with the way out', () => {
  const header = new Uint8Array(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.set([1, 0, 62, 0, 1], 16)
  header[52] = 64
  expect(() => readHypervisorSymbols(header)).toThrow(/no symbol table/)
})
