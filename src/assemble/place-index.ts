import { InternalError } from '../base/errors.ts'
import type { PieceAddress } from '../select/model.ts'
import type { PlacedPiece } from './model.ts'

/** Finds the place of a selected piece. */
export class PlaceIndex {
  readonly #byAddress: ReadonlyMap<string, PlacedPiece>

  constructor(pieces: readonly PlacedPiece[]) {
    this.#byAddress = new Map(pieces.map(piece => [keyOf(piece.address), piece]))
  }

  find(address: PieceAddress): PlacedPiece | undefined {
    return this.#byAddress.get(keyOf(address))
  }

  /** For addresses that the selection itself names. */
  at(address: PieceAddress): PlacedPiece {
    const found = this.find(address)
    if (found !== undefined) return found
    throw new InternalError(`piece ${address.piece} of unit ${address.unit} is referred to, but was not selected`)
  }
}

function keyOf({ unit, piece }: PieceAddress): string {
  return `${unit} ${piece}`
}
