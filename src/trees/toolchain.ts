/**
 * Compilers that run in another root than hotsplice: behind a prefix (`chroot DIR`, `podman exec NAME`), with a map of what
 * is called how in there. What a build recorded there is spelled as it is called inside; what hotsplice makes for itself lies
 * in its cache, which must be visible inside. No path is guessed: one that the map does not have is told.
 *
 * Worse mistake: a compiler that reads another file than is looked at here. So a file that it read and that nobody can look
 * at from outside is an error.
 */
import { InputError } from '../base/errors.ts'
import { isInside } from './layout.ts'
import { shellText, shellWords } from './words.ts'

/** A folder, as it is called inside and outside. */
interface MappedFolder {
  readonly inside: string
  readonly outside: string
}

export interface Toolchain {
  /** What commands are put behind. */
  readonly prefix: readonly string[]
  readonly folders: readonly MappedFolder[]
}

interface Told {
  readonly toolchain?: string | undefined
  readonly toolchainPath?: readonly string[] | undefined
}

/** From `--toolchain` and each `--toolchain-path`. */
export function toolchainOf({ toolchain: text, toolchainPath: paths = [] }: Told): Toolchain | undefined {
  if (text === undefined && paths.length > 0) {
    throw new InputError(
      'toolchain/bad-path',
      `--toolchain-path says how ${paths[0]} is called behind a --toolchain, and there is none`,
      'give both, or neither',
    )
  }
  if (text === undefined) return undefined
  const prefix = shellWords(text)
  if (prefix === undefined || prefix.length === 0) {
    throw new InputError(
      'toolchain/bad-prefix',
      `--toolchain is "${text}", which is no program with its arguments: it is split into words, and no shell runs it`,
      "for example --toolchain 'chroot /srv/debian13'",
    )
  }
  return { prefix, folders: paths.map(parseFolder) }
}

function parseFolder(text: string): MappedFolder {
  const [, inside, outside] = /^(\/[^=]*)=(\/.*)$/.exec(text) ?? []
  if (inside !== undefined && outside !== undefined) return { inside: trimmed(inside), outside: trimmed(outside) }
  throw new InputError(
    'toolchain/bad-path',
    `--toolchain-path is "${text}", which is not INSIDE=OUTSIDE, two absolute paths`,
    'for example --toolchain-path /=/srv/debian13',
  )
}

const trimmed = (path: string): string => path.replace(/\/+$/, '')

/** As it is called outside; undefined where nothing says so. */
export function outsideOf({ folders }: Toolchain, path: string): string | undefined {
  return swapped(path, folders, 'inside', 'outside')
}

/** As it is called inside. Where there is no map at all, everything is called the same. */
export function insideOf({ folders, prefix }: Toolchain, path: string): string {
  const inside = folders.length === 0 ? path : swapped(path, folders, 'outside', 'inside')
  if (inside !== undefined) return inside
  throw new InputError(
    'toolchain/not-mapped',
    `how ${path} is called behind ${shellText(prefix)} is not said by any --toolchain-path`,
    'add --toolchain-path INSIDE=OUTSIDE for a folder that holds it; HOTSPLICE_CACHE can name a cache that is visible inside',
  )
}

/** Likewise where there may be no toolchain. */
export function calledIn(toolchain: Toolchain | undefined, path: string): string {
  return toolchain === undefined ? path : insideOf(toolchain, path)
}

/** A file that a compiler named, as it is called here; an error where nobody can tell. */
export function seenFrom(toolchain: Toolchain, path: string, known: readonly string[]): string {
  const outside = outsideOf(toolchain, path)
  if (outside !== undefined) return outside
  if (toolchain.folders.length === 0 && known.some(folder => isInside(folder, path))) return path
  throw new InputError(
    'toolchain/not-visible',
    `a compiler behind ${shellText(toolchain.prefix)} read ${path}, and where that is outside is not said: a change of it would not be noticed`,
    'add --toolchain-path INSIDE=OUTSIDE for a folder that holds it, /=DIR for all of a root',
  )
}

/**
 * How a link to a file is spelled that is followed in there and here: `whole` where both call everything the same, `relative`
 * where one folder of the map holds all of `paths`; `none` will do for both otherwise.
 */
export function linkable(toolchain: Toolchain | undefined, paths: readonly string[]): 'whole' | 'relative' | 'none' {
  if (toolchain === undefined || toolchain.folders.length === 0) return 'whole'
  const holding = new Set(paths.map(path => holder(path, toolchain.folders, 'outside')))
  return holding.size === 1 && !holding.has(undefined) ? 'relative' : 'none'
}

function swapped(
  path: string,
  folders: readonly MappedFolder[],
  from: 'inside' | 'outside',
  to: 'inside' | 'outside',
): string | undefined {
  const best = holder(path, folders, from)
  return best === undefined ? undefined : best[to] + path.slice(best[from].length) || '/'
}

/** The longest folder that holds it counts. */
function holder(path: string, folders: readonly MappedFolder[], from: 'inside' | 'outside'): MappedFolder | undefined {
  const holding = folders.filter(folder => folder[from] === '' || isInside(folder[from], path))
  return holding.toSorted((a, b) => b[from].length - a[from].length)[0]
}

export interface InsideOptions {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

/** The command as it is started outside; `words` are spelled as inside. */
export function behind(
  toolchain: Toolchain,
  words: readonly string[],
  { folder, environment }: InsideOptions,
): readonly string[] {
  const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  return [...toolchain.prefix, 'env', '-C', insideOf(toolchain, folder), ...settings, ...words]
}

/** Part of what a compile's result is known by. */
export const toolchainKey = ({ prefix, folders }: Toolchain): string => JSON.stringify([prefix, folders])
