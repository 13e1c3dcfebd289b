/** How many compiles a run made: each leaves one result in the cache, and what the cache holds is not compiled again. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Results that a cache folder holds. */
export function compilesIn(cacheFolder: string): number {
  try {
    const entries = readdirSync(join(cacheFolder, 'objects'), { recursive: true, withFileTypes: true })
    return entries.filter(entry => entry.isFile()).length
  } catch {
    return 0
  }
}
