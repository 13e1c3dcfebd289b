/** Addresses in debug information of an object: they are relocations there, to be filled in by the linker. */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation } from '../elf/index.ts'
import { findDebugSection } from './sections.ts'

export interface CodePlace {
  readonly section: number
  readonly offset: number
}

export type Relocations<S extends Side> = ReadonlyMap<number, ElfRelocation<S>>

/** Those of one section, by the places that they fill. */
export function relocationsOf<S extends Side>(object: ElfObject<S>, name: string): Relocations<S> {
  const section = findDebugSection(object, name)
  return new Map((section === undefined ? [] : (object.relocations[section.id] ?? [])).map(each => [each.offset, each]))
}

/** Where in the object a relocation leads. */
export function placeOf<S extends Side>(
  object: ElfObject<S>,
  relocation: ElfRelocation<S> | undefined,
): CodePlace | undefined {
  const place = relocation === undefined ? undefined : object.symbols[relocation.symbol]?.place
  if (relocation === undefined || place?.in !== 'section') return undefined
  return { section: place.section, offset: place.offset + Number(relocation.addend) }
}
