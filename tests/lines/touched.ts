import { createTwoFilesPatch } from 'diff'
import { applyPatches } from '../../src/source/apply-patches.ts'
import type { TouchedFile } from '../../src/source/model.ts'

/** What a patch between two texts makes of a file; undefined where they are equal. */
export function touched(oldText: string, newText: string, path = 'f.c'): TouchedFile | undefined {
  if (oldText === newText) return undefined
  const text = createTwoFilesPatch(`a/${path}`, `b/${path}`, oldText, newText)
  return applyPatches([{ name: 'p', text }], { read: () => oldText }).files[0]
}
