/** The text of a #define, as far as it says what the macro can do to what stands around it. */
import { type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface MacroText {
  /** Whether it has a list of parameters, empty or not. */
  readonly takes: boolean
  /** Whether it takes any number of arguments. */
  readonly variadic: boolean
  /** What its ## may join, each operand a word, or undefined for one of its parameters. */
  readonly joins: readonly (readonly (string | undefined)[])[]
  /**
   * - nothing: it is part of an expression or of a declaration.
   * - statements: it has braces, or what ends, initialises or goes on with a declaration.
   * - halves: it opens what it does not close, or closes what it did not open.
   */
  readonly brings: 'nothing' | 'statements' | 'halves'
  /** The words that it begins with, up to something else; empty for what is not known. */
  readonly leads: readonly string[]
  /** The word that it ends with, so that a list behind it is that word's; empty where it is something else. */
  readonly last: string
  /** Whether a list may come to stand behind one of its arguments, or its words behind `)`. */
  readonly lists: boolean
}

interface Parsed extends MacroText {
  /** The first token of its text. */
  readonly start: number
  readonly parameters: ReadonlySet<string>
}

/** From behind the name to the directive's end. */
export function macroText(file: LexedFile, from: number, end: number): Parsed {
  const isSpaced = ((file.tokens.flags[from] ?? 0) & SPACE_BEFORE) !== 0
  const takes = from < end && tokenText(file, from) === '(' && !isSpaced
  const parameters = new Set<string>()
  let start = from
  if (takes) {
    for (start++; start < end && tokenText(file, start) !== ')'; start++) {
      if (tokenKind(file, start) === 'word') parameters.add(tokenText(file, start))
      // `...` is __VA_ARGS__, and `args...` too.
      else if (tokenText(file, start) !== ',') parameters.add('__VA_ARGS__')
    }
    start++
  }
  const joins = joinsOf(file, start, end, parameters)
  const leads = leading(file, start, end).map(word => (joins.length > 0 || parameters.has(word) ? '' : word))
  const last = end > start && tokenKind(file, end - 1) === 'word' ? tokenText(file, end - 1) : ''
  const lists = listing(file, { start, end }, parameters)
  const variadic = parameters.has('__VA_ARGS__')
  return { takes, variadic, start, parameters, joins, brings: brought(file, start, end), leads, last, lists }
}

function listing(
  file: LexedFile,
  { start, end }: { start: number; end: number },
  parameters: ReadonlySet<string>,
): boolean {
  for (let at = start; at < end; at++) {
    if (!parameters.has(tokenText(file, at))) continue
    const isLast = at + 1 === end
    if (isLast || tokenKind(file, at + 1) === 'word' || tokenText(file, at + 1) === '(') return true
  }
  return false
}

function leading(file: LexedFile, from: number, end: number): readonly string[] {
  const words: string[] = []
  for (let at = from; at < end && tokenKind(file, at) === 'word'; at++) words.push(tokenText(file, at))
  return words
}

/** The operands of each row of `##`. */
function joinsOf(
  file: LexedFile,
  from: number,
  end: number,
  parameters: ReadonlySet<string>,
): (string | undefined)[][] {
  const joins: (string | undefined)[][] = []
  const isJoin = (at: number) => at + 1 < end && tokenText(file, at) === '#' && tokenText(file, at + 1) === '#'
  const operand = (at: number) => (parameters.has(tokenText(file, at)) ? undefined : tokenText(file, at))
  for (let at = from + 1; at < end; at++) {
    if (!isJoin(at)) continue
    const row = [operand(at - 1)]
    let next = at
    while (isJoin(next)) {
      next += 2
      row.push(operand(next))
      next++
    }
    joins.push(row)
    at = next - 1
  }
  return joins
}

/** What is joined of a row where arguments are several words: of such, only the outer ones are. */
export function partsOf(row: readonly (string | undefined)[]): readonly (readonly (string | undefined)[])[] {
  const cuts = row.flatMap((operand, at) => (operand === undefined && at > 0 && at < row.length - 1 ? [at] : []))
  const [starts, ends] = [
    [0, ...cuts],
    [...cuts, row.length - 1],
  ]
  return starts.flatMap(start => ends.flatMap(end => (end > start ? [row.slice(start, end + 1)] : [])))
}

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

function brought(file: LexedFile, from: number, end: number): MacroText['brings'] {
  const open: string[] = []
  let brings: MacroText['brings'] = 'nothing'
  for (let at = from; at < end; at++) {
    if (tokenKind(file, at) !== 'punctuator') continue
    const text = tokenText(file, at)
    if ('([{'.includes(text)) open.push(text)
    const opening = CLOSES[text]
    if (opening !== undefined && open.pop() !== opening) return 'halves'
    if ('{};='.includes(text) || (text === ',' && open.length === 0)) brings = 'statements'
  }
  return open.length > 0 ? 'halves' : brings
}
