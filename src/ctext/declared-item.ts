/** Whether some tokens are surely a `static inline` function or a prototype, as far as no macro makes them another thing. */
import type { LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface Declared {
  readonly kind: 'inline' | 'prototype'
  readonly name: string
}

const INLINE = /^(?:__)?(?:always_)?inline(?:__)?$/
const ATTRIBUTE = /^__attribute(?:__)?$/
/** Words by which a declaration is more than one of a function or variable. */
const NOT_PLAIN =
  /^(?:typedef|_*asm_*|_Pragma|__pragma|_*[sS]tatic_assert|_*[aA]lign(?:as|of)_*|_*typeof(?:_unqual)?_*|_*auto_type|_BitInt|_Generic|return|if|while|for|do|switch|goto|else|case|constexpr)$/
/** What cannot be a name. */
const KEYWORD =
  /^(?:static|extern|register|auto|_*inline_*|const|_*const_*|_*volatile_*|_*restrict_*|_Atomic|_*extension_*|struct|union|enum|void|char|short|int|long|float|double|signed|unsigned|_*signed_*|_Bool|bool|_*[cC]omplex_*|__int128(?:_t)?|sizeof)$/

interface Token {
  readonly text: string
  readonly isWord: boolean
}

/** Undefined where it is not surely one of them. */
export function declaredIn(file: LexedFile, { from, end }: { from: number; end: number }): Declared | undefined {
  const tokens: Token[] = []
  let brace = -1
  for (let at = from; at < end; at++) {
    const text = tokenText(file, at)
    if (text === '{') {
      brace = at
      break
    }
    tokens.push({ text, isWord: tokenKind(file, at) === 'word' })
  }
  const isFunction = brace !== -1
  if (tokenText(file, end - 1) !== (isFunction ? '}' : ';')) return undefined
  const head = isFunction ? tokens : tokens.slice(0, -1)
  if (head.some(({ text, isWord }) => '=[;'.includes(text) || (isWord && NOT_PLAIN.test(text)))) return undefined
  const found = nameIn(head)
  if (found === undefined || KEYWORD.test(found.name)) return undefined
  if (isFunction && found.behind !== head.length) return undefined
  const behind = outsideOfLists(head.slice(found.behind))
  const before = outsideOfLists(head.slice(0, found.at))
  if (before === undefined || behind === undefined || /^(?:struct|union|enum)$/.test(before.at(-1) ?? ''))
    return undefined
  if (isFunction && !(before.includes('static') && before.some(text => INLINE.test(text)))) return undefined
  return { kind: isFunction ? 'inline' : 'prototype', name: found.name }
}

interface Named {
  readonly name: string
  readonly at: number
  /** The first token behind its parameters. */
  readonly behind: number
}

/** The word before the only list in parentheses, attributes apart; or the last word of `extern int name`. */
function nameIn(head: readonly Token[]): Named | undefined {
  let found: Named | undefined
  let depth = 0
  let start = 0
  for (const [at, { text }] of head.entries()) {
    if (text === ',' && depth === 0) return undefined
    if (text === '(' && depth++ === 0) start = at
    if (text !== ')' || --depth > 0) continue
    const before = head[start - 1]
    if (before === undefined || !before.isWord) return undefined
    if (ATTRIBUTE.test(before.text)) continue
    if (found !== undefined || isVariable(before.text, head.slice(start + 1, at))) return undefined
    found = { name: before.text, at: start - 1, behind: at + 1 }
  }
  if (found !== undefined) return found
  const last = head.at(-1)
  if (head[0]?.text !== 'extern' || last?.isWord !== true || head.some(({ text }) => text === '(')) return undefined
  return { name: last.text, at: head.length - 1, behind: head.length }
}

/** A word that compilers know (`__seg_gs`, `_Nonnull`) before a variable in parentheses. */
function isVariable(name: string, list: readonly Token[]): boolean {
  return name.startsWith('_') && list.length === 1 && list[0]?.isWord === true && !KEYWORD.test(list[0].text)
}

/** The words there that are in no list; undefined where there is more than words, stars and lists. */
function outsideOfLists(tokens: readonly Token[]): readonly string[] | undefined {
  const words: string[] = []
  let depth = 0
  for (const { text, isWord } of tokens) {
    if (text === '(') depth++
    else if (text === ')') depth--
    else if (depth > 0) continue
    else if (isWord) words.push(text)
    else if (text !== '*') return undefined
  }
  return words
}
