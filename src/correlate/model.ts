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
  | 'same-declaration'
  | 'in-turn'
  | 'clone'

export interface Pair {
  readonly original: PieceId<'original'>
  readonly patched: PieceId<'patched'>
  /** The rule that made it. */
  readonly rule: RuleName
}

/** What the texts say of static variables, where objects do not tell. */
export interface TextEvidence {
  /** Names of which both texts declare one static variable, in one function. */
  readonly sole?: ReadonlySet<string> | undefined
  /** By name in the original object, the name in the patched one of what is declared on the same line. */
  readonly declared?: ReadonlyMap<string, string> | undefined
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
