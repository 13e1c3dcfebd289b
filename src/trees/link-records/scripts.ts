/**
 * Texts that stand where a library or an object would: what a linker cannot read as one of these, it reads as a script, and
 * such a script may name what is linked besides (the manual of GNU ld, "Implicit Linker Scripts").
 */
import { withParts } from '../../system/file-parts.ts'

/** Scripts that stand for libraries have a line or two. */
const MOST = 2 ** 16

const TAKES_MORE = /\b(?:INPUT|GROUP|AS_NEEDED|STARTUP)\s*\(|\bINCLUDE\s/

/** Whether the file is a text that names further inputs of a link; not so where there is no such file. */
export function isScript(path: string): boolean {
  try {
    return withParts(path, ({ length, read }) => {
      const start = Buffer.from(read(0, Math.min(length, MOST))).toString('latin1')
      return !start.startsWith('\x7fELF') && !start.startsWith('!<') && TAKES_MORE.test(start)
    })
  } catch {
    // A folder, or nothing that anybody may read.
    return false
  }
}

/** How a library is called that a link may name by `-l`. */
export const isLibraryName = (name: string): boolean => /^lib.+\.(?:so|a)$/.test(name)
