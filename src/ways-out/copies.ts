/**
 * Where a text copies or clears objects as a whole: what is kept beside them does not go along. Which type these have, the
 * compiler is asked, as of what frees (`ends.ts`).
 */
import { IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import { type FreeCall, freeCalls } from './ends.ts'

/** Their first argument is what they write, but for the last, which moves it. */
const WRITING = ['memcpy', 'memmove', 'memset', '__builtin_memcpy', '__builtin_memset', 'clear_page', 'copy_page']
const MOVING = ['realloc', 'reallocarray', 'xrealloc_flex_struct', '_xrealloc']

/** Calls, and assignments by way of a pointer (`*a = *b`), each as what is asked about. */
export function wholeObjects(text: string): readonly FreeCall[] {
  return [...freeCalls(text, { functions: [...WRITING, ...MOVING], macros: [] }), ...assignments(text)].toSorted(
    (a, b) => a.from - b.from,
  )
}

/** Those without a `*` or a cast in front, on one side at least, are of members and variables, and far too many to ask. */
function assignments(text: string): readonly FreeCall[] {
  if (!/[=;{}):e]\s*(?:\*|\(\s*struct\b)/.test(text)) return []
  const file = lex(text)
  const found: FreeCall[] = []
  let start = 0
  for (let at = 0; at < file.tokens.count; at++) {
    if (!isSign(file, at, /^[;{}]$/)) continue
    const one = assignmentIn(file, start, at)
    if (one !== undefined) found.push(one)
    start = at + 1
  }
  return found
}

/** Behind conditions, loops and labels. */
function statementStart(file: LexedFile, from: number, end: number): number {
  let depth = 0
  let start = from
  for (let at = from; at < end; at++) {
    const text = tokenText(file, at)
    if (isSign(file, at, /^[([]$/)) depth++
    if (isSign(file, at, /^[)\]]$/)) depth--
    const isLabel = depth === 0 && text === ':' && (tokenText(file, start) === 'case' || at === start + 1)
    const closesCondition = text === ')' && (depth < 0 || (depth === 0 && CONDITION.test(tokenText(file, start))))
    if (isLabel || closesCondition || (at === start && /^(?:else|do)$/.test(text))) start = at + 1
    depth = Math.max(depth, 0)
  }
  return start
}

const CONDITION = /^(?:if|for|while|switch)$/

function assignmentIn(file: LexedFile, first: number, end: number): FreeCall | undefined {
  const { starts, ends, lines, flags } = file.tokens
  const from = statementStart(file, first, end)
  let [depth, equals] = [0, -1]
  for (let at = from; at < end; at++) {
    if (((flags[at] ?? 0) & IN_DIRECTIVE) !== 0) return undefined
    if (isSign(file, at, /^[([]$/)) depth++
    if (isSign(file, at, /^[)\]]$/)) depth--
    const isPlain = !isSign(file, at - 1, /^[=!<>+\-*/%&|^]$/) && !isSign(file, at + 1, /^=$/)
    if (depth === 0 && equals === -1 && isSign(file, at, /^=$/) && isPlain) equals = at
  }
  // Two words in a row declare something: that is a variable, and told as one.
  const isDeclaration = Array.from({ length: Math.max(0, equals - from) }, (_, index) => from + index).some(
    at => at + 1 < equals && tokenKind(file, at) === 'word' && tokenKind(file, at + 1) === 'word',
  )
  if (equals <= from || equals + 1 >= end || isDeclaration) return undefined
  const isWhole = [from, equals + 1].some(
    at => tokenText(file, at) === '*' || (tokenText(file, at) === '(' && tokenText(file, at + 1) === 'struct'),
  )
  if (!isWhole) return undefined
  const left = file.text.slice(starts[from], ends[equals - 1])
  const argument = { from: starts[from] ?? 0, end: ends[equals - 1] ?? 0, text: left, bare: `&(${left})` }
  const whole = { from: starts[from] ?? 0, end: ends[end - 1] ?? 0 }
  return { ...whole, name: '=', isMacro: false, line: lines[from] ?? 0, argument, isStatement: true }
}

const isSign = (file: LexedFile, at: number, sign: RegExp): boolean =>
  at >= 0 && tokenKind(file, at) === 'punctuator' && sign.test(tokenText(file, at))

/** In words, what such a place does. */
export const wholeWords = ({ name, argument }: FreeCall, tag: string): string =>
  name === '='
    ? `${argument.text.trim()} = ... copies a struct ${tag} as a whole`
    : `${name}(${argument.text}, ...) ${MOVING.includes(name) ? 'moves' : 'copies or clears'} a struct ${tag} as a whole`
