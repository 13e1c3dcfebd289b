/** A patch with some of its hunks left out, to see what it would be without them. */
import type { PatchFile } from './patch-file.ts'

/** The patch as the user named it, and the line of the hunk's `@@` there. */
export interface HunkName {
  readonly patch: string
  readonly patchLine: number
}

export const hunkKey = ({ patch, patchLine }: HunkName) => `${patchLine} ${patch}`

/**
 * Undefined where nothing of the file's part is left. Files that come, go or get another name have one text before or
 * after, so that their hunks are left out together.
 */
export function withoutHunks(file: PatchFile, left: ReadonlySet<string>): PatchFile | undefined {
  const hunks = file.hunks.filter(({ patchLine }) => !left.has(hunkKey({ patch: file.patch, patchLine })))
  if (hunks.length === file.hunks.length) return file
  const isWhole = file.oldAbsence === 2 || file.newAbsence === 2 || file.action !== 'edit'
  return isWhole || hunks.length === 0 ? undefined : { ...file, hunks }
}
