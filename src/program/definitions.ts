/** What an object offers to others: the names that it defines beyond itself, and how strongly. */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection, ElfSymbol } from '../elf/model.ts'
import { SHF_GROUP } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'

/**
 * How a linker chooses among definitions of one name (gABI, "Symbol Table"): one strong definition before all others; a
 * COMMON one, of which the largest counts, before weak ones; of weak ones the first that it meets.
 */
export type Strength = 'strong' | 'common' | 'weak'

export interface Definition {
  readonly strength: Strength
  readonly size: number
  /** Whether it is one of copies that the language has be the same (a C++ inline function): its section is in a group. */
  readonly isCopy?: boolean
}

/** The definitions of one object, by name. */
export type Definitions = ReadonlyMap<string, Definition>

export function definitionsIn<S extends Side>(object: Pick<ElfObject<S>, 'symbols' | 'sections'>): Definitions {
  const found = new Map<string, Definition>()
  for (const symbol of object.symbols) {
    const strength = strengthOf(symbol)
    if (strength === undefined) continue
    found.set(symbol.name, { strength, size: symbol.size, isCopy: isCopy(object, symbol) })
  }
  return found
}

/** Of section groups the linker takes one and leaves out the others, with all that they have. */
export function isCopy<S extends Side>(
  { sections }: { readonly sections: readonly Pick<ElfSection<S>, 'flags'>[] },
  { place }: ElfSymbol<S>,
): boolean {
  return place.in === 'section' && hasFlag(sections[place.section]?.flags ?? 0, SHF_GROUP)
}

/** Undefined for what defines nothing that others could mean. */
export function strengthOf<S extends Side>({ name, binding, kind, place }: ElfSymbol<S>): Strength | undefined {
  if (binding === 'local' || place.in === 'nowhere' || name === '') return undefined
  if (place.in === 'common' || kind === 'common') return 'common'
  // STB_GNU_UNIQUE, which g++ gives to variables of inline functions, is one of many copies as weak ones are.
  return binding === 'global' ? 'strong' : 'weak'
}

/** The names that an object refers to, and something else is to define. */
export function neededIn<S extends Side>({ symbols }: Pick<ElfObject<S>, 'symbols'>): ReadonlySet<string> {
  return new Set(symbols.flatMap(({ name, place }) => (place.in === 'nowhere' && name !== '' ? [name] : [])))
}
