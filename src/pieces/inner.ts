/**
 * References that lead to a place inside a function, not to its start: a label's address (`&&label`), an entry of a jump
 * table, code that jumps into another function. Such a place belongs to the one body that was compiled with it.
 */
import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from './model.ts'
import { type Distance, instructionEnds, settled } from './reached.ts'

const EXACT: Distance = { least: 0, most: 0 }

/** Where a reference leads, counted from the first byte of what it leads to; or may lead. */
export interface Within<S extends Side> extends Distance {
  readonly reference: Reference<S>
}

export function placesWithin<S extends Side>(
  map: Pick<PieceMap<S>, 'object'>,
  piece: Piece<S>,
  references: readonly Reference<S>[],
): readonly Within<S>[] {
  if (references.length === 0) return []
  const ends = endsIn(map, piece, references)
  return references.flatMap((reference): readonly Within<S>[] => {
    const { offset, target } = reference
    if (target.to !== 'piece' && target.to !== 'external') return []
    const { least, most } = ends.get(piece.offset + offset) ?? EXACT
    const delta = Number(target.delta)
    return [{ reference, least: delta + least, most: delta + most }]
  })
}

/** Of `references`, which are some of the piece's own, those that reach, or may reach, another byte than the first of what they lead to. */
export function innerReferences<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  references: readonly Reference<S>[],
): readonly Reference<S>[] {
  return placesWithin(map, piece, references).flatMap(({ reference, least, most }) =>
    most < 0 || least > 0 ? reference : [],
  )
}

/** The references that lead to a function of the same object. */
export function toFunctions<S extends Side>(map: PieceMap<S>, { references }: Piece<S>): readonly Reference<S>[] {
  return references.filter(({ target }) => target.to === 'piece' && map.pieces[target.piece]?.kind === 'function')
}

/** Where code counts from the end of an instruction, the bytes up to there. A distance in data is counted from itself. */
function endsIn<S extends Side>(
  map: Pick<PieceMap<S>, 'object'>,
  piece: Piece<S>,
  references: readonly Reference<S>[],
): ReadonlyMap<number, Distance> {
  const section = map.object.sections[piece.section]
  if (section === undefined || (section.flags & SHF_EXECINSTR) === 0) return new Map()
  const { code } = machineOf(map.object.header.machine)
  if (code === undefined) return new Map()
  const fields = references.map(({ type, offset }) => ({ type, offset: piece.offset + offset }))
  return new Map(
    [...instructionEnds(map.object, section, piece, fields)].map(([field, ends]) => [
      field,
      settled(ends, code.fieldBias),
    ]),
  )
}
