/** Files that the user names: inputs that are told by name when they cannot be read, outputs that appear whole. */
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'

/** By this name standard input is read, standard output written. */
export const STANDARD = '-'

/** The bytes of an input; `what` says what it is to the command: `the patch`. */
export function readInput(path: string, what: string): Uint8Array {
  try {
    const read = () => readFileSync(path === STANDARD ? 0 : path)
    const bytes = path === STANDARD || isSpecial(path) ? leavingSignals(read) : read()
    // A view of the file's own, never of a pool that others share.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (error) {
    throw new InputError('cli/cannot-read', `${what} ${path} cannot be read: ${reason(error)}`)
  }
}

/**
 * A terminal or pipe may keep us waiting for ever, and what waits cannot call handlers of our own: until it is over,
 * a signal ends the process at once, as it does where nobody handles it.
 */
function leavingSignals<Result>(wait: () => Result): Result {
  const kept = (['SIGINT', 'SIGTERM'] as const).map(name => ({ name, handlers: process.rawListeners(name) }))
  for (const { name } of kept) process.removeAllListeners(name)
  try {
    return wait()
  } finally {
    for (const { name, handlers } of kept) for (const handler of handlers) process.on(name, () => handler())
  }
}

export function readText(path: string, what: string, encoding: 'utf8' | 'latin1'): string {
  const bytes = readInput(path, what)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
}

/** Writes beside the name and then renames, so that nobody ever sees half a file. */
export function writeWhole(path: string, content: Uint8Array | string): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    writeFileSync(isSpecial(path) ? path : beside, content)
    if (!isSpecial(path)) renameSync(beside, path)
  } catch (error) {
    if (whatIs(beside) !== undefined) rmSync(beside, { force: true })
    throw new InputError(
      'cli/cannot-write',
      `${path} cannot be written: ${reason(error)}`,
      'give another file, in a folder that exists and may be written to',
    )
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

/** A device or pipe (/dev/null, /dev/stdout) is written to, never replaced. */
export function isSpecial(path: string): boolean {
  const found = whatIs(path)
  return found !== undefined && !found.isFile() && !found.isDirectory()
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
