/** A file on its way to the compiler: its lines, and the number that each should have there. */

import { CONTINUED, DIRECTIVE, type LexedFile, LINE_COMMENT, RAW_STRING, SAFE, STRING } from '../ctext/lexed.ts'
import { type Chunk, newLines, oldLines } from './chunks.ts'
import { type Joined, joinChunk } from './join.ts'
import { tokenLines } from './token-map.ts'

export interface LaidLine {
  /** With its line end. */
  readonly text: string
  /** What `__LINE__` should be there; 0 where it does not matter. */
  readonly number: number
  /** The line did not change, so another number than this one would be seen. */
  readonly must: boolean
  /** Tokens of several original lines stand here, so no number is right for all. */
  readonly mixed: boolean
  /** The first patched line that stands here, 0 for padding. */
  readonly patched: number
  /** Index of the chunk that the line belongs to, -1 outside. */
  readonly chunk: number
}

/** What is done with a chunk: its lines as they are; the original's lines; lines joined; empty lines added. */
export type Treatment = 'as-is' | 'restored' | 'joined' | 'padded'

export interface PlannedChunk {
  readonly chunk: Chunk
  /** The patch changes no token in it. */
  readonly equal: boolean
  /** The number of its first line, if it keeps none of the original's. */
  readonly firstNumber: number
  readonly treatment: Treatment
}

export interface Sides {
  readonly old: LexedFile
  readonly patched: LexedFile
}

/** Puts the whole file together; undefined where a treatment cannot be carried out. */
export function layOut(sides: Sides, plan: readonly PlannedChunk[]): LaidLine[] | undefined {
  const lines: LaidLine[] = []
  let patched = 1
  let original = 1
  let carried = ''
  const keep = (until: number) => {
    for (; patched < until; patched++, original++) {
      const text = carried + lineText(sides.patched, patched)
      lines.push({ text, number: original, must: true, mixed: false, patched, chunk: -1 })
      carried = ''
    }
  }
  for (const [index, planned] of plan.entries()) {
    const { chunk } = planned
    keep(chunk.newFrom)
    if (planned.treatment === 'joined') {
      const joined = joinChunk(sides.patched, chunk)
      if (joined === undefined) return undefined
      carried = placeJoined(lines, joined, index, chunk)
    } else {
      const treated = treatedLines(sides, planned, index)
      if (treated === undefined) return undefined
      for (const line of treated) lines.push(line)
    }
    patched = chunk.newEnd
    original = chunk.oldEnd
  }
  keep(sides.patched.lineCount + 1)
  return carried === '' ? lines : undefined
}

function lineText(file: LexedFile, line: number): string {
  return file.text.slice(file.lineStarts[line], file.lineStarts[line + 1])
}

/** Puts a joined chunk behind what is there; returns what the next line must begin with. */
function placeJoined(lines: LaidLine[], joined: Joined, index: number, chunk: Chunk): string {
  const last = lines.at(-1)
  if (joined.ontoLast !== undefined && last !== undefined) {
    lines[lines.length - 1] = { ...last, text: joined.ontoLast(last.text) }
  }
  for (const [at, { text, patched }] of joined.lines.entries()) {
    lines.push({ text, number: chunk.oldFrom + at, must: false, mixed: false, patched, chunk: index })
  }
  return joined.ontoNext
}

function treatedLines(sides: Sides, { chunk, equal, firstNumber, treatment }: PlannedChunk, index: number) {
  if (treatment === 'restored') return restoredLines(sides, chunk, index)
  const numbers = equal ? equalNumbers(sides, chunk) : undefined
  const lines: LaidLine[] = []
  for (let patched = chunk.newFrom; patched < chunk.newEnd; patched++) {
    const loose = firstNumber === 0 ? 0 : firstNumber + patched - chunk.newFrom
    const found = numbers?.get(patched) ?? []
    const number = numbers === undefined ? loose : (found[0] ?? 0)
    const text = lineText(sides.patched, patched)
    lines.push({ text, number, must: number > 0 && equal, mixed: found.length > 1, patched, chunk: index })
  }
  if (treatment === 'as-is') return lines
  const padding = padText(sides.patched, chunk.newEnd)
  if (padding === undefined || lines.some(line => !line.text.endsWith('\n'))) return undefined
  for (let left = oldLines(chunk) - newLines(chunk); left > 0; left--) {
    lines.push({ text: padding, number: 0, must: false, mixed: false, patched: 0, chunk: index })
  }
  return lines
}

/** The original's lines stand for the patched ones; each of these is counted to one of them. */
function restoredLines({ old }: Sides, chunk: Chunk, index: number): LaidLine[] {
  return Array.from({ length: oldLines(chunk) }, (_, at) => {
    const patched = at < newLines(chunk) ? chunk.newFrom + at : 0
    const number = chunk.oldFrom + at
    return { text: lineText(old, number), number, must: true, mixed: false, patched, chunk: index }
  })
}

/** For each patched line of an equal chunk the original lines of its tokens. */
function equalNumbers({ old, patched }: Sides, chunk: Chunk): ReadonlyMap<number, number[]> {
  const numbers = new Map<number, number[]>()
  for (const [original, line] of tokenLines(old, patched, chunk)) {
    const found = numbers.get(line) ?? []
    if (!found.includes(original)) numbers.set(line, [...found, original])
  }
  return numbers
}

/** A line that adds nothing to what stands around the beginning of `line`; undefined where there is none. */
function padText(file: LexedFile, line: number): string | undefined {
  switch (file.barriers[line] ?? SAFE) {
    case RAW_STRING:
      return undefined
    case CONTINUED:
    case DIRECTIVE:
    case STRING:
    case LINE_COMMENT:
      return '\\\n'
    default:
      return '\n'
  }
}
