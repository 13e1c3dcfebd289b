import type { LineMap } from './model.ts'

/** The lines of a text, each with its own line end; the last may have none. */
export function splitLines(text: string): string[] {
  const lines: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    const next = end === -1 ? text.length : end + 1
    lines.push(text.slice(start, next))
    start = next
  }
  return lines
}

/** How many `splitLines` would give. */
export function countLines(text: string): number {
  let count = 0
  for (let start = 0; start < text.length; count++) {
    const end = text.indexOf('\n', start)
    start = end === -1 ? text.length : end + 1
  }
  return count
}

/** Where nothing was kept: a new, removed or wholly replaced file. */
export function emptyMap(originalLines: number, patchedLines: number): LineMap {
  return { toPatched: new Int32Array(originalLines + 1), toOriginal: new Int32Array(patchedLines + 1) }
}

/** The map of which only one direction is known. */
export function fromPatched(toOriginal: Int32Array, originalLines: number): LineMap {
  const toPatched = new Int32Array(originalLines + 1)
  for (let line = 1; line < toOriginal.length; line++) {
    const original = toOriginal[line] ?? 0
    if (original > 0) toPatched[original] = line
  }
  return { toPatched, toOriginal }
}
