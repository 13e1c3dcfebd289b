/** Whether parentheses of a C text open and close alike, whichever conditions hold. */
import type { LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

interface Group {
  readonly depth: number
  /** What its branches until now have left open. */
  end: number | undefined
  hasElse: boolean
}

/** False where branches of a condition leave different parentheses open: then no list is surely one. */
export function branchesAgree(file: LexedFile): boolean {
  const groups: Group[] = []
  let depth = 0
  for (let at = 0; at < file.tokens.count; at++) {
    const kind = tokenKind(file, at)
    const text = kind === 'punctuator' ? tokenText(file, at) : ''
    if (text === '(') depth++
    else if (text === ')') depth--
    if (kind !== 'directive') continue
    const word = tokenText(file, at + 1)
    while (tokenKind(file, at) !== 'directive-end') at++
    if (word.startsWith('if')) groups.push({ depth, end: undefined, hasElse: false })
    if (word !== 'endif' && !/^el(?:se|if)/.test(word)) continue
    const group = groups.at(-1)
    if (group === undefined || (group.end !== undefined && group.end !== depth)) return false
    group.end = depth
    group.hasElse ||= word === 'else'
    if (word !== 'endif') depth = group.depth
    else if (!group.hasElse && depth !== group.depth) return false
    else groups.pop()
  }
  return groups.length === 0
}
