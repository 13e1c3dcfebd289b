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
  /** Its first argument. */
  readonly argument: { readonly from: number; readonly end: number; readonly text: string }
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
    return {
      line: lines[at] ?? 0,
      from: starts[at] ?? 0,
      end: ends[next] ?? 0,
      argument: { from, end, text: file.text.slice(from, end) },
      isStatement:
        (at === 0 || /^(?:[;{})]|else|do)?$/.test(tokenText(file, at - 1))) && tokenText(file, next + 1) === ';',
    }
  }
  return undefined
}

const MARK = 'hotsplice asks'

/** The text with a question in the place of each call; it never compiles, so that no code is made of it. */
export function askedText(text: string, calls: readonly FreeCall[], tags: readonly string[]): string {
  let asked = text
  for (const [index, { from, end, argument }] of [...calls.entries()].reverse()) {
    const questions = tags.map(
      tag =>
        `_Static_assert(!__builtin_types_compatible_p(__typeof__(*(${argument.text})), struct ${tag}), "${MARK} ${index} ${tag}");`,
    )
    asked = `${asked.slice(0, from)}((void)({ ${questions.join(' ')} 0; }))${asked.slice(end)}`
  }
  return `${asked}\n_Static_assert(0, "${MARK} nothing");\n`
}

/** By the call's position in the list, the tag of what it frees. Undefined where the questions did not come to be asked. */
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

/** Without effects, so that it may be said twice. */
const PLAIN = /^(?:[\w\s.]|->)+$/

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
  if (!isStatement || !PLAIN.test(argument.text)) return `line ${line}: ${name}(${argument.text}) is not plain`
  const ends = endings.map(({ of, path }) =>
    path === ''
      ? `${enderOf(of)}(${argument.text});`
      : `if ( ${argument.text} ) ${enderOf(of)}(&${argument.text}->${path.slice(1)});`,
  )
  return [
    { from: call.from, end: call.from, put: `do { ${ends.join(' ')} ` },
    { from: call.end, end: call.end, put: '; } while ( 0 )' },
  ]
}
