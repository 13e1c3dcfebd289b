/**
 * Functions that go on at places which they keep in memory: steps of a program that hold their labels' addresses, coroutines
 * that remember where they were. The old code stored addresses of its own; a new body that goes on there goes on in the old
 * code, with its own frame. No table tells what is kept, so the code has to: it takes addresses within itself, and jumps to
 * what it reads from memory other than a constant table.
 *
 * Worse mistake: to let one through. So a jump whose target cannot be followed back counts.
 */
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import { innerReferences, toFunctions } from '../pieces/inner.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { isWritable } from '../pieces/writable.ts'

/** `hasLabels` has the functions that named tables lead into. */
export function goesOnAtKept(
  map: PieceMap<'original'>,
  piece: Piece<'original'>,
  hasLabels: ReadonlySet<PieceId<'original'>>,
): boolean {
  const section = map.object.sections[piece.section]
  const { code } = machineOf(map.object.header.machine)
  if (code === undefined || section === undefined || (section.flags & SHF_EXECINSTR) === 0) return false
  const bytes = section.bytes.subarray(piece.offset, piece.offset + piece.size)
  const own = toFunctions(map, piece).filter(({ target }) => target.to === 'piece' && target.piece === piece.id)
  const taken = innerReferences(map, piece, own).filter(({ offset }) => !code.isBranchField(bytes, offset))
  const { takes, goesElsewhere, tables } = code.ownPlaces(bytes, new Set(piece.references.map(({ offset }) => offset)))
  if (!takes && taken.length === 0 && !hasLabels.has(piece.id)) return false
  // Behind a thunk the jump cannot be followed.
  if (goesElsewhere || goesByThunk(map, piece, code.jumpThunks)) return true
  const named = piece.references.filter(({ offset }) =>
    tables.some(({ start, end }) => offset >= start && offset < end),
  )
  return named.some(({ target }) => {
    if (target.to !== 'piece') return true
    const table = map.pieces[target.piece]
    return table === undefined || (table.kind !== 'function' && isWritable(map, table))
  })
}

function goesByThunk(map: PieceMap<'original'>, { references }: Piece<'original'>, thunks: RegExp): boolean {
  return references.some(({ target }) => {
    if (target.to === 'external') return thunks.test(target.name)
    return target.to === 'piece' && thunks.test(map.pieces[target.piece]?.name ?? '')
  })
}
