/**
 * Names that no text has as a word: a macro may join one with `##`.
 *
 * What the outermost `##` joins must come from somewhere: from its macro's own text, or from words that stand in lists of
 * arguments, of that macro or of one that hands its own arguments on to it. Where a macro of that kind is named without a
 * list, anything may be joined.
 */
import { listsBehind } from '../../ctext/argument-lists.ts'
import type { Item } from '../../ctext/items.ts'
import type { SeenFiles } from './seen.ts'

export class Joined {
  readonly #files: SeenFiles
  readonly #parts = new Map<string, ReadonlySet<string> | 'any'>()

  constructor(files: SeenFiles) {
    this.#files = files
  }

  /** Macros that may make the name. */
  making(name: string): readonly string[] {
    return this.#files.joining
      .filter(macro => macro.joins.some(row => this.#makes(macro, row, name)))
      .map(({ name }) => name)
  }

  #makes(macro: Item, row: Item['joins'][number], name: string): boolean {
    const between = row.map(operand => (operand === undefined ? '(\\w*)' : escaped(operand))).join('')
    const match = new RegExp(`^${between}$`).exec(name)
    if (match === null) return false
    const parts = this.#partsOf(macro.name)
    // Which split of the name it is, is open; every one counts.
    return parts === 'any' || isMadeOf(name, new Set([...parts, ...row.flatMap(operand => operand ?? [])]))
  }

  /** The words that may come to be joined by the macro. */
  #partsOf(name: string): ReadonlySet<string> | 'any' {
    const known = this.#parts.get(name)
    if (known !== undefined) return known
    const found = this.#gather(name)
    this.#parts.set(name, found)
    return found
  }

  #gather(name: string): ReadonlySet<string> | 'any' {
    const family = new Set([name])
    // Who takes no arguments has none to hand on.
    for (const member of family) for (const each of this.#files.taking(member)) family.add(each)
    const macros = {
      known: (word: string) => this.#files.macros(word).length > 0,
      takes: (word: string) => this.#files.macros(word).some(({ takes }) => takes),
    }
    const words = new Set<string>()
    for (const { text } of this.#files.all()) {
      if (![...family].some(member => text.includes(member))) continue
      const lists = listsBehind(this.#files.lexed(text), family, macros)
      if (lists === undefined) return 'any'
      for (const word of lists) words.add(word)
    }
    // What is joined may have been joined itself, by a macro that stands in those lists.
    const parts = new Set(this.#files.expanded(words))
    for (const { name: other, joins } of this.#files.joining) {
      if (other !== name && !parts.has(other)) continue
      for (const operand of joins.flat()) if (operand !== undefined) parts.add(operand)
    }
    return parts
  }
}

function escaped(operand: string): string {
  return operand.replace(/[^\w]/g, '\\$&')
}

/** Whether the name is a row of such words. */
function isMadeOf(name: string, words: ReadonlySet<string>): boolean {
  const reached = [true]
  for (let end = 1; end <= name.length; end++) {
    reached[end] = false
    for (let start = 0; start < end && !reached[end]; start++)
      reached[end] = reached[start] === true && words.has(name.slice(start, end))
  }
  return reached[name.length] === true
}
