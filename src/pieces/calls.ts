/** What the fields of code do with the address: go there and keep none, only compute it, or look at what is there. */
import type { Side } from '../base/side.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from './model.ts'

/**
 * Whether the reference is the field of a call or jump, which only goes there and keeps no address. Of a machine whose
 * code is not known, none is: the address then counts as taken.
 */
export function isCall<S extends Side>(map: PieceMap<S>, piece: Piece<S>, reference: Reference<S>): boolean {
  return useOf(map, piece, reference) === 'goes-there'
}

export type Use = 'goes-there' | 'takes-address' | 'other'

/** What a field of code does with its address; `other` for data, and where that is not known. */
export function useOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>, { type, offset }: Reference<S>): Use {
  const section = map.object.sections[piece.section]
  if (section === undefined || (section.flags & SHF_EXECINSTR) === 0) return 'other'
  const machine = machineOf(map.object.header.machine)
  if (machine.relocationType(type)?.pcRelative !== true) return 'other'
  const at = piece.offset + offset
  if (machine.code?.isBranchField(section.bytes, at) === true) return 'goes-there'
  return machine.code?.isAddressField(section.bytes, at) === true ? 'takes-address' : 'other'
}
