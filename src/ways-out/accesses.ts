/**
 * Where a text uses members that its structure has no more. The compiler says where that is: it knows the types. What is
 * in front of `->` or `.` is then found by its tokens.
 */
import { IN_DIRECTIVE, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { tokenKind, tokenText } from '../ctext/tokens.ts'
import type { TextEdit } from './text-edits.ts'

/** What a compiler complains about: a member that a structure has not. */
export interface Complaint {
  /** As it spells it. */
  readonly file: string
  readonly line: number
  /** From 1, as the compiler counts: bytes, or the columns of a terminal. */
  readonly column: number
  readonly tag: string
  readonly member: string
}

/** gcc: `'struct s' has no member named 'm'`; clang: `no member named 'm' in 'struct s'`. */
const OF_GCC =
  /^([^\s:][^:\n]*):(\d+):(\d+): error: '(?:const |volatile )*struct (\w+)'.*? has no member named '(\w+)'/gm
const OF_CLANG = /^([^\s:][^:\n]*):(\d+):(\d+): error: no member named '(\w+)' in '(?:const |volatile )*struct (\w+)'/gm

export function complaintsIn(words: string): readonly Complaint[] {
  const gcc = [...words.matchAll(OF_GCC)].map(([, file = '', line, column, tag = '', member = '']) => ({
    ...{ file, line: Number(line), column: Number(column), tag, member },
  }))
  const clang = [...words.matchAll(OF_CLANG)].map(([, file = '', line, column, member = '', tag = '']) => ({
    ...{ file, line: Number(line), column: Number(column), tag, member },
  }))
  return [...gcc, ...clang]
}

/** The name of the function that finds what an object has. */
export const finderOf = (tag: string): string => `hotsplice_of_${tag}`

/** What looks the members up where the text uses them; in words, where one is used in a way that is not an access. */
export function accessEdits(text: string, complaints: readonly Complaint[]): readonly TextEdit[] | string {
  const file = lex(text)
  const seen = new Set<number>()
  const edits: TextEdit[] = []
  for (const complaint of complaints) {
    const { line, member, tag } = complaint
    const access = accessAt(file, complaint)
    if (access === undefined) return `line ${line}: ${member} is used there other than by -> or .`
    if (seen.has(access.operator)) continue
    seen.add(access.operator)
    const from = operandBefore(file, access.operator)
    if (from === undefined) return `line ${line}: what ${member} is a member of is not plain there`
    const last = access.operator - 1
    const [start, end] = [file.tokens.starts[from] ?? 0, file.tokens.starts[access.member] ?? 0]
    // What is in parentheses needs no others.
    const isInside = access.isPointer && tokenText(file, last) === ')' && opened(file, last) === from
    const [open, close] = isInside ? ['', ''] : [access.isPointer ? '(' : '(&', ')']
    edits.push(
      { from: start, end: start, put: `${finderOf(tag)}${open}` },
      { from: file.tokens.ends[last] ?? 0, end, put: `${close}->` },
    )
  }
  return edits
}

interface Access {
  /** Tokens: where `->` or `.` begins, and the member's name. */
  readonly operator: number
  readonly member: number
  readonly isPointer: boolean
}

/** Where several on the line lead to a member of that name, the column tells. */
function accessAt(file: LexedFile, { line, column, member }: Complaint): Access | undefined {
  const { tokens } = file
  const found: Access[] = []
  for (let at = 1; at < tokens.count; at++) {
    if (tokenText(file, at) !== member) continue
    const access = operatorBefore(file, at)
    const isThere = access !== undefined && [access.operator, at].some(each => tokens.lines[each] === line)
    if (isThere) found.push(access)
  }
  const isIt = (access: Access) => [access.operator, access.member].some(each => columnsOf(file, each).includes(column))
  return found.length === 1 ? found[0] : found.find(isIt)
}

/** Signs are tokens of one character each. */
function operatorBefore(file: LexedFile, member: number): Access | undefined {
  const [before, last] = [tokenText(file, member - 2), tokenText(file, member - 1)]
  const { starts, ends } = file.tokens
  if (last === '>' && before === '-' && ends[member - 2] === starts[member - 1])
    return { operator: member - 2, member, isPointer: true }
  return last === '.' && before !== '.' ? { operator: member - 1, member, isPointer: false } : undefined
}

function columnsOf(file: LexedFile, at: number): readonly number[] {
  const start = file.tokens.starts[at] ?? 0
  const before = file.text.slice(file.lineStarts[file.tokens.lines[at] ?? 0], start)
  let shown = 0
  for (const character of before) shown += character === '\t' ? 8 - (shown % 8) : 1
  return [before.length + 1, shown + 1]
}

const NOT_CALLED = /^(?:return|sizeof|typeof|__typeof__|__typeof|case|else|do|goto)$/

/** The first token of the postfix expression that ends before a token. */
function operandBefore(file: LexedFile, operator: number): number | undefined {
  const inDirective = (at: number) => (file.tokens.flags[at] ?? 0) & IN_DIRECTIVE
  for (let at = operator - 1; at >= 0; ) {
    if (inDirective(at) !== inDirective(operator)) return undefined
    let start: number | undefined = at
    if (/^[)\]]$/.test(tokenText(file, at))) start = opened(file, at)
    else if (tokenKind(file, at) !== 'word' || NOT_CALLED.test(tokenText(file, at))) return undefined
    if (start === undefined) return undefined
    const isList = start !== at
    const access = isList ? undefined : operatorBefore(file, start)
    if (isList && goesOn(file, start)) at = start - 1
    else if (isList && tokenText(file, at) === ']') return undefined
    else if (access !== undefined) at = access.operator - 1
    else return start
  }
  return undefined
}

/** Whether what stands in front of a list is called, or indexed. */
function goesOn(file: LexedFile, start: number): boolean {
  const before = tokenText(file, start - 1)
  if (/^[)\]]$/.test(before)) return true
  return tokenKind(file, start - 1) === 'word' && !NOT_CALLED.test(before) && !/^(?:if|while|for|switch)$/.test(before)
}

/** The token that opens what `close` closes. */
function opened(file: LexedFile, close: number): number | undefined {
  let depth = 0
  for (let at = close; at >= 0; at--) {
    const text = tokenText(file, at)
    if (/^[)\]}]$/.test(text) && tokenKind(file, at) === 'punctuator') depth++
    if (/^[([{]$/.test(text) && tokenKind(file, at) === 'punctuator' && --depth === 0) return at
  }
  return undefined
}
