/**
 * A program's file without its bulk, which is code and debug information: header and section table are read at once, the
 * bytes of a section when somebody asks, symbols one by one. So a file of any size takes the memory of what is looked at.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSymbol } from '../model.ts'
import { ET_REL } from '../spec/constants.ts'
import { Bases } from './bases.ts'
import { FileBytes, type FileParts } from './cursor.ts'
import { readHeader } from './header.ts'
import { symbolTableOf } from './read.ts'
import { readSections } from './sections.ts'
import { visitSymbols } from './symbols.ts'

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

/** Shows every symbol of `.symtab` once; says whether there is such a table. */
export function outlineSymbols<S extends Side>(
  { header, sections }: ElfOutline<S>,
  visit: (symbol: ElfSymbol<S>) => void,
): boolean {
  const table = symbolTableOf(sections)
  if (table === undefined) return false
  const linked = header.type !== ET_REL
  visitSymbols({ sections, table, linked, bases: new Bases(sections, linked) }, visit)
  return true
}
