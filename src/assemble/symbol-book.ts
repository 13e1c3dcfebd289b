/**
 * The payload's symbols, each only if something needs it: Xen refuses a payload over a name that exists already, and an
 * undefined symbol must resolve even if nothing uses it.
 *
 * A replacement bears the running function's name, but as a local symbol: the payload may also refer to the running
 * function itself, which is an undefined global symbol of the same name.
 */
import { InternalError } from '../base/errors.ts'
import type { NewSymbol } from '../elf/index.ts'
import type { PayloadSymbol } from './model.ts'

/** Position in the book, and in the payload's list of symbols. */
export type BookIndex = number

interface Place {
  readonly section: string
  readonly offset: number
}

interface Defined extends Place {
  readonly name: string
  readonly kind: 'function' | 'object'
  readonly binding: 'local' | 'global' | 'weak'
  readonly size: number
  readonly role: 'replacement' | 'new'
  /** The name is for people: the payload's mark is put behind it, so that no other payload has it. */
  readonly marked?: true
}

/** Characters of a payload's mark, and the sign before it. */
const MARK_SIZE = 8
export const MARKED_SIZE = MARK_SIZE + 1
/** What stands in its place while it is not known. */
export const NO_MARK = '0'.repeat(MARK_SIZE)

/** A mark of a payload, from a digest of it without one. */
export function markOf(digest: string): string {
  return digest.slice(0, MARK_SIZE)
}

type Entry =
  | { readonly of: 'section'; readonly section: string }
  | { readonly of: 'place'; readonly symbol: Defined }
  | { readonly of: 'running'; readonly name: string; readonly binding: 'global' | 'weak' }
  | { readonly of: 'absolute' }

export class SymbolBook {
  readonly #entries: Entry[] = []
  readonly #known = new Map<string, BookIndex>()
  readonly #atPlace = new Map<string, BookIndex>()

  /** The symbol of a whole output section. */
  section(name: string): BookIndex {
    return this.#once(`section ${name}`, { of: 'section', section: name })
  }

  /** The symbol of the running system with this name; where all who ask for it do so weakly, it may be absent. */
  running(name: string, binding: 'global' | 'weak' = 'global'): BookIndex {
    const index = this.#once(`running ${name}`, { of: 'running', name, binding })
    if (binding === 'global') this.#entries[index] = { of: 'running', name, binding }
    return index
  }

  /** A symbol of value 0, for fields that hold a plain number. */
  absolute(): BookIndex {
    return this.#once('absolute', { of: 'absolute' })
  }

  define(symbol: Defined): BookIndex {
    const index = this.#entries.push({ of: 'place', symbol }) - 1
    this.#atPlace.set(placeKey(symbol), index)
    return index
  }

  /** What to refer to a place by: its own symbol if it has one, else its section's and the offset. */
  place(at: Place): { readonly symbol: BookIndex; readonly addend: bigint } {
    const named = this.#atPlace.get(placeKey(at))
    return named === undefined
      ? { symbol: this.section(at.section), addend: BigInt(at.offset) }
      : { symbol: named, addend: 0n }
  }

  /** The symbols of the running system, by their index. */
  runningSymbols(): readonly { readonly index: BookIndex; readonly name: string }[] {
    return this.#entries.flatMap((entry, index) => (entry.of === 'running' ? [{ index, name: entry.name }] : []))
  }

  /** For the ELF writer, given where each section is in its list, and the payload's mark. */
  toElf(sectionIndex: ReadonlyMap<string, number>, mark: string): readonly NewSymbol[] {
    return this.#entries.map(entry => newSymbol(entry, sectionIndex, mark))
  }

  /** Named symbols as facts: those of the payload, then those of the running system. */
  named(mark: string): readonly PayloadSymbol[] {
    const symbols = this.#entries.flatMap((entry): PayloadSymbol[] => {
      if (entry.of === 'running') return [{ name: entry.name, role: 'running', place: undefined }]
      if (entry.of !== 'place') return []
      const { role, section, offset } = entry.symbol
      return [{ name: nameOf(entry.symbol, mark), role, place: { section, offset } }]
    })
    return symbols.toSorted((a, b) => Number(a.role === 'running') - Number(b.role === 'running'))
  }

  #once(key: string, entry: Entry): BookIndex {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const index = this.#entries.push(entry) - 1
    this.#known.set(key, index)
    return index
  }
}

function nameOf({ name, marked }: Defined, mark: string): string {
  return marked === true ? `${name}#${mark}` : name
}

function newSymbol(entry: Entry, sectionIndex: ReadonlyMap<string, number>, mark: string): NewSymbol {
  switch (entry.of) {
    case 'section': {
      const place = placeIn(sectionIndex, entry.section, 0)
      return { name: '', kind: 'section', binding: 'local', place, size: 0 }
    }
    case 'running':
      return { name: entry.name, kind: 'untyped', binding: entry.binding, place: { in: 'nowhere' }, size: 0 }
    case 'absolute':
      return { name: '', kind: 'untyped', binding: 'local', place: { in: 'absolute', value: 0n }, size: 0 }
    case 'place': {
      const { kind, binding, size, section, offset } = entry.symbol
      return { name: nameOf(entry.symbol, mark), kind, binding, size, place: placeIn(sectionIndex, section, offset) }
    }
  }
}

function placeIn(sectionIndex: ReadonlyMap<string, number>, section: string, offset: number): NewSymbol['place'] {
  const index = sectionIndex.get(section)
  if (index === undefined) throw new InternalError(`a symbol lies in ${section}, which the payload does not have`)
  return { in: 'section', section: index, offset }
}

function placeKey({ section, offset }: Place): string {
  return `${offset} ${section}`
}
