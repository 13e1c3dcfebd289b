/**
 * First phase of writing: gives every section and symbol its number, and every section its size and place.
 *
 * The order is the assembler's, so that an object read and written keeps its section numbers: groups, then each section
 * followed by its relocations, then the symbol table and the string tables.
 */
import { InternalError } from '../../base/errors.ts'
import {
  EHDR_SIZE,
  RELA_SIZE,
  SHDR_SIZE,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  SYM_SIZE,
} from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import type { NewObject, NewRelocation, NewSection } from './model.ts'
import { NewStringTable } from './strings.ts'

/** What a planned section holds; the second phase knows how to write each. */
export type Content =
  | { readonly of: 'bytes'; readonly bytes: Uint8Array }
  | { readonly of: 'nothing' }
  | { readonly of: 'group'; readonly group: number }
  | { readonly of: 'relocations'; readonly section: number; readonly relocations: readonly NewRelocation[] }
  | { readonly of: 'symbols' }
  | { readonly of: 'extended-indices' }

/** One row of the section header table, but for the null section's. */
export interface PlannedSection {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly link: number
  readonly info: number
  readonly alignment: number
  readonly entrySize: number
  readonly size: number
  readonly fileOffset: number
  readonly content: Content
}

export interface Layout {
  /** The section header table without its null entry: `planned[i]` is section i + 1. */
  readonly planned: readonly PlannedSection[]
  readonly numbers: Numbers
  readonly sectionNames: NewStringTable
  readonly symbolNames: NewStringTable
  readonly sectionHeaderOffset: number
  readonly fileSize: number
}

/** From the caller's indices to the file's. */
export interface Numbers {
  readonly ofSection: readonly number[]
  /** 0 for a section without relocations. */
  readonly ofRelocations: readonly number[]
  readonly ofSymbol: readonly number[]
  /** The caller's symbols in the file's order, without the null symbol. */
  readonly symbolOrder: readonly number[]
  readonly firstNonLocal: number
  readonly symbolTable: number
  /** 0 when no symbol needs an extended index. */
  readonly extendedIndices: number
  readonly symbolStrings: number
  readonly sectionStrings: number
}

type Unplaced = Omit<PlannedSection, 'fileOffset'>

/** File offsets are aligned as their sections are, but no further than this: memory is what alignment is for. */
const LARGEST_FILE_ALIGNMENT = 4096

export function layOut(object: NewObject): Layout {
  const numbers = numberAll(object)
  const symbolNames = new NewStringTable(object.symbols.map(symbol => symbol.name))
  const unplaced = [
    ...planGroups(object, numbers),
    ...planGiven(object, numbers),
    ...planSymbols(object, numbers, symbolNames),
  ]
  const sectionNames = new NewStringTable([...unplaced.map(section => section.name), '.shstrtab'])
  unplaced.push(strings('.shstrtab', sectionNames))
  if (unplaced.length !== numbers.sectionStrings) {
    throw new InternalError(`${unplaced.length} sections were planned, but ${numbers.sectionStrings} were numbered`)
  }
  let end = EHDR_SIZE
  const planned = unplaced.map(section => {
    const fileOffset = alignUp(end, Math.min(Math.max(section.alignment, 1), LARGEST_FILE_ALIGNMENT))
    if (section.content.of !== 'nothing') end = fileOffset + section.size
    return { ...section, fileOffset }
  })
  const sectionHeaderOffset = alignUp(end, 8)
  const fileSize = sectionHeaderOffset + (planned.length + 1) * SHDR_SIZE
  return { planned, numbers, sectionNames, symbolNames, sectionHeaderOffset, fileSize }
}

function numberAll({ sections, symbols, groups = [] }: NewObject): Numbers {
  let next = 1 + groups.length
  const ofSection: number[] = []
  const ofRelocations: number[] = []
  for (const section of sections) {
    ofSection.push(next++)
    ofRelocations.push(section.relocations?.length ? next++ : 0)
    next += section.furtherRelocations?.length ?? 0
  }
  const symbolTable = next++
  const highest = ofSection.at(-1) ?? 0
  const extendedIndices = highest >= SHN_LORESERVE ? next++ : 0
  const all = symbols.map((_, index) => index)
  const locals = all.filter(index => symbols[index]?.binding === 'local')
  const symbolOrder = [...locals, ...all.filter(index => symbols[index]?.binding !== 'local')]
  const ofSymbol = new Array<number>(symbols.length).fill(0)
  symbolOrder.forEach((index, position) => {
    ofSymbol[index] = position + 1
  })
  return {
    ofSection,
    ofRelocations,
    ofSymbol,
    symbolOrder,
    firstNonLocal: locals.length + 1,
    symbolTable,
    extendedIndices,
    symbolStrings: next++,
    sectionStrings: next++,
  }
}

function planGroups({ groups = [] }: NewObject, numbers: Numbers): Unplaced[] {
  return groups.map(({ name = '.group', signature, members }, group) => {
    const relocated = members.filter(member => numberOf(numbers.ofRelocations, member, 'group member') !== 0)
    return {
      name,
      type: SHT_GROUP,
      flags: 0,
      link: numbers.symbolTable,
      info: numberOf(numbers.ofSymbol, signature, 'group signature'),
      alignment: 4,
      entrySize: 4,
      size: 4 * (1 + members.length + relocated.length),
      content: { of: 'group', group },
    }
  })
}

function planGiven({ sections, groups = [] }: NewObject, numbers: Numbers): Unplaced[] {
  const grouped = new Set(groups.flatMap(group => group.members))
  return sections.flatMap((section, index) => {
    const groupFlag = grouped.has(index) ? SHF_GROUP : 0
    const own = planOne(section, numbers, groupFlag)
    const { name, relocations = [], furtherRelocations = [] } = section
    const usual = relocations.length === 0 ? [] : [{ name: `.rela${name}`, flags: 0, relocations }]
    const info = numberOf(numbers.ofSection, index, 'section')
    const planned = [...usual, ...furtherRelocations].map(
      (each): Unplaced => ({
        name: each.name,
        type: SHT_RELA,
        flags: SHF_INFO_LINK + groupFlag + each.flags,
        link: numbers.symbolTable,
        info,
        alignment: 8,
        entrySize: RELA_SIZE,
        size: each.relocations.length * RELA_SIZE,
        content: { of: 'relocations', section: index, relocations: each.relocations },
      }),
    )
    return [own, ...planned]
  })
}

function planOne(section: NewSection, numbers: Numbers, groupFlag: number): Unplaced {
  const { name, type, flags, alignment, entrySize = 0, bytes, size = 0, linkTo, info = 0 } = section
  const holdsNothing = type === SHT_NOBITS
  if (holdsNothing === (bytes !== undefined)) {
    throw new InternalError(`section ${name}: bytes are for any type but SHT_NOBITS, size is for SHT_NOBITS alone`)
  }
  if (!(alignment === 0 || Number.isInteger(Math.log2(alignment)))) {
    throw new InternalError(`section ${name}: alignment ${alignment} is not a power of two`)
  }
  const infoIsSection = hasFlag(flags, SHF_INFO_LINK)
  return {
    name,
    type,
    flags: groupFlag !== 0 && !hasFlag(flags, groupFlag) ? flags + groupFlag : flags,
    link: linkTo === undefined ? 0 : numberOf(numbers.ofSection, linkTo, `sh_link of ${name}`),
    info: infoIsSection ? numberOf(numbers.ofSection, info, `sh_info of ${name}`) : info,
    alignment,
    entrySize,
    size: bytes === undefined ? size : bytes.length,
    content: bytes === undefined ? { of: 'nothing' } : { of: 'bytes', bytes },
  }
}

function planSymbols({ symbols }: NewObject, numbers: Numbers, names: NewStringTable): Unplaced[] {
  const table: Unplaced = {
    name: '.symtab',
    type: SHT_SYMTAB,
    flags: 0,
    link: numbers.symbolStrings,
    info: numbers.firstNonLocal,
    alignment: 8,
    entrySize: SYM_SIZE,
    size: (symbols.length + 1) * SYM_SIZE,
    content: { of: 'symbols' },
  }
  if (numbers.extendedIndices === 0) return [table, strings('.strtab', names)]
  const extended: Unplaced = {
    name: '.symtab_shndx',
    type: SHT_SYMTAB_SHNDX,
    flags: 0,
    link: numbers.symbolTable,
    info: 0,
    alignment: 4,
    entrySize: 4,
    size: (symbols.length + 1) * 4,
    content: { of: 'extended-indices' },
  }
  return [table, extended, strings('.strtab', names)]
}

function strings(name: string, { bytes }: NewStringTable): Unplaced {
  const plain = { flags: 0, link: 0, info: 0, alignment: 1, entrySize: 0 }
  return { name, type: SHT_STRTAB, ...plain, size: bytes.length, content: { of: 'bytes', bytes } }
}

/** The file's number for one of the caller's; a wrong index is the caller's mistake, not the input's. */
export function numberOf(numbers: readonly number[], index: number, what: string): number {
  const number = numbers[index]
  if (number === undefined) throw new InternalError(`${what} is ${index}, but there are ${numbers.length}`)
  return number
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}
