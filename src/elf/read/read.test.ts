import { describe, expect, test } from 'vitest'
import { damaged, fieldsOf } from '../../../tests/fuzz/elf-fields.ts'
import { InputError } from '../../base/errors.ts'
import { type NewObject, type NewSection, readElf, writeElf } from '../index.ts'

const TEXT: NewSection = {
  name: '.text',
  type: 1,
  flags: 6,
  alignment: 16,
  bytes: Uint8Array.of(0xe8, 0, 0, 0, 0, 0xc3),
  relocations: [{ offset: 1, type: 4, symbol: 2, addend: -4n }],
}
const BSS: NewSection = { name: '.bss', type: 8, flags: 3, alignment: 8, size: 64 }

/** One function that calls another, and some room. */
const OBJECT: NewObject = {
  header: { machine: 62 },
  sections: [TEXT, BSS],
  symbols: [
    { name: 'f.c', kind: 'file', binding: 'local', place: { in: 'absolute', value: 0n }, size: 0 },
    { name: 'f', kind: 'function', binding: 'global', place: { in: 'section', section: 0, offset: 0 }, size: 6 },
    { name: 'g', kind: 'untyped', binding: 'weak', visibility: 'hidden', place: { in: 'nowhere' }, size: 0 },
    { name: 'room', kind: 'object', binding: 'global', place: { in: 'section', section: 1, offset: 8 }, size: 56 },
  ],
  groups: [{ signature: 1, flags: 1, members: [0] }],
}
const BYTES = writeElf(OBJECT)

test('sections, symbols, relocations and groups are what was written', () => {
  const elf = readElf(BYTES)
  expect(elf.header).toMatchObject({ type: 1, machine: 62, programHeaderCount: 0, sectionNameTable: 7 })
  expect(elf.sections.map(({ id, name, size }) => [id, name, size])).toEqual([
    [0, '', 0],
    [1, '.group', 12],
    [2, '.text', 6],
    [3, '.rela.text', 24],
    [4, '.bss', 64],
    [5, '.symtab', 120],
    [6, '.strtab', 14],
    [7, '.shstrtab', 50],
  ])
  expect(elf.sections[2]?.bytes).toEqual(TEXT.bytes)
  expect(elf.sections[4]?.bytes).toEqual(new Uint8Array())
  expect(elf.symbols[3]).toEqual({
    id: 3,
    name: 'g',
    kind: 'untyped',
    binding: 'weak',
    visibility: 'hidden',
    place: { in: 'nowhere' },
    size: 0,
  })
  expect(elf.symbols[4]?.place).toEqual({ in: 'section', section: 4, offset: 8 })
  expect(elf.relocations[2]).toEqual([{ offset: 1, type: 4, symbol: 3, addend: -4n }])
  expect(elf.groups).toEqual([{ section: 1, signature: 2, flags: 1, members: [2, 3] }])
})

describe('a damaged object is an input error that names the offset and the value', () => {
  test.for<{ name: string; damage: Record<string, number | bigint>; code: string; says: string }>([
    { name: 'no ELF', damage: { EI_MAG: 0x4142 }, code: 'elf/not-elf', says: 'starts with 42410000' },
    { name: '32 bits', damage: { EI_CLASS: 1 }, code: 'elf/unsupported-class', says: 'ELF class 1, data encoding 1' },
    { name: 'big-endian', damage: { EI_DATA: 2 }, code: 'elf/unsupported-class', says: 'class 2, data encoding 2' },
    {
      name: 'another version',
      damage: { e_version: 2 },
      code: 'elf/bad-header',
      says: 'e_version is 2, not 1 (at 0x14',
    },
    { name: 'rows of another size', damage: { e_shentsize: 40 }, code: 'elf/bad-header', says: 'e_shentsize is 40' },
    { name: 'a table past the end', damage: { e_shoff: 0x10000 }, code: 'elf/truncated', says: '0x10000 to 0x10200' },
    {
      name: 'a table at an offset beyond all files',
      damage: { e_shoff: 1n << 62n },
      code: 'elf/number-too-large',
      says: 'e_shoff is 0x4000000000000000',
    },
    {
      name: 'more rows than bytes',
      damage: { e_shnum: 0xfeff },
      code: 'elf/truncated',
      says: 'table of 65279 entries',
    },
    {
      name: 'a count in section 0 beyond the file',
      damage: { e_shnum: 0, 'null sh_size': 1n << 40n },
      code: 'elf/truncated',
      says: 'table of 1099511627776 entries',
    },
    { name: 'sections without a table', damage: { e_shoff: 0 }, code: 'elf/bad-header', says: 'table, is 8, not 0' },
    {
      name: 'program headers past the end',
      damage: { e_phnum: 1, e_phentsize: 56, e_phoff: 0x10000 },
      code: 'elf/truncated',
      says: 'program header',
    },
    {
      name: 'names in no section',
      damage: { e_shstrndx: 8 },
      code: 'elf/bad-section-index',
      says: 'e_shstrndx at 0x3e is 8',
    },
    {
      name: 'names in code',
      damage: { e_shstrndx: 2 },
      code: 'elf/bad-section-index',
      says: 'a section of type 1, not 3',
    },
    {
      name: 'a first section that is one',
      damage: { 'null sh_type': 1 },
      code: 'elf/bad-header',
      says: 'section 0 has type 1',
    },
    {
      name: 'a section name out of range',
      damage: { '.text sh_name': 900 },
      code: 'elf/bad-string',
      says: 'section 2 is at offset 0x384',
    },
    {
      name: 'a section past the end',
      damage: { '.text sh_size': 0x9999 },
      code: 'elf/truncated',
      says: 'section 2 .text',
    },
    {
      name: 'a section too large to count',
      damage: { '.bss sh_size': -1 },
      code: 'elf/number-too-large',
      says: 'sh_size is 0xffffffffffffffff',
    },
    { name: 'half a symbol', damage: { '.symtab sh_size': 119 }, code: 'elf/bad-table-size', says: '119 bytes' },
    {
      name: 'symbols without strings',
      damage: { '.symtab sh_link': 2 },
      code: 'elf/bad-section-index',
      says: 'is 2, which is not a string table',
    },
    {
      name: 'two symbol tables',
      damage: { '.text sh_type': 2 },
      code: 'elf/several-symbol-tables',
      says: 'sections 2 and 5',
    },
    {
      name: 'a null symbol with a place',
      damage: { 'symbol 0 st_shndx': 2 },
      code: 'elf/bad-symbol-index',
      says: 'symbol 0',
    },
    {
      name: 'a symbol name out of range',
      damage: { 'symbol 1 st_name': 99 },
      code: 'elf/bad-string',
      says: 'symbol 1 is at offset 0x63',
    },
    {
      name: 'a symbol in no section',
      damage: { 'symbol 2 st_shndx': 99 },
      code: 'elf/bad-section-index',
      says: 'section 99, but there are 8',
    },
    {
      name: 'a symbol in a reserved section',
      damage: { 'symbol 2 st_shndx': 0xff01 },
      code: 'elf/bad-section-index',
      says: 'reserved section 0xff01',
    },
    {
      name: 'an extended index without a table',
      damage: { 'symbol 2 st_shndx': 0xffff },
      code: 'elf/bad-section-index',
      says: 'no SHT_SYMTAB_SHNDX',
    },
    {
      name: 'a symbol past its section',
      damage: { 'symbol 2 st_value': 7 },
      code: 'elf/bad-symbol-offset',
      says: '7 to 13 of section 2 .text, which has 6',
    },
    {
      name: 'a symbol longer than its section',
      damage: { 'symbol 2 st_size': 7 },
      code: 'elf/bad-symbol-offset',
      says: '0 to 7',
    },
    {
      name: 'a symbol of no countable size',
      damage: { 'symbol 2 st_size': -1 },
      code: 'elf/number-too-large',
      says: 'st_size',
    },
    {
      name: 'relocations without addends',
      damage: { '.rela.text sh_type': 9 },
      code: 'elf/rel-without-addend',
      says: 'section 3',
    },
    ...[19, 0x6000_0001, 0x6000_0002, 0x6fff_ff00].map(type => ({
      name: `relocations of the kind 0x${type.toString(16)}, which other tools write`,
      damage: { '.rela.text sh_type': type },
      code: 'elf/unread-relocations',
      says: 'section 3 .rela.text',
    })),
    { name: 'half a relocation', damage: { '.rela.text sh_size': 23 }, code: 'elf/bad-table-size', says: '23 bytes' },
    {
      name: 'relocations of no section',
      damage: { '.rela.text sh_info': 0 },
      code: 'elf/bad-section-index',
      says: 'sh_info of section 3 .rela.text is 0',
    },
    {
      name: 'relocations of a section beyond the table',
      damage: { '.rela.text sh_info': 8 },
      code: 'elf/bad-section-index',
      says: 'is 8',
    },
    {
      name: 'relocations by another symbol table',
      damage: { '.rela.text sh_link': 6 },
      code: 'elf/bad-section-index',
      says: 'is 6, not the symbol table: that is section 5',
    },
    {
      name: 'a relocation by no symbol',
      damage: { '.rela.text 0 r_sym': 5 },
      code: 'elf/bad-symbol-index',
      says: 'symbol 5, but .symtab has 5',
    },
    {
      name: 'a relocation past its section',
      damage: { '.rela.text 0 r_offset': 7 },
      code: 'elf/bad-relocation-offset',
      says: 'offset 7 of section 2 .text, which has 6',
    },
    {
      name: 'a relocation at no countable offset',
      damage: { '.rela.text 0 r_offset': -1 },
      code: 'elf/number-too-large',
      says: '0xffffffffffffffff',
    },
    { name: 'a group without flags', damage: { '.group sh_size': 0 }, code: 'elf/bad-table-size', says: '0 bytes' },
    {
      name: 'a group with half a member',
      damage: { '.group sh_size': 6 },
      code: 'elf/bad-table-size',
      says: '6 bytes',
    },
    {
      name: 'a group signed by no symbol',
      damage: { '.group sh_info': 5 },
      code: 'elf/bad-symbol-index',
      says: 'symbol 5',
    },
    { name: 'a group of no section', damage: { '.group 1': 8 }, code: 'elf/bad-section-index', says: 'member 8' },
  ])('$name', ({ damage, code, says }) => {
    const error = inputError(() => readElf(damaged(BYTES, damage)))
    expect(error.code).toBe(code)
    expect(error.message).toContain(says)
  })
})

test('a file cut short anywhere is an input error', () => {
  const edges = new Set(fieldsOf(BYTES).flatMap(({ at, width }) => [at, at + width - 1, at + width]))
  for (const size of edges) {
    if (size < BYTES.length) expect(inputError(() => readElf(BYTES.subarray(0, size))).code).toMatch(/^elf\//)
  }
  expect(edges.size).toBeGreaterThan(100)
})

describe('work and memory stay within what the file bears out', () => {
  test('relocation tables that overlap cannot add up to more than the file', () => {
    const sections = Array.from({ length: 40 }, () => ({ ...TEXT, relocations: [] }))
    const first = { ...TEXT, relocations: Array.from({ length: 40 }, () => ({ ...TEXT.relocations?.[0], symbol: 0 })) }
    const bytes = writeElf({ ...OBJECT, sections: [first, BSS, ...sections], groups: [] } as NewObject)
    const rela = readElf(bytes).sections[2]
    const headers = fieldsOf(bytes)
      .filter(({ name }) => name === '.text sh_type')
      .slice(1)
    for (const { at } of headers) {
      const from = new DataView(bytes.buffer, fieldsOf(bytes).find(({ name }) => name === '.rela.text sh_name')?.at, 64)
      for (let i = 4; i < 64; i++) bytes[at - 4 + i] = from.getUint8(i)
    }
    expect(rela?.size).toBe(960)
    expect(inputError(() => readElf(bytes)).code).toBe('elf/overlapping-tables')
  })

  test('names that overlap cannot add up to many times the file', () => {
    const long = 'x'.repeat(30_000)
    const symbols = Array.from({ length: 100 }, (_, index) => ({
      name: long.slice(index),
      kind: 'untyped' as const,
      binding: 'global' as const,
      place: { in: 'nowhere' as const },
      size: 0,
    }))
    const error = inputError(() => readElf(writeElf({ header: { machine: 62 }, sections: [], symbols })))
    expect(error.message).toContain('more than 16 characters for each byte')
  })
})

test('tables at odd offsets and files inside other buffers are read alike', () => {
  for (const shift of [0, 1, 2, 3]) {
    const room = new Uint8Array(BYTES.length + 8)
    room.set(BYTES, shift)
    expect(readElf(room.subarray(shift, shift + BYTES.length))).toEqual(readElf(BYTES))
  }
})

test('relocations of sections that are not loaded are values like the others', () => {
  const debug: NewSection = { ...TEXT, name: '.debug_line', flags: 0 }
  const elf = readElf(writeElf({ ...OBJECT, sections: [debug, BSS], groups: [] }))
  const [, text] = elf.relocations
  expect(text).toEqual([{ offset: 1, type: 4, symbol: 3, addend: -4n }])
  expect(elf.relocations[1]).toBe(text)
  expect(structuredClone(elf)).toEqual(elf)
})

test('addends keep all 64 bits', () => {
  const addends = [0n, -1n, 4095n, 4096n, -1024n, -1025n, 2n ** 53n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]
  const relocations = addends.map(addend => ({ offset: 0, type: 1, symbol: 0, addend }))
  const elf = readElf(writeElf({ ...OBJECT, sections: [{ ...TEXT, relocations }, BSS], groups: [] }))
  expect(elf.relocations[1]?.map(({ addend }) => addend)).toEqual(addends)
})

test('symbols that the words do not describe keep their numbers', () => {
  const elf = readElf(damaged(BYTES, { 'symbol 2 st_info': 0xa2, 'symbol 4 st_other': 0x81 }))
  expect(elf.symbols[2]).toMatchObject({ kind: 'function', binding: 'other', raw: { info: 0xa2, other: 0 } })
  expect(elf.symbols[4]).toMatchObject({ visibility: 'internal', raw: { info: 0x11, other: 0x81 } })
  expect(elf.symbols[1]).not.toHaveProperty('raw')
})

describe('a linked file', () => {
  const linked = { e_type: 2, '.text sh_addr': 0xffff_82d0_4020_0000n, '.rela.text sh_info': 0 }

  test('has offsets in sections where the file has addresses', () => {
    const addresses = { 'symbol 2 st_value': 0xffff_82d0_4020_0002n, 'symbol 4 st_value': 8 }
    const { symbols } = readElf(damaged(BYTES, { ...linked, ...addresses }))
    expect(symbols[2]?.place).toEqual({ in: 'section', section: 2, offset: 2 })
  })

  test('may count a symbol to a section that begins behind it', () => {
    const { symbols } = readElf(damaged(BYTES, { ...linked, 'symbol 2 st_value': 0xffff_82d0_401f_ffffn }))
    expect(symbols[2]?.place).toEqual({ in: 'section', section: 2, offset: -1 })
  })

  test('cannot have a symbol farther from its section than a double counts', () => {
    const error = inputError(() => readElf(damaged(BYTES, { ...linked, 'symbol 2 st_value': 0 })))
    expect(error.code).toBe('elf/number-too-large')
  })

  test('has relocations at addresses, too, when the linker kept them', () => {
    const kept = { 'symbol 2 st_value': 0xffff_82d0_4020_0000n, '.rela.text 0 r_offset': 0xffff_82d0_4020_0001n }
    const elf = readElf(damaged(BYTES, { ...linked, ...kept, '.rela.text sh_info': 2 }))
    expect(elf.relocations[2]).toEqual([{ offset: 1, type: 4, symbol: 3, addend: -4n }])
  })
})

function inputError(action: () => unknown): InputError {
  try {
    action()
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('it was read without an error')
}
