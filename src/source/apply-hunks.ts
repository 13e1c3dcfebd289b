import { type Hunk, newSide, oldSide } from './patch-file.ts'
import { matches, type Place, placeHunk } from './place-hunk.ts'

export interface PlacedHunk extends Place {
  readonly hunk: Hunk
  /** Which of the file's hunks it is, from 1. */
  readonly number: number
}

export interface FailedHunk {
  readonly hunk: Hunk
  readonly number: number
  /** The line where it was looked for first. */
  readonly expected: number
  readonly why: 'no-match' | 'out-of-order' | 'already-applied' | 'file-exists'
}

export interface PatchedLines {
  readonly lines: readonly string[]
  /** Indexed by new line (entry 0 unused): the old line, or 0 where the line is new. */
  readonly toOld: Int32Array
  readonly placed: readonly PlacedHunk[]
  readonly failed: readonly FailedHunk[]
}

export interface ApplyHow {
  readonly maxFuzz: number
  /** The patch says that the file does not exist, so nothing may be added at its top. */
  readonly mustBeNew: boolean
}

/** Applies a file's hunks in order. Hunks that fail are left out and reported, so that one run names them all. */
export function applyHunks(old: readonly string[], hunks: readonly Hunk[], how: ApplyHow): PatchedLines {
  const output = new Output(old)
  const placed: PlacedHunk[] = []
  const failed: FailedHunk[] = []
  let offset = 0
  for (const [index, hunk] of hunks.entries()) {
    const number = index + 1
    const place = placeHunk(old, hunk, { offset, writtenTo: output.writtenTo }, how.maxFuzz)
    const expected = hunk.oldLine + offset
    if (place === undefined) {
      const done = newSide(hunk).length > 0 && matches(old, newSide(hunk), expected)
      failed.push({ hunk, number, expected, why: done ? 'already-applied' : 'no-match' })
      continue
    }
    if (oldSide(hunk).length > 0) offset = place.line - hunk.oldLine
    if (how.mustBeNew && place.line === 1 && old.length > 0) failed.push({ hunk, number, expected, why: 'file-exists' })
    else if (output.writeHunk(hunk, place.line)) placed.push({ hunk, number, ...place })
    else failed.push({ hunk, number, expected, why: 'out-of-order' })
  }
  output.copyTo(old.length)
  return { lines: output.lines, toOld: Int32Array.from(output.toOld), placed, failed }
}

/** The new file as it grows. */
class Output {
  readonly lines: string[] = []
  readonly toOld: number[] = [0]
  /** The old lines up to here are written or removed. */
  writtenTo = 0
  private readonly old: readonly string[]

  constructor(old: readonly string[]) {
    this.old = old
  }

  /** False where the hunk begins before what is already written. */
  writeHunk(hunk: Hunk, line: number): boolean {
    let next = line
    for (const { kind, text } of hunk.lines) {
      if (kind === ' ') {
        next++
        continue
      }
      if (next - 1 < this.writtenTo) return false
      this.copyTo(next - 1)
      if (kind === '+') this.write(text, 0)
      else {
        this.writtenTo++
        next++
      }
    }
    return true
  }

  copyTo(line: number): void {
    while (this.writtenTo < line) {
      this.writtenTo++
      const text = this.old[this.writtenTo - 1]
      if (text !== undefined) this.write(text, this.writtenTo)
    }
  }

  /** A line that lacked its end gets one when another follows. */
  private write(text: string, oldLine: number): void {
    if (text === '') return
    const last = this.lines.at(-1)
    if (last !== undefined && !last.endsWith('\n')) this.lines[this.lines.length - 1] = `${last}\n`
    this.lines.push(text)
    this.toOld.push(oldLine)
  }
}
