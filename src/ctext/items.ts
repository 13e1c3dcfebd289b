/**
 * A C text that is not preprocessed yet, as a row of items: directives, functions, declarations. For the question whether
 * a unit that reads a header can see what a patch changes in it.
 *
 * The worse mistake is to take something for a plain inline function, macro or prototype that is more than that: it would
 * be thought unseen where its name does not stand. So whatever is not surely one of them is `other`, where every word
 * counts as used by whoever reads the file. Conditional groups all count, whichever the compiler takes.
 */
import { type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { lex } from './lexer.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface Item {
  /**
   * - inline: a function that is `static inline`, which no compiler keeps where nobody uses it.
   * - macro: a #define; undef: an #undef.
   * - prototype: declares one function or variable, and defines nothing.
   * - other: everything else.
   */
  readonly kind: 'inline' | 'macro' | 'undef' | 'prototype' | 'other'
  /** What it declares or defines; empty for others. */
  readonly name: string
  /** Words before the body, without the name; all words of what has no body. Words in strings count. */
  readonly head: readonly string[]
  /** Words of a function's body or a macro's text. */
  readonly body: readonly string[]
  /** Of a macro: what its ## may join, each operand a word, or undefined for one of its parameters. */
  readonly joins: readonly (readonly (string | undefined)[])[]
  /** Its tokens, in which white space counts only where it can be seen. */
  readonly text: string
  /** Whether it is a macro with a list of parameters, empty or not. */
  readonly takes: boolean
  /** The lines of its tokens, where they were asked for. */
  readonly lines: string
}

const INLINE = /^(?:__)?(?:always_)?inline(?:__)?$/
const ATTRIBUTE = /^__attribute(?:__)?$/
const NOT_PLAIN = new Set([
  'typedef',
  'asm',
  '__asm',
  '__asm__',
  '_Pragma',
  '__pragma',
  '_Static_assert',
  'static_assert',
])
/** Letters that stand for others, which a lexer of ordinary C takes for something else. */
const DIGRAPHS = new Set(['<%', '%>', '%:', '<:', ':>'])

export function itemsOf(text: string, lines: 'with-lines' | 'without-lines' = 'without-lines'): readonly Item[] {
  const file = lex(text)
  const { tokens } = file
  const ranges = split(file)
  // What is spelled in a way that we do not read is one item of which nothing is known.
  if (ranges === undefined) return [{ ...other(file, 0, tokens.count), lines: tokens.lines.join() }]
  return ranges.map(({ from, end }) => {
    const item = classified(file, from, end)
    return lines === 'with-lines' ? { ...item, lines: tokens.lines.subarray(from, end).join() } : item
  })
}

interface Range {
  readonly from: number
  readonly end: number
}

/** Ends items at a directive's end, at `;`, and behind the body of what looks like a function. */
function split(file: LexedFile): readonly Range[] | undefined {
  const ranges: Range[] = []
  const { count } = file.tokens
  let from = 0
  let [braces, parens] = [0, 0]
  let isBody = false
  let isDirective = false
  let last = ''
  for (let at = 0; at < count; at++) {
    const kind = tokenKind(file, at)
    const text = tokenText(file, at)
    if (DIGRAPHS.has(text) || (DIGRAPHS.has(last + text) && !spaceBefore(file, at))) return undefined
    if (kind === 'directive') isDirective = true
    if (kind === 'directive-end') {
      isDirective = false
      // Among tokens of something else it belongs to that.
      if (braces === 0 && parens === 0 && startsHere(file, from)) {
        ranges.push({ from, end: at + 1 })
        from = at + 1
        last = ''
      }
      continue
    }
    if (isDirective) continue
    if (text === '(' || text === '[') parens++
    else if (text === ')' || text === ']') parens--
    else if (text === '{') {
      if (braces++ === 0 && parens === 0) isBody = last === ')'
    } else if (text === '}') braces--
    if (braces < 0 || parens < 0) return undefined
    const isOver = text === ';' || (text === '}' && isBody)
    if (isOver && braces === 0 && parens === 0) {
      ranges.push({ from, end: at + 1 })
      from = at + 1
      last = ''
    } else last = text
  }
  if (from < count) ranges.push({ from, end: count })
  return ranges
}

const startsHere = (file: LexedFile, from: number) => tokenKind(file, from) === 'directive'
const spaceBefore = ({ tokens }: LexedFile, at: number) => ((tokens.flags[at] ?? 0) & SPACE_BEFORE) !== 0

function classified(file: LexedFile, from: number, end: number): Item {
  if (tokenKind(file, from) === 'directive') return directive(file, from, end)
  for (let at = from; at < end; at++) if (tokenKind(file, at) === 'directive') return other(file, from, end)
  return declared(file, from, end) ?? other(file, from, end)
}

function directive(file: LexedFile, from: number, end: number): Item {
  const [word, name] = [tokenText(file, from + 1), tokenText(file, from + 2)]
  const isNamed = from + 2 < end && tokenKind(file, from + 2) === 'word'
  if (word === 'undef' && isNamed) return { ...other(file, from, end), kind: 'undef', name, head: [] }
  if (word !== 'define' || !isNamed) return other(file, from, end)
  const takes = tokenText(file, from + 3) === '(' && !spaceBefore(file, from + 3)
  const parameters: string[] = []
  let body = from + 3
  if (takes) {
    for (body++; body < end && tokenText(file, body) !== ')'; body++) {
      if (tokenKind(file, body) === 'word') parameters.push(tokenText(file, body))
      // `...` is __VA_ARGS__, and `args...` too.
      else if (tokenText(file, body) !== ',') parameters.push('__VA_ARGS__')
    }
    body++
  }
  const joins = joinsOf(file, body, end, new Set(parameters))
  return { ...other(file, from, end), kind: 'macro', name, head: [], body: wordsOf(file, body, end), joins, takes }
}

/** The operands of each row of `##`. */
function joinsOf(
  file: LexedFile,
  from: number,
  end: number,
  parameters: ReadonlySet<string>,
): (string | undefined)[][] {
  const joins: (string | undefined)[][] = []
  const isJoin = (at: number) =>
    tokenText(file, at) === '##' || (tokenText(file, at) === '#' && tokenText(file, at + 1) === '#')
  const width = (at: number) => (tokenText(file, at) === '##' ? 1 : 2)
  const operand = (at: number) => (parameters.has(tokenText(file, at)) ? undefined : tokenText(file, at))
  for (let at = from; at < end; at++) {
    if (!isJoin(at) || at === from) continue
    const row = [operand(at - 1)]
    let next = at
    while (next < end && isJoin(next)) {
      next += width(next)
      row.push(operand(next))
      next++
    }
    joins.push(row)
    at = next - 1
  }
  return joins
}

/** An inline function or a prototype, if it is surely one. */
function declared(file: LexedFile, from: number, end: number): Item | undefined {
  const texts: string[] = []
  for (let at = from; at < end; at++) texts.push(tokenText(file, at))
  const brace = texts.indexOf('{')
  const isFunction = brace !== -1 && texts.at(-1) === '}'
  if (!isFunction && (brace !== -1 || texts.at(-1) !== ';')) return undefined
  const headEnd = isFunction ? brace : texts.length - 1
  const head = texts.slice(0, headEnd)
  if (head.some(text => NOT_PLAIN.has(text) || text === '=' || text === '[' || text === ';')) return undefined
  if (isFunction && !(head.includes('static') && head.some(text => INLINE.test(text)))) return undefined
  const name = nameIn(head, (_, at) => tokenKind(file, from + at) === 'word')
  if (name === undefined || (isFunction && name.last !== head.length)) return undefined
  const rest = wordsOf(file, from, from + headEnd).filter(word => word !== name.text)
  const body = isFunction ? wordsOf(file, from + headEnd, end) : []
  return { ...other(file, from, end), kind: isFunction ? 'inline' : 'prototype', name: name.text, head: rest, body }
}

/** The word before the only list in parentheses, attributes apart; or the last word of `extern int name`. */
function nameIn(
  head: readonly string[],
  isWord: (text: string, at: number) => boolean,
): { readonly text: string; readonly last: number } | undefined {
  let found: { text: string; last: number } | undefined
  let depth = 0
  let start = 0
  for (const [at, text] of head.entries()) {
    if (text === '(' && depth++ === 0) start = at
    if (text !== ')' || --depth > 0) continue
    const before = head[start - 1]
    if (before === undefined || !isWord(before, start - 1)) return undefined
    if (ATTRIBUTE.test(before)) continue
    if (found !== undefined) return undefined
    found = { text: before, last: at + 1 }
  }
  if (depth !== 0) return undefined
  const last = head.at(-1)
  if (found !== undefined || head[0] !== 'extern' || last === undefined || !isWord(last, head.length - 1)) return found
  return head.includes('(') || head.includes(',') ? undefined : { text: last, last: head.length }
}

function other(file: LexedFile, from: number, end: number): Item {
  const head = wordsOf(file, from, end)
  return {
    kind: 'other',
    name: '',
    head,
    body: [],
    joins: [],
    text: textOf(file, from, end),
    takes: false,
    lines: '',
  }
}

function wordsOf(file: LexedFile, from: number, end: number): string[] {
  const words = new Set<string>()
  for (let at = from; at < end; at++) {
    const kind = tokenKind(file, at)
    const text = tokenText(file, at)
    if (kind === 'word') words.add(text)
    else if (kind === 'string') for (const [word] of text.matchAll(/\w+/g)) words.add(word)
  }
  return [...words]
}

/** White space is kept everywhere: it costs at most a compile, and may stand in a string that `#` makes. */
function textOf(file: LexedFile, from: number, end: number): string {
  let text = ''
  for (let at = from; at < end; at++) {
    if (tokenKind(file, at) === 'directive-end') text += '\n'
    else text += (at > from && spaceBefore(file, at) ? ' ' : '') + tokenText(file, at) + String.fromCharCode(0)
  }
  return text
}
