/** What is asked and answered about the code that a payload replaces. */
import type { PieceId } from '../../pieces/model.ts'

/** The first thing in which the running code is not the original object's. */
export interface CodeDifference {
  /** In the function, counted from its first byte. */
  readonly offset: number
  /** Where that is in the running system. */
  readonly address: bigint
  /** What the object has there and what runs, in words. */
  readonly text: string
}

/** A named piece, and where a field that was compared leads to it. */
export interface LedTo {
  readonly piece: PieceId<'original'>
  readonly address: bigint
}

/** What became of one function. */
export interface CodeFinding {
  readonly name: string
  readonly address: bigint
  /** Undefined where the running code is the object's. */
  readonly difference: CodeDifference | undefined
  /** What was compared: bytes of code and of what it reaches, the function's own entries in special tables. */
  readonly bytes: number
  readonly entries: number
  /** Bytes that Xen edits while booting, and which were left out because a copy of the memory was compared. */
  readonly edited: number
  /** Where fields lead to what has a name in the running system; as far as was compared. */
  readonly led: readonly LedTo[]
  /** What could not be compared, in words. */
  readonly unchecked: readonly string[]
}
