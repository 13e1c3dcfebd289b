/**
 * What a payload says about itself, read from its bytes alone. Payloads of any builder are welcome; what is odd is
 * shown as it is, because judging is verify's work.
 */
import { type ElfSection, type ElfSymbol, readElf } from '../elf/index.ts'
import { SHF_ALLOC, SHF_WRITE } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { fittingSize } from './entry-size.ts'
import { FUNC_FIELDS, FUNC_SIZE, readFunc } from './func-entry.ts'
import {
  type LoadedSection,
  loadedSection,
  noteOf,
  type PayloadObject,
  placeWords,
  reachedFrom,
  sectionNamed,
  stringsOf,
  textAt,
} from './payload-parts.ts'
import { BUILD_ID, DEPENDS, FUNCS, HOOK_PREFIX, MODINFO, XEN_DEPENDS } from './payload-sections.ts'
import { xenEntryLayout } from './xen/entries.ts'
import { xenSectionClass } from './xen/sections.ts'

export interface PayloadModel {
  /** EM_*. */
  readonly machine: number
  readonly size: number
  /** Hexadecimal digits; null where the note is missing or broken. */
  readonly buildId: string | null
  readonly depends: string | null
  readonly xenDepends: string | null
  readonly functions: readonly PatchedFunction[]
  readonly hooks: readonly { readonly section: string; readonly functions: readonly string[] }[]
  /** Special sections and the number of their entries; null where no size that is known explains them. */
  readonly entries: readonly { readonly section: string; readonly count: number | null }[]
  readonly sections: readonly LoadedSection[]
  /** Symbols that the running system must have. */
  readonly undefinedSymbols: readonly string[]
  /** Symbols that the payload brings, without those of replacements. */
  readonly newSymbols: readonly string[]
  readonly modinfo: readonly string[]
  /** Whether Xen lets it be applied again after a revert: only without writable data. */
  readonly canBeReapplied: boolean
}

export interface PatchedFunction {
  /** The running function; `0x…` where the payload gives an address instead of a name. */
  readonly name: string
  /** Where the new code is: `.text+0x40`; null where the old code is overwritten with NOPs. */
  readonly newCode: string | null
  readonly newSize: number
  readonly oldSize: number
  readonly version: number
  /** The old code's first bytes, which the loader compares; hexadecimal digits, null where it is not asked to. */
  readonly expectation: string | null
}

/** Reads a payload. Throws `InputError` when it is no ELF object that can be read. */
export function inspectPayload(bytes: Uint8Array): PayloadModel {
  const elf = readElf<'payload'>(bytes)
  const loaded = elf.sections.filter(section => hasFlag(section.flags, SHF_ALLOC))
  const writable = loaded.filter(({ flags, size, name }) => hasFlag(flags, SHF_WRITE) && size > 0 && name !== FUNCS)
  const functions = functionsOf(elf)
  return {
    machine: elf.header.machine,
    size: bytes.length,
    buildId: noteOf(elf, BUILD_ID),
    depends: noteOf(elf, DEPENDS),
    xenDepends: noteOf(elf, XEN_DEPENDS),
    functions: functions.map(({ facts }) => facts),
    hooks: elf.sections.filter(({ name }) => name.startsWith(HOOK_PREFIX)).map(section => hooksIn(elf, section)),
    entries: entriesOf(elf, loaded),
    sections: loaded.map(loadedSection),
    undefinedSymbols: elf.symbols.filter(({ place, name }) => place.in === 'nowhere' && name !== '').map(s => s.name),
    newSymbols: newSymbols(elf, new Set(functions.map(({ at }) => at))),
    modinfo: stringsOf(sectionNamed(elf, MODINFO)),
    canBeReapplied: writable.length === 0,
  }
}

function functionsOf(elf: PayloadObject): readonly { readonly facts: PatchedFunction; readonly at: string }[] {
  const table = sectionNamed(elf, FUNCS)
  if (table === undefined) return []
  const count = Math.floor(table.bytes.length / FUNC_SIZE)
  return Array.from({ length: count }, (_, index) => {
    const start = index * FUNC_SIZE
    const { oldAddress, newSize, oldSize, version, expectation } = readFunc(table.bytes, start)
    const name = reachedFrom(elf, table, start + FUNC_FIELDS.name)
    const code = reachedFrom(elf, table, start + FUNC_FIELDS.newAddress)
    const at = code === undefined ? '' : placeWords(code)
    const facts = {
      name: name?.section === undefined ? `0x${oldAddress.toString(16)}` : textAt(name.section, name.offset),
      newCode: at === '' ? null : at,
      newSize,
      oldSize,
      version,
      expectation: expectation === undefined ? null : Buffer.from(expectation).toString('hex'),
    }
    return { facts, at }
  })
}

function hooksIn(elf: PayloadObject, section: ElfSection<'payload'>) {
  const functions = Array.from({ length: Math.floor(section.size / 8) }, (_, index) => {
    const reached = reachedFrom(elf, section, index * 8)
    if (reached === undefined) return 'nothing'
    const isThere = ({ name, place }: ElfSymbol<'payload'>) =>
      name !== '' && place.in === 'section' && place.section === reached.section?.id && place.offset === reached.offset
    const named = isThere(reached.symbol) ? reached.symbol : elf.symbols.find(isThere)
    return named?.name ?? placeWords(reached)
  })
  return { section: section.name, functions }
}

function entriesOf(elf: PayloadObject, loaded: readonly ElfSection<'payload'>[]): PayloadModel['entries'] {
  return loaded.flatMap(section => {
    if (xenSectionClass(section.name) !== 'entries') return []
    return [{ section: section.name, count: countEntries(elf, section) }]
  })
}

/** By the stride of the relocations, as in any object. */
function countEntries(elf: PayloadObject, { id, name, size }: ElfSection<'payload'>): number | null {
  const layout = xenEntryLayout(name, elf.header.machine)
  if (layout === undefined) return null
  const relocationOffsets = elf.relocations[id]?.map(({ offset }) => offset) ?? []
  const found = fittingSize(layout, { size, relocationOffsets })
  return found === undefined ? null : size / found
}

/** Named symbols that lie in loaded sections, but for those that a table entry's new code starts at. */
function newSymbols(elf: PayloadObject, replacements: ReadonlySet<string>): readonly string[] {
  return elf.symbols.flatMap(({ name, kind, place }) => {
    if (name === '' || kind === 'section' || kind === 'file' || place.in !== 'section') return []
    const section = elf.sections[place.section]
    if (section === undefined || !hasFlag(section.flags, SHF_ALLOC)) return []
    return replacements.has(`${section.name}+0x${place.offset.toString(16)}`) ? [] : [name]
  })
}
