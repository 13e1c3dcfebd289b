/**
 * Where a hunk fits, by the rules of patch(1): first where it says, moved by what the hunk before it moved; then one line
 * below, one above, two below, and so on. Unequal context at its ends says that it stands at the file's first or last
 * line, and it may then stand nowhere else. With fuzz, outer context lines may differ.
 */
import { occurrences } from './find-lines.ts'
import { contextOf, type Hunk, oldSide } from './patch-file.ts'

export interface Place {
  /** The line of the file that the hunk's first line falls on; for a hunk that only adds, the line it adds before. */
  readonly line: number
  readonly fuzz: number
}

/** What the hunks before have settled. */
export interface Progress {
  /** How far the last hunk stood from where it said. */
  readonly offset: number
  /** Lines up to here are already written. */
  readonly writtenTo: number
}

export function placeHunk(
  lines: readonly string[],
  hunk: Hunk,
  progress: Progress,
  maxFuzz: number,
): Place | undefined {
  const context = contextOf(hunk)
  const most = Math.min(maxFuzz, Math.max(context.before, context.after))
  for (let fuzz = 0; fuzz <= most; fuzz++) {
    const line = placeWithFuzz(lines, hunk, progress, fuzz)
    if (line !== undefined) return { line, fuzz }
  }
  return undefined
}

function placeWithFuzz(lines: readonly string[], hunk: Hunk, progress: Progress, fuzz: number): number | undefined {
  const pattern = oldSide(hunk)
  const guess = hunk.oldLine + progress.offset
  if (pattern.length === 0) return guess === 0 ? undefined : guess

  const { before, after } = contextOf(hunk)
  const context = Math.max(before, after)
  const skipFirst = fuzz + before - context
  const skipLast = fuzz + after - context
  const fits = (line: number, first: number, last: number) =>
    matches(lines, pattern, line, { first, end: pattern.length - last })

  const highest = lines.length - (pattern.length - skipLast) + 1
  const lowest = Math.max(progress.writtenTo + 1, 1)
  if (skipFirst < 0 && hunk.oldLine <= 1) {
    if (skipLast < 0 && (pattern.length !== lines.length || before < progress.writtenTo)) return undefined
    return progress.writtenTo <= before && highest >= 1 && fits(1, 0, skipLast) ? 1 : undefined
  }
  const first = Math.max(skipFirst, 0)
  if (skipLast < 0) {
    const line = lines.length - pattern.length + 1
    return line >= lowest && fits(line, first, 0) ? line : undefined
  }
  // Almost always it stands where it should.
  if (guess >= lowest && guess <= highest && fits(guess, first, skipLast)) return guess
  const wanted = pattern.slice(first, pattern.length - skipLast)
  const places = wanted.length === 0 ? undefined : occurrences(lines, wanted).map(at => at + 1 - first)
  return nearest({ guess, lowest, highest }, places)
}

interface Span {
  readonly guess: number
  readonly lowest: number
  readonly highest: number
}

/**
 * Of the lines where it fits (undefined: everywhere) the one nearest to the guess, the later one of two equally near.
 * Where the guess lies before `lowest`, patch(1) also looks at lines already written; what it finds there fails as out of
 * order, so we look there too.
 */
function nearest({ guess, lowest, highest }: Span, places: readonly number[] | undefined): number | undefined {
  const down = highest - guess
  const up = guess - lowest
  const start = down < 0 ? -down : Math.min(up, 0)
  if (places === undefined) return start <= down ? guess + start : start <= up ? guess - start : undefined
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  for (const place of places) {
    const below = place - guess
    // Half a line more where the line above comes second.
    const distances = [
      below >= start && below <= down ? below : undefined,
      -below >= start && -below <= up ? 0.5 - below : undefined,
    ]
    for (const distance of distances) {
      if (distance === undefined || distance >= least) continue
      least = distance
      best = place
    }
  }
  return best
}

interface Part {
  readonly first: number
  readonly end: number
}

/** Whether the lines from `from` on are those of the pattern, or of a part of it at its own place. */
export function matches(
  lines: readonly string[],
  pattern: readonly string[],
  from: number,
  { first, end }: Part = { first: 0, end: pattern.length },
): boolean {
  for (let at = first; at < end; at++) if (lines[from + at - 1] !== pattern[at]) return false
  return true
}
