/** The linked image of what is running, as a file, and other files that options name. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { InputError } from '../base/errors.ts'
import type { FileParts } from '../elf/index.ts'
import { withParts } from '../system/file-parts.ts'
import type { TreeKind } from './tree-kind.ts'

/** What `--symbols` names. */
type ImageForm = TreeKind['image']

const HINTS: Readonly<Record<ImageForm, string>> = {
  hypervisor: 'give --symbols the unstripped xen-syms of what is running',
  kernel: 'give --symbols the image that boots: /boot/vmlinuz-… of the running version (uname -r)',
  program: 'give --symbols the unstripped program',
}

/** What to give where no file is given. */
export const imageHint = (form: ImageForm): string => HINTS[form]

/** The bytes of `path`; throws `build/no-symbols` when it cannot be read. */
export function readImage(path: string, form: ImageForm = 'hypervisor'): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw noSymbols(path, form, error)
  }
}

/** The bytes of a file that an option names; throws `build/cannot-read` when it cannot be read. */
export function readGiven(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw cannotRead(path, option, error)
  }
}

/** The parts of a program's file, which is opened for each; throws `build/no-symbols` when it cannot be read. */
export function programFile(path: string): FileParts {
  const asked = <Result>(use: (parts: FileParts) => Result): Result => {
    try {
      return withParts(path, use)
    } catch (error) {
      if (error instanceof InputError) throw error
      throw noSymbols(path, 'program', error)
    }
  }
  return { length: asked(({ length }) => length), read: (offset, size) => asked(({ read }) => read(offset, size)) }
}

/** Throws as `readImage` will, as far as that is known now. */
export function checkImage(path: string, form: ImageForm): void {
  const error = obstacleTo(path)
  if (error !== undefined) throw noSymbols(path, form, error)
}

/** Throws as `readGiven` will, as far as that is known now. */
export function checkGiven(path: string, option: string): void {
  const error = obstacleTo(path)
  if (error !== undefined) throw cannotRead(path, option, error)
}

/** Without opening it: a pipe, as a shell makes of `<(…)`, can be opened only once. */
function obstacleTo(path: string): unknown {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isDirectory() ? new Error('EISDIR: it is a directory') : undefined
  } catch (error) {
    return error
  }
}

const said = (error: unknown) => (error instanceof Error ? error.message : String(error))

const noSymbols = (path: string, form: ImageForm, error: unknown) =>
  new InputError('build/no-symbols', `${path} cannot be read: ${said(error)}`, HINTS[form])

const cannotRead = (path: string, option: string, error: unknown) =>
  new InputError(
    'build/cannot-read',
    `${path}, given with ${option}, cannot be read: ${said(error)}`,
    'is the path right, and may you read the file?',
  )
