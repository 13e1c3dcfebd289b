/**
 * The folder in which results are kept between runs. What lies there is run (the agent is loaded into programs), so it
 * must be ours alone to write; and a run that cannot write it says so before it does anything.
 */
import { accessSync, constants, mkdirSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { InputError } from '../base/errors.ts'

/** HOTSPLICE_CACHE, or hotsplice's folder in the user's cache. */
export function cacheFolder(): string {
  const { HOTSPLICE_CACHE, XDG_CACHE_HOME } = process.env
  return HOTSPLICE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'hotsplice')
}

/** Makes the folder where there is none. One that cannot be used is an InputError that says where its name comes from. */
export function checkCache(folder: string): void {
  if (!isAbsolute(folder)) {
    throw notUsable(folder, 'is no absolute path: every folder that hotsplice is called from would have another')
  }
  try {
    makeFolder(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    readdirSync(folder)
  } catch (error) {
    throw notUsable(folder, `cannot be made or written: ${error instanceof Error ? error.message : String(error)}`)
  }
  checkOwners(folder)
}

/** Not Node's own way to make all the folders of a path: it tries for ever where a folder is there and takes none (/proc). */
function makeFolder(path: string): void {
  const isThere = () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (isThere()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another run may have been quicker.
    if (!isThere()) throw error
  }
}

/** Whoever may write to one of the folders on the way can put another in its place. */
function checkOwners(folder: string): void {
  const real = realpathSync(folder)
  checkOwn(real)
  for (const entry of readdirSync(real, { withFileTypes: true })) {
    if (entry.isDirectory()) checkOwn(join(real, entry.name))
  }
  for (let above = dirname(real), below = real; above !== below; below = above, above = dirname(above)) {
    const stats = statSync(above)
    if (mayBeWritten(stats) && (stats.mode & STICKY) === 0) throw openToOthers(above, stats, folder)
    if (!isTrusted(stats) && stats.uid !== NOBODY) throw openToOthers(above, stats, folder)
  }
}

const STICKY = 0o1000
const BY_OTHERS = 0o022
/** Who owns what a user namespace has no name for: the folders above a container's own. */
const NOBODY = 65534

function checkOwn(path: string): void {
  const stats = statSync(path)
  if (mayBeWritten(stats) || !isTrusted(stats)) throw openToOthers(path, stats, path)
}

const mayBeWritten = ({ mode }: Stats) => (mode & BY_OTHERS) !== 0
const isTrusted = ({ uid }: Pick<Stats, 'uid'>) => uid === 0 || uid === process.geteuid?.()

function openToOthers(path: string, { mode, uid }: Stats, cache: string): InputError {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  const where = path === cache ? path : `${path}, above the cache ${cache}`
  const why = isTrusted({ uid }) ? `its mode is ${octal}` : `it belongs to user ${uid}`
  const other = `name another folder with ${variableOf(cache)}`
  return new InputError(
    'system/cache-open-to-others',
    `others may write to ${where}: ${why}; what is kept in the cache is run, also in your programs`,
    isTrusted({ uid }) ? `take their right away (chmod go-w ${path}), or ${other}` : other,
  )
}

function notUsable(folder: string, fact: string): InputError {
  const variable = variableOf(folder)
  return new InputError(
    'system/cache-not-usable',
    `the cache folder ${folder}${isNamedBy(variable, folder) ? ` (from ${variable})` : ''} ${fact}`,
    `name a folder that may be written to with ${variable}`,
  )
}

/** The variable that decides about the folder. */
function variableOf(folder: string): string {
  return process.env.HOTSPLICE_CACHE
    ? 'HOTSPLICE_CACHE'
    : isNamedBy('XDG_CACHE_HOME', folder)
      ? 'XDG_CACHE_HOME'
      : 'HOTSPLICE_CACHE'
}

function isNamedBy(variable: string, folder: string): boolean {
  const value = process.env[variable]
  return value !== undefined && value !== '' && (folder === value || folder === join(value, 'hotsplice'))
}
