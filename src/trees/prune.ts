/**
 * Keeps the store from growing for ever: once a day, what was longest unused goes, until the rest is below a limit.
 * Losing any of it costs time and nothing else, so a file that another run takes away meanwhile is no matter.
 */
import { lstatSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tryLock } from '../system/file-lock.ts'
import { listFolder } from './layout.ts'

const DAY = 24 * 60 * 60 * 1000

export interface Limits {
  /** Bytes of compiled objects and lists. */
  readonly bytes: number
  /** Milliseconds that a built copy of a tree is kept unused. */
  readonly treeAge: number
}

const LIMITS: Limits = { bytes: 1 << 30, treeAge: 60 * DAY }

export interface Pruning {
  /** The clock's, in milliseconds. */
  readonly now: number
  /** Ends it where it is. */
  readonly signal?: AbortSignal | undefined
  readonly limits?: Limits
}

/** Prunes unless that was done within the last day. Nobody waits for it who was told to stop: what is left has time. */
export async function pruneDaily(cacheFolder: string, { now, signal, limits = LIMITS }: Pruning): Promise<void> {
  const stamp = join(cacheFolder, '.pruned')
  if (signal?.aborted === true || timeOf(stamp) > now - DAY) return
  try {
    writeFileSync(stamp, '')
    utimesSync(stamp, new Date(now), new Date(now))
  } catch {
    return
  }
  await pruneResults(cacheFolder, limits.bytes, signal)
  const trees = join(cacheFolder, 'trees')
  for (const name of listFolder(trees).folders) {
    const tree = join(trees, name)
    if (await isStopped(signal)) return
    if (timeOf(join(tree, '.built')) < now - limits.treeAge) removeTree(tree, () => true)
  }
}

/** Lets the signal come through, which is not heard while there is no pause. */
async function isStopped(signal: AbortSignal | undefined): Promise<boolean> {
  await new Promise(resolve => setImmediate(resolve))
  return signal?.aborted === true
}

/** Takes away what is left of copies whose run was killed while it built them: there is a lock, and nobody has it. */
export function removeHalfBuilt(cacheFolder: string): void {
  const trees = join(cacheFolder, 'trees')
  for (const name of listFolder(trees).files) {
    if (!name.endsWith(LOCK)) continue
    const tree = join(trees, name.slice(0, -LOCK.length))
    removeTree(tree, () => timeOf(join(tree, '.built')) === 0)
  }
}

/** What the lock of a tree is called, beside its folder. */
const LOCK = '.lock'

/** Not while a run builds it. */
function removeTree(tree: string, isWanted: () => boolean): void {
  const lock = tryLock(tree + LOCK)
  if (lock === undefined) return
  if (isWanted()) rmSync(tree, { recursive: true, force: true, maxRetries: 10 })
  lock.release()
}

async function pruneResults(cacheFolder: string, bytes: number, signal: AbortSignal | undefined): Promise<void> {
  const files: { readonly path: string; readonly size: number; readonly used: number }[] = []
  for (const kind of ['objects', 'lists']) {
    const top = join(cacheFolder, kind)
    for (const part of listFolder(top).folders) {
      if (await isStopped(signal)) return
      for (const name of listFolder(join(top, part)).files) {
        const file = join(top, part, name)
        // Earlier releases began files here, and left them where they were killed.
        if (name.includes('.')) rmSync(file, { force: true })
        else files.push({ path: file, size: sizeOf(file), used: timeOf(file) })
      }
    }
  }
  files.sort((a, b) => b.used - a.used)
  let kept = 0
  for (const [at, { path, size }] of files.entries()) {
    kept += size
    if (kept <= bytes) continue
    if (at % PAUSE === 0 && (await isStopped(signal))) return
    rmSync(path, { force: true })
  }
}

/** So many files are taken away between two looks at the signal. */
const PAUSE = 100

/** When a file was last written or, as the store marks it, used; 0 where there is none. */
function timeOf(path: string): number {
  try {
    return statSync(path).mtimeMs
  } catch {
    return 0
  }
}

function sizeOf(path: string): number {
  try {
    return lstatSync(path).size
  } catch {
    return 0
  }
}
