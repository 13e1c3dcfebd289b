/** The section header table (gABI, "Sections"). */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { sectionId } from '../ids.ts'
import type { ElfSection } from '../model.ts'
import { SHDR_SIZE, SHT_NOBITS, SHT_NULL, SHT_STRTAB } from '../spec/constants.ts'
import {
  countAt,
  errorAt,
  type FileBytes,
  isTooHigh,
  type Table,
  TWO_32,
  tooLarge,
  unsigned,
  wordAt,
} from './cursor.ts'
import type { Header } from './header.ts'
import { StringTable } from './strings.ts'

const SHDR_WORDS = SHDR_SIZE / 4
const NO_BYTES = new Uint8Array()

export function readSections<S extends Side>(file: FileBytes, { fields, sectionCount }: Header): ElfSection<S>[] {
  const table = file.table(fields.sectionHeaderOffset, sectionCount * SHDR_SIZE, 'the section header table')
  const nameTable = nameBytes(file, table, fields.sectionNameTable)
  const names = new StringTable(nameTable, 'the section name table', sectionCount * SHDR_SIZE)
  const sections = readRows<S>(file, table, names)
  const type = sections[0]?.type ?? SHT_NULL
  if (type !== SHT_NULL) {
    throw errorAt(table, table.first + 1, 'elf/bad-header', `section 0 has type ${type}, not 0 (SHT_NULL)`)
  }
  return sections
}

function readRows<S extends Side>(file: FileBytes, table: Table, names: StringTable): ElfSection<S>[] {
  const { words, first, end } = table
  const sections = new Array<ElfSection<S>>((end - first) / SHDR_WORDS)
  let index = 0
  for (let at = first; at < end; at += SHDR_WORDS) {
    const type = words[at + 1] ?? 0
    const name = names.at(words[at] ?? 0, 'section', index)
    const flagsHigh = words[at + 3] ?? 0
    const offsetHigh = words[at + 7] ?? 0
    const sizeHigh = words[at + 9] ?? 0
    const alignmentHigh = words[at + 13] ?? 0
    const entrySizeHigh = words[at + 15] ?? 0
    if (isTooHigh(flagsHigh | offsetHigh | sizeHigh | alignmentHigh | entrySizeHigh)) throw tooLargeField(table, at)
    const fileOffset = (words[at + 6] ?? 0) + offsetHigh * TWO_32
    const size = (words[at + 8] ?? 0) + sizeHigh * TWO_32
    const empty = type === SHT_NOBITS || type === SHT_NULL || size === 0
    if (!empty && !file.holds(fileOffset, size)) throw file.truncated(fileOffset, size, `section ${index} ${name}`)
    const section: ElfSection<S> = {
      id: sectionId<S>(index),
      name,
      type,
      flags: (words[at + 2] ?? 0) + flagsHigh * TWO_32,
      address: unsigned(words[at + 4] ?? 0, words[at + 5] ?? 0),
      fileOffset,
      size,
      link: words[at + 10] ?? 0,
      info: words[at + 11] ?? 0,
      alignment: (words[at + 12] ?? 0) + alignmentHigh * TWO_32,
      entrySize: (words[at + 14] ?? 0) + entrySizeHigh * TWO_32,
      bytes: empty || file.parts !== undefined ? NO_BYTES : file.view(fileOffset, size),
    }
    if (!empty && file.parts !== undefined) readWhenAsked(section, file)
    sections[index++] = section
  }
  return sections
}

/** The bytes of a file that is not held in memory are read each time that somebody asks for them. */
function readWhenAsked<S extends Side>(section: ElfSection<S>, file: FileBytes): void {
  const { fileOffset, size } = section
  Object.defineProperty(section, 'bytes', { enumerable: true, get: () => file.view(fileOffset, size) })
}

/** The 64-bit fields of a section header, by their word. */
const WIDE_FIELDS = [
  [2, 'sh_flags'],
  [6, 'sh_offset'],
  [8, 'sh_size'],
  [12, 'sh_addralign'],
  [14, 'sh_entsize'],
] as const

function tooLargeField(table: Table, at: number): InputError {
  const [word, field] = WIDE_FIELDS.find(([word]) => isTooHigh(wordAt(table, at + word + 1))) ?? WIDE_FIELDS[0]
  return tooLarge(table, at + word, field)
}

function nameBytes(file: FileBytes, table: Table, index: number): Uint8Array {
  if (index === 0) return NO_BYTES
  const at = table.first + index * SHDR_WORDS
  if (at >= table.end) {
    const count = (table.end - table.first) / SHDR_WORDS
    throw new InputError('elf/bad-section-index', `e_shstrndx at 0x3e is ${index}, but there are ${count} sections`)
  }
  const type = wordAt(table, at + 1)
  if (type !== SHT_STRTAB) {
    throw errorAt(table, at + 1, 'elf/bad-section-index', `e_shstrndx is ${index}, a section of type ${type}, not 3`)
  }
  const offset = countAt(table, at + 6, 'sh_offset')
  const size = countAt(table, at + 8, 'sh_size')
  if (!file.holds(offset, size)) throw file.truncated(offset, size, 'the section name table')
  return file.view(offset, size)
}
