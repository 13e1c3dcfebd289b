/**
 * What a patched piece was in the running system: its pair in the same unit; for a function that moved to another file,
 * the one in the unit that lost it.
 */
import type { Loader } from '../loaders/loader.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import type { PieceAddress, UnitIndex, UnitInput } from './model.ts'
import { nameInProgram } from './untaken.ts'

export interface Origin {
  readonly unit: UnitIndex
  readonly input: UnitInput
  readonly piece: Piece<'original'>
}

export function originOf(units: readonly UnitInput[], { unit, piece }: PieceAddress): Origin | undefined {
  const here = units[unit]
  const pair: PieceId<'original'> | undefined = here?.verdicts.correlation.toOriginal.get(piece)
  const at = pair === undefined ? here?.arrived?.get(piece) : { unit, piece: pair }
  const input = units[at?.unit ?? -1]
  const found = input?.verdicts.correlation.original.pieces[at?.piece ?? -1]
  return at === undefined || input === undefined || found === undefined
    ? undefined
    : { unit: at.unit, input, piece: found }
}

/** The running system's name of it; undefined where it has none of its names, because others' definitions counted. */
export function countedName({ input, piece }: Origin, loader: Loader): string | undefined {
  const counted = nameInProgram(input.verdicts.correlation.original, piece, input.untaken)
  return counted && loader.runningName(input.fileSymbol, counted.name, counted.local)
}

/** The running system's name of it, or what that would be. */
export function runningNameOf(origin: Origin, loader: Loader): string {
  const { input, piece } = origin
  return countedName(origin, loader) ?? loader.runningName(input.fileSymbol, piece.name, piece.local)
}

/** The size that the function's own symbol states; the piece may be longer by out-of-line code of assembly. */
export function statedSize(map: PieceMap<'original'>, piece: Piece<'original'>): number {
  const stated = Math.max(0, ...piece.symbols.map(id => map.object.symbols[id]?.size ?? 0))
  return stated === 0 ? piece.size : stated
}
