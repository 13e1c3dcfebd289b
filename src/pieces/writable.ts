import type { Side } from '../base/side.ts'
import { SHF_WRITE } from '../elf/spec/constants.ts'
import type { Piece, PieceMap } from './model.ts'
import { sectionClassOf } from './section-facts.ts'

/**
 * Whether what runs may write to it, and somebody ask what was written. Constants that hold addresses lie in sections
 * that are writable only for whoever relocates them, before anything runs.
 */
export function isWritable<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  const flags = map.object.sections[piece.section]?.flags ?? SHF_WRITE
  return (flags & SHF_WRITE) !== 0 && sectionClassOf(map, piece) !== 'read-only' && !isOfSanitizer(map, piece)
}

/**
 * What -fsanitize=undefined leaves for each check: file, line and types, for the report. Its run-time library marks there
 * that the report was given, and gives it once; nothing else reads it, and the source has no name for it. A copy is
 * as good, and may report once more.
 *
 * gcc has a name of its own for it. To clang it is a variable without any, as which nothing in C comes out but what
 * sanitizers make; it counts only where the object calls that library.
 */
function isOfSanitizer<S extends Side>({ object }: PieceMap<S>, { kind, section }: Piece<S>): boolean {
  const name = kind === 'anonymous' ? (object.sections[section]?.name ?? '') : ''
  if (!name.includes('..L')) return false
  if (/\.\.Lubsan_(?:data|type)\d+$/.test(name)) return true
  return /\.\.L__unnamed_\d+$/.test(name) && object.symbols.some(symbol => symbol.name.startsWith('__ubsan_handle_'))
}
