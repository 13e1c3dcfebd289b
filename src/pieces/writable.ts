import type { Side } from '../base/side.ts'
import { SHF_WRITE } from '../elf/spec/constants.ts'
import type { Piece, PieceMap } from './model.ts'
import { sectionClassOf } from './section-facts.ts'

/**
 * Whether what runs may write to it. Constants that hold addresses lie in sections that are writable only for whoever
 * relocates them, before anything runs.
 */
export function isWritable<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  const flags = map.object.sections[piece.section]?.flags ?? SHF_WRITE
  return (flags & SHF_WRITE) !== 0 && sectionClassOf(map, piece) !== 'read-only'
}
