/**
 * Where in a C text a declaration surely begins, whichever conditions hold: behind a `;` or a `}` of the text itself, with
 * nothing in between but directives that bring nothing along.
 *
 * The worse mistake is to say so where another token may come before, which would belong to the declaration: an attribute
 * before an `#ifdef`, or at the end of a file that is included.
 */
import type { LexedFile } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

interface Group {
  readonly settled: boolean
  readonly depth: number
  /** What all branches until now have come to. */
  all: boolean
  end: number | undefined
  hasElse: boolean
}

/** For each token; undefined where branches of a condition leave different parentheses open. */
export function settledPlaces(file: LexedFile): Uint8Array | undefined {
  const places = new Uint8Array(file.tokens.count)
  const groups: Group[] = []
  // Whoever includes the text may have begun something.
  let [settled, depth] = [false, 0]
  for (let at = 0; at < file.tokens.count; at++) {
    places[at] = settled ? 1 : 0
    if (tokenKind(file, at) !== 'directive') {
      const text = tokenKind(file, at) === 'punctuator' ? tokenText(file, at) : ''
      settled = text === ';' || text === '}'
      if (text === '(') depth++
      else if (text === ')') depth--
      continue
    }
    const word = tokenText(file, at + 1)
    while (tokenKind(file, at) !== 'directive-end') at++
    if (word.startsWith('if')) groups.push({ settled, depth, all: true, end: undefined, hasElse: false })
    else if (word === 'endif' || word.startsWith('el')) {
      const group = groups.at(-1)
      if (group === undefined || (group.end !== undefined && group.end !== depth)) return undefined
      group.all &&= settled
      group.end = depth
      group.hasElse ||= word === 'else'
      if (word === 'endif') {
        groups.pop()
        if (!group.hasElse && depth !== group.depth) return undefined
        settled = group.all && group.settled
      } else [settled, depth] = [group.settled, group.depth]
    } else if (word !== 'define' && word !== 'undef' && word !== 'error' && word !== 'warning') settled = false
  }
  return groups.length === 0 ? places : undefined
}
