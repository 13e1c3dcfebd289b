/** Symbol tables (gABI, "Symbol Table"), with extended section indices where there are any. */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { sectionId, symbolId } from '../ids.ts'
import type { ElfSection, ElfSymbol } from '../model.ts'
import {
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_STRTAB,
  SHT_SYMTAB_SHNDX,
  STT_TLS,
  SYM_SIZE,
} from '../spec/constants.ts'
import { BINDINGS, KINDS, VISIBILITIES } from '../spec/symbol-words.ts'
import type { Bases } from './bases.ts'
import { countAt, errorAt, isTooHigh, type Table, TWO_32, tableOf, tooLarge, unsigned, wordAt } from './cursor.ts'
import { StringTable } from './strings.ts'

export interface SymbolSource<S extends Side> {
  readonly sections: readonly ElfSection<S>[]
  readonly table: ElfSection<S>
  /** In a linked file a symbol's value is an address, in a relocatable object an offset in its section. */
  readonly linked: boolean
  readonly bases: Bases
}

const SYM_WORDS = SYM_SIZE / 4

export function readSymbols<S extends Side>(source: SymbolSource<S>): readonly ElfSymbol<S>[] {
  const symbols = new Array<ElfSymbol<S>>(Math.floor(source.table.size / SYM_SIZE))
  let index = 0
  visitSymbols(source, symbol => {
    symbols[index++] = symbol
  })
  return symbols
}

/** The same one by one, for tables of millions, of which hardly any is kept. */
export function visitSymbols<S extends Side>(source: SymbolSource<S>, visit: (symbol: ElfSymbol<S>) => void): void {
  const { sections, linked, bases } = source
  const table = symbolTable(source)
  const names = symbolNames(source)
  visitRows({ sections, linked, bases, table, extended: extendedIndices(source) }, names, symbol => {
    if (symbol.id === 0 && (symbol.place.in !== 'nowhere' || symbol.name !== '')) {
      const fact = 'symbol 0 is not the null symbol: it has a name or a place'
      throw errorAt(table, table.first, 'elf/bad-symbol-index', fact)
    }
    visit(symbol)
  })
}

interface Context<S extends Side> extends Omit<SymbolSource<S>, 'table'> {
  readonly table: Table
  readonly extended: Table | undefined
}

function visitRows<S extends Side>(
  context: Context<S>,
  names: StringTable,
  visit: (symbol: ElfSymbol<S>) => void,
): void {
  const { table, sections, linked } = context
  const { words, first, end } = table
  let index = 0
  for (let at = first; at < end; at += SYM_WORDS) {
    const flags = words[at + 1] ?? 0
    const info = flags & 0xff
    const other = (flags >>> 8) & 0xff
    const kind = KINDS[info & 15] ?? 'other'
    const binding = BINDINGS[info >>> 4] ?? 'other'
    const sizeHigh = words[at + 5] ?? 0
    if (isTooHigh(sizeHigh)) throw tooLarge(table, at + 4, 'st_size')
    const symbol = {
      id: symbolId<S>(index),
      name: names.at(words[at] ?? 0, 'symbol', index),
      kind,
      binding,
      visibility: VISIBILITIES[other & 3] ?? 'default',
      place: readPlace(at, context),
      size: (words[at + 4] ?? 0) + sizeHigh * TWO_32,
    }
    if (!linked) checkRange(table, at, symbol, sections)
    const unsaid = kind === 'other' || binding === 'other' || other > 3
    visit(unsaid ? { ...symbol, raw: { info, other } } : symbol)
    index++
  }
}

function symbolTable<S extends Side>({ table: section }: SymbolSource<S>): Table {
  const { id, name, bytes, fileOffset, size } = section
  const table = tableOf(bytes, fileOffset, `symbol table ${id} ${name}`)
  if (size % SYM_SIZE === 0) return table
  throw errorAt(table, table.first, 'elf/bad-table-size', `a table of ${size} bytes, not a multiple of ${SYM_SIZE}`)
}

function symbolNames<S extends Side>({ sections, table }: SymbolSource<S>): StringTable {
  const { id, link } = table
  const strings = sections[link]
  if (strings?.type === SHT_STRTAB) return new StringTable(strings.bytes, strings.name, table.size)
  throw new InputError(
    'elf/bad-section-index',
    `sh_link of symbol table ${id} is ${link}, which is not a string table among ${sections.length} sections`,
  )
}

function extendedIndices<S extends Side>({ sections, table }: SymbolSource<S>): Table | undefined {
  const section = sections.find(({ type, link }) => type === SHT_SYMTAB_SHNDX && link === table.id)
  if (section === undefined) return undefined
  const indices = tableOf(section.bytes, section.fileOffset, section.name)
  if (section.size * SYM_WORDS === table.size) return indices
  const fact = `${section.size} bytes of extended section indices for ${table.size / SYM_SIZE} symbols`
  throw errorAt(indices, indices.first, 'elf/bad-table-size', fact)
}

const NOWHERE = { in: 'nowhere' } as const

/** Where the symbol whose entry begins at word `at` lies. */
function readPlace<S extends Side>(at: number, context: Context<S>): ElfSymbol<S>['place'] {
  const { table, sections, bases } = context
  const flags = wordAt(table, at + 1)
  const short = flags >>> 16
  if (short === SHN_UNDEF) {
    const value = unsigned(wordAt(table, at + 2), wordAt(table, at + 3))
    return value === 0n ? NOWHERE : { in: 'nowhere', value }
  }
  if (short === SHN_ABS) return { in: 'absolute', value: unsigned(wordAt(table, at + 2), wordAt(table, at + 3)) }
  if (short === SHN_COMMON) return { in: 'common', alignment: countAt(table, at + 2, 'st_value') }
  const index = short < SHN_LORESERVE ? short : extendedIndex(at, short, context)
  const section = sections[index]
  if (section === undefined || index === 0) {
    throw badIndex(table, at, `names section ${index}, but there are ${sections.length}`)
  }
  const isTls = (flags & 15) === STT_TLS
  const offset = isTls ? bases.tlsOffset(table, at + 2, index) : bases.offset(table, at + 2, index)
  return { in: 'section', section: sectionId(index), offset }
}

function extendedIndex<S extends Side>(at: number, short: number, { table, extended }: Context<S>): number {
  if (short !== SHN_XINDEX) throw badIndex(table, at, `names the reserved section 0x${short.toString(16)}`)
  if (extended === undefined) {
    throw badIndex(table, at, 'has an extended section index, but there is no SHT_SYMTAB_SHNDX section')
  }
  return wordAt(extended, extended.first + (at - table.first) / SYM_WORDS)
}

/** In a relocatable object a symbol lies within its section, whose end it may mark. */
function checkRange<S extends Side>(
  table: Table,
  at: number,
  { id, place, size }: ElfSymbol<S>,
  sections: readonly ElfSection<S>[],
): void {
  if (place.in !== 'section') return
  const section = sections[place.section]
  const end = place.offset + size
  if (section === undefined || end <= section.size) return
  const range = `${place.offset} to ${end} of section ${section.id} ${section.name}, which has ${section.size} bytes`
  throw errorAt(table, at, 'elf/bad-symbol-offset', `symbol ${id} lies at ${range}`)
}

function badIndex(table: Table, at: number, fact: string): InputError {
  return errorAt(table, at, 'elf/bad-section-index', `symbol ${(at - table.first) / SYM_WORDS} ${fact}`)
}
