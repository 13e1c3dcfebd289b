/**
 * Patches as short descriptions, so that no line of Xen's source is kept here.
 *
 * An edit names a file, a short text to find in it, and the text to put there. The unified diff, with its context lines, is
 * made when a test runs, from the source tree that the machine has.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Replacement {
  /** Relative to the folder that holds `xen/`. */
  readonly file: string
  /** Where to start looking: a text that occurs once in the file. Without it, `find` itself must occur once. */
  readonly after?: string
  readonly find: string
  readonly put: string
}

/** `file` is new and holds `create`. */
export interface Creation {
  readonly file: string
  readonly create: string
}

/** `append` goes to the end of the file. */
export interface Addition {
  readonly file: string
  readonly append: string
}

export type Edit = Replacement | Creation | Addition

/** The texts before and after of one file; `before` is undefined for a new file. */
export interface EditedFile {
  readonly file: string
  readonly before: string | undefined
  readonly after: string
}

/** Applies the edits to the files of `tree` in memory. A description that fits no place, or two, is a mistake of the test. */
export function editFiles(tree: string, edits: readonly Edit[]): EditedFile[] {
  const files = new Map<string, EditedFile>()
  for (const edit of edits) {
    const path = join(tree, edit.file)
    const before = existsSync(path) ? readFileSync(path, 'latin1') : undefined
    const known = files.get(edit.file) ?? { file: edit.file, before, after: before ?? '' }
    files.set(edit.file, { ...known, after: editText(known, edit) })
  }
  return [...files.values()]
}

function editText({ file, before, after }: EditedFile, edit: Edit): string {
  if ('create' in edit) {
    if (before !== undefined) throw new Error(`${file} is there already`)
    return edit.create
  }
  if (before === undefined) throw new Error(`${file} is not in the tree`)
  if ('append' in edit) return after + edit.append
  const from = edit.after === undefined ? 0 : onlyPlace(file, after, edit.after) + edit.after.length
  const at = edit.after === undefined ? onlyPlace(file, after, edit.find) : after.indexOf(edit.find, from)
  if (at === -1) throw new Error(`${file} does not hold "${edit.find}" after "${edit.after}"`)
  return after.slice(0, at) + edit.put + after.slice(at + edit.find.length)
}

function onlyPlace(file: string, text: string, wanted: string): number {
  const at = text.indexOf(wanted)
  if (at === -1) throw new Error(`${file} does not hold "${wanted}"`)
  if (text.indexOf(wanted, at + 1) !== -1) throw new Error(`${file} holds "${wanted}" more than once`)
  return at
}

/** The edits as one unified diff that `patch -p1` applies, one character a byte. */
export function patchText(tree: string, edits: readonly Edit[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-edits-'))
  try {
    return editFiles(tree, edits)
      .map(edited => unifiedDiff(folder, edited))
      .join('')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function unifiedDiff(folder: string, { file, before, after }: EditedFile): string {
  const sides = [join(folder, 'before'), join(folder, 'after')] as const
  writeFileSync(sides[0], before ?? '', 'latin1')
  writeFileSync(sides[1], after, 'latin1')
  const labels = ['--label', before === undefined ? '/dev/null' : `a/${file}`, '--label', `b/${file}`]
  try {
    execFileSync('diff', ['-u', ...labels, ...sides], { encoding: 'latin1' })
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string }
    if (status === 1 && stdout !== undefined) return stdout
    throw error
  }
  throw new Error(`the edits of ${file} change nothing`)
}
