import type { Side } from '../base/side.ts'
import { SHF_WRITE } from '../elf/spec/constants.ts'
import type { Piece, PieceMap } from './model.ts'

/** Constants that hold addresses: writable only for whoever relocates them, before anything runs. */
const RELOCATED_CONSTANTS = /^\.data\.rel\.ro(?:\.|$)/

/** Whether what runs may write to it. */
export function isWritable<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  const section = map.object.sections[piece.section]
  if (section === undefined) return true
  return (section.flags & SHF_WRITE) !== 0 && !RELOCATED_CONSTANTS.test(section.name)
}
