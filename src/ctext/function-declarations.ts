/**
 * Functions that are declared inside of a body. What is said of one there holds for the whole unit: whether it returns, where
 * it may come from, what a pragma around it says.
 *
 * In doubt it is a declaration: then the body is thought to be felt though nobody uses it.
 */
import type { LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

/** What begins a statement that is none, but for what it leads to. */
const LEADING =
  /^(?:else|do|default|case|return|goto|if|while|for|switch|sizeof|break|continue|_*asm_*|_*[sS]tatic_assert)$/
/** What takes a list and is no function. */
const TAKING = /^(?:_*attribute_*|_*typeof(?:_unqual)?_*|sizeof|_*[aA]lign(?:as|of)_*|_*asm_*|_BitInt|_Atomic)$/
const ATTRIBUTE = /^_*attribute_*$/
const TYPEOF = /^_*typeof(?:_unqual)?_*$/

/** Whether one of the statements among the tokens may declare a function. */
export function declaresFunction(file: LexedFile, from: number, end: number): boolean {
  let start = from
  for (let at = from; at <= end; at++) {
    const isEnd = at === end || (tokenKind(file, at) === 'punctuator' && ';{}:'.includes(tokenText(file, at)))
    if (!isEnd) continue
    if (isDeclaration(file, start, at)) return true
    start = at + 1
  }
  return false
}

function isDeclaration(file: LexedFile, from: number, end: number): boolean {
  const text = (at: number) => (at < end ? tokenText(file, at) : '')
  const isWord = (at: number) => at < end && tokenKind(file, at) === 'word'
  if (!isWord(from) || LEADING.test(text(from))) return false
  const behind = behindType(file, from, end)
  // A type, or what may be one, and what it declares.
  const isOne = isWord(behind) || text(behind) === '*'
  if (!isOne) return isInParentheses(file, from, end)
  // Of the type of something, it may be a function.
  let isOfOther = behind > from + 1
  let [depth, isValue, isObject, isNamed] = [0, false, false, false]
  for (let at = behind; at <= end; at++) {
    const each = text(at)
    if (at === end || (each === ',' && depth === 0)) {
      if (isNamed && isOfOther && !isObject) return true
      isValue = isObject = isNamed = false
    } else if (each === ')' || each === ']') depth--
    else if (each === '(' || each === '[') {
      if (depth++ === 0 && each === '(' && !isValue && !TAKING.test(text(at - 1))) return true
      isObject ||= each === '['
    } else if (depth === 0 && (each === '=' || each === '*')) {
      isValue ||= each === '='
      isObject = true
    } else if (depth === 0 && isWord(at)) {
      isNamed = true
      isOfOther ||= TYPEOF.test(each)
    }
  }
  return false
}

/** The first token behind a word and its list, if it has one. */
function behindType(file: LexedFile, from: number, end: number): number {
  if (tokenText(file, from + 1) !== '(') return from + 1
  let depth = 0
  for (let at = from + 1; at < end; at++) {
    const text = tokenText(file, at)
    if (text === '(') depth++
    else if (text === ')' && --depth === 0) return at + 1
  }
  return end
}

/** What is said there declares nothing. */
function behindAttributes(file: LexedFile, from: number, end: number): number {
  let at = from
  while (at < end && ATTRIBUTE.test(tokenText(file, at))) at = behindType(file, at, end)
  return at
}

/** `int (name)(int)`, `int (*name(int))(int)`. */
function isInParentheses(file: LexedFile, from: number, end: number): boolean {
  for (let at = from + 1; at + 3 < end; at++) {
    const row = [at, at + 1, at + 2, at + 3].map(each => tokenText(file, each))
    if (row[0] === '(' && row[2] === ')' && row[3] === '(') return true
    if (row[0] === '(' && row[1] === '*' && row[3] === '(') return true
  }
  return false
}

/**
 * Names that `typedef`s give, each with the words of what it is a name for; one of a function, or of what may be one, with an
 * empty word.
 */
export function typeNames(file: LexedFile): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>()
  const end = file.tokens.count
  for (let at = 0; at < end; at++) {
    if (tokenKind(file, at) !== 'word' || tokenText(file, at) !== 'typedef') continue
    let [depth, lists, isOfOther] = [0, 0, false]
    const words: string[] = []
    for (at++; at < end; at++) {
      at = behindAttributes(file, at, end)
      if (at === end) break
      const text = tokenText(file, at)
      if (text === '{') depth++
      else if (text === '}') depth--
      else if (text === '(') lists++
      else if (text === ')') lists--
      else if (text === ';' && depth === 0) break
      if (depth > 0) continue
      const isWord = tokenKind(file, at) === 'word'
      isOfOther ||= isWord && TYPEOF.test(text)
      const behind = behindAttributes(file, at + 1, end)
      const next = behind === end ? '' : tokenText(file, behind)
      if (!isWord || TYPE.test(text)) continue
      const isFunction = next === '(' && !TAKING.test(text) && !isPointer(file, behind)
      const isInList = next === ')' && behind + 1 < end && tokenText(file, behind + 1) === '('
      // In a list it is a parameter.
      const isLast = next === ';' || (next === ',' && lists === 0)
      if (isFunction || isInList || (isLast && isOfOther)) names.set(text, [''])
      else if (isLast && !names.has(text)) names.set(text, [...words])
      words.push(text)
    }
  }
  return names
}

/** The names of functions' types among them, be it by way of others. */
export function functionTypesAmong(all: readonly (readonly [string, readonly string[]])[]): ReadonlySet<string> {
  const found = new Set([''])
  for (let before = 0; before !== found.size; ) {
    before = found.size
    for (const [name, words] of all) if (words.some(word => found.has(word))) found.add(name)
  }
  found.delete('')
  return found
}

const TYPE = /^(?:void|char|short|int|long|float|double|_*signed_*|unsigned|_Bool|bool|_*const_*|_*volatile_*)$/

function isPointer(file: LexedFile, at: number): boolean {
  return tokenText(file, at + 1) === '*' && tokenText(file, at + 3) === ')'
}
