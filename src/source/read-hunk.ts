import { InputError } from '../base/errors.ts'
import type { Hunk, HunkLine } from './patch-file.ts'

/** The lines of a patch, each with its line end, and how far they have been read. */
export interface PatchCursor {
  readonly name: string
  readonly lines: readonly string[]
  /** Index of the next line; its number is one more. */
  at: number
}

export interface HunkRange {
  readonly oldStart: number
  readonly oldCount: number
  readonly newStart: number
  readonly newCount: number
}

const RANGE = /^@@ -(\d+)(?:,(\d+))? ?\+(\d+)(?:,(\d+))? ?@/

export function isHunkStart(line: string): boolean {
  return line.startsWith('@@ -')
}

export function readRange(line: string): HunkRange | undefined {
  const match = RANGE.exec(line)
  if (match === null) return undefined
  const [oldStart, oldCount, newStart, newCount] = match.slice(1, 5).map(field => Number(field ?? 1))
  if (oldStart === undefined || oldCount === undefined || newStart === undefined || newCount === undefined)
    return undefined
  return [oldStart, oldCount, newStart, newCount].every(Number.isSafeInteger)
    ? { oldStart, oldCount, newStart, newCount }
    : undefined
}

/**
 * Reads one hunk; the cursor stands on its `@@` and then behind it. As in patch(1), the counts in the header say where it
 * ends, so a removed line `-- x` (printed as `--- x`) is never taken for a header.
 */
export function readHunk(cursor: PatchCursor, stripCarriageReturn: boolean): Hunk {
  const patchLine = cursor.at + 1
  const header = cursor.lines[cursor.at] ?? ''
  const range = readRange(header)
  if (range === undefined) throw malformed(cursor, `is no hunk header: ${JSON.stringify(header.trimEnd())}`)
  cursor.at++

  const lines: HunkLine[] = []
  let oldLeft = range.oldCount
  let newLeft = range.newCount
  while (oldLeft > 0 || newLeft > 0) {
    const line = nextHunkLine(cursor, {
      stripCarriageReturn,
      blanksMissing: oldLeft === newLeft ? newLeft : 0,
      patchLine,
    })
    if (line.kind !== '+') oldLeft--
    if (line.kind !== '-') newLeft--
    if (oldLeft < 0 || newLeft < 0) {
      throw malformed(cursor, `is one line more than the hunk's header at line ${patchLine} counts`, cursor.at)
    }
    const endsSide = (line.kind !== '+' && oldLeft === 0) || (line.kind !== '-' && newLeft === 0)
    const incomplete = endsSide && takeNoNewline(cursor)
    // A context line's text is the original file's, so only the old side decides whether it lacks its line end.
    const chop = incomplete && (line.kind === '+' || oldLeft === 0)
    lines.push(chop ? { kind: line.kind, text: line.text.replace(/\n$/, '') } : line)
  }
  if (lines.every(line => line.kind === ' ')) {
    throw malformed(cursor, 'begins a hunk that changes nothing', patchLine)
  }
  // Ranges without old lines name the line before.
  const oldLine = range.oldCount === 0 ? range.oldStart + 1 : range.oldStart
  return { patchLine, oldLine, lines }
}

function takeNoNewline(cursor: PatchCursor): boolean {
  if (cursor.lines[cursor.at]?.startsWith('\\') !== true) return false
  cursor.at++
  return true
}

interface HunkProgress {
  readonly stripCarriageReturn: boolean
  /** How many lines are still to come on both sides, if they can all be blank context. */
  readonly blanksMissing: number
  readonly patchLine: number
}

function nextHunkLine(cursor: PatchCursor, progress: HunkProgress): HunkLine {
  const text = nextText(cursor, progress)
  switch (text[0]) {
    case '-':
      return { kind: '-', text: text.slice(1) }
    case '+':
      return { kind: '+', text: text.slice(1) }
    case ' ':
    case '=':
      return { kind: ' ', text: text.slice(1) }
    case '\n':
    case '\t':
      // Mailers eat the space of an empty context line; patch(1) gives it back.
      return { kind: ' ', text }
    default:
      throw malformed(
        cursor,
        `should go on with the hunk of line ${progress.patchLine}, but is ${JSON.stringify(text.trimEnd())}`,
        cursor.at,
      )
  }
}

function nextText(cursor: PatchCursor, { stripCarriageReturn, blanksMissing, patchLine }: HunkProgress): string {
  while (cursor.lines[cursor.at]?.startsWith('#') === true) cursor.at++
  const text = cursor.lines[cursor.at]
  // Blank context lines at the very end get lost on the way; the file itself must still hold them.
  if ((text === undefined || text === ' ') && blanksMissing > 0 && blanksMissing <= 3) {
    if (text !== undefined) cursor.at++
    return ' \n'
  }
  if (text === undefined) {
    throw malformed(cursor, `is the patch's end, in the middle of the hunk that begins at line ${patchLine}`)
  }
  cursor.at++
  if (!text.endsWith('\n')) {
    throw malformed(cursor, 'has no line end, so the patch may be cut off', cursor.at)
  }
  return stripCarriageReturn ? text.replace(/\r\n$/, '\n') : text
}

export function malformed(cursor: PatchCursor, fact: string, line = cursor.at + 1): InputError {
  return new InputError(
    'source/malformed-patch',
    `${cursor.name}: line ${line} ${fact}`,
    'take the patch again from where it was made; mail programs like to break, strip or re-encode lines',
  )
}
