/**
 * Where a text has objects of a structure by value: in another structure, or as a variable. One in a function ends with it,
 * and nothing frees it.
 */
import { IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'

export interface HeldObject {
  readonly line: number
  /** The tag of the structure that it is in, empty for one without; undefined where it is in none. */
  readonly holder: string | undefined
  /** Whether it is one of many. */
  readonly isArray: boolean
}

/** Without variables of a whole file, which never end. `names`: what the type is called, with `struct` or by a typedef. */
export function heldObjects(text: string, names: readonly string[]): readonly HeldObject[] {
  const words = names.map(name => name.split(' '))
  const spelled = words.map(each => `\\b${each.join('\\s+')}\\s+\\w+\\s*[;,=)\\[]`).join('|')
  if (!new RegExp(spelled).test(text)) return []
  const file = lex(text)
  const { tokens } = file
  const found: HeldObject[] = []
  const braces: (string | undefined)[] = []
  let lists = 0
  for (let at = 0; at < tokens.count; at++) {
    if (((tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0) continue
    const sign = tokenKind(file, at) === 'punctuator' ? tokenText(file, at) : ''
    if (sign === '{') braces.push(holderAt(file, at))
    else if (sign === '}') braces.pop()
    else if (sign === '(') lists++
    else if (sign === ')') lists--
    const behind = sign === '' ? objectBehind(file, at, words) : undefined
    if (behind === undefined || (braces.length === 0 && lists === 0)) continue
    // A structure without a tag is part of what it stands in.
    const holder = braces.findLast(each => each !== '') ?? braces.at(-1)
    found.push({ line: tokens.lines[at] ?? 0, holder: lists > 0 ? undefined : holder, isArray: behind === '[' })
  }
  return found
}

/** The tag of a structure or union that opens there, empty without; undefined for other braces. */
function holderAt(file: LexedFile, open: number): string | undefined {
  const isKind = (at: number) => /^(?:struct|union)$/.test(tokenText(file, at))
  if (isKind(open - 1)) return ''
  return isKind(open - 2) ? tokenText(file, open - 1) : undefined
}

/** What stands behind the name of an object that is declared there. */
function objectBehind(file: LexedFile, at: number, names: readonly (readonly string[])[]): string | undefined {
  const name = names.find(words => words.every((word, index) => tokenText(file, at + index) === word))
  if (name === undefined || tokenText(file, at - 1) === 'struct') return undefined
  const next = at + name.length
  if (tokenKind(file, next) !== 'word') return undefined
  const behind = tokenText(file, next + 1)
  return /^[;,=)[]$/.test(behind) ? behind : undefined
}
