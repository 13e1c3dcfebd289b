/** Parts of a payload's object, as what inspects it reads them. */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../elf/index.ts'
import { SHF_EXECINSTR, SHF_WRITE } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import { buildIdOf } from './build-id-note.ts'

export type PayloadObject = ElfObject<'payload'>

export interface LoadedSection {
  readonly name: string
  readonly size: number
  readonly alignment: number
  /** `code`, `read-only` or `writable`. */
  readonly memory: 'code' | 'read-only' | 'writable'
}

export function sectionNamed(elf: PayloadObject, name: string): ElfSection<'payload'> | undefined {
  return elf.sections.find(section => section.name === name)
}

/** Hexadecimal digits of a build-id; null where there is none. */
export function noteOf(elf: PayloadObject, name: string): string | null {
  const section = sectionNamed(elf, name)
  const id = section && buildIdOf(section.bytes)
  return id === undefined ? null : Buffer.from(id).toString('hex')
}

/** A place in the payload, or outside of it by name. */
export interface Reached {
  readonly symbol: ElfSymbol<'payload'>
  /** The section it lies in; undefined for symbols of the running system. */
  readonly section: ElfSection<'payload'> | undefined
  readonly offset: number
}

/** What the relocation at `offset` of `section` leads to. */
export function reachedFrom(elf: PayloadObject, section: ElfSection<'payload'>, offset: number): Reached | undefined {
  const relocation = elf.relocations[section.id]?.find(candidate => candidate.offset === offset)
  const symbol = relocation && elf.symbols[relocation.symbol]
  if (relocation === undefined || symbol === undefined) return undefined
  const { place } = symbol
  if (place.in !== 'section') return { symbol, section: undefined, offset: Number(relocation.addend) }
  return { symbol, section: elf.sections[place.section], offset: place.offset + Number(relocation.addend) }
}

/** `.text+0x40`, or a name of the running system. */
export function placeWords({ symbol, section, offset }: Reached): string {
  const base = section === undefined ? symbol.name : section.name
  return offset === 0 && section === undefined ? base : `${base}+0x${offset.toString(16)}`
}

export function textAt(section: ElfSection<Side>, offset: number): string {
  const end = section.bytes.indexOf(0, offset)
  return Buffer.from(section.bytes.subarray(offset, end === -1 ? section.bytes.length : end)).toString('latin1')
}

/** Texts that stand one after the other, each with its NUL. */
export function stringsOf(section: ElfSection<Side> | undefined): readonly string[] {
  if (section === undefined) return []
  const all = Buffer.from(section.bytes).toString('utf8').split('\0')
  return all.at(-1) === '' ? all.slice(0, -1) : all
}

export function loadedSection({ name, size, alignment, flags }: ElfSection<'payload'>): LoadedSection {
  return { name, size, alignment, memory: memoryOf(flags) }
}

function memoryOf(flags: number): LoadedSection['memory'] {
  if (hasFlag(flags, SHF_EXECINSTR)) return 'code'
  return hasFlag(flags, SHF_WRITE) ? 'writable' : 'read-only'
}
