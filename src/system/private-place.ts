/**
 * Folders below the cache for what one run makes and throws away. A run has one, and a lock beside it that it holds as
 * long as it lives; so later runs, in whatever container, know what one that was killed has left behind.
 *
 * The lock is taken before there is a folder, and given back when the folder is gone: a folder whose lock is free, or
 * is not there, is nobody's.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InternalError } from '../base/errors.ts'
import { checkCache } from './cache.ts'
import { type FileLock, tryLock } from './file-lock.ts'
import { makeFolder } from './make-folder.ts'
import { holdFolder } from './undertaker.ts'

const LOCK = '.lock'
/** Where `name` is a lock's or a folder's, of this or an earlier release. */
const OURS = /^(?:[0-9a-f]{32}|\d+-[0-9a-z]*)(?:\.lock)?$/

const placesIn = (cacheFolder: string) => join(cacheFolder, 'private')

/** What this process has in one cache while somebody needs a place there. */
interface OwnFolder {
  readonly path: string
  readonly lock: FileLock
  readonly letGo: () => void
  users: number
  made: number
}

const own = new Map<string, OwnFolder>()

export interface PrivatePlace {
  readonly path: string
  /** Takes the folder away, with everything in it. */
  close(): Promise<void>
  closeAtOnce(): void
}

/** Makes a folder that nobody else has. */
export function openPrivatePlace(cacheFolder: string): PrivatePlace {
  const folder = enter(cacheFolder)
  const path = join(folder.path, String(folder.made++))
  mkdirSync(path)
  return {
    path,
    close: async () => {
      await rm(path, REMOVED)
      leave(cacheFolder, folder)
    },
    closeAtOnce: () => {
      rmSync(path, REMOVED)
      leave(cacheFolder, folder)
    },
  }
}

/** The path of a file that nobody else has, for `work`, which moves it away; what is left of it goes with this run's folder. */
export function withPrivatePath(cacheFolder: string, work: (path: string) => void): void {
  const folder = enter(cacheFolder)
  try {
    work(join(folder.path, String(folder.made++)))
  } finally {
    leave(cacheFolder, folder)
  }
}

/** A private folder for `work`; it is gone afterwards. */
export async function inPrivatePlace<T>(cacheFolder: string, work: (folder: string) => Promise<T>): Promise<T> {
  const place = openPrivatePlace(cacheFolder)
  try {
    return await work(place.path)
  } finally {
    await place.close()
  }
}

/** Programs that were stopped a moment ago may still write there. */
const REMOVED = { recursive: true, force: true, maxRetries: 10 } as const

function enter(cacheFolder: string): OwnFolder {
  let folder = own.get(cacheFolder)
  if (folder === undefined) {
    folder = makeOwn(cacheFolder)
    own.set(cacheFolder, folder)
  }
  folder.users++
  return folder
}

function leave(cacheFolder: string, folder: OwnFolder): void {
  folder.users--
  if (folder.users > 0) return
  own.delete(cacheFolder)
  rmSync(folder.path, REMOVED)
  folder.lock.release()
  folder.letGo()
}

function makeOwn(cacheFolder: string): OwnFolder {
  checkCache(cacheFolder)
  const places = placesIn(cacheFolder)
  makeFolder(places, 0o700)
  const { path, lock } = freeName(places)
  const held = [holdFolder(path), holdFolder(path + LOCK)]
  mkdirSync(path, { mode: 0o700 })
  const letGo = () => {
    for (const each of held) each()
  }
  return { path, lock, letGo, users: 0, made: 0 }
}

/** A new lock may be held for a moment by a run that looks whether it is abandoned, and takes it away; then by no one. */
const MOST_NAMES = 100

function freeName(places: string): { readonly path: string; readonly lock: FileLock } {
  for (let tries = 0; tries < MOST_NAMES; tries++) {
    const path = join(places, randomBytes(16).toString('hex'))
    const lock = tryLock(path + LOCK)
    if (lock !== undefined) return { path, lock }
  }
  throw new InternalError(`${MOST_NAMES} new names in ${places} were all somebody's already`)
}

/** Takes away what runs left that were killed before they could clean up, and is done when it is gone. */
export async function removeAbandoned(cacheFolder: string): Promise<void> {
  const places = placesIn(cacheFolder)
  let names: string[] = []
  try {
    names = await readdir(places)
  } catch {
    return
  }
  const ours = names.filter(name => OURS.test(name))
  const owners = new Set(ours.map(name => (name.endsWith(LOCK) ? name.slice(0, -LOCK.length) : name)))
  for (const owner of owners) {
    const path = join(places, owner)
    // Also where there was no lock: an earlier release had none, and only says which process.
    const lock = isOfLivingProcess(owner) ? undefined : tryLock(path + LOCK)
    if (lock === undefined) continue
    await rm(path, REMOVED)
    lock.release()
  }
}

/** Earlier releases named folders by the number of their process. */
function isOfLivingProcess(name: string): boolean {
  const pid = /^(\d+)-/.exec(name)?.[1]
  if (pid === undefined) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
