/**
 * Where a compile looks for the files that it names, before it finds them: a file that appears in one of these places may be
 * read instead. Worse mistake: a place that is forgotten, and with it an object of yesterday's header.
 */
import { dirname, join } from 'node:path'
import { type Folder, folderIn, listFolder } from './layout.ts'
import { isReadable } from './mirror.ts'
import { keyOf } from './store.ts'

/**
 * Places, as they are spelled, for a compile that searches `searched` and has read `reads`: the folders themselves, those of
 * what was read, and each of them with what a name brings along (`include/linux` for `<linux/list.h>`). Names that bring such
 * folders along are those of `named`, all that was read unless given.
 */
export function placesOf(
  searched: readonly string[],
  reads: readonly string[],
  named: readonly string[] = reads,
): readonly string[] {
  const tops = new Set([...searched.map(untailed), ...reads.map(folderOf)])
  const brought = new Set(named.flatMap(path => [...broughtBy(path, tops)]))
  const below = [...tops].flatMap(top => [...brought].map(more => (top === '' ? more : `${top}/${more}`)))
  return [...new Set([...tops, ...below])]
}

/** By which folders a name below one of `tops` can have reached the file. */
function* broughtBy(path: string, tops: ReadonlySet<string>): Generator<string> {
  const folder = folderOf(path)
  for (let at = folder.lastIndexOf('/'); at > 0; at = folder.lastIndexOf('/', at - 1))
    if (tops.has(folder.slice(0, at))) yield folder.slice(at + 1)
  if (folder !== '' && !folder.startsWith('/') && tops.has('')) yield folder
}

/** The folders of what was read, which is all of it that counts for `placesOf`. */
export const foldersOf = (reads: readonly string[]): readonly string[] => [...new Set(reads.map(folderOf))]

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const untailed = (path: string): string => path.replace(/(?<=.)\/+$/, '')

/** Names all that could be found in a folder; the same for an empty one and for none. */
export function namesIn(place: string): string {
  return namesOf(listFolder(place))
}

function namesOf({ files, folders, links }: Folder): string {
  return keyOf([...files.filter(isReadable), '--', ...folders, '--', ...links])
}

const NONE: Folder = { folders: [], files: [], links: [] }
const NO_NAMES = namesOf(NONE)

/**
 * Likewise for many places, of which most are not there: what a folder has not, is not looked for below it. Each is looked at
 * once.
 */
export class PlaceNames {
  readonly #names = new Map<string, string>()
  /** What each folder has that may be one; undefined where it is not known. */
  readonly #folders = new Map<string, ReadonlySet<string> | undefined>()

  of(place: string): string {
    const known = this.#names.get(place) ?? (this.#isLeftOut(place) ? NO_NAMES : this.#look(place))
    this.#names.set(place, known)
    return known
  }

  #look(place: string): string {
    const folder = folderIn(place)
    this.#folders.set(place, folder && new Set([...folder.folders, ...folder.links]))
    return namesOf(folder ?? NONE)
  }

  /** Whether a folder around it that was looked at does not have it. */
  #isLeftOut(place: string): boolean {
    let below = place
    for (let above = dirname(place); above !== below; [below, above] = [above, dirname(above)]) {
      if (!this.#folders.has(above)) continue
      const name = below.slice(below.lastIndexOf('/') + 1)
      return !/^\.{0,2}$/.test(name) && this.#folders.get(above)?.has(name) === false
    }
    return false
  }
}

/** The place of a spelled name. */
export const placeIn = (folder: string, path: string): string => (path.startsWith('/') ? path : join(folder, path))
