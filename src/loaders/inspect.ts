/**
 * What a payload says about itself, read from its bytes alone. Payloads of any builder are welcome; what is odd is
 * shown as it is, because judging is verify's work.
 */
import type { Side } from '../base/side.ts'
import { type ElfObject, type ElfSection, type ElfSymbol, readElf } from '../elf/index.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { buildIdOf } from './build-id-note.ts'
import { fittingSize } from './entry-size.ts'
import { FUNC_FIELDS, FUNC_SIZE, readFunc } from './func-entry.ts'
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

export interface LoadedSection {
  readonly name: string
  readonly size: number
  readonly alignment: number
  /** `code`, `read-only` or `writable`. */
  readonly memory: 'code' | 'read-only' | 'writable'
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
    sections: loaded.map(({ name, size, alignment, flags }) => ({ name, size, alignment, memory: memoryOf(flags) })),
    undefinedSymbols: elf.symbols.filter(({ place, name }) => place.in === 'nowhere' && name !== '').map(s => s.name),
    newSymbols: newSymbols(elf, new Set(functions.map(({ at }) => at))),
    modinfo: stringsOf(sectionNamed(elf, MODINFO)),
    canBeReapplied: writable.length === 0,
  }
}

type Payload = ElfObject<'payload'>

function sectionNamed(elf: Payload, name: string): ElfSection<'payload'> | undefined {
  return elf.sections.find(section => section.name === name)
}

function noteOf(elf: Payload, name: string): string | null {
  const section = sectionNamed(elf, name)
  const id = section && buildIdOf(section.bytes)
  return id === undefined ? null : Buffer.from(id).toString('hex')
}

/** A place in the payload, or outside of it by name. */
interface Reached {
  readonly symbol: ElfSymbol<'payload'>
  /** The section it lies in; undefined for symbols of the running system. */
  readonly section: ElfSection<'payload'> | undefined
  readonly offset: number
}

/** What the relocation at `offset` of `section` leads to. */
function reachedFrom(elf: Payload, section: ElfSection<'payload'>, offset: number): Reached | undefined {
  const relocation = elf.relocations[section.id]?.find(candidate => candidate.offset === offset)
  const symbol = relocation && elf.symbols[relocation.symbol]
  if (relocation === undefined || symbol === undefined) return undefined
  const { place } = symbol
  if (place.in !== 'section') return { symbol, section: undefined, offset: Number(relocation.addend) }
  return { symbol, section: elf.sections[place.section], offset: place.offset + Number(relocation.addend) }
}

function functionsOf(elf: Payload): readonly { readonly facts: PatchedFunction; readonly at: string }[] {
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

function placeWords({ symbol, section, offset }: Reached): string {
  const base = section === undefined ? symbol.name : section.name
  return offset === 0 && section === undefined ? base : `${base}+0x${offset.toString(16)}`
}

function textAt(section: ElfSection<Side>, offset: number): string {
  const end = section.bytes.indexOf(0, offset)
  return Buffer.from(section.bytes.subarray(offset, end === -1 ? section.bytes.length : end)).toString('latin1')
}

function hooksIn(elf: Payload, section: ElfSection<'payload'>) {
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

function entriesOf(elf: Payload, loaded: readonly ElfSection<'payload'>[]): PayloadModel['entries'] {
  return loaded.flatMap(section => {
    if (xenSectionClass(section.name) !== 'entries') return []
    return [{ section: section.name, count: countEntries(elf, section) }]
  })
}

/** By the stride of the relocations, as in any object. */
function countEntries(elf: Payload, { id, name, size }: ElfSection<'payload'>): number | null {
  const layout = xenEntryLayout(name, elf.header.machine)
  if (layout === undefined) return null
  const relocationOffsets = elf.relocations[id]?.map(({ offset }) => offset) ?? []
  const found = fittingSize(layout, { size, relocationOffsets })
  return found === undefined ? null : size / found
}

function memoryOf(flags: number): LoadedSection['memory'] {
  if (hasFlag(flags, SHF_EXECINSTR)) return 'code'
  return hasFlag(flags, SHF_WRITE) ? 'writable' : 'read-only'
}

/** Named symbols that lie in loaded sections, but for those that a table entry's new code starts at. */
function newSymbols(elf: Payload, replacements: ReadonlySet<string>): readonly string[] {
  return elf.symbols.flatMap(({ name, kind, place }) => {
    if (name === '' || kind === 'section' || kind === 'file' || place.in !== 'section') return []
    const section = elf.sections[place.section]
    if (section === undefined || !hasFlag(section.flags, SHF_ALLOC)) return []
    return replacements.has(`${section.name}+0x${place.offset.toString(16)}`) ? [] : [name]
  })
}

function stringsOf(section: ElfSection<Side> | undefined): readonly string[] {
  if (section === undefined) return []
  const all = Buffer.from(section.bytes).toString('utf8').split('\0')
  return all.at(-1) === '' ? all.slice(0, -1) : all
}
