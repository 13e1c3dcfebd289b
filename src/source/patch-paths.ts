import type { PatchText } from './model.ts'
import { readPatch } from './read-patch.ts'

export interface PatchPath {
  /** Stripped. */
  readonly path: string
  /** False where the patches make the file themselves. */
  readonly mustExist: boolean
}

/**
 * The files that patches speak of, so that the caller can find the folder their paths are relative to. Where a part gives
 * two names for one file (`x.c.orig`, `x.c`), the new one counts.
 */
export function patchPaths(patches: readonly PatchText[]): readonly PatchPath[] {
  const paths = new Map<string, boolean>()
  const note = (path: string | undefined, mustExist: boolean) => {
    if (path !== undefined && !paths.has(path)) paths.set(path, mustExist)
  }
  for (const file of patches.flatMap(patch => readPatch(patch).files)) {
    if (file.action !== 'edit') {
      note(file.oldName, true)
      note(file.newName, false)
    } else note(file.newName ?? file.oldName, file.oldAbsence === 0)
  }
  return [...paths].map(([path, mustExist]) => ({ path, mustExist }))
}
