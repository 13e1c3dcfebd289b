/** The files that units read, each as the items of its texts: the tree's own, and the patched one where there is one. */
import { type Item, itemsOf } from '../../ctext/items.ts'
import type { LexedFile } from '../../ctext/lexed.ts'
import { lex } from '../../ctext/lexer.ts'

export interface SeenText {
  readonly text: string
  readonly items: readonly Item[]
}

export class SeenFiles {
  readonly #texts: ReadonlyMap<string, readonly SeenText[]>
  readonly #macros = new Map<string, Item[]>()
  #takers: ReadonlyMap<string, ReadonlySet<string>> | undefined
  readonly #lexed = new Map<string, LexedFile>()
  /** Macros that join what they are given, or parts of it. */
  readonly joining: readonly Item[]

  /** By path, as units name their dependencies. */
  constructor(files: ReadonlyMap<string, readonly string[]>) {
    this.#texts = new Map(
      [...files].map(([path, texts]) => [path, texts.map(text => ({ text, items: itemsOf(text) }))] as const),
    )
    const joining: Item[] = []
    for (const { items } of this.all()) {
      for (const item of items) {
        if (item.kind !== 'macro') continue
        const known = this.#macros.get(item.name)
        if (known === undefined) this.#macros.set(item.name, [item])
        else known.push(item)
        if (item.joins.length > 0) joining.push(item)
      }
    }
    this.joining = joining
  }

  *all(): Iterable<SeenText & { readonly path: string }> {
    for (const [path, texts] of this.#texts) for (const seen of texts) yield { path, ...seen }
  }

  lexed(text: string): LexedFile {
    const known = this.#lexed.get(text)
    if (known !== undefined) return known
    const made = lex(text)
    this.#lexed.set(text, made)
    return made
  }

  /** Every definition of a macro of that name. */
  macros(name: string): readonly Item[] {
    return this.#macros.get(name) ?? []
  }

  /** Macros with parameters in whose text the word stands. */
  taking(word: string): readonly string[] {
    this.#takers ??= takersIn(this.#macros)
    return [...(this.#takers.get(word) ?? [])]
  }

  /** The words, with all that macros among them may become. */
  expanded(words: Iterable<string>): ReadonlySet<string> {
    const all = new Set(words)
    for (const word of all) for (const { body } of this.macros(word)) for (const further of body) all.add(further)
    return all
  }
}

function takersIn(macros: ReadonlyMap<string, readonly Item[]>): ReadonlyMap<string, ReadonlySet<string>> {
  const takers = new Map<string, Set<string>>()
  for (const [name, items] of macros) {
    for (const word of items.flatMap(({ takes, body }) => (takes ? body : []))) {
      const known = takers.get(word)
      if (known === undefined) takers.set(word, new Set([name]))
      else known.add(name)
    }
  }
  return takers
}
