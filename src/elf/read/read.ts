/**
 * Reads an ELF64 little-endian file into the model.
 *
 * Everything the file claims is checked before it is used: an index against its table, an offset against the file, a
 * count against the bytes that would hold it. So the only outcomes are a model or an `InputError` with the offset and
 * the value; nothing is allocated by a size that the file's length does not bear out.
 *
 * The specification is the System V gABI 4.1, chapters 4 ("Object Files") and 5.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { sectionId, symbolId } from '../ids.ts'
import type { ElfGroup, ElfObject, ElfRelocation, ElfSection, SectionId } from '../model.ts'
import {
  EHDR_SIZE,
  ELFCLASS64,
  ELFDATA2LSB,
  RELA_SIZE,
  SHDR_SIZE,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
} from '../spec/constants.ts'
import { Cursor, hex } from './cursor.ts'
import { StringTable } from './strings.ts'
import { readSymbols } from './symbols.ts'

/** Reads one object. `S` says which side of the run it is on; it is a matter of types only. */
export function readElf<S extends Side>(bytes: Uint8Array): ElfObject<S> {
  const file = new Cursor(bytes)
  const header = readHeader(file)
  const sections = readSections<S>(file, header)
  const symbolTables = sections.filter(section => section.type === SHT_SYMTAB)
  if (symbolTables.length > 1) {
    throw new InputError(
      'elf/several-symbol-tables',
      `sections ${symbolTables.map(s => s.id).join(' and ')} are both symbol tables; at most one is allowed`,
    )
  }
  const symbolTable = symbolTables[0]
  const symbols = symbolTable === undefined ? [] : readSymbols<S>(file, sections, symbolTable)
  return {
    header: header.fields,
    sections,
    symbols,
    relocations: readRelocations(file, sections, symbolTable?.id, symbols.length),
    groups: sections.filter(s => s.type === SHT_GROUP).map(s => readGroup(file, s, sections.length, symbols.length)),
  }
}

interface Header {
  readonly fields: ElfObject<Side>['header']
  readonly sectionHeaderOffset: number
  readonly sectionCount: number
  readonly sectionNameIndex: number
}

function readHeader(file: Cursor): Header {
  if (file.size < 4 || file.u32(0, 'the magic number') !== 0x464c457f) {
    const found = Buffer.from(file.bytes.subarray(0, 4)).toString('hex')
    throw new InputError('elf/not-elf', `not an ELF file: it starts with ${found || 'nothing'}, not 7f454c46`)
  }
  file.check(0, EHDR_SIZE, 'the ELF header')
  const elfClass = file.u8(4, 'EI_CLASS')
  const encoding = file.u8(5, 'EI_DATA')
  if (elfClass !== ELFCLASS64 || encoding !== ELFDATA2LSB) {
    throw new InputError(
      'elf/unsupported-class',
      `ELF class ${elfClass}, data encoding ${encoding} at 0x4; only 64-bit little-endian (2, 1) is supported`,
    )
  }
  const sectionHeaderOffset = file.count(40, 'e_shoff')
  const entrySize = file.u16(58, 'e_shentsize')
  let sectionCount = file.u16(60, 'e_shnum')
  let sectionNameIndex = file.u16(62, 'e_shstrndx')
  if (sectionHeaderOffset !== 0) {
    if (entrySize !== SHDR_SIZE)
      throw new InputError('elf/bad-header', `e_shentsize at 0x3a is ${entrySize}, not ${SHDR_SIZE}`)
    // With 0xff00 sections or more, the null section holds the counts (gABI, "e_shnum").
    if (sectionCount === 0)
      sectionCount = file.count(sectionHeaderOffset + 32, 'sh_size of section 0, the section count')
    if (sectionNameIndex === SHN_XINDEX)
      sectionNameIndex = file.u32(sectionHeaderOffset + 40, 'sh_link of section 0, the name table')
    file.check(sectionHeaderOffset, sectionCount * SHDR_SIZE, `the section header table of ${sectionCount} entries`)
  } else if (sectionCount !== 0) {
    throw new InputError('elf/bad-header', `e_shnum at 0x3c is ${sectionCount}, but e_shoff is 0`)
  }
  const fields = {
    type: file.u16(16, 'e_type'),
    machine: file.u16(18, 'e_machine'),
    osAbi: file.u8(7, 'EI_OSABI'),
    abiVersion: file.u8(8, 'EI_ABIVERSION'),
    flags: file.u32(48, 'e_flags'),
    entry: file.u64(24, 'e_entry'),
    programHeaderCount: file.u16(56, 'e_phnum'),
  }
  return { fields, sectionHeaderOffset, sectionCount, sectionNameIndex }
}

function readSections<S extends Side>(file: Cursor, header: Header): readonly ElfSection<S>[] {
  if (header.sectionCount === 0) return []
  const names = readSectionNames(file, header)
  const sections: ElfSection<S>[] = []
  for (let index = 0; index < header.sectionCount; index++) {
    const at = header.sectionHeaderOffset + index * SHDR_SIZE
    const type = file.u32(at + 4, 'sh_type')
    const fileOffset = file.count(at + 24, 'sh_offset')
    const size = file.count(at + 32, 'sh_size')
    const empty = type === SHT_NOBITS || type === SHT_NULL
    const name = names.at(file.u32(at, 'sh_name'), `the name of section ${index}`)
    const bytes = empty ? file.slice(0, 0, name) : file.slice(fileOffset, size, `section ${index} ${name}`)
    sections.push({
      id: sectionId(index),
      name,
      type,
      flags: file.count(at + 8, 'sh_flags'),
      address: file.u64(at + 16, 'sh_addr'),
      fileOffset,
      size,
      link: file.u32(at + 40, 'sh_link'),
      info: file.u32(at + 44, 'sh_info'),
      alignment: file.count(at + 48, 'sh_addralign'),
      entrySize: file.count(at + 56, 'sh_entsize'),
      bytes,
    })
  }
  return sections
}

function readSectionNames(file: Cursor, { sectionHeaderOffset, sectionCount, sectionNameIndex }: Header): StringTable {
  if (sectionNameIndex === 0) return new StringTable(new Uint8Array(), 'the absent section name table')
  if (sectionNameIndex >= sectionCount) {
    throw new InputError(
      'elf/bad-section-index',
      `e_shstrndx at 0x3e is ${sectionNameIndex}, but there are ${sectionCount} sections`,
    )
  }
  const at = sectionHeaderOffset + sectionNameIndex * SHDR_SIZE
  const bytes = file.slice(file.count(at + 24, 'sh_offset'), file.count(at + 32, 'sh_size'), 'the section name table')
  return new StringTable(bytes, 'the section name table')
}

function readRelocations<S extends Side>(
  file: Cursor,
  sections: readonly ElfSection<S>[],
  symbolTable: SectionId<S> | undefined,
  symbolCount: number,
): readonly (readonly ElfRelocation<S>[])[] {
  const none: readonly ElfRelocation<S>[] = []
  const all = sections.map(() => none)
  for (const section of sections) {
    if (section.type === SHT_REL) {
      throw new InputError(
        'elf/rel-without-addend',
        `section ${section.id} ${section.name} is SHT_REL; on this machine relocations carry addends (SHT_RELA)`,
      )
    }
    // A linked file's dynamic relocations name another symbol table and are not ours.
    if (section.type !== SHT_RELA || section.link !== symbolTable) continue
    const target = all[section.info]
    if (target === undefined || section.info === 0) {
      throw new InputError(
        'elf/bad-section-index',
        `sh_info of section ${section.id} ${section.name} is ${section.info}, but there are ${sections.length} sections`,
      )
    }
    all[section.info] = [...target, ...readRelocationTable<S>(file, section, symbolCount)]
  }
  return all
}

function readRelocationTable<S extends Side>(
  file: Cursor,
  section: ElfSection<S>,
  symbolCount: number,
): ElfRelocation<S>[] {
  if (section.size % RELA_SIZE !== 0) {
    throw new InputError(
      'elf/bad-table-size',
      `section ${section.id} ${section.name} has ${section.size} bytes, not a multiple of ${RELA_SIZE}`,
    )
  }
  const relocations: ElfRelocation<S>[] = []
  for (let at = section.fileOffset; at < section.fileOffset + section.size; at += RELA_SIZE) {
    const symbol = file.u32(at + 12, 'r_info')
    if (symbol >= symbolCount) {
      throw new InputError(
        'elf/bad-symbol-index',
        `the relocation at ${hex(at)} in ${section.name} names symbol ${symbol}, but .symtab has ${symbolCount} entries`,
      )
    }
    relocations.push({
      offset: file.count(at, 'r_offset'),
      type: file.u32(at + 8, 'r_info'),
      symbol: symbolId(symbol),
      addend: file.i64(at + 16, 'r_addend'),
    })
  }
  return relocations
}

function readGroup<S extends Side>(
  file: Cursor,
  section: ElfSection<S>,
  sectionCount: number,
  symbolCount: number,
): ElfGroup<S> {
  if (section.size < 4 || section.size % 4 !== 0) {
    throw new InputError(
      'elf/bad-table-size',
      `group ${section.id} ${section.name} has ${section.size} bytes, not a positive multiple of 4`,
    )
  }
  if (section.info >= symbolCount) {
    throw new InputError(
      'elf/bad-symbol-index',
      `the signature of group ${section.id} is symbol ${section.info}, but .symtab has ${symbolCount} entries`,
    )
  }
  const members: SectionId<S>[] = []
  for (let at = section.fileOffset + 4; at < section.fileOffset + section.size; at += 4) {
    const member = file.u32(at, 'a group member')
    if (member === 0 || member >= sectionCount) {
      throw new InputError(
        'elf/bad-section-index',
        `group ${section.id} names section ${member} at ${hex(at)}, but there are ${sectionCount}`,
      )
    }
    members.push(sectionId(member))
  }
  return {
    section: section.id,
    signature: symbolId(section.info),
    flags: file.u32(section.fileOffset, 'group flags'),
    members,
  }
}
