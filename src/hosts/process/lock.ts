/**
 * Keeps two tools apart: flock(2) on the process's own memory file, /proc/PID/mem. Who may open that file may write to the
 * process, and nobody else can; so no stranger can hold the lock, and it needs nothing of the agent, which a program may
 * have linked, loaded late, or robbed of its descriptors.
 *
 * Node has no flock(2). util-linux's flock gets our descriptor, takes the lock and ends; the lock belongs to what was
 * opened, which is ours alone from then on. So it lasts until we close it or end, however we end, and every Node is alike.
 *
 * Each mount of /proc has files of its own. A tool on the host and one in the process's container meet in the mount that
 * the process itself sees; both locks are taken, in that order, where they are not the same.
 */
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { InputError } from '../../base/errors.ts'
import { memoryFiles } from './memory-files.ts'
import type { ProcessMemory } from './proc.ts'

export interface Lock {
  release(): void
}

/** Undefined when another tool held it all the time. */
export async function takeLock(
  memory: ProcessMemory,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  const end = performance.now() + patienceMs
  const opened = new Map<string, number>()
  const release = () => {
    for (const file of opened.values()) closeSync(file)
    opened.clear()
  }
  try {
    for (const path of memoryFiles(memory.identity.pid)) {
      const file = open(path)
      const { dev, ino } = fstatSync(file, { bigint: true })
      const key = `${dev}:${ino}`
      if (opened.has(key)) {
        closeSync(file)
        continue
      }
      opened.set(key, file)
      if (await flock(file, Math.max(0, end - performance.now()), signal)) continue
      release()
      return undefined
    }
    // The number may have become another's before the file was opened.
    memory.checkAlive()
    return { release }
  } catch (error) {
    release()
    throw error
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw noLock(`${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What flock says when somebody else has the lock; a number that it uses for nothing else. */
const HELD = 200
/** Where the child finds the descriptor. */
const CHILD_FILE = 3

function flock(file: number, patienceMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const seconds = (patienceMs / 1000).toFixed(3)
  const words = ['--exclusive', '--conflict-exit-code', String(HELD), '--timeout', seconds, String(CHILD_FILE)]
  return new Promise((resolve, reject) => {
    const child = spawn('flock', words, {
      stdio: ['ignore', 'ignore', 'pipe', file],
      env: { ...process.env, LC_ALL: 'C' },
      signal,
    })
    let said = ''
    child.stderr?.on('data', chunk => {
      said += chunk
    })
    child.on('error', error => reject(noLock(`flock cannot be run: ${error.message}`)))
    child.on('close', (code, killer) => {
      if (code === 0 || code === HELD) resolve(code === 0)
      else reject(noLock(`flock ended with ${killer ?? code}: ${said.trim() || 'no reason given'}`))
    })
  })
}

const noLock = (fact: string) =>
  new InputError(
    'process/no-lock',
    `another tool cannot be kept away from the process: ${fact}`,
    'install util-linux, which has flock, and have it on the PATH',
  )
