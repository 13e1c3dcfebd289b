/**
 * A folder and all above it. Node 20's own recursion never ends where a folder is there and says of what is made in it that
 * it has no place (ENOENT), as /proc does.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** `path` is absolute. Does nothing where it is there; throws what the system says. */
export function makeFolder(path: string, mode?: number): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolder(dirname(path), mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    // Another process was quicker.
    if (!existsSync(path)) throw error
  }
}
