/**
 * Whether two stretches of text are the same tokens.
 *
 * White space between tokens is part of the answer only where it can reach the program: in a macro's body, among
 * arguments (either may become a string by `#`), and where without it two tokens would be one (`+ +`, `L "x"`).
 */
import {
  IN_DIRECTIVE,
  IN_PARENTHESES,
  type LexedFile,
  SPACE_BEFORE,
  TOKEN_KINDS,
  type TokenKind,
  type Tokens,
} from './lexed.ts'
import { withoutSplices } from './splices.ts'

/** Indices of tokens, `[from, end)`. */
export interface TokenRange {
  readonly from: number
  readonly end: number
}

export const wholeFile = (file: LexedFile): TokenRange => ({ from: 0, end: file.tokens.count })

/** The tokens that begin on `[firstLine, endLine)`, and one that begins before and reaches into it. */
export function tokensOfLines(file: LexedFile, firstLine: number, endLine: number): TokenRange {
  const { tokens } = file
  let from = firstAtOrAfter(tokens, firstLine)
  const start = file.lineStarts[firstLine] ?? file.text.length
  while (from > 0 && firstLine < endLine && (tokens.ends[from - 1] ?? 0) > start) from--
  return { from, end: firstAtOrAfter(tokens, endLine) }
}

function firstAtOrAfter({ lines, count }: Tokens, line: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((lines[middle] ?? 0) < line) low = middle + 1
    else high = middle
  }
  return low
}

export function tokenKind({ tokens }: LexedFile, at: number): TokenKind {
  return TOKEN_KINDS[tokens.kinds[at] ?? 0] ?? 'punctuator'
}

export function tokenText({ text, tokens }: LexedFile, at: number): string {
  const raw = text.slice(tokens.starts[at], tokens.ends[at])
  return raw.includes('\n') ? withoutSplices(raw) : raw
}

/** Index of the first pair of tokens that differ, counted from the ranges' starts; undefined where all are the same. */
function firstDifference(a: LexedFile, inA: TokenRange, b: LexedFile, inB: TokenRange): number | undefined {
  const count = Math.max(inA.end - inA.from, inB.end - inB.from)
  for (let index = 0; index < count; index++) {
    const [atA, atB] = [inA.from + index, inB.from + index]
    if (atA >= inA.end || atB >= inB.end || !sameToken(a, atA, b, atB)) return index
  }
  return undefined
}

export function sameTokens(a: LexedFile, inA: TokenRange, b: LexedFile, inB: TokenRange): boolean {
  return firstDifference(a, inA, b, inB) === undefined
}

const WHERE = IN_DIRECTIVE | IN_PARENTHESES

function sameToken(a: LexedFile, atA: number, b: LexedFile, atB: number): boolean {
  const flagsA = a.tokens.flags[atA] ?? 0
  const flagsB = b.tokens.flags[atB] ?? 0
  if ((flagsA & WHERE) !== (flagsB & WHERE)) return false
  if (a.tokens.kinds[atA] !== b.tokens.kinds[atB] || tokenText(a, atA) !== tokenText(b, atB)) return false
  if ((flagsA & SPACE_BEFORE) === (flagsB & SPACE_BEFORE)) return true
  const kind = tokenKind(a, atA)
  return (
    kind === 'directive' ||
    kind === 'directive-end' ||
    ((flagsA & WHERE) === 0 && !couldJoin(tokenKind(a, atA - 1), kind))
  )
}

/** Whether two neighbours without white space between could be, or become, one token. */
function couldJoin(before: TokenKind, kind: TokenKind): boolean {
  if (kind === 'string') return before === 'word' || before === 'string'
  return (kind === 'punctuator' || kind === 'number') && (before === 'punctuator' || before === 'number')
}
