/**
 * Folders below the cache for what one run makes and throws away. A name begins with the number of the run's process, so
 * that later runs know what one that was killed has left behind.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

const placesIn = (cacheFolder: string) => join(cacheFolder, 'private')

/** A path that nobody else has; nothing is made there. */
export function privatePlace(cacheFolder: string): string {
  return join(placesIn(cacheFolder), `${process.pid}-${Math.random().toString(36).slice(2)}`)
}

/** Makes a private folder for `work`; it is gone afterwards. */
export async function inPrivatePlace<T>(cacheFolder: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = privatePlace(cacheFolder)
  mkdirSync(folder, { recursive: true })
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Takes away what runs left that were killed before they could clean up; does not wait until it is gone. */
export function removeAbandoned(cacheFolder: string): void {
  const places = placesIn(cacheFolder)
  let names: string[] = []
  try {
    names = readdirSync(places)
  } catch {
    return
  }
  for (const name of names) {
    const pid = Number.parseInt(name, 10)
    if (Number.isInteger(pid) && !isAlive(pid))
      void rm(join(places, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
