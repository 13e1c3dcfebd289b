/** Files that the user names: inputs that are told by name when they cannot be read, outputs that appear whole. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { newPartName, removeAbandonedParts } from './part-names.ts'

/** By this name standard input is read, standard output written. */
export const STANDARD = '-'

/** The bytes of an input; `what` says what it is to the command: `the patch`. */
export function readInput(path: string, what: string): Uint8Array {
  try {
    const bytes = readFileSync(path === STANDARD ? 0 : path)
    // A view of the file's own, never of a pool that others share.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (error) {
    throw new InputError('cli/cannot-read', `${what} ${path} cannot be read: ${reason(error)}`)
  }
}

export function readText(path: string, what: string, encoding: 'utf8' | 'latin1'): string {
  const bytes = readInput(path, what)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
}

/**
 * Writes beside the name and then renames, so that nobody ever sees half a file. The name beside cannot be guessed and is
 * made new, so nobody can have put a link there; a link of the output's own name is replaced, never followed.
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  let beside: string | undefined
  try {
    if (isSpecial(path)) {
      writeInto(path, content)
      return
    }
    removeAbandonedParts(dirname(path))
    beside = join(dirname(path), newPartName())
    writeFileSync(beside, content, { flag: 'wx' })
    renameSync(beside, path)
  } catch (error) {
    if (beside !== undefined && whatIs(beside) !== undefined) rmSync(beside, { force: true })
    throw new InputError(
      'cli/cannot-write',
      `${path} cannot be written: ${reason(error)}`,
      'give another file, in a folder that exists and may be written to',
    )
  }
}

/** A device, a pipe, or one of our own descriptors; should a file have come there meanwhile, it is left alone. */
function writeInto(path: string, content: Uint8Array | string): void {
  const own = ownDescriptor(path)
  const descriptor = own ?? openSync(path, constants.O_WRONLY | constants.O_NOCTTY)
  try {
    if (own === undefined && fstatSync(descriptor).isFile()) throw new Error('it became a file while it was opened')
    writeFileSync(descriptor, content)
  } finally {
    if (own === undefined) closeSync(descriptor)
  }
}

/** The name that writing to `path` would replace, and the file that reading it would read. */
export function placesOf(path: string): readonly string[] {
  const real = (name: string) => {
    try {
      return realpathSync(name)
    } catch {
      return resolve(name)
    }
  }
  return [join(real(dirname(path)), basename(path)), real(path)]
}

/** A device or pipe (/dev/null, /dev/stdout) is written to, never replaced; nor is what stands for a descriptor. */
export function isSpecial(path: string): boolean {
  if (ownDescriptor(path) !== undefined) return true
  const found = whatIs(path)
  return found !== undefined && !found.isFile() && !found.isDirectory()
}

/** The number that `/dev/stdout`, `/dev/fd/3` and the like stand for. */
function ownDescriptor(path: string): number | undefined {
  let name = resolve(path)
  for (let links = 0; links < 40; links++) {
    let folder: string
    try {
      folder = realpathSync(dirname(name))
    } catch {
      return undefined
    }
    const [, pid, number] = /^\/proc\/(\d+)(?:\/task\/\d+)?\/fd\/(\d+)$/.exec(join(folder, basename(name))) ?? []
    if (number !== undefined) return pid === String(process.pid) ? Number(number) : undefined
    try {
      name = resolve(folder, readlinkSync(name))
    } catch {
      return undefined
    }
  }
  return undefined
}

/** Undefined where nothing is that can be asked about: no such name, a file or a loop on the way, a name too long. */
function whatIs(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Whether a report may take the file's place without asking: there is none, it is empty, or it holds JSON. */
export function isFreeForJson(path: string): boolean {
  if (isSpecial(path) || whatIs(path) === undefined) return true
  const [first] = readText(path, 'the file', 'latin1').trimStart()
  return first === undefined || first === '{'
}

/** Takes away what an earlier run left by that name, so that nobody takes it for this run's; says whether it was there. */
export function removeStale(path: string): boolean {
  if (whatIs(path)?.isFile() !== true) return false
  rmSync(path, { force: true })
  return true
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))
