/** What the lexer finds out about a C source file. Lines are numbered from 1. */

/** Why no directive may stand before a line. */
export type Barrier =
  | 'continued-line'
  | 'directive'
  | 'comment'
  | 'string'
  | 'raw-string'
  | 'parentheses'
  | 'macro-call'

/**
 * In the order of their codes in `LexedFile.barriers`; code 0 is a place where `#line` may stand. With `depths` and the
 * flags AFTER_SPACE and BEFORE_TOKENS, the codes are all of the lexer's state that decides how the line is read.
 */
const BARRIERS: readonly (Barrier | undefined)[] = [
  undefined,
  'continued-line',
  'directive',
  'comment',
  'string',
  'raw-string',
  'parentheses',
  'macro-call',
  'comment',
  'comment',
]

export const SAFE = 0
export const CONTINUED = 1
export const DIRECTIVE = 2
export const COMMENT = 3
export const STRING = 4
export const RAW_STRING = 5
export const PARENTHESES = 6
export const MACRO_CALL = 7
/** A `//` comment that a backslash continues. */
export const LINE_COMMENT = 8
/** A block comment inside a directive. */
export const DIRECTIVE_COMMENT = 9

/** What begins on a line, where that matters for the lines around it. */
export type DirectiveKind = 'if' | 'elif' | 'else' | 'endif' | 'line' | 'other'

/** In the order of their codes in `LexedFile.directives`; code 0 is no directive. */
const DIRECTIVE_KINDS: readonly (DirectiveKind | undefined)[] = [
  undefined,
  'if',
  'elif',
  'else',
  'endif',
  'line',
  'other',
]

export const IF = 1
export const ELSE = 3
export const ENDIF = 4
export const LINE_DIRECTIVE = 5
export const OTHER_DIRECTIVE = 6

/** The codes by name; all other directives are `other`. */
export const DIRECTIVE_CODES: Readonly<Record<string, number>> = {
  if: IF,
  ifdef: IF,
  ifndef: IF,
  elif: 2,
  elifdef: 2,
  elifndef: 2,
  else: ELSE,
  endif: ENDIF,
  line: LINE_DIRECTIVE,
}

/** Bits of `LexedFile.lineFlags`. */
export const HAS_CODE = 1
/** The line stands in a group that `#if 0` skips. */
export const SKIPPED = 2
/** White space, or a comment, stands before what the line begins with. */
export const AFTER_SPACE = 4
/** No token stands before on the same logical line, so a `#` would begin a directive. */
export const BEFORE_TOKENS = 8

export type TokenKind = 'word' | 'number' | 'string' | 'punctuator' | 'directive' | 'directive-end'

/** In the order of their codes in `Tokens.kinds`. */
export const TOKEN_KINDS: readonly TokenKind[] = [
  'word',
  'number',
  'string',
  'punctuator',
  'directive',
  'directive-end',
]

/** Bits of `Tokens.flags`. */
export const SPACE_BEFORE = 1
export const IN_PARENTHESES = 2
export const IN_DIRECTIVE = 4

/** All tokens of a file in order, in columns. A directive begins with its `#` and ends with an empty token. */
export interface Tokens {
  readonly count: number
  readonly kinds: Uint8Array
  readonly flags: Uint8Array
  /** The line that the token begins on. */
  readonly lines: Int32Array
  readonly starts: Int32Array
  readonly ends: Int32Array
}

export interface LexedFile {
  readonly text: string
  readonly lineCount: number
  /** Offset of each line; entry `lineCount + 1` is the text's end. */
  readonly lineStarts: Int32Array
  /** For each line why `#line` may not stand before it, as a code; entry `lineCount + 1` is for the end. */
  readonly barriers: Uint8Array
  /** How many parentheses are open where a line begins. */
  readonly depths: Int32Array
  readonly directives: Uint8Array
  readonly lineFlags: Uint8Array
  readonly tokens: Tokens
}

/** Why `#line` may not stand before a line; undefined where it may. */
export function barrierAt(file: LexedFile, line: number): Barrier | undefined {
  return BARRIERS[file.barriers[line] ?? SAFE]
}

export function directiveAt(file: LexedFile, line: number): DirectiveKind | undefined {
  return DIRECTIVE_KINDS[file.directives[line] ?? 0]
}

/** Whether a token begins on the line that is no part of a directive. */
export function hasCode(file: LexedFile, line: number): boolean {
  return ((file.lineFlags[line] ?? 0) & HAS_CODE) !== 0
}

export function isSkipped(file: LexedFile, line: number): boolean {
  return ((file.lineFlags[line] ?? 0) & SKIPPED) !== 0
}
