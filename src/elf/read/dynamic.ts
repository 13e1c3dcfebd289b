/**
 * What the dynamic linker reads of a shared library or program: a second symbol table and relocations of its own.
 * They are no part of `ElfObject`, where ids mean `.symtab`; who wants them asks here.
 */
import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfRelocation, ElfSection, ElfSymbol } from '../model.ts'
import { ET_REL, RELA_SIZE, SHT_DYNSYM, SHT_RELA, SHT_SYMTAB, SYM_SIZE } from '../spec/constants.ts'
import { Bases } from './bases.ts'
import { errorAt, signed, tableOf, unsigned, wordAt } from './cursor.ts'
import { readSymbols } from './symbols.ts'

/** A symbol of `.dynsym`. Its position in the list is its number, and no `SymbolId`. */
export type DynamicSymbol<S extends Side> = Omit<ElfSymbol<S>, 'id'>

/** A relocation that the dynamic linker does. */
export interface DynamicRelocation extends Pick<ElfRelocation<Side>, 'type' | 'addend'> {
  readonly address: bigint
  /** Position in the dynamic symbols; 0 where there is none. */
  readonly symbol: number
}

/** A section of such relocations. */
export interface DynamicRelocations<S extends Side> {
  readonly section: ElfSection<S>
  readonly relocations: readonly DynamicRelocation[]
}

/**
 * The symbols that the dynamic linker sees.
 *
 * @param elf a program or shared library
 * @returns the symbols of `.dynsym`, the null symbol first; empty where there is no such table
 * @throws {InputError} for a table that is damaged
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readDynamicSymbols, readElf } from 'hotsplice/elf'
 *
 * const names = readDynamicSymbols(readElf(await readFile(process.execPath))).map(({ name }) => name)
 * assert.ok(names.includes('napi_create_function'))
 * ```
 */
export function readDynamicSymbols<S extends Side>(elf: ElfObject<S>): readonly DynamicSymbol<S>[] {
  const { header, sections } = elf
  const table = sections.find(section => section.type === SHT_DYNSYM)
  if (table === undefined) return []
  const linked = header.type !== ET_REL
  return readSymbols({ sections, table, linked, bases: new Bases(sections, linked) })
}

/**
 * The relocations that the dynamic linker does: those of a linked file that do not belong to `.symtab`.
 *
 * @param elf a program or shared library
 * @returns each section with its relocations; empty for a relocatable object
 * @throws {InputError} for a table that is damaged
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readDynamicRelocations, readElf } from 'hotsplice/elf'
 *
 * const tables = readDynamicRelocations(readElf(await readFile(process.execPath)))
 * assert.ok(tables.some(({ section, relocations }) => section.name === '.rela.dyn' && relocations.length > 0))
 * ```
 */
export function readDynamicRelocations<S extends Side>(elf: ElfObject<S>): readonly DynamicRelocations<S>[] {
  if (elf.header.type === ET_REL) return []
  const symbolTable = elf.sections.find(section => section.type === SHT_SYMTAB)?.id ?? 0
  const dynamicSymbols = elf.sections.find(section => section.type === SHT_DYNSYM)
  const symbolCount = Math.floor((dynamicSymbols?.size ?? 0) / SYM_SIZE)
  return elf.sections
    .filter(({ type, link, info }) => type === SHT_RELA && (link !== symbolTable || link === 0 || info === 0))
    .map(section => ({ section, relocations: readTable(section, symbolCount) }))
}

function readTable<S extends Side>(section: ElfSection<S>, symbolCount: number): readonly DynamicRelocation[] {
  const { id, name, bytes, fileOffset, size } = section
  const table = tableOf(bytes, fileOffset, `section ${id} ${name}`)
  if (size % RELA_SIZE !== 0) {
    throw errorAt(table, 0, 'elf/bad-table-size', `a table of ${size} bytes, not a multiple of ${RELA_SIZE}`)
  }
  const relocations: DynamicRelocation[] = []
  for (let at = 0; at < table.end; at += RELA_SIZE / 4) {
    const symbol = wordAt(table, at + 3)
    if (symbol !== 0 && symbol >= symbolCount) {
      throw errorAt(table, at, 'elf/bad-symbol-index', `symbol ${symbol}, but .dynsym has ${symbolCount} entries`)
    }
    relocations.push({
      address: unsigned(wordAt(table, at), wordAt(table, at + 1)),
      type: wordAt(table, at + 2),
      symbol,
      addend: signed(wordAt(table, at + 4), wordAt(table, at + 5)),
    })
  }
  return relocations
}
