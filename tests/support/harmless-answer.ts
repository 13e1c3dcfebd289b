/** What a way of treating line numbers makes of an edit that changes no code: it is right, it cannot tell, or it is wrong. */
import type { Difference } from '../../src/compare/model.ts'

export interface HarmlessFacts {
  readonly replaced: number
  readonly refused: number
  /** Lines whose number could not be kept. */
  readonly unsafe: number
  /** Of each function that was called changed, the first difference. */
  readonly changed: readonly Difference['what'][]
}

/**
 * neutral cannot tell where a line could not keep its number. mask cannot see behind a field whose width depends on the
 * number, and says that the size differs. Both then say so of a function; a refusal alone is no such answer. auto and
 * table have no excuse.
 */
export function answerOf(way: 'neutral' | 'mask' | 'auto' | 'table', facts: HarmlessFacts): 'right' | 'none' | 'wrong' {
  const { replaced, refused, unsafe, changed } = facts
  if (replaced === 0 && refused === 0 && changed.length === 0) return 'right'
  if (changed.length === 0) return 'wrong'
  if (way === 'neutral' && unsafe > 0) return 'none'
  return way === 'mask' && changed.every(what => what === 'size') ? 'none' : 'wrong'
}
