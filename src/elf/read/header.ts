/** The ELF header (gABI, "ELF Header"): what kind of file this is, and where its section header table lies. */
import { InputError } from '../../base/errors.ts'
import type { ElfHeader } from '../model.ts'
import {
  EHDR_SIZE,
  ELFCLASS64,
  ELFDATA2LSB,
  EV_CURRENT,
  PHDR_SIZE,
  PN_XNUM,
  SHDR_SIZE,
  SHN_XINDEX,
} from '../spec/constants.ts'
import { countAt, errorAt, type FileBytes, type Table, unsigned, wordAt } from './cursor.ts'

export interface Header {
  readonly fields: ElfHeader
  readonly sectionCount: number
}

export function readHeader(file: FileBytes): Header {
  const start = file.view(0, Math.min(4, file.length))
  if (start.length < 4 || start[0] !== 0x7f || start[1] !== 0x45 || start[2] !== 0x4c || start[3] !== 0x46) {
    const found = Buffer.from(start).toString('hex')
    throw new InputError('elf/not-elf', `not an ELF file: it starts with ${found || 'nothing'}, not 7f454c46`)
  }
  const head = file.table(0, EHDR_SIZE, 'the ELF header')
  checkKind(head)
  const sectionHeaderOffset = countAt(head, 10, 'e_shoff')
  const counts = readCounts(file, head, sectionHeaderOffset)
  const fields = {
    type: half(head, 16),
    machine: half(head, 18),
    osAbi: byte(head, 7),
    abiVersion: byte(head, 8),
    flags: wordAt(head, 12),
    entry: unsigned(wordAt(head, 6), wordAt(head, 7)),
    programHeaderCount: counts.programHeaders,
    programHeaderOffset: countAt(head, 8, 'e_phoff'),
    sectionHeaderOffset,
    sectionNameTable: counts.sectionNameTable,
  }
  const { sections } = counts
  if (fields.programHeaderCount > 0) {
    file.table(fields.programHeaderOffset, fields.programHeaderCount * PHDR_SIZE, 'the program header table')
  }
  file.table(sectionHeaderOffset, sections * SHDR_SIZE, `the section header table of ${sections} entries`)
  return { fields, sectionCount: sections }
}

function checkKind(head: Table): void {
  const [elfClass, encoding] = [byte(head, 4), byte(head, 5)]
  if (elfClass !== ELFCLASS64 || encoding !== ELFDATA2LSB) {
    throw new InputError(
      'elf/unsupported-class',
      `ELF class ${elfClass}, data encoding ${encoding} at 0x4; only 64-bit little-endian (2, 1) is supported`,
    )
  }
  mustBe(head, { field: 'EI_VERSION', at: 6, value: byte(head, 6) }, EV_CURRENT)
  mustBe(head, { field: 'e_version', at: 20, value: wordAt(head, 5) }, EV_CURRENT)
  mustBe(head, { field: 'e_ehsize', at: 52, value: half(head, 52) }, EHDR_SIZE)
  if (half(head, 56) !== 0) mustBe(head, { field: 'e_phentsize', at: 54, value: half(head, 54) }, PHDR_SIZE)
}

interface Counts {
  readonly sections: number
  readonly programHeaders: number
  readonly sectionNameTable: number
}

/** Where the header's 16-bit fields are too narrow, the null section holds the numbers (gABI, "e_shnum"). */
function readCounts(file: FileBytes, head: Table, sectionHeaderOffset: number): Counts {
  const programHeaders = half(head, 56)
  const sections = half(head, 60)
  const sectionNameTable = half(head, 62)
  if (sectionHeaderOffset === 0) {
    mustBe(head, { field: 'e_shnum, without a section header table,', at: 60, value: sections }, 0)
    mustBe(head, { field: 'e_shstrndx, without a section header table,', at: 62, value: sectionNameTable }, 0)
    return { sections, programHeaders, sectionNameTable }
  }
  mustBe(head, { field: 'e_shentsize', at: 58, value: half(head, 58) }, SHDR_SIZE)
  const wide = sections === 0 || programHeaders === PN_XNUM || sectionNameTable === SHN_XINDEX
  if (!wide) return { sections, programHeaders, sectionNameTable }
  const nullSection = file.table(sectionHeaderOffset, SHDR_SIZE, 'section 0')
  return {
    sections:
      sections === 0
        ? countAt(nullSection, nullSection.first + 8, 'sh_size of section 0, the section count,')
        : sections,
    programHeaders: programHeaders === PN_XNUM ? wordAt(nullSection, nullSection.first + 11) : programHeaders,
    sectionNameTable: sectionNameTable === SHN_XINDEX ? wordAt(nullSection, nullSection.first + 10) : sectionNameTable,
  }
}

/** The byte at `offset` of the file. */
function byte(head: Table, offset: number): number {
  return (wordAt(head, offset >> 2) >>> ((offset & 3) * 8)) & 0xff
}

/** The 16-bit field at `offset` of the file. */
function half(head: Table, offset: number): number {
  return (wordAt(head, offset >> 2) >>> ((offset & 3) * 8)) & 0xffff
}

interface Found {
  readonly field: string
  readonly at: number
  readonly value: number
}

function mustBe(head: Table, { field, at, value }: Found, expected: number): void {
  if (value !== expected) throw errorAt(head, at / 4, 'elf/bad-header', `${field} is ${value}, not ${expected}`)
}
