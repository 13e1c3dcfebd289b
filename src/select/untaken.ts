/** Names that a unit defines and that lead to another unit's definition, because the linker takes that one. */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'

interface Named {
  readonly name: string
  readonly local: boolean
}

/** The first name of `piece` by which the program has it; undefined where all of them lead elsewhere. */
export function nameInProgram<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  untaken: ReadonlySet<string> | undefined,
): Named | undefined {
  if (untaken === undefined || untaken.size === 0 || piece.symbols.length === 0) return piece
  const names = piece.symbols.flatMap((id): Named[] => {
    const symbol = map.object.symbols[id]
    return symbol === undefined ? [] : [{ name: symbol.name, local: symbol.binding === 'local' }]
  })
  return names.find(({ name, local }) => local || !untaken.has(name))
}
