/**
 * All files that a unit may read: those that its compiler named, and what `#include`s in them would find. Some builds take
 * names off the compiler's list (Xen's that of autoconf.h); what stands in a condition that does not hold counts as well.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { searchedFolders } from '../command.ts'
import { toAbsolute, toBase } from '../layout.ts'
import type { AffectedUnit, Tree } from '../model.ts'

/** System headers may not be on the list, and these find more than we look for. */
const FINDS_MORE = /^-(?:isystem|idirafter|iwithprefix|iprefix|isysroot|-sysroot|imultilib|B|I-$|imacros)/
const FORCED = '-include'

export type IncludesOf = (path: string) => readonly string[]

/** Answers which; undefined where that is not sure. */
export function filesReadBy(
  { layout }: Tree,
  includesOf: IncludesOf,
): (each: AffectedUnit) => readonly string[] | undefined {
  const places = new Map<string, string | undefined>()
  const placeOf = (folder: string, name: string) => {
    const path = join(folder, name)
    if (!places.has(path)) places.set(path, existsSync(path) ? toBase(layout, path) : undefined)
    return places.get(path)
  }
  const meant = (folders: readonly string[], name: string) =>
    folders.flatMap(folder => placeOf(isAbsolute(name) ? '/' : folder, name) ?? [])
  /** What a text's `#include`s could mean there. */
  const includedBy = (path: string, folders: readonly string[]) => {
    const own = dirname(toAbsolute(layout, path))
    // What a macro names is on the compiler's list.
    const names = includesOf(path).flatMap(spelled => /^["<](.+)[">]$/.exec(spelled)?.[1] ?? [])
    return names.flatMap(name => [...meant(folders, name), placeOf(own, name) ?? []].flat())
  }
  /** By folders and path, remembered for hundreds of units. */
  const known = new Map<string, Map<string, readonly string[]>>()
  return ({ unit }) => {
    const { command, folder, dependencies } = unit
    if (!command.includes('-nostdinc') || command.some(word => FINDS_MORE.test(word))) return undefined
    const searched = searchedFolders(command).map(each => (isAbsolute(each) ? each : join(folder, each)))
    const folders = [folder, ...searched]
    const key = folders.join('\n')
    const included = known.get(key) ?? new Map<string, readonly string[]>()
    known.set(key, included)
    const paths = new Set(dependencies)
    for (const [at, word] of command.entries()) {
      if (word !== FORCED) continue
      for (const path of meant(folders, command[at + 1] ?? '')) paths.add(path)
    }
    for (const path of paths) {
      const others = included.get(path) ?? includedBy(path, folders)
      included.set(path, others)
      for (const other of others) paths.add(other)
    }
    return [...paths]
  }
}
