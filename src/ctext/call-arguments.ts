/**
 * Whether a call that is switched off where it stands leaves nothing behind: what its arguments do is still done, and the code
 * around it was made by a compiler that knew of them. `note(p->count); if ( !p ) return;` compiles to no check at all, since
 * what was read through a null pointer would have been an error already. Without the call the check comes back, and with
 * no-operations in its place it does not.
 *
 * Asked of preprocessed text, where macros hide nothing. Worse mistake: to find nothing where something is told; so an
 * argument may only name, compare, add and mask what is at hand.
 */

import type { LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import type { Parts } from './outline.ts'
import { tokenKind, tokenText } from './tokens.ts'

/** Why the code around calls of `callee` in `name` may be made for more than the call; undefined where it is not. */
export function toldByCalls({ around, bodies }: Parts, name: string, callee: string): string | undefined {
  const own = bodies.filter(body => body.name === name)
  if (own.length !== 1) return `${name} is not to be made out in the preprocessed text`
  if (saysNonNull([around, ...bodies.map(({ head }) => head)].join('\n'), callee))
    return `${callee} is declared never to be given a null pointer, which the code around the call may be made for`
  return toldIn(lex(own[0]?.text ?? ''), callee)
}

/** Whether a declaration of it, or what one of them is behind, says `nonnull`. */
function saysNonNull(text: string, callee: string): boolean {
  const named = new RegExp(`\\b${callee}\\b`)
  return text.split(/[;{}]/).some(each => each.includes('nonnull') && named.test(each))
}

function toldIn(file: LexedFile, callee: string): string | undefined {
  for (let at = 0; at < file.tokens.count; at++) {
    if (tokenText(file, at) !== callee || tokenText(file, at + 1) !== '(') continue
    let depth = 0
    for (let next = at + 1; next < file.tokens.count; next++) {
      const why = next === at + 1 ? undefined : toldAt(file, next)
      if (why !== undefined)
        return `an argument of a call of ${callee} ${why}, which stays, and which the code around the call may be made for`
      const text = tokenText(file, next)
      if (text === '(') depth++
      else if (text === ')' && --depth === 0) break
    }
  }
  return undefined
}

/** What one token of an argument does beside naming, comparing, adding and masking. */
function toldAt(file: LexedFile, at: number): string | undefined {
  const [before, text, after] = [tokenText(file, at - 1), tokenText(file, at), tokenText(file, at + 1)]
  const isWord = tokenKind(file, at - 1) === 'word'
  if (text === '[' || (text === '>' && before === '-') || text === '->') return 'reads memory through a pointer'
  // Of a type: `void *)`. Behind a number or a word it multiplies.
  if (text === '*' && !/^[)*]$/.test(after) && (!isWord || before === 'sizeof') && tokenKind(file, at - 1) !== 'number')
    return 'may read memory through a pointer'
  if (text === '/' || text === '%') return 'divides'
  if (text === '{' || text === '?') return 'does more than to name what is there'
  if (text === '(' && ((isWord && before !== 'sizeof') || /^[)\]]$/.test(before))) return 'may be a call'
  return undefined
}
