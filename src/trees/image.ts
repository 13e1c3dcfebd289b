/** The linked image of what is running, as a file. */
import { readFileSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import type { FileParts } from '../elf/index.ts'
import { withParts } from '../system/file-parts.ts'

/** The bytes of `path`; throws `build/no-symbols` when it cannot be read. */
export function readImage(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new InputError(
      'build/no-symbols',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'give --symbols the unstripped xen-syms of what is running',
    )
  }
}

/** The bytes of a file that an option names; throws `build/cannot-read` when it cannot be read. */
export function readGiven(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new InputError(
      'build/cannot-read',
      `${path}, given with ${option}, cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'is the path right, and may you read the file?',
    )
  }
}

/** The parts of a program's file, which is opened for each; throws `build/no-symbols` when it cannot be read. */
export function programFile(path: string): FileParts {
  const asked = <Result>(use: (parts: FileParts) => Result): Result => {
    try {
      return withParts(path, use)
    } catch (error) {
      if (error instanceof InputError) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new InputError(
        'build/no-symbols',
        `${path} cannot be read: ${why}`,
        'give --symbols the unstripped program',
      )
    }
  }
  return { length: asked(({ length }) => length), read: (offset, size) => asked(({ read }) => read(offset, size)) }
}
