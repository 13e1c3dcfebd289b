/**
 * One file that the cache keeps and hands out by its path. The digest of its content is part of its name, so a torn,
 * damaged or exchanged one is known, and made anew.
 */
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkCache } from './cache.ts'
import { makeFolder } from './make-folder.ts'
import { openPrivatePlace } from './private-place.ts'

export interface Kept {
  /** Below the cache: what the file is. */
  readonly kind: string
  /** Names everything that it is made from. */
  readonly key: string
  readonly suffix: string
  /** Writes the file. */
  readonly make: (path: string) => void
}

/** The path of the file, made where it is not there whole. */
export function keptFile(cacheFolder: string, { kind, key, suffix, make }: Kept): string {
  checkCache(cacheFolder)
  const folder = join(cacheFolder, kind)
  makeFolder(folder, 0o700)
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${key}-`) || !name.endsWith(suffix)) continue
    const path = join(folder, name)
    if (name === nameOf(path, key, suffix)) return path
    rmSync(path, { recursive: true, force: true })
  }
  const place = openPrivatePlace(cacheFolder)
  try {
    const made = join(place.path, `made${suffix}`)
    make(made)
    const path = join(folder, nameOf(made, key, suffix) ?? '')
    renameSync(made, path)
    return path
  } finally {
    place.closeAtOnce()
  }
}

/** The name that a file of this content has; undefined for what is no plain file. */
function nameOf(path: string, key: string, suffix: string): string | undefined {
  if (!lstatSync(path).isFile()) return undefined
  return `${key}-${createHash('sha256').update(readFileSync(path)).digest('hex')}${suffix}`
}
