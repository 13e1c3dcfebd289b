/** Where AArch64 code goes: out of itself without a relocation, on past its end, round for ever. */
import type { HiddenReference } from '../machine.ts'
import { decode, type Flow, NOP } from './decode.ts'
import { WORD, wordAt, wordsOf } from './words.ts'

/** See `CodeKnowledge.hiddenReferences`. */
export function hiddenReferences(
  code: Uint8Array,
  relocated: ReadonlySet<number>,
  callsReturn = false,
): readonly HiddenReference[] {
  const found: HiddenReference[] = []
  let ends = true
  for (const { at, word } of wordsOf(code)) {
    const { flow, names } = decode(word)
    if (names !== undefined && !relocated.has(at)) {
      // Without a relocation nobody can have named a page: the distance is from page to page wherever this lies.
      const target = at + names.distance
      if (names.as === 'page' || target < 0 || target >= code.length) found.push({ offset: at, target })
    }
    // Nothing shows where it goes: to what is before, or to what is behind.
    if (flow === 'unknown') found.push({ offset: at, target: -1 }, { offset: at, target: code.length })
    if (word !== NOP) ends = leavesForGood(flow, callsReturn)
  }
  if (!ends) found.push({ offset: code.length, target: code.length })
  return found
}

function leavesForGood(flow: Flow, callsReturn: boolean): boolean {
  if (flow === 'next' || flow === 'conditional' || flow === 'unknown') return false
  return (flow !== 'call' && flow !== 'indirect-call' && flow !== 'service') || !callsReturn
}

/** Whether the instruction of a relocated field goes where the field says. */
export function isBranchField(code: Uint8Array, field: number): boolean {
  const word = wordAt(code, field)
  return word !== undefined && decode(word).names?.as === 'target'
}

/** Whether what stands before `at` goes elsewhere by a relocation, and nowhere else. */
export function endsInJump(code: Uint8Array, relocated: ReadonlySet<number>, at: number): boolean {
  const word = wordAt(code, at - WORD)
  return word !== undefined && decode(word).flow === 'jump' && relocated.has(at - WORD)
}

/** See `CodeKnowledge.isEndless`. */
export function isEndless(code: Uint8Array, relocated: readonly number[]): boolean {
  const leaving = new Set(relocated)
  let loops = false
  for (const { at, word } of wordsOf(code)) {
    const { flow, names } = decode(word)
    if (flow === 'return' || flow === 'indirect-jump' || flow === 'unknown') return false
    if (flow !== 'jump' && flow !== 'conditional') continue
    const target = at + (names?.distance ?? 0)
    if (leaving.has(at) || target < 0 || target >= code.length) return false
    if (target <= at) loops = true
  }
  return loops
}
