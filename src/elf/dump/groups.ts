import type { Side } from '../../base/side.ts'
import type { ElfObject } from '../model.ts'
import { GRP_COMDAT } from '../spec/constants.ts'
import { symbolName } from './symbols.ts'
import { printable } from './words.ts'

/** The section groups with their members (`readelf -g`). */
export function dumpGroups<S extends Side>(elf: ElfObject<S>): string[] {
  if (elf.groups.length === 0) return ['', 'There are no section groups in this file.']
  return elf.groups.flatMap(({ section, signature, flags, members }) => {
    const name = printable(elf.sections[section]?.name ?? '')
    const symbol = elf.symbols[signature]
    const key = symbol === undefined ? '' : printable(symbolName(elf, symbol))
    const comdat = flags % 2 === GRP_COMDAT ? 'COMDAT ' : ''
    return [
      '',
      `${comdat}group section [${String(section).padStart(5)}] \`${name}' [${key}] contains ${members.length} sections:`,
      '   [Index]    Name',
      ...members.map(id => `   [${String(id).padStart(5)}]   ${printable(elf.sections[id]?.name ?? '')}`),
    ]
  })
}
