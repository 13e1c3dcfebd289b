/**
 * Where a compile looks for the files that it names, before it finds them: a file that appears in one of these places may be
 * read instead. Worse mistake: a place that is forgotten, and with it an object of yesterday's header.
 */
import { join } from 'node:path'
import { listFolder } from './layout.ts'
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

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const untailed = (path: string): string => path.replace(/(?<=.)\/+$/, '')

/** Names all that could be found in a folder; the same for an empty one and for none. */
export function namesIn(place: string): string {
  const { files, folders, links } = listFolder(place)
  return keyOf([...files.filter(isReadable), '--', ...folders, '--', ...links])
}

/** The place of a spelled name. */
export const placeIn = (folder: string, path: string): string => (path.startsWith('/') ? path : join(folder, path))
