/** A file that is put beside a patch: the change that a patch which makes it would be, but for hunks. */
import { countLines, emptyMap } from './line-map.ts'
import type { SourceChange, TouchedFile } from './model.ts'

/** `path` is relative to the folder that patch paths are relative to, and names no file of the change. */
export function withNewFile(change: SourceChange, path: string, text: string): SourceChange {
  const file: TouchedFile = {
    oldPath: undefined,
    newPath: path,
    oldText: '',
    newText: text,
    kind: 'added',
    hunks: [],
    lineMap: emptyMap(0, countLines(text)),
  }
  const placeOf = ({ newPath, oldPath }: TouchedFile) => newPath ?? oldPath ?? ''
  const files = [...change.files, file].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
  return { ...change, files }
}
