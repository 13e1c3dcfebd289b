/** The files that units read, each as the items of its texts: the tree's own, and the patched one where there is one. */
import { functionTypesAmong } from '../../ctext/function-declarations.ts'
import { type FileItems, type Item, itemsOf } from '../../ctext/items.ts'
import type { LexedFile } from '../../ctext/lexed.ts'
import { lex } from '../../ctext/lexer.ts'

export interface Entry {
  readonly path: string
  readonly text: string
  readonly item: Item
}

interface Seen extends FileItems {
  readonly path: string
  readonly text: string
}

export class SeenFiles {
  readonly #byWord = new Map<string, Entry[]>()
  readonly #macros = new Map<string, Item[]>()
  readonly #shared = new Map<string, Item[]>()
  readonly #ownMacros = new Map<string, Item[]>()
  readonly #lexed = new Map<string, LexedFile>()
  /** What stands inside of something. */
  readonly #nested: ReadonlySet<string>
  readonly #before: ReadonlyMap<Item, readonly string[]>
  /** Sources that one unit reads: what they define is nothing to the others. */
  readonly own: ReadonlySet<string>
  /** Files of which nothing is known. */
  readonly unreadable: ReadonlySet<string>
  /** Files that are other texts for compilers with trigraphs. */
  readonly withTrigraphs: ReadonlySet<string>

  /** Names of types of functions. */
  readonly functionTypes: ReadonlySet<string>

  /** By path, as units name their dependencies; `own` are sources that one unit reads. */
  constructor(files: ReadonlyMap<string, readonly string[]>, own: ReadonlySet<string>) {
    this.own = own
    const seen: Seen[] = []
    const unreadable = new Set<string>()
    for (const [path, texts] of files) {
      for (const text of texts) {
        const items = itemsOf(this.lexed(text), own.has(path))
        // Where a macro names what is included inside of something, it may be any file.
        if (items === undefined || items.nested.some(({ name }) => name === '')) unreadable.add(path)
        if (items !== undefined) seen.push({ path, text, ...items })
      }
    }
    this.unreadable = unreadable
    this.withTrigraphs = new Set(seen.flatMap(({ path, hasTrigraphs }) => (hasTrigraphs ? [path] : [])))
    for (const each of seen) this.#add(each)
    this.functionTypes = functionTypesAmong(seen.flatMap(({ types }) => [...types]))
    const find = finder(seen)
    this.#nested = nestedIn(seen, find)
    this.#before = beforeItems(seen, find)
  }

  #add({ path, text, items, inner }: Seen): void {
    for (const item of [...items, ...inner]) {
      const entry: Entry = { path, text, item }
      if (item.kind === 'macro') {
        addTo(this.#macros, item.name, item)
        if (this.own.has(path)) addTo(this.#ownMacros, path, item)
        else addTo(this.#shared, item.name, item)
      }
      if (item.name !== '') addTo(this.#byWord, item.name, entry)
      for (const word of item.head) addTo(this.#byWord, word, entry)
      for (const word of item.body) addTo(this.#byWord, word, entry)
    }
  }

  /** Where a word stands, or what has it for a name; an item may come twice. */
  having(word: string): readonly Entry[] {
    return this.#byWord.get(word) ?? []
  }

  /** Whether the file is included inside of something. */
  isNested(path: string): boolean {
    return this.#nested.has(path)
  }

  /** Words of what files leave open that are included right before the item, so that it may go on with that. */
  before(item: Item): readonly string[] {
    return this.#before.get(item) ?? []
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

  allMacros(): Iterable<readonly [string, readonly Item[]]> {
    return this.#macros
  }

  /** By name, those that are defined where several units read them. */
  sharedMacros(): Iterable<readonly [string, readonly Item[]]> {
    return this.#shared
  }

  ownMacros(path: string): readonly Item[] {
    return this.#ownMacros.get(path) ?? []
  }
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const known = lists.get(key)
  if (known === undefined) lists.set(key, [value])
  else known.push(value)
}

type Find = (spelled: string) => readonly string[]

/** Files that are included in lists, and those that they include. */
function nestedIn(files: readonly Seen[], find: Find): ReadonlySet<string> {
  const inLists = files.flatMap(each => each.nested.filter(({ inList }) => inList))
  const nested = new Set(inLists.flatMap(({ name }) => find(name)))
  for (const path of nested) {
    const includes = files.flatMap(each =>
      each.path === path ? each.items.filter(({ kind }) => kind === 'include') : [],
    )
    for (const found of includes.flatMap(({ name }) => find(name))) nested.add(found)
  }
  return nested
}

/** By item, what stands open before it: where files are included that end so, or one is included behind something open. */
function beforeItems(files: readonly Seen[], find: Find): ReadonlyMap<Item, readonly string[]> {
  const open = new Map<string, ReadonlySet<string>>()
  const leave = (path: string, words: Iterable<string>) => {
    const known = open.get(path)
    const all = new Set([...(known ?? []), ...words])
    if (all.size > 0) open.set(path, all)
    return all.size > (known?.size ?? 0)
  }
  for (const { path, open: words } of files) leave(path, words)
  const before = new Map<Item, readonly string[]>()
  const behind = new Map<string, string[]>()
  for (const { name, before: words } of files.flatMap(each => each.nested)) {
    for (const path of find(name)) for (const word of words) addTo(behind, path, word)
  }
  // A file that ends with an #include of such a file is one, too.
  for (let isMore = true; isMore; ) {
    isMore = false
    for (const { path, items } of files) {
      const words = new Set(behind.get(path))
      for (const item of items) {
        if (item.kind === 'include') {
          for (const found of find(item.name)) for (const word of open.get(found) ?? []) words.add(word)
        } else if (item.kind === 'inline' || item.kind === 'prototype' || item.kind === 'other') {
          if (words.size > 0) before.set(item, [...words])
          words.clear()
        }
      }
      if (leave(path, words)) isMore = true
    }
  }
  return before
}

/** The files that an #include may mean: all of them where a macro names it. */
function finder(files: readonly Seen[]): Find {
  const byName = new Map<string, string[]>()
  for (const { path } of files) addTo(byName, nameOf(path), path)
  const known = new Map<string, readonly string[]>()
  return spelled => {
    let found = known.get(spelled)
    if (found === undefined) {
      const tail = spelled.replace(/^.*\.\//, '')
      const called = spelled === '' ? files.map(({ path }) => path) : (byName.get(nameOf(spelled)) ?? [])
      const exact = called.filter(path => path === tail || path.endsWith(`/${tail}`))
      found = exact.length > 0 ? exact : called
      known.set(spelled, found)
    }
    return found
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
