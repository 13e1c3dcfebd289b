import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { sectionId, symbolId } from '../ids.ts'
import type { ElfSection, ElfSymbol, SymbolKind } from '../model.ts'
import {
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_STRTAB,
  SHT_SYMTAB_SHNDX,
  SYM_SIZE,
} from '../spec/constants.ts'
import type { Cursor } from './cursor.ts'
import { StringTable } from './strings.ts'

const KINDS: Readonly<Record<number, SymbolKind>> = {
  0: 'untyped',
  1: 'object',
  2: 'function',
  3: 'section',
  4: 'file',
  5: 'common',
  6: 'tls',
  10: 'indirect-function',
}
const BINDINGS: Readonly<Record<number, ElfSymbol<Side>['binding']>> = { 0: 'local', 1: 'global', 2: 'weak' }
const VISIBILITIES = ['default', 'internal', 'hidden', 'protected'] as const

/** Reads the symbol table `table` (gABI, "Symbol Table"), with extended section indices where there are any. */
export function readSymbols<S extends Side>(
  file: Cursor,
  sections: readonly ElfSection<S>[],
  table: ElfSection<S>,
): readonly ElfSymbol<S>[] {
  if (table.size % SYM_SIZE !== 0) {
    throw new InputError(
      'elf/bad-table-size',
      `symbol table ${table.id} has ${table.size} bytes, not a multiple of ${SYM_SIZE}`,
    )
  }
  const strings = sections[table.link]
  if (strings === undefined || strings.type !== SHT_STRTAB) {
    throw new InputError(
      'elf/bad-section-index',
      `sh_link of symbol table ${table.id} is ${table.link}, which is not a string table`,
    )
  }
  const names = new StringTable(strings.bytes, strings.name)
  const extended = sections.find(section => section.type === SHT_SYMTAB_SHNDX && section.link === table.id)
  const count = table.size / SYM_SIZE
  const symbols: ElfSymbol<S>[] = []
  for (let index = 0; index < count; index++) {
    const at = table.fileOffset + index * SYM_SIZE
    const info = file.u8(at + 4, 'st_info')
    const place = readPlace<S>(file, at, { index, extended, sectionCount: sections.length })
    symbols.push({
      id: symbolId(index),
      name: names.at(file.u32(at, 'st_name'), `the name of symbol ${index}`),
      kind: KINDS[info & 15] ?? 'other',
      binding: BINDINGS[info >> 4] ?? 'other',
      visibility: VISIBILITIES[file.u8(at + 5, 'st_other') & 3] ?? 'default',
      place,
      size: file.count(at + 16, `st_size of symbol ${index}`),
    })
  }
  return symbols
}

interface PlaceContext<S extends Side> {
  readonly index: number
  readonly extended: ElfSection<S> | undefined
  readonly sectionCount: number
}

function readPlace<S extends Side>(
  file: Cursor,
  at: number,
  { index, extended, sectionCount }: PlaceContext<S>,
): ElfSymbol<S>['place'] {
  const short = file.u16(at + 6, 'st_shndx')
  if (short === SHN_UNDEF) return { in: 'nowhere' }
  if (short === SHN_ABS) return { in: 'absolute', value: file.u64(at + 8, 'st_value') }
  if (short === SHN_COMMON) return { in: 'common', alignment: file.count(at + 8, 'st_value') }
  let section = short
  if (short === SHN_XINDEX) {
    if (extended === undefined || (index + 1) * 4 > extended.size) {
      throw new InputError(
        'elf/bad-section-index',
        `symbol ${index} has an extended section index, but there is no SHT_SYMTAB_SHNDX entry for it`,
      )
    }
    section = file.u32(extended.fileOffset + index * 4, 'an extended section index')
  } else if (short >= SHN_LORESERVE) {
    throw new InputError('elf/bad-section-index', `symbol ${index} names the reserved section 0x${short.toString(16)}`)
  }
  if (section === 0 || section >= sectionCount) {
    throw new InputError(
      'elf/bad-section-index',
      `symbol ${index} names section ${section}, but there are ${sectionCount}`,
    )
  }
  return { in: 'section', section: sectionId(section), offset: file.count(at + 8, `st_value of symbol ${index}`) }
}
