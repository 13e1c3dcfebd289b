import { countLines, emptyMap, fromPatched } from './line-map.ts'
import type { SourceReader, TouchedFile } from './model.ts'
import type { FileState, Workspace } from './workspace.ts'

/** What all patches together have done to each file. */
export function touchedFiles(workspace: Workspace, reader: SourceReader) {
  const files: TouchedFile[] = []
  const unchanged: string[] = []
  const taken = new Set<string>()
  for (const [path, state] of workspace.written()) {
    if (state === undefined) continue
    const file = fileThatIs(path, state, { workspace, reader, taken })
    if (file.kind === 'edited' && file.oldText === file.newText) unchanged.push(path)
    else files.push(file)
  }
  for (const [path, state] of workspace.written()) {
    const oldText = reader.read(path)
    if (state === undefined && oldText !== undefined && !taken.has(path)) files.push(removedFile(path, oldText))
  }
  const key = (file: TouchedFile) => file.newPath ?? file.oldPath ?? ''
  files.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  return { files, unchanged }
}

interface Surroundings {
  readonly workspace: Workspace
  readonly reader: SourceReader
  /** Originals that a renamed file has already been found for. */
  readonly taken: Set<string>
}

function fileThatIs(path: string, state: FileState, { workspace, reader, taken }: Surroundings): TouchedFile {
  const { origin, hunks } = state
  const newText = state.lines.join('')
  const earlier = state.earlier.length === 0 ? {} : { earlier: state.earlier }
  const grown = (oldPath: string, kind: 'edited' | 'renamed'): TouchedFile => {
    const oldText = reader.read(oldPath) ?? ''
    const lineMap = fromPatched(state.toOrigin, countLines(oldText))
    return { oldPath, newPath: path, oldText, newText, kind, hunks, lineMap, ...earlier }
  }
  if (origin === path) return grown(path, 'edited')
  if (origin !== undefined && workspace.read(origin) === undefined && !taken.has(origin)) {
    taken.add(origin)
    return grown(origin, 'renamed')
  }
  // No line of it is known to be a line of what stood here before, so all count as new.
  const oldText = reader.read(path)
  const lineMap = emptyMap(oldText === undefined ? 0 : countLines(oldText), state.lines.length)
  const file = { newPath: path, newText, hunks, lineMap, ...earlier }
  if (oldText !== undefined) return { ...file, oldPath: path, oldText, kind: 'edited' }
  return { ...file, oldPath: undefined, oldText: '', kind: 'added' }
}

function removedFile(path: string, oldText: string): TouchedFile {
  const lineMap = emptyMap(countLines(oldText), 0)
  return { oldPath: path, newPath: undefined, oldText, newText: '', kind: 'removed', hunks: [], lineMap }
}
