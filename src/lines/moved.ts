/**
 * Chunks that hold a line which moved there: a removed line of another chunk. In its new place it must not take the number
 * of the line that was removed there, as one does that was rewritten: what is named by the number would be taken for
 * what the removed line named.
 *
 * Only lines count that may have their number in them: those with a call, or with the number itself.
 */
import type { LexedFile } from '../ctext/lexed.ts'
import type { Chunk } from './chunks.ts'

/** For each chunk, whether a line moved there. */
export function holdsMoved(chunks: readonly Chunk[], old: LexedFile, patched: LexedFile): readonly boolean[] {
  const removed = chunks.map(({ oldFrom, oldEnd }) => new Set(linesOf(old, oldFrom, oldEnd)))
  const whence = new Map<string, number[]>()
  for (const [index, lines] of removed.entries()) {
    for (const line of lines) whence.set(line, [...(whence.get(line) ?? []), index])
  }
  return chunks.map(({ newFrom, newEnd }, index) =>
    linesOf(patched, newFrom, newEnd).some(line => removed[index]?.has(line) !== true && whence.has(line)),
  )
}

const MAY_HOLD_NUMBER = /\w\s*\(|__LINE__/

function linesOf(file: LexedFile, from: number, end: number): readonly string[] {
  return Array.from({ length: Math.max(end - from, 0) }, (_, at) =>
    file.text.slice(file.lineStarts[from + at], file.lineStarts[from + at + 1]).trim(),
  ).filter(line => MAY_HOLD_NUMBER.test(line))
}
