/** Names that a unit defines and that lead to another unit's definition, because the linker takes that one. */
import type { Side } from '../base/side.ts'
import type { Correlation } from '../correlate/model.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'

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

/**
 * What the payload brings does not bear these names: those that lead elsewhere, and those of static variables of inline
 * functions (`_ZZ1fvE1n`, which all units share) by which the program has another variable. A block that comes before
 * another one takes its variable's name, and that one becomes `_ZZ1fvE1n_0`.
 */
export function namesInVain(
  { original, patched, toOriginal }: Correlation,
  untaken: ReadonlySet<string> | undefined,
): ReadonlySet<string> {
  const fresh = patched.pieces.filter(piece => !piece.local && isStaticLocal(piece) && !toOriginal.has(piece.id))
  if (fresh.length === 0) return untaken ?? new Set()
  const known = new Set(original.pieces.flatMap(({ local, name }) => (local ? [] : name)))
  return new Set([...(untaken ?? []), ...fresh.flatMap(({ name }) => (known.has(name) ? name : []))])
}
