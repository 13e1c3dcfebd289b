/**
 * A lock on a file that ends with its holder, however that ends: flock(2) on an open file. Unlike a number in the file it
 * cannot outlive its holder, means the same in every container that sees the file, and is nobody else's by accident.
 *
 * Node cannot call flock. util-linux's `flock` can, on a descriptor that it inherits: the lock belongs to the open file,
 * which we keep. Children inherit it only where they are given it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, rmSync, statSync } from 'node:fs'
import { InputError } from '../base/errors.ts'

/** Where a child finds the file that it is to lock. */
const DESCRIPTOR = 3
/** What flock answers where somebody else has the lock. */
const HELD = 1

export class FileLock {
  readonly path: string
  /** Whoever is given it holds the lock too. */
  readonly descriptor: number

  constructor(path: string, descriptor: number) {
    this.path = path
    this.descriptor = descriptor
  }

  /** Takes the file away first: a lock that is free has no file, unless its holder was killed. */
  release(): void {
    rmSync(this.path, { force: true })
    closeSync(this.descriptor)
  }
}

/** Makes the file where there is none; undefined where somebody has it. */
export function tryLock(path: string): FileLock | undefined {
  for (;;) {
    const descriptor = openForLock(path)
    try {
      const got = isLocked(path, askUntilAnswered(descriptor))
      if (got && isStillThere(path, descriptor)) return new FileLock(path, descriptor)
      closeSync(descriptor)
      if (!got) return undefined
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }
}

/** Waits until whoever has it is done; undefined where `signal` came first. */
export async function waitForLock(path: string, signal: AbortSignal | undefined): Promise<FileLock | undefined> {
  while (signal?.aborted !== true) {
    const descriptor = openForLock(path)
    try {
      const got = await flockedUntilAnswered(path, descriptor, signal)
      if (got && isStillThere(path, descriptor)) return new FileLock(path, descriptor)
      closeSync(descriptor)
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
  }
  return undefined
}

/**
 * A terminal's Ctrl-C goes to flock as well as to us, and ends it before it has answered. What an interrupted run does
 * is not decided here: it is asked again, so that whoever has begun to take a lock knows whether it has one.
 */
const MOST_ENDED_BY_SIGNALS = 10

function askUntilAnswered(descriptor: number): Answer {
  const ask = () => spawnSync('flock', ['-n', String(DESCRIPTOR)], { stdio: stdioWith(descriptor) })
  let answer = ask()
  for (let more = 1; more < MOST_ENDED_BY_SIGNALS && isUnanswered(answer); more++) answer = ask()
  return answer
}

/** A signal ended it: there is no error, and no status. */
const isUnanswered = ({ error, status }: Answer): boolean => error === undefined && status === null

async function flockedUntilAnswered(path: string, descriptor: number, signal: AbortSignal | undefined) {
  let answer = await flocked(descriptor, signal)
  for (let more = 1; more < MOST_ENDED_BY_SIGNALS && isUnanswered(answer) && signal?.aborted !== true; more++)
    answer = await flocked(descriptor, signal)
  return signal?.aborted !== true && isLocked(path, answer)
}

function flocked(descriptor: number, signal: AbortSignal | undefined): Promise<Answer> {
  return new Promise(resolve => {
    const child = spawn('flock', [String(DESCRIPTOR)], { stdio: stdioWith(descriptor) })
    const stop = () => child.kill('SIGKILL')
    signal?.addEventListener('abort', stop, { once: true })
    let words = ''
    child.stderr?.on('data', chunk => {
      words += String(chunk)
    })
    const settle = (error: Error | undefined, status: number | null) => {
      signal?.removeEventListener('abort', stop)
      resolve({ error, status, stderr: words })
    }
    child.on('error', error => settle(error, null))
    child.on('close', status => settle(undefined, status))
  })
}

const stdioWith = (descriptor: number): ('ignore' | 'pipe' | number)[] => ['ignore', 'ignore', 'pipe', descriptor]

function openForLock(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  } catch (error) {
    throw cannotLock(path, error instanceof Error ? error.message : String(error))
  }
}

interface Answer {
  readonly error?: Error | undefined
  readonly status: number | null
  readonly stderr: Buffer | string | null
}

function isLocked(path: string, { error, status, stderr }: Answer): boolean {
  if (error !== undefined) {
    if (!('code' in error) || error.code !== 'ENOENT') throw cannotLock(path, `flock cannot be run: ${error.message}`)
    throw new InputError(
      'system/no-flock',
      `${path} must be locked, and flock was not found`,
      'install Debian’s package util-linux (apt-get install util-linux), or put flock on the PATH',
    )
  }
  const words = String(stderr ?? '').trim()
  if (status === 0) return true
  if (status === HELD && words === '') return false
  throw cannotLock(path, words || (status === null ? 'a signal ended flock' : `flock ended with ${status}`))
}

/** Its last holder may have taken the file away between our opening and our locking it. */
function isStillThere(path: string, descriptor: number): boolean {
  const ours = fstatSync(descriptor)
  const named = statSync(path, { throwIfNoEntry: false })
  return named !== undefined && named.ino === ours.ino && named.dev === ours.dev
}

function cannotLock(path: string, words: string): InputError {
  return new InputError(
    'system/cannot-lock',
    `${path} cannot be locked: ${words}`,
    'HOTSPLICE_CACHE can name a folder of a file system that has locks',
  )
}
