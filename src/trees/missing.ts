/** Whether a file that a compiler did not find in a lean mirror may be in a full one. */
import { isReadable, type Mirror } from './mirror.ts'

/** What compilers say of a file that is not where they look; programs are run with messages in English. */
const MISSING =
  /No such file|not found|cannot (?:open|find)|can't (?:open|find)|could not (?:open|find)|unable to open/i
/** Of a file that a text includes: gcc, clang. */
const INCLUDED = /: fatal error: (?:'(.+)' file not found|(.+): No such file or directory)$/

/** A lean mirror has every header of the tree; by its name is known what it may have left out. */
export function mayBeElsewhere(mirror: Mirror, words: string): boolean {
  return words
    .split('\n')
    .filter(line => MISSING.test(line))
    .some(line => {
      const [, clang, gcc] = INCLUDED.exec(line) ?? []
      const path = clang ?? gcc
      if (path === undefined) return true
      const name = path.slice(path.lastIndexOf('/') + 1)
      return mirror.left.has(name) || mirror.linked.has(name) || !isReadable(name)
    })
}
