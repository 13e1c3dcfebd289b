/**
 * Reads an ELF64 little-endian file into the model.
 *
 * Everything the file claims is checked before it is used: an index against its table, an offset against the file, a
 * count against the bytes that would hold it. So the only outcomes are a model or an `InputError` with the offset and
 * the value; nothing is allocated by a size that the file's length does not bear out, and tables that overlap cannot
 * add up to more than the file.
 *
 * Each table is checked once as a whole, so that its fields need no check one by one: speed and safety from one rule.
 *
 * The specification is the System V gABI 4.1, chapters 4 ("Object Files") and 5.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSection } from '../model.ts'
import { ET_REL, SHT_SYMTAB } from '../spec/constants.ts'
import { Bases } from './bases.ts'
import { FileBytes } from './cursor.ts'
import { readGroups } from './groups.ts'
import { readHeader } from './header.ts'
import { readRelocations } from './relocations.ts'
import { readSections } from './sections.ts'
import { readSymbols } from './symbols.ts'

/**
 * Reads an ELF64 little-endian file. Everything that it claims is checked first.
 *
 * `S` says which side of a comparison the file is on; it is a matter of types only.
 *
 * @param bytes the file
 * @returns its sections, symbols, relocations and groups
 * @throws {InputError} for what is no such file or is damaged, with the place and the value
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf } from 'hotsplice/elf'
 *
 * const { header, symbols } = readElf(await readFile('original.o'))
 * assert.equal(header.type, 1)
 * assert.ok(symbols.some(({ kind, name }) => kind === 'function' && name === 'f2'))
 * ```
 */
export function readElf<S extends Side>(bytes: Uint8Array): ElfObject<S> {
  const file = new FileBytes(bytes)
  const header = readHeader(file)
  const sections = readSections<S>(file, header)
  const symbolTable = symbolTableOf(sections)
  const linked = header.fields.type !== ET_REL
  const bases = new Bases(sections, linked)
  const symbols = symbolTable === undefined ? [] : readSymbols({ sections, table: symbolTable, linked, bases })
  const context = { sections, symbolTable: symbolTable?.id ?? 0, symbolCount: symbols.length, linked, bases }
  return {
    header: header.fields,
    sections,
    symbols,
    relocations: readRelocations(file, context),
    groups: readGroups(context, bytes.length),
  }
}

export function symbolTableOf<S extends Side>(sections: readonly ElfSection<S>[]): ElfSection<S> | undefined {
  const tables = sections.filter(({ type }) => type === SHT_SYMTAB)
  if (tables.length < 2) return tables[0]
  throw new InputError(
    'elf/several-symbol-tables',
    `sections ${tables.map(({ id }) => id).join(' and ')} are all symbol tables; at most one is allowed`,
  )
}
