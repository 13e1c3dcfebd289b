/** Symbol tables (gABI, "Symbol Table"), with extended section indices where there are any. */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { contentSize } from '../compressed.ts'
import { sectionId, symbolId } from '../ids.ts'
import type { ElfSection, ElfSymbol } from '../model.ts'
import {
  SHN_ABS,
  SHN_COMMON,
  SHN_LIVEPATCH,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_STRTAB,
  SHT_SYMTAB_SHNDX,
  STT_FILE,
  STT_FUNC,
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
  const { sections, linked, bases } = source
  const table = symbolTable(source)
  const names = symbolNames(source)
  const symbols = readRows({ sections, linked, bases, table, extended: extendedIndices(source) }, names)
  const first = symbols[0]
  if (first === undefined || (first.place.in === 'nowhere' && first.name === '')) return symbols
  throw errorAt(table, table.first, 'elf/bad-symbol-index', 'symbol 0 is not the null symbol: it has a name or a place')
}

interface Context<S extends Side> extends Omit<SymbolSource<S>, 'table'> {
  readonly table: Table
  readonly extended: Table | undefined
}

function readRows<S extends Side>(context: Context<S>, names: StringTable): readonly ElfSymbol<S>[] {
  const { words, first, end } = context.table
  const symbols = new Array<ElfSymbol<S>>((end - first) / SYM_WORDS)
  let index = 0
  for (let at = first; at < end; at += SYM_WORDS) {
    symbols[index] = readRow(at, names.at(words[at] ?? 0, 'symbol', index), context)
    index++
  }
  return symbols
}

/** The symbol whose entry begins at word `at`. */
function readRow<S extends Side>(at: number, name: string, context: Context<S>): ElfSymbol<S> {
  const { table, sections, linked } = context
  const { words, first } = table
  const flags = words[at + 1] ?? 0
  const info = flags & 0xff
  const other = (flags >>> 8) & 0xff
  const kind = KINDS[info & 15] ?? 'other'
  const binding = BINDINGS[info >>> 4] ?? 'other'
  const sizeHigh = words[at + 5] ?? 0
  if (isTooHigh(sizeHigh)) throw tooLarge(table, at + 4, 'st_size')
  const symbol = {
    id: symbolId<S>((at - first) / SYM_WORDS),
    name,
    kind,
    binding,
    visibility: VISIBILITIES[other & 3] ?? 'default',
    place: readPlace(at, context),
    size: (words[at + 4] ?? 0) + sizeHigh * TWO_32,
  }
  if (!linked) checkRange(table, at, symbol, sections)
  const unsaid = kind === 'other' || binding === 'other' || other > 3
  return unsaid ? { ...symbol, raw: { info, other } } : symbol
}

export interface FoundSymbol<S extends Side> {
  readonly symbol: ElfSymbol<S>
  /** The file that the table names before it; empty where there is none. */
  readonly file: string
}

/**
 * A symbol table that is searched, and never becomes values: the names' bytes first, then which entries have what was
 * found. So a table of millions takes little more than its bytes, and each name some milliseconds.
 */
export class SymbolSearch<S extends Side> {
  readonly #context: Context<S>
  readonly #strings: Buffer

  constructor(source: SymbolSource<S>) {
    const { sections, linked, bases } = source
    const { bytes } = namesOf(source)
    this.#context = { sections, linked, bases, table: symbolTable(source), extended: extendedIndices(source) }
    this.#strings = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** In the order of the table: the symbols of that name, or those whose names start so. */
  find(text: string, how: 'whole' | 'start'): readonly FoundSymbol<S>[] {
    const offsets = this.#offsetsOf(Buffer.from(how === 'whole' ? `${text}\0` : text, 'latin1'))
    if (text === '' || offsets.size === 0) return []
    const { words, first, end } = this.#context.table
    const found: FoundSymbol<S>[] = []
    let file = first
    for (let at = first; at < end; at += SYM_WORDS) {
      if (((words[at + 1] ?? 0) & 15) === STT_FILE) file = at
      const offset = words[at] ?? 0
      if (!offsets.has(offset)) continue
      const symbol = readRow(at, this.#nameAt(offset), this.#context)
      found.push({ symbol, file: this.#nameAt(words[file] ?? 0) })
    }
    return found
  }

  /** Functions whose value is this address of a linked file, in the order of the table. */
  functionsAt(address: number): readonly FoundSymbol<S>[] {
    const { words, first, end } = this.#context.table
    const [low, high] = [address % TWO_32, Math.floor(address / TWO_32)]
    const found: FoundSymbol<S>[] = []
    let file = first
    for (let at = first; at < end; at += SYM_WORDS) {
      const kind = (words[at + 1] ?? 0) & 15
      if (kind === STT_FILE) file = at
      if (kind !== STT_FUNC || words[at + 2] !== low || words[at + 3] !== high) continue
      const symbol = readRow(at, this.#nameAt(words[at] ?? 0), this.#context)
      if (symbol.place.in === 'section') found.push({ symbol, file: this.#nameAt(words[file] ?? 0) })
    }
    return found
  }

  /** All functions and variables that have a place and a size, in the order of the table. */
  *sized(): Iterable<FoundSymbol<S>> {
    const { words, first, end } = this.#context.table
    let file = first
    for (let at = first; at < end; at += SYM_WORDS) {
      const kind = KINDS[(words[at + 1] ?? 0) & 15]
      if (kind === 'file') file = at
      if ((kind !== 'function' && kind !== 'object') || words[at + 4] === 0) continue
      const symbol = readRow(at, this.#nameAt(words[at] ?? 0), this.#context)
      if (symbol.place.in === 'section') yield { symbol, file: this.#nameAt(words[file] ?? 0) }
    }
  }

  /** The names of files, in the order of the table. */
  files(): readonly string[] {
    const { words, first, end } = this.#context.table
    const found: string[] = []
    for (let at = first; at < end; at += SYM_WORDS) {
      if (((words[at + 1] ?? 0) & 15) === STT_FILE) found.push(this.#nameAt(words[at] ?? 0))
    }
    return found
  }

  /** Whether functions or variables are there that are local to a file. */
  hasLocals(): boolean {
    const { words, first, end } = this.#context.table
    for (let at = first; at < end; at += SYM_WORDS) {
      const info = (words[at + 1] ?? 0) & 0xff
      const kind = KINDS[info & 15]
      if (BINDINGS[info >>> 4] === 'local' && (kind === 'function' || kind === 'object')) return true
    }
    return false
  }

  /** Names may share bytes, so one may begin in another. */
  #offsetsOf(wanted: Buffer): ReadonlySet<number> {
    const found = new Set<number>()
    for (let at = this.#strings.indexOf(wanted); at !== -1; at = this.#strings.indexOf(wanted, at + 1)) found.add(at)
    return found
  }

  #nameAt(offset: number): string {
    const end = this.#strings.indexOf(0, offset)
    return end === -1 ? '' : this.#strings.toString('latin1', offset, end)
  }
}

function symbolTable<S extends Side>({ table: section }: SymbolSource<S>): Table {
  const { id, name, bytes, fileOffset, size } = section
  const table = tableOf(bytes, fileOffset, `symbol table ${id} ${name}`)
  if (size % SYM_SIZE === 0) return table
  throw errorAt(table, table.first, 'elf/bad-table-size', `a table of ${size} bytes, not a multiple of ${SYM_SIZE}`)
}

function symbolNames<S extends Side>(source: SymbolSource<S>): StringTable {
  const { bytes, name } = namesOf(source)
  return new StringTable(bytes, name, source.table.size)
}

function namesOf<S extends Side>({ sections, table }: SymbolSource<S>): ElfSection<S> {
  const { id, link } = table
  const strings = sections[link]
  if (strings?.type === SHT_STRTAB) return strings
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

/** Where the symbol lies whose entry begins at word `at`. */
function readPlace<S extends Side>(at: number, context: Context<S>): ElfSymbol<S>['place'] {
  const { table, sections, bases } = context
  const flags = wordAt(table, at + 1)
  const short = flags >>> 16
  if (short === SHN_UNDEF || short === SHN_LIVEPATCH) {
    const value = unsigned(wordAt(table, at + 2), wordAt(table, at + 3))
    const reserved = short === SHN_UNDEF ? {} : { reserved: short }
    return value === 0n && short === SHN_UNDEF
      ? NOWHERE
      : { in: 'nowhere', ...(value === 0n ? {} : { value }), ...reserved }
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
  const content = contentSize(section)
  if (end <= content) return
  const range = `${place.offset} to ${end} of section ${section.id} ${section.name}, which has ${content} bytes`
  throw errorAt(table, at, 'elf/bad-symbol-offset', `symbol ${id} lies at ${range}`)
}

function badIndex(table: Table, at: number, fact: string): InputError {
  return errorAt(table, at, 'elf/bad-section-index', `symbol ${(at - table.first) / SYM_WORDS} ${fact}`)
}
