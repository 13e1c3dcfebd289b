/** What a source line calls: the function or macro that a line number embedded there came from, as far as a line tells. */
import type { LexedFile } from './lexed.ts'
import { tokenKind, tokensOfLines, tokenText } from './tokens.ts'

const KEYWORDS: ReadonlySet<string> = new Set([
  'if',
  'while',
  'for',
  'switch',
  'return',
  'sizeof',
  'typeof',
  'defined',
  '__attribute__',
])

/**
 * The calls on the line; where there is none, the one among whose arguments the line begins. Which of several took the
 * line's number only the preprocessor knows.
 */
export function callsOn(file: LexedFile, line: number): readonly string[] {
  const { from, end } = tokensOfLines(file, line, line + 1)
  const names: string[] = []
  for (let at = from; at < end; at++) if (isCall(file, at)) names.push(tokenText(file, at))
  if (names.length > 0) return names
  const around = callAround(file, from)
  return around === undefined ? [] : [around]
}

/** A name in front of a parenthesis. */
function isCall(file: LexedFile, at: number): boolean {
  if (at < 0 || tokenKind(file, at) !== 'word' || KEYWORDS.has(tokenText(file, at))) return false
  return at + 1 < file.tokens.count && tokenText(file, at + 1) === '('
}

/** The nearest call whose parenthesis is still open before a token. */
function callAround(file: LexedFile, before: number): string | undefined {
  let depth = 0
  for (let at = before - 1; at >= 0; at--) {
    const text = tokenText(file, at)
    // A statement's end or a block's begin: whatever is open around it is no call.
    if (depth === 0 && /^[;{}]$/.test(text)) return undefined
    if (text === ')') depth++
    if (text !== '(') continue
    if (depth > 0) depth--
    else if (isCall(file, at - 1)) return tokenText(file, at - 1)
  }
  return undefined
}
