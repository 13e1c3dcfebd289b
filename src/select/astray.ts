/**
 * Distances in what comes along that lead into the midst of a function that stays. Compilers make tables of distances for
 * jumps of one function only, so that such an entry was taken for one of another function (`pieces/distance-tables.ts`), or
 * somebody wrote it by hand; which one, nothing tells.
 */
import type { Refusal } from '../base/refusal.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from '../pieces/model.ts'
import type { Role } from './model.ts'

interface Leading {
  readonly piece: Piece<'patched'>
  readonly reference: Reference<'patched'>
  /** What the payload does not have. */
  readonly target: Piece<'patched'>
}

export function astrayRefusal(
  map: PieceMap<'patched'>,
  role: Role,
  { piece, reference, target }: Leading,
): Omit<Refusal, 'unit'> | undefined {
  const isDistance = machineOf(map.object.header.machine).relocationType(reference.type)?.pcRelative === true
  if (role !== 'content' || piece.kind === 'entry' || target.kind !== 'function' || !isDistance) return undefined
  const delta = reference.target.to === 'piece' ? reference.target.delta : 0n
  // To its start, counted from the field or from where the table begins.
  if (delta <= BigInt(reference.offset)) return undefined
  return {
    code: 'inner-address',
    symbol: piece.name,
    text: `${piece.name}, which comes along, holds a distance to a place inside ${target.name}, which stays as it is: whether that is the place that is meant cannot be told`,
    hint: 'put the functions into sections of their own, or compile the unit with -fno-jump-tables',
  }
}
