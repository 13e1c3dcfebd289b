import { expect, test } from 'vitest'
import { damaged } from '../../../tests/fuzz/elf-fields.ts'
import { dumpElf, type NewObject, readElf, toNewObject, writeElf } from '../index.ts'

/** Compared with readelf itself on real objects in tests/oracle; here are the lines that those do not have. */
const OBJECT: NewObject = {
  header: { machine: 62 },
  sections: [
    {
      name: '.text',
      type: 1,
      flags: 6,
      alignment: 16,
      bytes: new Uint8Array(16),
      relocations: [
        { offset: 1, type: 2, symbol: 2, addend: -4n },
        { offset: 5, type: 99, symbol: 'none', addend: -8n },
        { offset: 9, type: 1, symbol: 0, addend: 16n },
      ],
    },
    { name: '.big', type: 8, flags: 0x8010_1003, alignment: 1, size: 200_000 },
    { name: '.odd\u0007', type: 0x7000_0005, flags: 0, alignment: 1, bytes: new Uint8Array() },
    {
      name: '.note.x',
      type: 7,
      flags: 2,
      alignment: 4,
      bytes: Uint8Array.from([4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 71, 78, 85, 0, 0xab, 0xcd, 0, 0]),
    },
  ],
  symbols: [
    { name: '', kind: 'section', binding: 'local', place: { in: 'section', section: 0, offset: 0 }, size: 0 },
    { name: 'big', kind: 'object', binding: 'global', place: { in: 'section', section: 1, offset: 0 }, size: 200_000 },
    {
      name: 'gr\u00c3\u00bcn',
      kind: 'untyped',
      binding: 'weak',
      visibility: 'protected',
      place: { in: 'nowhere' },
      size: 0,
    },
    { name: 'c', kind: 'object', binding: 'global', place: { in: 'common', alignment: 8 }, size: 4 },
    {
      name: 'u',
      kind: 'object',
      binding: 'other',
      raw: { info: 0xa1, other: 0x80 },
      place: { in: 'absolute', value: 1n },
      size: 4,
    },
  ],
  groups: [{ signature: 1, flags: 1, members: [0] }],
}
const ELF = readElf(writeElf(OBJECT))

test('sections: wide numbers, unknown types, flags of the system and the processor', () => {
  expect(
    dumpElf(ELF, { views: ['sections'] })
      .split('\n')
      .slice(0, 9),
  ).toEqual([
    'There are 10 section headers, starting at offset 0x1a0:',
    '',
    'Section Headers:',
    '  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al',
    '  [ 0]                   NULL            0000000000000000 000000 000000 00      0   0  0',
    '  [ 1] .group            GROUP           0000000000000000 000040 00000c 04      7   2  4',
    '  [ 2] .text             PROGBITS        0000000000000000 000050 000010 00 AXG  0   0 16',
    '  [ 3] .rela.text        RELA            0000000000000000 000060 000048 18  IG  7   2  8',
    '  [ 4] .big              NOBITS          0000000000000000 0000a8 030d40 00 WAxoE  0   0  1',
  ])
  expect(dumpElf(ELF)).toContain('  [ 5] .odd^G            LOPROC+0x5      0000000000000000')
})

test('groups', () => {
  expect(dumpElf(ELF, { views: ['groups'] }).split('\n')).toEqual([
    '',
    "COMDAT group section [    1] `.group' [big] contains 2 sections:",
    '   [Index]    Name',
    '   [    2]   .text',
    '   [    3]   .rela.text',
    '',
  ])
})

test('relocations: by symbol, by section and by nothing, with addends of both signs', () => {
  expect(
    dumpElf(ELF, { views: ['relocations'] })
      .split('\n')
      .slice(1),
  ).toEqual([
    "Relocation section '.rela.text' at offset 0x60 contains 3 entries:",
    "    Offset             Info             Type               Symbol's Value  Symbol's Name + Addend",
    '0000000000000001  0000000300000002 R_X86_64_PC32          0000000000000000 grün - 4',
    '0000000000000005  0000000000000063 unrecognized: 0x63                        -8',
    '0000000000000009  0000000100000001 R_X86_64_64            0000000000000000 .text + 10',
    '',
  ])
})

test('symbols: every place, kinds without a word, further bits of st_other', () => {
  expect(
    dumpElf(ELF, { views: ['symbols'] })
      .split('\n')
      .slice(3),
  ).toEqual([
    '     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND ',
    '     1: 0000000000000000     0 SECTION LOCAL  DEFAULT    2 .text',
    '     2: 0000000000000000 0x30d40 OBJECT  GLOBAL DEFAULT    4 big',
    '     3: 0000000000000000     0 NOTYPE  WEAK   PROTECTED  UND grün',
    '     4: 0000000000000008     4 OBJECT  GLOBAL DEFAULT  COM c',
    '     5: 0000000000000001     4 OBJECT  UNIQUE DEFAULT [<other>: 80]  ABS u',
    '',
  ])
})

test('notes', () => {
  expect(dumpElf(ELF, { views: ['notes'] })).toBe(
    '\nDisplaying notes found in: .note.x\n  Owner                Data size \tDescription\n' +
      '  GNU                  0x00000002\tNT_GNU_BUILD_ID (unique build ID bitstring)\t    Build ID: abcd\n',
  )
})

test('a linked file has addresses where its model has offsets', () => {
  const damage = { e_type: 2, '.big sh_addr': 0xffff_82d0_4020_0000n, 'symbol 2 st_value': 0xffff_82d0_4020_0010n }
  const elf = readElf(damaged(writeElf(OBJECT), damage))
  expect(dumpElf(elf, { views: ['header'] })).toContain('Type:                              EXEC (Executable file)')
  expect(dumpElf(elf, { views: ['symbols'] })).toContain('     2: ffff82d040200010 0x30d40 OBJECT')
})

test('what is not there is said', () => {
  const empty = readElf(writeElf({ header: { machine: 62 }, sections: [], symbols: [] }))
  expect(dumpElf(empty, { views: ['groups', 'relocations', 'notes'] })).toBe(
    '\nThere are no section groups in this file.\n\nThere are no relocations in this file.\n',
  )
})

test('symbols that whoever loads a live patch of Linux resolves', () => {
  const [first, ...others] = OBJECT.symbols
  if (first === undefined) throw new Error('there are symbols')
  const place = { in: 'nowhere', reserved: 0xff20 } as const
  const symbols = [
    first,
    ...others,
    { ...first, name: '.klp.sym.vmlinux.printk,0', kind: 'untyped' as const, binding: 'global' as const, place },
  ]
  const elf = readElf(writeElf({ ...OBJECT, symbols }))
  expect(dumpElf(elf, { views: ['symbols'] })).toMatch(/GLOBAL DEFAULT OS \[0xff20\] \.klp\.sym\.vmlinux\.printk,0$/m)
  const again = readElf(writeElf(toNewObject(elf)))
  expect(again.symbols).toEqual(elf.symbols)
})

test.for([
  { machine: 62, known: true },
  { machine: 183, known: true },
  { machine: 243, known: false },
  { machine: 21, known: false },
])('whether the relocations of machine $machine have names', ({ machine, known }) => {
  const text = dumpElf(readElf(writeElf({ ...OBJECT, header: { machine } })), { views: ['relocations'] })
  expect(text.includes('are not known here')).toBe(!known)
})
