/**
 * Who uses a name: which files have it where it counts, and not only inside of inline functions and macros that nobody
 * uses in turn. A file that has it so is seen by every unit that reads the file.
 */
import type { Item } from '../../ctext/items.ts'
import type { Joined } from './joined.ts'
import type { Plain } from './plain.ts'
import type { Entry, SeenFiles } from './seen.ts'

/** More names than this are nothing that a person would call one change. */
const MOST_NAMES = 3_000

export interface Users {
  /** By path, the first of the names that counts there. */
  readonly byFile: ReadonlyMap<string, string>
  /** All that is another thing when one of the changed names is: inline functions and macros that use them. */
  readonly names: ReadonlySet<string>
  /** Files with an inline function that is another now, and may be felt though nobody uses it. */
  readonly felt: ReadonlySet<string>
}

export interface Changed {
  readonly names: ReadonlySet<string>
  /** The files that change. */
  readonly paths: ReadonlySet<string>
}

/** Undefined where it would be too many names. */
export function usersOf(
  files: SeenFiles,
  facts: { joined: Joined; plain: Plain },
  changed: Changed,
): Users | undefined {
  const { joined, plain } = facts
  const names = new Set(changed.names)
  const byFile = new Map<string, string>()
  const felt = new Set<string>()
  for (const name of names) {
    if (names.size > MOST_NAMES) return undefined
    for (const word of [...joined.making(name), ...joined.naming(name)]) names.add(word)
    for (const entry of files.having(name)) {
      const isOwn = files.own.has(entry.path)
      const use = isOwn ? 'counts' : useIn(entry, name, { plain, changed })
      if (!isOwn && isFelt(entry, name, { plain, changed })) felt.add(entry.path)
      if (use === 'counts') byFile.set(entry.path, byFile.get(entry.path) ?? name)
      else if (use !== undefined) names.add(use.by)
    }
  }
  return { byFile, felt, names }
}

type Use = 'counts' | { readonly by: string } | undefined

function isFelt(entry: Entry, name: string, { plain, changed }: { plain: Plain; changed: Changed }): boolean {
  const { item } = entry
  if (item.kind !== 'inline' || !plain.isPlain(entry) || plain.staysInside(item)) return false
  return item.body.includes(name) || (item.name === name && changed.names.has(name))
}

function useIn(entry: Entry, name: string, { plain, changed }: { plain: Plain; changed: Changed }): Use {
  const { item, path } = entry
  if (item.kind === 'undef') return undefined
  if (item.kind === 'macro') return useInMacro(item, name, changed.names.has(name) && !changed.paths.has(path))
  const inBody = item.body.includes(name)
  if (item.head.includes(name)) return 'counts'
  if (!plain.isPlain(entry)) return 'counts'
  return inBody && item.name !== name ? { by: item.name } : undefined
}

/** A macro that somebody else defines too is another one where both are read. */
function useInMacro({ name, body }: Item, used: string, isElsewhere: boolean): Use {
  if (name === used && isElsewhere) return 'counts'
  return body.includes(used) ? { by: name } : undefined
}
