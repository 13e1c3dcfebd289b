/**
 * Turns an object that was read into one that can be written, so that parts of it can be replaced on the way.
 *
 * What the writer makes itself is dropped and what remains is renumbered. The model is preserved: reading what was
 * written gives the same sections, symbols and relocations. A section that points into the symbol table with its own
 * content (LLVM's address-significance table) cannot be renumbered and is refused by name.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../model.ts'
import {
  ET_REL,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHT_CREL,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_RELA,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import type { NewGroup, NewObject, NewRelocation, NewSection, NewSymbol } from './model.ts'

/**
 * Turns an object that was read into one that can be written, so that parts of it can be replaced on the way.
 *
 * @param elf a relocatable object
 * @returns the same, as `writeElf` takes it
 * @throws {InputError} for a linked file, and an object with sections that cannot be written again
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, toNewObject, writeElf } from 'hotsplice/elf'
 *
 * const object = toNewObject(readElf(await readFile('original.o')))
 * const symbols = object.symbols.map(symbol => (symbol.name === 'f1' ? { ...symbol, name: 'renamed' } : symbol))
 * const again = readElf(writeElf({ ...object, symbols }))
 * assert.ok(again.symbols.some(({ name }) => name === 'renamed'))
 * ```
 */
export function toNewObject<S extends Side>(elf: ElfObject<S>): NewObject {
  const { type, machine, flags, osAbi, abiVersion } = elf.header
  if (type !== ET_REL) {
    throw new InputError('elf/not-relocatable', `e_type is ${type}; only relocatable objects (1) can be written again`)
  }
  const kept = keptSections(elf)
  return {
    header: { machine, flags, type, osAbi, abiVersion },
    sections: kept.sections.map(section => newSection(elf, section, kept)),
    symbols: elf.symbols.slice(1).map(symbol => newSymbol(symbol, kept)),
    groups: newGroups(elf, kept),
  }
}

interface Kept<S extends Side> {
  readonly sections: readonly ElfSection<S>[]
  /** The new index of a section by its old number; absent for those that the writer makes. */
  readonly indexOf: ReadonlyMap<number, number>
}

/** Compact relocations are written as others are. */
const RELOCATING: ReadonlySet<number> = new Set([SHT_RELA, SHT_CREL])
/** The types that the writer makes itself, and SHT_NULL, which holds nothing. */
const MADE: ReadonlySet<number> = new Set([SHT_NULL, SHT_SYMTAB, SHT_RELA, SHT_CREL, SHT_GROUP, SHT_SYMTAB_SHNDX])

function keptSections<S extends Side>({ header, sections }: ElfObject<S>): Kept<S> {
  const symbolNames = sections.find(section => section.type === SHT_SYMTAB)?.link
  const kept = sections.filter(
    ({ id, type }) => !MADE.has(type) && id !== symbolNames && id !== header.sectionNameTable,
  )
  return { sections: kept, indexOf: new Map(kept.map((section, index) => [section.id, index])) }
}

function newSection<S extends Side>(elf: ElfObject<S>, section: ElfSection<S>, kept: Kept<S>): NewSection {
  const { id, name, type, flags, size, bytes, alignment, entrySize, link, info } = section
  if (!(alignment === 0 || Number.isInteger(Math.log2(alignment)))) {
    throw new InputError('elf/bad-alignment', `section ${id} ${name} has alignment ${alignment}, not a power of two`)
  }
  const relocations = elf.relocations[id]?.map(({ offset, type, symbol, addend }): NewRelocation => {
    return { offset, type, symbol: symbol === 0 ? 'none' : symbol - 1, addend }
  })
  const infoIsSection = hasFlag(flags, SHF_INFO_LINK)
  return {
    name,
    type,
    // The writer sets SHF_GROUP for members of groups; a stray one would belong to none.
    flags: hasFlag(flags, SHF_GROUP) ? flags - SHF_GROUP : flags,
    alignment,
    entrySize,
    ...(type === SHT_NOBITS ? { size } : { bytes }),
    ...(relocations?.length ? { relocations } : {}),
    ...(link === 0 ? {} : { linkTo: keptIndex(kept, link, `sh_link of section ${id} ${name}`) }),
    info: infoIsSection ? keptIndex(kept, info, `sh_info of section ${id} ${name}`) : info,
  }
}

function newSymbol<S extends Side>(symbol: ElfSymbol<S>, kept: Kept<S>): NewSymbol {
  const { name, kind, binding, visibility, place, size, raw } = symbol
  const words = { name, kind, binding, visibility, size, ...(raw === undefined ? {} : { raw }) }
  if (place.in !== 'section') return { ...words, place }
  const section = keptIndex(kept, place.section, `the section of symbol ${symbol.id} ${name}`)
  return { ...words, place: { ...place, section } }
}

function newGroups<S extends Side>(elf: ElfObject<S>, kept: Kept<S>): NewGroup[] {
  return elf.groups.map(({ section, signature, flags, members }) => {
    if (signature === 0) throw new InputError('elf/bad-symbol-index', `group ${section} has no signature`)
    // Relocation sections join their targets by themselves.
    const own = members.filter(member => !RELOCATING.has(elf.sections[member]?.type ?? SHT_NULL))
    return {
      name: elf.sections[section]?.name ?? '',
      signature: signature - 1,
      flags,
      members: own.map(member => keptIndex(kept, member, `a member of group ${section}`)),
    }
  })
}

function keptIndex<S extends Side>(kept: Kept<S>, number: number, what: string): number {
  const index = kept.indexOf.get(number)
  if (index === undefined) {
    throw new InputError('elf/cannot-rewrite', `${what} is ${number}, a section that is renumbered and made anew`)
  }
  return index
}
