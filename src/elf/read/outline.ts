/**
 * A program's file without its bulk, which is code and debug information: header and section table are read at once, the
 * bytes of a section when somebody asks, symbols are searched for. So a file of any size takes the memory of what is looked at.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { ElfObject } from '../model.ts'
import { ET_REL } from '../spec/constants.ts'
import { Bases } from './bases.ts'
import { FileBytes, type FileParts } from './cursor.ts'
import { readHeader } from './header.ts'
import { symbolTableOf } from './read.ts'
import { readSections } from './sections.ts'
import { SymbolSearch } from './symbols.ts'

export type ElfOutline<S extends Side> = Pick<ElfObject<S>, 'header' | 'sections'>

/** A linked program has some dozen, a relocatable object of a whole compiler some hundred thousand. */
const MOST_SECTIONS = 2 ** 20

export function readOutline<S extends Side>(parts: FileParts): ElfOutline<S> {
  const file = new FileBytes(parts)
  const header = readHeader(file)
  if (header.sectionCount > MOST_SECTIONS) {
    throw new InputError('elf/bad-header', `${header.sectionCount} sections, more than ${MOST_SECTIONS}`)
  }
  return { header: header.fields, sections: readSections<S>(file, header) }
}

/** `.symtab`, to be searched; undefined where there is none. */
export function searchSymbols<S extends Side>({ header, sections }: ElfOutline<S>): SymbolSearch<S> | undefined {
  const table = symbolTableOf(sections)
  if (table === undefined) return undefined
  const linked = header.type !== ET_REL
  return new SymbolSearch({ sections, table, linked, bases: new Bases(sections, linked) })
}
