/** Files read in parts say the same as files held in memory, whatever their size, and take only what is looked at. */
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { buildIdOf, type FileParts, readElf, readOutline, searchSymbols } from '../../src/elf/index.ts'
import { damagedCase } from './elf-fuzz.ts'
import { specimens } from './elf-specimens.ts'

const all = specimens()
const GIB = 2 ** 30
const CASES = 2000

interface Stretched extends FileParts {
  /** How many bytes were asked for. */
  readonly taken: () => number
}

/** The object with a hole of zeros at `at`: what lies behind it in the file is that much further away. */
function stretched(bytes: Uint8Array, at: number, hole: number): Stretched {
  const moved = bytes.slice()
  const view = new DataView(moved.buffer)
  const move = (field: number) => {
    const value = Number(view.getBigUint64(field, true))
    if (value >= at) view.setBigUint64(field, BigInt(value + hole), true)
  }
  const { header, sections } = readElf(bytes)
  for (const index of sections.keys()) move(header.sectionHeaderOffset + 64 * index + 24)
  move(40)
  let taken = 0
  return {
    length: bytes.length + hole,
    taken: () => taken,
    read(offset, size) {
      taken += size
      const part = new Uint8Array(size)
      for (let index = 0; index < size; index++) {
        const place = offset + index
        if (place < at) part[index] = moved[place] ?? 0
        else if (place >= at + hole) part[index] = moved[place - hole] ?? 0
      }
      return part
    },
  }
}

/** The symbols with these names, each name searched for. */
function read(parts: FileParts, names: Iterable<string>) {
  const outline = readOutline<'original'>(parts)
  const search = searchSymbols(outline)
  const found = [...names].flatMap(name => search?.find(name, 'whole').map(({ symbol }) => symbol) ?? [])
  return { outline, search, symbols: found.toSorted((a, b) => a.id - b.id) }
}

const namesIn = (symbols: readonly { readonly name: string }[]) =>
  new Set(symbols.map(({ name }) => name).filter(name => name !== ''))

describe.for(all)('$name', ({ bytes }) => {
  const { header, sections, symbols } = readElf<'original'>(bytes)
  const tables = sections.filter(({ type }) => type === 2 || type === 3 || type === 18)
  const looked = tables.reduce((sum, { size }) => sum + size, 0) + 64 * (sections.length + 4)

  test.for([
    { where: 'at its end', at: bytes.length, hole: 3 * GIB },
    { where: 'before its tables', at: header.sectionHeaderOffset, hole: 2.5 * GIB },
    { where: 'behind its header', at: 64, hole: 1_900_000_000 },
    { where: 'nowhere', at: bytes.length, hole: 0 },
  ])('with a hole of $hole bytes $where, it reads as without', ({ at, hole }) => {
    const parts = stretched(bytes, at, hole)
    const found = read(parts, namesIn(symbols))
    expect(parts.taken()).toBeLessThanOrEqual(2 * looked)
    expect(found.symbols).toEqual(symbols.filter(({ name }) => name !== ''))
    for (const { name, id } of found.symbols) {
      const start = name.slice(0, 1 + (id % name.length))
      const those = symbols.filter(other => other.name.startsWith(start))
      expect(found.search?.find(start, 'start').map(({ symbol }) => symbol)).toEqual(those)
      const file = symbols.slice(0, id + 1).findLast(({ kind }) => kind === 'file')?.name ?? ''
      expect(found.search?.find(name, 'whole').find(({ symbol }) => symbol.id === id)?.file).toBe(file)
    }
    expect(found.outline.header.machine).toBe(header.machine)
    const place = (offset: number) => (offset >= at ? offset + hole : offset)
    const moved = sections.map(section => ({ ...section, fileOffset: place(section.fileOffset) }))
    expect(found.outline.sections.map(section => ({ ...section }))).toEqual(moved)
    expect(buildIdOf(found.outline)).toEqual(buildIdOf({ sections }))
  })
})

test(`${CASES} damaged files give the same symbols as in memory, or an error`, () => {
  const seen = new Set<string>()
  const attempt = (action: () => unknown) => {
    try {
      return action()
    } catch (error) {
      if (error instanceof InputError) return error.code
      throw error
    }
  }
  for (let number = 0; number < CASES; number++) {
    const bytes = damagedCase(all, 7, number)
    const parts = { length: bytes.length, read: (at: number, size: number) => bytes.slice(at, at + size) }
    const inMemory = attempt(() => readElf(bytes).symbols)
    const names = Array.isArray(inMemory) ? namesIn(inMemory) : ['f', 'main', 'counter']
    const inParts = attempt(() => read(parts, names).symbols)
    seen.add(Array.isArray(inParts) ? 'symbols' : String(inParts))
    // What is not looked at is not found wrong: groups, relocations, other symbols.
    if (!Array.isArray(inMemory)) continue
    expect([number, inParts]).toEqual([number, inMemory.filter(({ name }) => name !== '')])
  }
  expect(seen.size).toBeGreaterThan(8)
})

test.for([
  { what: 'a table of 2 GiB', field: 32, value: 2n * 2n ** 30n, code: 'elf/part-too-large' },
  { what: 'a table that ends behind the file', field: 32, value: 2n ** 40n, code: 'elf/truncated' },
  { what: 'a table of no number', field: 32, value: 2n ** 60n, code: 'elf/number-too-large' },
])('$what is an error', ({ field, value, code }) => {
  const { bytes } = all.find(({ name }) => name === 'written') ?? { bytes: new Uint8Array() }
  const { header, sections } = readElf(bytes)
  const table = sections.find(({ type }) => type === 2)?.id ?? 0
  const damaged = bytes.slice()
  new DataView(damaged.buffer).setBigUint64(header.sectionHeaderOffset + 64 * table + field, value, true)
  const file = { length: 3 * GIB, read: (at: number, size: number) => damaged.slice(at, at + size) }
  expect(() => read(file, [])).toThrow(expect.objectContaining({ code }))
})

test('more sections than any file has are an error, not a table of them', () => {
  const { bytes } = all.find(({ name }) => name === 'written') ?? { bytes: new Uint8Array() }
  const damaged = bytes.slice()
  const view = new DataView(damaged.buffer)
  view.setUint16(60, 0, true)
  view.setBigUint64(readElf(bytes).header.sectionHeaderOffset + 32, 2n ** 22n, true)
  const file = { length: 3 * GIB, read: (at: number, size: number) => damaged.slice(at, at + size) }
  expect(() => read(file, [])).toThrow(expect.objectContaining({ code: 'elf/bad-header' }))
})
