/**
 * Who uses a name: which files have it where it counts, and not only inside of inline functions and macros that nobody
 * uses in turn. A file that has it so is seen by every unit that reads the file.
 */
import type { Item } from '../../ctext/items.ts'
import { Joined } from './joined.ts'
import type { SeenFiles } from './seen.ts'

/**
 * Attributes by which a function is kept, run or found though nobody calls it. A section is none of them: Xen has one on
 * every inline function of a unit that runs at boot only.
 */
const KEEPS = /^_*(?:used|retain|constructor|destructor|alias|weak|weakref|ifunc|externally_visible)_*$/

/** More names than this are nothing that a person would call one change. */
const MOST_NAMES = 3_000

export interface Users {
  /** By path, the first of the names that counts there. */
  readonly byFile: ReadonlyMap<string, string>
  /** All that is another thing when one of the given names is: inline functions and macros that use them. */
  readonly names: ReadonlySet<string>
}

/** Undefined where it would be too many names. */
export function usersOf(files: SeenFiles, given: ReadonlySet<string>): Users | undefined {
  const joined = new Joined(files)
  const names = new Set(given)
  const byFile = new Map<string, string>()
  for (const name of names) {
    if (names.size > MOST_NAMES) return undefined
    for (const macro of joined.making(name)) names.add(macro)
    for (const { path, text, items } of files.all()) {
      if (!text.includes(name) && !/\w\\\r?\n\w/.test(text)) continue
      for (const item of items) {
        const use = useIn(files, item, name)
        if (use === 'counts') byFile.set(path, byFile.get(path) ?? name)
        else if (use !== undefined) names.add(use.by)
      }
    }
  }
  return { byFile, names }
}

function useIn(files: SeenFiles, item: Item, name: string): 'counts' | { readonly by: string } | undefined {
  if (item.kind === 'undef') return undefined
  const inBody = item.body.includes(name)
  if (item.kind === 'macro') return inBody ? { by: item.name } : undefined
  const inHead = item.head.includes(name) || (item.kind === 'other' && inBody)
  if (inHead) return 'counts'
  if (!isPlain(files, item)) return inBody || item.name === name ? 'counts' : undefined
  return inBody && item.name !== name ? { by: item.name } : undefined
}

const known = new WeakMap<Item, boolean>()

/** Whether the inline function or prototype is what it looks like, whatever the macros in it become. */
export function isPlain(files: SeenFiles, item: Item): boolean {
  const { kind, name, head } = item
  if (kind !== 'inline' && kind !== 'prototype') return false
  let plain = known.get(item)
  if (plain === undefined) {
    const expanded = files.expanded(head)
    plain =
      files.macros(name).length === 0 &&
      head.every(word => isItself(files, word)) &&
      ![...expanded].some(word => KEEPS.test(word))
    known.set(item, plain)
  }
  return plain
}

const OF_STORAGE = /^(?:static|extern)$/
const INLINE = /inline/

/** `static` is no macro; `inline` may be one only if it becomes a word for the same. */
function isItself(files: SeenFiles, word: string): boolean {
  const macros = files.macros(word)
  if (!OF_STORAGE.test(word) && !INLINE.test(word)) return true
  return macros.every(({ body }) => INLINE.test(word) && body.some(each => INLINE.test(each)))
}
