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
  const found = new Map<string, readonly string[]>()
  /** What a name could mean there, remembered for hundreds of units. */
  const meant = (folders: readonly string[], key: string, name: string) => {
    const full = `${key}\n${name}`
    let paths = found.get(full)
    if (paths === undefined) {
      paths = folders.flatMap(folder => placeOf(isAbsolute(name) ? '/' : folder, name) ?? [])
      found.set(full, paths)
    }
    return paths
  }
  return ({ unit }) => {
    const { command, folder, dependencies } = unit
    if (!command.includes('-nostdinc') || command.some(word => FINDS_MORE.test(word))) return undefined
    const searched = searchedFolders(command).map(each => (isAbsolute(each) ? each : join(folder, each)))
    const folders = [folder, ...searched]
    const key = folders.join('\n')
    const paths = new Set(dependencies)
    for (const [at, word] of command.entries()) {
      if (word !== FORCED) continue
      for (const path of meant(folders, key, command[at + 1] ?? '')) paths.add(path)
    }
    for (const path of paths) {
      const own = dirname(toAbsolute(layout, path))
      for (const spelled of includesOf(path)) {
        const name = /^["<](.+)[">]$/.exec(spelled)?.[1]
        // What a macro names is on the compiler's list.
        if (name === undefined) continue
        for (const other of meant(folders, key, name)) paths.add(other)
        const beside = placeOf(own, name)
        if (beside !== undefined) paths.add(beside)
      }
    }
    return [...paths]
  }
}
