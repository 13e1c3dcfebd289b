/**
 * Pairs each named piece of the original object with its successor in the patched object.
 *
 * Names are not enough. The compiler numbers static locals (`count.12` may become `count.14`, while another variable
 * becomes `count.12`). So we ask a list of rules, strictest evidence first, and go round until none finds anything. A
 * rule pairs two pieces only if, by its evidence, each is the other's sole candidate; what several could be stays
 * alone and is reported.
 *
 * For functions any pairing is sound: a kept function's calls are compared through the pairs, so whoever calls a
 * function under a pair that does not fit is itself changed and calls the new code. For writable data a wrong pair
 * corrupts state: patched code uses somebody else's variable. So variables are never paired by position or by
 * content, nor by a number that the compiler gave; a missed pair costs a refusal.
 *
 * Strings, jump tables, compiler-made constants and other unnamed pieces are not paired at all: they are compared by
 * content where something reaches them.
 *
 * In:  two piece maps, unchanged.
 * Out: the pairs with the rule behind each, and the static locals left ambiguous.
 */
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, numberedBase } from '../pieces/names.ts'
import type { Ambiguity, Correlation, Pair, RuleName } from './model.ts'
import {
  byChangedBinding,
  byName,
  candidatesLeft,
  lastOfName,
  onlyInFunction,
  onlyOfName,
  samePlace,
  usersOfVariables,
} from './rules.ts'

export type { Ambiguity, Correlation, Pair, RuleName } from './model.ts'

/** Pairs made so far, and how to make one. A pair once made stays. */
export class Pairing {
  readonly original: PieceMap<'original'>
  readonly patched: PieceMap<'patched'>
  readonly pairs: Pair[] = []
  readonly toPatched = new Map<PieceId<'original'>, PieceId<'patched'>>()
  readonly toOriginal = new Map<PieceId<'patched'>, PieceId<'original'>>()
  /** Who uses each static local, by name in the source. */
  readonly originalUsers: ReadonlyMap<PieceId<'original'>, ReadonlySet<string>>
  readonly patchedUsers: ReadonlyMap<PieceId<'patched'>, ReadonlySet<string>>

  constructor(original: PieceMap<'original'>, patched: PieceMap<'patched'>) {
    this.original = original
    this.patched = patched
    this.originalUsers = usersOfVariables(original)
    this.patchedUsers = usersOfVariables(patched)
  }

  /** Pairs the two unless either has a partner; answers whether it did. */
  pair(original: Piece<'original'>, patched: Piece<'patched'>, rule: RuleName): boolean {
    if (this.toPatched.has(original.id) || this.toOriginal.has(patched.id)) return false
    this.toPatched.set(original.id, patched.id)
    this.toOriginal.set(patched.id, original.id)
    this.pairs.push({ original: original.id, patched: patched.id, rule })
    return true
  }

  isFree(piece: Piece<'original'>): boolean {
    return !this.toPatched.has(piece.id)
  }

  isFreePatched(piece: Piece<'patched'>): boolean {
    return !this.toOriginal.has(piece.id)
  }
}

/** Pairs the pieces of one unit's two objects. */
export function correlate(original: PieceMap<'original'>, patched: PieceMap<'patched'>): Correlation {
  const pairing = new Pairing(original, patched)
  byName(pairing)
  byChangedBinding(pairing)
  const isNumbered = (piece: { kind: string; name: string }) =>
    piece.kind === 'data' && numberedBase(piece.name) !== undefined && !isCompilerMade(piece.name)
  if (original.pieces.some(isNumbered) && patched.pieces.some(isNumbered)) {
    const rounds = [samePlace, onlyOfName, onlyInFunction, lastOfName]
    // To a fixed point: each pair can make another rule's evidence unambiguous.
    while (rounds.some(rule => rule(pairing) > 0));
  }
  const ambiguities: Ambiguity[] = candidatesLeft(pairing)
  const { pairs, toPatched, toOriginal } = pairing
  return { original, patched, pairs, toPatched, toOriginal, ambiguities }
}
