/**
 * Where a text has objects of a structure by value: in another structure, or as a variable. One in a function ends with it,
 * and nothing frees it; one of a whole file never ends, but may be taken for another thing.
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

/** `names`: what the type is called, with `struct` or by a typedef. */
export function heldObjects(text: string, names: readonly string[]): readonly HeldObject[] {
  const words = names.map(name => name.split(' '))
  const spelled = words.map(each => `\\b${each.join('\\s+')}\\b`).join('|')
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
    const name = sign === '' ? words.find(each => isNamed(file, at, each)) : undefined
    if (name === undefined) continue
    // A structure without a tag is part of what it stands in.
    const holder = lists > 0 ? undefined : (braces.findLast(each => each !== '') ?? braces.at(-1))
    const line = tokens.lines[at] ?? 0
    found.push(...objectsBehind(file, at + name.length, lists > 0).map(isArray => ({ line, holder, isArray })))
  }
  return found
}

function isNamed(file: LexedFile, at: number, words: readonly string[]): boolean {
  if (!words.every((word, index) => tokenText(file, at + index) === word)) return false
  const before = tokenText(file, at - 1)
  return !/^(?:struct|union|enum|typedef|\.|>|goto)$/.test(before)
}

const QUALIFIER = /^(?:const|volatile|static|register|restrict|__\w+)$/

/**
 * For each object that is declared behind the name of its type, whether it is an array: not for pointers, functions, or
 * casts. A `{` begins the type itself, or a value without a name.
 */
function objectsBehind(file: LexedFile, from: number, isParameter: boolean): readonly boolean[] {
  let at = from
  if (tokenText(file, at) === '{') at = behindBrackets(file, at)
  if (tokenText(file, at) === ')') return tokenText(file, at + 1) === '{' ? [false] : []
  const found: boolean[] = []
  while (at < file.tokens.count) {
    while (QUALIFIER.test(tokenText(file, at)))
      at = tokenText(file, at + 1) === '(' ? behindBrackets(file, at + 1) : at + 1
    const behind = tokenText(file, at + 1)
    if (tokenKind(file, at) === 'word' && (/^[;,=)[:]$/.test(behind) || tokenKind(file, at + 1) === 'word'))
      found.push(behind === '[')
    at = nextDeclarator(file, at)
    if (isParameter || tokenText(file, at) !== ',') return found
    at++
  }
  return found
}

/** The `,` before the next, or what else ends this one. */
function nextDeclarator(file: LexedFile, from: number): number {
  let at = from
  while (at < file.tokens.count && !/^[;,)}]$/.test(tokenText(file, at)))
    at = /^[([{]$/.test(tokenText(file, at)) ? behindBrackets(file, at) : at + 1
  return at
}

function behindBrackets(file: LexedFile, open: number): number {
  let depth = 0
  for (let at = open; at < file.tokens.count; at++) {
    if (tokenKind(file, at) !== 'punctuator') continue
    if (/^[([{]$/.test(tokenText(file, at))) depth++
    if (/^[)\]}]$/.test(tokenText(file, at))) depth--
    if (depth === 0) return at + 1
  }
  return file.tokens.count
}

/** The tag of a structure or union that opens there, empty without; undefined for other braces. */
function holderAt(file: LexedFile, open: number): string | undefined {
  const isKind = (at: number) => /^(?:struct|union)$/.test(tokenText(file, at))
  if (isKind(open - 1)) return ''
  return isKind(open - 2) ? tokenText(file, open - 1) : undefined
}
