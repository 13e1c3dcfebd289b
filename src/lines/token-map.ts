/**
 * The line map, token by token where a patch changed lines but no token: a statement split or joined, a comment added.
 *
 * The patch says only that such lines were replaced. Their tokens are the same in the same order, so each token has an
 * original line after all, and a line number that the patched object embeds can be held against it. A line may carry
 * tokens of several original lines; then each of these is a possible counterpart, and the caller asks `corresponds`.
 *
 * A wrong "equal" would excuse a changed number, so both stretches must begin and end in the same state of the lexer, and
 * white space counts wherever a program could see it.
 *
 * In:  a TouchedFile, unchanged.
 * Out: a RefinedLineMap.
 */

import { AFTER_SPACE, BEFORE_TOKENS, type LexedFile, MACRO_CALL, SAFE } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import { sameTokens, tokensOfLines } from '../ctext/tokens.ts'
import type { LineMap, TouchedFile } from '../source/model.ts'
import { type Chunk, chunksOf } from './chunks.ts'

export interface RefinedLineMap extends LineMap {
  /** Patched lines that hold tokens of several original lines: all of these. */
  readonly several: ReadonlyMap<number, readonly number[]>
  /** The chunks whose tokens the patch left alone. */
  readonly equalChunks: readonly Chunk[]
}

export function refineLineMap(file: TouchedFile): RefinedLineMap {
  const old = lex(file.oldText)
  const patched = lex(file.newText)
  const toPatched = Int32Array.from(file.lineMap.toPatched)
  const toOriginal = Int32Array.from(file.lineMap.toOriginal)
  const several = new Map<number, number[]>()
  const equalChunks = chunksOf(file.lineMap).filter(chunk => isEqualChunk(old, patched, chunk))
  for (const [original, line] of equalChunks.flatMap(chunk => tokenLines(old, patched, chunk))) {
    const first = toOriginal[line] ?? 0
    if (first === 0) toOriginal[line] = original
    else if (first !== original) several.set(line, [...new Set([...(several.get(line) ?? [first]), original])])
    if (toPatched[original] === 0) toPatched[original] = line
  }
  return { toPatched, toOriginal, several, equalChunks }
}

/** Whether what stands on a patched line may have stood on that original line. */
export function corresponds(map: RefinedLineMap, original: number, patched: number): boolean {
  if (original <= 0) return false
  return map.toOriginal[patched] === original || map.several.get(patched)?.includes(original) === true
}

/** Whether both sides of a chunk are the same tokens, read in the same state. */
export function isEqualChunk(old: LexedFile, patched: LexedFile, chunk: Chunk): boolean {
  const inOld = tokensOfLines(old, chunk.oldFrom, chunk.oldEnd)
  const inPatched = tokensOfLines(patched, chunk.newFrom, chunk.newEnd)
  return (
    sameState(old, chunk.oldFrom, patched, chunk.newFrom) &&
    sameState(old, chunk.oldEnd, patched, chunk.newEnd) &&
    sameTokens(old, inOld, patched, inPatched)
  )
}

/** For each token of an equal chunk its original and its patched line. */
export function tokenLines(old: LexedFile, patched: LexedFile, chunk: Chunk): (readonly [number, number])[] {
  const inOld = tokensOfLines(old, chunk.oldFrom, chunk.oldEnd)
  const inPatched = tokensOfLines(patched, chunk.newFrom, chunk.newEnd)
  return Array.from({ length: inOld.end - inOld.from }, (_, index) => [
    old.tokens.lines[inOld.from + index] ?? 0,
    patched.tokens.lines[inPatched.from + index] ?? 0,
  ])
}

/** Whether the lexer reads on in the same way from both lines. */
function sameState(old: LexedFile, oldLine: number, patched: LexedFile, patchedLine: number): boolean {
  const flags = AFTER_SPACE | BEFORE_TOKENS
  return (
    barrier(old, oldLine) === barrier(patched, patchedLine) &&
    old.depths[oldLine] === patched.depths[patchedLine] &&
    ((old.lineFlags[oldLine] ?? 0) & flags) === ((patched.lineFlags[patchedLine] ?? 0) & flags)
  )
}

/** What stands between a macro's name and its arguments is read as if it were safe. */
function barrier(file: LexedFile, line: number): number {
  const code = file.barriers[line] ?? SAFE
  return code === MACRO_CALL ? SAFE : code
}
