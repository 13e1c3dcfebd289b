/**
 * Where objects of a type end: calls of what frees memory, with a pointer to one. What an argument's type is, the compiler
 * is asked: each call is put into a question that it answers as an error where it is one.
 */
import { IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import type { Freeing } from '../loaders/loader.ts'
import type { TextEdit } from './text-edits.ts'

/** A type that is freed as a whole, and where in it what has new members lies: the same, or a part of it. */
export interface Ending {
  /** Of what is freed. */
  readonly tag: string
  /** Of what has new members. */
  readonly of: string
  /** From the one to the other: `.arch.hvm`; empty where it is the same. */
  readonly path: string
}

/** A call that frees something, by its place in the text. */
export interface FreeCall {
  readonly name: string
  readonly isMacro: boolean
  readonly line: number
  readonly from: number
  readonly end: number
  /** Its first argument; `bare`: without the casts in front, where that is all that they are in front of. */
  readonly argument: { readonly from: number; readonly end: number; readonly text: string; readonly bare: string }
  /** Whether it is a statement of its own. */
  readonly isStatement: boolean
}

export function freeCalls(text: string, { functions, macros }: Freeing): readonly FreeCall[] {
  const names = [...functions, ...macros]
  if (!names.some(name => text.includes(name))) return []
  const file = lex(text)
  const found: FreeCall[] = []
  for (let at = 0; at < file.tokens.count; at++) {
    const name = tokenText(file, at)
    if (!names.includes(name) || ((file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0) continue
    // What stands behind a word is declared there.
    const isDeclared =
      at > 0 && tokenKind(file, at - 1) === 'word' && !/^(?:return|else|do)$/.test(tokenText(file, at - 1))
    const isPart = /^[.*>]$/.test(tokenText(file, at - 1))
    const call = isDeclared || isPart ? undefined : callAt(file, at)
    if (call !== undefined) found.push({ ...call, name, isMacro: macros.includes(name) })
  }
  return found
}

function callAt(file: LexedFile, at: number): Omit<FreeCall, 'name' | 'isMacro'> | undefined {
  const { starts, ends, lines, flags } = file.tokens
  if (tokenText(file, at + 1) !== '(') return undefined
  let depth = 0
  let first: number | undefined
  for (let next = at + 1; next < file.tokens.count; next++) {
    if (((flags[next] ?? 0) & IN_DIRECTIVE) !== 0) return undefined
    const sign = tokenKind(file, next) === 'punctuator' ? tokenText(file, next) : ''
    if (/^[([{]$/.test(sign)) depth++
    if (/^[)\]}]$/.test(sign)) depth--
    if (first === undefined && ((depth === 1 && sign === ',') || depth === 0)) first = next
    if (depth > 0 || first === undefined) continue
    if (first === at + 2) return undefined
    const [from, end] = [starts[at + 2] ?? 0, ends[first - 1] ?? 0]
    const text = file.text.slice(from, end)
    return {
      line: lines[at] ?? 0,
      from: starts[at] ?? 0,
      end: ends[next] ?? 0,
      argument: { from, end, text, bare: withoutCasts(text) },
      isStatement:
        (at === 0 || /^(?:[;{})]|else|do)?$/.test(tokenText(file, at - 1))) && tokenText(file, next + 1) === ';',
    }
  }
  return undefined
}

/** Without effects, so that it may be said twice. */
const PLAIN = /^(?:[\w\s.]|->)+$/

/** A `*` before the closing parenthesis is no product. */
const CAST = /^\(\s*\w[\w\s]*\*(?:\s|\*|\bconst\b)*\)\s*/

/** In `(char *)object - 8` the cast is of a part only, and what is freed is not the object. */
function withoutCasts(text: string): string {
  let bare = text
  while (CAST.test(bare)) bare = bare.replace(CAST, '')
  return PLAIN.test(bare) ? bare : text
}

/** Where what frees is named and not called: it is called elsewhere, with what is not known here. */
export interface FreeMention {
  readonly line: number
  readonly name: string
  /** In a macro that the text defines; handed on as a value; or called with conditions of the preprocessor in between. */
  readonly as: 'macro' | 'value' | 'call'
}

export function freeMentions(text: string, { functions, macros }: Freeing): readonly FreeMention[] {
  const names = [...functions, ...macros]
  if (!names.some(name => text.includes(name))) return []
  const file = lex(text)
  const found: FreeMention[] = []
  let defined = ''
  for (let at = 0; at < file.tokens.count; at++) {
    const name = tokenText(file, at)
    const inDirective = ((file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0
    if (inDirective && tokenText(file, at - 1) === 'define') defined = name
    if (!names.includes(name)) continue
    const line = file.tokens.lines[at] ?? 0
    // A macro that is known to free is asked where it is used.
    if (inDirective) {
      if (!names.includes(defined)) found.push({ line, name, as: 'macro' })
    } else if (!isNameOfOther(file, at)) {
      if (tokenText(file, at + 1) !== '(') found.push({ line, name, as: 'value' })
      else if (tokenText(file, at + 2) !== ')' && callAt(file, at) === undefined) found.push({ line, name, as: 'call' })
    }
  }
  return found
}

/** A member's or a variable's own name. */
function isNameOfOther(file: LexedFile, at: number): boolean {
  const before = tokenText(file, at - 1)
  if (/^[.*>]$/.test(before)) return true
  return tokenKind(file, at - 1) === 'word' && !/^(?:return|else|do)$/.test(before)
}

const MARK = 'hotsplice asks'

/** What a call frees, other than an object whose tag was asked for: words of C, which no tag can be. */
export const NO_TYPE = 'void'
export const OTHER_TYPE = 'int'

/** The text with a question in the place of each call; it never compiles, so that no code is made of it. */
export function askedText(text: string, calls: readonly FreeCall[], tags: readonly string[]): string {
  let asked = text
  let done = text.length
  for (const [index, { from, end, argument }] of [...calls.entries()].toSorted(([, a], [, b]) => b.from - a.from)) {
    // Of two of which one is in the other, that one is asked about.
    if (end > done) continue
    done = from
    const same = (type: string) => `__builtin_types_compatible_p(__typeof__(*(${argument.bare})), ${type})`
    const known: readonly (readonly [string, string])[] = [
      ...tags.map(tag => [tag, `struct ${tag}`] as const),
      [NO_TYPE, 'void'],
    ]
    const questions = known.map(([word, type]) => `_Static_assert(!${same(type)}, "${MARK} ${index} ${word}");`)
    const any = known.map(([, type]) => same(type)).join(' || ')
    const rest = `_Static_assert(${any}, "${MARK} ${index} ${OTHER_TYPE}");`
    asked = `${asked.slice(0, from)}((void)({ ${questions.join(' ')} ${rest} 0; }))${asked.slice(end)}`
  }
  return `${asked}\n_Static_assert(0, "${MARK} nothing");\n`
}

/**
 * By the call's position in the list, the tag of what it frees, or that it is another type or none. A call that has no
 * answer was not compiled. Undefined where the questions did not come to be asked.
 */
export function answersIn(words: string): ReadonlyMap<number, string> | undefined {
  if (!words.includes(`"${MARK} nothing"`)) return undefined
  return new Map(
    // The compiler shows the line too, with all of its questions.
    [...words.matchAll(/ error: [^\n]*?hotsplice asks (\d+) (\w+)/g)].map(([, index, tag = '']) => [
      Number(index),
      tag,
    ]),
  )
}

export const enderOf = (tag: string): string => `hotsplice_end_of_${tag}`

/** What tells the store that the object ends, before it is freed; in words, where that cannot be written. */
export function endEdits(call: FreeCall, endings: readonly Ending[]): readonly TextEdit[] | string {
  const { argument, isMacro, name, line, isStatement } = call
  const [only, ...more] = endings
  if (only === undefined) return []
  if (!isMacro && more.length === 0 && only.path === '')
    return [
      { from: argument.from, end: argument.from, put: `${enderOf(only.of)}(` },
      { from: argument.end, end: argument.end, put: ')' },
    ]
  const { bare } = argument
  if (!isStatement || !PLAIN.test(bare)) return `line ${line}: ${name}(${argument.text}) is not plain`
  const ends = endings.map(({ of, path }) =>
    path === '' ? `${enderOf(of)}(${bare});` : `if ( ${bare} ) ${enderOf(of)}(&${bare}->${path.slice(1)});`,
  )
  return [
    { from: call.from, end: call.from, put: `do { ${ends.join(' ')} ` },
    { from: call.end, end: call.end, put: '; } while ( 0 )' },
  ]
}
