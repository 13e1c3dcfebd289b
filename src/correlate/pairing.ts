/** Pairs as they are being made, and what every rule asks about static locals. */
import type { Side } from '../base/side.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { sourceName } from '../pieces/names.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'
import type { Pair, RuleName } from './model.ts'

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

/** For each static local, the names in the source of the functions and variables that refer to it. */
function usersOfVariables<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, ReadonlySet<string>> {
  const users = new Map<PieceId<S>, Set<string>>()
  const variables = new Set(map.pieces.filter(isStaticLocal).map(piece => piece.id))
  if (variables.size === 0) return users
  for (const piece of map.pieces) {
    for (const { target } of piece.references) {
      const variable = target.to === 'piece' && variables.has(target.piece) ? map.pieces[target.piece] : undefined
      if (variable === undefined) continue
      const name = `${sourceName(piece.name)}`
      const present = users.get(variable.id)
      if (present === undefined) users.set(variable.id, new Set([name]))
      else present.add(name)
    }
  }
  return users
}
