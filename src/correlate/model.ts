import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'

export type RuleName =
  | 'global-name'
  | 'function-name'
  | 'variable-name'
  | 'changed-binding'
  | 'same-place'
  | 'only-one-of-that-name'
  | 'only-one-in-that-function'
  | 'last-of-that-name'

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

/** What a function needs besides itself: its out-of-line parts (`f.cold`), by the piece of the function. */
export type PartsOf<S extends 'original' | 'patched'> = ReadonlyMap<PieceId<S>, readonly Piece<S>[]>
