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
  | 'same-form'
  | 'in-turn'
  | 'held-by-the-same'
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
  readonly forms?: FormEvidence | undefined
}

/**
 * What of which variable is where, by names of symbols; of those only where either version has something else than a
 * variable.
 */
export interface FormEvidence {
  /** Parts and other forms of variables. Nothing else than what `pairs` says is one with them. */
  readonly original: ReadonlySet<string>
  readonly patched: ReadonlySet<string>
  readonly pairs: ReadonlyMap<string, string>
  /** What is made of a variable of which the original has something else, and that. */
  readonly changed: ReadonlyMap<string, readonly string[]>
}

/** A patched static local that several originals could be; pairing it would be a guess. */
export interface Ambiguity {
  readonly patched: PieceId<'patched'>
  readonly candidates: readonly PieceId<'original'>[]
  /** They are one variable, of which the compiler has made something else. */
  readonly isOtherForm?: boolean
}

export interface Correlation {
  readonly original: PieceMap<'original'>
  readonly patched: PieceMap<'patched'>
  readonly pairs: readonly Pair[]
  readonly toPatched: ReadonlyMap<PieceId<'original'>, PieceId<'patched'>>
  readonly toOriginal: ReadonlyMap<PieceId<'patched'>, PieceId<'original'>>
  readonly ambiguities: readonly Ambiguity[]
}
