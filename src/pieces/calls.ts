/** Which fields of code only go somewhere, and keep no address. */
import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from './model.ts'

/**
 * Whether the reference is the field of a call or jump, which only goes there and keeps no address. Of a machine whose
 * code is not known, none is: the address then counts as taken.
 */
export function isCall<S extends Side>(map: PieceMap<S>, piece: Piece<S>, reference: Reference<S>): boolean {
  const section = map.object.sections[piece.section]
  if (section === undefined || (section.flags & SHF_EXECINSTR) === 0) return false
  const machine = machineOf(map.object.header.machine)
  if (machine.relocationType(reference.type)?.pcRelative !== true) return false
  return machine.code?.isBranchField(section.bytes, piece.offset + reference.offset) === true
}
