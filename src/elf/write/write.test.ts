import { describe, expect, test } from 'vitest'
import { damaged } from '../../../tests/fuzz/elf-fields.ts'
import { InputError, InternalError } from '../../base/errors.ts'
import {
  type NewObject,
  type NewRelocation,
  type NewSection,
  type NewSymbol,
  readElf,
  toNewObject,
  writeElf,
} from '../index.ts'

const X86_64 = { machine: 62 }

test('an object without anything has its null section and its tables', () => {
  const elf = readElf(writeElf({ header: X86_64, sections: [], symbols: [] }))
  expect(elf.sections.map(({ name }) => name)).toEqual(['', '.symtab', '.strtab', '.shstrtab'])
  expect(elf.symbols).toHaveLength(1)
})

test('local symbols come first, relocations and groups follow their symbols', () => {
  const bytes = writeElf({
    header: X86_64,
    sections: [{ ...code('.text'), relocations: [relocation({ symbol: 0 }), relocation({ symbol: 'none' })] }],
    symbols: [symbol('late', 'global'), symbol('early', 'local'), symbol('later', 'weak'), symbol('second', 'local')],
    groups: [{ signature: 2, flags: 1, members: [0] }],
  })
  const elf = readElf(bytes)
  expect(elf.symbols.map(({ name }) => name)).toEqual(['', 'early', 'second', 'late', 'later'])
  expect(elf.sections.find(({ name }) => name === '.symtab')?.info).toBe(3)
  expect(elf.relocations[2]?.map(({ symbol }) => symbol)).toEqual([3, 0])
  expect(elf.groups).toEqual([{ section: 1, signature: 4, flags: 1, members: [2, 3] }])
})

test('relocation sections stand behind the sections they apply to, and name them', () => {
  const sections = [code('.text'), { ...code('.text'), relocations: [relocation({ symbol: 0 })] }, code('.other')]
  const elf = readElf(writeElf({ header: X86_64, sections, symbols: [symbol('s', 'local')] }))
  expect(elf.sections.map(({ name, info, link }) => [name, info, link]).slice(1, 5)).toEqual([
    ['.text', 0, 0],
    ['.text', 0, 0],
    ['.rela.text', 2, 5],
    ['.other', 0, 0],
  ])
})

test('sh_link and sh_info are given as indices of the caller and written as numbers of the file', () => {
  const ordered: NewSection = { ...code('.ordered'), flags: 0x80, linkTo: 1, info: 7 }
  const informed: NewSection = { ...code('.informed'), flags: 0x40, info: 1 }
  const text = { ...code('.text'), relocations: [relocation({ symbol: 'none' })] }
  const elf = readElf(writeElf({ header: X86_64, sections: [text, code('.a'), ordered, informed], symbols: [] }))
  expect(elf.sections[4]).toMatchObject({ name: '.ordered', link: 3, info: 7 })
  expect(elf.sections[5]).toMatchObject({ name: '.informed', link: 0, info: 3 })
})

test('contents are aligned in the file, but an absurd alignment does not make an absurd file', () => {
  const sections = [{ ...code('.a'), alignment: 64 }, { ...code('.b'), alignment: 2 ** 40 }, code('.c')]
  const bytes = writeElf({ header: X86_64, sections, symbols: [] })
  const [, a, b] = readElf(bytes).sections
  expect(a?.fileOffset).toBe(64)
  expect([b?.fileOffset, b?.alignment]).toEqual([4096, 2 ** 40])
  expect(bytes.length).toBeLessThan(6000)
})

test('a string that ends another one lies inside it', () => {
  const names = ['.text', '.rela.text', 'text', 'xt', '.data', 'a', 'a']
  const symbols = names.map(name => symbol(name, 'global'))
  const elf = readElf(writeElf({ header: X86_64, sections: [], symbols }))
  const strings = elf.sections.find(({ name }) => name === '.strtab')
  expect(Buffer.from(strings?.bytes ?? []).toString()).toBe('\0.rela.text\0.data\0')
  expect(elf.symbols.slice(1).map(({ name }) => name)).toEqual(names)
})

test('the order in which strings come makes no difference to their table', () => {
  const tableOf = (names: readonly string[]) => {
    const elf = readElf(writeElf({ header: X86_64, sections: [], symbols: names.map(name => symbol(name, 'global')) }))
    return elf.sections.find(({ name }) => name === '.strtab')?.bytes
  }
  expect(tableOf(['b', 'ab', 'c', 'bc', 'abc'])).toEqual(tableOf(['abc', 'bc', 'c', 'ab', 'b']))
})

test('names are bytes: what was read is what is written', () => {
  const bytes = writeElf({ header: X86_64, sections: [], symbols: [symbol('grün\u00ff', 'global')] })
  expect(readElf(bytes).symbols[1]?.name).toBe('grün\u00ff')
})

test('the same object gives the same bytes', () => {
  expect(writeElf(everything())).toEqual(writeElf(everything()))
})

test('what was written, read and written again is the same file', () => {
  const bytes = writeElf(everything())
  expect(writeElf(toNewObject(readElf(bytes)))).toEqual(bytes)
})

test('what was read has every part of what was written', () => {
  expect(toNewObject(readElf(writeElf(everything())))).toEqual(everything())
})

describe('with more sections than 16 bits count', () => {
  const count = 0xff10
  const bytes = writeElf({
    header: X86_64,
    sections: Array.from({ length: count }, (_, index) => code(`.text.f${index % 10}`)),
    symbols: Array.from({ length: count }, (_, index) => symbol(`f${index}`, 'global', index)),
  })
  const elf = readElf(bytes)

  test('the null section holds the counts', () => {
    const view = new DataView(bytes.buffer)
    expect([view.getUint16(60, true), view.getUint16(62, true)]).toEqual([0, 0xffff])
    expect(elf.sections).toHaveLength(count + 5)
    expect(elf.header.sectionNameTable).toBe(count + 4)
  })

  test('symbols have extended section indices', () => {
    expect(elf.symbols[count]?.place).toEqual({ in: 'section', section: count, offset: 0 })
    expect(elf.symbols[1]?.place).toEqual({ in: 'section', section: 1, offset: 0 })
  })

  test('it can be read and written again', () => {
    expect(Buffer.compare(writeElf(toNewObject(elf)), bytes)).toBe(0)
  })
})

describe('a caller’s mistake is an internal error that says which', () => {
  const text = code('.text')
  test.for<{ name: string; object: Partial<NewObject>; says: string }>([
    {
      name: 'a symbol in no section',
      object: { symbols: [symbol('f', 'global', 9)] },
      says: 'section of symbol f is 9',
    },
    {
      name: 'a relocation by no symbol',
      object: { sections: [{ ...text, relocations: [relocation({ symbol: 4 })] }] },
      says: 'is 4, but there are 0',
    },
    {
      name: 'a relocation past its section',
      object: { sections: [{ ...text, relocations: [relocation({ offset: 5 })] }] },
      says: '.text has 4 bytes, but a relocation at 5',
    },
    {
      name: 'an addend of 65 bits',
      object: { sections: [{ ...text, relocations: [relocation({ addend: 2n ** 63n })] }] },
      says: 'does not fit 64 bits',
    },
    { name: 'a link to no section', object: { sections: [{ ...text, linkTo: 1 }] }, says: 'sh_link of .text is 1' },
    { name: 'a size and bytes', object: { sections: [{ ...text, type: 8 }] }, says: 'size is for SHT_NOBITS alone' },
    {
      name: 'neither size nor bytes',
      object: { sections: [{ name: '.x', type: 1, flags: 0, alignment: 1 }] },
      says: 'bytes are for any type but',
    },
    {
      name: 'an alignment of 3',
      object: { sections: [{ ...text, alignment: 3 }] },
      says: 'alignment 3 is not a power of two',
    },
    { name: 'half a byte', object: { sections: [{ ...text, flags: 0.5 }] }, says: 'sh_flags is 0.5' },
    {
      name: 'a group of no section',
      object: { symbols: [symbol('k', 'local')], groups: [{ signature: 0, flags: 1, members: [3] }] },
      says: 'group member is 3',
    },
    { name: 'a name that is no bytes', object: { symbols: [symbol('f→g', 'local')] }, says: 'character 8594 at 1' },
    { name: 'a name with a NUL', object: { symbols: [symbol('f\0g', 'local')] }, says: 'character 0 at 1' },
    {
      name: 'a kind that says nothing',
      object: { symbols: [{ ...symbol('f', 'local'), kind: 'other' }] },
      says: 'only `raw` says',
    },
    { name: 'a machine of 17 bits', object: { header: { machine: 65536 } }, says: 'e_machine is 65536' },
  ])('$name', ({ object, says }) => {
    const write = () => writeElf({ header: X86_64, sections: [], symbols: [], ...object })
    expect(write).toThrow(InternalError)
    expect(write).toThrow(says)
  })
})

describe('what was read but cannot be written again is an input error', () => {
  const bytes = writeElf(everything())
  test.for<{ name: string; damage: Record<string, number>; code: string }>([
    {
      name: 'a program',
      damage: { e_type: 2, '.rela.text.f sh_info': 0, '.rela.data sh_info': 0 },
      code: 'elf/not-relocatable',
    },
    { name: 'an alignment of 3', damage: { '.text.f sh_addralign': 3 }, code: 'elf/bad-alignment' },
    { name: 'a section that links to the symbols', damage: { '.data sh_link': 13 }, code: 'elf/cannot-rewrite' },
    {
      name: 'a symbol in a name table',
      damage: { 'symbol 3 st_shndx': 15, 'symbol 3 st_size': 0 },
      code: 'elf/cannot-rewrite',
    },
    { name: 'a group without signature', damage: { '.group sh_info': 0 }, code: 'elf/bad-symbol-index' },
  ])('$name', ({ damage, code }) => {
    expect(() => toNewObject(readElf(damaged(bytes, damage)))).toThrow(expect.objectContaining({ code }))
    expect(() => toNewObject(readElf(damaged(bytes, damage)))).toThrow(InputError)
  })
})

/** One of everything, in the order in which the reader will find it. */
function everything(): NewObject {
  const plain = { entrySize: 0, info: 0 }
  return {
    header: { machine: 62, flags: 5, type: 1, osAbi: 3, abiVersion: 1 },
    sections: [
      {
        ...plain,
        name: '.text.f',
        type: 1,
        flags: 6,
        alignment: 16,
        bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
        relocations: [relocation({ symbol: 0, addend: -4n }), relocation({ offset: 4, symbol: 'none' })],
      },
      {
        ...plain,
        name: '.data',
        type: 1,
        flags: 3,
        alignment: 8,
        bytes: new Uint8Array(16),
        relocations: [relocation({ offset: 8, symbol: 5, addend: 2n ** 40n })],
      },
      { ...plain, name: '.bss', type: 8, flags: 3, alignment: 32, size: 2 ** 33 },
      {
        ...plain,
        name: '.rodata.str1.1',
        type: 1,
        flags: 0x32,
        alignment: 1,
        entrySize: 1,
        bytes: Uint8Array.of(65, 0),
      },
      { ...plain, name: '.empty', type: 1, flags: 0, alignment: 0, bytes: new Uint8Array() },
      { ...plain, name: '.note.x', type: 7, flags: 2, alignment: 4, bytes: new Uint8Array(12) },
      { ...plain, name: '.ordered', type: 1, flags: 0x82, alignment: 1, bytes: Uint8Array.of(9), linkTo: 0 },
      { ...plain, name: '.gnu.lto', type: 1, flags: 0x8000_0000, alignment: 1, bytes: Uint8Array.of(9), info: 77 },
    ],
    symbols: [
      { ...symbol('', 'local', 0), kind: 'section' },
      { ...symbol('unit.c', 'local'), kind: 'file', place: { in: 'absolute', value: 0n } },
      { ...symbol('static', 'local', 1), kind: 'object', size: 8, place: { in: 'section', section: 1, offset: 8 } },
      { ...symbol('f', 'global', 0), kind: 'function', size: 8, visibility: 'protected' },
      { ...symbol('fixed', 'global'), place: { in: 'absolute', value: 2n ** 64n - 1n } },
      { ...symbol('outside', 'weak'), visibility: 'hidden' },
      { ...symbol('shared', 'global'), kind: 'object', size: 400, place: { in: 'common', alignment: 32 } },
      { ...symbol('picked', 'global', 0), kind: 'indirect-function', size: 4 },
      { ...symbol('unique', 'other', 2), kind: 'object', raw: { info: 0xa1, other: 0 }, size: 2 ** 33 },
    ],
    groups: [
      { name: '.group', signature: 3, flags: 1, members: [0, 3] },
      { name: '.group', signature: 2, flags: 0, members: [1] },
    ],
  }
}

function code(name: string): NewSection {
  return { name, type: 1, flags: 6, alignment: 1, bytes: Uint8Array.of(0x90, 0x90, 0x90, 0xc3) }
}

function symbol(name: string, binding: NewSymbol['binding'], section?: number): NewSymbol {
  const place = section === undefined ? ({ in: 'nowhere' } as const) : ({ in: 'section', section, offset: 0 } as const)
  return { name, kind: 'untyped', binding, visibility: 'default', place, size: 0 }
}

function relocation(given: Partial<NewRelocation>): NewRelocation {
  return { offset: 0, type: 1, symbol: 'none', addend: 0n, ...given }
}
