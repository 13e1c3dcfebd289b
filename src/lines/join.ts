/**
 * Puts a chunk's lines on as few lines as the original had, without changing a token.
 *
 * Two lines can become one where the line end between them is white space (it becomes a space), where a backslash takes it
 * away anyway (both go), or inside a comment. Not around a directive, which ends with its line, and not inside a raw
 * string. A `//` comment before the seam becomes a block comment. The caller proves the result by comparing tokens.
 */

import {
  COMMENT,
  CONTINUED,
  DIRECTIVE,
  DIRECTIVE_COMMENT,
  type LexedFile,
  LINE_COMMENT,
  RAW_STRING,
  SAFE,
  STRING,
} from '../ctext/lexed.ts'
import { type Chunk, newLines, oldLines } from './chunks.ts'

export interface Joined {
  /** As many as the original had. */
  readonly lines: readonly { readonly text: string; readonly patched: number }[]
  /** Where the original had none: adds the chunk to the line before. */
  readonly ontoLast: ((line: string) => string) | undefined
  /** Where the original had none and the line before cannot take it: what the next line begins with. */
  readonly ontoNext: string
}

export function joinChunk(file: LexedFile, chunk: Chunk): Joined | undefined {
  const { newFrom, newEnd } = chunk
  const seams = new Map<number, (before: string) => string>()
  for (let line = newFrom; line <= newEnd; line++) {
    const seam = seamBefore(file, line)
    if (seam !== undefined) seams.set(line, seam)
  }
  const inside = [...seams.keys()].filter(line => line > newFrom && line < newEnd)
  const surplus = newLines(chunk) - Math.max(oldLines(chunk), 1)
  if (surplus < 0 || inside.length < surplus) return undefined
  const closed = new Set(inside.slice(inside.length - surplus))
  const lines = joinInside(file, chunk, closed, seams)
  if (oldLines(chunk) > 0) return { lines, ontoLast: undefined, ontoNext: '' }

  // The original had nothing here, so the one line that is left joins a neighbour.
  const text = lines[0]?.text ?? ''
  const before = seams.get(newFrom)
  if (before !== undefined && newFrom > 1) return { lines: [], ontoLast: line => before(line) + text, ontoNext: '' }
  const after = seams.get(newEnd)
  return after !== undefined && newEnd <= file.lineCount
    ? { lines: [], ontoLast: undefined, ontoNext: after(text) }
    : undefined
}

type Seams = ReadonlyMap<number, (before: string) => string>

function joinInside(file: LexedFile, chunk: Chunk, closed: ReadonlySet<number>, seams: Seams) {
  const lines: { pieces: string[]; patched: number }[] = []
  for (let line = chunk.newFrom; line < chunk.newEnd; line++) {
    const text = file.text.slice(file.lineStarts[line], file.lineStarts[line + 1])
    const last = lines.at(-1)
    const seam = seams.get(line)
    // A seam changes only the line before it, however many have become one.
    if (closed.has(line) && last !== undefined && seam !== undefined)
      last.pieces.push(seam(last.pieces.pop() ?? ''), text)
    else lines.push({ pieces: [text], patched: line })
  }
  return lines.map(({ pieces, patched }) => ({ text: pieces.join(''), patched }))
}

/** How the line before `line` must be written so that `line` can follow on it; undefined where it cannot. */
function seamBefore(file: LexedFile, line: number): ((before: string) => string) | undefined {
  const previous = line - 1
  if (previous < 1 || line > file.lineCount) return undefined
  switch (file.barriers[line] ?? SAFE) {
    case RAW_STRING:
      return undefined
    case CONTINUED:
    case DIRECTIVE:
    case STRING:
    case LINE_COMMENT:
      return text => text.replace(/\\[ \t\f\v\r]*\n$/, '')
    case COMMENT:
    case DIRECTIVE_COMMENT:
      return withSpace
    default: {
      if (isInDirective(file, previous) || file.directives[line] !== 0) return undefined
      // A comment that began on a line before cannot be rewritten here.
      if (file.barriers[previous] === LINE_COMMENT) return undefined
      const comment = lineComment(file, previous)
      return comment === undefined ? withSpace : text => withSpace(withBlockComment(text, comment))
    }
  }
}

const withSpace = (text: string) => `${text.replace(/\r?\n$/, '')} `

/** Whether the line, or one that it continues, begins a directive. */
function isInDirective(file: LexedFile, line: number): boolean {
  let found = inDirectives.get(file)
  if (found === undefined) {
    found = linesInDirectives(file)
    inDirectives.set(file, found)
  }
  return found[line] === 1
}

const inDirectives = new WeakMap<LexedFile, Uint8Array>()

function linesInDirectives(file: LexedFile): Uint8Array {
  const found = new Uint8Array(file.lineCount + 2)
  for (let line = 1; line < found.length; line++) {
    const code = file.barriers[line] ?? SAFE
    const begins = (file.directives[line] ?? 0) !== 0 || code === DIRECTIVE || code === DIRECTIVE_COMMENT
    const goesOn = (code === STRING || code === LINE_COMMENT) && found[line - 1] === 1
    found[line] = begins || goesOn ? 1 : 0
  }
  return found
}

/** The `//` comment that ends the line; undefined where there is none. */
function lineComment(file: LexedFile, line: number): string | undefined {
  const end = file.lineStarts[line + 1] ?? file.text.length
  const text = file.text
  let at = file.lineStarts[line] ?? 0
  if (file.barriers[line] === COMMENT) at = text.indexOf('*/', at) + 2
  at = Math.max(at, lastTokenEnd(file, line))
  while (at < end) {
    if (text.startsWith('//', at)) return text.slice(at, end).trimEnd()
    if (text.startsWith('/*', at)) at = text.indexOf('*/', at + 2) + 2
    else at++
  }
  return undefined
}

function lastTokenEnd({ tokens }: LexedFile, line: number): number {
  let low = 0
  let high = tokens.count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tokens.lines[middle] ?? 0) <= line) low = middle + 1
    else high = middle
  }
  return tokens.ends[low - 1] ?? 0
}

function withBlockComment(text: string, comment: string): string {
  const words = comment.slice(2)
  const spelled = /\*\/|\/\*|\\/.test(words) ? '' : `/*${words} */`
  return text.slice(0, text.lastIndexOf(comment)) + spelled
}
