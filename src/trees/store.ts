/**
 * A folder of results that lives between runs. Files appear whole (written in a private folder, then renamed) and carry
 * a digest of themselves, so that a torn or damaged one counts as absent. Losing the folder costs time and nothing else.
 */
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { makeFolder } from '../system/make-folder.ts'
import { withPrivatePath } from '../system/private-place.ts'

const DIGEST_SIZE = 32

export interface StoreOptions {
  /** Has the private folders; it holds the store's own, or is it. */
  readonly cacheFolder?: string
  /** Told of each file that is there and cannot be used. */
  readonly damaged?: (path: string) => void
}

export class Store {
  readonly folder: string
  readonly #cacheFolder: string
  readonly #damaged: (path: string) => void

  constructor(folder: string, { cacheFolder = folder, damaged = () => undefined }: StoreOptions = {}) {
    this.folder = folder
    this.#cacheFolder = cacheFolder
    this.#damaged = damaged
  }

  /** What was put under a key; undefined where there is nothing whole, or nothing that `read` can read. */
  get(kind: string, key: string, read: (content: Uint8Array) => unknown = whole): Uint8Array | undefined {
    const path = this.#path(kind, key)
    let file: Buffer
    try {
      file = readFileSync(path)
    } catch {
      return undefined
    }
    const content = contentOf(file)
    if (!digest(content).equals(file.subarray(0, DIGEST_SIZE)) || !canRead(content, read)) {
      this.#damaged(path)
      return undefined
    }
    markUsed(path)
    return content
  }

  put(kind: string, key: string, content: Uint8Array): void {
    const path = this.#path(kind, key)
    try {
      makeFolder(dirname(path))
      // Where this run is killed, the next one clears its private folder, and with it what it had begun.
      withPrivatePath(this.#cacheFolder, begun => {
        writeFileSync(begun, Buffer.concat([digest(content), content]))
        renameSync(begun, path)
      })
    } catch {
      // A full or read-only disk makes the next run slower, not this one wrong.
    }
  }

  getText(kind: string, key: string): string | undefined {
    const content = this.get(kind, key)
    return content === undefined ? undefined : Buffer.from(content).toString('utf8')
  }

  putText(kind: string, key: string, text: string): void {
    this.put(kind, key, Buffer.from(text, 'utf8'))
  }

  #path(kind: string, key: string): string {
    return join(this.folder, kind, key.slice(0, 2), key.slice(2))
  }
}

/** A small file lies in memory that others use, too; to copy a large one takes longer than to read it. */
const SMALL = 1 << 16

function contentOf(file: Buffer): Uint8Array {
  return file.length < SMALL
    ? new Uint8Array(file.subarray(DIGEST_SIZE))
    : new Uint8Array(file.buffer, file.byteOffset + DIGEST_SIZE, Math.max(0, file.length - DIGEST_SIZE))
}

const whole = () => undefined

function canRead(content: Uint8Array, read: (content: Uint8Array) => unknown): boolean {
  try {
    read(content)
    return true
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}

/** What was used lately is kept longest. */
function markUsed(path: string): void {
  const now = new Date()
  try {
    utimesSync(path, now, now)
  } catch {
    // Another user's store, or a read-only one.
  }
}

function digest(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest()
}

/** One name for a list of texts; no two different lists share it. */
export function keyOf(parts: readonly string[]): string {
  const whole = parts.map(part => `${part.length}:${part}`).join('')
  return createHash('sha256').update(whole, 'utf8').digest('hex')
}
