/**
 * Names that no text has as a word: a macro may join one with `##`, or with strings in an attribute.
 *
 * What `##` joins must come from somewhere: from its macro's own text, or from words that stand in lists of arguments, of
 * that macro or of one that hands its own arguments on to it, with all that macros make of them. Where a macro of that
 * kind is named without a list, or may itself have been joined, anything may be joined.
 *
 * Not seen yet: of `a##b##x`, the words of one argument may be joined without those of the other where it is several words.
 *
 * In doubt a macro makes a name: then whoever names the macro is thought to use what the name means.
 */
import { listsBehind } from '../../ctext/argument-lists.ts'
import type { SeenFiles } from './seen.ts'

/** Attributes that take another function's name as a string, and the operator that reads a directive from one. */
export const STRING_TAKING = [
  ...['alias', 'weakref', 'ifunc'].flatMap(name => [name, `__${name}__`]),
  '_Pragma',
  '__pragma',
]

/** Undefined stands for any of the macro's arguments. */
type Row = readonly (string | undefined)[]

interface Joining {
  readonly name: string
  readonly rows: readonly Row[]
  readonly pattern: RegExp
}

interface Parts {
  /** What stands in its own lists, as it is, and what others hand on to it, with all that macros make of that. */
  readonly words: Set<string>
  readonly handed: Set<string>
  /** The macro, and those that hand their arguments on to it. */
  readonly family: ReadonlySet<string>
  any: boolean
  /** Whether what comes to be joined may have been joined before. */
  glued: boolean
}

export class Joined {
  readonly #files: SeenFiles
  readonly #joining: readonly Joining[]
  /** Attributes and operators that stand somewhere. */
  readonly #naming: readonly Joining[]
  readonly #names: ReadonlySet<string>
  readonly #listing: ReadonlySet<string>
  readonly #takers: ReadonlyMap<string, ReadonlySet<string>>
  readonly #parts = new Map<string, Parts>()
  readonly #making = new Map<string, readonly string[]>()
  #handing: ReadonlySet<string> | undefined

  constructor(files: SeenFiles) {
    this.#files = files
    this.#joining = joiningIn(files)
    this.#naming = namingIn(files)
    this.#names = new Set(this.#joining.map(({ name }) => name))
    this.#takers = takersIn(files)
    this.#listing = listingIn(files)
  }

  /** Macros that may make the name. */
  making(name: string): readonly string[] {
    let known = this.#making.get(name)
    if (known === undefined) {
      const candidates = this.#joining.filter(({ pattern }) => pattern.test(name))
      this.#know(candidates.map(each => each.name))
      known = candidates.filter(each => this.#makes(each, name)).map(each => each.name)
      this.#making.set(name, known)
    }
    return known
  }

  /** Words that may take the name from strings; they make no token. */
  naming(name: string): readonly string[] {
    this.#know(this.#naming.map(each => each.name))
    return this.#naming.filter(each => this.#makes(each, name)).map(each => each.name)
  }

  /** All macros that join, and those that hand something on to one. */
  get handing(): ReadonlySet<string> {
    this.#handing ??= familyOf(this.#names, word => this.takersOf(word))
    return this.#handing
  }

  /** Macros that hand their arguments on to it, or are another name of it. */
  takersOf(name: string): Iterable<string> {
    return this.#takers.get(name) ?? []
  }

  /** Macros that may join one of these names, and those that hand arguments on to them. */
  familiesOf(names: ReadonlySet<string>): ReadonlySet<string> {
    const candidates = this.#joining.filter(({ pattern }) => [...names].some(name => pattern.test(name)))
    this.#know(candidates.map(each => each.name))
    return new Set(candidates.flatMap(({ name }) => [...(this.#parts.get(name)?.family ?? [])]))
  }

  #makes({ name: macro, rows }: Joining, name: string): boolean {
    const parts = this.#parts.get(macro)
    return parts === undefined || parts.any || rows.some(row => isMade(name, row, parts))
  }

  /** Gathers what these macros may join, and those on which that depends, until nothing more comes. */
  #know(names: readonly string[]): void {
    const before = this.#parts.size
    for (const name of names) this.#gather(name)
    if (this.#parts.size === before) return
    for (let isMore = true; isMore; ) {
      const count = this.#parts.size
      isMore = false
      for (const parts of [...this.#parts.values()]) if (!parts.any && this.#grow(parts)) isMore = true
      isMore ||= this.#parts.size > count
      if (isMore) continue
      // Looking through all macros is what takes time, so it comes last.
      for (const parts of this.#parts.values()) if (!parts.any && this.#growByMacros(parts)) isMore = true
    }
    // Who makes a name was told with what was known then.
    this.#making.clear()
  }

  #gather(name: string): void {
    if (this.#parts.has(name)) return
    const family = familyOf([name], word => this.takersOf(word))
    const parts: Parts = { words: new Set(), handed: new Set(), family, any: false, glued: false }
    this.#parts.set(name, parts)
    const handing = new Set([...family].filter(member => member !== name))
    for (const [names, words] of [
      [new Set([name]), parts.words],
      [handing, parts.handed],
    ] as const) {
      for (const text of new Set([...names].flatMap(member => this.#files.having(member).map(each => each.text)))) {
        const found = this.listed(text, names, family)
        if (found === undefined) parts.any = true
        for (const word of found ?? []) words.add(word)
      }
    }
  }

  /** The words in lists behind names of a family; undefined where anything may come to stand there. */
  listed(text: string, names: ReadonlySet<string>, family: ReadonlySet<string>): ReadonlySet<string> | undefined {
    return listsBehind(this.#files.lexed(text), names, {
      known: word => this.#files.macros(word).length > 0,
      takes: word =>
        STRING_TAKING.includes(word) ||
        this.#files.macros(word).some(({ macro }) => macro?.takes || family.has(macro?.last ?? '')),
      lists: word => this.#listing.has(word),
      names: family,
    })
  }

  /** Whether something came to it that it did not have. */
  #grow(parts: Parts): boolean {
    const before = parts.handed.size
    const wasGlued = parts.glued
    for (const member of parts.family) if (this.#isJoined(member)) parts.any = true
    for (const word of parts.handed) {
      for (const { body } of this.#files.macros(word)) for (const each of body) parts.handed.add(each)
      if (!this.#names.has(word)) continue
      this.#gather(word)
      const other = this.#parts.get(word)
      parts.any ||= other === undefined || other.any
      parts.glued = true
      for (const each of [...(other?.words ?? []), ...(other?.handed ?? []), ...this.#literalsOf(word)])
        parts.handed.add(each)
    }
    return parts.any || parts.handed.size > before || parts.glued !== wasGlued
  }

  /** What was joined may be a macro. */
  #growByMacros(parts: Parts): boolean {
    const before = parts.handed.size
    if (!parts.glued) return false
    const starts = startsOf(parts)
    for (const [name, items] of this.#files.sharedMacros()) {
      if (parts.handed.has(name) || !mayStart(name, starts) || !isMade(name, [undefined], parts)) continue
      for (const { body } of items) for (const each of body) parts.handed.add(each)
    }
    return parts.handed.size > before
  }

  #isJoined(member: string): boolean {
    return this.#joining.some(each => {
      // What a macro makes of its own name is not taken for itself again.
      if (each.name === member || !each.pattern.test(member)) return false
      this.#gather(each.name)
      return this.#makes(each, member)
    })
  }

  #literalsOf(name: string): readonly string[] {
    return this.#joining
      .filter(each => each.name === name)
      .flatMap(({ rows }) => rows.flat().flatMap(each => each ?? []))
  }
}

/** The macros, and those that hand their arguments on to them, be it by way of others. */
export function familyOf(names: Iterable<string>, takersOf: (name: string) => Iterable<string>): ReadonlySet<string> {
  const family = new Set(names)
  for (const member of family) for (const each of takersOf(member)) family.add(each)
  return family
}

function joiningIn(files: SeenFiles): readonly Joining[] {
  const found: Joining[] = []
  for (const [name, items] of files.sharedMacros()) {
    const rows = items.flatMap(({ macro }) => macro?.joins ?? [])
    if (rows.length > 0) found.push({ name, rows, pattern: patternOf(rows) })
  }
  return found
}

/** Strings that stand beside each other are joined, as many as one likes. */
function namingIn(files: SeenFiles): readonly Joining[] {
  const isThere = (name: string) => files.having(name).length > 0
  return STRING_TAKING.filter(isThere).map(name => ({
    name,
    rows: [Array(8).fill(undefined)],
    pattern: /^/,
  }))
}

function patternOf(rows: readonly Row[]): RegExp {
  const each = rows.map(row => row.map(operand => (operand === undefined ? '.*' : escaped(operand))).join(''))
  return new RegExp(`^(?:${each.join('|')})$`)
}

function escaped(operand: string): string {
  return operand.replace(/[^\w]/g, '\\$&')
}

/** By a word, macros that hand their arguments on to it, or are another name of it. */
function takersIn(files: SeenFiles): ReadonlyMap<string, ReadonlySet<string>> {
  const takers = new Map<string, Set<string>>()
  for (const [name, items] of files.sharedMacros()) {
    for (const { macro, body } of items) {
      for (const word of macro?.takes === true ? body : [macro?.last ?? '']) {
        const known = takers.get(word)
        if (known === undefined) takers.set(word, new Set([name]))
        else known.add(name)
      }
    }
  }
  return takers
}

/** Macros by which a list may come to stand behind an argument, be it by way of others. */
function listingIn(files: SeenFiles): ReadonlySet<string> {
  const all = new Set<string>()
  for (let before = -1; before !== all.size; ) {
    before = all.size
    for (const [name, items] of files.allMacros()) {
      const isOne = items.some(({ macro, body }) => (macro?.takes && macro.lists) || body.some(word => all.has(word)))
      if (isOne) all.add(name)
    }
  }
  return all
}

/** Whether what the row joins may be the name, each argument being one of the parts, or nothing. */
function isMade(name: string, row: Row, parts: Parts): boolean {
  let ends: ReadonlySet<number> = new Set([0])
  for (const operand of row) {
    const next = new Set<number>()
    for (const at of ends) {
      if (operand !== undefined) {
        if (name.startsWith(operand, at)) next.add(at + operand.length)
      } else for (const end of endsOfParts(name, at, parts)) next.add(end)
    }
    ends = next
  }
  return ends.has(name.length)
}

/** By far most names begin with nothing that is a part: it takes three looks to see that, and no putting together. */
const START = 3

function startsOf({ words, handed }: Parts): ReadonlySet<string> {
  return new Set([...words, ...handed].map(word => word.slice(0, START)))
}

function mayStart(name: string, starts: ReadonlySet<string>): boolean {
  for (let length = 1; length <= START; length++) if (starts.has(name.slice(0, length))) return true
  return PREDEFINED_START.test(name[0] ?? '')
}

function endsOfParts(name: string, from: number, { words, handed, glued }: Parts): ReadonlySet<number> {
  const ends = new Set([from])
  for (const at of ends) {
    if (at !== from && !glued) continue
    const mayBePredefined = PREDEFINED_START.test(name[at] ?? '')
    for (let end = at + 1; end <= name.length; end++) {
      const part = name.slice(at, end)
      if (words.has(part) || handed.has(part) || (mayBePredefined && PREDEFINED.test(part))) ends.add(end)
    }
  }
  return ends
}

/** What the compiler's own macros become. */
const PREDEFINED = /^(?:\d[\dxXa-fA-F]*[uUlL]*|long|unsigned|int|char|short|signed|float|double|U?LL?)$/
const PREDEFINED_START = /[\dluicsfdUL]/
