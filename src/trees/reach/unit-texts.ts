/** All that units may read, each text looked at once for hundreds of them; their command lines' macros are a text, too. */
import type { AffectedUnit, Tree } from '../model.ts'
import { definedBy, hasTrigraphs } from './commands.ts'
import type { EditsByPath } from './named-edits.ts'
import { filesReadBy } from './read-files.ts'
import { type Seen, seenOf } from './seen.ts'

export interface ReadText {
  readonly seen: Seen
  /** What one unit alone reads concerns no other one. */
  readonly isOwn: boolean
}

export interface UnitTexts {
  /** Of units that are surely read right: the paths of all that they may read. */
  readonly paths: ReadonlyMap<AffectedUnit, readonly string[]>
  /** By path, what these units read; of what is edited both. */
  readonly texts: ReadonlyMap<string, readonly ReadText[]>
}

export function textsReadBy(tree: Tree, units: readonly AffectedUnit[], edits: EditsByPath): UnitTexts {
  const known = new Map<string, Seen | undefined>()
  const seen = (path: string, read: () => string | undefined) => {
    if (!known.has(path)) known.set(path, seenText(read()))
    return known.get(path)
  }
  const ofFile = (path: string) => edits.get(path)?.after ?? seen(path, () => tree.reader.read(path))
  const filesOf = filesReadBy(tree, path => ofFile(path)?.facts.includes ?? [])
  const paths = new Map<AffectedUnit, readonly string[]>()
  for (const each of units) {
    const defined = definedBy(each.unit)
    const files = filesOf(each)
    if (defined === undefined || files === undefined) continue
    const ownKey = `-D ${defined}`
    const commands = seen(ownKey, () => defined)
    const isRead = (path: string) => {
      const both = [ofFile(path), edits.get(path)?.before]
      return both[0] !== undefined && !both.some(text => text?.hasTrigraphs === true && hasTrigraphs(each.unit))
    }
    if (commands === undefined || !files.every(isRead)) continue
    paths.set(each, [...files, ownKey])
  }
  return { paths, texts: textsOf(paths, path => [edits.get(path)?.before, known.get(path) ?? edits.get(path)?.after]) }
}

function textsOf(
  paths: ReadonlyMap<AffectedUnit, readonly string[]>,
  seenIn: (path: string) => readonly (Seen | undefined)[],
): ReadonlyMap<string, readonly ReadText[]> {
  const readers = new Map<string, number>()
  for (const path of [...paths.values()].flat()) readers.set(path, (readers.get(path) ?? 0) + 1)
  return new Map(
    [...readers].map(([path, count]) => [
      path,
      seenIn(path).flatMap(seen => (seen === undefined ? [] : [{ seen, isOwn: count === 1 }])),
    ]),
  )
}

function seenText(text: string | undefined): Seen | undefined {
  return text === undefined ? undefined : seenOf(text)
}
