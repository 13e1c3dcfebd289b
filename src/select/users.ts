/** Who refers to what within an object, and which pieces go with a function. */
import type { Side } from '../base/side.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { partOf } from '../pieces/names.ts'

/** Without a piece's references to itself. */
export function usersIn<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, readonly Piece<S>[]> {
  const users = new Map<PieceId<S>, Piece<S>[]>()
  for (const piece of map.pieces) {
    for (const { target } of piece.references) {
      if (target.to !== 'piece' || target.piece === piece.id) continue
      const known = users.get(target.piece)
      if (known === undefined) users.set(target.piece, [piece])
      else known.push(piece)
    }
  }
  return users
}

export function withParts<S extends Side>(
  map: PieceMap<S>,
  functions: ReadonlySet<PieceId<S>>,
): ReadonlySet<PieceId<S>> {
  const names = new Set([...functions].map(id => map.pieces[id]?.name))
  const parts = map.pieces.filter(({ kind, name }) => kind === 'function' && names.has(partOf(name)))
  return new Set([...functions, ...parts.map(({ id }) => id)])
}
