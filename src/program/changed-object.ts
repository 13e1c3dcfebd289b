/**
 * Whether an object is what its compiler made, by what another compile of the same text names: a build may have changed it
 * on the way (objcopy gives symbols other names, other bindings, and other sections), and what a patch is compiled to has
 * none of that.
 *
 * Worse mistake: to call a changed one the compiler's own. But the two may have been compiled with functions in sections of
 * their own and without, so that only what such an option leaves alone is compared; and of what is missing, local names
 * say nothing, since they can be left out without a loss.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSymbol, SymbolKind } from '../elf/model.ts'

/** What a name is in an object. */
interface Named {
  readonly is: 'undefined' | ElfSymbol<Side>['binding']
  /** Where data lies; empty for code, which is the same anywhere, and for what lies in no section. */
  readonly section: string
}

type Object = Pick<ElfObject<Side>, 'symbols' | 'sections'>

/** In words, what the first one has otherwise than the second; undefined where nothing shows. */
export function changedSince(object: Object, compiled: Object): string | undefined {
  const [own, made] = [namedIn(object), namedIn(compiled)]
  const more = [...own.keys()].find(name => !made.has(name))
  const less = [...made].find(([name, { is }]) => is !== 'local' && !own.has(name))?.[0]
  if (more !== undefined) return less === undefined ? `it names ${more}` : `it names ${more} and not ${less}`
  if (less !== undefined) return `it does not name ${less}`
  for (const [name, { is, section }] of own) {
    const other = made.get(name)
    if (other === undefined) continue
    if (other.is !== is) return `${name} is ${is} in it and not ${other.is}`
    if (kindOf(section) !== kindOf(other.section)) return `${name} lies in ${section} there and not in ${other.section}`
  }
  return undefined
}

const TYPED: ReadonlySet<SymbolKind> = new Set<SymbolKind>(['function', 'indirect-function', 'object', 'tls'])

/** Names that the programmer gave, but those that stand for several things. */
function namedIn({ symbols, sections }: Object): ReadonlyMap<string, Named> {
  const found = new Map<string, Named>()
  const several = new Set<string>()
  for (const { name, kind, binding, place } of symbols) {
    if (name === '' || kind === 'section' || kind === 'file') continue
    // What is local and has no type is a mark of the assembler's; what the compiler numbers has another number anyhow.
    if (binding === 'local' && (!TYPED.has(kind) || name.includes('.'))) continue
    if (found.has(name)) several.add(name)
    const isCode = kind === 'function' || kind === 'indirect-function'
    const section = isCode ? '' : sectionOf(place, sections)
    found.set(name, { is: place.in === 'nowhere' ? 'undefined' : binding, section })
  }
  for (const name of several) found.delete(name)
  return found
}

/** COMMON variables get a place of their own where each has a section, and it is this one that they get from the linker. */
function sectionOf(place: ElfSymbol<Side>['place'], sections: Object['sections']): string {
  if (place.in === 'common') return '.bss'
  return place.in === 'section' ? (sections[place.section]?.name ?? '') : ''
}

/** The sections that compilers put things into by themselves, and split by what is in them; others as they are. */
function kindOf(section: string): string {
  return /^\.l?(?:text|r?o?data|bss|tdata|tbss)(?=\.|$)/.exec(section)?.[0] ?? section
}
