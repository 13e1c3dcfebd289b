/** Where parts of one unit's object went in a payload, as debug information asks for them: by section and offset. */
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'
import type { PieceMap } from '../pieces/model.ts'
import type { PlacedPiece } from './model.ts'

export interface PayloadPlace {
  readonly section: string
  readonly offset: number
}

export class DebugPlaces {
  readonly #map: PieceMap<'patched'>
  readonly #placed = new Map<number, PlacedPiece[]>()

  constructor(map: PieceMap<'patched'>, placed: readonly PlacedPiece[]) {
    this.#map = map
    for (const each of placed) {
      const { section } = each.selected.piece
      this.#placed.set(section, [...(this.#placed.get(section) ?? []), each])
    }
  }

  /**
   * Undefined for what is not in the payload. `alone`: only this place is asked for, and nothing is counted from it on, which
   * may lead out of the piece: then all of a section of code must have moved as one.
   */
  find(section: number, offset: number, alone: boolean): PayloadPlace | undefined {
    const placed = this.#placed.get(section) ?? []
    if (!alone && this.isCode(section) && !this.#movedAsOne(section, placed)) return undefined
    const around = placed.filter(
      ({ selected: { piece } }) => offset >= piece.offset && offset <= piece.offset + piece.size,
    )
    // The end of one may be the beginning of the next.
    const found = around.find(({ selected: { piece } }) => offset < piece.offset + piece.size) ?? around[0]
    if (found === undefined) return undefined
    return { section: found.section, offset: found.offset + offset - found.selected.piece.offset }
  }

  isCode(section: number): boolean {
    return hasFlag(this.#map.object.sections[section]?.flags ?? 0, SHF_EXECINSTR)
  }

  #movedAsOne(section: number, placed: readonly PlacedPiece[]): boolean {
    const distances = new Set(
      placed.map(({ section: into, offset, selected }) => `${into} ${offset - selected.piece.offset}`),
    )
    return distances.size === 1 && placed.length === this.#map.bySection[section]?.length
  }
}
