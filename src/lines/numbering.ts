/**
 * The numbers that added lines get, and those that moved.
 *
 * Above the original file's last line no name pasted from `__LINE__` can collide, and a number in a log says without doubt
 * that it is patched code. But Xen's bug frames hold 14 bits, and a number above that does not compile. Then numbers of
 * original lines without any token serve: no log can name those otherwise. Where these do not suffice either, added lines
 * keep whatever number they get, and share it with a line that did not change.
 */

import { hasCode, type LexedFile } from '../ctext/lexed.ts'
import { type Chunk, newLines, oldLines } from './chunks.ts'

/** Xen's bug frames (x86) hold 7 + 7 bits. */
export const BUG_FRAME_LIMIT = (1 << 14) - 1

export interface Numbering {
  readonly how: 'above' | 'between' | 'shared' | 'none'
  /** For each chunk the number of its first line, 0 where it keeps what it gets. */
  readonly first: readonly number[]
}

export interface Numbered {
  readonly old: LexedFile
  readonly limit: number
  /** For each chunk, whether a line moved there. */
  readonly moved: readonly boolean[]
}

export function numberAdded(chunks: readonly Chunk[], { old, limit, moved }: Numbered): Numbering {
  const added = new Set(chunks.filter((chunk, index) => newLines(chunk) > oldLines(chunk) || moved[index] === true))
  const grows = (chunk: Chunk) => added.has(chunk)
  const needed = chunks.filter(grows).reduce((sum, chunk) => sum + newLines(chunk), 0)
  if (needed === 0) return { how: 'none', first: chunks.map(chunk => chunk.oldFrom) }

  const above = old.lineCount + needed <= limit
  const free = above ? [{ from: old.lineCount + 1, count: needed }] : emptyRuns(old, limit)
  let shared = false
  const first = chunks.map(chunk => {
    if (!grows(chunk)) return chunk.oldFrom
    const run = free.find(({ count }) => count >= newLines(chunk))
    if (run === undefined) {
      shared = true
      return 0
    }
    const from = run.from
    run.from += newLines(chunk)
    run.count -= newLines(chunk)
    return from
  })
  return { how: above ? 'above' : shared ? 'shared' : 'between', first }
}

/** Runs of original lines on which nothing begins, the longest first. */
function emptyRuns(old: LexedFile, limit: number) {
  const runs: { from: number; count: number }[] = []
  let from = 0
  for (let line = 1; line <= Math.min(old.lineCount, limit) + 1; line++) {
    const empty = line <= Math.min(old.lineCount, limit) && !hasCode(old, line) && old.directives[line] === 0
    if (empty && from === 0) from = line
    if (!empty && from > 0) {
      runs.push({ from, count: line - from })
      from = 0
    }
  }
  return runs.sort((a, b) => b.count - a.count)
}
