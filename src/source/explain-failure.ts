import type { FailedHunk } from './apply-hunks.ts'
import { indexOf } from './find-lines.ts'
import { oldSide, type PatchFile } from './patch-file.ts'

/** Says which hunk failed, where it was looked for, and what stands there instead. */
export function explainFailure(file: PatchFile, path: string, failure: FailedHunk, lines: readonly string[]): string {
  const { hunk, number } = failure
  const old = oldSide(hunk)
  const last = failure.expected + Math.max(old.length, 1) - 1
  return (
    `${file.patch}: hunk ${number} of ${file.hunks.length} for ${path} (line ${hunk.patchLine} of the patch) ` +
    `does not apply at ${span(failure.expected, last)}: ${because(failure, old, lines)}`
  )
}

function because({ why, expected }: FailedHunk, old: readonly string[], lines: readonly string[]): string {
  switch (why) {
    case 'already-applied':
      return 'what it would make is already there'
    case 'file-exists':
      return `it makes a new file, but there is one, of ${count(lines.length)}`
    case 'out-of-order':
      return 'it stands before a line that an earlier hunk has changed'
    case 'no-match':
      return whatIsThere(expected, old, lines)
  }
}

function whatIsThere(expected: number, old: readonly string[], lines: readonly string[]): string {
  if (lines.length === 0) return 'the file is empty'
  const { line, equal } = closest(old, lines, expected)
  const at = old.findIndex((text, index) => lines[line + index - 1] !== text)
  // Every line is there, so only the place is wrong: it must begin or end the file.
  if (at === -1) return `its lines are found at ${span(line, line + old.length - 1)} only, where they may not stand`
  const found = lines[line + at - 1]
  const wanted = old[at] ?? ''
  const near =
    line === expected ? '' : `the closest place is line ${line}, where ${equal} of ${old.length} lines agree; `
  if (found === undefined)
    return `${near}line ${line + at} should be ${quote(wanted)}, but the file has ${count(lines.length)}`
  const ends = found.trimEnd() === wanted.trimEnd() ? ' (only white space at its end differs)' : ''
  return `${near}line ${line + at} should be ${quote(wanted)}, but is ${quote(found)}${ends}`
}

/** More agreements than this are not counted: a text of equal lines has too many to say anything. */
const MOST_COUNTED = 1e7

/** Where most of the lines agree; of several such places the nearest. */
function closest(old: readonly string[], lines: readonly string[], expected: number) {
  const here = old.reduce((sum, text, index) => sum + (lines[expected + index - 1] === text ? 1 : 0), 0)
  let best = { line: expected, equal: here }
  for (const [line, equal] of agreements(old, lines)) {
    const nearer = Math.abs(line - expected) < Math.abs(best.line - expected)
    if (equal > best.equal || (equal === best.equal && nearer)) best = { line, equal }
  }
  return best
}

/** For each line where at least one would agree, how many do. */
function agreements(old: readonly string[], lines: readonly string[]): ReadonlyMap<number, number> {
  const index = indexOf(lines)
  const found = new Map<number, number>()
  let left = MOST_COUNTED
  for (const [at, text] of old.entries()) {
    const places = index.get(text) ?? []
    left -= places.length
    if (left < 0) return new Map()
    for (const place of places) {
      const line = place + 1 - at
      if (line >= 1) found.set(line, (found.get(line) ?? 0) + 1)
    }
  }
  return found
}

function quote(text: string): string {
  const line = text.replace(/\n$/, '')
  return (
    JSON.stringify(line.length > 80 ? `${line.slice(0, 77)}...` : line) +
    (text.endsWith('\n') ? '' : ' without a line end')
  )
}

const span = (first: number, last: number) => (first === last ? `line ${first}` : `lines ${first} to ${last}`)
const count = (lines: number) => (lines === 1 ? '1 line' : `${lines} lines`)
