/** What stands in the lists of arguments behind names of macros. */
import { IN_DIRECTIVE, type LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

const ASKING = new Set(['define', 'undef', 'ifdef', 'ifndef', 'defined'])

export interface Macros {
  /** Whether it is a macro. */
  known(name: string): boolean
  /** Whether it is one with parameters. */
  takes(name: string): boolean
}

/**
 * The words and numbers in the lists behind any of `names`. Undefined where one that takes a list stands without, so that
 * somebody else may put one behind it: as an argument, in another macro's text, before a macro.
 */
export function listsBehind(
  file: LexedFile,
  names: ReadonlySet<string>,
  macros: Macros,
): ReadonlySet<string> | undefined {
  const found = new Set<string>()
  for (let at = 0; at < file.tokens.count; at++) {
    if (tokenKind(file, at) !== 'word') continue
    const name = tokenText(file, at)
    if (!names.has(name) || isAsked(file, at)) continue
    if (tokenText(file, at + 1) !== '(') {
      if (macros.takes(name) && !isFollowed(file, at, macros)) return undefined
      continue
    }
    collect(file, at + 1, found)
  }
  return found
}

/** By a word of the program, which is no list and becomes none. */
function isFollowed(file: LexedFile, at: number, macros: Macros): boolean {
  if (((file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0) return false
  return tokenKind(file, at + 1) === 'word' && !macros.known(tokenText(file, at + 1))
}

function isAsked(file: LexedFile, at: number): boolean {
  const before = at > 0 ? tokenText(file, at - 1) : ''
  // What is joined is another name by the time it could be called.
  if (before.endsWith('#') || tokenText(file, at + 1).startsWith('#')) return true
  return ASKING.has(before) || (before === '(' && at > 1 && tokenText(file, at - 2) === 'defined')
}

/** From an opening parenthesis to the one that closes it, or the text's end. */
function collect(file: LexedFile, from: number, found: Set<string>): void {
  let depth = 0
  for (let at = from; at < file.tokens.count; at++) {
    const text = tokenText(file, at)
    const kind = tokenKind(file, at)
    if (text === '(') depth++
    else if (text === ')' && --depth === 0) return
    else if (kind === 'word' || kind === 'number') found.add(text)
  }
}
