import type { PieceId, PieceMap } from '../pieces/model.ts'

export type RuleName =
  | 'identical'
  | 'global-name'
  | 'function-name'
  | 'variable-name'
  | 'changed-binding'
  | 'same-content'
  | 'same-place'
  | 'only-one-of-that-name'
  | 'only-one-in-that-function'
  | 'last-of-that-name'
  | 'only-one-in-the-text'
  | 'in-turn'
  | 'clone'

export interface Pair {
  readonly original: PieceId<'original'>
  readonly patched: PieceId<'patched'>
  /** The rule that made it. */
  readonly rule: RuleName
}

/** A patched static local that several originals could be; pairing it would be a guess. */
export interface Ambiguity {
  readonly patched: PieceId<'patched'>
  readonly candidates: readonly PieceId<'original'>[]
}

export interface Correlation {
  readonly original: PieceMap<'original'>
  readonly patched: PieceMap<'patched'>
  readonly pairs: readonly Pair[]
  readonly toPatched: ReadonlyMap<PieceId<'original'>, PieceId<'patched'>>
  readonly toOriginal: ReadonlyMap<PieceId<'patched'>, PieceId<'original'>>
  readonly ambiguities: readonly Ambiguity[]
}
