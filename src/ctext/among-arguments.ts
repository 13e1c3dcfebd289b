/** Whether a name stands among the arguments of some macros, so that what becomes of it is theirs. */
import { IN_DIRECTIVE, IN_PARENTHESES, type LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

/**
 * Whether one of `names` stands in a list behind one of `calls`, or in a condition. The texts of macros are left out: who
 * has a name in its own text is one of the names.
 */
export function standsAmongArguments(file: LexedFile, names: ReadonlySet<string>, calls: ReadonlySet<string>): boolean {
  const lists: boolean[] = []
  // Which branch of a conditional group closes a list is open.
  let isOpen = false
  let isDefined = false
  for (let at = 0; at < file.tokens.count; at++) {
    const flags = file.tokens.flags[at] ?? 0
    const kind = tokenKind(file, at)
    if (kind === 'directive') {
      isOpen ||= lists.includes(true)
      isDefined = /^(?:define|undef)$/.test(tokenText(file, at + 1))
    } else if ((flags & IN_DIRECTIVE) !== 0) {
      if (!isDefined && kind === 'word' && names.has(tokenText(file, at))) return true
    } else {
      if ((flags & IN_PARENTHESES) === 0) {
        lists.length = 0
        isOpen = false
      }
      const text = kind === 'word' || kind === 'punctuator' ? tokenText(file, at) : ''
      if (text === '(') lists.push(at > 0 && (tokenText(file, at - 1) === ')' || calls.has(tokenText(file, at - 1))))
      else if (text === ')') lists.pop()
      else if (kind === 'word' && (isOpen || lists.includes(true)) && names.has(text)) return true
    }
  }
  return false
}
