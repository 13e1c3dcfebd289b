/**
 * Writes an ELF64 little-endian relocatable object, in two phases: `layOut` decides where everything goes, then this
 * file fills one buffer of exactly that size. Nothing is appended, so nothing can move after something points at it.
 *
 * The same input gives the same bytes: no clock, no map order, no leftover memory between the parts.
 *
 * What the caller got wrong (an index that names nothing, a number that does not fit) is an `InternalError`.
 */
import { InternalError, unreachable } from '../../base/errors.ts'
import { contentSize } from '../compressed.ts'
import {
  EHDR_SIZE,
  ELFCLASS64,
  ELFDATA2LSB,
  ET_REL,
  RELA_SIZE,
  SHDR_SIZE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SYM_SIZE,
} from '../spec/constants.ts'
import { symbolFlags } from '../spec/symbol-words.ts'
import { type Content, type Layout, layOut, numberOf, type PlannedSection } from './layout.ts'
import type { NewObject, NewSymbol } from './model.ts'
import { Sink } from './sink.ts'

/**
 * Writes an ELF64 little-endian object. The same input gives the same bytes.
 *
 * @param object its sections and symbols
 * @returns the file
 * @throws {Error} for what makes no sense: an index that names nothing, a number that does not fit
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readElf, writeElf } from 'hotsplice/elf'
 *
 * const text = { name: '.text', type: 1, flags: 6, alignment: 16, bytes: Uint8Array.of(0xc3) }
 * const bytes = writeElf({ header: { machine: 62 }, sections: [text], symbols: [] })
 * assert.deepEqual(readElf(bytes).sections.map(({ name }) => name).slice(0, 2), ['', '.text'])
 * ```
 */
export function writeElf(object: NewObject): Uint8Array {
  const layout = layOut(object)
  const out = new Sink(layout.fileSize)
  writeHeader(out, object, layout)
  for (const section of layout.planned) writeContent(out, section, { object, layout })
  writeSectionHeaders(out, layout)
  return out.bytes
}

interface Task {
  readonly object: NewObject
  readonly layout: Layout
}

function writeHeader(out: Sink, { header }: NewObject, { planned, numbers, sectionHeaderOffset }: Layout): void {
  const count = planned.length + 1
  out.u32(0, 0x464c457f, 'the magic number')
  out.u8(4, ELFCLASS64, 'EI_CLASS')
  out.u8(5, ELFDATA2LSB, 'EI_DATA')
  out.u8(6, 1, 'EI_VERSION')
  out.u8(7, header.osAbi ?? 0, 'EI_OSABI')
  out.u8(8, header.abiVersion ?? 0, 'EI_ABIVERSION')
  out.u16(16, header.type ?? ET_REL, 'e_type')
  out.u16(18, header.machine, 'e_machine')
  out.u32(20, 1, 'e_version')
  out.u64(40, sectionHeaderOffset, 'e_shoff')
  out.u32(48, header.flags ?? 0, 'e_flags')
  out.u16(52, EHDR_SIZE, 'e_ehsize')
  out.u16(58, SHDR_SIZE, 'e_shentsize')
  out.u16(60, count >= SHN_LORESERVE ? 0 : count, 'e_shnum')
  out.u16(62, numbers.sectionStrings >= SHN_LORESERVE ? SHN_XINDEX : numbers.sectionStrings, 'e_shstrndx')
}

/** Where the header's fields are too narrow, the null section holds the two numbers (gABI, "e_shnum"). */
function writeSectionHeaders(out: Sink, { planned, numbers, sectionNames, sectionHeaderOffset }: Layout): void {
  const count = planned.length + 1
  if (count >= SHN_LORESERVE) out.u64(sectionHeaderOffset + 32, count, 'sh_size of section 0')
  if (numbers.sectionStrings >= SHN_LORESERVE) {
    out.u32(sectionHeaderOffset + 40, numbers.sectionStrings, 'sh_link of section 0')
  }
  let at = sectionHeaderOffset
  for (const section of planned) {
    at += SHDR_SIZE
    out.u32(at, sectionNames.offsetOf(section.name), 'sh_name')
    out.u32(at + 4, section.type, 'sh_type')
    out.u64(at + 8, section.flags, 'sh_flags')
    out.u64(at + 24, section.fileOffset, 'sh_offset')
    out.u64(at + 32, section.size, 'sh_size')
    out.u32(at + 40, section.link, 'sh_link')
    out.u32(at + 44, section.info, 'sh_info')
    out.u64(at + 48, section.alignment, 'sh_addralign')
    out.u64(at + 56, section.entrySize, 'sh_entsize')
  }
}

function writeContent(out: Sink, { content, fileOffset }: PlannedSection, task: Task): void {
  if (content.of === 'bytes') out.copy(fileOffset, content.bytes)
  else if (content.of === 'group') writeGroup(out, fileOffset, { ...task, index: content.group })
  else if (content.of === 'relocations') writeRelocations(out, fileOffset, { ...task, content })
  else if (content.of === 'symbols') writeSymbols(out, fileOffset, task)
  else if (content.of === 'extended-indices') writeExtendedIndices(out, fileOffset, task)
  else if (content.of !== 'nothing') unreachable(content)
}

function writeGroup(out: Sink, offset: number, { object, layout, index }: Task & { index: number }): void {
  const group = object.groups?.[index]
  if (group === undefined) throw new InternalError(`group ${index} was planned, but is not there`)
  out.u32(offset, group.flags, 'group flags')
  let at = offset
  for (const member of group.members) {
    at += 4
    out.u32(at, numberOf(layout.numbers.ofSection, member, 'group member'), 'group member')
    const relocations = numberOf(layout.numbers.ofRelocations, member, 'group member')
    if (relocations === 0) continue
    at += 4
    out.u32(at, relocations, 'group member')
  }
}

type Relocations = Extract<Content, { of: 'relocations' }>

function writeRelocations(
  out: Sink,
  offset: number,
  { object, layout, content }: Task & { content: Relocations },
): void {
  const section = object.sections[content.section]
  if (section === undefined) throw new InternalError(`section ${content.section} was planned, but is not there`)
  const { name, flags, bytes = new Uint8Array(), size: empty = 0 } = section
  const size = contentSize({ name, flags, bytes, size: bytes.length || empty })
  let at = offset
  for (const relocation of content.relocations) {
    if (relocation.offset > size) {
      throw new InternalError(`section ${section.name} has ${size} bytes, but a relocation at ${relocation.offset}`)
    }
    const { symbol } = relocation
    const number = symbol === 'none' ? 0 : numberOf(layout.numbers.ofSymbol, symbol, `a symbol in ${section.name}`)
    out.u64(at, relocation.offset, 'r_offset')
    out.u32(at + 8, relocation.type, 'r_info')
    out.u32(at + 12, number, 'r_info')
    out.i64(at + 16, relocation.addend, 'r_addend')
    at += RELA_SIZE
  }
}

function writeSymbols(out: Sink, offset: number, { object, layout }: Task): void {
  let at = offset
  for (const index of layout.numbers.symbolOrder) {
    const symbol = object.symbols[index]
    if (symbol === undefined) throw new InternalError(`symbol ${index} was numbered, but is not there`)
    at += SYM_SIZE
    const { info, other } = symbolFlags(symbol)
    const section = sectionNumber(symbol, layout)
    out.u32(at, layout.symbolNames.offsetOf(symbol.name), 'st_name')
    out.u8(at + 4, info, 'st_info')
    out.u8(at + 5, other, 'st_other')
    out.u16(at + 6, reservedNumber(symbol) ?? (section >= SHN_LORESERVE ? SHN_XINDEX : section), 'st_shndx')
    writeValue(out, at + 8, symbol)
    out.u64(at + 16, symbol.size, `the size of ${symbol.name}`)
  }
}

function writeValue(out: Sink, at: number, { place, name }: NewSymbol): void {
  if (place.in === 'absolute') out.i64(at, BigInt.asIntN(64, place.value), `the value of ${name}`)
  else if (place.in === 'section') out.u64(at, place.offset, `the offset of ${name}`)
  else if (place.in === 'common') out.u64(at, place.alignment, `the alignment of ${name}`)
  else out.i64(at, BigInt.asIntN(64, place.value ?? 0n), `the value of ${name}`)
}

function writeExtendedIndices(out: Sink, offset: number, { object, layout }: Task): void {
  let at = offset
  for (const index of layout.numbers.symbolOrder) {
    at += 4
    const symbol = object.symbols[index]
    const section = symbol === undefined ? 0 : sectionNumber(symbol, layout)
    if (section >= SHN_LORESERVE) out.u32(at, section, 'an extended section index')
  }
}

function sectionNumber({ place, name }: NewSymbol, { numbers }: Layout): number {
  return place.in === 'section' ? numberOf(numbers.ofSection, place.section, `the section of symbol ${name}`) : 0
}

function reservedNumber({ place }: NewSymbol): number | undefined {
  switch (place.in) {
    case 'absolute':
      return SHN_ABS
    case 'common':
      return SHN_COMMON
    case 'nowhere':
      return place.reserved ?? SHN_UNDEF
    case 'section':
      return undefined
  }
}
