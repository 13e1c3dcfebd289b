/** Files of a source tree by the paths that patches give: not there, there, or there and of no use. */
import { readFileSync, statSync } from 'node:fs'
import { InputError } from '../base/errors.ts'

/** Nothing can be there: a part of the path is a file, or longer than names can be. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']

/** A file's text, one character a byte; undefined where there is no ordinary file. */
export function sourceText(file: string, path: string): string | undefined {
  try {
    // A pipe would never end, and a folder has no text.
    return statSync(file).isFile() ? readFileSync(file, 'latin1') : undefined
  } catch (error) {
    if (NOT_THERE.includes(systemCode(error))) return undefined
    throw new InputError(
      'source/cannot-read',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'the tree must be one that this user may read',
    )
  }
}

/** Whether something has that name that is no ordinary file: a folder, a pipe, a device. */
export function isNoFile(file: string): boolean {
  try {
    return !statSync(file).isFile()
  } catch {
    return false
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
