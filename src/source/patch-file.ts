/** A patch as it was read: one entry for each file it speaks of, nothing applied yet. */

export interface HunkLine {
  readonly kind: ' ' | '-' | '+'
  /** With its line end, if it has one. */
  readonly text: string
}

export interface Hunk {
  /** The line of its `@@` in the patch. */
  readonly patchLine: number
  /** Where the old lines should stand: the first of them, or for a hunk that only adds, the line it adds before. */
  readonly oldLine: number
  readonly lines: readonly HunkLine[]
}

/** 2: the header says that the file does not exist; 1: that it is empty. */
export type Absence = 0 | 1 | 2

export interface PatchFile {
  /** How the user named the patch, and the line where this file's part begins. */
  readonly patch: string
  readonly patchLine: number
  /** True where other text, or a new patch, stands before it: earlier parts are complete then. */
  readonly startsGroup: boolean
  readonly git: boolean
  /** Stripped; undefined for /dev/null and names that stripping leaves nothing of. */
  readonly oldName: string | undefined
  readonly newName: string | undefined
  readonly oldAbsence: Absence
  readonly newAbsence: Absence
  readonly action: 'edit' | 'rename' | 'copy'
  readonly oldMode: string | undefined
  readonly newMode: string | undefined
  readonly hunks: readonly Hunk[]
}

export interface ParsedPatch {
  readonly files: readonly PatchFile[]
  readonly notices: readonly string[]
}

export function oldSide(hunk: Hunk): readonly string[] {
  return hunk.lines.filter(line => line.kind !== '+').map(line => line.text)
}

export function newSide(hunk: Hunk): readonly string[] {
  return hunk.lines.filter(line => line.kind !== '-').map(line => line.text)
}

/** How many unchanged lines a hunk begins and ends with. Fewer at one end means that the file begins or ends there. */
export function contextOf(hunk: Hunk): { readonly before: number; readonly after: number } {
  const before = hunk.lines.findIndex(line => line.kind !== ' ')
  const last = hunk.lines.findLastIndex(line => line.kind !== ' ')
  return { before, after: hunk.lines.length - 1 - last }
}
