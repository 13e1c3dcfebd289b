/**
 * Which lines of a C text that is not preprocessed belong to which function. For people who read a patch: nothing is decided
 * by it, and a body of which the text does not surely tell whose it is has no name.
 */
import { type ItemRange, itemRanges } from './item-ranges.ts'
import { UNREADABLE } from './items.ts'
import type { LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import { tokenKind, tokenText } from './tokens.ts'

/** A function's definition, or a body of something that macros make. */
export interface FunctionLines {
  /** Undefined where the text does not tell it. */
  readonly name: string | undefined
  /** Lines of what stands before its brace, and of the closing one; both within, from 1. */
  readonly from: number
  readonly to: number
}

/** In the order of the text, every branch of its conditional groups; undefined where it is spelled in a way that we do not read. */
export function functionLines(text: string): readonly FunctionLines[] | undefined {
  const file = lex(text)
  return (UNREADABLE.test(text) ? undefined : itemRanges(file))?.flatMap(range => {
    if (tokenKind(file, range.from) === 'directive' || tokenText(file, range.end - 1) !== '}') return []
    const { name, begin } = headOf(file, range)
    const lineOf = (at: number) => file.tokens.lines[at] ?? 0
    return [{ name, from: lineOf(begin), to: lineOf(range.end - 1) }]
  })
}

interface Head {
  readonly name: string | undefined
  /** Its first token; an invocation of a macro that no semicolon ends is none of it. */
  readonly begin: number
}

/** By convention, which is not enough to decide by: a macro's name has no small letters. */
const MACRO = /^[A-Z\d_]+$/
/** What takes a list beside the parameters: attributes, and the macros that stand for them. */
const BESIDE = /^(?:__\w+|_*asm_*|_Alignas|_*typeof_*)$/
const AGGREGATE = /^(?:struct|union|enum)$/
const NO_FUNCTION = /^(?:typedef|=|\[|return)$/

function headOf(file: LexedFile, { from, end }: ItemRange): Head {
  const lists: { readonly name: string; readonly at: number; readonly behind: number }[] = []
  let [depth, at, isOther] = [0, from, false]
  for (; at < end; at++) {
    const text = tokenText(file, at)
    if (text === '{' && depth === 0) break
    // A directive in a head: which of its branches the body follows is not known.
    isOther ||= tokenKind(file, at) === 'directive' || (depth === 0 && NO_FUNCTION.test(text))
    if (text === ')') depth--
    if (text === ')' && depth === 0) {
      const last = lists.pop()
      if (last !== undefined) lists.push({ ...last, behind: at + 1 })
    }
    if (text === '(' && depth++ === 0) {
      const isNamed = at > from && tokenKind(file, at - 1) === 'word'
      lists.push({ name: isNamed ? tokenText(file, at - 1) : '', at: at - 1, behind: end })
    }
  }
  const [first] = lists
  const isMacroFirst = first !== undefined && first.at === from && MACRO.test(first.name) && lists.length > 1
  const begin = isMacroFirst ? first.behind : from
  const own = lists.filter(({ name }) => !(BESIDE.test(name) || MACRO.test(name)))
  const named =
    own.length > 0 ? own : lists.filter(({ name }) => /[a-z]/.test(name) && !/^_*a(?:sm|ttribute)_*$/.test(name))
  const [only] = named
  // A type stands before it: `name(…) {` alone may be a macro's.
  const isSure =
    !isOther &&
    named.length === 1 &&
    only !== undefined &&
    only.name !== '' &&
    only.at > begin &&
    !AGGREGATE.test(tokenText(file, only.at - 1))
  return { name: isSure ? only.name : undefined, begin }
}
