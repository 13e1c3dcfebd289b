import type { Side } from '../base/side.ts'
import type { PieceId } from './model.ts'

/** The caller vouches that `index` is a piece of the map it works on. */
export const pieceId = <S extends Side>(index: number): PieceId<S> => index as PieceId<S>
