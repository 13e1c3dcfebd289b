import type { LineMap } from '../source/model.ts'

/** Lines that a patch replaced: `[oldFrom, oldEnd)` by `[newFrom, newEnd)`; either may be empty. Numbered from 1. */
export interface Chunk {
  readonly oldFrom: number
  readonly oldEnd: number
  readonly newFrom: number
  readonly newEnd: number
}

export const oldLines = (chunk: Chunk) => chunk.oldEnd - chunk.oldFrom
export const newLines = (chunk: Chunk) => chunk.newEnd - chunk.newFrom

/** What lies between the lines that did not change, in order. */
export function chunksOf({ toPatched, toOriginal }: LineMap): readonly Chunk[] {
  const chunks: Chunk[] = []
  let oldFrom = 1
  let newFrom = 1
  const close = (oldEnd: number, newEnd: number) => {
    if (oldEnd > oldFrom || newEnd > newFrom) chunks.push({ oldFrom, oldEnd, newFrom, newEnd })
    oldFrom = oldEnd + 1
    newFrom = newEnd + 1
  }
  for (let line = 1; line < toOriginal.length; line++) {
    const original = toOriginal[line] ?? 0
    if (original > 0) close(original, line)
  }
  close(toPatched.length, toOriginal.length)
  return chunks
}
