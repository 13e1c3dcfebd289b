import { InputError, type InputErrorCode } from '../base/errors.ts'
import { shownName } from '../base/printable.ts'
import { isUnsafePath } from './names.ts'
import type { PatchFile } from './patch-file.ts'
import type { FileState, Workspace } from './workspace.ts'

export interface FoundFile {
  /** The file that the hunks speak of; undefined state where the patch makes it. */
  readonly path: string
  readonly state: FileState | undefined
  /** Where the result goes. */
  readonly target: string
}

/** Refuses what no reading of the tree could make right. */
export function checkFile(file: PatchFile): void {
  for (const name of [file.oldName, file.newName]) {
    if (name !== undefined && isUnsafePath(name)) {
      throw sourceError(file, {
        code: 'source/unsafe-path',
        fact: `names ${JSON.stringify(name)}, which is outside the tree`,
        hint: 'paths in a patch are relative, with one leading component that is stripped (a/, b/), or as many as -p says',
      })
    }
  }
  for (const mode of [file.oldMode, file.newMode]) {
    if (mode !== undefined && !/^100[0-7]{3}$/.test(mode)) {
      throw sourceError(file, {
        code: 'source/not-a-file',
        fact: `is about ${kindOf(mode)} (mode ${mode}), ${file.newName ?? file.oldName ?? ''}`,
        hint: 'only ordinary files can be patched; take this part out',
      })
    }
  }
}

const kindOf = (mode: string) =>
  mode.startsWith('12')
    ? 'a symbolic link'
    : mode.startsWith('16')
      ? 'a submodule'
      : 'something that is no ordinary file'

/** Finds the file that a part of a patch speaks of, by the rules of patch(1) and of git. */
export function findFile(file: PatchFile, workspace: Workspace, notices: string[]): FoundFile {
  if (file.oldName === undefined && file.newName === undefined) {
    throw sourceError(file, {
      code: 'source/no-file-name',
      fact: 'names no file that is left after its first components are stripped',
      hint: 'names look like a/xen/common/domain.c; for others say with -p how many components to strip (0 for xen/common/domain.c)',
    })
  }
  const found = file.action === 'edit' ? findEdited(file, workspace) : findMoved(file, workspace, notices)
  if (workspace.read(found.target) === undefined) checkPlace(file, found.target, workspace)
  const exists = found.state !== undefined && found.state.lines.length > 0
  if (file.oldAbsence === 2 && file.hunks.length === 0 && exists) throw alreadyExists(file, found.path)
  return found
}

/** A file can be made only where nothing else is, and in a folder. */
function checkPlace(file: PatchFile, path: string, workspace: Workspace): void {
  const hint = 'is this the right tree, and the right version?'
  if (workspace.isNoFile(path)) {
    throw sourceError(file, {
      code: 'source/not-a-file',
      fact: `makes ${path}, but something that is no ordinary file has that name`,
      hint,
    })
  }
  for (let cut = path.indexOf('/'); cut !== -1; cut = path.indexOf('/', cut + 1)) {
    const above = path.slice(0, cut)
    if (workspace.read(above) === undefined) continue
    throw sourceError(file, {
      code: 'source/not-a-folder',
      fact: `makes ${path}, but ${above} is a file, in which there can be no other`,
      hint,
    })
  }
}

function findEdited(file: PatchFile, workspace: Workspace): FoundFile {
  const names = [file.oldName, file.newName].filter(name => name !== undefined)
  const existing = names.filter(name => workspace.read(name) !== undefined)
  const path = bestName(existing)
  if (path !== undefined) {
    if (workspace.writtenInGroup(path)) workspace.startGroup()
    return { path, target: path, state: workspace.read(path) }
  }
  const created = bestName(names)
  if (created === undefined || file.oldAbsence === 0) throw missing(file, names)
  return { path: created, target: created, state: undefined }
}

function findMoved(file: PatchFile, workspace: Workspace, notices: string[]): FoundFile {
  const { oldName, newName, action } = file
  if (oldName === undefined || newName === undefined) {
    throw sourceError(file, {
      code: 'source/no-file-name',
      fact: `is to ${action} a file, but does not give both names`,
      hint: 'take the patch again from where it was made',
    })
  }
  if (workspace.writtenInGroup(newName)) workspace.startGroup()
  if (action === 'rename' && workspace.writtenInGroup(oldName)) {
    throw sourceError(file, {
      code: 'source/ambiguous-rename',
      fact: `renames ${oldName}, which the same run of git diffs has changed before; whether the rename takes the text from before or after that, a diff cannot say`,
      hint: 'give the diffs as separate patches, in order',
    })
  }
  const state = action === 'copy' ? workspace.readBeforeGroup(oldName) : workspace.read(oldName)
  const already = workspace.read(newName)
  if (state === undefined && already !== undefined && action === 'rename') {
    notices.push(`${file.patch}: ${oldName} is already renamed to ${newName}`)
    return { path: newName, target: newName, state: already }
  }
  if (state === undefined) throw missing(file, [oldName])
  if (already !== undefined) throw alreadyExists(file, newName)
  if (action === 'copy') notices.push(`${file.patch}: ${newName} is a copy of ${oldName} and counts as a new file`)
  return { path: oldName, target: newName, state: action === 'copy' ? withoutOrigin(state) : state }
}

/** A copy's lines are new lines: the original's are still where they were. */
function withoutOrigin(state: FileState): FileState {
  return { ...state, origin: undefined, toOrigin: new Int32Array(state.toOrigin.length), hunks: [] }
}

/** Of several names, the one nearest to the top, with the shortest last component, the shortest, the first. */
function bestName(names: readonly string[]): string | undefined {
  const rank = (name: string) => [name.split('/').length, name.length - name.lastIndexOf('/'), name.length]
  return names.toSorted((a, b) => {
    const [ours, theirs] = [rank(a), rank(b)]
    const at = ours.findIndex((value, index) => value !== theirs[index])
    return at === -1 ? 0 : (ours[at] ?? 0) - (theirs[at] ?? 0)
  })[0]
}

function missing(file: PatchFile, names: readonly string[]): InputError {
  return sourceError(file, {
    code: 'source/no-such-file',
    fact: `is about ${[...new Set(names)].join(' or ')}, which is not in the tree`,
    hint: 'the paths are taken without their first component, or without as many as -p says; is this the right tree, and the right version?',
  })
}

function alreadyExists(file: PatchFile, path: string): InputError {
  return sourceError(file, {
    code: 'source/already-exists',
    fact: `makes ${path}, which is in the tree already`,
    hint: 'the patch was made for another version of the source, or is already applied',
  })
}

interface Words {
  readonly code: InputErrorCode
  readonly fact: string
  readonly hint: string
}

/** An error about one file's part of a patch. */
export function sourceError(file: PatchFile, { code, fact, hint }: Words): InputError {
  return new InputError(code, `${file.patch}: the part at line ${file.patchLine} ${shownName(fact)}`, hint)
}
