/**
 * What a C text that is not preprocessed says: its macros, its `static inline` functions, and the words of all the rest.
 *
 * In doubt a text is none that we read, and a function is a part of the rest.
 */
import { branchesAgree } from './branches.ts'
import { declaredIn } from './declared-item.ts'
import { itemRanges } from './item-ranges.ts'
import { UNREADABLE } from './items.ts'
import type { LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface RawMacro {
  readonly name: string
  /** Whether a list has to follow its name. */
  readonly takesList: boolean
  readonly parameters: ReadonlySet<string>
  /** Its tokens; `##` is two of them. */
  readonly body: readonly string[]
}

export interface RawInline {
  readonly name: string
  readonly head: readonly string[]
  /** With its braces. */
  readonly body: readonly string[]
}

export interface RawFacts {
  readonly macros: readonly RawMacro[]
  readonly inlines: readonly RawInline[]
  /** Words outside of macros and of bodies of those functions, those in strings among them; but not the functions' own names. */
  readonly words: ReadonlySet<string>
  /** What `#include` has behind it, as it is spelled. */
  readonly includes: readonly string[]
}

export const isWord = (token: string): boolean => /^[A-Za-z_$\x80-\xff]/.test(token)

/** Undefined where the text is spelled in a way that we do not read, or where parentheses and conditions cross. */
export function rawFacts(text: string): RawFacts | undefined {
  if (UNREADABLE.test(text)) return undefined
  const file = lex(text)
  const ranges = itemRanges(file)
  if (ranges === undefined || !branchesAgree(file)) return undefined
  const inlines: RawInline[] = []
  const words = new Set<string>()
  const { macros, includes } = directivesOf(file, words)
  for (const { from, end, hasDirectives } of ranges) {
    if (tokenKind(file, from) === 'directive') continue
    const declared = hasDirectives ? undefined : declaredIn(file, { from, end })
    const inline = declared?.kind === 'inline' ? inlineOf(file, { from, end }, declared.name) : undefined
    if (inline !== undefined) inlines.push(inline)
    for (const token of inline?.head ?? outsideOfDirectives(file, from, end)) {
      if (token !== inline?.name) addWords(words, token)
    }
    if (inline !== undefined && inline.head.filter(token => token === inline.name).length > 1) words.add(inline.name)
  }
  return { macros, inlines, words, includes }
}

function inlineOf(file: LexedFile, { from, end }: { from: number; end: number }, name: string): RawInline {
  const tokens = Array.from({ length: end - from }, (_, at) => tokenText(file, from + at))
  const brace = tokens.indexOf('{')
  return { name, head: tokens.slice(0, brace), body: tokens.slice(brace) }
}

function directivesOf(file: LexedFile, words: Set<string>): Pick<RawFacts, 'macros' | 'includes'> {
  const macros: RawMacro[] = []
  const includes: string[] = []
  for (let at = 0; at < file.tokens.count; at++) {
    if (tokenKind(file, at) !== 'directive') continue
    const tokens: string[] = []
    for (at++; tokenKind(file, at) !== 'directive-end'; at++) tokens.push(tokenText(file, at))
    const [kind = '', ...rest] = tokens
    if (kind === 'define') macros.push(macroOf(file, at - rest.length, rest))
    else for (const token of rest) addWords(words, token)
    if (/^(?:include|include_next|import)$/.test(kind)) includes.push(rest.join(''))
  }
  return { macros, includes }
}

/** A list of parameters follows the name without white space. */
function macroOf(file: LexedFile, at: number, [name = '', ...rest]: readonly string[]): RawMacro {
  const isList = rest[0] === '(' && file.tokens.starts[at + 1] === file.tokens.ends[at]
  const end = isList ? rest.indexOf(')') + 1 : 0
  const parameters = new Set([...rest.slice(0, end).filter(isWord), '__VA_ARGS__', '__VA_OPT__'])
  return { name, takesList: isList, parameters, body: rest.slice(end) }
}

function* outsideOfDirectives(file: LexedFile, from: number, end: number): Generator<string> {
  for (let at = from; at < end; at++) {
    if (tokenKind(file, at) === 'directive') while (tokenKind(file, at) !== 'directive-end') at++
    else yield tokenText(file, at)
  }
}

/** A string may name something to an attribute or a pragma. */
function addWords(words: Set<string>, token: string): void {
  if (isWord(token)) words.add(token)
  else if (token.startsWith('"')) for (const word of token.match(/[\w$\x80-\xff]+/g) ?? []) words.add(word)
}
