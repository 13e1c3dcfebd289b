/**
 * What a reference means where code reaches all data through a table of addresses (POWER's `.toc`): what the entry leads
 * to. Otherwise the table would be what uses each variable, and no function.
 */
import type { Side } from '../base/side.ts'
import { ADDRESSES } from '../pieces/cut.ts'
import type { Piece, PieceMap, Target } from '../pieces/model.ts'

export function through<S extends Side>(map: PieceMap<S>, target: Target<S>): Target<S> {
  const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
  if (piece === undefined || !isEntry(map, piece)) return target
  return piece.references[0]?.target ?? target
}

/** Whether the piece is an entry of such a table. */
export function isEntry<S extends Side>(map: PieceMap<S>, { section, references }: Piece<S>): boolean {
  return references.length === 1 && map.object.sections[section]?.name === ADDRESSES
}
