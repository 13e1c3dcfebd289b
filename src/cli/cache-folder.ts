import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where results are kept between runs: HOTSPLICE_CACHE, or hotsplice's folder in the user's cache. */
export function cacheFolder(): string {
  const { HOTSPLICE_CACHE, XDG_CACHE_HOME } = process.env
  return HOTSPLICE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'hotsplice')
}
